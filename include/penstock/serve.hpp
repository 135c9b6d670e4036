// SPDX-License-Identifier: MIT
#pragma once

// Models that are loaded, and what answers when a model cannot: all headers of the layer serve.
//
//   #include <penstock/serve.hpp>

// IWYU pragma: begin_exports
#include "penstock/serve/announcer.hpp"
#include "penstock/serve/answer.hpp"
#include "penstock/serve/cached_fallback.hpp"
#include "penstock/serve/call_window.hpp"
#include "penstock/serve/circuit_breaker.hpp"
#include "penstock/serve/circuit_breaker_options.hpp"
#include "penstock/serve/fallback.hpp"
#include "penstock/serve/figures.hpp"
#include "penstock/serve/guard.hpp"
#include "penstock/serve/linear_model.hpp"
#include "penstock/serve/linear_model_check.hpp"
#include "penstock/serve/linear_model_columns.hpp"
#include "penstock/serve/linear_model_spec.hpp"
#include "penstock/serve/load_shedder.hpp"
#include "penstock/serve/model_spec_error.hpp"
#include "penstock/serve/recency_table.hpp"
#include "penstock/serve/skew.hpp"
#include "penstock/serve/training_statistics.hpp"
#include "penstock/serve/tree_ensemble.hpp"
#include "penstock/serve/tree_ensemble_spec.hpp"
#include "penstock/serve/tree_table.hpp"
// IWYU pragma: end_exports

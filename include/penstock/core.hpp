// SPDX-License-Identifier: MIT
#pragma once

// Frames, record batches, schemas, errors, clocks and the concepts: all headers of the layer core.
//
//   #include <penstock/core.hpp>

// IWYU pragma: begin_exports
#include "penstock/core/asymmetric_fence.hpp"
#include "penstock/core/category_index.hpp"
#include "penstock/core/category_table.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/concatenate.hpp"
#include "penstock/core/dictionary.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/index_iterator.hpp"
#include "penstock/core/listener.hpp"
#include "penstock/core/manual_clock.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/model.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/result.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/core/source.hpp"
#include "penstock/core/state.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/core/validity.hpp"
// IWYU pragma: end_exports

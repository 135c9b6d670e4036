// SPDX-License-Identifier: MIT
#pragma once

// All of penstock that needs only the standard library. The adapters of third parties, penstock/adapters/..., are
// included one by one. Each layer has a header of its own, which is quicker to compile; nothing within the library
// includes one of them.
//
//   #include <penstock/penstock.hpp>

// IWYU pragma: begin_exports
#include "penstock/config.hpp"
#include "penstock/core.hpp"
#include "penstock/io.hpp"
#include "penstock/metrics.hpp"
#include "penstock/queue.hpp"
#include "penstock/serve.hpp"
#include "penstock/stats.hpp"
#include "penstock/stream.hpp"
#include "penstock/version.hpp"
// IWYU pragma: end_exports

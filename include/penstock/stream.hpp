// SPDX-License-Identifier: MIT
#pragma once

// Frames in chunks through models, micro-batches, and comparisons of both: all headers of the layer stream.
//
//   #include <penstock/stream.hpp>

// IWYU pragma: begin_exports
#include "penstock/stream/adaptive_batching.hpp"
#include "penstock/stream/batch_functor.hpp"
#include "penstock/stream/batch_options.hpp"
#include "penstock/stream/batch_policy.hpp"
#include "penstock/stream/batch_slots.hpp"
#include "penstock/stream/batch_stats.hpp"
#include "penstock/stream/batch_timing.hpp"
#include "penstock/stream/batcher_core.hpp"
#include "penstock/stream/batcher_door.hpp"
#include "penstock/stream/batcher_runs.hpp"
#include "penstock/stream/batcher_state.hpp"
#include "penstock/stream/chunk_error.hpp"
#include "penstock/stream/chunk_streamer.hpp"
#include "penstock/stream/chunk_values.hpp"
#include "penstock/stream/compare.hpp"
#include "penstock/stream/comparison.hpp"
#include "penstock/stream/gnuplot.hpp"
#include "penstock/stream/inference.hpp"
#include "penstock/stream/micro_batcher.hpp"
#include "penstock/stream/outcome.hpp"
#include "penstock/stream/pending_items.hpp"
#include "penstock/stream/process.hpp"
#include "penstock/stream/sweep.hpp"
#include "penstock/stream/sweep_plot.hpp"
#include "penstock/stream/ticket.hpp"
#include "penstock/stream/ticket_slot.hpp"
#include "penstock/stream/ticket_status.hpp"
#include "penstock/stream/traced.hpp"
// IWYU pragma: end_exports

// SPDX-License-Identifier: MIT
#pragma once

// All of penstock that needs only the standard library. The adapters of third parties, penstock/adapters/..., are
// included one by one. Nothing within the library includes this header.
//
//   #include <penstock/penstock.hpp>

// IWYU pragma: begin_exports
#include "penstock/config.hpp"
#include "penstock/core/category_index.hpp"
#include "penstock/core/clock.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/error.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/index_iterator.hpp"
#include "penstock/core/manual_clock.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/model.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/result.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/core/source.hpp"
#include "penstock/core/timed_wait.hpp"
#include "penstock/core/validity.hpp"
#include "penstock/io/batch_cells.hpp"
#include "penstock/io/csv_writer.hpp"
#include "penstock/io/format_number.hpp"
#include "penstock/io/json_lines_writer.hpp"
#include "penstock/io/json_text.hpp"
#include "penstock/io/output_file.hpp"
#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/queue/bounded_queue.hpp"
#include "penstock/queue/concepts.hpp"
#include "penstock/queue/deadline.hpp"
#include "penstock/queue/gate.hpp"
#include "penstock/queue/listener.hpp"
#include "penstock/queue/options.hpp"
#include "penstock/queue/slots.hpp"
#include "penstock/queue/stats.hpp"
#include "penstock/queue/status.hpp"
#include "penstock/queue/wait_line.hpp"
#include "penstock/queue/watermarks.hpp"
#include "penstock/serve/linear_model.hpp"
#include "penstock/serve/linear_model_check.hpp"
#include "penstock/serve/linear_model_columns.hpp"
#include "penstock/serve/linear_model_spec.hpp"
#include "penstock/stats/roc_auc.hpp"
#include "penstock/version.hpp"
// IWYU pragma: end_exports

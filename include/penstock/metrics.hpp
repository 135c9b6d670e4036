// SPDX-License-Identifier: MIT
#pragma once

// Latency histograms, StreamMetrics, alerts, tracing and the exporters that need no third party: all headers of the
// layer metrics.
//
//   #include <penstock/metrics.hpp>

// IWYU pragma: begin_exports
#include "penstock/metrics/alerts.hpp"
#include "penstock/metrics/chrome_trace.hpp"
#include "penstock/metrics/concurrent_histogram.hpp"
#include "penstock/metrics/exponential_histogram.hpp"
#include "penstock/metrics/hdr_buckets.hpp"
#include "penstock/metrics/latency_histogram.hpp"
#include "penstock/metrics/metrics_snapshot.hpp"
#include "penstock/metrics/per_thread.hpp"
#include "penstock/metrics/prometheus_text.hpp"
#include "penstock/metrics/span_buffer.hpp"
#include "penstock/metrics/stream_exposition.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/metrics/stream_snapshot.hpp"
#include "penstock/metrics/stream_totals.hpp"
#include "penstock/metrics/trace_context.hpp"
#include "penstock/metrics/tracer.hpp"
#include "penstock/metrics/wide_sum.hpp"
// IWYU pragma: end_exports

// SPDX-License-Identifier: MIT
#pragma once

// Probabilities and labels of a frame, chunk by chunk.
//
//     auto [probability, label, metrics] = run_streaming_inference(patients, model, {.threshold = 0.3});

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/metrics/stream_metrics.hpp"
#include "penstock/stream/chunk_values.hpp"
#include "penstock/stream/process.hpp"

#include <cstddef>    // size_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// How run_streaming_inference runs.
struct InferenceOptions {
  std::size_t chunk_size = 100;  ///< rows, at least 1
  double threshold = 0.5;        ///< label 1 from this probability upwards, in [0, 1]
  std::size_t threads = 1;       ///< as StreamOptions::threads
};

/// One probability and one label for each row, in row order.
struct InferenceResult {
  std::vector<double> probability{};  ///< of the positive class
  std::vector<int> label{};           ///< 1 where probability >= threshold, else 0; 0 where it is NaN
  StreamMetrics metrics{};            ///< of the chunks
};

/// The probability of the positive class for each row, and its label. Asks the model by `predict_proba` (one column is
/// the probability; of two, negative class first, the second is), and failing that as process_stream does. What a model
/// gives is taken as it is, even outside of [0, 1].
/// @throws std::invalid_argument that names the option if it is out of range; else as process_stream.
template <data_frame F, model_for<F> M, clock_source Clock = SteadyClock>
[[nodiscard]] InferenceResult run_streaming_inference(const F& frame, M&& model, const InferenceOptions& options = {},
                                                      const Clock& clock = {}) {
  if (!(options.threshold >= 0 && options.threshold <= 1)) {
    throw std::invalid_argument("InferenceOptions.threshold is " + std::to_string(options.threshold) +
                                "; 0 to 1 is possible");
  }
  const auto append = [&model](std::vector<double>& out, auto slice, const ChunkPlace& place) {
    detail::append_probabilities(out, model, std::move(slice), place);
  };
  auto [probability, metrics] = detail::result_or_throw(
      detail::run_chunks<double>(frame, options.chunk_size, append, {.threads = options.threads}, clock));
  std::vector<int> label;
  label.reserve(probability.size());
  for (const double p : probability) label.push_back(p >= options.threshold ? 1 : 0);
  return {std::move(probability), std::move(label), std::move(metrics)};
}

}  // namespace v0
}  // namespace penstock

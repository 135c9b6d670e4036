// SPDX-License-Identifier: MIT
// The smallest frame, model and clock that the concepts allow, put through every streaming function.
#include "penstock/stream/chunk_streamer.hpp"
#include "penstock/stream/compare.hpp"
#include "penstock/stream/inference.hpp"
#include "penstock/stream/process.hpp"
#include "penstock/stream/sweep.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

// With a name, since what is only declared in a namespace without one is warned of.
namespace stream_archetypes {

/// Nothing but what data_frame names; its slices are of another type.
struct Frame {
  Frame() = delete;
  Frame(Frame&&) = default;
};
struct FrameSlice {};

/// A clock that is nothing else.
struct Clock {
  penstock::TimePoint now() const { return {}; }
};

/// Values of no use but to be moved, from a range of no use but to be gone through once.
struct Value {
  Value() = delete;
  Value(Value&&) = default;
  Value& operator=(Value&&) = default;
  bool operator==(const Value&) const = default;
};
struct Values {
  struct Iterator {
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    Value operator*() const;
    Iterator& operator++();
    void operator++(int);
    bool operator==(std::default_sentinel_t) const;
  };
  Iterator begin();
  std::default_sentinel_t end();
  std::size_t size();
};

/// Neither copied nor const.
struct Model {
  Model() = default;
  Model(Model&&) = delete;
  Values operator()(FrameSlice);
};
struct Filling {
  void operator()(FrameSlice, std::span<std::string>);
};
struct Probabilities {
  std::vector<std::pair<float, float>> predict_proba(FrameSlice);
};
struct Number {
  operator double() const;
};
struct Numbers {
  std::vector<Number> predict(FrameSlice);
};

}  // namespace stream_archetypes

template <>
struct penstock::frame_traits<stream_archetypes::Frame> {
  static std::size_t rows(const stream_archetypes::Frame&) { return 0; }
  static stream_archetypes::FrameSlice slice(const stream_archetypes::Frame&, std::size_t, std::size_t) { return {}; }
};
template <>
struct penstock::frame_traits<stream_archetypes::FrameSlice> {
  static std::size_t rows(const stream_archetypes::FrameSlice&) { return 0; }
  static stream_archetypes::FrameSlice slice(const stream_archetypes::FrameSlice&, std::size_t, std::size_t) {
    return {};
  }
};

namespace stream_archetypes {

using penstock::model_for;
using penstock::stream_value_t;

static_assert(model_for<Model, Frame>);
static_assert(model_for<Model&, Frame>);
static_assert(model_for<Filling, Frame, std::string>);
static_assert(model_for<Probabilities&, Frame>);
static_assert(model_for<Numbers, Frame>);
static_assert(!model_for<Filling, Frame>);  // writes texts, not doubles
static_assert(!model_for<Model, std::vector<int>>);
static_assert(!model_for<int (*)(FrameSlice), Frame>);  // one value is not one a row
static_assert(!model_for<Model, int>);
static_assert(!model_for<int, Frame>);

static_assert(std::same_as<stream_value_t<Model, Frame>, Value>);
static_assert(std::same_as<stream_value_t<Filling, Frame, std::string>, std::string>);
static_assert(std::same_as<stream_value_t<Probabilities, Frame>, double>);
static_assert(std::same_as<stream_value_t<std::vector<bool> (*)(FrameSlice), Frame>, bool>);
static_assert(std::same_as<stream_value_t<const std::vector<std::string>& (*)(FrameSlice), Frame>, std::string>);
static_assert(std::same_as<stream_value_t<std::span<const float> (*)(FrameSlice), Frame>, float>);
static_assert(std::same_as<stream_value_t<std::vector<float> (*)(FrameSlice), Frame, double>, double>);

static_assert(std::ranges::random_access_range<penstock::ChunkRange<Frame&>>);
static_assert(std::ranges::sized_range<penstock::ChunkRange<Frame>>);

[[maybe_unused]] void every_algorithm(Frame& frame, Model& model, const Clock& clock) {
  for (const auto& chunk : penstock::stream_chunks(frame, 1)) (void)chunk;
  for (const auto& chunk : penstock::stream_chunks(std::move(frame), 1)) (void)chunk;
  (void)penstock::process_stream(frame, 1, model, {}, clock);
  (void)penstock::try_process_stream(frame, 1, model, {.threads = 2}, clock);
  (void)penstock::process_stream<std::string>(frame, 1, Filling());
  (void)penstock::process_stream(frame, 1, Probabilities());
  (void)penstock::process_stream<double>(frame, 1, Numbers());
  (void)penstock::compare_batch_vs_streaming(frame, model, {}, clock);
  (void)penstock::compare_batch_vs_streaming<std::string>(frame, Filling(), {}, clock);
  (void)penstock::sweep_chunk_sizes(frame, model, {1, 2}, {}, clock);
  (void)penstock::run_streaming_inference(frame, Probabilities(), {}, clock);
  (void)penstock::run_streaming_inference(frame, Numbers(), {}, clock);
}

}  // namespace stream_archetypes

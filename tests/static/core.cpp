// SPDX-License-Identifier: MIT
// Each concept of core: what has it, what lacks it by one thing, and its smallest archetype.
#include "penstock/core/clock.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/manual_clock.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/model.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/core/source.hpp"
#include "penstock/core/timed_wait.hpp"

#include "archetypes.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace core_concepts {

using namespace penstock;

// clock_source
static_assert(clock_source<SteadyClock>);
static_assert(clock_source<ManualClock>);
static_assert(clock_source<archetypes::Clock>);
struct ChangingClock {
  TimePoint now();
};
struct CalendarClock {
  Timestamp now() const;
};
struct SingleClock {
  SingleClock(const SingleClock&) = delete;
  TimePoint now() const;
};
static_assert(!clock_source<ChangingClock>);  // to read it is to change it
static_assert(!clock_source<CalendarClock>);  // which may go back
static_assert(!clock_source<SingleClock>);
static_assert(!clock_source<int>);

// announcing_clock
static_assert(announcing_clock<ManualClock>);
static_assert(announcing_clock<archetypes::AnnouncingClock>);
static_assert(!announcing_clock<SteadyClock>);
static_assert(!announcing_clock<archetypes::Clock>);

// data_frame
static_assert(data_frame<archetypes::Frame>);
static_assert(data_frame<const archetypes::Frame&>);
static_assert(std::same_as<frame_slice_t<archetypes::Frame&>, archetypes::FrameSlice>);
static_assert(data_frame<std::vector<double>>);
static_assert(data_frame<std::vector<archetypes::Record>>);  // rows need not be copied
static_assert(data_frame<const std::vector<double>&>);
static_assert(data_frame<std::span<const double>>);
static_assert(data_frame<std::span<int, 4>>);
static_assert(data_frame<std::array<std::string, 3>>);
static_assert(data_frame<int[3]>);
static_assert(data_frame<std::string>);  // of characters
static_assert(data_frame<RecordBatch>);
static_assert(data_frame<RowMajorMatrix>);
static_assert(data_frame<RowMajorView>);
static_assert(std::same_as<frame_slice_t<std::vector<double>>, std::span<const double>>);
static_assert(std::same_as<frame_slice_t<std::span<const double>>, std::span<const double>>);
static_assert(std::same_as<frame_slice_t<int[3]>, std::span<const int>>);
static_assert(std::same_as<frame_slice_t<RecordBatch>, RecordBatch>);
static_assert(std::same_as<frame_slice_t<RowMajorMatrix>, RowMajorView>);

static_assert(!data_frame<std::vector<bool>>);  // bits, which no span reaches
static_assert(!data_frame<std::deque<int>>);    // not in one piece
static_assert(!data_frame<std::list<int>>);
static_assert(!data_frame<std::map<int, int>>);
static_assert(!data_frame<int*>);  // of no length
static_assert(!data_frame<const char*>);
static_assert(!data_frame<int[]>);
static_assert(!data_frame<double>);
static_assert(!data_frame<void>);
static_assert(!data_frame<std::unique_ptr<std::vector<int>>>);
static_assert(!data_frame<std::optional<std::vector<int>>>);
/// A matrix of a library whose adapter is not included: contiguous, but a row is more than an element.
struct Tensor : std::vector<double> {
  std::array<std::size_t, 2> shape() const;
};
struct ColumnMajor : std::vector<double> {
  long cols() const;
};
static_assert(!data_frame<Tensor>);
static_assert(!data_frame<ColumnMajor>);
struct NoSlice {};
struct BadSlice {};
template <int depth>
struct Nested {};

// columnar_frame
static_assert(columnar_frame<archetypes::Table, std::string_view>);
static_assert(!columnar_frame<archetypes::Table, double>);
static_assert(columnar_frame<RecordBatch>);
static_assert(columnar_frame<const RecordBatch&, std::string_view>);
static_assert(columnar_frame<RecordBatch, std::int32_t>);
static_assert(!columnar_frame<RecordBatch, float>);
static_assert(!columnar_frame<std::vector<double>>);
static_assert(!columnar_frame<RowMajorMatrix>);
static_assert(!columnar_frame<int>);

// column_value
static_assert(column_value<double> && column_value<std::int64_t> && column_value<bool> && column_value<Timestamp> &&
              column_value<std::string_view> && column_value<std::int32_t>);
static_assert(!column_value<float> && !column_value<std::string> && !column_value<const char*> &&
              !column_value<std::uint64_t> && !column_value<TimePoint> && !column_value<const double>);
template <class T>
constexpr bool can_append = requires(RecordBatchBuilder& builder, T value) { builder.append<T>(0, value); };
static_assert(can_append<double> && can_append<std::string_view>);
static_assert(!can_append<std::int32_t>);  // codes are the builder's to give
static_assert(!can_append<float>);

// row_values
static_assert(row_values<archetypes::Values>);
static_assert(row_values<archetypes::OldValues>);
static_assert(row_values<const archetypes::OldValues&>);
static_assert(row_values<archetypes::Matrix>);
static_assert(row_values<archetypes::Lazy>);
static_assert(row_values<const archetypes::Lazy&>);
static_assert(std::same_as<row_value_t<archetypes::Values>, archetypes::Value>);
static_assert(std::same_as<row_value_t<archetypes::OldValues>, float>);
static_assert(std::same_as<row_value_t<archetypes::Matrix>, double>);
static_assert(std::same_as<row_value_t<archetypes::Lazy>, double>);
static_assert(row_values<std::vector<double>>);
static_assert(row_values<const std::vector<std::string>&>);
static_assert(row_values<std::vector<bool>>);
static_assert(row_values<std::span<const float>>);
static_assert(row_values<std::list<int>>);
static_assert(row_values<std::array<double, 3>>);
static_assert(row_values<decltype(std::views::iota(0, 3))>);
static_assert(row_values<ColumnView<double>>);
static_assert(std::same_as<row_value_t<std::vector<bool>>, bool>);
static_assert(std::same_as<row_value_t<std::vector<std::unique_ptr<int>>&>, std::unique_ptr<int>>);
static_assert(std::same_as<row_value_t<ColumnView<bool>>, bool>);
static_assert(!row_values<double>);  // one value is not one a row
static_assert(!row_values<void>);
static_assert(!row_values<double*>);
static_assert(!row_values<std::optional<double>>);
static_assert(!row_values<decltype(std::views::iota(0))>);  // of no length
static_assert(!row_values<RecordBatch>);
struct EvaluatesToNothing {
  void eval() const;
};
struct EvaluatesToNumber {
  double eval() const;
};
static_assert(!row_values<EvaluatesToNothing>);
static_assert(!row_values<EvaluatesToNumber>);

// value_functor
using Slice = archetypes::FrameSlice;
static_assert(value_functor<archetypes::ValueFunctor, Slice>);
static_assert(value_functor<std::vector<double> (*)(std::span<const int>), std::span<const int>>);
static_assert(!value_functor<double (*)(std::span<const int>), std::span<const int>>);
static_assert(!value_functor<void (*)(std::span<const int>), std::span<const int>>);
static_assert(!value_functor<archetypes::ValueFunctor, std::span<const int>>);
static_assert(!value_functor<const archetypes::ValueFunctor, Slice>);
static_assert(!value_functor<int, Slice>);

// filling_functor
static_assert(filling_functor<archetypes::FillingFunctor, Slice>);
static_assert(!filling_functor<archetypes::FillingFunctor, Slice, std::string>);
static_assert(filling_functor<void (*)(std::span<const int>, std::span<float>), std::span<const int>, float>);
static_assert(!filling_functor<archetypes::ValueFunctor, Slice>);
static_assert(!filling_functor<void (*)(std::span<const int>), std::span<const int>>);
struct Either {  // returns its values, and takes a span if there is one
  std::vector<double> operator()(std::span<const int>, std::span<double> = {});
};
static_assert(value_functor<Either, std::span<const int>> && !filling_functor<Either, std::span<const int>>);

// predictor, probability_predictor
static_assert(predictor<archetypes::Predictor, Slice>);
static_assert(!predictor<archetypes::ProbabilityPredictor, Slice>);
static_assert(probability_predictor<archetypes::ProbabilityPredictor, Slice>);
static_assert(!probability_predictor<archetypes::Predictor, Slice>);
struct OneNumber {
  double predict(const Slice&);
  double predict_proba(const Slice&);
};
static_assert(!predictor<OneNumber, Slice>);
static_assert(!probability_predictor<OneNumber, Slice>);

// model
static_assert(model<archetypes::ValueFunctor, Slice>);
static_assert(model<archetypes::FillingFunctor, Slice>);
static_assert(model<archetypes::Predictor, Slice>);
static_assert(model<archetypes::ProbabilityPredictor, Slice>);
static_assert(!model<OneNumber, Slice>);
static_assert(!model<archetypes::Clock, Slice>);
static_assert(!model<void (*)(const Slice&), Slice>);

// frame_source
static_assert(frame_source<archetypes::Source>);
static_assert(frame_source<archetypes::OtherSource>);
struct Batches {
  std::optional<RecordBatch> next();
};
struct Numbers {
  std::optional<double> next();
};
struct Always {
  RecordBatch next();
};
struct Quiet {
  void next();
};
static_assert(frame_source<Batches>);
static_assert(!frame_source<const Batches>);
static_assert(!frame_source<Numbers>);  // a number is no frame
static_assert(!frame_source<Always>);   // has no end
static_assert(!frame_source<Quiet>);

// sink_for
static_assert(sink_for<archetypes::Sink, archetypes::Record>);
static_assert(!sink_for<archetypes::Sink, RecordBatch>);
static_assert(!sink_for<const archetypes::Sink, archetypes::Record>);
struct NeverClosed {
  void write(const RecordBatch&);
  void flush();
};
struct NeverFlushed {
  void write(const RecordBatch&);
  void close();
};
struct Grasping {
  void write(RecordBatch&);
  void flush();
  void close();
};
static_assert(!sink_for<NeverClosed, RecordBatch>);
static_assert(!sink_for<NeverFlushed, RecordBatch>);
static_assert(!sink_for<Grasping, RecordBatch>);

}  // namespace core_concepts

// A frame whose traits lack something, or give what is no frame, is none.
template <>
struct penstock::frame_traits<core_concepts::NoSlice> {
  static std::size_t rows(const core_concepts::NoSlice&);
};
template <>
struct penstock::frame_traits<core_concepts::BadSlice> {
  static std::size_t rows(const core_concepts::BadSlice&);
  static int slice(const core_concepts::BadSlice&, std::size_t first, std::size_t count);
};
template <int depth>
struct penstock::frame_traits<core_concepts::Nested<depth>> {
  static std::size_t rows(const core_concepts::Nested<depth>&);
  static core_concepts::Nested<depth + 1> slice(const core_concepts::Nested<depth>&, std::size_t, std::size_t);
};

namespace core_concepts {

static_assert(!data_frame<NoSlice>);
static_assert(!data_frame<BadSlice>);
static_assert(!data_frame<Nested<0>>);  // each slice of a slice another type

// Every function of core that takes one of the concepts takes its archetype.
[[maybe_unused]] void every_function(const archetypes::Frame& frame, const archetypes::Table& table,
                                     const archetypes::Clock& clock, const archetypes::AnnouncingClock& announcing,
                                     std::mutex& mutex, std::condition_variable& changed) {
  (void)rows(frame);
  const auto part = slice(frame, 0, 1);
  (void)rows(part);
  (void)slice(part, 0, 1);
  (void)column<std::string_view>(table, "name")[0];
  std::unique_lock lock(mutex);
  (void)TimedWait(clock, mutex, changed).until(lock, TimePoint::max());
  (void)TimedWait(announcing, mutex, changed).until(lock, TimePoint::max());
}

}  // namespace core_concepts

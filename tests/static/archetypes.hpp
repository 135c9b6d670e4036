// SPDX-License-Identifier: MIT
#pragma once

// The smallest type that each concept of core allows. An algorithm that takes one of these asks no more of its argument
// than the concept says. Functions are not defined where nothing needs to run.

#include "penstock/core/clock.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/timed_wait.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace archetypes {

/// clock_source
struct Clock {
  Clock() = delete;
  penstock::TimePoint now() const;
};

/// announcing_clock
struct AnnouncingClock {
  struct Subscription {
    Subscription(const Subscription&) = delete;
    ~Subscription();
  };
  AnnouncingClock() = delete;
  penstock::TimePoint now() const;
  Subscription on_advance(void (*wake)(void*), void* context) const;
};

/// data_frame: neither made, copied, moved nor assigned. Its slice is of another type, which can only be moved.
struct Frame {
  Frame() = delete;
  Frame(const Frame&) = delete;
};
struct FrameSlice {
  FrameSlice() = delete;
  FrameSlice(FrameSlice&&) = default;
};

/// columnar_frame of texts, whose columns are neither ranges nor copied, and which a slice has too.
struct Table {
  Table() = delete;
  Table(const Table&) = delete;
};
struct TableSlice {
  TableSlice(TableSlice&&) = default;
};
struct Texts {
  std::string_view operator[](std::size_t row) const;
};

/// row_values: a range to go through once, whose values can be moved and no more.
struct Value {
  Value() = delete;
  Value(Value&&) = default;
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
  Values(const Values&) = delete;
  Iterator begin();
  std::default_sentinel_t end();
  std::size_t size();
};
/// row_values as numeric libraries have them: iterators that are none by C++20's letter.
struct OldValues {
  struct Iterator {
    explicit Iterator(int);
    float operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator&) const;
  };
  Iterator begin() const;
  Iterator end() const;
  int size() const;
};
/// row_values of a matrix.
struct Matrix {
  int rows() const;
  int cols() const;
  double operator()(int row, int col) const;
};
/// row_values of an expression that is not computed yet.
struct Lazy {
  Matrix eval() const;
};

/// value_functor, filling_functor, predictor, probability_predictor: none is const, copied or moved.
struct ValueFunctor {
  ValueFunctor(const ValueFunctor&) = delete;
  Values operator()(FrameSlice&&);
};
struct FillingFunctor {
  FillingFunctor(const FillingFunctor&) = delete;
  int operator()(FrameSlice&&, std::span<double>);  // what it returns is nobody's business
};
struct Predictor {
  Predictor(const Predictor&) = delete;
  Matrix predict(FrameSlice&);
};
struct ProbabilityPredictor {
  ProbabilityPredictor(const ProbabilityPredictor&) = delete;
  Lazy predict_proba(const FrameSlice&);
};

/// frame_source, by a pointer; and by an optional-like of its own.
struct Source {
  Source(const Source&) = delete;
  std::unique_ptr<Frame> next();
};
struct OtherSource {
  struct Maybe {
    explicit operator bool() const;
    Frame& operator*();
  };
  Maybe next();
};

/// sink_for<Record>
struct Record {
  Record(const Record&) = delete;
};
struct Sink {
  Sink(const Sink&) = delete;
  void write(const Record&);
  void flush();
  void close();
};

}  // namespace archetypes

template <>
struct penstock::frame_traits<archetypes::Frame> {
  static unsigned char rows(const archetypes::Frame&);
  static archetypes::FrameSlice slice(const archetypes::Frame&, std::size_t first, std::size_t count);
};
template <>
struct penstock::frame_traits<archetypes::FrameSlice> {
  static std::size_t rows(const archetypes::FrameSlice&);
  static archetypes::FrameSlice slice(const archetypes::FrameSlice&, std::size_t first, std::size_t count);
};
template <>
struct penstock::frame_traits<archetypes::Table> {
  static std::size_t rows(const archetypes::Table&);
  static archetypes::TableSlice slice(const archetypes::Table&, std::size_t first, std::size_t count);
  template <class T>
    requires std::same_as<T, std::string_view>
  static archetypes::Texts column(const archetypes::Table&, std::string_view name);
};
template <>
struct penstock::frame_traits<archetypes::TableSlice> {
  static std::size_t rows(const archetypes::TableSlice&);
  static archetypes::TableSlice slice(const archetypes::TableSlice&, std::size_t first, std::size_t count);
  template <class T>
    requires std::same_as<T, std::string_view>
  static archetypes::Texts column(const archetypes::TableSlice&, std::string_view name);
};

// SPDX-License-Identifier: MIT
#pragma once

// A model that gave another number of values than its chunk has rows.
//
//     try { process_stream(trips, 100, score); }
//     catch (const ChunkErrorWith<double>& e) { keep(e.partial().values); log(e.what()); }
//     // chunk 3, row 301: found 99 values, expected 100, one a row

#include "penstock/core/error.hpp"
#include "penstock/metrics/stream_metrics.hpp"

#include <cstddef>  // size_t
#include <memory>   // make_shared, shared_ptr
#include <string>   // string, to_string
#include <utility>  // move
#include <vector>   // vector

namespace penstock {
inline namespace v0 {

/// The values of a stream in the order of its rows, and what it took to make them.
template <class Value>
struct StreamResult {
  std::vector<Value> values{};  ///< one for each row
  StreamMetrics metrics{};      ///< of the chunks whose values are here
};

/// Which chunk of a frame.
struct ChunkPlace {
  std::size_t index = 0;      ///< 0 for the first chunk
  std::size_t first_row = 0;  ///< row of the frame that is its first, from 0
  std::size_t rows = 0;       ///< of the chunk
};

/// The values of a chunk do not fit its rows. `where().row` is its first row, counted from 1.
class ChunkError : public Error {
 public:
  /// `found` and `expected` as for Error.
  ChunkError(const ChunkPlace& place, std::size_t returned, std::string found, std::string expected)
      : Error({.source = "chunk " + std::to_string(place.index), .row = place.first_row + 1}, std::move(found),
              std::move(expected)),
        place_(place),
        returned_(returned) {}
  /// For a plain list of values.
  ChunkError(const ChunkPlace& place, std::size_t returned)
      : ChunkError(place, returned, std::to_string(returned) + (returned == 1 ? " value" : " values"),
                   std::to_string(place.rows) + ", one a row") {}

  [[nodiscard]] std::size_t chunk() const noexcept { return place_.index; }          ///< 0 for the first
  [[nodiscard]] std::size_t first_row() const noexcept { return place_.first_row; }  ///< of the chunk, from 0
  [[nodiscard]] std::size_t expected_count() const noexcept { return place_.rows; }  ///< rows of the chunk
  [[nodiscard]] std::size_t returned_count() const noexcept { return returned_; }    ///< values that the model gave

 private:
  ChunkPlace place_;
  std::size_t returned_;
};

/// The same with what was computed before it. Copies share it.
template <class Value>
class ChunkErrorWith : public ChunkError {
 public:
  /// That error, and what came before it.
  ChunkErrorWith(const ChunkError& error, StreamResult<Value> partial)
      : ChunkError(error), partial_(std::make_shared<StreamResult<Value>>(std::move(partial))) {}

  /// The values of all chunks before the failed one, in row order. To be moved from where they cannot be copied.
  [[nodiscard]] StreamResult<Value>& partial() const noexcept { return *partial_; }

 private:
  std::shared_ptr<StreamResult<Value>> partial_;
};

}  // namespace v0
}  // namespace penstock

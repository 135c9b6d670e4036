// SPDX-License-Identifier: MIT
#pragma once

// A frame as a range of chunks of so many rows, the last one perhaps shorter.
//
//     for (const auto& [data, first_row, index] : stream_chunks(trips, 100)) {
//       use(data);          // a slice of trips: no row was copied
//     }

#include "penstock/core/frame.hpp"
#include "penstock/core/index_iterator.hpp"

#include <algorithm>    // min
#include <cstddef>      // size_t
#include <memory>       // addressof
#include <stdexcept>    // invalid_argument, out_of_range
#include <string>       // to_string
#include <type_traits>  // conditional_t, is_lvalue_reference_v, remove_cvref_t
#include <utility>      // forward

namespace penstock {
inline namespace v0 {

/// A stretch of a frame, and where it was.
template <class Slice>
struct Chunk {
  Slice data;                 ///< its rows
  std::size_t first_row = 0;  ///< row of the frame that is row 0 of data
  std::size_t index = 0;      ///< 0 for the first chunk
};

/// The chunks of a frame: a sized random-access range of Chunk, each made when it is asked for, in O(1). F is a
/// reference for a frame that is borrowed, and a value for one that the range keeps. Reading is safe from many threads.
/// Chunks borrow from the frame, and iterators from the range.
template <class F>
class ChunkRange {
  using Frame = std::remove_cvref_t<F>;

 public:
  using value_type = Chunk<frame_slice_t<Frame>>;  ///< what the range is made of

  /// @throws std::invalid_argument if the chunk size is 0.
  ChunkRange(F&& frame, std::size_t chunk_size) : frame_(hold(std::forward<F>(frame))), chunk_size_(chunk_size) {
    if (chunk_size == 0) throw std::invalid_argument("chunk_size is 0; at least 1 row is needed");
    rows_ = penstock::rows(this->frame());
    size_ = rows_ / chunk_size + (rows_ % chunk_size != 0 ? 1 : 0);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }              ///< chunks; 0 for an empty frame
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }               ///< whether there is no chunk
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }              ///< of the frame
  [[nodiscard]] std::size_t chunk_size() const noexcept { return chunk_size_; }  ///< rows of every chunk but the last

  /// Rows in chunk `index`, which must be there.
  [[nodiscard]] std::size_t rows_of(std::size_t index) const noexcept {
    return std::min(chunk_size_, rows_ - index * chunk_size_);
  }
  /// Chunk `index`. @throws std::out_of_range if there is none.
  [[nodiscard]] value_type operator[](std::size_t index) const {
    if (index >= size_) { throw std::out_of_range("chunk " + std::to_string(index) + " of " + std::to_string(size_)); }
    const std::size_t first = index * chunk_size_;
    return {slice(frame(), first, rows_of(index)), first, index};
  }

  [[nodiscard]] auto begin() const noexcept { return detail::IndexIterator<ChunkRange>(*this, 0); }  ///< chunk 0
  [[nodiscard]] auto end() const noexcept {
    return detail::IndexIterator<ChunkRange>(*this, size_);
  }  ///< behind the last

 private:
  static constexpr bool borrows = std::is_lvalue_reference_v<F>;
  using Held = std::conditional_t<borrows, const Frame*, Frame>;

  static decltype(auto) hold(F&& frame) {
    if constexpr (borrows) {
      return std::addressof(frame);
    } else {
      return std::forward<F>(frame);
    }
  }
  [[nodiscard]] const Frame& frame() const noexcept {
    if constexpr (borrows) {
      return *frame_;
    } else {
      return frame_;
    }
  }

  Held frame_;
  std::size_t chunk_size_;
  std::size_t rows_ = 0;
  std::size_t size_ = 0;
};

/// The frame in chunks of `chunk_size` rows. A named frame is borrowed, and has to outlive the range; a temporary one
/// is moved into the range, so that looping over `stream_chunks(load(), 100)` is safe.
/// @throws std::invalid_argument if the chunk size is 0.
template <class F>
  requires data_frame<F>
[[nodiscard]] ChunkRange<F> stream_chunks(F&& frame, std::size_t chunk_size) {
  return ChunkRange<F>(std::forward<F>(frame), chunk_size);
}

}  // namespace v0
}  // namespace penstock

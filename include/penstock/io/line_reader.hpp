// SPDX-License-Identifier: MIT
#pragma once

// Lines of any source of bytes, in bounded memory.
//
//     detail::LineReader lines(detail::open_file("scores.jsonl"), 262144, 1048576);
//     while (lines.next()) use(lines.text(), lines.byte());

#include "penstock/io/byte_source.hpp"

#include <algorithm>    // min
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <cstring>      // memchr, memmove
#include <memory>       // unique_ptr
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Whether a line has nothing but blanks.
inline bool is_blank(std::string_view line) noexcept {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// Lines end in LF, the last one may do without. Memory is that of the longest line allowed and one block, and while
/// lines are kept, that of these. Not thread-safe.
class LineReader {
 public:
  LineReader(std::unique_ptr<ByteSource> source, std::size_t block_bytes, std::size_t max_line_bytes)
      : source_(std::move(source)), block_(block_bytes), max_line_(max_line_bytes) {}

  /// Reads over a UTF-8 byte order mark, if the source begins with one. Only before the first next().
  void skip_byte_order_mark() {
    while (end_ < 3 && fill()) {}
    if (std::string_view(buffer_.data(), end_).starts_with("\xEF\xBB\xBF")) first_ = next_ = 3;
  }

  /// Goes to the next line; false at the end and ever after. A line above the limit is read over: text() is its
  /// beginning then. @throws Error if the source cannot be read.
  bool next() {
    discard_rest();
    if (!keeping_) drop_front();
    const std::size_t begin = next_;
    std::size_t scanned = begin;
    for (;;) {
      if (const void* found = end_ > scanned ? std::memchr(buffer_.data() + scanned, '\n', end_ - scanned) : nullptr) {
        const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
        return set_line(begin, at, at + 1);
      }
      scanned = end_;
      if (end_ - begin > max_line_) {
        set_line(begin, end_, end_);
        rest_to_discard_ = true;
        return true;
      }
      if (!fill()) return end_ > begin && set_line(begin, end_, end_);
    }
  }

  /// The line without its LF; valid until the next one is asked for.
  [[nodiscard]] std::string_view text() const noexcept { return {buffer_.data() + begin_, std::min(size_, max_line_)}; }
  [[nodiscard]] std::uint64_t byte() const noexcept { return start_ + begin_; }       ///< offset of its first byte
  [[nodiscard]] bool too_long() const noexcept { return size_ > max_line_; }          ///< whether text() is cut off
  [[nodiscard]] const std::string& name() const noexcept { return source_->name(); }  ///< of the source

  /// From the next line on, keeps what was read, so that rewind() can go back. Only before the first next().
  void keep() noexcept { keeping_ = true; }
  /// Bytes that are kept.
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return next_; }
  /// Back to the first line, and keeps no more. A line above the limit must not have been passed.
  void rewind() noexcept {
    next_ = first_;
    keeping_ = false;
    rest_to_discard_ = false;
  }

 private:
  bool set_line(std::size_t begin, std::size_t end, std::size_t next) noexcept {
    begin_ = begin;
    size_ = end - begin;
    next_ = next;
    return true;
  }

  void drop_front() noexcept {
    if (next_ <= end_ - next_) return;  // what is moved is less than what was read since: O(1) a byte
    if (next_ < end_) std::memmove(buffer_.data(), buffer_.data() + next_, end_ - next_);
    start_ += next_;
    end_ -= next_;
    next_ = 0;
  }

  bool fill() {
    if (buffer_.size() < end_ + block_) buffer_.resize(end_ + block_);
    const std::size_t got = source_->read(buffer_.data() + end_, block_);
    end_ += got;
    return got > 0;
  }

  /// Reads over what is left of a line that was too long.
  void discard_rest() {
    while (rest_to_discard_) {
      const char* const begin = buffer_.data() + next_;
      if (const void* found = std::memchr(begin, '\n', end_ - next_)) {
        next_ += static_cast<std::size_t>(static_cast<const char*>(found) - begin) + 1;
        rest_to_discard_ = false;
      } else {
        next_ = end_;
        if (!keeping_) drop_front();
        rest_to_discard_ = fill();
      }
    }
  }

  std::unique_ptr<ByteSource> source_;
  std::size_t block_;
  std::size_t max_line_;
  std::vector<char> buffer_;  // what is read: [0, end_)
  std::size_t end_ = 0;
  std::size_t first_ = 0;  // where the first line begins
  std::size_t next_ = 0;   // where the next line begins
  std::size_t begin_ = 0;  // this line
  std::size_t size_ = 0;
  std::uint64_t start_ = 0;  // offset of buffer_[0] in the source
  bool keeping_ = false;
  bool rest_to_discard_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

// SPDX-License-Identifier: MIT
#pragma once

// Bytes to rows of fields: knows of quotes, line ends and limits, and nothing of types.
//
//     detail::CsvScanner scanner(detail::open_file("trips.csv"), {.delimiter = ';'});
//     while (scanner.next() == detail::CsvRowStatus::row)
//       for (const detail::CsvCell& cell : scanner.cells()) use(cell);
//
// The rules, which do not depend on where a block of input ends:
// - LF, CR and CRLF each end a row; the last row needs none.
// - A quote opens a quoted field only as the field's first byte; elsewhere it is text. In a quoted field a doubled
// quote
//   is one quote, and delimiters and line ends are text. What stands between the closing quote and the next delimiter
//   is text too ("a"b is ab), as it is for pandas.
// - A row that has no end within max_row_bytes is bad. If it is in quotes there, its quote was never meant to open: the
//   row ends at its first line end, and what follows is read afresh, so that one stray quote costs one line. The same
//   goes for the end of the input within quotes. Else the row ends at the first line end behind the limit.

#include "penstock/io/byte_source.hpp"
#include "penstock/io/parse_number.hpp"
#include "penstock/io/structural_index.hpp"

#include <algorithm>    // max, min
#include <cstddef>      // size_t
#include <cstdint>      // uint32_t, uint64_t
#include <cstring>      // memcpy, memmove
#include <memory>       // unique_ptr
#include <optional>     // optional
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// One field as it stands in the buffer, `parse_padding` readable bytes behind it.
struct CsvCell {
  enum Kind : std::uint32_t {
    plain,   ///< without quotes
    quoted,  ///< what stands between the quotes, which is the text
    escaped  ///< from behind the opening quote to the field's end: csv_unescape makes the text of it
  };
  const char* begin;
  std::uint32_t size;
  Kind kind;

  [[nodiscard]] const char* end() const noexcept { return begin + size; }
  [[nodiscard]] std::string_view raw() const noexcept { return {begin, size}; }
};

/// Appends the text of an escaped cell: doubled quotes become one, and behind the closing quote all is text.
inline void csv_unescape(std::string_view raw, char quote, std::vector<char>& out) {
  std::size_t i = 0;
  for (; i < raw.size(); ++i) {
    if (raw[i] == quote) {
      ++i;
      if (i == raw.size() || raw[i] != quote) break;
    }
    out.push_back(raw[i]);
  }
  for (; i < raw.size(); ++i) out.push_back(raw[i]);
}

/// Of a bad row that many bytes are shown.
inline constexpr std::size_t max_bad_text = 256;

/// What the scanner has to know of the file; csv_options.hpp says what each is.
struct CsvDialect {
  char delimiter = ',';
  std::optional<char> quote = '"';
  std::optional<char> comment{};
  bool skip_blank_lines = true;
  std::size_t max_row_bytes = std::size_t{1} << 20;
  std::size_t max_columns = 65536;
  std::size_t block_bytes = std::size_t{1} << 18;
};

enum class CsvRowStatus { row, end, too_long, unterminated_quote, sample_full };

/// Walks over the input once, but for what lies between hold() and rewind(). Memory: a block, or as many of them as a
/// row of max_row_bytes needs, and four bytes for each byte of these that may end a field. Not thread-safe.
class CsvScanner {
 public:
  CsvScanner(std::unique_ptr<ByteSource> source, const CsvDialect& dialect)
      : source_(std::move(source)), dialect_(dialect), quote_(dialect.quote.value_or(dialect.delimiter)), cells_(64) {}

  /// The next row. Its cells and text are valid until the next call. @throws Error if the input cannot be read.
  CsvRowStatus next() {
    for (;;) {
      if (at_ == size_) {
        if (ended_) return CsvRowStatus::end;
        refill();
        continue;
      }
      if (held_ && at_ - held_->at >= held_->bytes) return CsvRowStatus::sample_full;
      const char first = data_[at_];
      if (after_cr_) {
        after_cr_ = false;
        if (first == '\n') {
          go_to(at_ + 1);
          continue;
        }
      }
      if ((first == '\n' || first == '\r') && dialect_.skip_blank_lines) {
        end_line(at_);
        continue;
      }
      if (dialect_.comment && first == *dialect_.comment) {
        if (!skip_line(at_)) return CsvRowStatus::sample_full;
        continue;
      }
      const CsvRowStatus status = read_row();
      if (status == CsvRowStatus::sample_full) return status;
      ++row_;
      return status;
    }
  }

  /// The row's fields, at most max_columns of them. Meaningful after CsvRowStatus::row.
  [[nodiscard]] std::span<const CsvCell> cells() const noexcept {
    return {cells_.data(), std::min(count_, dialect_.max_columns)};
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }      ///< fields, however many
  [[nodiscard]] std::uint64_t row() const noexcept { return row_; }        ///< the row's number, from 1
  [[nodiscard]] std::uint64_t byte() const noexcept { return row_byte_; }  ///< where the row begins in the input
  [[nodiscard]] std::string_view text() const noexcept {
    return text_;
  }  ///< the row's bytes; the first of them, if bad
  [[nodiscard]] const std::string& name() const { return source_->name(); }  ///< the input's name
  [[nodiscard]] char quote() const noexcept { return quote_; }

  void keep_blank_lines() noexcept { dialect_.skip_blank_lines = false; }  ///< from now on a blank line is a row
  void count_rows_from_here() noexcept { row_ = 0; }                       ///< the next row is row 1

  /// Skips a byte order mark. @throws Error for that of UTF-16, or if the input cannot be read.
  void skip_byte_order_mark() {
    while (size_ < 3 && !ended_) refill();
    const std::string_view begin(data_.get(), std::min<std::size_t>(size_, 3));
    if (begin == "\xEF\xBB\xBF") go_to(3);
    if (begin.starts_with("\xFF\xFE") || begin.starts_with("\xFE\xFF"))
      throw Error({.source = name(), .byte = 0}, "the byte order mark of UTF-16",
                  "UTF-8, or another superset of ASCII");
  }

  /// Skips lines, whatever is in them.
  void skip_lines(std::size_t n) {
    for (; n > 0; --n) {
      while (at_ == size_ && !ended_) refill();
      if (at_ == size_) return;
      if (std::exchange(after_cr_, false) && data_[at_] == '\n') {
        go_to(at_ + 1);
        ++n;  // that was the other half of the line end before
        continue;
      }
      skip_line(at_);
    }
  }

  /// Goes back to the start of the row that next() gave.
  void unread() noexcept {
    at_ = static_cast<std::size_t>(row_byte_ - dropped_);
    for (next_ = 0; index_[next_] < at_;) ++next_;
    after_cr_ = false;
    --row_;
  }

  /// From here on all is kept, until rewind() comes back. For rows that begin `bytes` or more from here next() says
  /// sample_full; max_row_bytes more and a block is kept to tell where the last one ends.
  void hold(std::size_t bytes) noexcept { held_ = Held{at_, next_, bytes, row_, after_cr_}; }
  void rewind() noexcept {
    at_ = held_->at;
    row_ = held_->row;
    after_cr_ = held_->after_cr;
    next_ = held_->next;
    held_.reset();
  }

 private:
  struct Held {
    std::size_t at, next, bytes;
    std::uint64_t row;
    bool after_cr;
  };
  enum class Scan { complete, incomplete, in_quotes };

  CsvRowStatus read_row() {
    for (;;) {
      const Scan scan = scan_row(SIZE_MAX);
      if (scan == Scan::complete && end_ - at_ <= dialect_.max_row_bytes) {
        row_byte_ = dropped_ + at_;
        text_ = {data_.get() + at_, end_ - at_};
        next_ = end_mark_;
        end_line(end_);
        return CsvRowStatus::row;
      }
      if (size_ - at_ > dialect_.max_row_bytes) return give_up(scan_row(at_ + dialect_.max_row_bytes));
      if (ended_) return give_up(Scan::in_quotes);
      if (sample_is_full()) return CsvRowStatus::sample_full;
      refill();
    }
  }

  /// Cuts the row at `at_` into cells_, up to its end or to `limit`.
  Scan scan_row(std::size_t limit) {
    const char* const data = data_.get();
    const std::uint32_t* mark = index_.get() + next_;
    const std::uint32_t* const marks_end = index_.get() + marks_;
    const char delimiter = dialect_.delimiter;
    std::size_t begin = at_;
    std::size_t count = 0;
    for (;;) {
      if (mark == marks_end || *mark >= limit) return Scan::incomplete;
      std::size_t place = *mark++;
      char c = data[place];
      CsvCell cell{data + begin, static_cast<std::uint32_t>(place - begin), CsvCell::plain};
      if (c != delimiter && c != '\n' && c != '\r') {
        // A quote: of a quoted field if it comes first, else text.
        if (place == begin) {
          const Scan scan = skip_quoted(mark, marks_end, limit, place);
          if (scan != Scan::complete) return scan;
          cell = {data + begin + 1, static_cast<std::uint32_t>(place - begin - 1), CsvCell::quoted};
          const bool text_behind = data[place + 1] != delimiter && data[place + 1] != '\n' && data[place + 1] != '\r';
          if (text_behind || doubled_) cell.kind = CsvCell::escaped;
        }
        do {  // on to the field's end
          if (mark == marks_end || *mark >= limit) return Scan::incomplete;
          place = *mark++;
          c = data[place];
        } while (c != delimiter && c != '\n' && c != '\r');
        if (cell.kind != CsvCell::quoted) cell.size = static_cast<std::uint32_t>(data + place - cell.begin);
      }
      if (count == cells_.size() && count < dialect_.max_columns) cells_.resize(2 * count);
      if (count < cells_.size()) cells_[count] = cell;
      ++count;
      begin = place + 1;
      if (c == delimiter) continue;
      count_ = count;
      end_ = place;
      end_mark_ = static_cast<std::size_t>(mark - 1 - index_.get());
      return Scan::complete;
    }
  }

  /// From behind an opening quote to the closing one, whose place it gives; it sees the byte behind that.
  Scan skip_quoted(const std::uint32_t*& mark, const std::uint32_t* marks_end, std::size_t limit, std::size_t& place) {
    doubled_ = false;
    for (;;) {
      if (mark == marks_end || *mark >= limit) return Scan::in_quotes;
      place = *mark++;
      if (data_[place] != quote_) continue;
      if (place + 1 >= size_) return ended_ ? Scan::complete : Scan::incomplete;
      if (data_[place + 1] != quote_) return Scan::complete;
      if (mark == marks_end || *mark >= limit) return Scan::in_quotes;
      ++mark;
      doubled_ = true;
    }
  }

  /// The row at `at_` is bad: says how, keeps its first bytes, and goes behind it.
  CsvRowStatus give_up(Scan at_limit) {
    const bool open = at_limit == Scan::in_quotes;
    row_byte_ = dropped_ + at_;
    bad_text_.assign(data_.get() + at_, std::min({size_ - at_, dialect_.max_row_bytes, max_bad_text}));
    if (open) bad_text_.resize(std::min(bad_text_.size(), bad_text_.find_first_of("\r\n")));
    text_ = bad_text_;
    count_ = 0;
    if (!skip_line(open ? at_ : at_ + dialect_.max_row_bytes)) return CsvRowStatus::sample_full;
    return open ? CsvRowStatus::unterminated_quote : CsvRowStatus::too_long;
  }

  /// Goes behind the first line end from `from` on, quotes or not. False if a hold leaves no room for it.
  bool skip_line(std::size_t from) {
    for (;;) {
      for (; next_ < marks_; ++next_) {
        const std::size_t place = index_[next_];
        if (place < from || (data_[place] != '\n' && data_[place] != '\r')) continue;
        end_line(place);
        return true;
      }
      if (sample_is_full()) return false;
      at_ = size_;  // nothing before is needed any more
      refill();
      from = at_;
    }
  }

  /// Goes behind the line end at `place`, but for the LF of a CRLF, which may not be here yet.
  void end_line(std::size_t place) noexcept {
    after_cr_ = data_[place] == '\r';
    go_to(std::min(place + 1, size_));  // not behind the line end that refill() lent to the last row
  }

  void go_to(std::size_t place) noexcept {
    at_ = place;
    while (next_ < marks_ && index_[next_] < at_) ++next_;
  }

  [[nodiscard]] bool sample_is_full() const noexcept {
    return held_ && size_ - held_->at > held_->bytes + dialect_.max_row_bytes;
  }

  /// Drops what is behind us, reads one block more, and finds its structural bytes. At the end of the input a line end
  /// is put behind it, outside of its size, so that the last row needs no code of its own.
  void refill() {
    const std::size_t drop = held_ ? held_->at : at_;
    const std::size_t drop_marks = held_ ? held_->next : next_;
    if (drop > 0) {
      std::memmove(data_.get(), data_.get() + drop, size_ - drop);
      for (std::size_t i = drop_marks; i < marks_; ++i)
        index_[i - drop_marks] = index_[i] - static_cast<std::uint32_t>(drop);
      at_ -= drop;
      size_ -= drop;
      next_ -= drop_marks;
      marks_ -= drop_marks;
      dropped_ += drop;
      if (held_) held_->at = held_->next = 0;
    }
    reserve(size_ + dialect_.block_bytes);
    const std::size_t got = source_->read(data_.get() + size_, dialect_.block_bytes);
    std::memset(data_.get() + size_ + got, 0, parse_padding);
    const StructuralBytes bytes{dialect_.delimiter, quote_};
    marks_ = static_cast<std::size_t>(index_structural(data_.get(), size_, size_ + got, bytes, index_.get() + marks_) -
                                      index_.get());
    size_ += got;
    if (got > 0) return;
    ended_ = true;
    data_[size_] = '\n';
    index_[marks_++] = static_cast<std::uint32_t>(size_);
  }

  /// Room for that many bytes, and as many marks.
  void reserve(std::size_t bytes) {
    if (bytes <= capacity_) return;
    const std::size_t room = std::max(bytes, 2 * capacity_);
    auto data = std::make_unique_for_overwrite<char[]>(room + parse_padding + 1);
    auto index = std::make_unique_for_overwrite<std::uint32_t[]>(room + parse_padding + 1);
    if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
    if (marks_ > 0) std::memcpy(index.get(), index_.get(), marks_ * sizeof(std::uint32_t));
    data_ = std::move(data);
    index_ = std::move(index);
    capacity_ = room;
  }

  std::unique_ptr<ByteSource> source_;
  CsvDialect dialect_;
  char quote_;

  std::unique_ptr<char[]> data_;  // size_ bytes of input, at_ of them behind us
  std::unique_ptr<std::uint32_t[]>
      index_;  // the places of marks_ structural bytes among them, the first next_ behind us
  std::size_t capacity_ = 0, size_ = 0, at_ = 0, marks_ = 0, next_ = 0;
  std::uint64_t dropped_ = 0;  // bytes of input before the buffer
  bool ended_ = false;         // size_ is the end of the input
  bool after_cr_ = false;      // an LF at at_ belongs to the line end before
  std::optional<Held> held_;

  std::vector<CsvCell> cells_;
  std::size_t count_ = 0, end_ = 0,
              end_mark_ = 0;  // of the row that was scanned: fields, its line end, the mark of that
  bool doubled_ = false;      // a doubled quote was met in the field
  std::uint64_t row_ = 0, row_byte_ = 0;
  std::string_view text_;
  std::string bad_text_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

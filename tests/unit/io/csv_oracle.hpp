// SPDX-License-Identifier: MIT
#pragma once

// The rules of io/csv_scanner.hpp once more, a byte at a time over text that is wholly in memory: slow, short, and with
// no line in common with the reader. Used by the unit tests and by the fuzz target.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace csv_oracle {

struct Options {
  char delimiter = ',';
  std::optional<char> quote = '"';
  std::optional<char> comment{};
  bool skip_blank_lines = true;
  std::size_t max_row_bytes = std::size_t{1} << 20;
};

struct Field {
  std::string text{};
  bool quoted = false;
};

struct Row {
  enum Kind { row, too_long, unterminated } kind = row;
  std::size_t byte = 0;
  std::vector<Field> fields{};
};

class Reader {
 public:
  Reader(std::string_view input, const Options& options) : input_(input), o_(options) {
    if (input_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  void keep_blank_lines() { o_.skip_blank_lines = false; }

  std::optional<Row> next() {
    for (;;) {
      if (at_ >= input_.size()) return std::nullopt;
      if (o_.comment && input_[at_] == *o_.comment) {
        at_ = behind_line(at_);
        continue;
      }
      if (o_.skip_blank_lines && is_line_end(input_[at_])) {
        at_ = behind_line(at_);
        continue;
      }
      return read();
    }
  }

 private:
  static bool is_line_end(char c) { return c == '\n' || c == '\r'; }

  std::size_t behind_line(std::size_t i) const {
    while (i < input_.size() && !is_line_end(input_[i])) ++i;
    if (i < input_.size() && input_[i] == '\r' && i + 1 < input_.size() && input_[i + 1] == '\n') return i + 2;
    return i < input_.size() ? i + 1 : i;
  }

  Row read() {
    enum { start, plain, in_quotes, after_quote } state = start;
    Row row;
    row.byte = at_;
    row.fields.emplace_back();
    for (std::size_t i = at_;; ++i) {
      const bool over = i >= input_.size();
      const char c = over ? '\n' : input_[i];
      if (state == after_quote && c == o_.quote && !over) {
        if (i - at_ >= o_.max_row_bytes) return bad(row, true);
        row.fields.back().text += c;
        state = in_quotes;
        continue;
      }
      if (state == after_quote) state = plain;
      if (state == in_quotes) {
        if (over || i - at_ >= o_.max_row_bytes) return bad(row, true);
        if (c == o_.quote) {
          state = after_quote;
        } else {
          row.fields.back().text += c;
        }
        continue;
      }
      if (is_line_end(c)) {
        at_ = over ? i : behind_line(i);
        return row;
      }
      if (i - at_ >= o_.max_row_bytes) return bad(row, false);
      if (c == o_.delimiter) {
        row.fields.emplace_back();
        state = start;
      } else if (state == start && c == o_.quote) {
        row.fields.back().quoted = true;
        state = in_quotes;
      } else {
        row.fields.back().text += c;
        state = plain;
      }
    }
  }

  Row bad(Row row, bool open) {
    row.kind = open ? Row::unterminated : Row::too_long;
    at_ = behind_line(open ? at_ : at_ + o_.max_row_bytes);
    return row;
  }

  std::string_view input_;
  Options o_;
  std::size_t at_ = 0;
};

}  // namespace csv_oracle

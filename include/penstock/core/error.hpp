// SPDX-License-Identifier: MIT
#pragma once

// What went wrong with input from outside: where it was, what was found there, what was expected.
//
//     throw Error({.source = "trips.csv", .row = 17, .column = "fare"}, "'abc'", "a number");
//     // trips.csv, row 17, column fare: found 'abc', expected a number

#include <cstdint>    // uint64_t
#include <exception>  // exception
#include <optional>   // optional
#include <string>     // string, to_string
#include <utility>    // move

namespace penstock {
inline namespace v0 {

/// A place in the input; what is not known stays empty.
struct Where {
  std::string source{};                 ///< file, stream or topic
  std::optional<std::uint64_t> row{};   ///< record number as a person counts: the first record after the header is 1
  std::optional<std::uint64_t> byte{};  ///< offset from the start of the source, in bytes, from 0
  std::string column{};                 ///< name of the column, field or member

  friend bool operator==(const Where&, const Where&) = default;
};

/// The words for a place, such as "trips.csv, row 17, column fare, byte 512"; empty if nothing is known.
inline std::string to_string(const Where& where) {
  std::string text = where.source;
  const auto add = [&text](const std::string& part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  if (where.row) add("row " + std::to_string(*where.row));
  if (!where.column.empty()) add("column " + where.column);
  if (where.byte) add("byte " + std::to_string(*where.byte));
  return text;
}

/// An error in data that came from outside: thrown by throwing functions, carried by Result<T> in the others.
/// A wrong option is no Error but a std::invalid_argument.
class Error : public std::exception {
 public:
  /// `found` and `expected` are parts of a sentence, "'abc'" and "a number"; either may be empty.
  Error(Where where, std::string found, std::string expected)
      : where_(std::move(where)), found_(std::move(found)), expected_(std::move(expected)) {
    message_ = to_string(where_);
    if (!found_.empty()) message_ += (message_.empty() ? "found " : ": found ") + found_;
    if (!expected_.empty()) message_ += (message_.empty() ? "expected " : ", expected ") + expected_;
  }

  [[nodiscard]] const Where& where() const noexcept { return where_; }              ///< the place in the input
  [[nodiscard]] const std::string& found() const noexcept { return found_; }        ///< what stood there
  [[nodiscard]] const std::string& expected() const noexcept { return expected_; }  ///< what should have stood there
  /// The whole sentence.
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  Where where_;
  std::string found_;
  std::string expected_;
  std::string message_;
};

}  // namespace v0
}  // namespace penstock

// SPDX-License-Identifier: MIT
#pragma once

// What went wrong with input from outside: where it was, what was found there, what was expected.
//
//     throw Error({.source = "trips.csv", .row = 17, .column = "fare"}, "'abc'", "a number");
//     // trips.csv, row 17, column fare: found 'abc', expected a number

#include <cstdint>    // uint64_t
#include <exception>  // exception
#include <memory>     // make_shared, shared_ptr
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
/// A wrong option is no Error but a std::invalid_argument. Copies share the words, so that a copy cannot fail.
class Error : public std::exception {
 public:
  /// `found` and `expected` are parts of a sentence, "'abc'" and "a number"; either may be empty.
  Error(Where where, std::string found, std::string expected)
      : words_(std::make_shared<const Words>(std::move(where), std::move(found), std::move(expected))) {}
  Error(const Error&) noexcept = default;             ///< shares the words; there is no move, which would take them
  Error& operator=(const Error&) noexcept = default;  ///< as above
  ~Error() override = default;

  [[nodiscard]] const Where& where() const noexcept { return words_->where; }        ///< the place in the input
  [[nodiscard]] const std::string& found() const noexcept { return words_->found; }  ///< what stood there
  [[nodiscard]] const std::string& expected() const noexcept {
    return words_->expected;
  }  ///< what should have stood there
  /// The whole sentence.
  [[nodiscard]] const char* what() const noexcept override { return words_->message.c_str(); }

 private:
  struct Words {
    Words(Where at, std::string what_was, std::string what_should)
        : where(std::move(at)),
          found(std::move(what_was)),
          expected(std::move(what_should)),
          message(to_string(where)) {
      if (!found.empty()) message += (message.empty() ? "found " : ": found ") + found;
      if (!expected.empty()) message += (message.empty() ? "expected " : ", expected ") + expected;
    }

    Where where;
    std::string found;
    std::string expected;
    std::string message;
  };

  std::shared_ptr<const Words> words_;
};

}  // namespace v0
}  // namespace penstock

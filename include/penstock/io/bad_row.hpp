// SPDX-License-Identifier: MIT
#pragma once

// What a reader of rows, CSV or JSON lines, says of those that are not what they should be, and what can be done with
// them.
//
//     CsvReader reader("trips.csv", {.on_bad_row = OnBadRow::handler, .handler = [](const BadRow& bad) {
//       log(bad.row, to_string(bad.reason), bad.text);
//       return bad.reason == BadRowReason::too_few_fields ? OnBadRow::pad : OnBadRow::skip;
//     }});
//     ...
//     reader.rejects()[BadRowReason::wrong_type];

#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

/// Why a row is bad.
enum class BadRowReason : std::uint8_t {
  too_few_fields,
  too_many_fields,
  wrong_type,          ///< a field is no value of its column's type
  out_of_range,        ///< an integer that 64 bits, or a time that 64 bits of nanoseconds cannot hold
  unknown_category,    ///< a text that a closed category does not have, or a growing one has no room for
  missing_value,       ///< a missing value in a column that is not nullable
  too_long,            ///< more bytes than max_row_bytes
  unterminated_quote,  ///< a quote that is not closed within max_row_bytes or before the end of the input
  malformed,           ///< no JSON object
  unknown_column,      ///< a JSON member that is no column
  duplicate_column     ///< a JSON member that is there twice
};

/// The number of reasons.
inline constexpr std::size_t bad_row_reasons = 11;

/// The enumerator's name with blanks, as part of a sentence.
[[nodiscard]] constexpr std::string_view to_string(BadRowReason reason) noexcept {
  switch (reason) {
    case BadRowReason::too_few_fields: return "too few fields";
    case BadRowReason::too_many_fields: return "too many fields";
    case BadRowReason::wrong_type: return "wrong type";
    case BadRowReason::out_of_range: return "out of range";
    case BadRowReason::unknown_category: return "unknown category";
    case BadRowReason::missing_value: return "missing value";
    case BadRowReason::too_long: return "too long";
    case BadRowReason::unterminated_quote: return "unterminated quote";
    case BadRowReason::malformed: return "malformed";
    case BadRowReason::unknown_column: return "unknown column";
    case BadRowReason::duplicate_column: return "duplicate column";
  }
  return "unknown";
}

/// What happens to a bad row.
enum class OnBadRow : std::uint8_t {
  fail,    ///< next() throws Error, after it has given all rows before; the row is left out
  skip,    ///< the row is left out
  pad,     ///< the row is repaired: missing fields, and fields of the wrong type, become missing values, surplus fields
           ///< go; a row that cannot be repaired (too long, unterminated, missing where not nullable) is left out
  handler  ///< CsvOptions::handler says which of the others
};

/// A bad row, as a handler sees it. The texts are valid during the call.
struct BadRow {
  std::uint64_t row = 0;      ///< the row's number: the first after the header is 1; blank lines and comments count not
  std::uint64_t byte = 0;     ///< offset at which the row begins, from the start of the input
  std::string_view column{};  ///< the first column that is bad; empty if the row is bad as a whole
  BadRowReason reason{};      ///< what is wrong with that column or with the row
  std::string_view value{};   ///< the field as it stands there, at most 256 bytes of it
  std::string_view text{};    ///< the row as it stands there, at most 256 bytes of it
};

/// The bad rows so far, each counted once, under the first thing that was wrong with it.
struct RowRejects {
  std::array<std::uint64_t, bad_row_reasons> by_reason{};  ///< by BadRowReason, in its order
  std::uint64_t rejected = 0;                              ///< rows left out
  std::uint64_t repaired = 0;                              ///< rows padded; they are in the batches

  /// The bad rows for that reason.
  [[nodiscard]] std::uint64_t operator[](BadRowReason reason) const noexcept {
    return by_reason[static_cast<std::size_t>(reason)];
  }
  /// All bad rows: rejected + repaired, and the sum over the reasons.
  [[nodiscard]] std::uint64_t total() const noexcept { return rejected + repaired; }

  friend bool operator==(const RowRejects&, const RowRejects&) = default;
};

}  // namespace v0
}  // namespace penstock

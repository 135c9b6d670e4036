// SPDX-License-Identifier: MIT
#pragma once

// The categories of a column, each with a code that it keeps: what encoders learn.
//
//     OneHotEncoder encoder({.columns = {"city"}, .handle_unknown = UnknownCategory::other, .max_categories = 50});

#include "penstock/core/category_table.hpp"
#include "penstock/core/column.hpp"
#include "penstock/core/record_batch.hpp"

#include <array>        // array
#include <charconv>     // to_chars
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, int64_t
#include <stdexcept>    // invalid_argument
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// What an encoder makes of a category that has no code: one that was not learnt, or came when there were
/// `max_categories` already, or is not among those given.
enum class UnknownCategory {
  ignore,  ///< as if no category was there: OneHotEncoder zeros, OrdinalEncoder a missing value
  other,   ///< a bucket for all of them: OneHotEncoder the column "city_other", OrdinalEncoder `unknown_value`
  error    ///< an Error that names row, column and category
};

/// What an encoder makes of a missing value.
enum class MissingCategory {
  category,  ///< a category of its own, "nan", that is learnt as others are
  ignore,    ///< OneHotEncoder zeros, OrdinalEncoder a missing value
  error      ///< an Error that names row and column
};

/// The enumerator's own name.
[[nodiscard]] constexpr std::string_view to_string(UnknownCategory unknown) noexcept {
  switch (unknown) {
    case UnknownCategory::ignore: return "ignore";
    case UnknownCategory::other: return "other";
    case UnknownCategory::error: return "error";
  }
  return "unknown";
}
/// As above.
[[nodiscard]] constexpr std::string_view to_string(MissingCategory missing) noexcept {
  switch (missing) {
    case MissingCategory::category: return "category";
    case MissingCategory::ignore: return "ignore";
    case MissingCategory::error: return "error";
  }
  return "unknown";
}

/// The categories of a column that are known beforehand: then no others are learnt.
struct GivenCategories {
  std::string column{};                   ///< its name
  std::vector<std::string> categories{};  ///< their codes are 0, 1, ... in this order
};

namespace detail {

/// Calls take(i, text) for each value of a column that is there: texts as they are, integers in digits, booleans as
/// scikit-learn writes them.
template <class Take>
void for_each_text(const RecordBatch& x, std::size_t place, Take&& take) {
  const auto each = [&](auto view, auto to_text) {
    for (std::size_t i = 0; i < view.size(); ++i) {
      if (view.is_valid(i)) take(i, to_text(view[i]));
    }
  };
  switch (x.schema().fields[place].dtype) {
    case DataType::int64: {
      std::array<char, 24> digits;
      each(x.column<std::int64_t>(place), [&](std::int64_t value) {
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        return std::string_view(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
      });
      break;
    }
    case DataType::boolean:
      each(x.column<bool>(place), [](bool value) { return std::string_view(value ? "True" : "False"); });
      break;
    default: each(x.column<std::string_view>(place), [](std::string_view value) { return value; });
  }
}

/// The categories of one column. Codes never change; the last ones can be taken back.
class CategoryBook {
 public:
  static constexpr std::int32_t unknown = -1;
  static constexpr std::int32_t missing = -2;

  /// Learns up to `limit` categories.
  explicit CategoryBook(std::size_t limit) : limit_(limit) {}
  /// Has these, and learns no others. @throws std::invalid_argument if one stands there twice.
  explicit CategoryBook(const GivenCategories& given) : limit_(given.categories.size()) {
    for (const std::string& text : given.categories) {
      if (table_.find(text) != unknown) {
        throw std::invalid_argument("categories of column " + given.column + ": '" + text + "' stands there twice");
      }
      table_.find_or_add(text);
    }
  }

  /// The code of each value; `missing` and `unknown` where there is none. A missing value has a code of its own only if
  /// `own` says so and it was learnt.
  void find(const RecordBatch& x, std::size_t place, bool own, std::vector<std::int32_t>& codes) const {
    const std::int32_t absent = !own ? missing : missing_ >= 0 ? missing_ : unknown;
    encode(
        x, place, codes, [&](std::size_t, std::string_view text) { return code_of(table_.find(text)); },
        [&](std::size_t) { return absent; });
  }

  /// The same after each row's category has been learnt, if there is room for it; `fresh` gets the row of each new one.
  void learn(const RecordBatch& x, std::size_t place, bool own, std::vector<std::int32_t>& codes,
             std::vector<std::size_t>& fresh) {
    encode(
        x, place, codes,
        [&](std::size_t row, std::string_view text) {
          const std::size_t known = table_.size();
          const std::int32_t code = learn_text(text);
          if (table_.size() != known) fresh.push_back(row);
          return code;
        },
        [&](std::size_t row) {
          if (!own) return missing;
          const bool known = missing_ >= 0;
          const std::int32_t code = learn_missing();
          if (!known && code != unknown) fresh.push_back(row);
          return code;
        });
  }

  /// The code of a category, learnt if it is new and there is room.
  std::int32_t learn_text(std::string_view text) {
    return code_of(table_.find_or_add(text, limit_ - (missing_ >= 0 ? 1 : 0)));
  }
  /// The same for the missing value as a category.
  std::int32_t learn_missing() {
    if (missing_ < 0 && size() < limit_) missing_ = static_cast<std::int32_t>(size());
    return missing_ >= 0 ? missing_ : unknown;
  }

  [[nodiscard]] std::size_t size() const noexcept { return table_.size() + (missing_ >= 0 ? 1 : 0); }
  [[nodiscard]] bool is_missing(std::int32_t code) const noexcept { return missing_ >= 0 && code == missing_; }
  /// The category of a code, "nan" for the missing value.
  [[nodiscard]] std::string_view name(std::int32_t code) const {
    if (is_missing(code)) return "nan";
    return table_.text(static_cast<std::size_t>(missing_ >= 0 && code > missing_ ? code - 1 : code));
  }

  /// The texts that have codes, and the code of the missing value or `unknown`: what restore() takes.
  [[nodiscard]] Dictionary texts() const noexcept { return table_.texts(); }
  [[nodiscard]] std::int32_t missing_code() const noexcept { return missing_; }
  /// Takes up what another book of the same options had learnt, in place of nothing. False if it cannot be: a text
  /// twice, more than there is room for, or not those given; the book is then of no more use.
  [[nodiscard]] bool restore(const std::vector<std::string>& texts, std::int32_t missing_code) {
    if (missing_code < unknown || missing_code > static_cast<std::int64_t>(texts.size())) return false;
    if (table_.size() != 0) return texts == table_.texts() && missing_code == unknown;
    for (const std::string& text : texts) {
      const std::size_t known = table_.size();
      if (known == limit_) return false;
      table_.find_or_add(text);
      if (table_.size() == known) return false;
    }
    missing_ = missing_code;
    return size() <= limit_;
  }

  /// Forgets the categories from code `size` on.
  void shrink(std::size_t size) {
    if (missing_ >= 0 && static_cast<std::size_t>(missing_) >= size) missing_ = unknown;
    table_.shrink(size - (missing_ >= 0 ? 1 : 0));
  }

 private:
  [[nodiscard]] std::int32_t code_of(std::int32_t text) const noexcept {
    return missing_ >= 0 && text >= missing_ ? text + 1 : text;
  }

  template <class OfText, class OfMissing>
  static void encode(const RecordBatch& x, std::size_t place, std::vector<std::int32_t>& codes, OfText&& of_text,
                     OfMissing&& of_missing) {
    codes.resize(x.rows());
    if (x.schema().fields[place].dtype == DataType::category) {
      // Each text of the dictionary is looked up once, if there are not more of them than rows.
      constexpr std::int32_t not_yet = -3;
      const ColumnView<std::int32_t> column = x.column<std::int32_t>(place);
      const Dictionary& texts = column.dictionary();
      std::vector<std::int32_t> seen(texts.size() <= x.rows() ? texts.size() : 0, not_yet);
      for (std::size_t i = 0; i < x.rows(); ++i) {
        if (column[i] < 0) {
          codes[i] = of_missing(i);
          continue;
        }
        const auto at = static_cast<std::size_t>(column[i]);
        if (seen.empty()) {
          codes[i] = of_text(i, texts[at]);
        } else {
          if (seen[at] == not_yet) seen[at] = of_text(i, texts[at]);
          codes[i] = seen[at];
        }
      }
      return;
    }
    std::size_t next = 0;  // rows from here on have no code yet
    const auto pass_missing = [&](std::size_t end) {
      for (; next < end; ++next) codes[next] = of_missing(next);
    };
    for_each_text(x, place, [&](std::size_t i, std::string_view text) {
      pass_missing(i);
      codes[i] = of_text(i, text);
      next = i + 1;
    });
    pass_missing(x.rows());
  }

  CategoryTable table_;
  std::size_t limit_;
  std::int32_t missing_ =
      unknown;  // the code of the missing value, if it has one: codes of texts from there are one up
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

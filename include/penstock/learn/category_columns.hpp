// SPDX-License-Identifier: MIT
#pragma once

// The columns of a table as codes of categories: what OneHotEncoder and OrdinalEncoder have in common.

#include "penstock/core/error.hpp"
#include "penstock/core/name_index.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/learn/categories.hpp"
#include "penstock/learn/column_selection.hpp"

#include <algorithm>    // sort
#include <cstddef>      // size_t
#include <cstdint>      // int32_t, uint64_t
#include <stdexcept>    // invalid_argument, logic_error, out_of_range
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <tuple>        // tie
#include <utility>      // move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The options that both encoders have.
struct CategoryColumnsOptions {
  const char* owner;  // "OneHotEncoder", for messages
  std::vector<std::string> columns;
  std::vector<GivenCategories> categories;
  UnknownCategory handle_unknown;
  MissingCategory missing;
  std::size_t max_categories;
};

/// A book of categories for each column that the encoder takes. Copyable; const functions may be called from many
/// threads at once.
class CategoryColumns {
 public:
  /// A category of one of the columns.
  struct Place {
    std::size_t column;
    std::int32_t code;
  };
  /// How much was known, to be gone back to.
  struct Mark {
    bool fixed = false;
    std::vector<std::size_t> sizes{};
    std::size_t arrivals = 0;
    std::uint64_t unplaced = 0;
  };
  using Codes = std::vector<std::vector<std::int32_t>>;  // column by column, row by row

  explicit CategoryColumns(CategoryColumnsOptions options)
      : options_(std::move(options)), selection_(options_.columns, ColumnKind::categories) {
    const std::string owner = std::string(options_.owner) + "Options.";
    if (options_.max_categories < 1 || options_.max_categories > INT32_MAX) {
      throw std::invalid_argument(owner + "max_categories is " + std::to_string(options_.max_categories) +
                                  "; it must be in [1, 2^31 - 1]");
    }
    const NameIndex taken = index_of(options_.columns);
    NameIndex known(options_.categories.size());
    for (std::size_t i = 0; i < options_.categories.size(); ++i) {
      const GivenCategories& given = options_.categories[i];
      static_cast<void>(CategoryBook(given));
      if (!options_.columns.empty() && taken.find(given.column) == NameIndex::none) {
        throw std::invalid_argument(owner + "categories names column '" + given.column + "', which .columns does not");
      }
      if (known.find_or_add(given.column, i) != i) {
        throw std::invalid_argument(owner + "categories names column '" + given.column + "' twice");
      }
    }
  }

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return selection_.names(); }
  [[nodiscard]] const std::vector<CategoryBook>& books() const noexcept { return books_; }
  [[nodiscard]] bool fixed() const noexcept { return selection_.fixed(); }
  /// The categories that were learnt, in the order in which rows, and the columns in them, brought them.
  [[nodiscard]] const std::vector<Place>& arrivals() const noexcept { return arrivals_; }
  /// Values learnt for which there was no room, or which are not among the given ones.
  [[nodiscard]] std::uint64_t unplaced() const noexcept { return unplaced_; }

  /// The categories of a column, by code. @throws std::out_of_range if that column is not taken.
  [[nodiscard]] std::vector<std::string> categories_of(const std::string& column) const {
    for (std::size_t c = 0; c < books_.size(); ++c) {
      if (names()[c] != column) continue;
      std::vector<std::string> texts;
      for (std::size_t k = 0; k < books_[c].size(); ++k) {
        texts.emplace_back(books_[c].name(static_cast<std::int32_t>(k)));
      }
      return texts;
    }
    throw std::out_of_range(std::string(options_.owner) + ": no column '" + column + "' is encoded");
  }

  /// The code of the missing value in that column, or -1. @throws as categories_of.
  [[nodiscard]] std::int32_t missing_code_of(const std::string& column) const {
    for (std::size_t c = 0; c < books_.size(); ++c) {
      if (names()[c] == column) return books_[c].missing_code();
    }
    throw std::out_of_range(std::string(options_.owner) + ": no column '" + column + "' is encoded");
  }

  /// Settles the columns, if that was not done. @throws Error as ColumnSelection::fix, or that a column of given
  /// categories is not there.
  void fix(const Schema& schema) {
    if (fixed()) return;
    ColumnSelection selection = selection_;
    selection.fix(schema);
    const NameIndex taken = index_of(selection.names());
    for (const GivenCategories& given : options_.categories) {
      if (taken.find(given.column) != NameIndex::none) continue;
      throw Error({.column = given.column}, "no such column of texts", "one, for its given categories");
    }
    books_ = fresh_books(selection.names());
    selection_ = std::move(selection);
  }

  /// Where the columns stand. @throws std::logic_error before fix().
  [[nodiscard]] std::vector<std::size_t> places(const Schema& schema) const {
    if (!fixed()) throw std::logic_error(std::string(options_.owner) + ": nothing has been learnt yet");
    return selection_.places(schema);
  }

  /// The codes of all values, after each row was learnt. On an exception the owner rolls back.
  [[nodiscard]] Codes learn(const RecordBatch& x) {
    fix(x.schema());
    const std::vector<std::size_t> at = places(x.schema());
    Codes codes(at.size());
    struct Arrival {
      std::size_t row;
      Place place;
    };
    std::vector<Arrival> arrived;
    for (std::size_t c = 0; c < at.size(); ++c) {
      std::vector<std::size_t> fresh;
      auto next = static_cast<std::int32_t>(books_[c].size());
      books_[c].learn(x, at[c], options_.missing == MissingCategory::category, codes[c], fresh);
      for (const std::size_t row : fresh) arrived.push_back({row, {c, next++}});
    }
    std::sort(arrived.begin(), arrived.end(), [](const Arrival& a, const Arrival& b) {
      return std::tie(a.row, a.place.column) < std::tie(b.row, b.place.column);
    });
    for (const Arrival& arrival : arrived) arrivals_.push_back(arrival.place);
    check(x, at, codes);
    for (const auto& column : codes) {
      for (const std::int32_t code : column) unplaced_ += code == CategoryBook::unknown ? 1 : 0;
    }
    return codes;
  }

  /// The codes of all values.
  [[nodiscard]] Codes find(const RecordBatch& x) const {
    const std::vector<std::size_t> at = places(x.schema());
    Codes codes(at.size());
    for (std::size_t c = 0; c < at.size(); ++c) {
      books_[c].find(x, at[c], options_.missing == MissingCategory::category, codes[c]);
    }
    check(x, at, codes);
    return codes;
  }

  /// Learns what the other knows, as if its rows came now. On an exception the owner rolls back.
  /// @throws std::invalid_argument if the columns are others.
  void merge(const CategoryColumns& other) {
    if (!other.fixed()) return;
    if (!selection_.accepts(other.selection_)) {
      throw std::invalid_argument(std::string(options_.owner) + ": merge with one of other columns");
    }
    if (!fixed()) {
      selection_.fix(other.names());
      books_ = fresh_books(names());
    }
    for (const Place& theirs : other.arrivals_) {
      CategoryBook& book = books_[theirs.column];
      const CategoryBook& source = other.books_[theirs.column];
      const std::size_t known = book.size();
      const std::int32_t code =
          source.is_missing(theirs.code) ? book.learn_missing() : book.learn_text(source.name(theirs.code));
      if (book.size() != known) arrivals_.push_back({theirs.column, code});
    }
    unplaced_ += other.unplaced_;
  }

  /// What is known now.
  [[nodiscard]] Mark mark() const {
    Mark mark{.fixed = fixed(), .arrivals = arrivals_.size(), .unplaced = unplaced_};
    for (const CategoryBook& book : books_) mark.sizes.push_back(book.size());
    return mark;
  }
  /// Forgets what was learnt since.
  void rollback(const Mark& mark) {
    if (mark.fixed) {
      for (std::size_t c = 0; c < books_.size(); ++c) books_[c].shrink(mark.sizes[c]);
    } else {
      books_.clear();
      selection_ = ColumnSelection(options_.columns, ColumnKind::categories);
    }
    arrivals_.resize(mark.arrivals);
    unplaced_ = mark.unplaced;
  }

  /// Shows the options, columns and categories to a visitor of states.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.object("options", [&](auto& o) {
      const CategoryColumnsOptions& options = self.options_;
      std::vector<std::vector<std::string>> given;  // the column, and behind it its categories
      for (const GivenCategories& one : options.categories) {
        given.push_back({one.column});
        given.back().insert(given.back().end(), one.categories.begin(), one.categories.end());
      }
      o.option("columns", options.columns);
      o.option("categories", given);
      o.option("handle_unknown", options.handle_unknown);
      o.option("missing", options.missing);
      o.option("max_categories", options.max_categories);
    });
    ColumnSelection::visit_state(self.selection_, v);
    std::vector<std::vector<std::string>> texts;
    std::vector<std::int32_t> missing;
    std::vector<std::size_t> columns;
    std::vector<std::int32_t> codes;
    if constexpr (!Visitor::loading) {
      for (const CategoryBook& book : self.books_) {
        const Dictionary known = book.texts();
        texts.emplace_back(known.begin(), known.end());
        missing.push_back(book.missing_code());
      }
      for (const Place& place : self.arrivals_) {
        columns.push_back(place.column);
        codes.push_back(place.code);
      }
    }
    v("categories", texts);         // column by column, in the order in which they came
    v("missing_codes", missing);    // of the missing value in each column, -1 if it has none
    v("arrival_columns", columns);  // the order in which categories came, over all columns
    v("arrival_codes", codes);
    v("unplaced", self.unplaced_);
    if constexpr (Visitor::loading) self.restore(texts, missing, columns, codes, v);
  }

 private:
  /// Makes the books anew of what was loaded.
  template <class Visitor>
  void restore(const std::vector<std::vector<std::string>>& texts, const std::vector<std::int32_t>& missing,
               const std::vector<std::size_t>& columns, const std::vector<std::int32_t>& codes, const Visitor& v) {
    arrivals_.clear();
    const std::size_t count = fixed() ? names().size() : 0;
    books_ = fresh_books(fixed() ? names() : std::vector<std::string>());
    v.require(texts.size() == count, "categories", "those of each column");
    v.require(missing.size() == count, "missing_codes", "one for each column");
    v.require(columns.size() == codes.size(), "arrival_codes", "as many as arrival_columns");
    std::vector<std::size_t> next(count);  // code of each column
    for (std::size_t c = 0; c < count; ++c) {
      next[c] = books_[c].size();
      v.require(books_[c].restore(texts[c], missing[c]), "categories",
                "each once, at most max_categories, and those that the options give");
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      v.require(columns[i] < count, "arrival_columns", "columns that there are");
      v.require(codes[i] >= 0 && static_cast<std::size_t>(codes[i]) == next[columns[i]]++, "arrival_codes",
                "the codes of each column in their order");
      arrivals_.push_back({columns[i], codes[i]});
    }
    for (std::size_t c = 0; c < count; ++c) {
      v.require(next[c] == books_[c].size(), "arrival_codes", "each category that was learnt");
    }
  }

  static NameIndex index_of(const std::vector<std::string>& names) {
    NameIndex index(names.size());
    for (std::size_t k = 0; k < names.size(); ++k) index.find_or_add(names[k], k);
    return index;
  }
  /// A book for each of these columns, with the categories that the options give.
  [[nodiscard]] std::vector<CategoryBook> fresh_books(const std::vector<std::string>& columns) const {
    NameIndex given(options_.categories.size());
    for (std::size_t i = 0; i < options_.categories.size(); ++i) given.find_or_add(options_.categories[i].column, i);
    std::vector<CategoryBook> books;
    books.reserve(columns.size());
    for (const std::string& column : columns) {
      const std::size_t at = given.find(column);
      books.push_back(at == NameIndex::none ? CategoryBook(options_.max_categories)
                                            : CategoryBook(options_.categories[at]));
    }
    return books;
  }

  /// Refuses what the options call an error.
  void check(const RecordBatch& x, const std::vector<std::size_t>& at, const Codes& codes) const {
    for (std::size_t c = 0; c < at.size(); ++c) {
      for (std::size_t i = 0; i < codes[c].size(); ++i) {
        const std::int32_t code = codes[c][i];
        if (code == CategoryBook::missing && options_.missing == MissingCategory::error) {
          throw Error({.row = i + 1, .column = names()[c]}, "no value", "a category");
        }
        if (code == CategoryBook::unknown && options_.handle_unknown == UnknownCategory::error) refuse(x, at[c], c, i);
      }
    }
  }

  [[noreturn]] void refuse(const RecordBatch& x, std::size_t place, std::size_t c, std::size_t row) const {
    std::string found = "no value";
    for_each_text(x.slice(row, 1), place, [&](std::size_t, std::string_view text) {
      found = "'" + std::string(text.substr(0, 40)) + (text.size() > 40 ? "...'" : "'");
    });
    constexpr std::size_t shown = 10;
    std::string known;
    for (std::size_t k = 0; k < books_[c].size() && k < shown; ++k) {
      known += (k == 0 ? "" : ", ") + std::string(books_[c].name(static_cast<std::int32_t>(k)).substr(0, 40));
    }
    if (books_[c].size() > shown) known += " and " + std::to_string(books_[c].size() - shown) + " more";
    throw Error({.row = row + 1, .column = names()[c]}, found,
                known.empty() ? "a category that is known, and there is none" : "one of: " + known);
  }

  CategoryColumnsOptions options_;
  ColumnSelection selection_;
  std::vector<CategoryBook> books_{};
  std::vector<Place> arrivals_{};
  std::uint64_t unplaced_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

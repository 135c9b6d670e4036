// SPDX-License-Identifier: MIT
#pragma once

// Categories as columns of 0 and 1 that keep their places when new categories come.
//
//     OneHotEncoder encoder({.columns = {"city"}, .max_categories = 50});
//     RecordBatch numbers = encoder.partial_fit_transform(batch);   // without "city", at its end "city_Paris", ...
//     encoder.get_feature_names_out();                              // {"city_Paris", "city_Lyon"}

#include "penstock/core/column.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/core/schema.hpp"
#include "penstock/learn/categories.hpp"
#include "penstock/learn/category_columns.hpp"
#include "penstock/learn/new_columns.hpp"

#include <cstddef>        // size_t
#include <cstdint>        // int32_t, uint64_t
#include <string>         // string, to_string
#include <string_view>    // string_view
#include <unordered_set>  // unordered_set
#include <utility>        // move
#include <vector>         // vector

namespace penstock {
inline namespace v0 {

/// Whether a category of each column goes without a column of its own, so that columns do not sum to one.
enum class DropCategory {
  none,  ///< none does
  first  ///< the one that came first, or is the first of those given; it reads as zeros
};

/// The enumerator's own name.
[[nodiscard]] constexpr std::string_view to_string(DropCategory drop) noexcept {
  return drop == DropCategory::first ? "first" : "none";
}

/// How a OneHotEncoder is to work.
struct OneHotEncoderOptions {
  std::vector<std::string> columns{};         ///< names; empty: all of texts. int64 and boolean only if named
  std::vector<GivenCategories> categories{};  ///< known beforehand, of some columns or all
  UnknownCategory handle_unknown = UnknownCategory::ignore;  ///< of what has no column
  MissingCategory missing = MissingCategory::category;       ///< of a missing value
  DropCategory drop = DropCategory::none;                    ///< what goes without a column
  std::size_t max_categories = 1000;  ///< of a source column, the missing value and the first included, "other" not
};

/// Each category of a column as a column of its own, 1 where the row is of it and 0 elsewhere: scikit-learn's
/// OneHotEncoder, with categories in the order in which they came.
///
/// Places: the encoded columns leave the table, the others keep their order, and the new ones stand behind them: given
/// categories and the buckets for others by source column, then each category in the order in which rows, and the
/// columns in a row, brought it. So a new category's column is the last one, and no column ever moves. Names are
/// scikit-learn's, "city_Paris"; where two would be the same, the later one gets "_2" at its end, or the next number
/// that is free.
///
/// Row i of partial_fit_transform has its column even if it brought the category; rows before it have 0 there.
/// O(rows * columns that come out). Learns all of a call's rows or, if it throws, none. There is no decay: a category
/// that is forgotten would leave its place to another. Not thread-safe while it learns; const functions may be called
/// from many threads at once.
class OneHotEncoder {
 public:
  OneHotEncoder() : OneHotEncoder(OneHotEncoderOptions{}) {}
  /// @throws std::invalid_argument that names the option which cannot work.
  explicit OneHotEncoder(OneHotEncoderOptions options)
      : options_(std::move(options)),
        learnt_({.owner = "OneHotEncoder",
                 .columns = options_.columns,
                 .categories = options_.categories,
                 .handle_unknown = options_.handle_unknown,
                 .missing = options_.missing,
                 .max_categories = options_.max_categories}) {}

  /// Gives new categories columns behind those that there are.
  /// @throws Error that names row and column where the options ask for it, or a column that is not there or no texts.
  OneHotEncoder& partial_fit(const RecordBatch& x) {
    all_or_nothing([&] { static_cast<void>(learn(x)); });
    return *this;
  }
  /// Learns and encodes. @throws as partial_fit.
  [[nodiscard]] RecordBatch partial_fit_transform(const RecordBatch& x) {
    RecordBatch encoded;
    all_or_nothing([&] { encoded = encode(x, learn(x)); });
    return encoded;
  }
  /// Encodes, and learns nothing. @throws as partial_fit, Error if the table has a column of the name of one of the new
  /// ones, std::logic_error before the first call that learns.
  [[nodiscard]] RecordBatch transform(const RecordBatch& x) const { return encode(x, learnt_.find(x)); }

  /// Learns the categories of `other` as if its rows came now; the columns here keep their places.
  /// @throws std::invalid_argument if the source columns are others.
  OneHotEncoder& merge(const OneHotEncoder& other) {
    if (!other.learnt_.fixed()) return *this;
    all_or_nothing([&] {
      const bool first = !learnt_.fixed();
      learnt_.merge(other.learnt_);
      if (first) reserve_places(other.passed_on_);
      give_places();
    });
    return *this;
  }

  /// The columns that it makes, in their places.
  [[nodiscard]] std::vector<std::string> get_feature_names_out() const { return names_; }
  /// The categories of that source column in the order in which they came, the given ones first; the missing value,
  /// where it is a category, is "nan". @throws std::out_of_range if that column is not encoded.
  [[nodiscard]] std::vector<std::string> categories(const std::string& column) const {
    return learnt_.categories_of(column);
  }
  /// The place of the missing value in categories(column), or -1 if it has none. @throws as categories.
  [[nodiscard]] std::int32_t missing_category(const std::string& column) const {
    return learnt_.missing_code_of(column);
  }
  /// The place among get_feature_names_out() of each of categories(column), or -1 for one that goes without a column;
  /// at the end that of the bucket for others, or -1. @throws as categories.
  [[nodiscard]] std::vector<std::int32_t> places(const std::string& column) const {
    static_cast<void>(learnt_.missing_code_of(column));  // whether there is such a column
    std::size_t c = 0;
    while (learnt_.names()[c] != column) ++c;
    std::vector<std::int32_t> places = places_[c];
    places.push_back(others_[c]);
    return places;
  }
  /// Values learnt so far that have no column of their own: past max_categories or not among the given ones. After
  /// merge, those that had none where they were learnt.
  [[nodiscard]] std::uint64_t unplaced() const noexcept { return learnt_.unplaced(); }
  [[nodiscard]] const OneHotEncoderOptions& options() const noexcept { return options_; }  ///< as they were given

  void keep() { kept_ = mark(); }      ///< remembers what is known, for restore(); O(source columns)
  void restore() { rollback(kept_); }  ///< forgets all that was learnt since keep(); O(what that is)

  /// The place among get_feature_names_out() of each value's 1, or -1: by source column, then by row. What sparse
  /// forms are made of; throws as transform.
  [[nodiscard]] std::vector<std::vector<std::int32_t>> ones(const RecordBatch& x) const {
    return to_places(learnt_.find(x));
  }
  /// The same after partial_fit(x), with one look-up for both; throws as that.
  [[nodiscard]] std::vector<std::vector<std::int32_t>> partial_fit_ones(const RecordBatch& x) {
    std::vector<std::vector<std::int32_t>> places;
    all_or_nothing([&] { places = to_places(learn(x)); });
    return places;
  }
  /// x without the columns that are encoded. Throws as transform.
  [[nodiscard]] RecordBatch passed_on(const RecordBatch& x) const {
    return detail::without_columns(x, learnt_.places(x.schema()));
  }
  [[nodiscard]] std::size_t n_features_out() const noexcept { return names_.size(); }  ///< columns that it makes
  /// The columns that are encoded. Empty before the first call that learns, unless the options name them.
  [[nodiscard]] const std::vector<std::string>& source_columns() const noexcept { return learnt_.names(); }

  static constexpr std::string_view state_kind = "OneHotEncoder";  ///< in saved states, see core/state.hpp
  /// Shows the whole state to a visitor.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    v.option("drop", self.options_.drop);
    detail::CategoryColumns::visit_state(self.learnt_, v);
    auto passed_on = self.passed_on_;
    v("passed_on", passed_on);
    if constexpr (Visitor::loading) {  // places follow from the order in which categories came
      self.places_.clear();
      self.others_.clear();
      self.names_.clear();
      self.passed_on_.clear();
      self.taken_.clear();
      self.placed_ = 0;
      if (self.learnt_.fixed()) {
        self.reserve_places(passed_on);
        self.give_places();
      }
      self.keep();
    }
  }

 private:
  using Codes = detail::CategoryColumns::Codes;
  struct Mark {
    detail::CategoryColumns::Mark learnt{};
    std::size_t names = 0;
    std::vector<std::size_t> places{};
  };

  template <class Learn>
  void all_or_nothing(Learn&& learn) {
    const Mark before = mark();
    try {
      learn();
    } catch (...) {
      rollback(before);
      throw;
    }
  }

  [[nodiscard]] Mark mark() const {
    Mark mark{learnt_.mark(), names_.size(), {}};
    for (const auto& places : places_) mark.places.push_back(places.size());
    return mark;
  }
  void rollback(const Mark& mark) {
    learnt_.rollback(mark.learnt);
    while (names_.size() > mark.names) {
      taken_.erase(names_.back());
      names_.pop_back();
    }
    places_.resize(mark.places.size());
    for (std::size_t c = 0; c < places_.size(); ++c) places_[c].resize(mark.places[c]);
    placed_ = mark.learnt.arrivals;
    if (mark.learnt.fixed) return;
    others_.clear();
    passed_on_.clear();
    taken_.clear();
  }

  [[nodiscard]] Codes learn(const RecordBatch& x) {
    const bool first = !learnt_.fixed();
    Codes codes = learnt_.learn(x);
    if (first) {
      std::vector<std::string> names;
      const RecordBatch others = passed_on(x);
      for (const Field& field : others.schema().fields) names.push_back(field.name);
      reserve_places(names);
    }
    give_places();
    return codes;
  }

  /// The columns that are there from the start. `passed_on` are names that no column gets.
  void reserve_places(const std::vector<std::string>& passed_on) {
    passed_on_ = passed_on;
    taken_.insert(passed_on.begin(), passed_on.end());
    const std::vector<std::string>& sources = learnt_.names();
    places_.assign(sources.size(), {});
    others_.assign(sources.size(), -1);
    std::vector<std::size_t> given;  // how many of each were not learnt
    for (const detail::CategoryBook& book : learnt_.books()) given.push_back(book.size());
    for (const detail::CategoryColumns::Place& arrival : learnt_.arrivals()) --given[arrival.column];
    for (std::size_t c = 0; c < sources.size(); ++c) {
      for (std::size_t k = 0; k < given[c]; ++k) give_place({c, static_cast<std::int32_t>(k)});
      if (options_.handle_unknown == UnknownCategory::other) others_[c] = add_name(sources[c] + "_other");
    }
  }
  void give_places() {
    const auto& arrivals = learnt_.arrivals();
    for (; placed_ < arrivals.size(); ++placed_) give_place(arrivals[placed_]);
  }
  void give_place(const detail::CategoryColumns::Place& category) {
    const bool dropped = options_.drop == DropCategory::first && category.code == 0;
    places_[category.column].push_back(
        dropped ? -1
                : add_name(learnt_.names()[category.column] + "_" +
                           std::string(learnt_.books()[category.column].name(category.code))));
  }
  std::int32_t add_name(std::string name) {
    if (!taken_.insert(name).second) {
      std::size_t number = 2;
      while (!taken_.insert(name + "_" + std::to_string(number)).second) ++number;
      name += "_" + std::to_string(number);
    }
    names_.push_back(std::move(name));
    return static_cast<std::int32_t>(names_.size() - 1);
  }

  /// In place of each code the column that has the 1.
  [[nodiscard]] Codes to_places(Codes codes) const {
    for (std::size_t c = 0; c < codes.size(); ++c) {
      for (std::int32_t& code : codes[c]) {
        if (code >= 0) {
          code = places_[c][static_cast<std::size_t>(code)];
        } else {
          code = code == detail::CategoryBook::unknown ? others_[c] : -1;
        }
      }
    }
    return codes;
  }

  [[nodiscard]] RecordBatch encode(const RecordBatch& x, Codes codes) const {
    codes = to_places(std::move(codes));
    std::vector<std::vector<double>> values(names_.size(), std::vector<double>(x.rows()));
    for (const auto& source : codes) {
      for (std::size_t i = 0; i < x.rows(); ++i) {
        if (source[i] >= 0) values[static_cast<std::size_t>(source[i])][i] = 1;
      }
    }
    std::vector<Field> fields;
    std::vector<Column> columns;
    for (std::size_t k = 0; k < names_.size(); ++k) {
      fields.push_back({names_[k], DataType::float64, false});
      columns.emplace_back(std::move(values[k]));
    }
    return detail::with_new_columns(passed_on(x), std::move(fields), std::move(columns));
  }

  OneHotEncoderOptions options_;
  detail::CategoryColumns learnt_;
  std::vector<std::vector<std::int32_t>> places_{};  // of each code of each source column, -1 if it was dropped
  std::vector<std::int32_t> others_{};               // the place of each source column's bucket, or -1
  std::size_t placed_ = 0;                           // arrivals that have their places
  std::vector<std::string> names_{};
  std::vector<std::string> passed_on_{};
  std::unordered_set<std::string> taken_{};
  Mark kept_{};
};

}  // namespace v0
}  // namespace penstock

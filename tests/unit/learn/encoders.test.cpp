// SPDX-License-Identifier: MIT
// Categories as columns and as codes: scikit-learn's numbers, places that stay, the same bits however rows are cut.
#include "penstock/learn/one_hot_encoder.hpp"
#include "penstock/learn/ordinal_encoder.hpp"
#include "penstock/learn/sgd.hpp"
#include "penstock/learn/sparse.hpp"
#include "penstock/learn/transform_sparse.hpp"
#include "penstock/learn/transformer.hpp"

#include "catch.hpp"
#include "feature_support.hpp"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace feature_support;
using Texts = std::vector<std::optional<std::string>>;

static_assert(transformer<OneHotEncoder> && restorable<OneHotEncoder>);
static_assert(transformer<OrdinalEncoder> && restorable<OrdinalEncoder>);

struct Golden {
  Texts city, level;
  std::map<std::string, std::map<std::string, std::vector<double>>> cases;

  [[nodiscard]] RecordBatch table(DataType dtype = DataType::category) const {
    std::vector<std::optional<double>> minutes;
    for (std::size_t i = 0; i < city.size(); ++i) minutes.push_back(static_cast<double>(i) / 4);
    return TableMaker().texts("city", city, dtype).numbers("minutes", minutes).texts("level", level, dtype);
  }
};

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
  return fields;
}

Golden read_golden() {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/encoders.txt");
  Golden golden;
  std::string line;
  std::getline(in, line);
  const std::size_t rows = std::stoul(line);
  for (std::size_t i = 0; i < rows && std::getline(in, line); ++i) {
    const auto fields = fields_of(line);
    golden.city.push_back(fields[0] == "NA" ? std::nullopt : std::optional(fields[0]));
    golden.level.push_back(fields[1] == "NA" ? std::nullopt : std::optional(fields[1]));
  }
  while (std::getline(in, line)) {
    auto& columns = golden.cases[line];
    std::getline(in, line);
    const auto names = fields_of(line);
    for (std::size_t i = 0; i < rows; ++i) {
      for (const auto& name : names) {
        std::string word;
        in >> word;
        columns[name].push_back(std::strtod(word.c_str(), nullptr));
      }
    }
    std::getline(in, line);
  }
  return golden;
}

void check_golden(const RecordBatch& encoded, const std::map<std::string, std::vector<double>>& expected) {
  REQUIRE(!expected.empty());
  for (const auto& [name, values] : expected) {
    INFO(name);
    const auto ours = feature_support::column_of(encoded, name);
    REQUIRE(ours.size() == values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      INFO("row " << i);
      CHECK((ours[i] == values[i] || (std::isnan(ours[i]) && std::isnan(values[i]))));
    }
  }
}

const std::vector<GivenCategories> few{{"city", {"Lyon", "Nice"}}, {"level", {"low"}}};

RecordBatch cities(const Texts& values) { return TableMaker().texts("city", values); }

}  // namespace

TEST_CASE("encoders give scikit-learn's names and numbers") {
  const Golden golden = read_golden();
  REQUIRE(golden.cases.size() == 5);
  for (const DataType dtype : {DataType::category, DataType::string}) {
    const RecordBatch x = golden.table(dtype);
    for (const bool drop : {false, true}) {
      OneHotEncoder encoder({.drop = drop ? DropCategory::first : DropCategory::none});
      const auto& expected = golden.cases.at(drop ? "one_hot drop=first" : "one_hot drop=none");
      const RecordBatch learnt = encoder.partial_fit_transform(x);
      check_golden(learnt, expected);
      check_golden(encoder.transform(x), expected);
      CHECK(encoder.get_feature_names_out().size() == expected.size());
      CHECK(learnt.schema().fields.size() == expected.size() + 1);
    }
    OneHotEncoder given({.categories = few});
    check_golden(given.partial_fit_transform(x), golden.cases.at("one_hot given"));
    OrdinalEncoder ordinal;
    check_golden(ordinal.partial_fit_transform(x), golden.cases.at("ordinal"));
    OrdinalEncoder ordinal_given({.categories = few, .missing = MissingCategory::category});
    check_golden(ordinal_given.partial_fit_transform(x), golden.cases.at("ordinal given"));
  }
}

TEST_CASE("encoders do not depend on how rows are cut into calls") {
  const Golden golden = read_golden();
  for (const DataType dtype : {DataType::category, DataType::string}) {
    const RecordBatch x = golden.table(dtype);
    for (const auto unknown : {UnknownCategory::ignore, UnknownCategory::other}) {
      for (const auto missing : {MissingCategory::category, MissingCategory::ignore}) {
        for (const std::size_t most : {1U, 2U, 3U, 1000U}) {
          check_chunks(OneHotEncoder({.handle_unknown = unknown, .missing = missing, .max_categories = most}), x);
          check_chunks(OrdinalEncoder({.handle_unknown = unknown, .missing = missing, .max_categories = most}), x);
        }
      }
    }
    check_chunks(OneHotEncoder({.drop = DropCategory::first}), x);
    check_chunks(OneHotEncoder({.categories = few, .handle_unknown = UnknownCategory::other}), x);
  }
}

TEST_CASE("one-hot columns come by row, then by column, and keep their places") {
  const RecordBatch first =
      TableMaker().texts("city", {"Lyon", "Nice"}).numbers("minutes", {1, 2}).texts("level", {"low", "high"});
  OneHotEncoder encoder;
  CHECK(names_of(encoder.partial_fit_transform(first)) ==
        Names{"minutes", "city_Lyon", "level_low", "city_Nice", "level_high"});
  const RecordBatch later =
      TableMaker().texts("level", {"low", "mid"}).texts("city", {"Orly", "Lyon"}).numbers("minutes", {3, 4});
  const RecordBatch encoded = encoder.partial_fit_transform(later);
  CHECK(names_of(encoded) ==
        Names{"minutes", "city_Lyon", "level_low", "city_Nice", "level_high", "city_Orly", "level_mid"});
  CHECK(feature_support::column_of(encoded, "city_Orly") == std::vector<double>{1, 0});
  CHECK(feature_support::column_of(encoded, "city_Lyon") == std::vector<double>{0, 1});
  CHECK(feature_support::column_of(encoded, "minutes") == std::vector<double>{3, 4});
  CHECK(encoder.categories("city") == Names{"Lyon", "Nice", "Orly"});
  CHECK_THROWS_AS(encoder.categories("minutes"), std::out_of_range);
}

TEST_CASE("what was not learnt is zeros, a bucket or an error") {
  OneHotEncoder ignore;
  ignore.partial_fit(cities({"Lyon"}));
  CHECK(feature_support::column_of(ignore.transform(cities({"Lyon", "Rome"})), "city_Lyon") ==
        std::vector<double>{1, 0});
  OneHotEncoder other({.handle_unknown = UnknownCategory::other});
  other.partial_fit(cities({"Lyon"}));
  CHECK(other.get_feature_names_out() == Names{"city_other", "city_Lyon"});
  CHECK(feature_support::column_of(other.transform(cities({"Lyon", "Rome"})), "city_other") ==
        std::vector<double>{0, 1});
  OneHotEncoder strict({.handle_unknown = UnknownCategory::error});
  strict.partial_fit(cities({"Lyon", "Nice"}));
  CHECK_THROWS_WITH(strict.transform(cities({"Lyon", "Rome"})),
                    "row 2, column city: found 'Rome', expected one of: Lyon, Nice");
  CHECK_THROWS_WITH(strict.transform(cities({std::nullopt})), StartsWith("row 1, column city: found no value"));
  OrdinalEncoder ordinal({.handle_unknown = UnknownCategory::ignore});
  ordinal.partial_fit(cities({"Lyon"}));
  const RecordBatch codes = ordinal.transform(cities({"Lyon", "Rome"}));
  CHECK(codes.is_valid(0, 0));
  CHECK_FALSE(codes.is_valid(0, 1));
}

TEST_CASE("memory is bounded: what comes when all places are taken is counted") {
  Texts many;
  for (int i = 0; i < 500; ++i) many.push_back("c" + std::to_string(i % 250));
  OneHotEncoder encoder({.handle_unknown = UnknownCategory::other, .max_categories = 10});
  const RecordBatch encoded = encoder.partial_fit_transform(cities(many));
  CHECK(encoder.get_feature_names_out().size() == 11);
  CHECK(encoder.unplaced() == 480);
  double in_bucket = 0;
  for (const double value : feature_support::column_of(encoded, "city_other")) in_bucket += value;
  CHECK(in_bucket == 480);

  OrdinalEncoder strict({.handle_unknown = UnknownCategory::error, .max_categories = 2});
  strict.partial_fit(cities({"a", "b"}));
  CHECK_THROWS_WITH(strict.partial_fit(cities({"a", "b", "c"})),
                    "row 3, column city: found 'c', expected one of: a, b");
}

TEST_CASE("a call that throws has taught an encoder nothing") {
  const Texts bad{"Nice", std::nullopt, "Orly"};
  OneHotEncoder encoder({.missing = MissingCategory::error});
  CHECK_THROWS_WITH(encoder.partial_fit(cities(bad)), "row 2, column city: found no value, expected a category");
  CHECK(encoder.get_feature_names_out().empty());
  CHECK_THROWS_AS(encoder.transform(cities({"Lyon"})), std::logic_error);
  encoder.partial_fit(cities({"Lyon"}));
  CHECK_THROWS_AS(encoder.partial_fit_transform(cities(bad)), Error);
  CHECK(encoder.get_feature_names_out() == Names{"city_Lyon"});
  CHECK(encoder.categories("city") == Names{"Lyon"});
  encoder.partial_fit(cities({"Orly", "Nice"}));
  CHECK(encoder.get_feature_names_out() == Names{"city_Lyon", "city_Orly", "city_Nice"});

  OrdinalEncoder ordinal({.missing = MissingCategory::error});
  ordinal.partial_fit(cities({"Lyon"}));
  CHECK_THROWS_AS(ordinal.partial_fit(cities(bad)), Error);
  CHECK(ordinal.categories("city") == Names{"Lyon"});
}

TEST_CASE("keep and restore take back what was learnt between them, as often as asked") {
  const RecordBatch x = read_golden().table();
  OneHotEncoder encoder;
  encoder.keep();
  encoder.partial_fit(x);
  encoder.restore();
  CHECK(encoder.get_feature_names_out().empty());
  encoder.partial_fit(x.slice(0, 6));  // with a missing value
  const auto names = encoder.get_feature_names_out();
  const auto bits = bits_of(encoder.transform(x));
  encoder.keep();
  for (int round = 0; round < 2; ++round) {
    encoder.partial_fit(x);
    CHECK(encoder.get_feature_names_out().size() > names.size());
    encoder.restore();
    CHECK(encoder.get_feature_names_out() == names);
    CHECK(bits_of(encoder.transform(x)) == bits);
  }
  OrdinalEncoder ordinal({.missing = MissingCategory::category});
  ordinal.partial_fit(x.slice(0, 3));
  const auto codes = bits_of(ordinal.transform(x));
  ordinal.keep();
  ordinal.partial_fit(x);
  CHECK(bits_of(ordinal.transform(x)) != codes);
  ordinal.restore();
  CHECK(bits_of(ordinal.transform(x)) == codes);
}

TEST_CASE("merged encoders are those that saw all rows") {
  const RecordBatch x = read_golden().table();
  for (std::size_t cut = 0; cut <= x.rows(); ++cut) {
    for (const std::size_t most : {2U, 4U, 1000U}) {
      const RecordBatch front = x.slice(0, cut), back = x.slice(cut, x.rows() - cut);
      OneHotEncoder whole({.max_categories = most}), a({.max_categories = most}), b({.max_categories = most});
      whole.partial_fit(x);
      if (cut > 0) a.partial_fit(front);
      if (cut < x.rows()) b.partial_fit(back);
      a.merge(b);
      CHECK(a.get_feature_names_out() == whole.get_feature_names_out());
      CHECK(bits_of(a.transform(x)) == bits_of(whole.transform(x)));
      OrdinalEncoder all({.missing = MissingCategory::category, .max_categories = most}), c(all.options()),
          d(all.options());
      all.partial_fit(x);
      if (cut > 0) c.partial_fit(front);
      if (cut < x.rows()) d.partial_fit(back);
      c.merge(d);
      CHECK(bits_of(c.transform(x)) == bits_of(all.transform(x)));
    }
  }
  OneHotEncoder one, other;
  one.partial_fit(cities({"Lyon"}));
  other.partial_fit(TableMaker().texts("town", {"Lyon"}));
  CHECK_THROWS_AS(one.merge(other), std::invalid_argument);
  OneHotEncoder of_city({.columns = {"city"}});
  CHECK_THROWS_WITH(of_city.merge(other), "OneHotEncoder: merge with one of other columns");
  OrdinalEncoder codes, of_town({.columns = {"town"}}), towns;
  codes.partial_fit(cities({"Lyon"}));
  CHECK_THROWS_WITH(of_town.merge(codes), "OrdinalEncoder: merge with one of other columns");
  CHECK(towns.merge(codes).categories("city") == std::vector<std::string>{"Lyon"});
}

TEST_CASE("names that would be the same get numbers, columns of the table keep theirs") {
  const RecordBatch x = TableMaker().texts("a", {"b_c", "d"}).texts("a_b", {"c", "c"}).numbers("a_d", {7, 8});
  OneHotEncoder encoder;
  const RecordBatch encoded = encoder.partial_fit_transform(x);
  CHECK(names_of(encoded) == Names{"a_d", "a_b_c", "a_b_c_2", "a_d_2"});
  CHECK(feature_support::column_of(encoded, "a_b_c_2") == std::vector<double>{1, 1});
  const RecordBatch clash = TableMaker().texts("a", {"b_c"}).texts("a_b", {"c"}).numbers("a_b_c", {1});
  CHECK_THROWS_WITH(encoder.transform(clash), StartsWith("column a_b_c: found a column of this name"));
}

TEST_CASE("integers and booleans are categories where they are named") {
  const RecordBatch x = TableMaker().integers("year", {2020, -1, 2020}).booleans("member", {true, false, std::nullopt});
  OneHotEncoder encoder({.columns = {"year", "member"}});
  CHECK(names_of(encoder.partial_fit_transform(x)) ==
        Names{"year_2020", "member_True", "year_-1", "member_False", "member_nan"});
  check_chunks(OneHotEncoder({.columns = {"member", "year"}}), x);
  OneHotEncoder texts;
  CHECK(names_of(texts.partial_fit_transform(x)) == Names{"year", "member"});
}

TEST_CASE("encoders refuse what cannot work, by name") {
  CHECK_THROWS_WITH(OneHotEncoder({.max_categories = 0}),
                    "OneHotEncoderOptions.max_categories is 0; it must be in [1, 2^31 - 1]");
  CHECK_THROWS_WITH(OneHotEncoder({.columns = {"a"}, .categories = {{"b", {"x"}}}}),
                    "OneHotEncoderOptions.categories names column 'b', which .columns does not");
  CHECK_THROWS_WITH(OneHotEncoder({.categories = {{"b", {"x", "y", "x"}}}}),
                    "categories of column b: 'x' stands there twice");
  CHECK_THROWS_AS(OrdinalEncoder({.unknown_value = 3}), std::invalid_argument);
  OneHotEncoder encoder({.columns = {"town"}});
  CHECK_THROWS_WITH(encoder.partial_fit(cities({"Lyon"})), StartsWith("column town: found no such column"));
  OneHotEncoder number({.columns = {"x"}});
  CHECK_THROWS_WITH(number.partial_fit(TableMaker().numbers("x", {1})),
                    "column x: found a column of type float64, expected string, category, int64 or boolean");
  OneHotEncoder given({.categories = {{"town", {"Lyon"}}}});
  CHECK_THROWS_AS(given.partial_fit(cities({"Lyon"})), Error);
  OneHotEncoder learnt;
  learnt.partial_fit(cities({"Lyon"}));
  CHECK_THROWS_AS(learnt.transform(TableMaker().numbers("city", {1})), Error);
}

TEST_CASE("empty, long and odd texts are categories as others are") {
  const std::string zeros("a\0b", 3);
  const Texts odd{"", std::string(10'000, 'x'), zeros, "a", "nan", std::nullopt, ""};
  for (const DataType dtype : {DataType::category, DataType::string}) {
    const RecordBatch x = TableMaker().texts("t", odd, dtype);
    OneHotEncoder encoder;
    const RecordBatch encoded = encoder.partial_fit_transform(x);
    CHECK(encoder.get_feature_names_out() ==
          Names{"t_", "t_" + std::string(10'000, 'x'), "t_" + zeros, "t_a", "t_nan", "t_nan_2"});
    CHECK(feature_support::column_of(encoded, "t_") == std::vector<double>{1, 0, 0, 0, 0, 0, 1});
    CHECK(feature_support::column_of(encoded, "t_nan_2") == std::vector<double>{0, 0, 0, 0, 0, 1, 0});
  }
  OneHotEncoder nothing;
  nothing.partial_fit(cities({}));
  CHECK(nothing.get_feature_names_out().empty());
  CHECK(nothing.transform(cities({"a", "b"})).rows() == 2);
}

TEST_CASE("sparse one-hot rows hold the numbers of the table") {
  const RecordBatch x = read_golden().table();
  for (const auto drop : {DropCategory::none, DropCategory::first}) {
    OneHotEncoder encoder({.handle_unknown = UnknownCategory::other, .drop = drop, .max_categories = 4});
    encoder.partial_fit(x.slice(0, 20));
    const RecordBatch dense = encoder.transform(x);
    const SparseFeatureMatrix sparse = transform_sparse(encoder, x);
    const RowMajorMatrix expected = dense.to_matrix(names_of(dense));
    REQUIRE(static_cast<std::size_t>(sparse.cols()) == expected.cols);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < expected.cols; ++j) {
        CHECK(sparse.coeff(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) == expected(i, j));
      }
    }
    OneHotEncoder again({.handle_unknown = UnknownCategory::other, .drop = drop, .max_categories = 4});
    static_cast<void>(partial_fit_transform_sparse(again, x.slice(0, 20)));
    CHECK(Eigen::MatrixXd(transform_sparse(again, x)) == Eigen::MatrixXd(sparse));
    CHECK(Eigen::MatrixXd(partial_fit_transform_sparse(again, x)) == Eigen::MatrixXd(transform_sparse(again, x)));
    SgdRegressor model;
    model.partial_fit(sparse, std::vector<double>(x.rows(), 1.0));
    CHECK(model.n_features() == expected.cols);
  }
}

// SPDX-License-Identifier: MIT
// Hashed features: scikit-learn's places, signs and sums.
#include "penstock/learn/feature_hasher.hpp"

#include "penstock/learn/sgd.hpp"
#include "penstock/learn/sparse.hpp"
#include "penstock/learn/transform_sparse.hpp"
#include "penstock/learn/transformer.hpp"

#include "catch.hpp"
#include "feature_golden.hpp"
#include "feature_support.hpp"

#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using namespace feature_support;
using namespace feature_golden;

static_assert(transformer<FeatureHasher>);
static_assert(detail::murmur_hash("") == 0);

struct Golden {
  std::vector<std::optional<std::string>> city, device;
  std::vector<std::optional<double>> minutes;
  std::vector<std::optional<std::int64_t>> clicks;
  std::vector<std::optional<bool>> member;
  struct Case {
    std::size_t n_features;
    bool sign;
    std::vector<std::map<std::int64_t, double>> rows;
  };
  std::vector<Case> cases;

  [[nodiscard]] RecordBatch table(DataType dtype) const {
    return TableMaker()
        .texts("city", city, dtype)
        .texts("device", device, dtype)
        .numbers("minutes", minutes)
        .integers("clicks", clicks)
        .booleans("member", member);
  }
};

Golden read_golden() {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/features.txt");
  Golden golden;
  std::string word;
  std::size_t count = 0;
  while (in >> word && word != "hash_rows") skip_line(in);
  in >> count;
  skip_line(in);
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = fields(in);
    golden.city.push_back(row[0] == "NA" ? std::nullopt : std::optional(row[0]));
    golden.device.emplace_back(row[1]);
    golden.minutes.push_back(row[2] == "NA" ? std::nullopt : std::optional(std::strtod(row[2].c_str(), nullptr)));
    golden.clicks.emplace_back(std::stoll(row[3]));
    golden.member.push_back(row[4] == "NA" ? std::nullopt : std::optional(row[4] == "True"));
  }
  while (in >> word && word == "hash") {
    Golden::Case one{};
    in >> one.n_features >> one.sign;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t entries = 0;
      in >> entries;
      std::map<std::int64_t, double> row;
      for (; entries > 0; --entries) {
        std::int64_t place = 0;
        in >> place;
        row[place] = number(in);
      }
      one.rows.push_back(row);
    }
    golden.cases.push_back(one);
  }
  return golden;
}

}  // namespace

TEST_CASE("murmur_hash gives scikit-learn's hashes") {
  std::ifstream in(PENSTOCK_REFERENCE_DIR "/features.txt");
  std::string word;
  std::size_t count = 0;
  in >> word >> count;
  REQUIRE(word == "murmur");
  skip_line(in);
  for (std::size_t i = 0; i < count; ++i) {
    const auto line = fields(in);
    INFO(line[1]);
    CHECK(detail::murmur_hash(line[1]) == std::stoul(line[0]));
  }
}

TEST_CASE("FeatureHasher gives scikit-learn's features, bit by bit") {
  const Golden golden = read_golden();
  REQUIRE(golden.cases.size() == 14);
  for (const DataType dtype : {DataType::category, DataType::string}) {
    const RecordBatch x = golden.table(dtype);
    for (const Golden::Case& one : golden.cases) {
      INFO(one.n_features << " features, sign " << one.sign);
      const FeatureHasher hasher({.n_features = one.n_features, .alternate_sign = one.sign});
      const SparseFeatureMatrix rows = transform_sparse(hasher, x);
      REQUIRE(static_cast<std::size_t>(rows.cols()) == one.n_features);
      for (std::size_t i = 0; i < x.rows(); ++i) {
        std::map<std::int64_t, double> ours;
        for (SparseFeatureMatrix::InnerIterator it(rows, static_cast<Eigen::Index>(i)); it; ++it) {
          if (it.value() != 0) ours[it.col()] = it.value();
        }
        CHECK(ours == one.rows[i]);
      }
      if (one.n_features > 4096) {
        CHECK_THROWS_AS(hasher.transform(x), std::invalid_argument);
        continue;
      }
      const RecordBatch dense = hasher.transform(x);
      CHECK(names_of(dense) == hasher.get_feature_names_out());
      for (std::size_t k = 0; k < one.n_features; ++k) {
        const auto column = dense.column<double>(k);
        for (std::size_t i = 0; i < x.rows(); ++i) {
          const auto at = one.rows[i].find(static_cast<std::int64_t>(k));
          CHECK(column[i] == (at == one.rows[i].end() ? 0 : at->second));
        }
      }
    }
    check_chunks(FeatureHasher({.n_features = 16}), x);
    check_chunks(FeatureHasher({.columns = {"device", "clicks"}, .n_features = 3}), x);
  }
}

TEST_CASE("hashed columns leave the table, others stay") {
  const RecordBatch x =
      TableMaker().texts("city", {"Lyon", std::nullopt}).numbers("minutes", {1.5, std::nullopt}).times("day", {0, 1});
  FeatureHasher hasher({.columns = {"city"}, .n_features = 4});
  const RecordBatch hashed = hasher.partial_fit_transform(x);
  CHECK(names_of(hashed) == Names{"minutes", "day", "hash_0", "hash_1", "hash_2", "hash_3"});
  double sum = 0;
  for (std::size_t k = 2; k < 6; ++k) {
    sum += std::abs(hashed.column<double>(k)[0]);
    CHECK(hashed.column<double>(k)[1] == 0);
  }
  CHECK(sum == 1);
  const SparseFeatureMatrix sparse = transform_sparse(hasher, x);
  CHECK(sparse.cols() == 6);
  CHECK(sparse.coeff(0, 0) == 1.5);
  FeatureHasher all({.n_features = 2});
  CHECK(names_of(all.partial_fit_transform(x)) == Names{"day", "hash_0", "hash_1"});
}

TEST_CASE("a model learns a million hashed features") {
  const RecordBatch x = read_golden().table(DataType::category);
  SgdRegressor model;
  model.partial_fit(transform_sparse(FeatureHasher(), x), std::vector<double>(x.rows(), 1.0));
  CHECK(model.n_features() == 1U << 20);
}

TEST_CASE("FeatureHasher refuses what cannot work, by name") {
  CHECK_THROWS_WITH(FeatureHasher({.n_features = 0}),
                    "FeatureHasherOptions.n_features is 0; it must be in [1, 2^31 - 1]");
  CHECK_THROWS_AS(FeatureHasher({.n_features = std::size_t{1} << 31}), std::invalid_argument);
  const FeatureHasher hasher({.columns = {"town"}, .n_features = 4});
  CHECK_THROWS_WITH(hasher.transform(TableMaker().numbers("x", {1})), StartsWith("column town: found no such column"));
  const FeatureHasher time({.columns = {"day"}, .n_features = 4});
  CHECK_THROWS_WITH(time.transform(TableMaker().times("day", {1})),
                    "column day: found a column of type timestamp, expected numbers or texts");
  const FeatureHasher one({.columns = {"x"}, .n_features = 1});
  CHECK_THROWS_WITH(one.transform(TableMaker().numbers("x", {1}).numbers("hash_0", {1})),
                    StartsWith("column hash_0: found a column of this name"));
  CHECK(one.transform(TableMaker().numbers("x", {})).rows() == 0);
}

// SPDX-License-Identifier: MIT
// Pipelines in which a step gives up columns that the steps behind it have learnt: saved before or after that, they go
// on with the same bits.
#include "penstock/adapters/json/state.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/standard_scaler.hpp"
#include "penstock/learn/variance_threshold.hpp"

#include "../learn/sgd_support.hpp"
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace penstock;
using nlohmann::json;

struct Visits {
  RecordBatch table;
  std::vector<double> y;
};

/// Two numbers that vary, and between them one that stops varying early on.
Visits visits(std::size_t n) {
  sgd_support::Uniform uniform(3);
  RecordBatchBuilder builder({{{"a", DataType::float64}, {"still", DataType::float64}, {"b", DataType::int64}}});
  Visits rows;
  for (std::size_t i = 0; i < n; ++i) {
    const double a = uniform();
    const auto b = static_cast<std::int64_t>(20 * uniform());
    builder.append<double>(0, a);
    builder.append<double>(1, i < 3 ? uniform() / 8 : 0.5);
    builder.append<std::int64_t>(2, b);
    rows.y.push_back(a + 0.1 * static_cast<double>(b) + 0.1 * uniform());
  }
  rows.table = builder.finish();
  return rows;
}

auto make(std::uint64_t decide_every = 0) {
  return VarianceThreshold({.threshold = 0.05, .decide_after = 20, .decide_every = decide_every}) | StandardScaler() |
         SgdRegressor({.average = 10});
}

constexpr std::size_t all_rows = 64;
constexpr std::size_t chunk = 8;

template <class Model>
void learn(Model& model, const Visits& rows, std::size_t first, std::size_t end) {
  for (; first < end; first += chunk) {
    const std::size_t count = std::min(chunk, end - first);
    model.partial_fit(rows.table.slice(first, count), std::span(rows.y).subspan(first, count));
  }
}

}  // namespace

TEST_CASE("a pipeline whose selector gives up a column was saved at any chunk and goes on with the same bits") {
  const Visits rows = visits(all_rows);
  for (const std::uint64_t decide_every : {std::uint64_t{0}, std::uint64_t{9}}) {
    const auto fresh = make(decide_every);
    auto whole = fresh;
    learn(whole, rows, 0, all_rows);
    REQUIRE(whole.step<0>().get_feature_names_out() == std::vector<std::string>{"a", "b"});
    REQUIRE(whole.step<1>().get_feature_names_out() == std::vector<std::string>{"a", "still", "b"});
    for (std::size_t at = 0; at <= all_rows; at += chunk) {
      auto before = fresh;
      learn(before, rows, 0, at);
      const std::string saved = dump_state(before);
      const json columns = json::parse(saved)["state"]["step_columns"];
      CHECK(columns == (at == 0 ? json{{"0", json::array()}, {"1", json::array()}}
                                : json{{"0", json::array()}, {"1", {"a", "still", "b"}}}));
      auto part = fresh;
      if (at % 16 == 8) learn(part, {rows.table.select({"b", "a"}), rows.y}, 0, 30);  // what it knew is forgotten
      parse_state(saved, "s.json", part).value();
      CHECK(dump_state(part) == saved);
      if (at > 0) CHECK(part.predict(rows.table) == before.predict(rows.table));
      learn(part, rows, at, all_rows);
      CHECK(dump_state(part) == dump_state(whole));
      CHECK(part.predict(rows.table) == whole.predict(rows.table));
      CHECK(sgd_support::bits(part.model()) == sgd_support::bits(whole.model()));
    }
  }
}

TEST_CASE("columns of steps that a file has not, or that are no names, are an Error and change nothing") {
  const Visits rows = visits(all_rows);
  auto model = make();
  learn(model, rows, 0, 40);
  const std::string text = dump_state(model);
  const auto said = [&](auto change) {
    json file = json::parse(text);
    change(file["state"]);
    auto copy = model;
    const Result<void> result = parse_state(file.dump(), "s.json", copy);
    CHECK(dump_state(copy) == text);
    return result ? std::string("taken") : std::string(result.error().what());
  };
  CHECK(said([](json&) {}) == "taken");
  CHECK(said([](json& s) { s.erase("step_columns"); }).find("step_columns") != std::string::npos);
  CHECK(said([](json& s) { s["step_columns"].erase("1"); }).find("state.step_columns") != std::string::npos);
  CHECK(said([](json& s) { s["step_columns"]["2"] = json::array(); }) ==
        "s.json: found an array of 0 at state.step_columns.2, expected no such member");
  CHECK(said([](json& s) { s["step_columns"]["1"] = "still"; }).find("state.step_columns.1") != std::string::npos);
  CHECK(said([](json& s) { s["step_columns"]["1"][0] = 3; }).find("state.step_columns.1[0]") != std::string::npos);
  // Other names are an Error of the next call if the scaler misses one, and else a column that is 0 in all rows.
  const auto with_columns = [&](const json& columns) {
    json file = json::parse(text);
    file["state"]["step_columns"]["1"] = columns;
    auto copy = model;
    parse_state(file.dump(), "s.json", copy).value();
    return copy;
  };
  auto more = with_columns({"a", "still", "b", "c"});
  auto same = model;
  learn(more, rows, 40, all_rows);
  learn(same, rows, 40, all_rows);
  CHECK(sgd_support::bits(more.model()) == sgd_support::bits(same.model()));
  for (const json& columns : {json{"a", "b"}, json{"b", "b"}}) {
    auto fewer = with_columns(columns);
    const std::string taken = dump_state(fewer);
    CHECK_THROWS_AS(learn(fewer, rows, 40, 48), Error);
    CHECK(dump_state(fewer) == taken);
  }
}

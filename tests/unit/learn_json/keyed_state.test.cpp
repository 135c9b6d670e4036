// SPDX-License-Identifier: MIT
// Windows and lags that are saved in mid-stream and loaded go on with the same bits; a file that no rows lead to
// changes nothing.
#include "penstock/adapters/json/state.hpp"
#include "penstock/learn/lag_features.hpp"
#include "penstock/learn/pipeline.hpp"
#include "penstock/learn/rolling_features.hpp"
#include "penstock/learn/sgd_regressor.hpp"
#include "penstock/learn/simple_imputer.hpp"

#include "../learn/feature_support.hpp"
#include "../learn/sgd_support.hpp"
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace penstock;
using namespace feature_support;
using namespace std::chrono_literals;
using nlohmann::json;

static_assert(stateful<RollingFeatures> && stateful<LagFeatures>);

constexpr std::size_t all_rows = 180;
constexpr std::size_t chunk = 15;

/// Two keys, two numbers, a time: each of them missing now and then, some rows late, some keys no text at all.
RecordBatch make_table() {
  sgd_support::Uniform uniform(5);
  const auto below = [&](double n) { return static_cast<std::int64_t>((uniform() + 1) / 2 * n); };
  std::vector<std::optional<std::string>> meter;
  std::vector<std::optional<std::int64_t>> phase, at;
  std::vector<std::optional<double>> load, price;
  std::int64_t now = -100;
  for (std::size_t i = 0; i < all_rows; ++i) {
    now += below(4);
    meter.push_back(below(20) == 0 ? std::nullopt : std::optional("m\xff" + std::to_string(below(3))));
    phase.emplace_back(below(2));
    at.push_back(below(25) == 0 ? std::nullopt : std::optional(below(8) == 0 ? now - below(9) : now));
    load.push_back(below(9) == 0 ? std::nullopt : std::optional(1e6 + uniform()));
    price.push_back(below(30) == 0 ? std::nullopt : std::optional(uniform() / 3));
  }
  return TableMaker()
      .texts("meter", meter)
      .integers("phase", phase)
      .times("at", at)
      .numbers("load", load)
      .numbers("price", price);
}

/// Every number of a table, to the last bit.
std::vector<std::uint64_t> bits(const RecordBatch& x) {
  std::vector<std::uint64_t> all;
  for (const Field& field : x.schema().fields) {
    if (field.dtype != DataType::float64) continue;
    for (const double value : feature_support::column_of(x, field.name)) {
      all.push_back(std::isnan(value) ? 1 : std::bit_cast<std::uint64_t>(value));  // no sign nor payload of NaN is kept
    }
  }
  return all;
}

/// Whether one of the options of `fresh`, which takes up what was saved at any chunk, gives what one that never stopped
/// gives, and ends as that one.
template <class T>
bool goes_on(const T& fresh, const RecordBatch& table) {
  std::vector<std::string> saved;
  std::vector<std::vector<std::uint64_t>> made;
  T whole = fresh;
  for (std::size_t first = 0; first < all_rows; first += chunk) {
    saved.push_back(dump_state(whole));
    made.push_back(bits(whole.partial_fit_transform(table.slice(first, chunk))));
  }
  for (std::size_t i = 0; i < saved.size(); ++i) {
    T part = fresh;
    if (i % 2 == 1) part.partial_fit(table.slice(70, 40));  // what it knew is forgotten
    if (i % 4 == 1) part.keep();
    parse_state(saved[i], "s.json", part).value();
    if (dump_state(part) != saved[i]) return false;
    for (std::size_t k = i; k < saved.size(); ++k) {
      const RecordBatch x = table.slice(k * chunk, chunk);
      if (k > 0 && bits(part.transform(x)).size() != made[k].size()) return false;
      if (bits(part.partial_fit_transform(x)) != made[k]) return false;
    }
    if (dump_state(part) != dump_state(whole) || part.keys() != whole.keys()) return false;
    if (part.late_rows() != whole.late_rows() || part.keyless_rows() != whole.keyless_rows()) return false;
    if (part.evicted_keys() != whole.evicted_keys()) return false;
    if (part.get_feature_names_out() != whole.get_feature_names_out()) return false;
    if (bits(part.transform(table)) != bits(whole.transform(table))) return false;
  }
  return true;
}

const std::vector<RollingStatistic> all_statistics{RollingStatistic::mean, RollingStatistic::std, RollingStatistic::min,
                                                   RollingStatistic::max, RollingStatistic::count};

RollingFeatures rolling_of(RollingFeaturesOptions options) {
  options.statistics = all_statistics;
  return RollingFeatures(std::move(options));
}

/// What loading says of a state that was changed; `model` has to be as it was then.
template <class T>
std::string refusal(const T& model, const std::function<void(json&)>& change) {
  const std::string text = dump_state(model);
  json file = json::parse(text);
  change(file["state"]);
  T copy = model;
  const Result<void> result = parse_state(file.dump(), "s.json", copy);
  CHECK(dump_state(copy) == text);
  return result ? "taken" : result.error().what();
}

/// Whatever a byte of the file becomes: an Error, and nothing has changed; or a state that learns.
template <class T>
void survives(const T& fresh, const RecordBatch& table) {
  T whole = fresh;
  whole.partial_fit(table.slice(0, 40));
  const std::string text = dump_state(whole);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    for (const char byte : {'0', '9', '-', 'a', '"', ','}) {
      std::string changed = text;
      changed[i] = byte;
      T copy = whole;
      if (!parse_state(changed, "s.json", copy)) {
        ++refused;
        if (i % 30 == 0) CHECK(dump_state(copy) == text);
        continue;
      }
      try {
        static_cast<void>(copy.transform(table));
        copy.partial_fit(table.slice(40, 40));
      } catch (const std::exception&) {  // NOLINT: another column's name, for one, is an error later on
      }
    }
  }
  CHECK(refused > text.size());
}

}  // namespace

TEST_CASE("windows that were saved and loaded go on with the same bits") {
  const RecordBatch table = make_table();
  CHECK(goes_on(rolling_of({.columns = {"load"}, .by = {"meter"}, .window = 5}), table));
  CHECK(goes_on(rolling_of({.window = 7, .closed = Closed::right, .min_periods = 2, .ddof = 0}), table));
  CHECK(goes_on(rolling_of({.columns = {"load", "price"}, .by = {"meter", "phase"}, .duration = 20s, .on = "at"}),
                table));
  CHECK(goes_on(rolling_of({.columns = {"price", "load"},
                            .by = {"meter"},
                            .window = 4,
                            .duration = 9s,
                            .on = "at",
                            .closed = Closed::right,
                            .late = LateRows::accept}),
                table));
  CHECK(goes_on(rolling_of({.columns = {"load"}, .by = {"meter"}, .window = 1, .closed = Closed::right}), table));
  // Keys are forgotten and come again: which one goes depends on the order that the file has them in.
  CHECK(goes_on(rolling_of({.columns = {"load"}, .by = {"meter", "phase"}, .window = 3, .max_keys = 4}), table));
}

TEST_CASE("lags that were saved and loaded go on with the same bits") {
  const RecordBatch table = make_table();
  CHECK(goes_on(LagFeatures({.columns = {"load"}, .by = {"meter"}, .lags = {1, 3, 20}}), table));
  CHECK(goes_on(LagFeatures({.lags = {7, 2}}), table));
  CHECK(goes_on(LagFeatures({.columns = {"load", "price"},
                             .by = {"meter", "phase"},
                             .lags = {2},
                             .on = "at",
                             .late = LateRows::accept,
                             .max_keys = 4}),
                table));
  CHECK(goes_on(LagFeatures({.columns = {"price"}, .by = {"meter"}, .on = "at"}), table));
}

TEST_CASE("values that are infinite, or too far apart for a deviation, are saved, and leave it as ever") {
  const RecordBatch table = make_table();
  std::vector<std::optional<double>> wild;
  for (std::size_t i = 0; i < all_rows; ++i) {
    const double big = i % 2 == 0 ? 1e308 : -1e308;
    wild.emplace_back(i % 17 == 3 ? std::numeric_limits<double>::infinity() : i % 5 == 0 || i > 90 ? big : 0.1);
  }
  const RecordBatch x = TableMaker().numbers("wild", wild);
  CHECK(goes_on(rolling_of({.window = 6}), x));
  CHECK(goes_on(LagFeatures({.lags = {4}}), x));
}

TEST_CASE("a pipeline of lags and windows that was saved in mid-stream goes on with the same bits") {
  const RecordBatch table = make_table();
  const std::vector<double> y = feature_support::column_of(table, "price");
  std::vector<double> targets;
  for (const double value : y) targets.push_back(std::isnan(value) ? 0 : value);
  const auto fresh = LagFeatures({.columns = {"load"}, .by = {"phase"}, .lags = {1, 2, 8}}) |
                     rolling_of({.columns = {"load"}, .by = {"phase"}, .window = 5}) |
                     SimpleImputer({.half_life = 30}) | SgdRegressor({.eta0 = 1e-15});
  const RecordBatch x = table.select({"phase", "load"});
  const auto learn = [&](auto& model, std::size_t first) {
    model.partial_fit(x.slice(first, chunk), std::span(targets).subspan(first, chunk));
  };
  auto whole = fresh;
  for (std::size_t first = 0; first < all_rows; first += chunk) {
    const std::string saved = dump_state(whole);
    auto part = fresh;
    parse_state(saved, "s.json", part).value();
    CHECK(dump_state(part) == saved);
    for (std::size_t next = first; next < all_rows; next += chunk) learn(part, next);
    auto same = whole;
    for (std::size_t next = first; next < all_rows; next += chunk) learn(same, next);
    CHECK(dump_state(part) == dump_state(same));
    CHECK(part.predict(x) == same.predict(x));
    learn(whole, first);
  }
  // A call that fails after loading takes back its own rows, and nothing of what was loaded.
  auto part = fresh;
  const std::string saved = dump_state(whole);
  parse_state(saved, "s.json", part).value();
  std::vector<double> wrong(chunk, 1);
  wrong[chunk - 1] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS(part.partial_fit(x.slice(0, chunk), wrong));
  CHECK(dump_state(part) == saved);
}

TEST_CASE("what was loaded is what restore goes back to") {
  const RecordBatch table = make_table();
  const LagFeatures fresh({.columns = {"load"}, .by = {"meter", "phase"}, .max_keys = 4});
  LagFeatures whole = fresh;
  whole.partial_fit(table.slice(0, 60));
  const std::string saved = dump_state(whole);
  LagFeatures part = fresh;
  part.keep();
  part.partial_fit(table.slice(60, 60));
  parse_state(saved, "s.json", part).value();
  part.restore();
  CHECK(dump_state(part) == saved);
  part.keep();
  part.partial_fit(table.slice(60, 60));
  part.restore();
  CHECK(dump_state(part) == saved);
}

TEST_CASE("an object that has learnt other columns takes up those of the file") {
  const RecordBatch table = make_table();
  LagFeatures whole;
  whole.partial_fit(table.select({"load", "phase"}));
  LagFeatures other;
  other.partial_fit(table.select({"price"}));
  const std::string saved = dump_state(whole);
  parse_state(saved, "s.json", other).value();
  CHECK(dump_state(other) == saved);
  CHECK(other.get_feature_names_out() == std::vector<std::string>{"load_lag_1", "phase_lag_1"});
  const LagFeatures fresh;
  parse_state(dump_state(fresh), "s.json", other).value();
  CHECK(dump_state(other) == dump_state(fresh));
  CHECK_THROWS_AS(other.transform(table), std::logic_error);
}

TEST_CASE("a window's state that no rows lead to is refused, and nothing changes") {
  const RecordBatch table = make_table();
  RollingFeatures model = rolling_of(
      {.columns = {"load", "price"}, .by = {"phase"}, .window = 5, .duration = 30s, .on = "at", .max_keys = 2});
  model.partial_fit(table.slice(0, 60));
  const auto said = [&](const std::function<void(json&)>& change) { return refusal(model, change); };
  const auto in_first = [&](const std::function<void(json&)>& change) {
    return said([&](json& state) { change(state["series"][0]); });
  };
  REQUIRE(said([](json&) {}) == "taken");
  REQUIRE(json::parse(dump_state(model))["state"]["series"].size() == 2);
  REQUIRE(json::parse(dump_state(model))["state"]["series"][0]["front"]["count"].size() >= 4);

  CHECK(said([](json& s) { s["options"]["window"] = 6; }) ==
        "s.json: found 6 at state.options.window, expected 5, as the object was made with");
  CHECK(said([](json& s) { s["options"]["duration_ns"] = 1; }) ==
        "s.json: found 1 at state.options.duration_ns, expected 30000000000, as the object was made with");
  CHECK(said([](json& s) { s["options"]["closed"] = "right"; }) ==
        "s.json: found \"right\" at state.options.closed, expected \"left\", as the object was made with");
  CHECK(said([](json& s) { s["series"][1]["key"] = s["series"][0]["key"]; }) ==
        "s.json: found an array of 2 at state.series, expected each key once");
  CHECK(said([](json& s) {
          s["series"].push_back(s["series"][0]);
          s["series"][2]["key"] = "another";
        }) == "s.json: found an array of 3 at state.series, expected no more than max_keys");
  CHECK(said([](json& s) {
          s["series"].erase(1);
          s["evicted_keys"] = 1;
        }) == "s.json: found 1 at state.evicted_keys, expected 0 as long as there are fewer than max_keys");
  CHECK(said([](json& s) {
          s["feature_names_in"] = {"load", "phase"};
        }) == "s.json: found an array of 2 at state.feature_names_in, expected those that the options name");
  CHECK(said([](json& s) {
          s["fitted"] = false;
          s["late_rows"] = s["keyless_rows"] = 0;
        }) == "s.json: found an array of 2 at state.series, expected none before the first table");
  CHECK(said([](json& s) {
          s["fitted"] = false;
          s["series"] = json::array();
          s["late_rows"] = 3;
        }) == "s.json: found 3 at state.late_rows, expected none before the first table");
  CHECK(said([](json& s) { s["late_rows"] = -3; }) ==
        "s.json: found -3 at state.late_rows, expected a whole number from 0 to 18446744073709551615");

  const std::string rows = "expected rows of a number a column";
  CHECK(in_first([](json& one) { one["values"].push_back(1.0); }).find(rows) != std::string::npos);
  CHECK(in_first([](json& one) { one["front"]["mean"].push_back(1.0); }).find("as many as the other numbers") !=
        std::string::npos);
  CHECK(in_first([](json& one) {
          for (const char* name : {"count", "mean", "squares", "min", "max"}) one["front"][name].erase(0);
        }).find(rows) != std::string::npos);
  CHECK(in_first([](json& one) {
          for (const char* name : {"count", "mean", "squares", "min", "max"}) one["front"][name] = json::array();
          one["values"] = json::array();
          one["times"] = json::array();
        }).find("at least one row in front and back") != std::string::npos);
  CHECK(in_first([](json& one) {
          for (int i = 0; i < 20; ++i) one["values"].push_back(1.0);
        }).find("no more rows in front and back than the window") != std::string::npos);
  CHECK(in_first([](json& one) { one["times"].erase(0); }).find("one for each row in front and back") !=
        std::string::npos);
  const std::string ascending = "ascending times up to the latest";
  CHECK(in_first([](json& one) { std::swap(one["times"].front(), one["times"].back()); }).find(ascending) !=
        std::string::npos);
  CHECK(in_first([](json& one) { one["latest"] = one["latest"].get<std::int64_t>() + 1; }).find(ascending) !=
        std::string::npos);
  CHECK(in_first([](json& one) { one["times"][0] = INT64_MIN; }).find("none that is too old for the duration") !=
        std::string::npos);
  CHECK(in_first([](json& one) { one["front"]["count"][0] = 1e9; }).find("counts that go up by one at most") !=
        std::string::npos);
  CHECK(in_first([](json& one) { one["front"]["count"][0] = "nan"; }).find("counts that go up by one at most") !=
        std::string::npos);
  CHECK(in_first([](json& one) { one["front"]["min"][0] = "nan"; }).find("extremes of more rows") != std::string::npos);
  CHECK(in_first([](json& one) { one["front"]["max"][0] = -1e9; }).find("extremes of more rows") != std::string::npos);
  CHECK(in_first([](json& one) { one["front"]["squares"][0] = -1; }).find("squares from 0") != std::string::npos);
  CHECK(in_first([](json& one) { one.erase("latest"); }).find("latest") != std::string::npos);
  CHECK(in_first([](json& one) { one["more"] = 1; }).find("no such member") != std::string::npos);

  // The mean and count of rows without a value are those of the rows behind them.
  RollingFeatures empty({.columns = {"load"}, .window = 2});
  empty.partial_fit(TableMaker().numbers("load", {1.0, 2.0, 3.0, std::nullopt, std::nullopt, std::nullopt, 4.0}));
  CHECK(refusal(empty, [](json& s) {
          s["series"][0]["front"]["mean"][0] = 7;
        }).find("the same numbers where no value came") != std::string::npos);
}

TEST_CASE("lags that no rows lead to are refused, and nothing changes") {
  const RecordBatch table = make_table();
  LagFeatures model({.lags = {1, 3}});
  model.partial_fit(table.slice(0, 20));
  const auto said = [&](const std::function<void(json&)>& change) { return refusal(model, change); };
  const std::size_t columns = json::parse(dump_state(model))["state"]["feature_names_in"].size();
  REQUIRE(columns == 3);
  CHECK(said([](json& s) {
          s["options"]["lags"] = {1, 4};
        }) == "s.json: found an array of 2 at state.options.lags, expected [1, 3], as the object was made with");
  CHECK(said([](json& s) { s["kind"] = "RollingFeatures"; }) ==
        "s.json: found \"RollingFeatures\" at state.kind, expected \"LagFeatures\", as the object is one");
  CHECK(said([](json& s) { s["series"][0]["values"].push_back(1.0); }) ==
        "s.json: found an array of 10 at state.series[0].values, expected rows of a number a column");
  CHECK(said([](json& s) { s["series"][0]["values"] = json::array(); }) ==
        "s.json: found an array of 0 at state.series[0].values, expected rows of a number a column");
  CHECK(said([](json& s) {
          for (int i = 0; i < 3; ++i) s["series"][0]["values"].push_back(1.0);
        }) == "s.json: found an array of 12 at state.series[0].values, expected no more rows than the longest lag");
  CHECK(said([](json& s) { s["series"][0]["key"] = "m1"; }) ==
        "s.json: found an array of 1 at state.series, expected one, of key \"\", as no column is a key");
  CHECK(said([](json& s) { s["series"][0]["latest"] = 5; }) ==
        "s.json: found 5 at state.series[0].latest, expected no such member");
  CHECK(said([](json& s) { s["feature_names_in"][0] = "load"; }) ==
        "s.json: found an array of 3 at state.feature_names_in, expected each column once");
  CHECK(said([](json& s) { s["feature_names_in"] = json::array(); }) ==
        "s.json: found an array of 0 at state.feature_names_in, expected at least one column");
}

TEST_CASE("no byte of a file of windows or lags that has changed does harm") {
  const RecordBatch table = make_table();
  survives(rolling_of({.columns = {"load"}, .by = {"phase"}, .window = 3, .duration = 9s, .on = "at"}), table);
  survives(rolling_of({.window = 2, .closed = Closed::right}), table);
  survives(LagFeatures({.columns = {"load"}, .by = {"meter"}, .lags = {1, 3}, .on = "at", .max_keys = 3}), table);
}

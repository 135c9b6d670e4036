// SPDX-License-Identifier: MIT
// A report of drift as JSON: members by name, null for what does not exist.
#include "penstock/adapters/json/data_drift.hpp"
#include "penstock/core/record_batch_builder.hpp"
#include "penstock/stats/data_drift.hpp"

#include "catch.hpp"

#include <string>
#include <string_view>

using namespace penstock;

TEST_CASE("a report of drift is written with the names of its members") {
  const auto table = [](double shift, const char* city) {
    RecordBatchBuilder builder({{{"fare", DataType::float64}, {"city", DataType::category}}});
    for (int i = 0; i < 40; ++i) {
      builder.append<double>(0, i + shift);
      builder.append<std::string_view>(1, i % 2 == 0 ? "Ulm" : city);
    }
    return builder.finish();
  };
  const nlohmann::json json = data_drift_report(table(0, "Bonn"), table(30, "Kiel"));
  CHECK(json["alpha"] == 0.05);
  CHECK(json["correction"] == "holm");
  CHECK(json["drifted"] == 2);
  REQUIRE(json["features"].size() == 2);
  const auto& fare = json["features"][0];
  CHECK(fare["name"] == "fare");
  CHECK(fare["dtype"] == "float64");
  CHECK(fare["test"] == "ks");
  CHECK(fare["statistic"] == 0.75);
  CHECK(fare["drifted"] == true);
  CHECK(fare["reference"]["rows"] == 40);
  CHECK(fare["reference"]["mean"] == 19.5);
  const auto& city = json["features"][1];
  CHECK(city["test"] == "chi_square");
  CHECK(city["new_categories"] == nlohmann::json({"Kiel"}));
  CHECK(city["n_gone_categories"] == 1);
  CHECK(city["new_category_rows"] == 20);
  CHECK(city["current"]["distinct"] == 2);

  const auto read = nlohmann::json::parse(json.dump());
  CHECK(read["features"][0]["missing_pvalue"].is_null());
  CHECK(read["features"][1]["reference"]["mean"].is_null());
  CHECK(read["features"][1]["pvalue"] == city["pvalue"]);
}

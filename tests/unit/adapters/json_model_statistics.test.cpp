// SPDX-License-Identifier: MIT
// The statistics section of a model file: written, read again, and refused where it cannot be.
#include "penstock/adapters/json/linear_model.hpp"
#include "penstock/serve/skew.hpp"

#include "catch.hpp"

#include <string>
#include <string_view>

using namespace penstock;

namespace {

LinearModelSpec spec() {
  return {.numeric = {{"minutes", 10, 2, MissingNumber::mean}},
          .categorical = {{"country", {"US", "NA"}, Unseen::ignore, MissingText::ignore}},
          .coefficients = {1, 3, 4},
          .statistics = {10, {{"minutes", 1, 9.5, 2.25, -3, 21}}, {{"country", 2, 1, {4, 3}}}}};
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text = to_json(LinearModel(spec()));
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  const auto model = parse_linear_model(text, "m.json");
  return model ? "nothing wrong" : model.error().what();
}

}  // namespace

TEST_CASE("a model's statistics are written to its file, and read again") {
  const std::string text = to_json(LinearModel(spec()));
  CHECK_THAT(text, ContainsSubstring("\"version\": 2"));
  CHECK_THAT(text, ContainsSubstring(R"(  "statistics": {"rows": 10,
    "numeric": [
      {"name": "minutes", "missing": 1, "mean": 9.5, "std_dev": 2.25, "min": -3, "max": 21}
    ],
    "categorical": [
      {"name": "country", "missing": 2, "other": 1, "counts": [4, 3]}
    ]})"));
  const auto model = parse_linear_model(text, "m.json");
  REQUIRE(model);
  CHECK(model->spec() == spec());
  CHECK(to_json(*model) == text);
}

TEST_CASE("a model without statistics has a file of version 1, as ever") {
  LinearModelSpec without = spec();
  without.statistics = {};
  const std::string text = to_json(LinearModel(without));
  CHECK_THAT(text, ContainsSubstring("\"version\": 1") && !ContainsSubstring("statistics"));
  CHECK(parse_linear_model(text, "m.json")->spec() == without);
}

TEST_CASE("statistics that cannot be are refused by their place") {
  CHECK(changed("\"rows\": 10", "\"rows\": 10.5") ==
        "m.json: found 10.5 at statistics.rows, expected a whole number of rows");
  CHECK(changed("\"rows\": 10", "\"rows\": -1") ==
        "m.json: found -1 at statistics.rows, expected a whole number of rows");
  CHECK(changed("\"rows\": 10", "\"rows\": 0") ==
        "m.json: found 0 at statistics.rows, expected at least 1, or no statistics");
  CHECK(changed("\"rows\": 10", "\"rows\": 11") ==
        "m.json: found 10 rows, with the missing and the others at statistics.categorical[0].counts, expected 11 "
        "together");
  CHECK(changed("\"other\": 1, ", "") == "m.json: found no member other at statistics.categorical[0], expected one");
  CHECK(changed("\"version\": 2", "\"version\": 1") ==
        "m.json: found an object at statistics, expected none in a file of version 1");
  CHECK_THAT(changed("\"std_dev\"", "\"std\""), ContainsSubstring("found a member \"std\" at statistics.numeric[0]"));
  CHECK_THAT(changed("\"max\": 21", "\"max\": 1e999"), ContainsSubstring("too large for a double"));
}

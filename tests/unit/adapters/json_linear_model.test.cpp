// SPDX-License-Identifier: MIT
#include "penstock/adapters/json/linear_model.hpp"
#include "penstock/core/record_batch_builder.hpp"

#include "catch.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

/// A file of its own below the system's folder for such, gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name)
      : path_((std::filesystem::temp_directory_path() / ("penstock_" + std::to_string(std::random_device{}()) + name))
                  .string()) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file with one of everything.
constexpr std::string_view whole = R"({
  "format": "penstock-linear-model",
  "version": 1,
  "kind": "logistic",
  "derived": [
    {"name": "success", "numerator": [{"column": "passed", "weight": 1}],
     "denominator": [{"column": "started", "weight": 1}], "floor": 1}
  ],
  "numeric": [
    {"name": "success", "mean": 0.5, "scale": 0.25, "missing": "mean"},
    {"name": "minutes", "mean": 120.5, "scale": 60, "missing": "value", "missing_value": 100}
  ],
  "categorical": [
    {"name": "country", "categories": ["US", "NA"], "unseen": "other", "missing": "category"}
  ],
  "coefficients": [1.5, -0.25, 0.1, 0.2, 0.3, 0.4],
  "intercept": -0.75,
  "threshold": 0.4,
  "golden": {"tolerance": 1e-12, "rows": [
    {"inputs": {"passed": 1, "started": 2, "minutes": 120.5, "country": "NA"}, "score": 0.36586440898919936},
    {"inputs": {"passed": true, "started": 0, "minutes": null, "country": null}, "score": 0.9447}
  ]},
  "metadata": {"rows": 1000, "auc": 0.96}
})";

std::string replaced(std::string_view from, std::string_view to, std::string text = std::string(whole)) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// `whole` with golden rows that are right.
std::string good() {
  static const std::string text = [] {
    const double second = 1 / (1 + std::exp(-(-0.75 + 1.5 * 2 - 0.25 * ((100 - 120.5) / 60) + 0.4)));
    const double first = 1 / (1 + std::exp(-(-0.75 + 0.2)));
    return replaced("0.9447", detail::shortest(second), replaced("0.36586440898919936", detail::shortest(first)));
  }();
  return text;
}

std::string message(const std::string& text, const LinearModelFileOptions& options = {}) {
  const Result<LinearModel> model = parse_linear_model(text, "m.json", options);
  return model ? "loaded" : model.error().what();
}

}  // namespace

TEST_CASE("a file gives the model that it describes") {
  const LinearModel model = parse_linear_model(good(), "m.json").value();
  const LinearModelSpec& spec = model.spec();
  CHECK(spec.kind == LinearModelKind::logistic);
  CHECK(spec.derived == std::vector<DerivedFeature>{{"success", {{"passed", 1}}, {{"started", 1}}, 1}});
  CHECK(spec.numeric == std::vector<NumericFeature>{{"success", 0.5, 0.25, MissingNumber::mean, 0},
                                                    {"minutes", 120.5, 60, MissingNumber::value, 100}});
  CHECK(spec.categorical ==
        std::vector<CategoricalFeature>{{"country", {"US", "NA"}, Unseen::other, MissingText::category}});
  CHECK(spec.coefficients == std::vector<double>{1.5, -0.25, 0.1, 0.2, 0.3, 0.4});
  CHECK(spec.intercept == -0.75);
  CHECK(spec.threshold == 0.4);
  CHECK(spec.golden.tolerance == 1e-12);
  REQUIRE(spec.golden.rows.size() == 2);
  CHECK(spec.golden.rows[1].inputs ==
        std::vector<GoldenValue>{{"passed", 1.0}, {"started", 0.0}, {"minutes", {}}, {"country", {}}});
  CHECK(spec.metadata == R"({"auc":0.96,"rows":1000})");
}

TEST_CASE("members that may be left out have their defaults") {
  const LinearModel model = parse_linear_model(R"({"format": "penstock-linear-model", "version": 1, "kind": "linear",
      "numeric": [{"name": "x", "mean": 0, "scale": 1}], "categorical": [{"name": "t", "categories": ["a"]}],
      "coefficients": [2, 3], "intercept": 1})",
                                               "m.json")
                                .value();
  CHECK(model.spec().numeric[0].missing == MissingNumber::error);
  CHECK(model.spec().categorical[0].unseen == Unseen::error);
  CHECK(model.spec().categorical[0].missing == MissingText::error);
  CHECK(model.spec().golden.rows.empty());
}

TEST_CASE("what is saved, loaded and saved again is the same, and scores the same") {
  const LinearModel model = parse_linear_model(good(), "m.json").value();
  const std::string text = to_json(model);
  const LinearModel again = parse_linear_model(text, "again").value();
  CHECK(again.spec() == model.spec());
  CHECK(to_json(again) == text);

  LinearModelSpec spec;
  spec.numeric = {{"\"x\"\n\xC3\xA9", 1.0 / 3, 1e-300, MissingNumber::nan, 0},
                  {"y", -0.0, 1e300, MissingNumber::error, 0}};
  spec.categorical = {{"t", {"", "a\\b", std::string("\0z", 2)}, Unseen::ignore, MissingText::ignore}};
  spec.coefficients = {5e-324, 1.7976931348623157e308, 123456789012345680, -0.1, 1e23};
  spec.intercept = -0.0;
  spec.metadata = R"({"b": [1, 2.50, -0.0, 1e5], "a": {"nested": null}})";
  const std::string odd = to_json(LinearModel(spec));
  const LinearModel loaded = parse_linear_model(odd, "odd").value();
  CHECK(loaded.spec().numeric == spec.numeric);
  CHECK(loaded.spec().categorical == spec.categorical);
  CHECK(loaded.spec().coefficients == spec.coefficients);
  CHECK(std::signbit(loaded.spec().intercept));
  CHECK(std::signbit(loaded.spec().numeric[1].mean));
  CHECK(to_json(loaded) == odd);
}

TEST_CASE("a model with its golden rows goes through a file") {
  RecordBatchBuilder builder({{{"country", DataType::category},
                               {"minutes", DataType::float64},
                               {"passed", DataType::int64},
                               {"started", DataType::int64}}});
  for (int i = 0; i < 10; ++i) {
    i % 3 == 0 ? builder.append_null(0) : builder.append<std::string_view>(0, i % 3 == 1 ? "NA" : "FR");
    i == 4 ? builder.append_null(1) : builder.append<double>(1, 17.3 * i);
    builder.append<std::int64_t>(2, i);
    builder.append<std::int64_t>(3, 2 * i);
  }
  const LinearModel model = parse_linear_model(good(), "m.json").value().with_golden_rows(builder.finish());
  const TemporaryFile file("model.json");
  REQUIRE(save_linear_model(model, file.path()));
  CHECK(read_file(file.path()) == to_json(model));
  const Result<LinearModel> loaded = load_linear_model(file.path());
  REQUIRE(loaded);
  CHECK(loaded->spec() == model.spec());
}

TEST_CASE("a wrong member is named by its place in one sentence") {
  CHECK(message(good()) == "loaded");
  const auto change = [](std::string_view from, std::string_view to) { return message(replaced(from, to, good())); };
  CHECK(change(R"("scale": 60)", R"("scale": 0)") ==
        "m.json: found 0 at numeric[1].scale, expected a finite number above 0");
  CHECK(change(R"("scale": 60)", R"("scale": "wide")") ==
        "m.json: found \"wide\" at numeric[1].scale, expected a number");
  CHECK(change(R"("scale": 60, )", "") == "m.json: found no member scale at numeric[1], expected one");
  CHECK(change(R"("intercept": -0.75,)", "") == "m.json: found no member intercept at the top level, expected one");
  CHECK(change(R"("intercept": -0.75)", R"("intercept": null)") ==
        "m.json: found null at intercept, expected a number");
  CHECK(change(R"("kind": "logistic")", R"("kind": "forest")") ==
        "m.json: found \"forest\" at kind, expected one of \"linear\", \"logistic\"");
  CHECK(change(R"("kind": "logistic")", R"("kind": "linear")") ==
        "m.json: found 0.4 at threshold, expected none, as the model is linear");
  CHECK(
      change(R"("threshold": 0.4)", R"("treshold": 0.4)") ==
      "m.json: found a member \"treshold\" at the top level, expected one of format, version, kind, derived, numeric, "
      "categorical, coefficients, intercept, threshold, golden, metadata, statistics");
  CHECK(change(R"("missing": "mean")", R"("missing": "median")") ==
        "m.json: found \"median\" at numeric[0].missing, expected one of \"error\", \"mean\", \"value\", \"nan\"");
  CHECK(change(R"("missing": "value")", R"("missing": "mean")") ==
        "m.json: found 100 at numeric[1].missing_value, expected none, as missing is not \"value\"");
  CHECK(change(R"("floor": 1)", R"("floor": 0)") ==
        "m.json: found 0 at derived[0].floor, expected a finite number above 0");
  CHECK(change(R"(, "floor": 1)", "") == "m.json: found no member floor at derived[0], expected one");
  CHECK(change(R"(["US", "NA"])", R"(["US", 7])") ==
        "m.json: found 7 at categorical[0].categories[1], expected a text");
  CHECK(change(R"(["US", "NA"])", R"(["US", "US"])") ==
        "m.json: found 'US' again at categorical[0].categories[1], expected each category once");
  CHECK(change(R"(["US", "NA"])", R"("US")") == "m.json: found \"US\" at categorical[0].categories, expected an array");
  CHECK(change("[1.5, -0.25, ", "[1.5, ") ==
        "m.json: found 5 numbers at coefficients, expected 6, one for each numeric feature and each column of a "
        "category");
  CHECK(change("[1.5, -0.25, ", "[1.5, [], ") == "m.json: found an array of 0 at coefficients[1], expected a number");
  CHECK(change(R"("metadata": {"rows": 1000, "auc": 0.96})", R"("metadata": 7)") ==
        "m.json: found 7 at metadata, expected an object");
  CHECK_THAT(change(R"("minutes": 120.5, "c)", R"("minutes": 121.5, "c)"),
             StartsWith("m.json: found 0.365") && ContainsSubstring(" at golden.rows[0].score, expected 0.364"));
  CHECK(change(R"("minutes": 120.5, "c)", R"("minutes": "many", "c)") ==
        "m.json: found a text at golden.rows[0].inputs.minutes, expected a number");
  CHECK(change(R"("minutes": 120.5, "c)", R"("minutes": [], "c)") ==
        "m.json: found an array of 0 at golden.rows[0].inputs.minutes, expected a number, a text, true, false or null");
  CHECK(change(R"("minutes": 120.5, "c)", R"("c)") ==
        "m.json: found no 'minutes' at golden.rows[0].inputs, expected every column that the model reads");
}

TEST_CASE("a file of another kind or of a newer version says so before all else") {
  CHECK(message("[]") == "m.json: found an array of 0 at the top level, expected an object");
  CHECK(message("{}") == "m.json: found no member format at the top level, expected one");
  CHECK(message(R"({"learner": {}})") == "m.json: found no member format at the top level, expected one");
  CHECK(message(R"({"format": "onnx"})") == "m.json: found \"onnx\" at format, expected \"penstock-linear-model\"");
  CHECK(message(R"({"format": "penstock-linear-model", "version": 3, "layers": []})") ==
        "m.json: found 3 at version, expected 1 or 2: a newer penstock wrote this file");
  CHECK(message(R"({"format": "penstock-linear-model", "version": "1"})") ==
        "m.json: found \"1\" at version, expected 1 or 2");
  CHECK(message(R"({"format": "penstock-linear-model", "version": 0})") ==
        "m.json: found 0 at version, expected 1 or 2");
}

TEST_CASE("what is no JSON is refused with the byte and the line") {
  CHECK(message("") ==
        "m.json, byte 0: found no JSON from line 1 on, expected JSON (numbers are finite, text is UTF-8)");
  CHECK_THAT(message("{\n\"a\": NaN}"), StartsWith("m.json, byte 7: found no JSON from line 2 on"));
  CHECK_THAT(message("{\"a\": Infinity}"), StartsWith("m.json, byte 6: found no JSON"));
  CHECK_THAT(message("{\"a\": \"\n\"}"), StartsWith("m.json, byte 7: found no JSON from line 1 on"));
  CHECK_THAT(message("{\"a\": \"\xFF\"}"), ContainsSubstring("text is UTF-8"));
  CHECK_THAT(message(good() + "x"), ContainsSubstring("found no JSON"));
  CHECK_THAT(message(good() + '\0'), ContainsSubstring("found no JSON"));
  CHECK(message("{\"a\": 1e999}") == "m.json: found a number too large for a double, expected finite numbers");
}

TEST_CASE("a file that is cut off anywhere is refused") {
  const std::string text = good();
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK_THAT(message(text.substr(0, size)), StartsWith("m.json, byte ") && ContainsSubstring("found no JSON"));
  }
}

TEST_CASE("a member that stands there twice is refused") {
  CHECK(message(replaced(R"("intercept": -0.75)", R"("intercept": -0.75, "intercept": 1)")) ==
        "m.json: found the member \"intercept\" twice in one object, expected once");
  CHECK(message(R"({"a": {"b": 1}, "c": {"b": 1}, "a": 2})") ==
        "m.json: found the member \"a\" twice in one object, expected once");
}

TEST_CASE("a hostile file costs no more than the limits") {
  CHECK(message(std::string(1'000'000, '[')) == "m.json: found arrays or objects 33 deep, expected at most 32");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(message(objects) == "m.json: found arrays or objects 33 deep, expected at most 32");
  std::string many = "[0";
  for (int i = 0; i < 2'000'000; ++i) many += ",0";
  CHECK(message(many) == "m.json: found more than 1000000 values, expected fewer, or a larger limit");
  CHECK(message("[0,0,0,0]", {.max_values = 4}) ==
        "m.json: found more than 4 values, expected fewer, or a larger limit");
  CHECK(message("[0,0,0]", {.max_values = 4}) == "m.json: found an array of 3 at the top level, expected an object");
  CHECK(message(good(), {.max_bytes = 100}) ==
        "m.json: found more than 100 bytes, expected a smaller file, or a larger limit");
  CHECK(message("\"" + std::string(1'000'000, 'x') + "\"").size() < 200);
  std::string small = "[0";  // with a parser whose time is quadratic in them, this test takes minutes
  for (int i = 0; i < 400'000; ++i) small += ",{\"a\":0}";
  CHECK(message(small + "]") == "m.json: found an array of 400001 at the top level, expected an object");
}

TEST_CASE("a golden row of many columns in another order costs no more than in the model's") {
  // A search through the inputs for each column would take a minute here.
  std::string numeric, coefficients, inputs;
  constexpr int columns = 100'000;
  for (int i = 0; i < columns; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    numeric += comma + "{\"name\":\"c" + std::to_string(2 * columns - i) + "\",\"mean\":0,\"scale\":1}";
    coefficients += comma + "0";
    inputs += comma + "\"c" + std::to_string(2 * columns - i) + "\":1";
  }
  const std::string text = R"({"format":"penstock-linear-model","version":1,"kind":"linear","numeric":[)" + numeric +
                           R"(],"coefficients":[)" + coefficients + R"(],"intercept":2,"golden":{"rows":[{"inputs":{)" +
                           inputs + R"(},"score":2}]}})";
  const auto model = parse_linear_model(text, "m.json");
  REQUIRE(model);
  CHECK(model->spec().golden.rows[0].inputs.front().column == "c200000");
  CHECK(model->spec().golden.rows[0].inputs.back().column == "c100001");
}

TEST_CASE("the errors of the file system are reported") {
  CHECK_THAT(load_linear_model("no/such/model.json").error().what(),
             StartsWith("no/such/model.json: found No such file or directory"));
  CHECK_FALSE(load_linear_model(std::filesystem::temp_directory_path().string()));
  const LinearModel model({.kind = LinearModelKind::linear, .intercept = 2.5});
  CHECK_THAT(save_linear_model(model, "no/such/model.json").error().what(),
             StartsWith("no/such/model.json") && ContainsSubstring("No such file or directory"));
  const TemporaryFile file("cap.json");
  REQUIRE(save_linear_model(model, file.path()));
  CHECK(load_linear_model(file.path()));
  CHECK_THAT(load_linear_model(file.path(), {.max_bytes = 20}).error().what(), ContainsSubstring("more than 20 bytes"));
}

TEST_CASE("metadata that is written can be read back, and deeper one is not written") {
  const auto nested = [](int depth) {
    const auto n = static_cast<std::size_t>(depth);
    return "{\"a\":" + std::string(n - 1, '[') + std::string(n - 1, ']') + "}";
  };
  LinearModelSpec spec{.kind = LinearModelKind::linear, .metadata = nested(31)};
  CHECK(parse_linear_model(to_json(LinearModel(spec)), "m").value().spec().metadata == spec.metadata);
  spec.metadata = nested(32);
  CHECK_THROWS_WITH(to_json(LinearModel(spec)), ContainsSubstring("arrays or objects 32 deep"));
}

TEST_CASE("a model that JSON cannot hold is not written") {
  LinearModelSpec spec{.categorical = {{"t", {"\xFF"}, Unseen::ignore, MissingText::ignore}}, .coefficients = {1}};
  CHECK_THROWS_WITH(to_json(LinearModel(spec)), ContainsSubstring("a model file holds UTF-8"));
  spec.categorical[0].categories[0] = "x";
  spec.metadata = "not json";
  CHECK_THROWS_WITH(to_json(LinearModel(spec)), StartsWith("LinearModelSpec.metadata, byte 1: found no JSON"));
  spec.metadata = "[1]";
  CHECK_THROWS_WITH(to_json(LinearModel(spec)), ContainsSubstring("expected an object"));
}

TEST_CASE("the example of the documentation is loaded, and so is what it is saved as") {
  const std::string page = read_file(PENSTOCK_REFERENCE_DIR "/../../docs/model-file.md");
  const std::string fence = "```json\n";
  const auto first = page.find(fence);
  REQUIRE(first != std::string::npos);
  const auto begin = first + fence.size();
  const LinearModel model = parse_linear_model(page.substr(begin, page.find("```", begin) - begin), "page").value();
  CHECK(model.spec().golden.rows.size() == 2);
  CHECK(model.coefficient_names() == std::vector<std::string>{"days", "minutes", "success_rate", "engagement",
                                                              "country=US", "country=NA", "country=DE",
                                                              "country (other)", "country (missing)"});
  CHECK(parse_linear_model(to_json(model), "again").value().spec() == model.spec());
}

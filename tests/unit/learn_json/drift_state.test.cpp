// SPDX-License-Identifier: MIT
// Detectors and models that react, saved in mid-stream: the rest of the stream gives the same answers.
#include "penstock/adapters/json/state.hpp"
#include "penstock/learn/drift/adwin.hpp"
#include "penstock/learn/drift/ddm.hpp"
#include "penstock/learn/drift/hddm_a.hpp"
#include "penstock/learn/drift/kswin.hpp"
#include "penstock/learn/drift/page_hinkley.hpp"
#include "penstock/learn/drift/reaction.hpp"
#include "penstock/learn/sgd.hpp"

#include "catch.hpp"
#include "unit/learn/drift/support.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace penstock;

namespace {

/// 0 and 1, whose rate changes at each thousand.
std::vector<double> errors() {
  test::Uniforms next(8);
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) values.push_back(next() < (i / 1000 % 2 == 0 ? 0.1 : 0.6) ? 1 : 0);
  return values;
}

template <drift_detector D>
void check_going_on(const D& made) {
  const auto values = errors();
  std::size_t drifts = 0;
  for (const std::size_t cut : {std::size_t{0}, std::size_t{7}, std::size_t{1500}, std::size_t{3001}}) {
    D whole = made;
    for (std::size_t i = 0; i < cut; ++i) (void)whole.update(values[i]);
    const std::string text = dump_state(whole);
    D loaded = made;
    (void)loaded.update(1);
    parse_state(text, "d.json", loaded).value();
    CHECK(dump_state(loaded) == text);
    for (std::size_t i = cut; i < values.size(); ++i) {
      const DriftStatus status = whole.update(values[i]);
      REQUIRE(loaded.update(values[i]) == status);
      drifts += status == DriftStatus::drift;
    }
    CHECK(dump_state(loaded) == dump_state(whole));
  }
  CHECK(drifts > 0);
}
/// In the moment of a drift: what begins anew with the next value does so after loading as well.
template <drift_detector D>
void check_drifted(const D& made) {
  D whole = made, loaded = made;
  for (const double value : errors()) {
    if (whole.update(value) == DriftStatus::drift) break;
  }
  REQUIRE(whole.detected());
  parse_state(dump_state(whole), "d.json", loaded).value();
  CHECK(loaded.detected());
  (void)whole.update(1);
  (void)loaded.update(1);
  CHECK(dump_state(loaded) == dump_state(whole));
}

template <class D>
std::string refused(const D& made, std::string_view from, std::string_view to) {
  D full = made, object = made;
  const auto values = errors();
  for (std::size_t i = 0; i < 900; ++i) (void)full.update(values[i]);
  std::string text = dump_state(full);
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  const Result<void> result = parse_state(text.replace(at, from.size(), to), "d", object);
  CHECK(dump_state(object) == dump_state(made));
  return result ? "taken" : result.error().what();
}

}  // namespace

TEST_CASE("a detector that is loaded goes on as the one that was saved") {
  const Kswin kswin({.alpha = 1e-4, .seed = 3});
  check_going_on(Adwin());
  check_going_on(Adwin({.clock = 1, .max_buckets = 2, .keep_window = true}));
  check_going_on(PageHinkley({.threshold = 20}));
  check_going_on(Ddm());
  check_going_on(HddmA());
  check_going_on(kswin);
  check_going_on(WithWarning(Adwin({.delta = 0.1}), Adwin()));
  check_drifted(Adwin());
  check_drifted(PageHinkley({.threshold = 20}));
  check_drifted(Ddm());
  check_drifted(HddmA());
  check_drifted(kswin);
}

TEST_CASE("a state that no detector could have is refused") {
  CHECK_THAT(refused(Adwin(), "\"clock\": 32", "\"clock\": 31"), ContainsSubstring("state.options.clock, expected 32"));
  CHECK_THAT(refused(Adwin(), "\"bucket_counts\": [", "\"bucket_counts\": [1, "),
             ContainsSubstring("at state.bucket_totals, expected as many numbers as there are buckets"));
  CHECK_THAT(refused(Adwin(), "\"bucket_counts\": [", "\"bucket_counts\": [0, "),
             ContainsSubstring("at state.bucket_counts, expected from 1 to max_buckets"));
  CHECK_THAT(refused(Adwin(), "\"bucket_counts\": [", "\"bucket_counts\": [6, "),
             ContainsSubstring("at state.bucket_counts"));
  CHECK_THAT(refused(Adwin(), "\"bucket_squares\": [", "\"bucket_squares\": [-1, "),
             ContainsSubstring("at state.bucket_squares"));
  CHECK_THAT(refused(PageHinkley(), "\"n\": 900", "\"n\": 0.5"),
             ContainsSubstring("at state.n, expected a whole number"));
  CHECK_THAT(refused(PageHinkley(), "\"mode\": \"both\"", "\"mode\": \"up\""), ContainsSubstring("state.options.mode"));
  CHECK_THAT(refused(Ddm(), "\"error_rate\": 0", "\"error_rate\": 3"), ContainsSubstring("at state.error_rate"));
  CHECK_THAT(refused(Ddm(), "\"status\": 0", "\"status\": 3"),
             ContainsSubstring("at state.status, expected 0, 1 or 2"));
  CHECK_THAT(refused(Kswin({.alpha = 1e-9}), "\"window\": [", "\"window\": [1, "),
             ContainsSubstring("at state.window, expected at most window_size"));
  CHECK_THAT(refused(Kswin({.window_size = 1000}), "\"window\": [", "\"window\": [\"inf\", "),
             ContainsSubstring("at state.window, expected finite numbers"));
}

TEST_CASE("a model that reacts is saved with its detector and its challenger") {
  test::Uniforms next(4);
  struct Row {
    std::array<double, 2> x;
    double y;
  };
  std::vector<Row> rows;
  for (int i = 0; i < 4000; ++i) {
    const double a = next() - 0.5, b = next() - 0.5;
    rows.push_back({{a, b}, ((a + b > 0) == (i < 2000)) != (next() < 0.1) ? 1.0 : 0.0});
  }
  const OnDrift made(
      SgdClassifier({.loss = Loss::log_loss, .learning_rate = LearningRate::invscaling, .eta0 = 1, .power_t = 0.75}),
      Ddm{}, SwapOnDrift{.minimum_rows = 5}, ZeroOneError{});
  auto whole = made;
  std::size_t with_challenger = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (whole.has_challenger() && with_challenger == 0) with_challenger = i;
    whole.learn_one(rows[i].x, rows[i].y);
  }
  REQUIRE(whole.stats().swaps > 0);
  REQUIRE(with_challenger > 0);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1000}, with_challenger + 1}) {
    auto first = made, second = made;
    for (std::size_t i = 0; i < cut; ++i) first.learn_one(rows[i].x, rows[i].y);
    parse_state(dump_state(first), "m", second).value();
    CHECK(second.has_challenger() == first.has_challenger());
    for (std::size_t i = cut; i < rows.size(); ++i) second.learn_one(rows[i].x, rows[i].y);
    CHECK(dump_state(second) == dump_state(whole));
  }
}

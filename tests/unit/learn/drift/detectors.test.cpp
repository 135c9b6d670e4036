// SPDX-License-Identifier: MIT
// ADWIN, Page-Hinkley, DDM and KSWIN, held to River: the same detections, and the same figures to the last bit.
#include "penstock/learn/drift/adwin.hpp"
#include "penstock/learn/drift/ddm.hpp"
#include "penstock/learn/drift/hddm_a.hpp"
#include "penstock/learn/drift/kswin.hpp"
#include "penstock/learn/drift/page_hinkley.hpp"

#include "catch.hpp"
#include "unit/learn/drift/support.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

using namespace penstock;

namespace {

std::size_t whole(double x) { return static_cast<std::size_t>(x); }

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

/// Shows both the same numbers, one of them refused ones in between: they must say the same.
template <drift_detector D>
void check_refusals(D detector, const std::vector<double>& refused) {
  D untouched = detector;
  test::Uniforms next(5);
  const auto same = [&](double x) {
    CHECK(detector.update(x) == untouched.update(x));
    CHECK(detector.detected() == untouched.detected());
  };
  for (int i = 0; i < 400; ++i) same(next() < 0.2 ? 1 : 0);
  for (const double x : refused) {
    CHECK_THROWS_AS(detector.update(x), Error);
    CHECK(detector.detected() == untouched.detected());
  }
  for (int i = 0; i < 2000; ++i) {
    same(next() < 0.7 ? 1 : 0);
    if (!detector.detected()) continue;
    // The reset after a drift waits for the next number, too.
    for (const double x : refused) CHECK_THROWS_AS(detector.update(x), Error);
    CHECK(detector.detected());
  }
}

}  // namespace

TEST_CASE("ADWIN detects where River's does, with its widths and sums") {
  int cases = 0;
  for (const auto& c : test::golden_cases("drift.txt", "adwin")) {
    const auto& o = c.one("options");
    Adwin detector({.delta = o[0],
                    .clock = whole(o[1]),
                    .max_buckets = whole(o[2]),
                    .min_window_length = whole(o[3]),
                    .grace_period = whole(o[4]),
                    .keep_window = o[5] != 0});
    CAPTURE(cases);
    int different = 0;
    const auto found = test::detect(detector, c, [&](std::size_t, const std::vector<double>& at) {
      different += static_cast<double>(detector.width()) != at[1] || detector.total() != at[2] ||
                   detector.estimation() != at[2] / at[1] || detector.variance() != std::max(0.0, at[3]) / at[1];
    });
    CHECK(different == 0);
    CHECK(found.drifts == c.one("detections"));
    CHECK(detector.n_detections() == found.drifts.size());
    ++cases;
  }
  CHECK(cases == 48);
}

TEST_CASE("ADWIN's memory is logarithmic in its width") {
  Adwin detector;
  for (int i = 0; i < 1'000'000; ++i) {
    (void)detector.update(0.25);
    const double rows = 1 + std::log2(static_cast<double>(detector.width()));
    if (static_cast<double>(detector.buckets()) > 6 * (rows + 1)) FAIL("too many buckets at " << i);
  }
  CHECK(detector.width() == 1'000'000);
  CHECK(detector.buckets() == 6 * 18);
  CHECK(detector.estimation() == 0.25);
  CHECK(detector.variance() == 0);
}

TEST_CASE("Page-Hinkley detects where River's does, in each direction") {
  int cases = 0, drifts[3] = {};
  for (const auto& c : test::golden_cases("drift.txt", "page_hinkley")) {
    const auto& o = c.one("options");
    const auto mode = static_cast<PageHinkleyMode>(o[4]);
    PageHinkley detector({.min_instances = whole(o[0]), .delta = o[1], .threshold = o[2], .alpha = o[3], .mode = mode});
    CAPTURE(cases);
    int different = 0;
    const auto found = test::detect(detector, c, [&](std::size_t, const std::vector<double>& at) {
      different += detector.increase() != at[1] || detector.decrease() != at[2] || detector.mean() != at[3];
    });
    CHECK(different == 0);
    CHECK(found.drifts == c.one("detections"));
    drifts[whole(o[4])] += static_cast<int>(found.drifts.size());
    ++cases;
  }
  CHECK(cases == 54);
  CHECK(drifts[0] > 20);
  CHECK(drifts[1] > 20);
  CHECK(drifts[2] >= std::max(drifts[0], drifts[1]));
}

TEST_CASE("DDM warns and detects where River's does") {
  int cases = 0;
  for (const auto& c : test::golden_cases("drift.txt", "ddm")) {
    const auto& o = c.one("options");
    Ddm detector({.warm_start = whole(o[0]), .warning_threshold = o[1], .drift_threshold = o[2]});
    CAPTURE(cases);
    int different = 0;
    const auto found = test::detect(
        detector, c, [&](std::size_t, const std::vector<double>& at) { different += detector.error_rate() != at[1]; });
    CHECK(different == 0);
    CHECK(found.drifts == c.one("detections"));
    CHECK(found.warnings == c.one("warnings"));
    ++cases;
  }
  CHECK(cases == 12);
}

TEST_CASE("HDDM-A warns and detects where River's does, in one direction and in both") {
  int cases = 0;
  for (const auto& c : test::golden_cases("drift.txt", "hddm_a")) {
    const auto& o = c.one("options");
    HddmA detector({.drift_confidence = o[0], .warning_confidence = o[1], .two_sided_test = o[2] != 0});
    CAPTURE(cases);
    int different = 0;
    const auto found = test::detect(
        detector, c, [&](std::size_t, const std::vector<double>& at) { different += detector.mean() != at[1]; });
    CHECK(different == 0);
    CHECK(found.drifts == c.one("detections"));
    CHECK(found.warnings == c.one("warnings"));
    ++cases;
  }
  CHECK(cases == 15);
}

TEST_CASE("KSWIN is its oracle with SciPy's p-values") {
  int cases = 0;
  for (const auto& c : test::golden_cases("drift.txt", "kswin")) {
    const auto& o = c.one("options");
    Kswin detector({.alpha = o[0],
                    .window_size = whole(o[1]),
                    .stat_size = whole(o[2]),
                    .seed = static_cast<std::uint64_t>(o[3]),
                    .keep_window = o[4] != 0});
    CAPTURE(cases);
    const auto found = test::detect(detector, c, [&](std::size_t i, const std::vector<double>& at) {
      if (at.size() == 1) return;
      CAPTURE(i);
      // The oracle keeps its last p-value when it begins anew.
      if (!std::isnan(detector.p_value())) CHECK_THAT(detector.p_value(), WithinRel(at[1], 1e-9));
      CHECK(static_cast<double>(detector.width()) == at[2]);
    });
    CHECK(found.drifts == c.one("detections"));
    ++cases;
  }
  CHECK(cases == 12);
}

TEST_CASE("a detector refuses what is no number of its range, and is as before") {
  const std::vector<double> none{not_a_number, infinity, -infinity, 2e100, -2e100};
  check_refusals(Adwin({.clock = 1}), none);
  check_refusals(Adwin({.clock = 1, .keep_window = true}), none);
  check_refusals(PageHinkley({.threshold = 10}), none);
  check_refusals(Kswin(), none);
  check_refusals(Ddm(), {not_a_number, infinity, -0.1, 1.1});
  check_refusals(HddmA(), {not_a_number, infinity, -0.1, 1.1});

  Adwin adwin;
  (void)adwin.update(1);
  CHECK_THROWS_WITH(adwin.update(not_a_number),
                    ContainsSubstring("Adwin, row 2: found nan, expected a finite number from -1e100 to 1e100"));
  CHECK_THROWS_WITH(Ddm().update(2), ContainsSubstring("Ddm, row 1: found 2.0"));
}

TEST_CASE("a detector that was reset is as new") {
  const auto check = [](auto fresh) {
    auto used = fresh;
    test::Uniforms before(1);
    for (int i = 0; i < 777; ++i) (void)used.update(before() < 0.3 ? 1 : 0);
    used.reset();
    CHECK_FALSE(used.detected());
    test::Uniforms next(2);
    for (int i = 0; i < 1000; ++i) {
      const double x = next() < (i < 500 ? 0.1 : 0.6) ? 1 : 0;
      REQUIRE(used.update(x) == fresh.update(x));
    }
  };
  check(Adwin());
  check(PageHinkley({.threshold = 10}));
  check(Ddm());
  check(HddmA({.two_sided_test = true}));
}

TEST_CASE("a detector that cannot work is not made, and says why") {
  const auto says = [](const char* words) { return ContainsSubstring(words); };
  CHECK_THROWS_WITH(Adwin({.delta = 0}), says("AdwinOptions.delta is 0.000000; it must be between 0 and 1"));
  CHECK_THROWS_WITH(Adwin({.delta = not_a_number}), says("AdwinOptions.delta is nan"));
  CHECK_THROWS_WITH(Adwin({.clock = 0}), says("AdwinOptions.clock is 0; at least 1"));
  CHECK_THROWS_WITH(Adwin({.max_buckets = 1}), says("AdwinOptions.max_buckets is 1; it must be from 2"));
  CHECK_THROWS_WITH(Adwin({.max_buckets = static_cast<std::size_t>(-1)}), says("to 1,000,000"));
  CHECK_THROWS_WITH(Adwin({.max_buckets = 1'000'001}), says("AdwinOptions.max_buckets is 1000001; it must be from 2"));
  CHECK_THROWS_WITH(Adwin({.min_window_length = 0}), says("AdwinOptions.min_window_length is 0"));
  CHECK_THROWS_WITH(PageHinkley({.min_instances = 0}), says("PageHinkleyOptions.min_instances is 0"));
  CHECK_THROWS_WITH(PageHinkley({.delta = -1}), says("PageHinkleyOptions.delta is -1"));
  CHECK_THROWS_WITH(PageHinkley({.threshold = 0}), says("PageHinkleyOptions.threshold is 0"));
  CHECK_THROWS_WITH(PageHinkley({.alpha = 1.5}), says("PageHinkleyOptions.alpha is 1.5"));
  CHECK_THROWS_WITH(PageHinkley({.mode = static_cast<PageHinkleyMode>(7)}), says("PageHinkleyOptions.mode is 7"));
  CHECK_THROWS_WITH(Ddm({.warning_threshold = 0}), says("DdmOptions.warning_threshold is 0"));
  CHECK_THROWS_WITH(Ddm({.drift_threshold = 1}), says("at least warning_threshold, 2"));
  CHECK_THROWS_WITH(HddmA({.drift_confidence = 0}), says("HddmAOptions.drift_confidence is 0"));
  CHECK_THROWS_WITH(HddmA({.drift_confidence = 0.01}), says("HddmAOptions.warning_confidence is 0.005"));
  CHECK_THROWS_WITH(Kswin({.alpha = 1}), says("KswinOptions.alpha is 1"));
  CHECK_THROWS_WITH(Kswin({.stat_size = 0}), says("KswinOptions.stat_size is 0"));
  CHECK_THROWS_WITH(Kswin({.window_size = 59}),
                    says("KswinOptions.window_size is 59; it must be at least 2 stat_size, 60"));
}

TEST_CASE("what a detector says has a word") {
  CHECK(to_string(DriftStatus::none) == "none");
  CHECK(to_string(DriftStatus::warning) == "warning");
  CHECK(to_string(DriftStatus::drift) == "drift");
  CHECK(to_string(PageHinkleyMode::both) == "both");
}

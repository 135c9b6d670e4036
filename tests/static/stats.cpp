// SPDX-License-Identifier: MIT
// What is a statistic, and what makes it quicker; and the smallest of each goes through all that takes one.
#include "penstock/stats/block_bootstrap.hpp"
#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/combined.hpp"
#include "penstock/stats/effect_size.hpp"
#include "penstock/stats/histogram_bootstrap.hpp"
#include "penstock/stats/permutation_test.hpp"
#include "penstock/stats/poisson_bootstrap.hpp"
#include "penstock/stats/stratified.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace penstock {
namespace {

using Sample = std::span<const double>;

/// What is convertible to a double, and no more.
struct Number {
  operator double() const { return 1; }
};

/// The smallest statistic: it can be copied, and called while it is const.
struct Smallest {
  Smallest() = delete;
  Smallest(const Smallest&) = default;
  Smallest& operator=(const Smallest&) = delete;
  explicit Smallest(int) {}
  Number operator()(Sample) const { return {}; }
};

struct OfTwo {
  OfTwo() = delete;
  OfTwo(const OfTwo&) = default;
  OfTwo& operator=(const OfTwo&) = delete;
  explicit OfTwo(int) {}
  Number operator()(Sample, Sample) const { return {}; }
};

/// The smallest that takes counts.
struct Weighted : Smallest {
  struct Prepared {
    Prepared() = delete;
    Prepared(Prepared&&) = default;
    explicit Prepared(int) {}
    Number operator()(std::span<const std::uint8_t>, std::size_t) const { return {}; }
  };
  using Smallest::Smallest;
  Prepared prepare(Sample) const { return Prepared(1); }
};

/// The smallest that knows parts, and leaves out one.
struct Parts : Smallest {
  using Smallest::Smallest;
  auto prepare_parts(Sample) const {
    return [](std::span<const std::uint64_t>, std::size_t) { return std::array{1.0, 2.0}; };
  }
  void leave_one_out(Sample, std::span<double>) const {}
};

template <class Part>
struct Combined : OfTwo {
  using OfTwo::OfTwo;
  Part part() const { return Part(1); }
  Number combine(double, double) const { return {}; }
};

struct Changing {  // not const
  double operator()(Sample) { return 1; }
};
struct MoveOnly {
  std::unique_ptr<int> p;
  double operator()(Sample) const { return 1; }
};

static_assert(stats::statistic<Smallest>);
static_assert(stats::statistic<Number (*)(Sample)>);
static_assert(stats::statistic<Number(Sample)>);
static_assert(!stats::statistic<Changing>);
static_assert(!stats::statistic<MoveOnly>);
static_assert(!stats::statistic<OfTwo>);
static_assert(!stats::statistic<std::vector<double> (*)(Sample)>);
static_assert(stats::two_sample_statistic<OfTwo>);
static_assert(!stats::two_sample_statistic<Smallest>);
static_assert(stats::statistic_of<double (*)(Sample, Sample, Sample), 3>);
static_assert(stats::weighted_statistic<Weighted> && !stats::weighted_statistic<Smallest>);
static_assert(stats::part_statistic<Parts> && !stats::part_statistic<Weighted>);
static_assert(stats::leave_one_out_statistic<Parts> && !stats::leave_one_out_statistic<Weighted>);
static_assert(stats::combined_statistic<Combined<Smallest>> && !stats::combined_statistic<OfTwo>);
static_assert(stats::part_statistic<stats::Mean>);
static_assert(stats::two_sample_statistic<stats::CliffsDelta>);
static_assert(!stats::sample_range<std::vector<const char*>>);
static_assert(!stats::sample_range<double>);

[[maybe_unused]] void all_that_take_one(const std::vector<float>& x) {
  (void)bootstrap(x, Smallest(1));
  (void)bootstrap(x, Weighted(1));
  (void)bootstrap(x, Parts(1));
  (void)bootstrap(stats::stratified(x, x), Weighted(1));
  (void)bootstrap(stats::blocks(x), Smallest(1), {});
  (void)bootstrap(stats::samples(x, x), OfTwo(1));
  (void)bootstrap(stats::paired(x, x), Combined<Weighted>(1));
  (void)bootstrap(stats::samples(x, x), Combined<Smallest>(1));
  (void)permutation_test(x, x, OfTwo(1));
  (void)permutation_test(x, x, Combined<Weighted>(1));
  (void)permutation_test(x, x, Combined<Parts>(1));
  (void)permutation_test(stats::samples(x), Smallest(1));
}

}  // namespace
}  // namespace penstock

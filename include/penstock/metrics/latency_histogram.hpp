// SPDX-License-Identifier: MIT
#pragma once

// Counts of durations by size, to a stated number of decimal digits, in memory that does not grow with their number.
//
//     LatencyHistogram latency;                     // 3 digits: each value is known to 0.1 %
//     latency.record(1ms);
//     latency.record(1'250'000);                    // integers are nanoseconds
//     latency.value_at_quantile(0.99);              // nanoseconds
//     latency.values_at_quantiles({0.5, 0.99, 1});  // in one pass
//
// The buckets are those of HdrHistogram, metrics/hdr_buckets.hpp. Only the stretch between the least and the greatest
// value is held in memory. To record from many threads: metrics/concurrent_histogram.hpp.

#include "penstock/config.hpp"
#include "penstock/core/math.hpp"
#include "penstock/metrics/hdr_buckets.hpp"
#include "penstock/metrics/wide_sum.hpp"

#include <algorithm>         // max, min
#include <chrono>            // nanoseconds
#include <cstddef>           // size_t
#include <cstdint>           // int64_t, uint64_t
#include <initializer_list>  // initializer_list
#include <limits>            // numeric_limits
#include <span>              // span
#include <stdexcept>         // invalid_argument
#include <string>            // to_string
#include <utility>           // exchange, move
#include <vector>            // vector

namespace penstock {
inline namespace v0 {

/// What a histogram can tell apart, and what it holds.
struct LatencyHistogramOptions {
  int significant_digits = 3;  ///< 1 to 5: a value is known to 10^-digits of itself
  std::int64_t lowest = 1;     ///< ns, at least 1: values that differ by less need not be told apart
  std::int64_t highest = std::numeric_limits<std::int64_t>::max();  ///< ns; values above are counted as above_range()
  bool auto_resize = true;  ///< memory follows the values; false takes all of it at once, and recording never allocates

  friend bool operator==(const LatencyHistogramOptions&, const LatencyHistogramOptions&) = default;
};

/// The figures of a histogram at one moment, as they are written to files; by its own conventions, in nanoseconds.
struct LatencySummary {
  std::uint64_t count = 0;        ///< values in the range
  std::uint64_t below_range = 0;  ///< values below, not in the other figures
  std::uint64_t above_range = 0;  ///< values above, not in the other figures
  std::int64_t min_ns = 0;        ///< 0 if there are no values
  std::int64_t max_ns = 0;        ///< 0 if there are no values
  double mean_ns = 0;             ///< of the values, not their buckets
  double stddev_ns = 0;           ///< of the buckets' middles
  std::int64_t p50_ns = 0;        ///< value_at_quantile(0.5)
  std::int64_t p95_ns = 0;        ///< value_at_quantile(0.95)
  std::int64_t p99_ns = 0;        ///< value_at_quantile(0.99)
  std::int64_t p999_ns = 0;       ///< value_at_quantile(0.999)

  friend bool operator==(const LatencySummary&, const LatencySummary&) = default;
};

namespace detail {

struct HistogramAccess;

}  // namespace detail

/// A histogram of durations in nanoseconds. Count, least, greatest and mean are exact; quantiles are known to
/// 10^-significant_digits of their value, or to `lowest` if that is more. Values below 0 and above `highest` are in
/// none of these, but counted apart. Counters are of 64 bits.
/// Memory: 8 bytes a bucket; with 3 digits 8 KiB for each power of two between the least and the greatest value, so at
/// most 432 KiB (4 digits: 6.3 MiB, 5 digits: 47 MiB).
/// Not thread-safe: one histogram for each recording thread, and merge, or ConcurrentHistogram, which does that.
class LatencyHistogram {
 public:
  /// @throws std::invalid_argument that names the option if it is out of range.
  explicit LatencyHistogram(const LatencyHistogramOptions& options = {})
      : options_(checked(options)), buckets_(options.significant_digits, options.lowest) {
    if (!options.auto_resize) counts_.resize(index_of(static_cast<std::uint64_t>(options.highest)) + 1);
  }
  LatencyHistogram(const LatencyHistogram&) = default;  ///< the same counts
  /// Takes over; the other is empty, has no memory, and may be used again.
  LatencyHistogram(LatencyHistogram&& other) noexcept
      : options_(other.options_),
        buckets_(other.buckets_),
        counts_(std::exchange(other.counts_, {})),
        first_(other.first_),
        count_(other.count_),
        below_(other.below_),
        above_(other.above_),
        min_(other.min_),
        max_(other.max_),
        sum_(other.sum_) {
    other.reset();
  }
  LatencyHistogram& operator=(const LatencyHistogram&) = default;   ///< the same counts
  LatencyHistogram& operator=(LatencyHistogram&& other) noexcept {  ///< as when it is made of the other
    if (this == &other) return *this;
    options_ = other.options_;
    buckets_ = other.buckets_;
    counts_ = std::exchange(other.counts_, {});
    first_ = other.first_;
    count_ = other.count_;
    below_ = other.below_;
    above_ = other.above_;
    min_ = other.min_;
    max_ = other.max_;
    sum_ = other.sum_;
    other.reset();
    return *this;
  }
  ~LatencyHistogram() = default;

  [[nodiscard]] const LatencyHistogramOptions& options() const noexcept { return options_; }  ///< as it was made

  /// One more value, in nanoseconds; O(1), about 2 ns. @throws std::bad_alloc, with nothing changed, where it has to
  /// grow and cannot.
  void record(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(ns);
    if (value > static_cast<std::uint64_t>(options_.highest)) [[unlikely]]
      return count_outside(ns, 1);
    ++slot(index_of(value));
    ++count_;
    sum_.add(value);
    note_extremes(value, value);
  }
  /// One more duration.
  void record(std::chrono::nanoseconds duration) { record(static_cast<std::int64_t>(duration.count())); }
  /// The same value `count` times; O(1).
  void record(std::int64_t ns, std::uint64_t count) {
    if (count == 0) return;
    const auto value = static_cast<std::uint64_t>(ns);
    if (value > static_cast<std::uint64_t>(options_.highest)) return count_outside(ns, count);
    slot(index_of(value)) += count;
    count_ += count;
    sum_.add_product(value, count);
    note_extremes(value, value);
  }

  /// One more value from a loop that should have measured each `interval` but was held up by what it measured: also
  /// counts the values that it missed, `ns - interval`, `ns - 2 interval`, ..., down to `interval`. Without it, one
  /// long pause counts once and hides (coordinated omission). An interval below 1 corrects nothing. O(buckets below the
  /// value), however many are added.
  void record_corrected(std::int64_t ns, std::int64_t interval) {
    record(ns);
    if (interval < 1) return;
    while (ns > 0 && ns - interval >= interval) {
      ns -= interval;
      // All of the arithmetic progression that falls into one bucket goes there at once.
      const auto value = static_cast<std::uint64_t>(ns);
      const bool above = ns > options_.highest;
      const std::int64_t floor = std::max(above ? options_.highest + 1 : lowest_at(index_of(value)), interval);
      const std::int64_t steps = (ns - floor) / interval;
      const auto last = static_cast<std::uint64_t>(ns - steps * interval);
      const auto n = static_cast<std::uint64_t>(steps) + 1;
      if (above) {
        above_ += n;
      } else {
        slot(index_of(value)) += n;
        count_ += n;
        if (n % 2 == 0) {
          sum_.add_product(n / 2, value + last);
        } else {
          sum_.add_product(n, last + (value - last) / 2);  // an even number of steps, so the middle is a whole number
        }
        note_extremes(last, value);
      }
      ns = static_cast<std::int64_t>(last);
    }
  }
  /// The same for durations.
  void record_corrected(std::chrono::nanoseconds duration, std::chrono::nanoseconds interval) {
    record_corrected(static_cast<std::int64_t>(duration.count()), static_cast<std::int64_t>(interval.count()));
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }        ///< values in range
  [[nodiscard]] std::uint64_t below_range() const noexcept { return below_; }  ///< values below 0, in nothing else
  [[nodiscard]] std::uint64_t above_range() const noexcept { return above_; }  ///< values above highest, likewise
  [[nodiscard]] std::int64_t min() const noexcept { return count_ == 0 ? 0 : min_; }  ///< least value, exact; 0 if none
  [[nodiscard]] std::int64_t max() const noexcept { return max_; }  ///< greatest value, exact; 0 if none
  /// The sum in nanoseconds, exact to the rounding of a double; more values never make it less.
  [[nodiscard]] double sum() const noexcept { return sum_.to_double(); }
  /// The mean, exact to the rounding of a double; 0 if there is no value.
  [[nodiscard]] double mean() const noexcept { return count_ == 0 ? 0 : sum() / static_cast<double>(count_); }
  /// The standard deviation of the values (divided by the count), each taken as the middle of its bucket; 0 if none.
  [[nodiscard]] double stddev() const {
    if (count_ == 0) return 0;
    double squares = 0;
    for_each_bucket([&](std::int64_t low, std::int64_t high, std::uint64_t n) {
      const double distance = static_cast<double>(low) + static_cast<double>(high - low) / 2 - mean();
      squares += distance * distance * static_cast<double>(n);
    });
    return detail::square_root(squares / static_cast<double>(count_));
  }

  /// The value at rank ceil(q * count) among the values in ascending order, at least the first; given, as by
  /// HdrHistogram, as the highest value that its bucket holds, so it may exceed max() by 10^-digits. q = 0 gives the
  /// lowest value that the first bucket holds. 0 if there is no value. O(buckets).
  /// @throws std::invalid_argument unless 0 <= q <= 1.
  [[nodiscard]] std::int64_t value_at_quantile(double q) const {
    const std::uint64_t wanted = rank_of(q);
    if (count_ == 0) return 0;
    std::uint64_t seen = 0;
    return value_of(q, first_ + bucket_of_rank(0, wanted, seen));
  }
  /// The same for several quantiles, in any order, in one pass over the buckets. O(buckets + m^2) for m quantiles.
  /// @throws std::invalid_argument unless each is from 0 to 1.
  [[nodiscard]] std::vector<std::int64_t> values_at_quantiles(std::span<const double> quantiles) const {
    struct Wanted {
      std::uint64_t rank;
      std::size_t place;
    };
    std::vector<Wanted> wanted;  // by rank; they are few
    for (std::size_t i = 0; i < quantiles.size(); ++i) {
      const Wanted next{rank_of(quantiles[i]), i};
      auto at = wanted.end();
      while (at != wanted.begin() && (at - 1)->rank > next.rank) --at;
      wanted.insert(at, next);
    }
    std::vector<std::int64_t> values(quantiles.size());
    if (count_ == 0) return values;
    std::uint64_t seen = 0;  // values before bucket i
    std::size_t i = 0;
    for (const Wanted& next : wanted) {
      i = bucket_of_rank(i, next.rank, seen);
      values[next.place] = value_of(quantiles[next.place], first_ + i);
    }
    return values;
  }
  /// The same for a list of them.
  [[nodiscard]] std::vector<std::int64_t> values_at_quantiles(std::initializer_list<double> quantiles) const {
    return values_at_quantiles(std::span<const double>(quantiles.begin(), quantiles.size()));
  }

  /// The share of values that are at most `ns` or not told apart from it, in [0, 1]; 0 if there is no value.
  [[nodiscard]] double fraction_at_or_below(std::int64_t ns) const {
    if (count_ == 0 || ns < 0) return 0;
    const std::size_t end = index_of(static_cast<std::uint64_t>(ns)) + 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size() && first_ + i < end; ++i) seen += counts_[i];
    return static_cast<double>(seen) / static_cast<double>(count_);
  }

  /// Calls `visit(lowest, highest, count)` for each bucket that has values, in ascending order; both ends belong to it.
  template <class Visit>
  void for_each_bucket(Visit visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(lowest_at(first_ + i), highest_at(first_ + i), counts_[i]);
    }
  }

  /// All figures at once.
  [[nodiscard]] LatencySummary summary() const {
    const auto quantiles = values_at_quantiles({0.5, 0.95, 0.99, 0.999});
    return {.count = count_,
            .below_range = below_,
            .above_range = above_,
            .min_ns = min(),
            .max_ns = max(),
            .mean_ns = mean(),
            .stddev_ns = stddev(),
            .p50_ns = quantiles[0],
            .p95_ns = quantiles[1],
            .p99_ns = quantiles[2],
            .p999_ns = quantiles[3]};
  }

  /// Adds all that the other has counted, as if it had been recorded here: exact, in any order.
  /// @throws std::invalid_argument, with nothing changed, if the digits, lowest or highest of the two differ.
  void merge(const LatencyHistogram& other) {
    require_same_buckets(other, "merge");
    if (other.count_ != 0) {
      const auto low = static_cast<std::uint64_t>(other.min_);
      const auto high = static_cast<std::uint64_t>(other.max_);
      hold_range_of(other);
      // What the other holds beyond its own least and greatest value is all zero, and may have no place here.
      for (std::size_t i = index_of(low); i <= index_of(high); ++i)
        counts_[i - first_] += other.counts_[i - other.first_];
      note_extremes(low, high);
    }
    count_ += other.count_;
    below_ += other.below_;
    above_ += other.above_;
    sum_.add(other.sum_);
  }

  /// What was counted since `earlier`, a copy or snapshot of this histogram from before: count, mean and buckets are
  /// exact; min() and max() are exact if they are new, else the ends of the buckets. O(buckets).
  /// @throws std::invalid_argument if the digits, lowest or highest differ, or if `earlier` has counted what this has
  /// not.
  [[nodiscard]] LatencyHistogram since(const LatencyHistogram& earlier) const {
    require_same_buckets(earlier, "since");
    LatencyHistogram change(*this);
    bool before = earlier.count_ <= count_ && earlier.below_ <= below_ && earlier.above_ <= above_;
    earlier.for_each_index([&](std::size_t index, std::uint64_t n) {
      const std::size_t i = index - first_;
      before = before && i < counts_.size() && counts_[i] >= n;
      if (before) change.counts_[i] -= n;
    });
    if (!before) throw std::invalid_argument("LatencyHistogram::since: the other has counted what this one has not");
    change.count_ -= earlier.count_;
    change.below_ -= earlier.below_;
    change.above_ -= earlier.above_;
    change.sum_.subtract(earlier.sum_);
    change.min_ = std::numeric_limits<std::int64_t>::max();
    change.max_ = 0;
    change.for_each_bucket([&](std::int64_t low, std::int64_t high, std::uint64_t) {
      if (change.min_ > low) change.min_ = min_ < earlier.min_ ? min_ : std::max(low, min_);
      change.max_ = max_ > earlier.max_ ? max_ : std::min(high, max_);
    });
    return change;
  }

  /// Forgets all values; keeps the memory.
  void reset() noexcept {
    std::fill(counts_.begin(), counts_.end(), std::uint64_t{0});
    count_ = below_ = above_ = 0;
    sum_ = {};
    min_ = std::numeric_limits<std::int64_t>::max();
    max_ = 0;
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {  ///< held for buckets now
    return counts_.capacity() * sizeof(std::uint64_t);
  }

  /// Whether both have the same buckets and have counted the same.
  friend bool operator==(const LatencyHistogram& a, const LatencyHistogram& b) {
    if (!a.same_buckets(b) || a.count_ != b.count_ || a.below_ != b.below_ || a.above_ != b.above_ ||
        a.sum_ != b.sum_ || a.min() != b.min() || a.max() != b.max()) {
      return false;
    }
    bool same = true;
    a.for_each_bucket([&](std::int64_t low, std::int64_t, std::uint64_t n) {
      const std::size_t i = b.index_of(static_cast<std::uint64_t>(low)) - b.first_;
      same = same && i < b.counts_.size() && b.counts_[i] == n;
    });
    return same;
  }

 private:
  friend struct detail::HistogramAccess;

  static const LatencyHistogramOptions& checked(const LatencyHistogramOptions& options) {
    if (options.significant_digits < 1 || options.significant_digits > 5) {
      throw std::invalid_argument("LatencyHistogramOptions.significant_digits is " +
                                  std::to_string(options.significant_digits) + "; 1 to 5 are possible");
    }
    const unsigned bits = detail::HdrBuckets::max_lowest_bits(options.significant_digits);
    if (options.lowest < 1 || options.lowest > (std::int64_t{1} << bits)) {
      throw std::invalid_argument("LatencyHistogramOptions.lowest is " + std::to_string(options.lowest) + "; 1 to 2^" +
                                  std::to_string(bits) + " ns are possible with " +
                                  std::to_string(options.significant_digits) + " digits");
    }
    if (options.highest / 2 < options.lowest) {
      throw std::invalid_argument("LatencyHistogramOptions.highest is " + std::to_string(options.highest) +
                                  "; at least twice .lowest, " + std::to_string(options.lowest) + ", is needed");
    }
    return options;
  }

  [[nodiscard]] bool same_buckets(const LatencyHistogram& other) const noexcept {
    return options_.significant_digits == other.options_.significant_digits &&
           options_.lowest == other.options_.lowest && options_.highest == other.options_.highest;
  }
  void require_same_buckets(const LatencyHistogram& other, const char* who) const {
    if (same_buckets(other)) return;
    const auto words = [](const LatencyHistogramOptions& options) {
      return std::to_string(options.significant_digits) + ", lowest " + std::to_string(options.lowest) + ", highest " +
             std::to_string(options.highest);
    };
    throw std::invalid_argument(std::string("LatencyHistogram::") + who + ": significant_digits " + words(options_) +
                                " and " + words(other.options_) + " have different buckets");
  }

  /// Which value in ascending order, from 1, stands for the quantile.
  [[nodiscard]] std::uint64_t rank_of(double q) const {
    if (!(q >= 0 && q <= 1)) {
      throw std::invalid_argument("value_at_quantile: q is " + std::to_string(q) + "; 0 to 1 is possible");
    }
    // One step down before the product: 0.07 * 100 is a little more than 7, and would ask for the 8th value.
    const double rank = detail::ceil(detail::next_after(q, 0.0) * static_cast<double>(count_));
    return std::max<std::uint64_t>(1, std::min(static_cast<std::uint64_t>(rank), count_));
  }
  /// The place in counts_ of the value of a rank that is not before place i, with `seen` values before that, which
  /// moves along. Long stretches are added up as a whole, which takes the machine's wide additions.
  [[nodiscard]] std::size_t bucket_of_rank(std::size_t i, std::uint64_t rank, std::uint64_t& seen) const noexcept {
    constexpr std::size_t stretch = 64;
    for (; i + stretch <= counts_.size(); i += stretch) {
      std::uint64_t sum = 0;
      for (std::size_t k = 0; k < stretch; ++k) sum += counts_[i + k];
      if (seen + sum >= rank) break;
      seen += sum;
    }
    for (; seen + counts_[i] < rank; ++i) seen += counts_[i];
    return i;
  }
  [[nodiscard]] std::int64_t value_of(double q, std::size_t index) const noexcept {
    return q == 0 ? lowest_at(index) : highest_at(index);
  }

  [[nodiscard]] std::size_t index_of(std::uint64_t value) const noexcept { return buckets_.index_of(value); }
  [[nodiscard]] std::int64_t lowest_at(std::size_t index) const noexcept { return buckets_.lowest_at(index); }
  [[nodiscard]] std::int64_t highest_at(std::size_t index) const noexcept { return buckets_.highest_at(index); }

  template <class Visit>
  void for_each_index(Visit visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(first_ + i, counts_[i]);
    }
  }

  void hold(std::size_t index) {
    if (index - first_ >= counts_.size()) [[unlikely]]
      grow(index);
  }
  void hold_range_of(const LatencyHistogram& other) {
    if (other.count_ == 0) return;
    hold(index_of(static_cast<std::uint64_t>(other.min_)));
    hold(index_of(static_cast<std::uint64_t>(other.max_)));
  }
  [[nodiscard]] std::uint64_t& slot(std::size_t index) {
    hold(index);
    return counts_[index - first_];
  }

  void note_extremes(std::uint64_t low, std::uint64_t high) noexcept {
    // Branches, not std::min: they are nearly always the same way, and then nothing is stored.
    if (static_cast<std::int64_t>(low) < min_) min_ = static_cast<std::int64_t>(low);
    if (static_cast<std::int64_t>(high) > max_) max_ = static_cast<std::int64_t>(high);
  }

  PENSTOCK_COLD void count_outside(std::int64_t ns, std::uint64_t count) noexcept {
    (ns < 0 ? below_ : above_) += count;
  }

  /// Widens the held stretch, by whole powers of two, until it has the bucket.
  PENSTOCK_COLD void grow(std::size_t index) {
    const std::size_t half = buckets_.per_range();
    std::size_t first = index / half * half;
    std::size_t end = first + half;
    if (!counts_.empty()) {
      first = std::min(first, first_);
      end = std::max(end, first_ + counts_.size());
    }
    std::vector<std::uint64_t> wider(end - first);
    std::copy(counts_.begin(), counts_.end(),
              wider.begin() + (counts_.empty() ? 0 : static_cast<std::ptrdiff_t>(first_ - first)));
    counts_ = std::move(wider);
    first_ = first;
  }

  LatencyHistogramOptions options_;
  detail::HdrBuckets buckets_;
  std::vector<std::uint64_t> counts_;
  std::size_t first_ = 0;  // index of counts_[0]
  std::uint64_t count_ = 0;
  std::uint64_t below_ = 0;
  std::uint64_t above_ = 0;
  std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ = 0;
  detail::WideSum sum_;
};

namespace detail {

/// For those who write histograms in the forms of others, and read them back.
struct HistogramAccess {
  [[nodiscard]] static const HdrBuckets& buckets(const LatencyHistogram& histogram) noexcept {
    return histogram.buckets_;
  }
  /// Calls `visit(index, count)` for each bucket that has values, in ascending order.
  template <class Visit>
  static void for_each_index(const LatencyHistogram& histogram, Visit visit) {
    histogram.for_each_index(visit);
  }
  /// After this, `to.merge(from)` does not fail. @throws what merge would throw.
  static void make_room(LatencyHistogram& to, const LatencyHistogram& from) {
    to.require_same_buckets(from, "merge");
    to.hold_range_of(from);
  }
  /// The same values with the greatest range that there is.
  [[nodiscard]] static LatencyHistogram with_greatest_range(LatencyHistogram histogram) {
    histogram.options_.highest = std::numeric_limits<std::int64_t>::max();
    return histogram;
  }
  /// Adds `count` values of which only the bucket is known: as its middle for mean, its ends for min and max.
  static void add_bucket(LatencyHistogram& histogram, std::size_t index, std::uint64_t count) {
    if (count == 0) return;
    const auto low = static_cast<std::uint64_t>(histogram.lowest_at(index));
    const auto high = std::min(static_cast<std::uint64_t>(histogram.highest_at(index)),
                               static_cast<std::uint64_t>(histogram.options_.highest));
    histogram.slot(index) += count;
    histogram.count_ += count;
    histogram.sum_.add_product(low + (static_cast<std::uint64_t>(histogram.highest_at(index)) - low + 1) / 2, count);
    histogram.note_extremes(low, high);
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

// SPDX-License-Identifier: MIT
#pragma once

// The bootstrap of a stream: one pass, memory that does not grow, and an interval whenever it is asked for. Every value
// counts a Poisson number of times in each resample, which is what a draw of n with replacement comes to for great n.
//
//     PoissonBootstrap<stats::MeanAccumulator> latency({.n_resamples = 500, .method = CiMethod::percentile});
//     for (const auto& event : events) latency.add(event.latency_ms);
//     latency.result().ci.low;

#include "penstock/stats/accumulator.hpp"
#include "penstock/stats/bootstrap_options.hpp"
#include "penstock/stats/confidence_interval.hpp"
#include "penstock/stats/philox.hpp"
#include "penstock/stats/resample_counts.hpp"

#include <cstddef>    // size_t
#include <cstdint>    // uint32_t, uint64_t, uint8_t
#include <stdexcept>  // invalid_argument
#include <string>     // to_string
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
/// Resamples of a stream, taken along as it passes. Value number i of shard s takes its numbers from the place (seed,
/// i, s): the result depends on seed and values alone, and shards that were added up in parallel merge to what one
/// thread would have found with the same shards. Memory: one accumulator a resample. add() is O(n_resamples), about 1
/// ns each. Not thread-safe: each thread has its own, of another shard.
template <stats::accumulator A>
class PoissonBootstrap {
 public:
  /// @param options n_resamples, confidence_level, alternative, seed, and method: percentile or basic
  /// @param shard tells apart those that are to be merged; below 2^31
  /// @throws std::invalid_argument for a wrong option, for bca and studentized, which need all values, and a tolerance
  explicit PoissonBootstrap(const BootstrapOptions& options, std::uint32_t shard = 0)
      : options_(options),
        shard_(shard),
        shards_{shard},
        accumulators_((check(options), options.n_resamples)),
        weights_(detail::room_for_counts(options.n_resamples)) {
    if (options.method != CiMethod::percentile && options.method != CiMethod::basic) {
      throw std::invalid_argument("BootstrapOptions.method is " + std::string(to_string(options.method)) +
                                  ", which needs all values at once; percentile and basic are possible for a stream");
    }
    if (options.tolerance != 0) {
      throw std::invalid_argument("BootstrapOptions.tolerance is " + std::to_string(options.tolerance) +
                                  "; of a stream no more resamples can be made, so it must be 0");
    }
    if (shard >= std::uint32_t{1} << 31) {
      throw std::invalid_argument("PoissonBootstrap: shard is " + std::to_string(shard) +
                                  "; 0 to 2^31 - 1 are possible");
    }
  }

  /// One more value.
  void add(double x) {
    stats::RandomStream more(options_.seed, count_, 2 * shard_ + 1);
    detail::RandomBytes bytes(options_.seed, count_, 2 * shard_);
    for (std::size_t first = 0; first < accumulators_.size(); first += detail::RandomBytes::size) {
      const std::size_t size = std::min(accumulators_.size() - first, detail::RandomBytes::size);
      poisson_.fill(bytes.next(size), size, weights_.data() + first, more);
    }
    for (std::size_t r = 0; r < accumulators_.size(); ++r) {
      if (weights_[r] != 0) accumulators_[r].add(x, weights_[r]);
    }
    all_.add(x, 1);
    ++count_;
    ++total_;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return total_; }  ///< values, merged ones included

  /// Adds what another shard has seen.
  /// @throws std::invalid_argument, with nothing changed, if seed or number of resamples differ, or a shard is in both.
  void merge(const PoissonBootstrap& other) {
    if (other.options_.seed != options_.seed || other.accumulators_.size() != accumulators_.size()) {
      throw std::invalid_argument("PoissonBootstrap::merge: seed and n_resamples of the two differ");
    }
    for (const std::uint32_t shard : other.shards_) {
      for (const std::uint32_t own : shards_) {
        if (shard == own) {
          throw std::invalid_argument("PoissonBootstrap::merge: shard " + std::to_string(shard) +
                                      " is in both; their resamples would not be independent");
        }
      }
    }
    shards_.insert(shards_.end(), other.shards_.begin(), other.shards_.end());
    for (std::size_t r = 0; r < accumulators_.size(); ++r) accumulators_[r].merge(other.accumulators_[r]);
    all_.merge(other.all_);
    total_ += other.total_;
  }

  /// The figures of what has passed; the stream may go on. Of fewer than some ten values, a resample may have none, and
  /// the status is not_a_number. O(n_resamples).
  [[nodiscard]] BootstrapResult result() const {
    BootstrapResult r;
    r.options = options_;
    if (total_ > 0) r.statistic = static_cast<double>(all_.value());
    if (total_ < 2) {
      r.status = BootstrapStatus::too_few;
      return r;
    }
    std::vector<double> values;
    values.reserve(accumulators_.size());
    for (const A& a : accumulators_) values.push_back(static_cast<double>(a.value()));
    detail::summarise(r, detail::NoSource{}, values, {}, 0);
    if (options_.keep_distribution) r.distribution = std::move(values);
    return r;
  }

 private:
  BootstrapOptions options_;
  std::uint32_t shard_;
  std::vector<std::uint32_t> shards_;
  std::vector<A> accumulators_;
  std::vector<std::uint8_t> weights_;
  A all_{};
  std::uint64_t count_ = 0;  // of this shard
  std::uint64_t total_ = 0;
  detail::PoissonBytes poisson_{1.0};
};

}  // namespace v0
}  // namespace penstock

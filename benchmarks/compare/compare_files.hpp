// SPDX-License-Identifier: MIT
#pragma once

// Compares the rows of an old and a new benchmark file. Of one run each, every repetition counts for itself. Of
// several, made in turns, run i of both is one round, and the median of its repetitions counts: that also judges what
// differs from run to run, which repetitions within one run share.

#include "penstock/stats/bootstrap.hpp"
#include "penstock/stats/combined.hpp"
#include "penstock/stats/corrections.hpp"
#include "penstock/stats/effect_size.hpp"
#include "penstock/stats/mann_whitney.hpp"
#include "penstock/stats/wilcoxon.hpp"

#include "google_benchmark_file.hpp"

#include <algorithm>  // adjacent_find, find_if, max, min, sort
#include <cmath>      // abs, exp2, isfinite, isnan
#include <cstddef>    // size_t
#include <cstdint>    // uint64_t
#include <limits>     // numeric_limits
#include <regex>      // regex, regex_search
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <vector>     // vector

namespace compare {

struct Options {
  std::string metric = "auto";     ///< see metric_of
  bool higher_is_better = false;   ///< of a counter; what ends in _per_second is so by itself
  double threshold = 0.02;         ///< a change that surely is no more than this is not worth an alarm; at least 0
  double confidence_level = 0.99;  ///< of the intervals; p-values must be below 1 minus that
  std::string filter{};            ///< rows whose name has a match of it; empty: all
  std::size_t n_resamples = 9999;  ///< of the bootstrap
  std::uint64_t seed = 0;
};

enum class Verdict { no_difference_shown, faster, slower, too_few, failed };

[[nodiscard]] inline const char* to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::no_difference_shown: return "no difference shown";
    case Verdict::faster: return "faster";
    case Verdict::slower: return "slower";
    case Verdict::too_few: return "too few repetitions";
    case Verdict::failed: return "failed";
  }
  return "unknown";
}

/// One row, new against old. The ratio is new / old of the metric itself, whichever direction is better.
struct RowComparison {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::string name;
  std::string metric;
  std::size_t n_old = 0, n_new = 0;  ///< repetitions, or rounds
  double old_median = none, new_median = none;
  double ratio = none;  ///< of the medians
  penstock::ConfidenceInterval ci{none, none};
  double pvalue = none;       ///< corrected for the number of rows by Holm
  double effect_size = none;  ///< Cliff's delta of new against old
  Verdict verdict = Verdict::no_difference_shown;
  std::string failed{};  ///< of which file, and its message
};

struct Report {
  Options options{};
  std::size_t rounds = 1;               ///< runs in each file
  std::vector<RowComparison> rows{};    ///< in the order of the first old run
  std::vector<std::string> only_old{};  ///< rows that the new file lacks
  std::vector<std::string> only_new{};
  std::vector<std::string> warnings{};  ///< another machine or build of the library, or only one run of each

  /// 1 if a row is surely slower, 2 if no row could be compared or one failed, else 0.
  [[nodiscard]] int exit_status() const {
    bool compared = false, failed = false;
    for (const RowComparison& row : rows) {
      if (row.verdict == Verdict::slower) return 1;
      failed = failed || row.verdict == Verdict::failed;
      compared = compared || (row.verdict != Verdict::too_few && row.verdict != Verdict::failed);
    }
    return compared && !failed ? 0 : 2;
  }
};

[[nodiscard]] inline bool higher_is_better(const std::string& metric, const Options& options) {
  return options.higher_is_better || metric.ends_with("_per_second");
}

namespace detail {

[[nodiscard]] inline const Row* find_row(const Run& run, const std::string& name) {
  const auto at = std::find_if(run.rows.begin(), run.rows.end(), [&](const Row& row) { return row.name == name; });
  return at == run.rows.end() ? nullptr : &*at;
}

/// The least two-sided p-value that so many values can have: all of one side below all of the other.
[[nodiscard]] inline double least_pvalue(std::size_t n_old, std::size_t n_new, bool paired) {
  if (paired) return std::exp2(1.0 - static_cast<double>(n_old));
  double arrangements = 1;
  const std::size_t small = std::min(n_old, n_new);
  for (std::size_t i = 1; i <= small; ++i) {
    arrangements *= static_cast<double>(n_old + n_new - small + i) / static_cast<double>(i);
  }
  return std::min(1.0, 2 / arrangements);
}

/// The two-sided p-value of Wilcoxon's signed ranks, exact also with ties, zeros left out: stats::wilcoxon_signed_rank
/// draws it from some patterns of signs on, and could then never be below 2 / (n_resamples + 1), however many rows it
/// is corrected for. O(n r) for a lesser sum of ranks r, which is small where it matters and at most n^2 / 4.
[[nodiscard]] inline double signed_rank_pvalue(const std::vector<double>& differences) {
  const std::vector<double> ranks = penstock::detail::signed_ranks(differences);
  double negative = 0, positive = 0;
  for (const double rank : ranks) (rank < 0 ? negative : positive) += std::abs(rank);
  const auto least = static_cast<std::size_t>(2 * std::min(negative, positive));  // doubled, ranks are whole
  std::vector<double> p(least + 1, 0.0);                                          // of each sum up to the lesser one
  p[0] = 1;
  for (const double rank : ranks) {
    const auto step = static_cast<std::size_t>(2 * std::abs(rank));
    for (std::size_t sum = least + 1; sum-- > 0;) p[sum] = (p[sum] + (sum < step ? 0 : p[sum - step])) / 2;
  }
  double tail = 0;
  for (const double each : p) tail += each;
  return std::min(1.0, 2 * tail);
}

/// That of Mann and Whitney. Exact for more values than the automatic method takes: the normal distribution is far too
/// great at its end.
[[nodiscard]] inline double mann_whitney_pvalue(const std::vector<double>& b, const std::vector<double>& a) {
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::sort(all.begin(), all.end());
  const bool ties = std::adjacent_find(all.begin(), all.end()) != all.end();
  const bool exact = !ties && std::max(a.size(), b.size()) <= 100;
  return penstock::stats::mann_whitney_u(
             b, a, {.method = exact ? penstock::stats::TestMethod::exact : penstock::stats::TestMethod::automatic})
      .pvalue;
}

inline void compare_values(RowComparison& row, const std::vector<double>& a, const std::vector<double>& b, bool paired,
                           const Options& options) {
  const penstock::BootstrapOptions how{.n_resamples = options.n_resamples,
                                       .confidence_level = options.confidence_level,
                                       .method = penstock::CiMethod::percentile,
                                       .seed = options.seed};
  row.n_old = a.size();
  row.n_new = b.size();
  row.old_median = penstock::stats::median(a);
  row.new_median = penstock::stats::median(b);
  row.ratio = row.new_median / row.old_median;
  row.effect_size = penstock::stats::cliffs_delta(b, a);
  if (paired) {
    std::vector<double> differences{};  // in the order of log(b / a)
    for (std::size_t i = 0; i < a.size(); ++i) differences.push_back((b[i] - a[i]) / (b[i] + a[i]));
    row.ci = penstock::bootstrap(penstock::stats::paired(b, a), penstock::stats::median_ratio, how).ci;
    row.pvalue = signed_rank_pvalue(differences);
  } else {
    row.ci = penstock::bootstrap(penstock::stats::samples(b, a), penstock::stats::median_ratio, how).ci;
    row.pvalue = mann_whitney_pvalue(b, a);
  }
}

}  // namespace detail

/// Compares the new file with the old one. A row is faster or slower if its corrected p-value is below 1 -
/// confidence_level and its interval lies wholly beyond the threshold.
/// @throws std::invalid_argument for a wrong option, or files of different numbers of runs; std::regex_error.
[[nodiscard]] inline Report compare_files(const BenchmarkFile& old_file, const BenchmarkFile& new_file,
                                          const Options& options) {
  if (!(options.threshold >= 0 && std::isfinite(options.threshold))) {
    throw std::invalid_argument("threshold is " + std::to_string(options.threshold) + "; at least 0 is needed");
  }
  const std::size_t runs = old_file.runs.size();
  if (new_file.runs.size() != runs) {
    throw std::invalid_argument(old_file.path + " has " + std::to_string(runs) + " runs and " + new_file.path +
                                " has " + std::to_string(new_file.runs.size()) +
                                "; runs are made in turns, so as many of each");
  }
  const std::regex filter(options.filter);
  const bool paired = runs > 1;
  Report report{.options = options, .rounds = runs};
  const auto wanted = [&](const Row& row) { return options.filter.empty() || std::regex_search(row.name, filter); };

  for (const Row& first : old_file.runs[0].rows) {
    if (!wanted(first)) continue;
    RowComparison row{.name = first.name, .metric = metric_of(first.name, options.metric)};
    std::vector<double> a, b;
    bool everywhere = true;
    for (const auto& [file, values] : {std::pair{&old_file, &a}, std::pair{&new_file, &b}}) {
      for (const Run& run : file->runs) {
        const Row* const found = detail::find_row(run, first.name);
        everywhere = everywhere && found != nullptr;
        if (found == nullptr) continue;
        if (!found->failed.empty()) row.failed = file->path + ": " + found->failed;
        if (paired && !found->values.empty()) {
          values->push_back(penstock::stats::median(found->values));
        } else {
          values->insert(values->end(), found->values.begin(), found->values.end());
        }
      }
    }
    if (!everywhere) {
      report.only_old.push_back(first.name);
      continue;
    }
    if (!row.failed.empty()) {
      row.verdict = Verdict::failed;
    } else {
      detail::compare_values(row, a, b, paired, options);
    }
    report.rows.push_back(row);
  }
  for (const Row& row : new_file.runs[0].rows) {
    if (wanted(row) && detail::find_row(old_file.runs[0], row.name) == nullptr) report.only_new.push_back(row.name);
  }
  for (const auto& [key, value] : old_file.runs[0].context) {
    const auto other = new_file.runs[0].context.find(key);
    if (other != new_file.runs[0].context.end() && other->second != value) {
      report.warnings.push_back(key + " is " + value + " in " + old_file.path + " and " + other->second + " in " +
                                new_file.path);
    }
  }

  if (!paired) {
    report.warnings.push_back(
        "one run of each: what differs from run to run counts as a change; append runs made in turns to judge that");
  }

  std::vector<double> pvalues;
  for (const RowComparison& row : report.rows) pvalues.push_back(row.pvalue);
  const std::vector<double> corrected = penstock::stats::holm(pvalues);
  std::size_t tests = 0;
  for (const double p : pvalues) tests += std::isnan(p) ? 0 : 1;
  const double alpha = 1 - options.confidence_level;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    RowComparison& row = report.rows[i];
    if (row.verdict == Verdict::failed) continue;
    row.pvalue = corrected[i];
    if (detail::least_pvalue(row.n_old, row.n_new, paired) * static_cast<double>(tests) >= alpha) {
      row.verdict = Verdict::too_few;
      continue;
    }
    if (!(row.pvalue < alpha)) continue;
    const bool more = row.ci.low > 1 + options.threshold, less = row.ci.high < 1 / (1 + options.threshold);
    if (more || less) {
      row.verdict = more == higher_is_better(row.metric, options) ? Verdict::faster : Verdict::slower;
    }
  }
  return report;
}

/// So many repetitions of each side, or rounds, show a difference in so many rows, if it is great enough.
[[nodiscard]] inline std::size_t enough_repetitions(std::size_t rows, bool paired, double confidence_level) {
  std::size_t n = 2;
  while (detail::least_pvalue(n, n, paired) * static_cast<double>(rows) >= 1 - confidence_level) ++n;
  return n;
}

}  // namespace compare

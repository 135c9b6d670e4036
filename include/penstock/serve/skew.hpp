// SPDX-License-Identifier: MIT
#pragma once

// Does a model see in service what it saw in training? Feature by feature, against what its file says.
//
//     const SkewReport report = check_skew(model.spec(), last_hour);
//     for (const NumericSkew& f : report.numeric) {
//       if (f.skewed()) alarm(f.name, f.mean_shift, f.mean_z);
//     }
//
// Without a statistics section a file still says the mean and scale of each number and the categories of each text:
// these are compared. With one (training_statistics.hpp), missing shares, ranges and the shares of categories are too.

#include "penstock/core/error.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/record_batch.hpp"
#include "penstock/serve/linear_model_check.hpp"
#include "penstock/serve/linear_model_spec.hpp"
#include "penstock/serve/training_statistics.hpp"

#include <algorithm>    // max, min, sort
#include <cstddef>      // size_t
#include <cstdint>      // uint64_t
#include <limits>       // numeric_limits
#include <stdexcept>    // invalid_argument
#include <string>       // string, to_string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

namespace penstock {
inline namespace v0 {

/// When a feature is skewed: where chance does not explain it and it is large enough to matter, both.
struct SkewOptions {
  double z = 4;                   ///< more than so many standard errors; above 0. 4 errs once in 16,000 comparisons
  double least_shift = 0.1;       ///< of the mean, in standard deviations of the training; at least 0
  double least_spread = 0.25;     ///< of the standard deviation: by a factor of 1 plus this, either way; at least 0
  double least_share = 0.01;      ///< of a share of rows; at least 0
  std::size_t minimum_rows = 30;  ///< values that are there, below which mean and deviation are not judged; at least 2
  std::size_t listed = 20;        ///< unseen texts that are named, the most frequent first
};

/// A number in service against the same in training. What the file does not say is NaN.
struct NumericSkew {
  std::string name{};          ///< of the feature
  std::uint64_t rows = 0;      ///< of the batch
  std::uint64_t missing = 0;   ///< of them
  std::uint64_t infinite = 0;  ///< of them; they are left out of mean and deviation
  double mean = 0;             ///< in service
  double std_dev = 0;          ///< in service, divided by n
  double training_mean = 0;    ///< by the statistics, else the feature's mean
  double training_std = 0;     ///< by the statistics, else the feature's scale
  double mean_shift = 0;       ///< in standard deviations of the training
  double mean_z = 0;           ///< in standard errors
  double spread = 1;           ///< std_dev / training_std
  double spread_z = 0;         ///< of its logarithm, in standard errors by the values' own kurtosis
  double training_missing_share = std::numeric_limits<double>::quiet_NaN();  ///< of rows
  double missing_z = std::numeric_limits<double>::quiet_NaN();               ///< of the change of the share
  double outside_share = std::numeric_limits<double>::quiet_NaN();  ///< values below the least or above the greatest
                                                                    ///< of the training, infinite ones included
  bool mean_skewed = false;                                         ///< by z and least_shift
  bool spread_skewed = false;                                       ///< by z and least_spread
  bool missing_skewed = false;                                      ///< by z and least_share
  bool range_skewed = false;                                        ///< outside_share is above least_share

  /// Whether any of it is.
  [[nodiscard]] bool skewed() const noexcept { return mean_skewed || spread_skewed || missing_skewed || range_skewed; }
};

/// A text in service against the same in training. What the file does not say is NaN.
struct CategoricalSkew {
  std::string name{};                                           ///< of the feature
  std::uint64_t rows = 0;                                       ///< of the batch
  std::uint64_t missing = 0;                                    ///< of them
  std::uint64_t unseen = 0;                                     ///< rows with a text that is no category
  std::vector<std::string> unseen_texts{};                      ///< the most frequent of them
  std::size_t n_unseen_texts = 0;                               ///< listed or not
  double unseen_z = std::numeric_limits<double>::quiet_NaN();   ///< of the change of that share
  double missing_z = std::numeric_limits<double>::quiet_NaN();  ///< of the change of the missing share
  std::string category{};                                   ///< whose share has changed the most, in standard errors
  double share = std::numeric_limits<double>::quiet_NaN();  ///< of that category in service
  double training_share = std::numeric_limits<double>::quiet_NaN();  ///< of that category in training
  double share_z = std::numeric_limits<double>::quiet_NaN();         ///< of its change
  bool unseen_skewed = false;   ///< unseen share above the training's by least_share, and by z where that is known
  bool missing_skewed = false;  ///< by z and least_share
  bool share_skewed = false;    ///< whether the share of any category is, by z and least_share

  /// Whether any of it is.
  [[nodiscard]] bool skewed() const noexcept { return unseen_skewed || missing_skewed || share_skewed; }
};

/// What was found, in the order of the model's features.
struct SkewReport {
  std::uint64_t rows = 0;                      ///< of the batch
  std::vector<NumericSkew> numeric{};          ///< numbers, derived ones included
  std::vector<CategoricalSkew> categorical{};  ///< texts

  /// How many features are.
  [[nodiscard]] std::size_t n_skewed() const noexcept {
    std::size_t n = 0;
    for (const NumericSkew& feature : numeric) n += feature.skewed() ? 1 : 0;
    for (const CategoricalSkew& feature : categorical) n += feature.skewed() ? 1 : 0;
    return n;
  }
  /// Whether any feature is.
  [[nodiscard]] bool skewed() const noexcept { return n_skewed() > 0; }
};

namespace detail {

inline void check(const SkewOptions& options) {
  const auto number = [](const char* name, double value, bool good, const char* range) {
    if (good && is_finite(value)) return;
    throw std::invalid_argument("SkewOptions." + std::string(name) + " is " + std::to_string(value) + "; " + range);
  };
  number("z", options.z, options.z > 0, "it must be finite and above 0");
  number("least_shift", options.least_shift, options.least_shift >= 0, "it must be finite and at least 0");
  number("least_spread", options.least_spread, options.least_spread >= 0, "it must be finite and at least 0");
  number("least_share", options.least_share, options.least_share >= 0, "it must be finite and at least 0");
  if (options.minimum_rows < 2) {
    throw std::invalid_argument("SkewOptions.minimum_rows is " + std::to_string(options.minimum_rows) +
                                "; at least 2 are needed");
  }
}

/// How many standard errors `off` is; infinite where there is no error at all.
[[nodiscard]] inline double in_errors(double off, double error) noexcept { return off == 0 ? 0 : off / error; }

/// The change of a share, x of n in service and y of m in training, in standard errors of the pooled share.
[[nodiscard]] inline double share_z(std::uint64_t x, std::uint64_t n, std::uint64_t y, std::uint64_t m) noexcept {
  const double dx = static_cast<double>(x), dn = static_cast<double>(n), dy = static_cast<double>(y),
               dm = static_cast<double>(m), pooled = (dx + dy) / (dn + dm);
  return in_errors(dx / dn - dy / dm, square_root(pooled * (1 - pooled) * (1 / dn + 1 / dm)));
}
[[nodiscard]] inline double share_of(std::uint64_t x, std::uint64_t n) noexcept {
  return n == 0 ? 0 : static_cast<double>(x) / static_cast<double>(n);
}
[[nodiscard]] inline bool share_skewed(std::uint64_t x, std::uint64_t n, std::uint64_t y, std::uint64_t m,
                                       const SkewOptions& options) noexcept {
  return absolute(share_z(x, n, y, m)) > options.z && absolute(share_of(x, n) - share_of(y, m)) >= options.least_share;
}

[[nodiscard]] inline NumericSkew compare_number(const NumericFeature& feature, const NumericStatistics* trained,
                                                std::uint64_t trained_rows, const std::vector<double>& values,
                                                const SkewOptions& options) {
  const FeatureMoments moments(values);
  NumericSkew skew;
  skew.name = feature.name;
  skew.rows = values.size();
  skew.missing = moments.missing;
  skew.infinite = moments.infinite;
  skew.mean = moments.mean;
  skew.std_dev = square_root(moments.variance);
  skew.training_mean = trained != nullptr ? trained->mean : feature.mean;
  skew.training_std = trained != nullptr ? trained->std_dev : feature.scale;
  const std::uint64_t trained_present = trained != nullptr ? trained_rows - trained->missing : 0;
  const bool comparable = trained == nullptr || trained_present > 0;
  if (comparable && moments.present >= options.minimum_rows) {
    // What chance moves: the batch, and the training too where it is known how many rows that had.
    const double n = static_cast<double>(moments.present);
    const double share = 1 / n + (trained != nullptr ? 1 / static_cast<double>(trained_present) : 0);
    skew.mean_shift = in_errors(skew.mean - skew.training_mean, skew.training_std);
    skew.mean_z = in_errors(skew.mean_shift, square_root(share));
    skew.mean_skewed = absolute(skew.mean_z) > options.z && absolute(skew.mean_shift) >= options.least_shift;
    skew.spread = skew.std_dev == skew.training_std ? 1 : skew.std_dev / skew.training_std;
    // The variance of the logarithm of a deviation is (kurtosis - 1) / 4n.
    const double kurtosis = moments.variance > 0 ? moments.fourth / moments.variance / moments.variance : 1;
    skew.spread_z = in_errors(natural_logarithm(skew.spread), square_root(std::max(kurtosis - 1, 0.0) / 4 * share));
    skew.spread_skewed = absolute(skew.spread_z) > options.z &&
                         !(skew.spread < 1 + options.least_spread && skew.spread > 1 / (1 + options.least_spread));
  }
  if (trained == nullptr) return skew;
  skew.training_missing_share = share_of(trained->missing, trained_rows);
  skew.missing_z = share_z(skew.missing, skew.rows, trained->missing, trained_rows);
  skew.missing_skewed = share_skewed(skew.missing, skew.rows, trained->missing, trained_rows, options);
  if (!comparable) return skew;
  std::uint64_t outside = 0;
  for (const double value : values) outside += value < trained->min || value > trained->max ? 1 : 0;
  skew.outside_share = share_of(outside, moments.present + moments.infinite);
  skew.range_skewed = skew.outside_share > options.least_share;
  return skew;
}

[[nodiscard]] inline CategoricalSkew compare_text(const CategoricalFeature& feature,
                                                  const CategoricalStatistics* trained, std::uint64_t trained_rows,
                                                  const RecordBatch& batch, const SkewOptions& options) {
  std::vector<std::pair<std::string, std::uint64_t>> unseen;
  CategoryTable codes;
  const auto tell = [&](std::string_view text, std::uint64_t rows) {
    const auto code = static_cast<std::size_t>(codes.find_or_add(text));
    if (code == unseen.size()) unseen.emplace_back(text, 0);
    unseen[code].second += rows;
  };
  const CategoricalStatistics found = count_texts(feature, batch, tell);
  CategoricalSkew skew;
  skew.name = feature.name;
  skew.rows = batch.rows();
  skew.missing = found.missing;
  skew.unseen = found.other;
  skew.n_unseen_texts = unseen.size();
  std::sort(unseen.begin(), unseen.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  for (std::size_t i = 0; i < std::min(options.listed, unseen.size()); ++i) {
    skew.unseen_texts.push_back(unseen[i].first);
  }
  if (trained == nullptr) {
    skew.unseen_skewed = skew.unseen > 0 && share_of(skew.unseen, skew.rows) >= options.least_share;
    return skew;
  }
  skew.unseen_z = share_z(skew.unseen, skew.rows, trained->other, trained_rows);
  skew.unseen_skewed = skew.unseen_z > 0 && share_skewed(skew.unseen, skew.rows, trained->other, trained_rows, options);
  skew.missing_z = share_z(skew.missing, skew.rows, trained->missing, trained_rows);
  skew.missing_skewed = share_skewed(skew.missing, skew.rows, trained->missing, trained_rows, options);
  for (std::size_t k = 0; k < found.counts.size(); ++k) {
    const double z = share_z(found.counts[k], skew.rows, trained->counts[k], trained_rows);
    skew.share_skewed =
        skew.share_skewed || share_skewed(found.counts[k], skew.rows, trained->counts[k], trained_rows, options);
    if (absolute(z) <= absolute(skew.share_z)) continue;
    skew.category = feature.categories[k];
    skew.share = share_of(found.counts[k], skew.rows);
    skew.training_share = share_of(trained->counts[k], trained_rows);
    skew.share_z = z;
  }
  return skew;
}

}  // namespace detail

/// Compares a batch that is served with what the model's file says of its training. O(rows * features).
/// @throws std::invalid_argument for an option that cannot be, LinearModelError for a description that cannot; Error
/// for a batch without rows, or a column that is not there or of another type.
[[nodiscard]] inline SkewReport check_skew(const LinearModelSpec& spec, const RecordBatch& batch,
                                           const SkewOptions& options = {}) {
  detail::check(options);
  detail::check(spec);
  if (batch.rows() == 0) throw Error({.source = "check_skew"}, "no rows", "at least one");
  SkewReport report;
  report.rows = batch.rows();
  const TrainingStatistics& trained = spec.statistics;
  for (std::size_t i = 0; i < spec.numeric.size(); ++i) {
    report.numeric.push_back(
        detail::compare_number(spec.numeric[i], trained.rows > 0 ? &trained.numeric[i] : nullptr, trained.rows,
                               detail::feature_values(spec, batch, spec.numeric[i].name), options));
  }
  for (std::size_t i = 0; i < spec.categorical.size(); ++i) {
    report.categorical.push_back(detail::compare_text(
        spec.categorical[i], trained.rows > 0 ? &trained.categorical[i] : nullptr, trained.rows, batch, options));
  }
  return report;
}

}  // namespace v0
}  // namespace penstock

// SPDX-License-Identifier: MIT
#pragma once

// A report of drift as JSON, through nlohmann_json. Component json.
//
//     nlohmann::json json = data_drift_report(training, last_week);
//     // {"alpha": 0.05, "correction": "holm", "drifted": 1, "features": [{"name": "fare", "drifted": true, ...}, ...]}

#include "penstock/stats/data_drift_options.hpp"

#include <nlohmann/json.hpp>

#include <string>  // string

namespace penstock {
inline namespace v0 {

/// Writes the figures of one side; what does not exist is null.
inline void to_json(nlohmann::json& json, const ColumnFigures& side) {
  json = {{"rows", side.rows},         {"missing", side.missing}, {"missing_share", side.missing_share()},
          {"distinct", side.distinct}, {"mean", side.mean},       {"std_dev", side.std_dev}};
}

/// Writes what was found of a column, by the names of the members; what does not exist is null.
inline void to_json(nlohmann::json& json, const FeatureDrift& feature) {
  json = {{"name", feature.name},
          {"dtype", std::string(to_string(feature.dtype))},
          {"test", std::string(to_string(feature.test))},
          {"statistic", feature.statistic},
          {"pvalue", feature.pvalue},
          {"adjusted_pvalue", feature.adjusted_pvalue},
          {"threshold", feature.threshold},
          {"drifted", feature.drifted},
          {"missing_pvalue", feature.missing_pvalue},
          {"missing_adjusted_pvalue", feature.missing_adjusted_pvalue},
          {"missing_drifted", feature.missing_drifted},
          {"new_categories", feature.new_categories},
          {"n_new_categories", feature.n_new_categories},
          {"new_category_rows", feature.new_category_rows},
          {"gone_categories", feature.gone_categories},
          {"n_gone_categories", feature.n_gone_categories},
          {"reference", feature.reference},
          {"current", feature.current}};
}

/// Writes the whole report. Texts that are not UTF-8 make dump() throw, as nlohmann_json's do.
inline void to_json(nlohmann::json& json, const DataDriftReport& report) {
  json = {{"alpha", report.alpha},
          {"correction", std::string(stats::to_string(report.correction))},
          {"drifted", report.n_drifted()},
          {"features", report.features}};
}

}  // namespace v0
}  // namespace penstock

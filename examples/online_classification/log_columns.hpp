// SPDX-License-Identifier: MIT
#pragma once

// A step of a pipeline of our own: the logarithms of columns, beside them. One student watches a minute, another a
// week; a linear model makes more of the order of magnitude.

#include <cmath>  // log1p
#include <penstock/core/column.hpp>
#include <penstock/core/record_batch.hpp>
#include <penstock/learn/transformer.hpp>
#include <string>   // string
#include <utility>  // move
#include <vector>   // vector

/// There is nothing to learn, so that learning and transforming is transforming.
struct LogColumns {
  std::vector<std::string> columns;

  LogColumns& partial_fit(const penstock::RecordBatch&) { return *this; }
  penstock::RecordBatch partial_fit_transform(const penstock::RecordBatch& x) { return transform(x); }
  penstock::RecordBatch transform(const penstock::RecordBatch& x) const {
    std::vector<penstock::Field> fields;
    std::vector<penstock::Column> logarithms;
    for (const std::string& column : columns) {
      std::vector<double> values = x.to_matrix({column}, {.missing = penstock::Missing::fill}).values;
      for (double& value : values) value = std::log1p(value < 0 ? 0 : value);
      fields.push_back({"log_" + column, penstock::DataType::float64});
      logarithms.emplace_back(std::move(values));
    }
    return x.with_columns(std::move(fields), std::move(logarithms));
  }
  std::vector<std::string> get_feature_names_out() const {
    std::vector<std::string> names;
    for (const std::string& column : columns) names.push_back("log_" + column);
    return names;
  }
};
static_assert(penstock::transformer<LogColumns>);

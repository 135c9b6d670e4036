// SPDX-License-Identifier: MIT
#include "penstock/stream/inference.hpp"

#include "penstock/core/manual_clock.hpp"

#include "catch.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

using namespace penstock;
using namespace std::chrono_literals;

namespace {

using Slice = std::span<const double>;

const std::vector<double> frame{0.1, 0.5, 0.9, 0.3, 0.7};

std::vector<double> identity(Slice rows) { return {rows.begin(), rows.end()}; }

/// A matrix of the least that counts as one.
struct Table {
  std::vector<double> values;
  std::size_t cols_ = 0;
  [[nodiscard]] std::size_t rows() const { return values.size() / cols_; }
  [[nodiscard]] std::size_t cols() const { return cols_; }
  double operator()(std::size_t i, std::size_t j) const { return values[i * cols_ + j]; }
};

struct TwoColumns {
  Table predict_proba(Slice rows) const {
    Table table{{}, 2};
    for (const double p : rows) table.values.insert(table.values.end(), {1 - p, p});
    return table;
  }
};
struct OneColumn {
  Table predict_proba(Slice rows) const { return {identity(rows), 1}; }
};
struct ThreeColumns {
  Table predict_proba(Slice rows) const { return {std::vector<double>(rows.size() * 3), 3}; }
};

}  // namespace

TEST_CASE("a row's label is 1 from the threshold upwards") {
  const auto [probability, label, metrics] = run_streaming_inference(frame, identity, {.chunk_size = 2});
  CHECK(probability == frame);
  CHECK(label == std::vector<int>{0, 1, 1, 0, 1});
  CHECK(metrics.rows() == 5);
  CHECK(metrics.chunks() == 3);
  CHECK(run_streaming_inference(frame, identity, {.threshold = 0}).label == std::vector<int>{1, 1, 1, 1, 1});
  CHECK(run_streaming_inference(frame, identity, {.threshold = 1}).label == std::vector<int>{0, 0, 0, 0, 0});
  CHECK(run_streaming_inference(frame, identity, {.threshold = 0.3}).label == std::vector<int>{0, 1, 1, 1, 1});
}

TEST_CASE("the probability is that of predict_proba's positive class, in whatever form") {
  struct Pairs {
    std::vector<std::pair<double, double>> predict_proba(Slice rows) {
      std::vector<std::pair<double, double>> values;
      for (const double p : rows) values.emplace_back(1 - p, p);
      return values;
    }
  };
  struct Arrays {
    std::vector<std::array<float, 2>> predict_proba(Slice rows) const {
      std::vector<std::array<float, 2>> values;
      for (const double p : rows) values.push_back({static_cast<float>(1 - p), static_cast<float>(p)});
      return values;
    }
  };
  struct Nested {
    std::vector<std::vector<double>> predict_proba(Slice rows) const {
      std::vector<std::vector<double>> values;
      for (const double p : rows) values.push_back({1 - p, p});
      return values;
    }
  };
  struct Plain {
    std::vector<double> predict_proba(Slice rows) const { return identity(rows); }
    std::vector<int> predict(Slice rows) const { return std::vector<int>(rows.size(), 1); }
    std::vector<double> operator()(Slice rows) const { return std::vector<double>(rows.size(), 1.0); }
  };
  const InferenceOptions options{.chunk_size = 2};
  CHECK(run_streaming_inference(frame, TwoColumns(), options).probability == frame);
  CHECK(run_streaming_inference(frame, OneColumn(), options).probability == frame);
  CHECK(run_streaming_inference(frame, Pairs(), options).probability == frame);
  CHECK(run_streaming_inference(frame, Nested(), options).probability == frame);
  CHECK(run_streaming_inference(frame, Plain(), options).probability == frame);
  CHECK(run_streaming_inference(frame, Arrays(), options).probability.at(1) == 0.5);
  CHECK(run_streaming_inference(frame, TwoColumns(), {.chunk_size = 1}).probability == frame);  // 1 x 2 is one row
  CHECK(run_streaming_inference(frame, TwoColumns(), {.chunk_size = 2, .threads = 3}).probability == frame);
}

TEST_CASE("a model without predict_proba gives its values as probabilities") {
  struct Predictor {
    std::vector<int> predict(Slice rows) const { return std::vector<int>(rows.size(), 1); }
  };
  CHECK(run_streaming_inference(frame, Predictor()).probability == std::vector<double>(5, 1.0));
  const auto fill = [](Slice rows, std::span<double> out) { std::copy(rows.begin(), rows.end(), out.begin()); };
  CHECK(run_streaming_inference(frame, fill, {.chunk_size = 2}).probability == frame);
}

TEST_CASE("a probability that is NaN stays NaN, and its label is 0") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto result = run_streaming_inference(std::vector<double>{nan, 1}, identity, {.threshold = 0});
  CHECK(std::isnan(result.probability.at(0)));
  CHECK(result.label == std::vector<int>{0, 1});
}

TEST_CASE("a threshold outside of 0 to 1 is refused by name and value") {
  CHECK_THROWS_WITH(run_streaming_inference(frame, identity, {.threshold = 1.5}),
                    ContainsSubstring("threshold is 1.5"));
  CHECK_THROWS_AS(run_streaming_inference(frame, identity, {.threshold = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(run_streaming_inference(frame, identity, {.threshold = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_WITH(run_streaming_inference(frame, identity, {.chunk_size = 0}), ContainsSubstring("chunk_size is 0"));
  CHECK_THROWS_WITH(run_streaming_inference(frame, identity, {.threads = 0}), ContainsSubstring("threads is 0"));
}

TEST_CASE("probabilities of another shape are an error that names the chunk and the shape") {
  CHECK_THROWS_WITH(run_streaming_inference(frame, ThreeColumns(), {.chunk_size = 2}),
                    ContainsSubstring("chunk 0, row 1: found 2 x 3 probabilities, expected 2 x 1, or 2 x 2"));
  struct Short {
    std::vector<double> predict_proba(Slice rows) const { return std::vector<double>(rows.front() == 0.9 ? 1 : 2); }
  };
  try {
    (void)run_streaming_inference(frame, Short(), {.chunk_size = 2});
    FAIL("no error");
  } catch (const ChunkErrorWith<double>& error) {
    CHECK(error.chunk() == 1);
    CHECK(error.partial().values.size() == 2);
  }
  struct Ragged {
    std::vector<std::vector<double>> predict_proba(Slice rows) const {
      return std::vector<std::vector<double>>(rows.size(), {0.2, 0.3, 0.5});
    }
  };
  CHECK_THROWS_WITH(run_streaming_inference(frame, Ragged()), ContainsSubstring("a row of 3 probabilities"));
}

TEST_CASE("an empty frame gives empty results, and the metrics are by the clock") {
  const auto empty = run_streaming_inference(std::vector<double>(), identity);
  CHECK(empty.probability.empty());
  CHECK(empty.label.empty());
  CHECK(empty.metrics == StreamMetrics());
  const ManualClock clock;
  const auto model = [&](Slice rows) { return clock.advance(3ms), identity(rows); };
  CHECK(run_streaming_inference(frame, model, {.chunk_size = 2}, clock).metrics.elapsed() == 9ms);
}

// SPDX-License-Identifier: MIT
// What a row costs TreeEnsemble, and XGBoost's own predictor with the same model, one thread each: 100 trees of depth 6
// on 30 features, without and with missing values, and 500 trees of depth 8. The margins must be the same bits.
//
//   penstock_bench_trees --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
#include "penstock/adapters/json/xgboost_model.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>  // equal, min
#include <cstddef>    // size_t
#include <cstdint>    // int64_t, uint64_t, uintptr_t
#include <limits>     // numeric_limits
#include <map>        // map
#include <memory>     // unique_ptr
#include <span>       // span
#include <stdexcept>  // runtime_error
#include <string>     // string, to_string
#include <utility>    // pair
#include <vector>     // vector
#include <xgboost/c_api.h>

namespace {

using namespace penstock;

constexpr std::size_t features = 30;
constexpr std::size_t all_rows = 20'000;

void check(int code) {
  if (code != 0) throw std::runtime_error(XGBGetLastError());
}

/// Numbers in [-1, 1), some of them missing.
std::vector<float> make_rows(std::uint64_t state, bool missing) {
  std::vector<float> rows(all_rows * features);
  for (float& value : rows) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<float>(state >> 40) / 8388608.0F - 1;
    if (missing && (state >> 20) % 10 == 0) value = std::numeric_limits<float>::quiet_NaN();
  }
  return rows;
}

/// A model that both have.
struct Models {
  Models(int trees, int depth) {
    std::vector<float> rows = make_rows(1, true);
    std::vector<float> labels(all_rows);
    for (std::size_t i = 0; i < all_rows; ++i) {
      float sum = 0;
      for (std::size_t j = 0; j < features; ++j) {
        const float x = rows[i * features + j];
        if (x == x) sum += x * (j % 3 == 0 ? x : 1.0F) * static_cast<float>(j % 5);
      }
      labels[i] = sum > 2 ? 1 : 0;
    }
    DMatrixHandle data = nullptr;
    check(XGDMatrixCreateFromMat(rows.data(), all_rows, features, std::numeric_limits<float>::quiet_NaN(), &data));
    check(XGDMatrixSetFloatInfo(data, "label", labels.data(), all_rows));
    check(XGBoosterCreate(&data, 1, &booster));
    for (const auto& [name, value] : {std::pair<const char*, std::string>{"objective", "binary:logistic"},
                                      {"max_depth", std::to_string(depth)},
                                      {"tree_method", "hist"},
                                      {"nthread", "1"}}) {
      check(XGBoosterSetParam(booster, name, value.c_str()));
    }
    for (int i = 0; i < trees; ++i) check(XGBoosterUpdateOneIter(booster, i, data));
    check(XGDMatrixFree(data));
    bst_ulong length = 0;
    const char* text = nullptr;
    check(XGBoosterSaveModelToBuffer(booster, R"({"format": "json"})", &length, &text));
    const std::string json(text, length);
    ours = std::make_unique<TreeEnsemble>(parse_xgboost_model(json, "benchmark").value());
    // Read back, so that the peer too has a model that was loaded and not one that is being trained.
    check(XGBoosterFree(booster));
    check(XGBoosterCreate(nullptr, 0, &booster));
    check(XGBoosterLoadModelFromBuffer(booster, json.data(), json.size()));
    check(XGBoosterSetParam(booster, "nthread", "1"));
  }

  const float* theirs(const float* rows, std::size_t count) const {
    const std::string array = R"({"data": [)" + std::to_string(reinterpret_cast<std::uintptr_t>(rows)) +
                              R"(, true], "shape": [)" + std::to_string(count) + ", " + std::to_string(features) +
                              R"(], "typestr": "<f4", "version": 3})";
    bst_ulong const* shape = nullptr;
    bst_ulong dimension = 0;
    const float* result = nullptr;
    check(XGBoosterPredictFromDense(
        booster, array.c_str(),
        R"({"type": 1, "iteration_begin": 0, "iteration_end": 0, "missing": NaN, "strict_shape": true, "cache_id": 0})",
        nullptr, &shape, &dimension, &result));
    return result;
  }

  BoosterHandle booster = nullptr;
  std::unique_ptr<TreeEnsemble> ours;
};

const Models& models(int trees, int depth) {
  static std::map<std::pair<int, int>, std::unique_ptr<Models>> all;
  auto& one = all[{trees, depth}];
  if (!one) one = std::make_unique<Models>(trees, depth);
  return *one;
}

/// Margins of rows in calls of `chunk`.
void predict(benchmark::State& state, bool own, bool missing, int trees, int depth) {
  const auto chunk = static_cast<std::size_t>(state.range(0));
  const Models& both = models(trees, depth);
  const std::vector<float> rows = make_rows(2, missing);
  std::vector<float> out(all_rows);
  both.ours->margins(std::span<const float>(rows), std::span(out));
  if (!std::equal(out.begin(), out.end(), both.theirs(rows.data(), all_rows))) {
    state.SkipWithError("the margins differ");
    return;
  }
  const std::size_t count = chunk < 100 ? 200 : all_rows;  // rows of an iteration
  for (auto _ : state) {
    for (std::size_t first = 0; first < count; first += chunk) {
      const std::size_t n = std::min(chunk, count - first);
      if (own) {
        both.ours->margins(std::span(rows).subspan(first * features, n * features), std::span(out).subspan(first, n));
      } else {
        benchmark::DoNotOptimize(both.theirs(rows.data() + first * features, n));
      }
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * count));
}

BENCHMARK_CAPTURE(predict, penstock_100x6, true, false, 100, 6)->Arg(1)->Arg(100)->Arg(20000);
BENCHMARK_CAPTURE(predict, xgboost_100x6, false, false, 100, 6)->Arg(1)->Arg(100)->Arg(20000);
BENCHMARK_CAPTURE(predict, penstock_100x6_missing, true, true, 100, 6)->Arg(20000);
BENCHMARK_CAPTURE(predict, xgboost_100x6_missing, false, true, 100, 6)->Arg(20000);
BENCHMARK_CAPTURE(predict, penstock_500x8, true, false, 500, 8)->Arg(20000);
BENCHMARK_CAPTURE(predict, xgboost_500x8, false, false, 500, 8)->Arg(20000);

}  // namespace

BENCHMARK_MAIN();

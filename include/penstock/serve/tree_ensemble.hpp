// SPDX-License-Identifier: MIT
#pragma once

// Decision trees whose leaves are added up, gradient-boosted ones for the most part, as a model functor.
//
//     TreeEnsemble model(spec);                           // or load_xgboost_model of adapters/json/xgboost_model.hpp
//     std::vector<double> scores = model(batch);          // one a row: columns are found by the features' names
//     RowMajorMatrix chances = model.outputs(batch);      // a column a class
//     model.margins(std::span<const float>(rows), out);   // rows of floats, one behind the other in memory

#include "penstock/core/error.hpp"
#include "penstock/core/frame.hpp"
#include "penstock/core/math.hpp"
#include "penstock/core/matrix.hpp"
#include "penstock/core/model.hpp"
#include "penstock/serve/linear_model_columns.hpp"
#include "penstock/serve/tree_ensemble_spec.hpp"
#include "penstock/serve/tree_table.hpp"

#include <algorithm>  // min
#include <cstddef>    // size_t
#include <span>       // span
#include <stdexcept>  // invalid_argument, logic_error
#include <string>     // string, to_string
#include <utility>    // move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {

/// What a tree ensemble takes for rows by their place: RowMajorMatrix, RowMajorView, and matrices with rows(), cols()
/// and (row, column), such as Eigen's.
template <class F>
concept placed_rows = requires(const F& f) {
  f.cols;
  f.row(std::size_t{});
} || detail::matrix_like<F>;

/// What TreeEnsemble is. A template of nothing, so that its functions are compiled in the units that use a model.
template <class = void>
class BasicTreeEnsemble {
 public:
  /// @throws TreeEnsembleError, a std::invalid_argument, that names the first member of the description that is wrong.
  /// O(nodes).
  explicit BasicTreeEnsemble(TreeEnsembleSpec spec) : spec_(std::move(spec)) {
    if (spec_.n_features == 0) spec_.n_features = spec_.feature_names.size();
    if (spec_.n_features == 0) throw TreeEnsembleError("n_features", "0", "at least 1");
    if (spec_.n_features > 0x7fffffffU) {
      throw TreeEnsembleError("n_features", std::to_string(spec_.n_features), "at most 2147483647");
    }
    if (!spec_.feature_names.empty() && spec_.feature_names.size() != spec_.n_features) {
      throw TreeEnsembleError("feature_names", std::to_string(spec_.feature_names.size()) + " names",
                              std::to_string(spec_.n_features) + ", one for each feature");
    }
    detail::TextSet names;
    for (std::size_t j = 0; j < spec_.feature_names.size(); ++j) {
      if (!names.add(spec_.feature_names[j])) {
        throw TreeEnsembleError(detail::member("feature_names", j),
                                detail::in_quotes(spec_.feature_names[j]) + " again", "each name once");
      }
    }
    if (spec_.n_outputs == 0) throw TreeEnsembleError("n_outputs", "0", "at least 1");
    if (spec_.base_margin.empty()) spec_.base_margin.assign(spec_.n_outputs, 0);
    if (spec_.base_margin.size() != spec_.n_outputs) {
      throw TreeEnsembleError("base_margin", std::to_string(spec_.base_margin.size()) + " numbers",
                              std::to_string(spec_.n_outputs) + ", one for each output");
    }
    for (std::size_t k = 0; k < spec_.n_outputs; ++k) {
      if (detail::is_finite(spec_.base_margin[k])) continue;
      throw TreeEnsembleError(detail::member("base_margin", k), "no finite number", "one");
    }
    if (spec_.link == TreeLink::softmax && spec_.n_outputs < 2) {
      throw TreeEnsembleError("link", "softmax of one output", "at least 2 outputs");
    }
    table_ = detail::TreeTable(spec_.trees, spec_.n_features, spec_.n_outputs);
  }

  /// One value a row: for one output the number that the link makes of the margin, such as a probability; for softmax
  /// the number of the class with the highest margin, the first of equal ones. O(rows * (features + trees * depth)).
  /// @throws std::logic_error for several outputs without softmax, which `outputs` gives; else as `margins`.
  template <class F>
    requires columnar_frame<F> || placed_rows<F>
  [[nodiscard]] std::vector<double> operator()(const F& frame) const {
    const std::size_t k = spec_.n_outputs;
    if (k > 1 && spec_.link != TreeLink::softmax) {
      throw std::logic_error("TreeEnsemble: " + std::to_string(k) +
                             " outputs a row are no single value; see outputs()");
    }
    std::vector<double> values(count_rows(frame));
    each_block(frame, [&](std::size_t first, std::size_t count, float* sums) {
      for (std::size_t i = 0; i < count; ++i) {
        if (k > 1) {
          values[first + i] = static_cast<double>(highest(sums + i));
        } else {
          link(sums + i);
          values[first + i] = static_cast<double>(sums[i]);
        }
      }
    });
    return values;
  }

  /// The class of each row: 1 where a probability is above 0.5, else 0, as XGBClassifier has it; operator() for other
  /// links. Throws as operator().
  template <class F>
    requires columnar_frame<F> || placed_rows<F>
  [[nodiscard]] std::vector<double> predict(const F& frame) const {
    std::vector<double> values = (*this)(frame);
    if (spec_.link != TreeLink::logistic) return values;
    for (double& value : values) value = value > 0.5 ? 1 : 0;
    return values;
  }

  /// What the trees add up to, a row a row and a column an output. Values are rounded to float first, as XGBoost does.
  /// @throws Error that names a column which is missing or holds no numbers; std::logic_error if the features have no
  /// names and the frame is known by names alone; std::invalid_argument for a matrix of another width.
  template <class F>
    requires columnar_frame<F> || placed_rows<F>
  [[nodiscard]] RowMajorMatrix margins(const F& frame) const {
    return matrix(frame, false);
  }
  /// The same behind the link: probabilities, means, or the margins themselves.
  template <class F>
    requires columnar_frame<F> || placed_rows<F>
  [[nodiscard]] RowMajorMatrix outputs(const F& frame) const {
    return matrix(frame, true);
  }

  /// Of rows of n_features() floats, one behind the other; NaN is a missing value. Writes n_outputs() numbers a row.
  /// @throws std::invalid_argument unless `rows` is whole rows and `out` has room for exactly their numbers.
  void margins(std::span<const float> rows, std::span<float> out) const { floats(rows, out, false); }
  /// The same behind the link.
  void outputs(std::span<const float> rows, std::span<float> out) const { floats(rows, out, true); }

  [[nodiscard]] const TreeEnsembleSpec& spec() const noexcept { return spec_; }       ///< what it was made of
  [[nodiscard]] std::size_t n_features() const noexcept { return spec_.n_features; }  ///< values a row
  [[nodiscard]] std::size_t n_outputs() const noexcept { return spec_.n_outputs; }    ///< margins a row
  [[nodiscard]] std::size_t n_trees() const noexcept { return spec_.trees.size(); }   ///< of all outputs
  /// Names of the features in their order; empty where rows are known by place alone.
  [[nodiscard]] const std::vector<std::string>& feature_names() const noexcept { return spec_.feature_names; }

 private:
  static constexpr std::size_t width = detail::TreeBlock::width;

  template <class F>
  static std::size_t count_rows(const F& frame) {
    if constexpr (columnar_frame<F>) {
      return penstock::rows(frame);
    } else if constexpr (detail::matrix_like<F>) {
      return static_cast<std::size_t>(frame.rows());
    } else {
      return frame.rows;
    }
  }

  /// Calls use(first, count, sums) for each block of rows; sums[output * 64 + i] are the margins of row first + i.
  template <class Fill, class Use>
  void run(std::size_t rows, const Fill& fill, const Use& use) const {
    if (rows == 0) return;
    detail::TreeBlock block(spec_.n_features, rows);
    std::vector<float> sums(spec_.n_outputs * width);
    for (std::size_t first = 0; first < rows; first += width) {
      const std::size_t count = std::min(width, rows - first);
      block.clear();
      fill(first, count, block);
      block.close(count);
      for (std::size_t k = 0; k < spec_.n_outputs; ++k) {
        std::fill(sums.data() + k * width, sums.data() + (k + 1) * width, spec_.base_margin[k]);
      }
      table_.add(block, sums.data());
      use(first, count, sums.data());
    }
  }

  template <class F, class Use>
  void each_block(const F& frame, const Use& use) const {
    const std::size_t rows = count_rows(frame);
    if constexpr (columnar_frame<F>) {
      if (spec_.feature_names.empty()) {
        throw std::logic_error("TreeEnsemble: its features have no names; it takes matrices of " +
                               std::to_string(spec_.n_features) + " columns");
      }
      std::vector<decltype(detail::number_view(frame, {}))> views;
      views.reserve(spec_.n_features);
      for (const std::string& name : spec_.feature_names) views.push_back(detail::number_view(frame, name));
      double column[width];
      run(
          rows,
          [&](std::size_t first, std::size_t count, detail::TreeBlock& block) {
            for (std::size_t j = 0; j < views.size(); ++j) {
              detail::read_numbers(views[j], first, count, column, 1);
              for (std::size_t i = 0; i < count; ++i) block.set(i, j, static_cast<float>(column[i]));
            }
          },
          use);
    } else {
      std::size_t cols = 0;
      if constexpr (detail::matrix_like<F>) {
        cols = static_cast<std::size_t>(frame.cols());
      } else {
        cols = frame.cols;
      }
      check_width(cols);
      run(
          rows,
          [&](std::size_t first, std::size_t count, detail::TreeBlock& block) {
            for (std::size_t i = 0; i < count; ++i) {
              for (std::size_t j = 0; j < cols; ++j) {
                if constexpr (detail::matrix_like<F>) {
                  using Index = decltype(frame.rows());
                  block.set(i, j, static_cast<float>(frame(static_cast<Index>(first + i), static_cast<Index>(j))));
                } else {
                  block.set(i, j, static_cast<float>(frame(first + i, j)));
                }
              }
            }
          },
          use);
    }
  }

  void check_width(std::size_t cols) const {
    if (cols == spec_.n_features) return;
    throw std::invalid_argument("TreeEnsemble: rows of " + std::to_string(cols) + " values for a model of " +
                                std::to_string(spec_.n_features));
  }

  template <class F>
  RowMajorMatrix matrix(const F& frame, bool linked) const {
    const std::size_t k = spec_.n_outputs;
    RowMajorMatrix all{.values = std::vector<double>(count_rows(frame) * k), .rows = count_rows(frame), .cols = k};
    each_block(frame, [&](std::size_t first, std::size_t count, float* sums) {
      take(sums, count, linked, all.values.data() + first * k);
    });
    return all;
  }

  void floats(std::span<const float> rows, std::span<float> out, bool linked) const {
    const std::size_t d = spec_.n_features;
    const std::size_t n = rows.size() / d;
    if (n * d != rows.size() || out.size() != n * spec_.n_outputs) {
      throw std::invalid_argument("TreeEnsemble: " + std::to_string(rows.size()) + " values in rows of " +
                                  std::to_string(d) + ", and room for " + std::to_string(out.size()) +
                                  " numbers; whole rows and " + std::to_string(spec_.n_outputs) + " a row are needed");
    }
    run(
        n,
        [&](std::size_t first, std::size_t count, detail::TreeBlock& block) {
          for (std::size_t i = 0; i < count; ++i) {
            const float* row = rows.data() + (first + i) * d;
            for (std::size_t j = 0; j < d; ++j) block.set(i, j, row[j]);
          }
        },
        [&](std::size_t first, std::size_t count, float* sums) {
          take(sums, count, linked, out.data() + first * spec_.n_outputs);
        });
  }

  template <class T>
  void take(float* sums, std::size_t count, bool linked, T* out) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (linked) link(sums + i);
      for (std::size_t k = 0; k < spec_.n_outputs; ++k) *out++ = static_cast<T>(sums[k * width + i]);
    }
  }

  /// The output with the highest margin of a row; sums[k * 64].
  [[nodiscard]] std::size_t highest(const float* sums) const noexcept {
    std::size_t best = 0;
    for (std::size_t k = 1; k < spec_.n_outputs; ++k) {
      if (sums[k * width] > sums[best * width]) best = k;
    }
    return best;
  }

  /// Turns the margins of a row into what the link says, in floats, and in XGBoost's order.
  void link(float* sums) const noexcept {
    if (spec_.link == TreeLink::softmax) {
      const float most = sums[highest(sums) * width];
      double total = 0;
      for (std::size_t k = 0; k < spec_.n_outputs; ++k) {
        float& value = sums[k * width];
        value = detail::exponential(value - most);
        total += static_cast<double>(value);
      }
      for (std::size_t k = 0; k < spec_.n_outputs; ++k) sums[k * width] /= static_cast<float>(total);
      return;
    }
    for (std::size_t k = 0; k < spec_.n_outputs; ++k) {
      float& value = sums[k * width];
      switch (spec_.link) {
        case TreeLink::logistic:
          value = 1.0F / (detail::exponential(std::min(-value, 88.7F)) + 1.0F);  // no more: the exponential overflows
          break;
        case TreeLink::exponential: value = detail::exponential(value); break;
        case TreeLink::positive: value = value > 0 ? 1 : 0; break;
        case TreeLink::identity:
        case TreeLink::softmax: break;
      }
    }
  }

  TreeEnsembleSpec spec_;
  detail::TreeTable table_;
};

/// An ensemble that never changes. Constant functions may run in many threads at once.
///
/// Values are rounded to float and compared with `<`; a NaN or null is missing and goes where the node says. The leaves
/// of a row are added in the order of the trees, in floats: its margins have the same bits alone, in a chunk of any
/// size and in the whole table, and those of XGBoost's CPU predictor.
using TreeEnsemble = BasicTreeEnsemble<>;

}  // namespace v0
}  // namespace penstock

// SPDX-License-Identifier: MIT
#pragma once

// Asks a model for the values of one chunk, whatever form it gives them in, and appends them to a vector, or nothing.

#include "penstock/core/model.hpp"
#include "penstock/stream/chunk_error.hpp"

#include <concepts>     // convertible_to, same_as
#include <cstddef>      // size_t
#include <memory>       // make_unique_for_overwrite
#include <ranges>       // contiguous_range, range_value_t, size
#include <span>         // span
#include <string>       // to_string
#include <type_traits>  // conditional_t, is_reference_v, is_void_v, remove_cvref_t
#include <utility>      // forward, move
#include <vector>       // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// The values of a lazy expression; anything else as it is. What it gives may refer to `result`.
template <class R>
decltype(auto) evaluated(R& result) {
  if constexpr (requires { result.eval(); }) {
    return result.eval();
  } else {
    return (result);
  }
}

/// A matrix whose number of dimensions is known at run time, as in xtensor.
template <class R>
concept tensor_like = requires(const R& r, std::size_t i) {
  { r.dimension() } -> std::convertible_to<std::size_t>;
  r.shape(i);
  r(i, i);
};

/// Owns its elements, so that they may be moved out of a temporary one: const reaches them. Those of a span do not.
template <class R>
concept owning_range = !std::is_reference_v<R> && std::ranges::range<R> && std::ranges::range<const R> &&
                       !std::same_as<std::ranges::range_reference_t<R>, std::ranges::range_reference_t<const R>>;

/// How to call a model: as a function, and failing that by `predict`, and failing that by `predict_proba`.
template <class M, class Slice>
decltype(auto) ask(M& model, Slice&& slice) {
  if constexpr (value_functor<M, Slice>) {
    return model(std::forward<Slice>(slice));
  } else if constexpr (predictor<M, Slice>) {
    return model.predict(std::forward<Slice>(slice));
  } else {
    return model.predict_proba(std::forward<Slice>(slice));
  }
}

/// Whether the probability of the positive class has to be picked from what `ask` gives.
template <class M, class Slice>
concept gives_only_probabilities = probability_predictor<M, Slice> && !value_functor<M, Slice> && !predictor<M, Slice>;

template <class M, class Slice, class Out>
struct model_value {
  using type = Out;
};
template <class M, class Slice>
  requires value_functor<M, Slice> || (!filling_functor<M, Slice> && predictor<M, Slice>)
struct model_value<M, Slice, void> {
  using type = row_value_t<decltype(ask(std::declval<M&>(), std::declval<Slice>()))>;
};
template <class M, class Slice>
  requires filling_functor<M, Slice> || gives_only_probabilities<M, Slice>
struct model_value<M, Slice, void> {
  using type = double;
};
/// The type of the values of a model, `Out` unless that is void.
template <class M, class Slice, class Out>
using model_value_t = typename model_value<M, Slice, Out>::type;

/// Takes the vector back to its size unless told that all went well.
template <class Value>
class Rollback {
 public:
  explicit Rollback(std::vector<Value>& values) : values_(values), size_(values.size()) {}
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  ~Rollback() {
    if (keep_) return;
    while (values_.size() > size_) values_.pop_back();  // resize would ask for a default constructor
  }
  void keep() noexcept { keep_ = true; }

 private:
  std::vector<Value>& values_;
  std::size_t size_;
  bool keep_ = false;
};

inline std::string shape_text(std::size_t rows, std::size_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

/// Appends what a model returned. R is the type it returned, a reference if that is one.
template <class R, class Value>
void append_result(std::vector<Value>& out, std::remove_reference_t<R>& result, const ChunkPlace& place) {
  auto&& values = evaluated(result);
  using Values = std::remove_cvref_t<decltype(values)>;
  if constexpr (plain_values<Values>) {
    const auto count = static_cast<std::size_t>(std::ranges::size(values));
    if (count != place.rows) throw ChunkError(place, count);
    if constexpr (std::same_as<R, std::vector<Value>>) {
      if (out.capacity() == 0) {
        out = std::move(result);
        return;
      }
    }
    if constexpr (std::ranges::contiguous_range<Values> && std::same_as<row_value_t<Values>, Value> &&
                  std::is_trivially_copyable_v<Value>) {
      const auto* data = std::ranges::data(values);
      out.insert(out.end(), data, data + count);
    } else {
      for (auto&& value : values) {
        if constexpr (owning_range<R>) {
          out.push_back(static_cast<Value>(std::move(value)));
        } else {
          out.push_back(static_cast<Value>(std::forward<decltype(value)>(value)));
        }
      }
    }
  } else {
    const auto rows = static_cast<std::size_t>(values.rows());
    const auto cols = static_cast<std::size_t>(values.cols());
    if (rows * cols != place.rows || (cols != 1 && rows != 1)) {
      throw ChunkError(place, rows * cols, shape_text(rows, cols) + " values",
                       std::to_string(place.rows) + ", one a row");
    }
    using Index = decltype(values.rows());
    for (Index j = 0; j < values.cols(); ++j) {
      for (Index i = 0; i < values.rows(); ++i) out.push_back(static_cast<Value>(values(i, j)));
    }
  }
}

/// Of what stands for one row, the probability of the positive class: itself, or the second of a pair.
template <class P>
double positive_class(const P& p, const ChunkPlace& place) {
  if constexpr (std::convertible_to<P, double>) {
    return static_cast<double>(p);
  } else if constexpr (requires { std::ranges::size(p); }) {
    const auto classes = static_cast<std::size_t>(std::ranges::size(p));
    if (classes != 1 && classes != 2) {
      throw ChunkError(place, place.rows * classes, "a row of " + std::to_string(classes) + " probabilities",
                       "1, or 2 of which the second is the positive class");
    }
    return static_cast<double>(*std::ranges::next(std::ranges::begin(p), classes == 2 ? 1 : 0));
  } else {
    return static_cast<double>(p.second);
  }
}

/// Of a matrix of one or two columns, the last. Rows and columns come in the type that it is indexed with.
template <class Matrix, class Index, class Value>
void append_last_column(std::vector<Value>& out, const Matrix& values, Index rows, Index cols,
                        const ChunkPlace& place) {
  const auto n = static_cast<std::size_t>(rows);
  const auto m = static_cast<std::size_t>(cols);
  if (n != place.rows || (m != 1 && m != 2)) {
    throw ChunkError(
        place, n * m, shape_text(n, m) + " probabilities",
        shape_text(place.rows, 1) + ", or " + shape_text(place.rows, 2) + " of which the second is the positive class");
  }
  for (Index i = 0; i < rows; ++i) out.push_back(static_cast<Value>(values(i, cols - 1)));
}

/// Appends the probabilities of the positive class, of what `predict_proba` returned.
template <class R, class Value>
void append_positive_class(std::vector<Value>& out, R& result, const ChunkPlace& place) {
  auto&& values = evaluated(result);
  using Values = std::remove_cvref_t<decltype(values)>;
  if constexpr (tensor_like<Values>) {
    if (values.dimension() == 2) { return append_last_column(out, values, values.shape(0), values.shape(1), place); }
  }
  if constexpr (plain_values<Values>) {
    const auto count = static_cast<std::size_t>(std::ranges::size(values));
    if (count != place.rows) throw ChunkError(place, count);
    for (auto&& value : values) out.push_back(static_cast<Value>(positive_class(value, place)));
  } else {
    append_last_column(out, values, values.rows(), values.cols(), place);
  }
}

/// Lets the model write the values.
template <class M, class Slice, class Value>
void append_filled(std::vector<Value>& out, M& model, Slice slice, const ChunkPlace& place) {
  if constexpr (std::same_as<Value, bool>) {  // vector<bool> has no bools to write into
    const auto values = std::make_unique_for_overwrite<bool[]>(place.rows);
    model(std::move(slice), std::span<bool>(values.get(), place.rows));
    out.insert(out.end(), values.get(), values.get() + place.rows);
  } else {
    out.resize(out.size() + place.rows);
    model(std::move(slice), std::span<Value>(out).last(place.rows));
  }
}

/// Appends the values of the model for one chunk, or throws and appends nothing.
/// @throws ChunkError if it gives another number of values than the chunk has rows, and whatever it throws itself.
template <class Value, class M, class Slice>
void append_values(std::vector<Value>& out, M& model, Slice slice, const ChunkPlace& place) {
  Rollback<Value> rollback(out);
  if constexpr (!value_functor<M, Slice> && filling_functor<M, Slice, Value>) {
    append_filled(out, model, std::move(slice), place);
  } else {
    auto&& result = ask(model, std::move(slice));
    if constexpr (gives_only_probabilities<M, Slice>) {
      append_positive_class(out, result, place);
    } else {
      append_result<decltype(ask(model, std::move(slice)))>(out, result, place);
    }
  }
  rollback.keep();
}

/// Appends the probabilities of the positive class for one chunk: by `predict_proba`, and failing that as
/// append_values. All or nothing, and throws as that.
template <class M, class Slice>
void append_probabilities(std::vector<double>& out, M& model, Slice slice, const ChunkPlace& place) {
  if constexpr (probability_predictor<M, Slice>) {
    Rollback<double> rollback(out);
    auto&& result = model.predict_proba(std::move(slice));
    append_positive_class(out, result, place);
    rollback.keep();
  } else {
    append_values(out, model, std::move(slice), place);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock

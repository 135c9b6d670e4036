// SPDX-License-Identifier: MIT
#pragma once

// The steps of a pipeline one behind the other, and what rows become as they go through. Which rows may go through, and
// what their columns are called, is the pipeline's business: learn/pipeline_type.hpp.

#include "penstock/core/record_batch.hpp"
#include "penstock/core/state.hpp"
#include "penstock/learn/pipeline_columns.hpp"
#include "penstock/learn/pipeline_parts.hpp"
#include "penstock/learn/transformer.hpp"

#include <array>      // array
#include <concepts>   // same_as
#include <cstddef>    // size_t
#include <optional>   // optional
#include <span>       // span
#include <stdexcept>  // invalid_argument
#include <string>     // string, to_string
#include <tuple>      // apply, get, tuple, tuple_element_t
#include <utility>    // index_sequence, make_index_sequence, move
#include <vector>     // vector

namespace penstock {
inline namespace v0 {
namespace detail {

/// Transformers, and at the end a model or one more transformer.
template <class... Steps>
class StepChain {
  using Types = std::tuple<Steps...>;

 public:
  static constexpr std::size_t size = sizeof...(Steps);
  using Last = std::tuple_element_t<size - 1, Types>;
  static constexpr bool has_model = !any_transformer<Last>;
  static constexpr std::size_t transformers = has_model ? size - 1 : size;
  /// Whether the steps take rows of type X.
  template <class X>
  static constexpr bool takes = all_take<X, Types>(std::make_index_sequence<transformers>());
  /// Whether the columns behind the first n steps never change.
  template <std::size_t n>
  static constexpr bool fixed = all_fixed<Types>(std::make_index_sequence<n>());
  /// Whether columns that a step has seen may be given up by one before it.
  static constexpr bool any_restores =
      transformers > 1 && takes<RecordBatch> && !fixed<(transformers > 1 ? transformers - 1 : 0)>;

  explicit StepChain(Steps... steps) : parts_(Step<Steps>{std::move(steps)}...) {}

  template <std::size_t I>
  [[nodiscard]] const auto& step() const noexcept {
    return std::get<I>(parts_).step;
  }
  template <class T>
  [[nodiscard]] const T& step() const noexcept {
    return std::get<Step<T>>(parts_).step;
  }
  [[nodiscard]] const Last& last() const noexcept { return step<size - 1>(); }
  [[nodiscard]] Types steps() const {
    return std::apply([](const auto&... parts) { return Types(parts.step...); }, parts_);
  }

  /// What the transformers make of the rows, without learning.
  template <class X>
  [[nodiscard]] decltype(auto) transform(const X& x) const {
    return apply<0>(x);
  }
  /// The same, learning.
  template <class X>
  [[nodiscard]] decltype(auto) learn_and_transform(const X& x, std::span<const double> y) {
    return learn_through<0>(x, y);
  }
  void keep() {
    for_each_transformer([](auto& part) { part.keep(); });
  }
  /// As they were at keep(), which was before the first rows if `fresh`.
  void restore(bool fresh) {
    for_each_transformer([](auto& part) { part.restore(); });
    if (fresh) seen_ = {};
  }

  void keep_model() { std::get<size - 1>(parts_).keep(); }
  void restore_model() { std::get<size - 1>(parts_).restore(); }
  void grow_model(std::size_t more) { std::get<size - 1>(parts_).step.grow(more); }
  template <class X, class Y>
  void learn_model(const X& x, const Y& y, std::optional<std::span<const double>> w) {
    Last& last = std::get<size - 1>(parts_).step;
    if constexpr (requires { last.partial_fit(x, y, std::span<const double>()); }) {
      if (w) {
        last.partial_fit(x, y, *w);
        return;
      }
    } else if (w) {
      for (const double weight : *w) {
        if (weight != 1) throw std::invalid_argument("Pipeline: weights for a model that takes none");
      }
    }
    last.partial_fit(x, y);
  }

  /// Shows columns and steps to a visitor of states.
  template <class Self, class Visitor>
  static void visit_state(Self& self, Visitor& v) {
    if constexpr (any_restores) {
      v.object("step_columns", [&](auto& s) {
        for (std::size_t i = 0; i < transformers; ++i) s(std::to_string(i), self.seen_[i]);
      });
    }
    v.object("steps", [&](auto& s) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (s(std::to_string(I), std::get<I>(self.parts_).step), ...);
      }(std::make_index_sequence<size>());
    });
  }

 private:
  /// Whether columns that step I has seen may be given up by a step before it. They are 0 for it then, as they were
  /// from the row on in which they were given up.
  template <std::size_t I, class X>
  static constexpr bool restores = std::same_as<X, RecordBatch> && I > 0 && I < transformers && !fixed<I>;

  template <std::size_t I, class X>
  [[nodiscard]] decltype(auto) apply(const X& x) const {
    if constexpr (restores<I, X>) {
      return apply_step<I>(with_zeros(x, seen_[I]));
    } else {
      return apply_step<I>(x);
    }
  }
  template <std::size_t I, class X>
  [[nodiscard]] decltype(auto) apply_step(const X& x) const {
    if constexpr (I + 1 < transformers) {
      return apply<I + 1>(step<I>().transform(x));
    } else if constexpr (I < transformers) {
      return step<I>().transform(x);
    } else {
      return (x);
    }
  }
  template <std::size_t I, class X>
  [[nodiscard]] decltype(auto) learn_through(const X& x, std::span<const double> y) {
    if constexpr (restores<I, X>) {
      if (seen_[I].empty()) seen_[I] = column_names(x);
      return learn_step<I>(with_zeros(x, seen_[I]), y);
    } else {
      return learn_step<I>(x, y);
    }
  }
  template <std::size_t I, class X>
  [[nodiscard]] decltype(auto) learn_step(const X& x, std::span<const double> y) {
    if constexpr (I + 1 < transformers) {
      return learn_through<I + 1>(learn_and_transform_step(std::get<I>(parts_).step, x, y), y);
    } else if constexpr (I < transformers) {
      return learn_and_transform_step(std::get<I>(parts_).step, x, y);
    } else {
      return (x);
    }
  }
  template <class F>
  void for_each_transformer(F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f(std::get<I>(parts_)), ...);
    }(std::make_index_sequence<transformers>());
  }

  std::tuple<Step<Steps>...> parts_;
  std::array<std::vector<std::string>, transformers + 1> seen_{};  // columns of a step's first table, if it `restores`
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

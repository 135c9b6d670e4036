// SPDX-License-Identifier: MIT
#pragma once

// Steps and a model that learn as one.
//
//     auto model = StandardScaler{} | OneHotEncoder{} | SgdRegressor{};
//     model.partial_fit(batch, batch.column<double>("spent").values());
//     model.predict(later);                               // nothing is learnt
//     model.step<StandardScaler>().mean();

#include "penstock/learn/pipeline_columns.hpp"
#include "penstock/learn/pipeline_parts.hpp"
#include "penstock/learn/pipeline_type.hpp"

#include <cstddef>      // size_t
#include <tuple>        // apply, tuple, tuple_cat
#include <type_traits>  // remove_cvref_t
#include <utility>      // forward, move

namespace penstock {
inline namespace v0 {
namespace detail {

/// The steps of a pipeline, or a step alone, as a tuple.
struct PipelineSteps {
  template <class T>
  static auto of(T&& part) {
    using Part = std::remove_cvref_t<T>;
    if constexpr (is_pipeline<Part>) {
      return part.chain_.steps();
    } else {
      return std::tuple<Part>(std::forward<T>(part));
    }
  }
  template <class A, class B>
  static PipelineOptions options_of(const A& a, const B& b) {
    if constexpr (is_pipeline<A>) {
      return a.options();
    } else if constexpr (is_pipeline<B>) {
      return b.options();
    } else {
      return {};
    }
  }
};

}  // namespace detail

/// The steps one after the other; see Pipeline. The last one may be a model.
template <class... Steps>
  requires(sizeof...(Steps) > 0 && (detail::pipeline_part<Steps> && ...))
[[nodiscard]] Pipeline<Steps...> make_pipeline(Steps... steps) {
  return Pipeline<Steps...>(std::move(steps)...);
}
/// The same with options.
template <class... Steps>
  requires(sizeof...(Steps) > 0 && (detail::pipeline_part<Steps> && ...))
[[nodiscard]] Pipeline<Steps...> make_pipeline(const PipelineOptions& options, Steps... steps) {
  return Pipeline<Steps...>(options, std::move(steps)...);
}

/// One part behind the other: steps, pipelines of steps, and at the end a model or a pipeline that ends in one. The
/// steps of pipelines become steps of the new one, which has the options of the left one, or else of the right one.
template <class A, class B>
  requires(detail::pipeline_part<std::remove_cvref_t<A>> && detail::pipeline_part<std::remove_cvref_t<B>> &&
           !detail::ends_in_model<std::remove_cvref_t<A>>)
[[nodiscard]] auto operator|(A&& a, B&& b) {
  const PipelineOptions options = detail::PipelineSteps::options_of(a, b);
  return std::apply(
      [&]<class... Steps>(Steps&&... steps) {
        return Pipeline<std::remove_cvref_t<Steps>...>(options, std::forward<Steps>(steps)...);
      },
      std::tuple_cat(detail::PipelineSteps::of(std::forward<A>(a)), detail::PipelineSteps::of(std::forward<B>(b))));
}

}  // namespace v0
}  // namespace penstock

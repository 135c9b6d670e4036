// SPDX-License-Identifier: MIT
#pragma once

// How an object that learns lets its whole state be written down in mid-stream, and be taken up again: it shows each of
// its members, by name, to a visitor that writes or reads them.
//
//     class Mean {
//      public:
//       static constexpr std::string_view state_kind = "Mean";
//       template <class Self, class Visitor>
//       static void visit_state(Self& self, Visitor& visitor) {
//         visitor.option("half_life", self.half_life_);             // recorded; another one is refused at loading
//         visitor("mean", self.mean_);
//         visitor("count", self.count_);
//         visitor.require(self.count_ >= 0, "count", "a number from 0");   // looked at when it is loaded
//       }
//     };
//     save_state(mean, "mean.json");                                // adapters/json/state.hpp

#include <concepts>     // convertible_to, copyable
#include <string_view>  // string_view

namespace penstock {
inline namespace v0 {

namespace detail {

/// A visitor as visit_state meets one, which does nothing.
template <bool Loading>
struct IdleStateVisitor {
  static constexpr bool loading = Loading;

  template <class T>
  void operator()(std::string_view, T&) {}
  template <class T>
  void option(std::string_view, const T&) {}
  void require(bool, std::string_view, std::string_view) const {}
  template <class F>
  void object(std::string_view, F&&) {}
  template <class Values, class F, class T>
  void array(std::string_view, Values&, F&&, const T&) {}
};

}  // namespace detail

/// An object whose state can be saved and loaded. `T::visit_state(self, visitor)` is called with a const T for saving
/// and with a T for loading, and goes the same way both times:
///
/// - `visitor(name, value)`: a number, bool, text, vector of these, optional of these, or another stateful object;
/// - `visitor.option(name, value)`: what the object was made with: written, and at loading compared with what is there;
/// - `visitor.require(good, name, expected)`: nothing when saving; at loading an Error at that member unless `good`;
/// - `visitor.object(name, f)`: a group of members, which f(visitor) shows;
/// - `visitor.array(name, values, f, fresh)`: a vector of what f(value, visitor) shows, each of which begins as
/// `fresh`;
/// - `Visitor::loading`: whether values are being set.
///
/// Promises beyond the signatures: what was saved and loaded goes on as what was saved, to the last bit, if it was made
/// with the same options; and what a visitor reads is checked by `require` before anything relies on it: a file may
/// come from a stranger. `state_kind` names the type in files for good.
template <class T>
concept stateful = std::copyable<T> && requires(T& self, const T& same, detail::IdleStateVisitor<true>& load,
                                                detail::IdleStateVisitor<false>& save) {
  { T::state_kind } -> std::convertible_to<std::string_view>;
  T::visit_state(self, load);
  T::visit_state(same, save);
};

}  // namespace v0
}  // namespace penstock

// SPDX-License-Identifier: MIT
#pragma once

// Holds any callable of one signature, move-only ones too. Half of std::move_only_function, without <functional>.
//
//     detail::Listener<Crossing> tell([&](Crossing c) { ... });
//     if (tell) tell(Crossing::rose);

#include <memory>   // unique_ptr, make_unique
#include <utility>  // forward, move

namespace penstock {
inline namespace v0 {
namespace detail {

/// A callable that is given an Argument, or none. Calling it is as thread-safe as what it holds.
template <class Argument>
class Listener {
 public:
  Listener() = default;

  template <class F>
  explicit Listener(F function) : held_(std::make_unique<Held<F>>(std::move(function))) {}

  [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }  ///< whether there is a callable
  void operator()(Argument argument) const { held_->call(std::forward<Argument>(argument)); }  ///< calls it

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void call(Argument argument) = 0;
  };
  template <class F>
  struct Held final : Base {
    explicit Held(F&& f) : function(std::move(f)) {}
    void call(Argument argument) override { static_cast<void>(function(std::forward<Argument>(argument))); }
    F function;
  };

  std::unique_ptr<Base> held_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

// SPDX-License-Identifier: MIT
#include "penstock/core/listener.hpp"

#include "catch.hpp"

#include <memory>

namespace penstock {
namespace {

TEST_CASE("a listener holds a callable that cannot be copied, and destroys it once") {
  const auto alive = std::make_shared<int>(0);
  {
    detail::Listener<int> listener;
    CHECK_FALSE(static_cast<bool>(listener));
    listener = detail::Listener<int>([alive, own = std::make_unique<int>(3)](int i) { *alive += i * *own; });
    REQUIRE(static_cast<bool>(listener));
    listener(2);
    CHECK(*alive == 6);
    CHECK(alive.use_count() == 2);
    listener = detail::Listener<int>([](int) {});
    CHECK(alive.use_count() == 1);
  }
}

TEST_CASE("an rvalue reaches the callable as one") {
  std::unique_ptr<int> received;
  const detail::Listener<std::unique_ptr<int>&&> listener([&](std::unique_ptr<int>&& p) { received = std::move(p); });
  listener(std::make_unique<int>(5));
  CHECK(*received == 5);
}

}  // namespace
}  // namespace penstock

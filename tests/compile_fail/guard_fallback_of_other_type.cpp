// SPDX-License-Identifier: MIT
// EXPECT: a fallback is a function of the record that gives the model's value type
#include "penstock/serve/guard.hpp"

#include <string>

double answer(penstock::CircuitBreaker<>& breaker) {
  auto guarded =
      penstock::guard([](int x) { return 2. * x; }, breaker, penstock::ConstantFallback{std::string("none")});
  return *guarded(3);
}

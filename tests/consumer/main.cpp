// SPDX-License-Identifier: MIT
// What each consumer project compiles: the library and, where they were asked for, the third parties of the components.
#include "penstock/penstock.hpp"

#ifdef WITH_COMPONENTS
#include <Eigen/Core>
#include <nlohmann/json_fwd.hpp>

#include <zlib.h>
#if __has_include(<xtensor/core/xtensor_config.hpp>)
#include <xtensor/core/xtensor_config.hpp>
#else
#include <xtensor/xtensor_config.hpp>
#endif
#endif

#include <thread>

static_assert(__cplusplus >= 202002L, "penstock::penstock asks for C++20 by itself");

int main() {
  int version = -1;
  std::thread([&] { version = PENSTOCK_VERSION_MAJOR; }).join();
  return version == PENSTOCK_VERSION_MAJOR ? 0 : 1;
}

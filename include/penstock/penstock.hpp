// SPDX-License-Identifier: MIT
#pragma once

// All of penstock that needs only the standard library. The adapters of third parties, penstock/adapters/..., are
// included one by one. Nothing within the library includes this header.
//
//   #include <penstock/penstock.hpp>

// IWYU pragma: begin_exports
#include "penstock/config.hpp"
#include "penstock/version.hpp"
// IWYU pragma: end_exports

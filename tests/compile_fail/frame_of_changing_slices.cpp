// SPDX-License-Identifier: MIT
// The slices of a slice are of the slice's own type, or there would be no end of types.
// EXPECT: slices_to_itself
#include "penstock/core/frame.hpp"

template <int depth>
struct Part {};

template <int depth>
struct penstock::frame_traits<Part<depth>> {
  static std::size_t rows(const Part<depth>&) { return 0; }
  static Part<depth + 1> slice(const Part<depth>&, std::size_t, std::size_t) { return {}; }
};

std::size_t f(const Part<0>& part) { return penstock::rows(part); }

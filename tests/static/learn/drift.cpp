// SPDX-License-Identifier: MIT
// What is a drift detector, and what is none.
#include "penstock/learn/drift/adwin.hpp"
#include "penstock/learn/drift/ddm.hpp"
#include "penstock/learn/drift/kswin.hpp"
#include "penstock/learn/drift/page_hinkley.hpp"

namespace {

using namespace penstock;

static_assert(drift_detector<Adwin>);
static_assert(drift_detector<PageHinkley>);
static_assert(drift_detector<Ddm>);
static_assert(drift_detector<Kswin>);

/// The smallest detector: neither copied nor made of nothing.
struct Smallest {
  explicit Smallest(int) {}
  Smallest(const Smallest&) = delete;
  Smallest& operator=(const Smallest&) = delete;
  DriftStatus update(double) { return DriftStatus::none; }
  bool detected() const { return false; }
  void reset() {}
};
struct SaysBool {
  bool update(double) { return false; }
  bool detected() const { return false; }
  void reset() {}
};
struct NotConst {
  DriftStatus update(double) { return DriftStatus::none; }
  bool detected() { return false; }
  void reset() {}
};
struct NoReset {
  DriftStatus update(double) { return DriftStatus::none; }
  bool detected() const { return false; }
};
static_assert(drift_detector<Smallest>);
static_assert(!drift_detector<SaysBool>);
static_assert(!drift_detector<NotConst>);
static_assert(!drift_detector<NoReset>);
static_assert(!drift_detector<double>);

}  // namespace

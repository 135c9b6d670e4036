// SPDX-License-Identifier: MIT
#pragma once

// Two threads that each tell a number and then look at the other's: one all the time, the other seldom.
//
//     fence.tell(pushed, n);                     // hot: a plain store, where Linux can help
//     if (sleeps.load() != 0) wake();
//
//     fence.tell(sleeps, 1);                     // seldom: some microseconds
//     fence.settle();
//     if (pushed.load() == seen) sleep();
//
// At least one of the two sees what the other told. An asymmetric fence, as in P1202 of the C++ committee.

#include <atomic>   // atomic, atomic_signal_fence, memory_order
#include <cstdint>  // uint64_t

#if defined(__linux__) && __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>  // MEMBARRIER_CMD_PRIVATE_EXPEDITED
#include <sys/syscall.h>       // SYS_membarrier
#include <unistd.h>            // syscall
#define PENSTOCK_DETAIL_MEMBARRIER 1
#endif

namespace penstock {
inline namespace v0 {
namespace detail {

/// Where Linux has membarrier, `settle` has every running thread of the process pass a full fence. Elsewhere, and under
/// g++'s ThreadSanitizer, which knows no fences, `tell` is an atomic exchange and does it alone. Loads after `tell` and
/// `settle` are to be seq_cst, which costs nothing on x86.
class AsymmetricFence {
 public:
  /// With `often`, `settle` is called so often that the exchange is cheaper.
  explicit AsymmetricFence(bool often) : settles_(!often && can_settle()) {}

  void tell(std::atomic<std::uint64_t>& word, std::uint64_t value) const noexcept {
    if (settles_) {
      word.store(value, std::memory_order_release);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      word.exchange(value, std::memory_order_seq_cst);
    }
  }

  void settle() const noexcept {
#if defined(PENSTOCK_DETAIL_MEMBARRIER)
    if (settles_) {
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
#endif
  }

 private:
  static bool can_settle() noexcept {
#if defined(PENSTOCK_DETAIL_MEMBARRIER) && !defined(__SANITIZE_THREAD__)
    static const bool registered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return registered;
#else
    return false;
#endif
  }

  const bool settles_;
};

}  // namespace detail
}  // namespace v0
}  // namespace penstock

#undef PENSTOCK_DETAIL_MEMBARRIER

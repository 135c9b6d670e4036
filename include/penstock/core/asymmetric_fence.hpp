// SPDX-License-Identifier: MIT
#pragma once

// Two threads that each tell a number and then look at the other's: one all the time, the other seldom.
//
//     tell(pushed, n);                           // hot: a plain store, if can_settle()
//     if (sleeps.load() != 0) wake();
//
//     sleeps.exchange(1);                        // seldom: some microseconds
//     settle();
//     if (pushed.load() == seen) sleep();
//
// At least one of the two sees what the other told. An asymmetric fence, as in P1202 of the C++ committee.

#include <atomic>     // atomic, atomic_signal_fence, memory_order
#include <cstdint>    // uint64_t
#include <exception>  // terminate

#if defined(__linux__) && __has_include(<linux/membarrier.h>)
#include <linux/membarrier.h>  // MEMBARRIER_CMD_PRIVATE_EXPEDITED
#include <sys/syscall.h>       // SYS_membarrier
#include <unistd.h>            // syscall
#define PENSTOCK_DETAIL_MEMBARRIER 1
#endif

namespace penstock {
inline namespace v0 {
namespace detail {

/// Whether `settle` can do its part: on Linux, where the kernel has membarrier, and not under g++'s ThreadSanitizer,
/// which knows no fences. Where it cannot, both threads are to use atomic exchanges.
inline bool can_settle() noexcept {
#if defined(PENSTOCK_DETAIL_MEMBARRIER) && !defined(__SANITIZE_THREAD__)
  static const bool registered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return registered;
#else
  return false;
#endif
}

/// The hot side: a store, which the compiler leaves before the loads that come next; the processor need not. Those are
/// to be seq_cst, which costs nothing on x86.
inline void tell(std::atomic<std::uint64_t>& word, std::uint64_t value) noexcept {
  word.store(value, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// The other side: has every running thread of the process pass a full fence. If the kernel refuses what it has agreed
/// to before, as under a seccomp filter that was installed since, it ends the process by std::terminate: the threads go
/// by the fence already, and without it a wake-up would be lost, or a sum wrong, with nobody told. So install filters
/// first, or allow membarrier in them.
inline void settle() noexcept {
#if defined(PENSTOCK_DETAIL_MEMBARRIER)
  if (!can_settle()) return;
  if (::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) std::terminate();
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace detail
}  // namespace v0
}  // namespace penstock

#undef PENSTOCK_DETAIL_MEMBARRIER

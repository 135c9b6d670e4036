// SPDX-License-Identifier: MIT
#include "penstock/core/asymmetric_fence.hpp"

#include "catch.hpp"

#include <cstddef>
#include <exception>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace {

/// From now on membarrier is refused to this thread, as by a sandbox that knows nothing of it.
bool refuse_membarrier() {
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_membarrier},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 1},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog all{4, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0;
}

/// How a process ends that settles: 0 is well, 1 by std::terminate, 2 without a filter where there should be one.
int settles(bool refused) {
  const pid_t child = fork();
  if (child == 0) {
    std::set_terminate([] { _exit(1); });
    if (refused && !refuse_membarrier()) _exit(2);
    penstock::detail::settle();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a fence that the kernel no longer makes ends the process, and is not passed over in silence") {
  if (!penstock::detail::can_settle()) SKIP("membarrier is not to be had");
  CHECK(settles(false) == 0);  // also in a child, which inherits what its parent has agreed with the kernel
  const int refused = settles(true);
  if (refused == 2) SKIP("seccomp is not to be had");
  CHECK(refused == 1);
}
#endif

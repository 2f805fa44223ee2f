/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* getppid, which does next to nothing. SYSCALL itself overwrites RCX and R11. */
PAYLOAD64(base_syscall, "", "", "movl $110, %eax\nsyscall\n");

BENCHMARK(base_syscall,
	.name = "base/syscall",
	.title = "a system call (getppid)",
	.what = "Into the kernel of this machine and back: what a program pays to leave its own ring, for comparison "
		"with what a guest pays to leave its machine. There is no kernel in the guest to be called.",
	.payload = "base_syscall",
	.environments = ENV_NATIVE,
	.control = true,
	.expect = {
		{SUBSTRATE_ANY, .none = true},
	});

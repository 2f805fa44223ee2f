/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_mov_from_dr7, "", "", "mov %dr7, %rsi");
PAYLOAD64(insn_mov_from_dr6, "", "", "mov %dr6, %rsi");
/* DR4 is DR6 by another name, as long as CR4.DE is clear. */
PAYLOAD64(insn_mov_from_dr4, "", "", ".byte 0x0f, 0x21, 0xe6");
PAYLOAD64(insn_mov_to_dr0, "xorl %esi, %esi", "", "mov %rsi, %dr0");

BENCHMARK(insn_mov_dr,
	.name = "insn/mov-dr",
	.title = "MOV from and to debug registers",
	.what = "KVM lends the guest the debug registers at the first access behind an exit; from then on they are "
		"its own until the next one. See exit/mov-dr for that first access.",
	.rows = "44 112",
	.environments = ENV_GUEST,
	.control = true,
	.axes = {{"access", 0, {{"from-dr7", 0, "insn_mov_from_dr7"}, {"from-dr6", 1, "insn_mov_from_dr6"},
				{"from-dr4", 2, "insn_mov_from_dr4"}, {"to-dr0", 3, "insn_mov_to_dr0"}}}},
	.expect = {
		/* The first of a batch, and one behind each interrupt of the host's. */
		{SUBSTRATE_HARDWARE, .none = true, .slack = 16},
		EXPECT_PVM,
	});

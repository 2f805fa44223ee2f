/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD16(insn_real_jump, "", "", "jmp 7f\n7:");
PAYLOAD16(insn_real_move, "", "", "movl %esi, %edi");
PAYLOAD16(insn_real_add, "", "", "addl %esi, %edi");
PAYLOAD16(insn_real_load, "", "", "movl " CTX(scratch) ", %esi");
PAYLOAD16(insn_real_store, "", "", "movl %esi, " CTX(scratch));
PAYLOAD16(insn_real_rmw, "", "", "addl %esi, " CTX(scratch));

BENCHMARK(insn_real_mode,
	.name = "insn/real-mode",
	.title = "plain instructions in real mode",
	.what = "What a boot loader is made of. VT-x before unrestricted guests ran it as a virtual-8086 task, and KVM "
		"emulated what that could not do; kvm_pvm emulates all of it.",
	.rows = "97",
	.environments = ENV_REAL16,
	.control = true,
	.axes = {{"instruction", 0, {{"jump", 0, "insn_real_jump"}, {"move", 0, "insn_real_move"},
				     {"add", 0, "insn_real_add"}, {"load", 0, "insn_real_load"},
				     {"store", 0, "insn_real_store"}, {"rmw", 0, "insn_real_rmw"}}}},
	.expect = {{SUBSTRATE_HARDWARE, .none = true}, EXPECT_PVM});

/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(insn_cr8_read, "", "", "mov %cr8, %rsi");
PAYLOAD64(insn_cr8_write, "xorl %esi, %esi", "", "mov %rsi, %cr8");

BENCHMARK(insn_cr8,
	.name = "insn/cr8",
	.title = "MOV from and to CR8, the APIC in KVM",
	.what = "With KVM's local APIC the processor keeps the task priority for the guest (TPR shadow, "
		"V_TPR): reading and writing it must not exit while no interrupt waits.",
	.rows = "36 37",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP,
	.control = true,
	.axes = {{"access", 0, {{"read", 0, "insn_cr8_read"}, {"write", 1, "insn_cr8_write"}}}},
	.expect = {EXPECT_NONE, EXPECT_PVM});

/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

/* A call to the own segment and back: far pointer of 32 bits and a selector, in every mode. */
PAYLOAD_PAIR(sensitive_call_far,
	CODE_TO_SI
	"lea 5f - 9000b(" SI "), " AX "\n"
	"movl %eax, " CTX(scratch) "\n"
	"movl %cs, %eax\n"
	"movl %eax, " CTX_PLUS(scratch, 4) "\n"
	"jmp 6f\n"
	"5: lretl\n"
	"6:",
	"lcalll *" CTX(scratch),
	"");

BENCHMARK(sensitive_call_far,
	.name = "sensitive/call-far",
	.title = "far CALL within the own segment, and its return",
	.what = "Control-sensitive: compares the ring with the target's, and may change it through "
		"a gate, all without a trap if it is legal. Here the target is legal for every "
		"ring; the far return is part of the figure.",
	.payload = "sensitive_call_far",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {
		SENSITIVE_EXPECT_TCG_FAR,
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 2},
	});

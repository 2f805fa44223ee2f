/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(exit_cr4,
	"mov %cr4, %rsi\n"
	"mov %rsi, %rdi\n"
	"xor " ARG(0) ", %rdi",
	"",
	"mov %rdi, %cr4\n"
	"mov %rsi, %cr4");

BENCHMARK(exit_cr4,
	.name = "exit/cr4",
	.title = "MOV to CR4, a bit changed and put back",
	.what = "Guests flush their TLB by PGE; with EPT that bit is theirs and no exit is taken. MCE belongs to "
		"the host: each of the two writes exits. On SVM every write to CR4 does.",
	.rows = "39 40",
	.payload = "exit_cr4",
	.environments = ENV_GUEST,
	.axes = {{"bit", 0, {{"pge", 1 << 7}, {"mce", 1 << 6}}}},
	.expect = {
		{SUBSTRATE_VMX, .when = "pge", .paging = PAGING_NESTED, .none = true},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_CR_ACCESS, .count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_WRITE_CR4, .count = 2},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 2},
	});

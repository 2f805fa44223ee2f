/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define CR0_WP "0x10000"

PAYLOAD64(exit_cr0_wp,
	"mov %cr0, %rsi\n"
	"mov %rsi, %rdi\n"
	"xor $" CR0_WP ", %rdi",
	"",
	"mov %rdi, %cr0\n"
	"mov %rsi, %cr0");

BENCHMARK(exit_cr0_wp,
	.name = "exit/cr0-wp",
	.title = "MOV to CR0, write protection off and on",
	.what = "What kernels do around a write to their own read-only data. KVM has given this bit to the "
		"guest on VT-x since Linux 6.1 and later stable kernels; before that, and on SVM, each of the two writes exits.",
	.rows = "38",
	.payload = "exit_cr0_wp",
	.environments = ENV_GUEST,
	.expect = {
		{SUBSTRATE_VMX, .paging = PAGING_NESTED, .since = KERNEL(6, 1), .none = true},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_CR_ACCESS, .count = 2},
		/* As long as CR0 is what the guest believes it to be, SVM tells the writes that matter. */
		{SUBSTRATE_SVM, .paging = PAGING_SHADOW, .reason = EXIT_SVM_WRITE_CR0, .count = 1,
		 .also = ALSO(EXIT_SVM_CR0_SEL_WRITE)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_CR0_SEL_WRITE, .count = 2},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 2},
	});

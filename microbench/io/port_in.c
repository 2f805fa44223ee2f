/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(io_port_in8, "", "", "inb $0x80, %al");
PAYLOAD(io_port_in16, "", "", "inw $0x80, %ax");
PAYLOAD(io_port_in32, "", "", "inl $0x80, %eax");

#if HOSTED
#include <stdio.h>

/* The harness answers a5 b6 c7 d8: the guest must have received just these bytes. */
static void check(const struct probe_view *view, struct finding *finding)
{
	uint64_t mask = (1ull << 8 * view->ctx->arg[0]) - 1;

	finding->value = view->ctx->out_ax & mask;
	finding->verdict = finding->value == (0xd8c7b6a5 & mask) ? "executes" : "wrong value";
	snprintf(finding->note, sizeof(finding->note), "0x%llx",
		 (unsigned long long)finding->value);
}
#endif

BENCHMARK(io_port_in,
	.name = "io/port-in",
	.title = "IN from user space",
	.what = "A read from a port that only user space knows: the answer comes back with the "
		"next entry into the guest.",
	.rows = "8",
	.environments = ENV_GUESTS,
	.axes = {{"width", 0, {{"8", 1, "io_port_in8"}, {"16", 2, "io_port_in16"},
			       {"32", 4, "io_port_in32"}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1,
		 .user = EXIT_KVM_IO, .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_IOIO, .count = 1, .user = EXIT_KVM_IO,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_IO, .user_count = 1, .event = "kvm_pio",
		 .event_count = 1},
	},
	.check = check);

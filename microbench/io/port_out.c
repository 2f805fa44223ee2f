/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* Port 0x80: the POST code port, which no device in KVM claims. */
PAYLOAD(io_port_out8, "", "", "outb %al, $0x80");
PAYLOAD(io_port_out16, "", "", "outw %ax, $0x80");
PAYLOAD(io_port_out32, "", "", "outl %eax, $0x80");

BENCHMARK(io_port_out,
	.name = "io/port-out",
	.title = "OUT to user space",
	.what = "A write to a port that only user space knows: the exit that emulated devices live "
		"by, with the return to user space and the way back in.",
	.rows = "9",
	.environments = ENV_GUESTS,
	.axes = {{"width", 0, {{"8", 1, "io_port_out8"}, {"16", 2, "io_port_out16"},
			       {"32", 4, "io_port_out32"}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1,
		 .user = EXIT_KVM_IO, .user_count = 1},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_IOIO, .count = 1, .user = EXIT_KVM_IO,
		 .user_count = 1},
		{SUBSTRATE_ANY, .user = EXIT_KVM_IO, .user_count = 1, .event = "kvm_pio",
		 .event_count = 1},
	});

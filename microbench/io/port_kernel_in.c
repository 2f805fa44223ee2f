/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(io_port_kernel_in, "movl " CTX(arg) ", %edx\nmovl %edx, %esi", "movl %esi, %edx", "inb %dx, %al");

BENCHMARK(io_port_kernel_in,
	.name = "io/port-kernel-in",
	.title = "IN from a device inside KVM",
	.what = "The port's device is KVM's own, so the answer needs no return to user space: the difference to "
		"io/port-in is what that return costs.",
	.rows = "6",
	.payload = "io_port_kernel_in",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.needs = NEED_IRQCHIP,
	.axes = {{"device", 0, {{"pic", 0x21}, {"elcr", 0x4d0}, {"pit", 0x40}, {"speaker", 0x61}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1},
		EXPECT_SVM(IOIO),
		{SUBSTRATE_PVM, .event = "kvm_pio", .event_count = 1},
	});

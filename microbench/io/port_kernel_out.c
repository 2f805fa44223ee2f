/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* What the port holds is written back. */
PAYLOAD(io_port_kernel_out,
	"movl " CTX(arg) ", %edx\n"
	"movl %edx, %esi\n"
	"inb %dx, %al\n"
	"movl %eax, %edi",
	"movl %esi, %edx\n"
	"movl %edi, %eax",
	"outb %al, %dx");

BENCHMARK(io_port_kernel_out,
	.name = "io/port-kernel-out",
	.title = "OUT to a device inside KVM",
	.what = "A write that KVM's interrupt controller or timer takes itself, without a return to user space.",
	.rows = "7",
	.payload = "io_port_kernel_out",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.needs = NEED_IRQCHIP,
	.axes = {{"device", 0, {{"pic", 0x21}, {"elcr", 0x4d0}, {"speaker", 0x61}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1},
		EXPECT_SVM(IOIO),
		{SUBSTRATE_PVM, .event = "kvm_pio", .event_count = 1},
	});

/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* An index, then the data behind it. */
PAYLOAD(io_pair_rtc, "", "", "outb %al, $0x70\ninb $0x71, %al");
PAYLOAD(io_pair_pci,
	"movl $0x80000000, %edi\nmovl $0xcf8, %esi",
	"movl %esi, %edx\nmovl %edi, %eax",
	"outl %eax, %dx\n"
	"addl $4, %edx\n"
	"inl %dx, %eax");

BENCHMARK(io_device_pairs,
	.name = "io/device-pair",
	.title = "index and data: the real-time clock, PCI configuration",
	.what = "Old interfaces want two accesses for one value, and so two exits to user space, where such devices "
		"live.",
	.rows = "10 21 115 116",
	.environments = ENV_GUEST | ENV_PROT32 | ENV_REAL16,
	.axes = {{"device", 0, {{"rtc", 0, "io_pair_rtc"}, {"pci", 0, "io_pair_pci"}}}},
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 2, .user = EXIT_KVM_IO,
		 .user_count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_IOIO, .count = 2, .user = EXIT_KVM_IO,
		 .user_count = 2},
		{SUBSTRATE_PVM, ENV_GUEST | ENV_PROT32 | ENV_REAL16, .user = EXIT_KVM_IO, .user_count = 2,
		 .event = "kvm_pio", .event_count = 2},
		{SUBSTRATE_ANY, .user = EXIT_KVM_IO, .user_count = 2},
	});

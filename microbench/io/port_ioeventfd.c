/* SPDX-License-Identifier: MIT */
#include "microbench/io/doorbell.h"

PAYLOAD(io_port_ioeventfd, "", "movl $7, %eax", "outl %eax, $0x84");

#if HOSTED
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	return doorbell_hang(instance, 0x84, arg[0], KVM_IOEVENTFD_FLAG_PIO, NULL, err);
}
#endif

BENCHMARK(io_port_ioeventfd,
	.name = "io/port-ioeventfd",
	.title = "OUT that rings an eventfd (KVM_IOEVENTFD)",
	.what = "The doorbell of a paravirtual device: KVM signals the file descriptor and goes back into the guest; "
		"user space works on in a thread of its own.",
	.rows = "12",
	.payload = "io_port_ioeventfd",
	.environments = ENV_GUESTS,
	.needs = NEED_FRESH,
	.axes = {{"match", 0, {{"length", DOORBELL_LENGTH}, {"data", DOORBELL_DATA},
			       {"wildcard", DOORBELL_WILDCARD}}}},
	.setup = setup,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1},
		EXPECT_SVM(IOIO),
		{SUBSTRATE_PVM, .event = "kvm_pio", .event_count = 1},
	});

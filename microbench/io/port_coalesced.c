/* SPDX-License-Identifier: MIT */
#include "microbench/io/coalesced.h"

PAYLOAD(io_port_coalesced, "", "", "outl %eax, $0x88");

#if HOSTED
static int supported(struct err *err)
{
	return coalesced_supported(KVM_CAP_COALESCED_PIO, err);
}

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	return coalesced_register(instance, 0x88, 1, err);
}
#endif

BENCHMARK(io_port_coalesced,
	.name = "io/port-coalesced",
	.title = "OUT that KVM only notes down (coalesced PIO)",
	.what = "For writes without a consequence of their own: KVM puts them into a ring, and user space reads it at "
		"its next exit.",
	.rows = "13",
	.payload = "io_port_coalesced",
	.environments = ENV_GUESTS,
	.needs = NEED_FRESH,
	.max_iterations = COALESCED_BATCH,
	.supported = supported,
	.setup = setup,
	.prepare = coalesced_drain,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1},
		EXPECT_SVM(IOIO),
		{SUBSTRATE_PVM, .event = "kvm_pio", .event_count = 1},
	});

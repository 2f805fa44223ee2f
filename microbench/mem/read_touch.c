/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(mem_read_touch,
	"mov " ARG(3) ", " DI "\n"
	"movb $1, 0x2000000(" DI ")\n"
	"sub $0x8000, " DI,
	"add $0x8000, " DI,
	"movb (" DI "), %al");
#endif

BENCHMARK(mem_read_touch,
	.name = "mem/read-touch",
	.title = "the first load from memory that nobody has written",
	.what = "The host has one page of zeros for all that is only read: nothing is cleared. The first store to it "
		"will cost another exit.",
	.rows = "82",
	.payload = "mem_read_touch",
	.environments = ENV_NATIVE | ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.backing = BACKING_4K,
	.max_iterations = 256,
	.prepare = touch_give_back,
	.expect = {
		EXPECT_TOUCH,
		{SUBSTRATE_PVM, ENV_GUEST_USER},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});

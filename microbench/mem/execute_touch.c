/* SPDX-License-Identifier: MIT */
#include "microbench/mem/touch.h"

/* As TOUCH(), but the page is called: it is full of RETs. */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS != 16
PAYLOAD(mem_execute_touch,
	"mov " ARG(3) ", " DI "\n"
	"movb $0xc3, 0x2000000(" DI ")\n"
	"sub $0x8000, " DI,
	"add $0x8000, " DI,
	"call *" DI);
#endif

#if HOSTED
#include <string.h>

#include "kvm-harness/kvm.h"

#define RET 0xc3

/* The host has the pages; setting the slot anew makes KVM forget that it mapped them. */
static int prepare(struct instance *instance, struct job *job, struct err *err)
{
	char *memory = instance->test_memory;

	for (uint64_t i = 0; i < job->iterations && i * 0x8000 < TEST_MEMORY_SIZE; i++)
		memory[i * 0x8000] = (char)RET;
	return memory_slot_renew(instance->vm, 2, err);
}
#endif

BENCHMARK(mem_execute_touch,
	.name = "mem/execute-touch",
	.title = "the first instruction from a page",
	.what = "As mem/first-touch-populated, by a fetch. Where the host must not let guests execute from huge pages "
		"(the iTLB multihit mitigation), fetches split them.",
	.rows = "90",
	.payload = "mem_execute_touch",
	.environments = ENV_GUEST | ENV_GUEST_USER | ENV_PROT32,
	.backing = BACKING_4K,
	.max_iterations = 256,
	.prepare = prepare,
	.expect = {
		EXPECT_TOUCH,
		{SUBSTRATE_PVM, ENV_GUEST_USER},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 2},
	});

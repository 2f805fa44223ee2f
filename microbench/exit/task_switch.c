/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/*
 * The second task's state is in the shared page. Its code begins at 6; when it has been left, it goes
 * on behind that the next time.
 */
#if defined(PAYLOAD_BITS) && PAYLOAD_BITS == 32
PAYLOAD(exit_task_switch,
	CODE_TO_SI
	"leal 6f - 9000b(%esi), %edi\n"
	"movl $0x94000, %esi\n"
	"movl %edi, 0x20(%esi)\n"	/* eip */
	"movl $2, 0x24(%esi)\n"		/* eflags */
	"leal 0x800(%esi), %edi\n"
	"movl %edi, 0x38(%esi)\n"	/* esp */
	"movw %es, 0x48(%esi)\n"
	"movw %cs, 0x4c(%esi)\n"
	"movw %ss, 0x50(%esi)\n"
	"movw %ds, 0x54(%esi)\n"
	"movw %fs, 0x58(%esi)\n"
	"movw %gs, 0x5c(%esi)\n"
	"jmp 5f\n"
	"6: ljmpl $0x48, $0\n"
	"jmp 6b\n"
	"5:",
	"",
	"ljmpl $0x98, $0");
#endif

#if HOSTED
#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/kvm.h"

#define TSS_LIMIT	 0x67ull
#define TSS_AVAILABLE 0x89ull

_Static_assert(SEL_FREE == 0x98 && SEL_TSS == 0x48, "the selectors in the payload");
_Static_assert(GPA_SHARED == 0x94000, "the address in the payload");

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	uint64_t *gdt = memory_host(instance->vm, GPA_GDT);

	(void)arg;
	(void)err;
	gdt[SEL_FREE / 8] = TSS_LIMIT | (uint64_t)GPA_SHARED << 16 | TSS_AVAILABLE << 40;
	return 0;
}
#endif

BENCHMARK(exit_task_switch,
	.name = "exit/task-switch",
	.title = "a hardware task switch, there and back",
	.what = "The 386's own multitasking, by far JMP to a task state segment. KVM emulates all of it: two exits.",
	.rows = "81",
	.payload = "exit_task_switch",
	.environments = ENV_PROT32,
	.needs = NEED_FRESH,
	.setup = setup,
	.expect = {
		{SUBSTRATE_SVM, .emulator = EMULATOR_TCG,
		 .known = "QEMU's TCG does not intercept task switches, and may hang in them",
		 .link = "docs/exit-paths.md", .avoid = true},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_TASK_SWITCH, .count = 2},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_TASK_SWITCH, .count = 2},
		EXPECT_PVM_UNKNOWN("a far jump to a task"),
	});

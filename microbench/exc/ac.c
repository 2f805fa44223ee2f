/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

#define ACCESS(flags)                          \
	"pushf\n"                              \
	"orl $" flags ", (%rsp)\n"             \
	"popf\n"                               \
	"movl 1(%rsi), %edi\n"

PAYLOAD64_PAIR(exc_ac, "lea " CTX(scratch) ", %rsi", ACCESS("0x40000"), ACCESS("0"));

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define CR0_AM (1ul << 18)

/* The kernel's half of the agreement. */
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct kvm_sregs sregs;

	(void)arg;
	if (!instance->vm)
		return 0;
	if (sys_ioctl(instance->vm->vcpus[0].fd, KVM_GET_SREGS, &sregs))
		return err_sys(err, errno, "ioctl KVM_GET_SREGS");
	sregs.cr0 |= CR0_AM;
	return arch_vcpu_set_sregs(&instance->vm->vcpus[0], &sregs, err);
}
#endif

BENCHMARK(exc_ac,
	.name = "exc/ac",
	.title = "#AC: an unaligned access that is not allowed",
	.what = "KVM intercepts it, because a guest could hang the host with it, and injects it again.",
	.rows = "77",
	.payload = "exc_ac",
	.environments = ENV_NATIVE | ENV_GUEST_USER,
	.needs = NEED_FRESH,
	.classify = true,
	.setup = setup,
	.expect = {
		{SUBSTRATE_SVM, .emulator = EMULATOR_TCG, .known = "QEMU's TCG has no alignment check",
		 .link = "docs/exit-paths.md"},
		{SUBSTRATE_VMX, .trap = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1},
		{SUBSTRATE_SVM, .trap = true, .reason = EXIT_SVM_EXCP_AC, .count = 1},
		EXPECT_PVM_TRAP,
	});

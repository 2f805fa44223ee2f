/* SPDX-License-Identifier: MIT */
#include "microbench/irq/x2apic.h"

/* The interrupt can come no earlier than HLT: STI lets one more instruction pass. */
PAYLOAD64_PAIR(irq_halt_wake,
	ENABLE_APIC
	WRITE_MSR(X2APIC_TIMER, VECTOR_DEADLINE),
	"cli\n"
	DEADLINE_TO_R10
	"movl $" TSC_DEADLINE ", %ecx\n"
	"wrmsr\n"
	"sti\n"
	"hlt\n",
	"cli\n"
	DEADLINE_TO_R10
	WAIT_FOR_R10
	"sti\n");

#if HOSTED
#include "kvm-harness/sys.h"

static int supported(struct err *err)
{
	if (!kvm_host_capability(KVM_CAP_HALT_POLL))
		return err_set(err, ENOTSUP, "this KVM cannot set halt polling for one VM");
	return deadline_supported(err);
}

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_HALT_POLL, .args = {arg[1]}};

	if (sys_ioctl(instance->vm->fd, KVM_ENABLE_CAP, &cap))
		return err_sys(err, errno, "ioctl KVM_ENABLE_CAP of KVM_CAP_HALT_POLL");
	return 0;
}
#endif

BENCHMARK(irq_halt_wake,
	.name = "irq/halt-wake",
	.title = "waking up from HLT by a timer",
	.what = "The vCPU halts, the host's CPU may sleep, the timer wakes both. Halt polling keeps the host's CPU awake "
		"for some time: it buys latency with cycles.",
	.rows = "52 70",
	.payload = "irq_halt_wake",
	.arg = {200000},
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.axes = {{"halt-poll", 1, {{"off", 0}, {"200us", 200000}}}},
	.interrupts = 1,
	.max_iterations = 256,
	.supported = supported,
	.setup = setup,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_HLT, .count = 1,
		 .also = ALSO(EXIT_VMX_MSR_WRITE, EXIT_VMX_PREEMPTION_TIMER, EXIT_VMX_INTERRUPT_WINDOW)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_HLT, .count = 1,
		 .also = ALSO(EXIT_SVM_MSR, EXIT_SVM_VINTR)},
		{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 2},
	});

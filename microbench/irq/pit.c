/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"
#include "microbench/irq/x2apic.h"

/*
 * A channel counts down once (mode 0) from 60 at 1.193 MHz: 50 us. Channel 0 then interrupts, and
 * the loop waits for it; the twin arms channel 2, which has no interrupt, and does not wait.
 */
#define ARM_PIT(control, port)                         \
	"movb $" control ", %al\n"                     \
	"outb %al, $0x43\n"                            \
	"movb $60, %al\n"                              \
	"outb %al, $" port "\n"                        \
	"xorl %eax, %eax\n"                            \
	"outb %al, $" port "\n"

PAYLOAD64_PAIR(irq_pit,
	ENABLE_APIC "xorl %r8d, %r8d",
	"incl %r8d\n" ARM_PIT("0x30", "0x40") WAIT_FOR_COUNT(CTX(irq_count)),
	"incl %r8d\n" ARM_PIT("0xb0", "0x42"));

#if HOSTED
/* The line of channel 0 becomes a message: no pin needs to be set up, and none to be acknowledged. */
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	(void)arg;
	return by_port_route_msi(instance, 0, err);
}
#endif

BENCHMARK(irq_pit,
	.name = "irq/pit",
	.title = "a timer of 50 us in the PIT inside KVM, to the handler",
	.what = "The oldest timer: KVM counts for it on the host and interrupts. What the figure has beyond 50 us is how "
		"late it is; arming it (three exits) is in the twin as well.",
	.rows = "10 35",
	.payload = "irq_pit",
	.environments = ENV_GUEST,
	.needs = NEED_IRQCHIP | NEED_FRESH,
	.interrupts = 1,
	.max_iterations = 256,
	.setup = setup,
	.expect = {
		{SUBSTRATE_VMX, .module = "enable_apicv=Y", .none = true, .slack = 64},
		{SUBSTRATE_SVM, .module = "avic=Y"},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER, EXIT_VMX_PAUSE_INSTRUCTION, EXIT_VMX_EXTERNAL_INTERRUPT)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_MSR, .count = 1, .also = ALSO(EXIT_SVM_INTR, EXIT_SVM_PAUSE)},
		/* Waiting is emulated as well. */
		{SUBSTRATE_PVM},
	});

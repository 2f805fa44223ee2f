/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"

PAYLOAD64_PAIR(irq_nmi_window, "", "outb %al, $" PORT_SEND, "outb %al, $" PORT_PLAIN);

#if HOSTED
/* Two, one of which has to wait until the other's handler returns. */
static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	int send = by_port(run);

	if (send <= 0)
		return send + 1;
	for (int i = 0; i < 2; i++)
		if (sys_ioctl(vcpu->fd, KVM_NMI, NULL))
			return err_sys(err, errno, "ioctl KVM_NMI");
	return 1;
}
#endif

BENCHMARK(irq_nmi_window,
	.name = "irq/nmi-window",
	.title = "an NMI that has to wait for another's handler",
	.what = "KVM asks to be told when NMIs are open again: an exit for that, beside what irq/nmi costs twice.",
	.rows = "101",
	.payload = "irq_nmi_window",
	.environments = ENV_GUEST,
	.interrupts = 2,
	.on_exit = on_exit,
	.expect = {
		{SUBSTRATE_VMX, .reason = EXIT_VMX_NMI_WINDOW, .count = 1,
		 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_IRET, .count = 2, .also = ALSO(EXIT_SVM_EXCP_DB)},
		{SUBSTRATE_PVM, .known = "kvm_pvm loses an NMI that has to wait for another's handler",
		 .link = "docs/exit-paths.md"},
	});

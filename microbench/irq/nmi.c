/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"

PAYLOAD64_PAIR(irq_nmi, "", "outb %al, $" PORT_SEND, "outb %al, $" PORT_PLAIN);

#if HOSTED
static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	int send = by_port(run);

	if (send <= 0)
		return send + 1;
	if (sys_ioctl(vcpu->fd, KVM_NMI, NULL))
		return err_sys(err, errno, "ioctl KVM_NMI");
	return 1;
}
#endif

BENCHMARK(irq_nmi,
	.name = "irq/nmi",
	.title = "an NMI from user space (KVM_NMI)",
	.what = "To the guest's handler and back. The next NMI has to wait for its IRET: SVM without virtual NMIs "
		"intercepts that, VT-x keeps the books itself.",
	.rows = "75 101",
	.payload = "irq_nmi",
	.environments = ENV_GUEST,
	.interrupts = 1,
	.on_exit = on_exit,
	.expect = {
		{SUBSTRATE_VMX, .none = true},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_IRET, .count = 1},
		{SUBSTRATE_PVM},
	});

/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* The exit by the first port says what the second is to bring along. */
PAYLOAD64_PAIR(vm_sync_regs, "",
	"outb %al, $0x81\noutb %al, $0x83",
	"outb %al, $0x82\noutb %al, $0x83");

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"

static int supported(struct err *err)
{
	if (kvm_host_capability(KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_SREGS)
		return 0;
	return err_set(err, ENOTSUP, "this KVM does not share registers by kvm_run");
}

static int on_exit(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	(void)vcpu;
	(void)err;
	if (run->exit_reason != KVM_EXIT_IO || run->io.port < 0x81 || run->io.port > 0x83)
		return 0;
	run->kvm_valid_regs = run->io.port == 0x81 ? KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS : 0;
	return 1;
}
#endif

BENCHMARK(vm_sync_regs,
	.name = "vm/sync-regs",
	.title = "registers that come along with an exit (KVM_CAP_SYNC_REGS)",
	.what = "What KVM adds to an exit to user space when it is asked to leave all registers in kvm_run: compare with "
		"the calls of vm/registers.",
	.rows = "104",
	.payload = "vm_sync_regs",
	.environments = ENV_GUEST,
	.supported = supported,
	.on_exit = on_exit,
	.expect = {{SUBSTRATE_HARDWARE, .none = true}, {SUBSTRATE_PVM}});

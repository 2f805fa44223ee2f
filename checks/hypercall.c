/* SPDX-License-Identifier: MIT */
/* Hypercalls of KVM: by VMCALL or VMMCALL, whichever the vendor has. */
#include "checks/checks.h"

#define KVM_ENOSYS_CODE 1000
#define KVM_EPERM_CODE	1
#define UNUSED_NUMBER	0x7fff

CODE(hypercall_intel, "vmcall");
CODE(hypercall_amd, "vmmcall");

static void call(struct stage *stage, bool own, uint64_t number)
{
	/* A hypervisor in software knows VMCALL alone. */
	bool intel = stage->substrate == SUBSTRATE_SVM ? !own : own;

	stage->regs.rax = number;
	stage->regs.rbx = stage->regs.rcx = stage->regs.rdx = stage->regs.rsi = 0x11;
	stage_run(stage, intel ? &hypercall_intel : &hypercall_amd);
}

/* In the width of the mode that calls. */
static void expect_code(struct stage *stage, int64_t code)
{
	uint64_t wanted = stage_bits(stage) == 64 ? (uint64_t)code : (uint32_t)code;

	expect_end(stage);
	expect_field(stage, "RAX", stage->regs.rax, wanted);
	expect_field(stage, "RBX", stage->regs.rbx, 0x11);
	expect_field(stage, "RCX", stage->regs.rcx, 0x11);
}

static void run_unknown(struct stage *stage, unsigned n)
{
	call(stage, !n, UNUSED_NUMBER);
	expect_code(stage, -KVM_ENOSYS_CODE);
}

static const char *vendor_name(unsigned n)
{
	return n ? "other-vendor" : "own-vendor";
}

CHECK(hypercall_unknown,
	.name = "hypercall/unknown",
	.title = "a hypercall that does not exist answers -KVM_ENOSYS, also by the other vendor's instruction, and changes nothing else",
	.manual = "KVM hypercalls.rst; KVM cpuid.rst",
	.in = IN_KERNEL,
	ONE_VCPU,
	.cases = 2,
	.case_name = vendor_name,
	.known = {
		{SUBSTRATE_HARDWARE, ENV_REAL16, .when = "other-vendor",
		 .known = "in real mode KVM does not put its own instruction in the place of the other "
			  "vendor's (it forgets CS's base): #UD on Intel, without end on AMD",
		 .link = "docs/check.md#kvm"},
		PVM_KNOWN(IN_KERNEL, NULL, "a hypercall of an emulated ring 0 never returns, or ends in an internal error"),
	},
	.run = run_unknown);

static void run_denied(struct stage *stage, unsigned n)
{
	(void)n;
	call(stage, true, UNUSED_NUMBER);
	expect_code(stage, -KVM_EPERM_CODE);
}

CHECK(hypercall_denied,
	.name = "hypercall/ring3",
	.title = "ring 3 may make no hypercall: -KVM_EPERM",
	.manual = "KVM hypercalls.rst; kvm_emulate_hypercall() in Linux",
	.in = ENV_GUEST_USER,
	ONE_VCPU,
	.known = {PVM_KNOWN(0, NULL, "ring 3 gets #GP for a hypercall")},
	.run = run_denied);

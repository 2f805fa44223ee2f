/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

/* Pages of low memory that nothing else uses. */
#define VMCB	   "0xa0000"
#define HOST_SAVE "0xa1000"

/*
 * The guest's guest is two instructions, at 5 or at 6. An intercepted instruction is not stepped
 * over: VMRUN executes it once more. VMRUN leaves interrupts off, of which there are none here.
 */
PAYLOAD64(nested_svm,
	"movl $0xc0000080, %ecx\n"	/* EFER.SVME */
	"rdmsr\n"
	"orl $0x1000, %eax\n"
	"wrmsr\n"
	"movl $0xc0010117, %ecx\n"	/* VM_HSAVE_PA */
	"movl $" HOST_SAVE ", %eax\n"
	"xorl %edx, %edx\n"
	"wrmsr\n"
	"lea 5f(%rip), %rsi\n"
	"lea 6f(%rip), %rdi\n"
	"cmpl $0, " CTX(arg) "\n"
	"cmovne %rdi, %rsi\n"
	"movl $" VMCB ", %edi\n"
	"mov %rsi, 0x578(%rdi)\n"	/* RIP */
	"jmp 4f\n"
	"5: vmmcall\n"
	"jmp 5b\n"
	"6: cpuid\n"
	"jmp 6b\n"
	"4:",
	"movl $" VMCB ", %eax",
	"vmrun");

#if HOSTED
#include <errno.h>
#include <string.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

/* The virtual machine control block: AMD APM volume 2, appendix B. */
#define VMCB_GPA	   0xa0000
#define VMCB_INTERCEPT3	   0x00c
#define INTERCEPT3_CPUID   (1u << 18)
#define VMCB_INTERCEPT4	   0x010
#define INTERCEPT4_VMRUN   (1u << 0)
#define INTERCEPT4_VMMCALL (1u << 1)
#define VMCB_ASID	   0x058
#define VMCB_SEGMENTS	   0x400 /* es cs ss ds fs gs gdtr ldtr idtr tr, 16 bytes each */
#define VMCB_EFER	   0x4d0
#define VMCB_CR4	   0x548
#define VMCB_CR3	   0x550
#define VMCB_CR0	   0x558
#define VMCB_DR7	   0x560
#define VMCB_DR6	   0x568
#define VMCB_RFLAGS	   0x570
#define VMCB_RSP	   0x5d8
#define VMCB_PAT	   0x668
#define EFER_SVME	   0x1000u

struct vmcb_segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

#define ATTRIBUTES_CODE64 0xa9b
#define ATTRIBUTES_DATA	  0xc93

static void put32(uint8_t *vmcb, unsigned offset, uint32_t value)
{
	memcpy(vmcb + offset, &value, sizeof(value));
}

static void put64(uint8_t *vmcb, unsigned offset, uint64_t value)
{
	memcpy(vmcb + offset, &value, sizeof(value));
}

static void put_segments(uint8_t *vmcb, const struct kvm_sregs *sregs)
{
	struct vmcb_segment segments[10] = {{0}};

	for (unsigned i = 0; i < 6; i++)
		segments[i] = (struct vmcb_segment){SEL_KERNEL_DATA, ATTRIBUTES_DATA, ~0u, 0};
	segments[1].selector = SEL_KERNEL_CODE;
	segments[1].attributes = ATTRIBUTES_CODE64;
	segments[6] = (struct vmcb_segment){0, 0, sregs->gdt.limit, sregs->gdt.base};
	segments[8] = (struct vmcb_segment){0, 0, sregs->idt.limit, sregs->idt.base};
	memcpy(vmcb + VMCB_SEGMENTS, segments, sizeof(segments));
}

/* The guest's guest sees what the guest sees: the same tables, the same memory. */
static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	uint8_t *vmcb = memory_host(instance->vm, VMCB_GPA);
	struct kvm_sregs sregs;

	(void)arg;
	if (sys_ioctl(instance->vm->vcpus[0].fd, KVM_GET_SREGS, &sregs))
		return err_sys(err, errno, "ioctl KVM_GET_SREGS");
	memset(vmcb, 0, 4096);
	put32(vmcb, VMCB_INTERCEPT3, INTERCEPT3_CPUID);
	put32(vmcb, VMCB_INTERCEPT4, INTERCEPT4_VMRUN | INTERCEPT4_VMMCALL);
	put32(vmcb, VMCB_ASID, 1);
	put_segments(vmcb, &sregs);
	put64(vmcb, VMCB_EFER, sregs.efer | EFER_SVME);
	put64(vmcb, VMCB_CR0, sregs.cr0);
	put64(vmcb, VMCB_CR3, sregs.cr3);
	put64(vmcb, VMCB_CR4, sregs.cr4);
	put64(vmcb, VMCB_DR6, 0xffff0ff0);
	put64(vmcb, VMCB_DR7, 0x400);
	put64(vmcb, VMCB_RFLAGS, 2);
	put64(vmcb, VMCB_RSP, GPA_SHARED + 4096);
	put64(vmcb, VMCB_PAT, 0x0007040600070406ull);
	return 0;
}
#endif

BENCHMARK(nested_svm,
	.name = "nested/svm",
	.title = "a guest's guest exits to its hypervisor, and is run again (SVM)",
	.what = "A hypervisor in the guest, as small as can be: VMRUN, an instruction that it intercepts, and back. KVM "
		"below has to play the processor both ways.",
	.rows = "63",
	.payload = "nested_svm",
	.environments = ENV_GUEST,
	.needs = NEED_AMD | NEED_FRESH,
	.feature = {"svm", 0x80000001, 0, CPUID_ECX, 2},
	.axes = {{"inner-exit", 0, {{"hypercall", 0}, {"cpuid", 1}}}},
	.setup = setup,
	.expect = {
		{SUBSTRATE_SVM, .reason = EXIT_SVM_VMRUN, .count = 1,
		 .also = ALSO(EXIT_SVM_VMMCALL, EXIT_SVM_CPUID)},
		{SUBSTRATE_PVM, .known = "kvm_pvm does not nest", .link = "docs/exit-paths.md"},
	});

/* SPDX-License-Identifier: MIT */
/* The state that a VM and its vCPUs start in: no firmware, straight into the wanted mode. */
#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define CR0_PE		 0x1u
#define CR0_MP		 0x2u
#define CR0_ET		 0x10u
#define CR0_NE		 0x20u
#define CR0_WP		 0x10000u
#define CR0_PG		 0x80000000u
#define CR4_PAE		 0x20u
#define CR4_OSFXSR	 0x200u
#define CR4_OSXMMEXCPT	 0x400u
#define EFER_SCE	 0x1u
#define EFER_LME	 0x100u
#define EFER_LMA	 0x400u
#define EFER_NXE	 0x800u
#define APIC_BASE_ENABLE 0x800u
#define APIC_BASE_X2APIC 0xc00u
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define RFLAGS_FIXED	 0x2u
#define RFLAGS_IF	 0x200u

/* Three pages that Intel's KVM needs for real mode; above all that a guest uses. */
#define TSS_ADDRESS	     0xfffbd000ul
#define IDENTITY_MAP_ADDRESS 0xfffbc000ul

int arch_vm_prepare(struct vm *vm, struct err *err)
{
	uint64_t identity = IDENTITY_MAP_ADDRESS;
	struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};

	/* Both are refused where nothing needs them. */
	sys_ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity);
	sys_ioctl(vm->fd, KVM_SET_TSS_ADDR, (void *)TSS_ADDRESS);
	if (!vm->config.irqchip)
		return 0;
	if (sys_ioctl(vm->fd, KVM_CREATE_IRQCHIP, NULL))
		return err_sys(err, errno, "ioctl KVM_CREATE_IRQCHIP");
	if (sys_ioctl(vm->fd, KVM_CREATE_PIT2, &pit))
		return err_sys(err, errno, "ioctl KVM_CREATE_PIT2");
	return 0;
}

void arch_cpuid_complete(struct kvm_cpuid2 *cpuid, bool tsc_deadline)
{
	for (unsigned i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 1 && tsc_deadline)
			cpuid->entries[i].ecx |= CPUID_1_ECX_TSC_DEADLINE;
}

static struct kvm_segment flat(uint16_t selector, uint8_t type, bool code64)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.dpl = selector & 3,
		.db = !code64,
		.s = 1,
		.l = code64,
		.g = 1,
	};
}

/*
 * A loaded task register holds a busy TSS, and VT-x insists on it. QEMU's emulated SVM, however,
 * looks for an available one when ring 3 uses a port, and would refuse every port.
 */
static uint8_t tss_type(void)
{
	unsigned eax, ebx, ecx, edx;

	__cpuid(1, eax, ebx, ecx, edx);
	if (ecx >> 31) {
		__cpuid(0x40000000, eax, ebx, ecx, edx);
		if (ebx == 0x54474354 && ecx == 0x43544743) /* TCGTCGTCGTCG */
			return 9;
	}
	return 11;
}

static void set_tables(struct kvm_sregs *sregs, const struct vcpu *vcpu, uint16_t idt_limit)
{
	sregs->gdt.base = GPA_GDT;
	sregs->gdt.limit = GDT_LIMIT;
	sregs->idt.base = GPA_IDT;
	sregs->idt.limit = idt_limit;
	sregs->tr = (struct kvm_segment){
		.base = GPA_TSS + vcpu->index * 0x3000,
		.limit = 0x68 + 8192,
		.selector = (uint16_t)(SEL_TSS + 16 * vcpu->index),
		.type = tss_type(),
		.present = 1,
	};
	sregs->ldt = (struct kvm_segment){
		.base = GPA_GDT + 0x800,
		.limit = LDT_LIMIT,
		.selector = SEL_LDT,
		.type = 2,
		.present = 1,
	};
}

static void mode_long(struct kvm_sregs *sregs, const struct vcpu *vcpu)
{
	bool user = vcpu->vm->user;

	sregs->cs = flat(user ? SEL_USER_CODE : SEL_KERNEL_CODE, 11, true);
	sregs->ds = flat(user ? SEL_USER_DATA : SEL_KERNEL_DATA, 3, false);
	sregs->es = sregs->fs = sregs->gs = sregs->ss = sregs->ds;
	set_tables(sregs, vcpu, 16 * 256 - 1);
	sregs->cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE;
	sregs->cr3 = GPA_PAGE_TABLES;
	sregs->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	sregs->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
}

static void mode_protected(struct kvm_sregs *sregs, const struct vcpu *vcpu)
{
	sregs->cs = flat(SEL_KERNEL_CODE32, 11, false);
	sregs->ds = flat(SEL_KERNEL_DATA, 3, false);
	sregs->es = sregs->gs = sregs->ss = sregs->ds;
	sregs->fs = flat(SEL_CTX, 3, false);
	sregs->fs.base = GPA_CTX + vcpu->index * CTX_BLOCK;
	set_tables(sregs, vcpu, 8 * 256 - 1);
	sregs->cr0 = CR0_NE | CR0_ET | CR0_MP | CR0_PE;
	sregs->cr4 = 0;
	sregs->efer = 0;
}

static struct kvm_segment real(uint64_t base, uint8_t type)
{
	return (struct kvm_segment){
		.base = base,
		.limit = 0xffff,
		.selector = (uint16_t)(base >> 4),
		.type = type,
		.present = 1,
		.s = 1,
	};
}

static void mode_real(struct kvm_sregs *sregs, const struct vcpu *vcpu)
{
	sregs->cs = real(GPA_IMAGE16, 11);
	sregs->ds = sregs->es = sregs->gs = real(GPA_IMAGE16, 3);
	sregs->ss = real(GPA_STACKS + vcpu->index * 0x2000, 3);
	sregs->fs = real(GPA_CTX + vcpu->index * CTX_BLOCK, 3);
	sregs->idt.base = 0;
	sregs->idt.limit = 0x3ff;
	sregs->cr0 = CR0_ET;
	sregs->cr4 = 0;
	sregs->efer = 0;
}

int arch_vcpu_prepare(struct vcpu *vcpu, struct err *err)
{
	struct vm *vm = vcpu->vm;
	uint64_t start = image_address(image_for(vm->bits), "runtime_guest");
	struct kvm_mp_state running = {.mp_state = KVM_MP_STATE_RUNNABLE};
	struct kvm_regs regs = {
		.rip = vm->bits == 16 ? start - GPA_IMAGE16 : start,
		.rsp = vm->bits == 16 ? 0x1000 : GPA_STACKS + vcpu->index * 0x2000 + 0x1000,
		.rflags = RFLAGS_FIXED | RFLAGS_IF,
		.rdi = GPA_CTX + vcpu->index * CTX_BLOCK,
	};
	struct kvm_host *host;
	struct kvm_sregs sregs;
	int rc;

	rc = kvm_host_get(&host, err);
	if (rc)
		return rc;
	if (sys_ioctl(vcpu->fd, KVM_SET_CPUID2, host->cpuid))
		return err_sys(err, errno, "ioctl KVM_SET_CPUID2");
	if (sys_ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		return err_sys(err, errno, "ioctl KVM_GET_SREGS");
	if (vm->bits == 64)
		mode_long(&sregs, vcpu);
	else if (vm->bits == 32)
		mode_protected(&sregs, vcpu);
	else
		mode_real(&sregs, vcpu);
	if (vm->config.irqchip)
		sregs.apic_base |= vm->config.xapic ? APIC_BASE_ENABLE : APIC_BASE_X2APIC;
	if (sys_ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		return err_sys(err, errno, "ioctl KVM_SET_SREGS for %u-bit code", vm->bits);
	if (sys_ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		return err_sys(err, errno, "ioctl KVM_SET_REGS");
	/* With KVM's interrupt controllers, vCPUs beyond the first wait for a start-up IPI. */
	if (vm->config.irqchip && sys_ioctl(vcpu->fd, KVM_SET_MP_STATE, &running))
		return err_sys(err, errno, "ioctl KVM_SET_MP_STATE");
	return 0;
}

/* KVM says that the task is busy, whatever was set: see tss_type(). */
int arch_vcpu_set_sregs(struct vcpu *vcpu, struct kvm_sregs *sregs, struct err *err)
{
	if (vcpu->vm->bits == 64)
		sregs->tr.type = tss_type();
	if (sys_ioctl(vcpu->fd, KVM_SET_SREGS, sregs))
		return err_sys(err, errno, "ioctl KVM_SET_SREGS");
	return 0;
}

int arch_vcpu_place(struct vcpu *vcpu, uint64_t *linear, char *text, size_t size)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (sys_ioctl(vcpu->fd, KVM_GET_REGS, &regs) || sys_ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		return -errno;
	*linear = vcpu->vm->bits == 64 ? regs.rip : sregs.cs.base + regs.rip;
	snprintf(text, size, "%04x:%" PRIx64, sregs.cs.selector, (uint64_t)regs.rip);
	return 0;
}

#define MSR_IA32_TSC 0x10

int arch_vcpu_ticks(struct vcpu *vcpu, uint64_t *ticks)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry tsc;
	} msrs = {.head.nmsrs = 1, .tsc.index = MSR_IA32_TSC};
	int n = sys_ioctl(vcpu->fd, KVM_GET_MSRS, &msrs);

	if (n != 1)
		return n < 0 ? -errno : -ENOENT;
	*ticks = msrs.tsc.data;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A hypervisor in the guest, as small as can be (VT-x). The host of this program writes a list of
 * what belongs into the virtual machine control structure; the guest's code enters VMX operation,
 * follows the list, and launches a guest of two instructions.
 */
#ifndef NESTED_VMX_H
#define NESTED_VMX_H

#include "microbench/bench.h"

/* Pages of low memory that nothing else uses. */
#define VMXON_REGION "0xa0000"
#define VMCS	     "0xa1000"
#define VMCS_LIST    "0xa2000"

/*
 * List entries are {field, value, MSR}: with an MSR, a control of which some bits must be set and
 * others must not. The entry "field 0" is the last one. The MSR's 64 bits: those below must be
 * set, those above may be.
 */
#define VMX_ENTER                                      \
	"mov %cr4, %rsi\n"                             \
	"or $0x2000, %rsi\n"                           \
	"mov %rsi, %cr4\n"                             \
	"movl $0x480, %ecx\n"                          \
	"rdmsr\n"                                      \
	"andl $0x7fffffff, %eax\n"                     \
	"movl $" VMXON_REGION ", %esi\n"               \
	"movl %eax, (%rsi)\n"                          \
	"mov %rsi, " CTX(scratch) "\n"                 \
	"vmxon " CTX(scratch) "\n"                     \
	"movl $" VMCS ", %esi\n"                       \
	"movl %eax, (%rsi)\n"                          \
	"mov %rsi, " CTX(scratch) "\n"                 \
	"vmclear " CTX(scratch) "\n"                   \
	"vmptrld " CTX(scratch) "\n"                   \
	"movl $" VMCS_LIST ", %esi\n"                  \
	"1: mov (%rsi), %r8\n"                         \
	"test %r8, %r8\n"                              \
	"jz 3f\n"                                      \
	"mov 8(%rsi), %r9\n"                           \
	"mov 16(%rsi), %rcx\n"                         \
	"test %rcx, %rcx\n"                            \
	"jz 2f\n"                                      \
	"rdmsr\n"                                      \
	"orl %eax, %r9d\n"                             \
	"andl %edx, %r9d\n"                            \
	"2: vmwrite %r9, %r8\n"                        \
	"add $24, %rsi\n"                              \
	"jmp 1b\n"                                     \
	"3:\n"

#if HOSTED
#include <errno.h>
#include <string.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#define VMCS_LIST_GPA 0xa2000
#define VMX_CPU_FEATURE {"vmx", 1, 0, CPUID_ECX, 5}

/* The guest's guest is left by the preemption timer, which has expired when it begins. */
#define VMX_INNER_TIMER 2
#define PIN_TIMER	0x40

struct vmcs_entry {
	uint64_t field, value, msr;
};

/* Field encodings: Intel SDM volume 3, appendix B. */
static inline int vmx_fill_list(struct instance *instance, bool timer, struct err *err)
{
	struct vmcs_entry *list = memory_host(instance->vm, VMCS_LIST_GPA);
	struct kvm_sregs sregs;
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} control = {.head.nmsrs = 1, .entry = {.index = 0x3a, .data = 5}};
	int fd = instance->vm->vcpus[0].fd;
	unsigned n = 0;

	/* FEATURE_CONTROL: locked, VMX outside of SMX. A firmware does this. */
	if (sys_ioctl(fd, KVM_SET_MSRS, &control) != 1)
		return err_set(err, EIO, "ioctl KVM_SET_MSRS of FEATURE_CONTROL");
	if (sys_ioctl(fd, KVM_GET_SREGS, &sregs))
		return err_sys(err, errno, "ioctl KVM_GET_SREGS");

	const struct vmcs_entry entries[] = {
		/* controls: nothing but what must be; 64-bit code on both sides */
		{0x4000, timer ? PIN_TIMER : 0, 0x481}, {0x482e, 0, 0}, {0x4002, 0, 0x482}, {0x400c, 0x200, 0x483},
		{0x4012, 0x200, 0x484}, {0x4004, 0, 0}, {0x400a, 0, 0}, {0x400e, 0, 0},
		{0x4010, 0, 0}, {0x4014, 0, 0}, {0x4016, 0, 0}, {0x2800, ~0ull, 0},
		/* where an exit leads to; RSP and RIP are the payload's to fill in */
		{0x0c00, SEL_KERNEL_DATA, 0}, {0x0c02, SEL_KERNEL_CODE, 0},
		{0x0c04, SEL_KERNEL_DATA, 0}, {0x0c06, SEL_KERNEL_DATA, 0},
		{0x0c08, SEL_KERNEL_DATA, 0}, {0x0c0a, SEL_KERNEL_DATA, 0}, {0x0c0c, SEL_TSS, 0},
		{0x6c00, sregs.cr0, 0}, {0x6c02, sregs.cr3, 0}, {0x6c04, sregs.cr4 | 0x2000, 0},
		{0x6c06, 0, 0}, {0x6c08, 0, 0}, {0x6c0a, sregs.tr.base, 0},
		{0x6c0c, sregs.gdt.base, 0}, {0x6c0e, sregs.idt.base, 0}, {0x4c00, 0, 0},
		{0x6c10, 0, 0}, {0x6c12, 0, 0},
		/* the guest's guest: the same tables and memory */
		{0x0800, SEL_KERNEL_DATA, 0}, {0x0802, SEL_KERNEL_CODE, 0},
		{0x0804, SEL_KERNEL_DATA, 0}, {0x0806, SEL_KERNEL_DATA, 0},
		{0x0808, SEL_KERNEL_DATA, 0}, {0x080a, SEL_KERNEL_DATA, 0}, {0x080c, 0, 0},
		{0x080e, SEL_TSS, 0}, {0x4800, 0xffffffff, 0}, {0x4802, 0xffffffff, 0},
		{0x4804, 0xffffffff, 0}, {0x4806, 0xffffffff, 0}, {0x4808, 0xffffffff, 0},
		{0x480a, 0xffffffff, 0}, {0x480c, 0, 0}, {0x480e, sregs.tr.limit, 0},
		{0x4810, sregs.gdt.limit, 0}, {0x4812, sregs.idt.limit, 0}, {0x4814, 0xc093, 0},
		{0x4816, 0xa09b, 0}, {0x4818, 0xc093, 0}, {0x481a, 0xc093, 0}, {0x481c, 0xc093, 0},
		{0x481e, 0xc093, 0}, {0x4820, 0x10000, 0}, {0x4822, 0x8b, 0}, {0x6806, 0, 0},
		{0x6808, 0, 0}, {0x680a, 0, 0}, {0x680c, 0, 0}, {0x680e, 0, 0}, {0x6810, 0, 0},
		{0x6812, 0, 0}, {0x6814, sregs.tr.base, 0}, {0x6816, sregs.gdt.base, 0},
		{0x6818, sregs.idt.base, 0}, {0x6800, sregs.cr0, 0}, {0x6802, sregs.cr3, 0},
		{0x6804, sregs.cr4 | 0x2000, 0}, {0x681a, 0x400, 0},
		{0x681c, GPA_SHARED + 4096, 0}, {0x6820, 2, 0}, {0x6822, 0, 0}, {0x6824, 0, 0},
		{0x6826, 0, 0}, {0x482a, 0, 0}, {0x4824, 0, 0}, {0x4826, 0, 0}, {0x2802, 0, 0},
	};

	for (; n < sizeof(entries) / sizeof(entries[0]); n++)
		list[n] = entries[n];
	memset(&list[n], 0, sizeof(list[n]));
	return 0;
}

static inline int vmx_setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	return vmx_fill_list(instance, arg[0] == VMX_INNER_TIMER, err);
}
#endif
#endif

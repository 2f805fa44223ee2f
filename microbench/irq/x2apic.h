/* SPDX-License-Identifier: MIT */
/* The local APIC by MSRs, and waiting for its interrupts: for 64-bit code in ring 0. */
#ifndef IRQ_X2APIC_H
#define IRQ_X2APIC_H

#include "microbench/bench.h"

#define X2APIC_ID	"0x802"
#define X2APIC_TPR	"0x808"
#define X2APIC_EOI	"0x80b"
#define X2APIC_SPURIOUS "0x80f"
#define X2APIC_ICR	"0x830"
#define X2APIC_TIMER	"0x832"
#define X2APIC_SELF	"0x83f"
#define TSC_DEADLINE	"0x6e0"
/* VECTOR_TEST; and the same with the timer in TSC-deadline mode. */
#define VECTOR		"0x51"
#define VECTOR_DEADLINE "0x40051"

#define WRITE_MSR(msr, value)                  \
	"movl $" msr ", %ecx\n"                \
	"movl $" value ", %eax\n"              \
	"xorl %edx, %edx\n"                    \
	"wrmsr\n"

/* From then on every entry into the guest is longer: such operations want a VM of their own. */
#define ENABLE_APIC WRITE_MSR(X2APIC_SPURIOUS, "0x1ff")

/*
 * Waits until the interrupts that a vCPU has counted are as many as r8 says. The waiting is
 * bounded: one in vain is noted, and the host fails the operation.
 */
#define WAIT_FOR_COUNT(where)                          \
	"movl $0x400000, %r9d\n"                       \
	"7: cmpl %r8d, " where "\n"                    \
	"jae 8f\n"                                     \
	"pause\n"                                      \
	"decl %r9d\n"                                  \
	"jnz 7b\n"                                     \
	"incq " CTX(note) "\n"                         \
	"8:\n"

/* r10 = now and arg 0 ticks more; edx:eax as well. */
#define DEADLINE_TO_R10                        \
	"rdtsc\n"                              \
	"shl $32, %rdx\n"                      \
	"or %rdx, %rax\n"                      \
	"add " ARG(0) ", %rax\n"               \
	"mov %rax, %r10\n"                     \
	"mov %rax, %rdx\n"                     \
	"shr $32, %rdx\n"

/* Until the clock says r10. */
#define WAIT_FOR_R10                           \
	"7: rdtsc\n"                           \
	"shl $32, %rdx\n"                      \
	"or %rdx, %rax\n"                      \
	"cmp %r10, %rax\n"                     \
	"jb 7b\n"

/* An interrupt that comes with the next entry: what exits is its end, where no hardware takes it. */
#define EXPECT_SENT_INTERRUPT                                                                 \
	{SUBSTRATE_VMX, .module = "enable_apicv=Y", .none = true},                            \
	{SUBSTRATE_SVM, .module = "avic=Y"},                                                  \
	{SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1,                             \
	 .also = ALSO(EXIT_VMX_PREEMPTION_TIMER)},                                                \
	EXPECT_SVM(MSR),                                                                      \
	{SUBSTRATE_PVM, .event = "kvm_msr", .event_count = 1}

#if HOSTED
#include <errno.h>

#include "kvm-harness/kvm.h"

static inline int deadline_supported(struct err *err)
{
	if (kvm_host_capability(KVM_CAP_TSC_DEADLINE_TIMER))
		return 0;
	return err_set(err, ENOTSUP, "this KVM's local APIC has no TSC-deadline timer");
}
#endif

#endif

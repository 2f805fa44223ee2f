/* SPDX-License-Identifier: MIT */
/*
 * Names and numbers of VM exits, independent of the installed kernel headers, which may be older
 * than the CPU or the kernel that is measured. Each table is one list, from which the constants
 * (EXIT_VMX_CPUID) and the names ("CPUID") are both made.
 *
 * Sources: Intel SDM vol. 3 appendix C (basic exit reasons); AMD APM vol. 2 appendix C and the
 * GHCB specification (exit codes, VMGEXIT events); Linux <linux/kvm.h> and <asm/svm.h>. Where the
 * manuals use a sentence, the name is the kernel's, as its tracepoints print it.
 *
 * No function here fails, allocates or keeps what it is given.
 */
#ifndef ARCH_X86_EXIT_NAMES_H
#define ARCH_X86_EXIT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "support/substrate.h"

/* The lists are kept one entry a line, so that a change of one entry is a change of one line. */
/* clang-format off */

/* VT-x: bits 15:0 of the exit reason. 35, 38, 42, 71, 82 and 83 are not assigned. */
#define EXIT_VMX_LIST(X)		\
	X(EXCEPTION_NMI, 0)		\
	X(EXTERNAL_INTERRUPT, 1)	\
	X(TRIPLE_FAULT, 2)		\
	X(INIT_SIGNAL, 3)		\
	X(SIPI_SIGNAL, 4)		\
	X(IO_SMI, 5)			\
	X(OTHER_SMI, 6)			\
	X(INTERRUPT_WINDOW, 7)		\
	X(NMI_WINDOW, 8)		\
	X(TASK_SWITCH, 9)		\
	X(CPUID, 10)			\
	X(GETSEC, 11)			\
	X(HLT, 12)			\
	X(INVD, 13)			\
	X(INVLPG, 14)			\
	X(RDPMC, 15)			\
	X(RDTSC, 16)			\
	X(RSM, 17)			\
	X(VMCALL, 18)			\
	X(VMCLEAR, 19)			\
	X(VMLAUNCH, 20)			\
	X(VMPTRLD, 21)			\
	X(VMPTRST, 22)			\
	X(VMREAD, 23)			\
	X(VMRESUME, 24)			\
	X(VMWRITE, 25)			\
	X(VMOFF, 26)			\
	X(VMON, 27)			\
	X(CR_ACCESS, 28)		\
	X(DR_ACCESS, 29)		\
	X(IO_INSTRUCTION, 30)		\
	X(MSR_READ, 31)			\
	X(MSR_WRITE, 32)		\
	X(INVALID_STATE, 33)		\
	X(MSR_LOAD_FAIL, 34)		\
	X(MWAIT_INSTRUCTION, 36)	\
	X(MONITOR_TRAP_FLAG, 37)	\
	X(MONITOR_INSTRUCTION, 39)	\
	X(PAUSE_INSTRUCTION, 40)	\
	X(MCE_DURING_VMENTRY, 41)	\
	X(TPR_BELOW_THRESHOLD, 43)	\
	X(APIC_ACCESS, 44)		\
	X(EOI_INDUCED, 45)		\
	X(GDTR_IDTR, 46)		\
	X(LDTR_TR, 47)			\
	X(EPT_VIOLATION, 48)		\
	X(EPT_MISCONFIG, 49)		\
	X(INVEPT, 50)			\
	X(RDTSCP, 51)			\
	X(PREEMPTION_TIMER, 52)		\
	X(INVVPID, 53)			\
	X(WBINVD, 54)			\
	X(XSETBV, 55)			\
	X(APIC_WRITE, 56)		\
	X(RDRAND, 57)			\
	X(INVPCID, 58)			\
	X(VMFUNC, 59)			\
	X(ENCLS, 60)			\
	X(RDSEED, 61)			\
	X(PML_FULL, 62)			\
	X(XSAVES, 63)			\
	X(XRSTORS, 64)			\
	X(PCONFIG, 65)			\
	X(SPP_EVENT, 66)		\
	X(UMWAIT, 67)			\
	X(TPAUSE, 68)			\
	X(LOADIWKEY, 69)		\
	X(ENCLV, 70)			\
	X(ENQCMD_PASID, 72)		\
	X(ENQCMDS_PASID, 73)		\
	X(BUS_LOCK, 74)			\
	X(NOTIFY, 75)			\
	X(SEAMCALL, 76)			\
	X(TDCALL, 77)			\
	X(RDMSRLIST, 78)		\
	X(WRMSRLIST, 79)		\
	X(URDMSR, 80)			\
	X(UWRMSR, 81)			\
	X(MSR_READ_IMM, 84)		\
	X(MSR_WRITE_IMM, 85)

/*
 * SVM: the low half of EXITCODE. The last ones are the negative codes: INVALID is VMRUN's refusal
 * of the guest's state. PML_FULL is from the kernel, ahead of the manual.
 */
#define EXIT_SVM_LIST(X)				\
	X(READ_CR0, 0x000)				\
	X(READ_CR1, 0x001)				\
	X(READ_CR2, 0x002)				\
	X(READ_CR3, 0x003)				\
	X(READ_CR4, 0x004)				\
	X(READ_CR5, 0x005)				\
	X(READ_CR6, 0x006)				\
	X(READ_CR7, 0x007)				\
	X(READ_CR8, 0x008)				\
	X(READ_CR9, 0x009)				\
	X(READ_CR10, 0x00a)				\
	X(READ_CR11, 0x00b)				\
	X(READ_CR12, 0x00c)				\
	X(READ_CR13, 0x00d)				\
	X(READ_CR14, 0x00e)				\
	X(READ_CR15, 0x00f)				\
	X(WRITE_CR0, 0x010)				\
	X(WRITE_CR1, 0x011)				\
	X(WRITE_CR2, 0x012)				\
	X(WRITE_CR3, 0x013)				\
	X(WRITE_CR4, 0x014)				\
	X(WRITE_CR5, 0x015)				\
	X(WRITE_CR6, 0x016)				\
	X(WRITE_CR7, 0x017)				\
	X(WRITE_CR8, 0x018)				\
	X(WRITE_CR9, 0x019)				\
	X(WRITE_CR10, 0x01a)				\
	X(WRITE_CR11, 0x01b)				\
	X(WRITE_CR12, 0x01c)				\
	X(WRITE_CR13, 0x01d)				\
	X(WRITE_CR14, 0x01e)				\
	X(WRITE_CR15, 0x01f)				\
	X(READ_DR0, 0x020)				\
	X(READ_DR1, 0x021)				\
	X(READ_DR2, 0x022)				\
	X(READ_DR3, 0x023)				\
	X(READ_DR4, 0x024)				\
	X(READ_DR5, 0x025)				\
	X(READ_DR6, 0x026)				\
	X(READ_DR7, 0x027)				\
	X(READ_DR8, 0x028)				\
	X(READ_DR9, 0x029)				\
	X(READ_DR10, 0x02a)				\
	X(READ_DR11, 0x02b)				\
	X(READ_DR12, 0x02c)				\
	X(READ_DR13, 0x02d)				\
	X(READ_DR14, 0x02e)				\
	X(READ_DR15, 0x02f)				\
	X(WRITE_DR0, 0x030)				\
	X(WRITE_DR1, 0x031)				\
	X(WRITE_DR2, 0x032)				\
	X(WRITE_DR3, 0x033)				\
	X(WRITE_DR4, 0x034)				\
	X(WRITE_DR5, 0x035)				\
	X(WRITE_DR6, 0x036)				\
	X(WRITE_DR7, 0x037)				\
	X(WRITE_DR8, 0x038)				\
	X(WRITE_DR9, 0x039)				\
	X(WRITE_DR10, 0x03a)				\
	X(WRITE_DR11, 0x03b)				\
	X(WRITE_DR12, 0x03c)				\
	X(WRITE_DR13, 0x03d)				\
	X(WRITE_DR14, 0x03e)				\
	X(WRITE_DR15, 0x03f)				\
	X(EXCP_DE, 0x040)				\
	X(EXCP_DB, 0x041)				\
	X(EXCP_NMI, 0x042)				\
	X(EXCP_BP, 0x043)				\
	X(EXCP_OF, 0x044)				\
	X(EXCP_BR, 0x045)				\
	X(EXCP_UD, 0x046)				\
	X(EXCP_NM, 0x047)				\
	X(EXCP_DF, 0x048)				\
	X(EXCP_9, 0x049)				\
	X(EXCP_TS, 0x04a)				\
	X(EXCP_NP, 0x04b)				\
	X(EXCP_SS, 0x04c)				\
	X(EXCP_GP, 0x04d)				\
	X(EXCP_PF, 0x04e)				\
	X(EXCP_15, 0x04f)				\
	X(EXCP_MF, 0x050)				\
	X(EXCP_AC, 0x051)				\
	X(EXCP_MC, 0x052)				\
	X(EXCP_XM, 0x053)				\
	X(EXCP_VE, 0x054)				\
	X(EXCP_CP, 0x055)				\
	X(EXCP_22, 0x056)				\
	X(EXCP_23, 0x057)				\
	X(EXCP_24, 0x058)				\
	X(EXCP_25, 0x059)				\
	X(EXCP_26, 0x05a)				\
	X(EXCP_27, 0x05b)				\
	X(EXCP_HV, 0x05c)				\
	X(EXCP_VC, 0x05d)				\
	X(EXCP_SX, 0x05e)				\
	X(EXCP_31, 0x05f)				\
	X(INTR, 0x060)					\
	X(NMI, 0x061)					\
	X(SMI, 0x062)					\
	X(INIT, 0x063)					\
	X(VINTR, 0x064)					\
	X(CR0_SEL_WRITE, 0x065)				\
	X(IDTR_READ, 0x066)				\
	X(GDTR_READ, 0x067)				\
	X(LDTR_READ, 0x068)				\
	X(TR_READ, 0x069)				\
	X(IDTR_WRITE, 0x06a)				\
	X(GDTR_WRITE, 0x06b)				\
	X(LDTR_WRITE, 0x06c)				\
	X(TR_WRITE, 0x06d)				\
	X(RDTSC, 0x06e)					\
	X(RDPMC, 0x06f)					\
	X(PUSHF, 0x070)					\
	X(POPF, 0x071)					\
	X(CPUID, 0x072)					\
	X(RSM, 0x073)					\
	X(IRET, 0x074)					\
	X(SWINT, 0x075)					\
	X(INVD, 0x076)					\
	X(PAUSE, 0x077)					\
	X(HLT, 0x078)					\
	X(INVLPG, 0x079)				\
	X(INVLPGA, 0x07a)				\
	X(IOIO, 0x07b)					\
	X(MSR, 0x07c)					\
	X(TASK_SWITCH, 0x07d)				\
	X(FERR_FREEZE, 0x07e)				\
	X(SHUTDOWN, 0x07f)				\
	X(VMRUN, 0x080)					\
	X(VMMCALL, 0x081)				\
	X(VMLOAD, 0x082)				\
	X(VMSAVE, 0x083)				\
	X(STGI, 0x084)					\
	X(CLGI, 0x085)					\
	X(SKINIT, 0x086)				\
	X(RDTSCP, 0x087)				\
	X(ICEBP, 0x088)					\
	X(WBINVD, 0x089)				\
	X(MONITOR, 0x08a)				\
	X(MWAIT, 0x08b)					\
	X(MWAIT_COND, 0x08c)				\
	X(XSETBV, 0x08d)				\
	X(RDPRU, 0x08e)					\
	X(EFER_WRITE_TRAP, 0x08f)			\
	X(CR0_WRITE_TRAP, 0x090)			\
	X(CR1_WRITE_TRAP, 0x091)			\
	X(CR2_WRITE_TRAP, 0x092)			\
	X(CR3_WRITE_TRAP, 0x093)			\
	X(CR4_WRITE_TRAP, 0x094)			\
	X(CR5_WRITE_TRAP, 0x095)			\
	X(CR6_WRITE_TRAP, 0x096)			\
	X(CR7_WRITE_TRAP, 0x097)			\
	X(CR8_WRITE_TRAP, 0x098)			\
	X(CR9_WRITE_TRAP, 0x099)			\
	X(CR10_WRITE_TRAP, 0x09a)			\
	X(CR11_WRITE_TRAP, 0x09b)			\
	X(CR12_WRITE_TRAP, 0x09c)			\
	X(CR13_WRITE_TRAP, 0x09d)			\
	X(CR14_WRITE_TRAP, 0x09e)			\
	X(CR15_WRITE_TRAP, 0x09f)			\
	X(INVLPGB, 0x0a0)				\
	X(INVLPGB_ILLEGAL, 0x0a1)			\
	X(INVPCID, 0x0a2)				\
	X(MCOMMIT, 0x0a3)				\
	X(TLBSYNC, 0x0a4)				\
	X(BUS_LOCK, 0x0a5)				\
	X(IDLE_HLT, 0x0a6)				\
	X(NPF, 0x400)					\
	X(AVIC_INCOMPLETE_IPI, 0x401)			\
	X(AVIC_UNACCELERATED_ACCESS, 0x402)		\
	X(VMGEXIT, 0x403)				\
	X(PML_FULL, 0x407)				\
	X(VMGEXIT_MMIO_READ, 0x80000001u)		\
	X(VMGEXIT_MMIO_WRITE, 0x80000002u)		\
	X(VMGEXIT_NMI_COMPLETE, 0x80000003u)		\
	X(VMGEXIT_AP_HLT_LOOP, 0x80000004u)		\
	X(VMGEXIT_AP_JUMP_TABLE, 0x80000005u)		\
	X(VMGEXIT_PSC, 0x80000010u)			\
	X(VMGEXIT_GUEST_REQUEST, 0x80000011u)		\
	X(VMGEXIT_EXT_GUEST_REQUEST, 0x80000012u)	\
	X(VMGEXIT_AP_CREATION, 0x80000013u)		\
	X(VMGEXIT_HV_DOORBELL, 0x80000014u)		\
	X(VMGEXIT_HV_IPI, 0x80000015u)			\
	X(VMGEXIT_HV_TIMER, 0x80000016u)		\
	X(VMGEXIT_APIC_ID_LIST, 0x80000017u)		\
	X(VMGEXIT_SNP_RUN_VMPL, 0x80000018u)		\
	X(VMGEXIT_SAVIC, 0x8000001au)			\
	X(VMGEXIT_HV_FEATURES, 0x8000fffdu)		\
	X(VMGEXIT_TERM_REQUEST, 0x8000fffeu)		\
	X(VMGEXIT_UNSUPPORTED_EVENT, 0x8000ffffu)	\
	X(SW, 0xf0000000u)				\
	X(INVALID_PMC, 0xfffffffcu)			\
	X(IDLE_REQUIRED, 0xfffffffdu)			\
	X(BUSY, 0xfffffffeu)				\
	X(INVALID, 0xffffffffu)

/* kvm_run.exit_reason: why KVM_RUN returned to user space. */
#define EXIT_KVM_LIST(X)	\
	X(UNKNOWN, 0)		\
	X(EXCEPTION, 1)		\
	X(IO, 2)		\
	X(HYPERCALL, 3)		\
	X(DEBUG, 4)		\
	X(HLT, 5)		\
	X(MMIO, 6)		\
	X(IRQ_WINDOW_OPEN, 7)	\
	X(SHUTDOWN, 8)		\
	X(FAIL_ENTRY, 9)	\
	X(INTR, 10)		\
	X(SET_TPR, 11)		\
	X(TPR_ACCESS, 12)	\
	X(S390_SIEIC, 13)	\
	X(S390_RESET, 14)	\
	X(DCR, 15)		\
	X(NMI, 16)		\
	X(INTERNAL_ERROR, 17)	\
	X(OSI, 18)		\
	X(PAPR_HCALL, 19)	\
	X(S390_UCONTROL, 20)	\
	X(WATCHDOG, 21)		\
	X(S390_TSCH, 22)	\
	X(EPR, 23)		\
	X(SYSTEM_EVENT, 24)	\
	X(S390_STSI, 25)	\
	X(IOAPIC_EOI, 26)	\
	X(HYPERV, 27)		\
	X(ARM_NISV, 28)		\
	X(X86_RDMSR, 29)	\
	X(X86_WRMSR, 30)	\
	X(DIRTY_RING_FULL, 31)	\
	X(AP_RESET_HOLD, 32)	\
	X(X86_BUS_LOCK, 33)	\
	X(XEN, 34)		\
	X(RISCV_SBI, 35)	\
	X(RISCV_CSR, 36)	\
	X(NOTIFY, 37)		\
	X(LOONGARCH_IOCSR, 38)	\
	X(MEMORY_FAULT, 39)	\
	X(TDX, 40)		\
	X(ARM_SEA, 41)		\
	X(ARM_LDST64B, 42)	\
	X(SNP_REQ_CERTS, 43)

/* kvm_run.internal.suberror, for EXIT_KVM_INTERNAL_ERROR. */
#define EXIT_INTERNAL_LIST(X)		\
	X(EMULATION, 1)			\
	X(SIMUL_EX, 2)			\
	X(DELIVERY_EV, 3)		\
	X(UNEXPECTED_EXIT_REASON, 4)

/* Exception vectors; the names carry a '#' except for NMI and CSO, which have none. */
#define EXCEPTION_LIST(X)	\
	X(DE, 0)		\
	X(DB, 1)		\
	X(NMI, 2)		\
	X(BP, 3)		\
	X(OF, 4)		\
	X(BR, 5)		\
	X(UD, 6)		\
	X(NM, 7)		\
	X(DF, 8)		\
	X(CSO, 9)		\
	X(TS, 10)		\
	X(NP, 11)		\
	X(SS, 12)		\
	X(GP, 13)		\
	X(PF, 14)		\
	X(MF, 16)		\
	X(AC, 17)		\
	X(MC, 18)		\
	X(XM, 19)		\
	X(VE, 20)		\
	X(CP, 21)		\
	X(HV, 28)		\
	X(VC, 29)		\
	X(SX, 30)

/* clang-format on */

/* EXIT_VMX_CPUID = 10 ... */
enum exit_vmx {
#define X(name, number) EXIT_VMX_##name = number,
	EXIT_VMX_LIST(X)
#undef X
};

/* EXIT_SVM_CPUID = 0x072 ... */
enum exit_svm {
#define X(name, number) EXIT_SVM_##name = number,
	EXIT_SVM_LIST(X)
#undef X
};

/* EXIT_KVM_IO = 2 ... */
enum exit_kvm {
#define X(name, number) EXIT_KVM_##name = number,
	EXIT_KVM_LIST(X)
#undef X
};

/* EXIT_INTERNAL_EMULATION = 1 ... */
enum exit_internal {
#define X(name, number) EXIT_INTERNAL_##name = number,
	EXIT_INTERNAL_LIST(X)
#undef X
};

/* EXCEPTION_UD = 6 ... */
enum exception {
#define X(name, number) EXCEPTION_##name = number,
	EXCEPTION_LIST(X)
#undef X
};

/* The VT-x exit reason's bit 31: the entry failed, the guest did not run. */
#define EXIT_VMX_ENTRY_FAILED 0x80000000u

/* "CPUID"; static storage, or NULL for a number that is in no manual known here. */
const char *exit_name_vmx(uint32_t basic_reason);
const char *exit_name_svm(uint32_t code);
const char *exit_name_kvm(uint32_t exit_reason);
const char *exit_name_internal(uint32_t suberror);
/* "#UD", "NMI". */
const char *exception_name(uint32_t vector);

/* Enough for everything that exit_name() writes. */
#define EXIT_NAME_SIZE 48

/*
 * The name of a hardware exit as the kvm_exit tracepoint reports it: on VT-x the whole exit
 * reason, of which the modifier bits 16 to 30 are left out and bit 31 is named; on SVM the exit
 * code. Never NULL: an unknown one is printed as "reason 93" or "code 0x123", and so is every
 * number on a substrate without a table. The result is static storage or buffer, which must
 * outlive it; size is in bytes.
 */
const char *exit_name(enum substrate substrate, uint32_t reason, char *buffer, size_t size);

#endif

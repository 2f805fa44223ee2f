/* SPDX-License-Identifier: MIT */
/*
 * The only header that a check includes. A check sets up a stage (kvm-harness/arch/x86/stage.h),
 * runs guest code on it, and says what must come of it. See docs/adding-a-check.md.
 */
#ifndef CHECKS_CHECKS_H
#define CHECKS_CHECKS_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/arch/x86/stage.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/check.h"
#include "kvm-harness/sys.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define IN_KERNEL (ENV_GUEST | ENV_PROT32 | ENV_REAL16)
#define IN_ALL	  (IN_KERNEL | ENV_GUEST_USER)
#define IN_64	  (ENV_GUEST | ENV_GUEST_USER)

/*
 * Cases of a check, from a table whose rows have a name, or from a list of names: NAMES_OF_ROWS or
 * NAMES_OF_LIST behind it, and CASES in the declaration.
 */
#define NAMES_OF_ROWS(table)                              \
	static const char *table##_name(unsigned n)       \
	{                                                 \
		return table[n].name;                     \
	}
#define NAMES_OF_LIST(list)                               \
	static const char *list##_name(unsigned n)        \
	{                                                 \
		return list[n];                           \
	}
/* And the modes of each, from a member `in`. */
#define MODES_OF_ROWS(table)                              \
	static unsigned table##_in(unsigned n)            \
	{                                                 \
		return table[n].in;                       \
	}
#define CASES(table)	       .cases = COUNT_OF(table), .case_name = table##_name
#define CASES_BY_MODE(table)   CASES(table), .case_in = table##_in

#define ONE_VCPU .instance = {.vcpus = 1}

#define RFLAGS_CF 0x1u
#define RFLAGS_ZF 0x40u
#define RFLAGS_TF 0x100u
#define RFLAGS_IF 0x200u
#define RFLAGS_DF 0x400u
#define RFLAGS_AC 0x40000u

#define EXC_DE	  0
#define EXC_DB	  1
#define EXC_NMI	  2
#define EXC_BP	  3
#define EXC_OF	  4
#define EXC_BR	  5
#define EXC_UD	  6
#define EXC_NM	  7
#define EXC_DF	  8
#define EXC_TS	  10
#define EXC_NP	  11
#define EXC_SS	  12
#define EXC_GP	  13
#define EXC_PF	  14
#define EXC_MF	  16
#define EXC_AC	  17
#define EXC_XM	  19

/* Faults of kvm_pvm, which runs ring 3 directly and emulates ring 0. */
#define PVM_KNOWN(modes, cases, fault)                                         \
	{SUBSTRATE_PVM, .in = (modes), .when = (cases), .known = (fault),       \
	 .link = "docs/check.md#kvm_pvm"}
/* ... whose emulator lacks many an instruction. */
#define PVM_LACKS(modes, cases, instruction)                                   \
	PVM_KNOWN(modes, cases, "kvm_pvm's emulator does not know " instruction)

/* Faults of the processor that QEMU's TCG emulates: no hypervisor can help it. */
#define TCG_KNOWN(modes, cases, fault)                                         \
	{SUBSTRATE_SVM, .in = (modes), .when = (cases), .emulator = EMULATOR_TCG, \
	 .known = (fault), .link = "docs/check.md#tcg"}

/* The same of Bochs, which emulates VT-x. */
#define BOCHS_KNOWN(modes, cases, fault)                                       \
	{SUBSTRATE_VMX, .in = (modes), .when = (cases), .emulator = EMULATOR_BOCHS, \
	 .known = (fault), .link = "docs/check.md#bochs"}

/* Where KVM runs real mode as a virtual-8086 task: VT-x without unrestricted guest. */
#define VM86_KNOWN(cases, fault)                                               \
	{SUBSTRATE_VMX, .in = ENV_REAL16, .when = (cases), .vm86 = true, .known = (fault), \
	 .link = "docs/check.md#kvm"}

/*
 * Declares a check: CHECK(identifier, .name = "family/name", .title = ..., .run = ...). A pointer
 * to it lands in the linker section "checks".
 */
#define CHECK(id, ...)                                                         \
	extern const struct check check_##id;                                  \
	const struct check check_##id = {__VA_ARGS__};                         \
	__attribute__((section("checks"), used))                               \
	static const struct check *const check_pointer_##id = &check_##id

#endif

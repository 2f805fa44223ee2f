/* SPDX-License-Identifier: MIT */
/* The exit tables against the manuals, against the installed headers and against themselves. */
#include "kvm-harness/arch/x86/exit_names.h"

#include <asm/kvm.h>
#include <asm/svm.h>
#include <asm/vmx.h>
#include <linux/kvm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct entry {
	const char *name;
	uint32_t number;
};

#define X(name, number) {#name, number},
static const struct entry vmx[] = {EXIT_VMX_LIST(X)};
static const struct entry svm[] = {EXIT_SVM_LIST(X)};
static const struct entry kvm[] = {EXIT_KVM_LIST(X)};
static const struct entry internal[] = {EXIT_INTERNAL_LIST(X)};
static const struct entry exceptions[] = {EXCEPTION_LIST(X)};
#undef X

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Compares with the installed headers without an #ifdef for each constant: a macro that exists
 * turns into its number before it is made a string, one that does not exist stays its own name.
 * text is the result. Constants that these headers do not have yet are not compared.
 */
#define TEXT_OF(x) #x
#define TEXT(x)	   TEXT_OF(x)

static unsigned n_compared;

static void compare(uint32_t ours, const char *text)
{
	char *end;
	uint32_t theirs = (uint32_t)strtoll(text, &end, 0);

	if (end == text)
		return;
	if (*end != '\0' && *end != 'u' && *end != 'U')
		fail_msg("the headers define '%s', which is no plain number", text);
	if (ours != theirs)
		fail_msg("%s in the headers is %u here", text, ours);
	n_compared++;
}

/* Spot checks, typed from the manuals and not from the tables. */
static void vmx_manual(void **state)
{
	(void)state;
	assert_string_equal(exit_name_vmx(0), "EXCEPTION_NMI");
	assert_string_equal(exit_name_vmx(1), "EXTERNAL_INTERRUPT");
	assert_string_equal(exit_name_vmx(2), "TRIPLE_FAULT");
	assert_string_equal(exit_name_vmx(7), "INTERRUPT_WINDOW");
	assert_string_equal(exit_name_vmx(10), "CPUID");
	assert_string_equal(exit_name_vmx(12), "HLT");
	assert_string_equal(exit_name_vmx(18), "VMCALL");
	assert_string_equal(exit_name_vmx(28), "CR_ACCESS");
	assert_string_equal(exit_name_vmx(30), "IO_INSTRUCTION");
	assert_string_equal(exit_name_vmx(31), "MSR_READ");
	assert_string_equal(exit_name_vmx(48), "EPT_VIOLATION");
	assert_string_equal(exit_name_vmx(49), "EPT_MISCONFIG");
	assert_string_equal(exit_name_vmx(55), "XSETBV");
	assert_string_equal(exit_name_vmx(65), "PCONFIG");
	assert_string_equal(exit_name_vmx(74), "BUS_LOCK");
	assert_string_equal(exit_name_vmx(77), "TDCALL");
	assert_string_equal(exit_name_vmx(84), "MSR_READ_IMM");
	assert_string_equal(exit_name_vmx(85), "MSR_WRITE_IMM");
	assert_int_equal(EXIT_VMX_CPUID, 10);
	assert_int_equal(EXIT_VMX_WBINVD, 54);
	assert_null(exit_name_vmx(35));
	assert_null(exit_name_vmx(38));
	assert_null(exit_name_vmx(42));
	assert_null(exit_name_vmx(86));
	assert_null(exit_name_vmx(0x8000000a));
}

static void svm_manual(void **state)
{
	(void)state;
	assert_string_equal(exit_name_svm(0x000), "READ_CR0");
	assert_string_equal(exit_name_svm(0x014), "WRITE_CR4");
	assert_string_equal(exit_name_svm(0x037), "WRITE_DR7");
	assert_string_equal(exit_name_svm(0x046), "EXCP_UD");
	assert_string_equal(exit_name_svm(0x04e), "EXCP_PF");
	assert_string_equal(exit_name_svm(0x05e), "EXCP_SX");
	assert_string_equal(exit_name_svm(0x060), "INTR");
	assert_string_equal(exit_name_svm(0x065), "CR0_SEL_WRITE");
	assert_string_equal(exit_name_svm(0x072), "CPUID");
	assert_string_equal(exit_name_svm(0x078), "HLT");
	assert_string_equal(exit_name_svm(0x07b), "IOIO");
	assert_string_equal(exit_name_svm(0x07c), "MSR");
	assert_string_equal(exit_name_svm(0x07f), "SHUTDOWN");
	assert_string_equal(exit_name_svm(0x081), "VMMCALL");
	assert_string_equal(exit_name_svm(0x089), "WBINVD");
	assert_string_equal(exit_name_svm(0x08d), "XSETBV");
	assert_string_equal(exit_name_svm(0x08f), "EFER_WRITE_TRAP");
	assert_string_equal(exit_name_svm(0x0a2), "INVPCID");
	assert_string_equal(exit_name_svm(0x0a5), "BUS_LOCK");
	assert_string_equal(exit_name_svm(0x0a6), "IDLE_HLT");
	assert_string_equal(exit_name_svm(0x400), "NPF");
	assert_string_equal(exit_name_svm(0x403), "VMGEXIT");
	assert_string_equal(exit_name_svm(0x80000010), "VMGEXIT_PSC");
	assert_string_equal(exit_name_svm(UINT32_MAX), "INVALID");
	assert_int_equal(EXIT_SVM_CPUID, 0x072);
	assert_true(EXIT_SVM_INVALID == UINT32_MAX);
	assert_null(exit_name_svm(0x0a7));
	assert_null(exit_name_svm(0x3ff));
}

static void kvm_manual(void **state)
{
	(void)state;
	assert_string_equal(exit_name_kvm(0), "UNKNOWN");
	assert_string_equal(exit_name_kvm(2), "IO");
	assert_string_equal(exit_name_kvm(6), "MMIO");
	assert_string_equal(exit_name_kvm(17), "INTERNAL_ERROR");
	assert_string_equal(exit_name_kvm(29), "X86_RDMSR");
	assert_string_equal(exit_name_kvm(37), "NOTIFY");
	assert_string_equal(exit_name_kvm(38), "LOONGARCH_IOCSR");
	assert_string_equal(exit_name_kvm(39), "MEMORY_FAULT");
	assert_string_equal(exit_name_kvm(40), "TDX");
	assert_string_equal(exit_name_kvm(41), "ARM_SEA");
	assert_string_equal(exit_name_kvm(43), "SNP_REQ_CERTS");
	assert_null(exit_name_kvm(44));
	assert_int_equal(EXIT_KVM_IO, 2);

	assert_string_equal(exit_name_internal(1), "EMULATION");
	assert_string_equal(exit_name_internal(3), "DELIVERY_EV");
	assert_null(exit_name_internal(0));
	assert_null(exit_name_internal(5));
}

static void exception_manual(void **state)
{
	(void)state;
	assert_string_equal(exception_name(0), "#DE");
	assert_string_equal(exception_name(2), "NMI");
	assert_string_equal(exception_name(6), "#UD");
	assert_string_equal(exception_name(9), "CSO");
	assert_string_equal(exception_name(13), "#GP");
	assert_string_equal(exception_name(14), "#PF");
	assert_string_equal(exception_name(21), "#CP");
	assert_string_equal(exception_name(29), "#VC");
	assert_null(exception_name(15));
	assert_null(exception_name(32));
}

/*
 * The lower bounds hold for headers many years old; they are there so that a comparison that
 * compares nothing does not pass.
 */
static void vmx_headers(void **state)
{
	(void)state;
	n_compared = 0;
#define X(name, number) compare(EXIT_VMX_##name, TEXT(EXIT_REASON_##name));
	EXIT_VMX_LIST(X)
#undef X
	assert_true(n_compared >= 40);
}

static void svm_headers(void **state)
{
	(void)state;
	n_compared = 0;
#define X(name, number)                                  \
	compare(EXIT_SVM_##name, TEXT(SVM_EXIT_##name)); \
	compare(EXIT_SVM_##name, TEXT(SVM_##name)); /* the VMGEXIT events */
	EXIT_SVM_LIST(X)
#undef X
	compare(EXIT_SVM_EXCP_DE, TEXT(SVM_EXIT_EXCP_BASE));
	compare(EXIT_SVM_EXCP_31, TEXT(SVM_EXIT_LAST_EXCP));
	compare(EXIT_SVM_INVALID, TEXT(SVM_EXIT_ERR));
	compare(EXIT_SVM_VMGEXIT_APIC_ID_LIST, TEXT(SVM_VMGEXIT_GET_APIC_IDS));
	assert_true(n_compared >= 70);
}

static void kvm_headers(void **state)
{
	(void)state;
	n_compared = 0;
#define X(name, number) compare(EXIT_KVM_##name, TEXT(KVM_EXIT_##name));
	EXIT_KVM_LIST(X)
#undef X
	assert_true(n_compared >= 28);

	n_compared = 0;
#define X(name, number) compare(EXIT_INTERNAL_##name, TEXT(KVM_INTERNAL_ERROR_##name));
	EXIT_INTERNAL_LIST(X)
#undef X
	assert_true(n_compared >= 2);

	n_compared = 0;
#define X(name, number) compare(EXCEPTION_##name, TEXT(name##_VECTOR));
	EXCEPTION_LIST(X)
#undef X
	assert_true(n_compared >= 15);
}

/* The kernel's own tables of names, where the headers have them: no name means another thing. */
static void vmx_names_of_the_kernel(void **state)
{
	(void)state;
#ifdef VMX_EXIT_REASONS
	static const struct {
		uint32_t number;
		const char *name;
	} theirs[] = {VMX_EXIT_REASONS};

	for (size_t i = 0; i < COUNT(theirs); i++) {
		assert_non_null(exit_name_vmx(theirs[i].number));
		/* The name of INTERRUPT_WINDOW before Linux 5.6. */
		if (!strcmp(theirs[i].name, "PENDING_INTERRUPT"))
			continue;
		assert_string_equal(exit_name_vmx(theirs[i].number), theirs[i].name);
	}
#endif
}

static void check_unique(const struct entry *entries, size_t n, const char *(*name)(uint32_t))
{
	for (size_t i = 0; i < n; i++) {
		assert_non_null(name(entries[i].number));
		for (size_t j = i + 1; j < n; j++) {
			assert_true(entries[i].number != entries[j].number);
			assert_string_not_equal(entries[i].name, entries[j].name);
			assert_true(entries[i].number < entries[j].number);
		}
	}
}

static void no_duplicates(void **state)
{
	(void)state;
	check_unique(vmx, COUNT(vmx), exit_name_vmx);
	check_unique(svm, COUNT(svm), exit_name_svm);
	check_unique(kvm, COUNT(kvm), exit_name_kvm);
	check_unique(internal, COUNT(internal), exit_name_internal);
	check_unique(exceptions, COUNT(exceptions), exception_name);
	/* KVM numbers its exits without a gap. */
	assert_int_equal(kvm[COUNT(kvm) - 1].number, COUNT(kvm) - 1);
}

static void formats(void **state)
{
	char buffer[EXIT_NAME_SIZE];

	(void)state;
	assert_string_equal(exit_name(SUBSTRATE_VMX, 10, buffer, sizeof(buffer)), "CPUID");
	assert_string_equal(exit_name(SUBSTRATE_SVM, 10, buffer, sizeof(buffer)), "READ_CR10");
	assert_string_equal(exit_name(SUBSTRATE_SVM, 0x72, buffer, sizeof(buffer)), "CPUID");
	assert_string_equal(exit_name(SUBSTRATE_VMX, 93, buffer, sizeof(buffer)), "reason 93");
	assert_string_equal(exit_name(SUBSTRATE_SVM, 0x123, buffer, sizeof(buffer)), "code 0x123");
	assert_string_equal(exit_name(SUBSTRATE_SVM, 0x0a7, buffer, sizeof(buffer)), "code 0x0a7");
	assert_string_equal(exit_name(SUBSTRATE_PVM, 10, buffer, sizeof(buffer)), "reason 10");
	assert_string_equal(exit_name(SUBSTRATE_NONE, 0, buffer, sizeof(buffer)), "reason 0");

	/* A failed entry, and the modifier bits for an enclave and a bus lock. */
	assert_string_equal(exit_name(SUBSTRATE_VMX, 0x80000021, buffer, sizeof(buffer)),
			    "INVALID_STATE (entry failed)");
	assert_string_equal(exit_name(SUBSTRATE_VMX, 0x8000005d, buffer, sizeof(buffer)),
			    "reason 93 (entry failed)");
	assert_string_equal(exit_name(SUBSTRATE_VMX, 0x0c000030, buffer, sizeof(buffer)),
			    "EPT_VIOLATION");

	/* Nothing is written past a short buffer. */
	memset(buffer, 'x', sizeof(buffer));
	assert_string_equal(exit_name(SUBSTRATE_VMX, 93, buffer, 4), "rea");
	assert_int_equal(buffer[4], 'x');
	assert_string_equal(exit_name(SUBSTRATE_VMX, 93, NULL, 0), "?");
}

/* What exit_name() writes always fits into EXIT_NAME_SIZE. */
static void size_is_enough(void **state)
{
	char small[EXIT_NAME_SIZE], large[200];

	(void)state;
	for (uint32_t reason = 0; reason < 0x10000; reason++) {
		const char *a =
			exit_name(SUBSTRATE_VMX, reason | 0x80000000u, small, sizeof(small));
		const char *b =
			exit_name(SUBSTRATE_VMX, reason | 0x80000000u, large, sizeof(large));

		assert_string_equal(a, b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vmx_manual),	  cmocka_unit_test(svm_manual),
		cmocka_unit_test(kvm_manual),	  cmocka_unit_test(exception_manual),
		cmocka_unit_test(vmx_headers),	  cmocka_unit_test(svm_headers),
		cmocka_unit_test(kvm_headers),	  cmocka_unit_test(vmx_names_of_the_kernel),
		cmocka_unit_test(no_duplicates),  cmocka_unit_test(formats),
		cmocka_unit_test(size_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

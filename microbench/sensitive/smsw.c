/* SPDX-License-Identifier: MIT */
#include "microbench/sensitive/sensitive.h"

PAYLOAD(sensitive_smsw, "", "xorl %eax, %eax", "smsw %eax");

#if HOSTED
#define CR0_PE 1
#define CR0_MP 2

/* This harness sets MP in every protected mode, and nothing but ET in real mode. */
static void check(const struct probe_view *view, struct finding *finding)
{
	bool protected = finding->value & CR0_PE;
	bool as_set = view->environment->bit == ENV_REAL16
			      ? !protected
			      : protected && finding->value & CR0_MP;

	finding->verdict = whose(view, as_set);
	FINDING_NOTE(finding, "CR0 0x%llx", (unsigned long long)finding->value);
}
#endif

BENCHMARK(sensitive_smsw,
	.name = "sensitive/smsw",
	.title = "SMSW: reads the machine status word (CR0)",
	.what = "Behaviour-sensitive: shows control bits that belong to the kernel, such as "
		"protected mode itself.",
	.rows = "42",
	.payload = "sensitive_smsw",
	.environments = SENSITIVE_ALL,
	.classify = true,
	.control = true,
	.expect = {
		/* Without paging the guest's CR0.PG is not the processor's: KVM answers. */
		{SUBSTRATE_SVM, ENV_PROT32 | ENV_REAL16, .paging = PAGING_SHADOW,
		 .reason = EXIT_SVM_READ_CR0, .count = 1},
		SENSITIVE_EXPECT_UMIP,
	},
	.check = check);

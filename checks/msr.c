/* SPDX-License-Identifier: MIT */
/* Model-specific registers: values go both ways, and what there is not faults or reaches user space. */
#include "checks/checks.h"

CODE(msr_read, "rdmsr");
CODE(msr_write, "wrmsr");

#define UNKNOWN 0x12345u
#define VALUE	0x5566778811223344u

static void read_msr(struct stage *stage, uint32_t index)
{
	stage->regs.rcx = index;
	stage_run(stage, &msr_read);
}

static void write_msr(struct stage *stage, uint32_t index, uint64_t value)
{
	stage->regs.rcx = index;
	stage->regs.rax = (uint32_t)value;
	stage->regs.rdx = value >> 32;
	stage_run(stage, &msr_write);
}

/* ---- unknown ones --------------------------------------------------------------------------- */

static const char *const directions[] = {"read", "write"};

NAMES_OF_LIST(directions)

/* With kvm.ignore_msrs KVM answers for what does not exist, as its administrator wants it. */
static bool ignored(struct stage *stage)
{
	if (stage->ignores_msrs)
		stage_skip(stage, "kvm.ignore_msrs=Y: this KVM lets unknown MSRs pass "
				  "(/sys/module/kvm/parameters/ignore_msrs)");
	return stage->ignores_msrs;
}

static void run_unknown(struct stage *stage, unsigned n)
{
	if (ignored(stage))
		return;
	if (n)
		write_msr(stage, UNKNOWN, VALUE);
	else
		read_msr(stage, UNKNOWN);
	expect_trap(stage, EXC_GP, 0, 0);
}

CHECK(msr_unknown,
	.name = "msr/unknown",
	.title = "an MSR that does not exist is a #GP(0)",
	.manual = "Intel SDM 2B RDMSR, WRMSR; AMD APM 3 RDMSR, WRMSR",
	.in = IN_KERNEL,
	ONE_VCPU,
	CASES(directions),
	.run = run_unknown);

/* ---- user space answers --------------------------------------------------------------------- */

static const char *const user_cases[] = {"read", "write", "read-refused", "write-refused"};

NAMES_OF_LIST(user_cases)

static bool to_user_space(struct stage *stage, uint64_t reasons)
{
	struct kvm_enable_cap enable = {.cap = KVM_CAP_X86_USER_SPACE_MSR, .args = {reasons}};

	return !stage_vm_ioctl(stage, KVM_ENABLE_CAP, &enable, "KVM_ENABLE_CAP X86_USER_SPACE_MSR");
}

static void expect_msr_exit(struct stage *stage, bool write, uint32_t index, uint32_t reason)
{
	const struct kvm_run *run = stage->run;

	if (!expect_exit(stage, write ? KVM_EXIT_X86_WRMSR : KVM_EXIT_X86_RDMSR))
		return;
	expect_field(stage, "the index", run->msr.index, index);
	expect_field(stage, "the reason", run->msr.reason, reason);
	if (write)
		expect_field(stage, "the value", run->msr.data, VALUE);
}

static void run_user(struct stage *stage, unsigned n)
{
	bool write = n & 1, refused = n >= 2;

	if (ignored(stage) || !to_user_space(stage, KVM_MSR_EXIT_REASON_UNKNOWN))
		return;
	if (write)
		write_msr(stage, UNKNOWN, VALUE);
	else
		read_msr(stage, UNKNOWN);
	expect_msr_exit(stage, write, UNKNOWN, KVM_MSR_EXIT_REASON_UNKNOWN);
	stage->run->msr.error = refused;
	stage->run->msr.data = write ? 0 : VALUE;
	stage_go(stage);
	if (refused)
		expect_trap(stage, EXC_GP, 0, 0);
	else
		expect_end(stage);
	if (!write && !refused)
		expect_edx_eax(stage, "EDX:EAX", VALUE);
}

CHECK(msr_user,
	.name = "msr/user-space",
	.title = "with KVM_CAP_X86_USER_SPACE_MSR an unknown MSR reaches user space, whose answer or refusal the guest gets",
	.manual = "KVM API 7.21 KVM_CAP_X86_USER_SPACE_MSR, 5 KVM_EXIT_X86_RDMSR",
	.in = IN_KERNEL,
	ONE_VCPU,
	.capability = KVM_CAP_X86_USER_SPACE_MSR,
	CASES(user_cases),
	.run = run_user);

#define MSR_SYSENTER_EIP 0x176u

static void run_filter(struct stage *stage, unsigned n)
{
	uint8_t allowed[1] = {0}; /* none of the eight from 0x170 on */
	struct kvm_msr_filter filter = {
		.flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
		.ranges[0] = {.flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
			      .nmsrs = 8,
			      .base = 0x170,
			      .bitmap = allowed},
	};

	if (!to_user_space(stage, KVM_MSR_EXIT_REASON_FILTER) ||
	    stage_vm_ioctl(stage, KVM_X86_SET_MSR_FILTER, &filter, "KVM_X86_SET_MSR_FILTER"))
		return;
	if (n)
		write_msr(stage, MSR_SYSENTER_EIP, VALUE);
	else
		read_msr(stage, MSR_SYSENTER_EIP);
	expect_msr_exit(stage, n, MSR_SYSENTER_EIP, KVM_MSR_EXIT_REASON_FILTER);
	stage->run->msr.error = 0;
	stage->run->msr.data = VALUE;
	stage_go(stage);
	expect_end(stage);
	if (!n)
		expect_edx_eax(stage, "EDX:EAX", VALUE);
}

CHECK(msr_filter,
	.name = "msr/filter",
	.title = "an MSR that KVM_X86_SET_MSR_FILTER denies reaches user space, although KVM knows it",
	.manual = "KVM API 4.97 KVM_X86_SET_MSR_FILTER",
	.in = IN_KERNEL,
	ONE_VCPU,
	.capability = KVM_CAP_X86_MSR_FILTER,
	CASES(directions),
	.run = run_filter);

/* ---- values --------------------------------------------------------------------------------- */

/* Two values, both valid, and with bits in both halves where there are some. */
static const struct {
	const char *name;
	uint32_t index;
	uint64_t a, b;
} values[] = {
	/* Every one of them comes with a 64-bit CPU; the last with RDTSCP. */
	{"sysenter-cs", 0x174, 0x1230, 0x45},
	/* On AMD these two have 32 bits. */
	{"sysenter-esp", 0x175, 0x12345678, 0x89abcdef},
	{"sysenter-eip", 0x176, 0x87654321, 0x12345678},
	{"pat", 0x277, 0x0007040600070406, 0x0007010600070106},
	{"star", 0xc0000081, 0x0123456789abcdef, 0x0010000800000000},
	{"lstar", 0xc0000082, 0xffffffff81234567, 0x00007f0012345678},
	{"cstar", 0xc0000083, 0xffffffff87654321, 0x00007f0087654321},
	{"sfmask", 0xc0000084, 0x47700, 0x3f7fd5},
	{"fs-base", 0xc0000100, 0x7fff12345000, 0xffff888000001000},
	{"gs-base", 0xc0000101, 0x7ffe12345000, 0xffff888000002000},
	{"kernel-gs-base", 0xc0000102, 0x7ffd12345000, 0xffff888000003000},
	{"tsc-aux", 0xc0000103, 0x1234, 0xfedc},
};

NAMES_OF_ROWS(values)

static void run_value(struct stage *stage, unsigned n)
{
	uint32_t index = values[n].index;
	uint64_t seen = 0;

	if (index == 0xc0000103 && !stage_cpu_has(HAS_RDTSCP)) {
		stage_skip(stage, "this KVM gives a guest no RDTSCP");
		return;
	}
	/* What goes with the registers that a start sets is set by them. */
	if (index == 0xc0000100)
		stage->sregs.fs.base = values[n].a;
	else if (index == 0xc0000101)
		stage->sregs.gs.base = values[n].a;
	else if (!expect_that(stage, stage_msr_set(stage, index, values[n].a),
			      "KVM_SET_MSRS takes an MSR that the guest's CPU has", "it refuses 0x%x", index))
		return;
	read_msr(stage, index);
	expect_end(stage);
	expect_edx_eax(stage, "the guest reads what KVM_SET_MSRS has set", values[n].a);
	write_msr(stage, index, values[n].b);
	expect_end(stage);
	expect_that(stage, stage_msr_get(stage, index, &seen), "KVM_GET_MSRS has it",
		    "it has not");
	expect_field(stage, "KVM_GET_MSRS reads what the guest has written",
		     stage->msr.entry.data, values[n].b);
}

CHECK(msr_value,
	.name = "msr/value",
	.title = "what KVM_SET_MSRS sets the guest reads, and what the guest writes KVM_GET_MSRS reads",
	.manual = "KVM API 4.18 KVM_GET_MSRS, 4.19 KVM_SET_MSRS",
	.in = ENV_GUEST,
	ONE_VCPU,
	CASES(values),
	.run = run_value);

/* ---- values that are none ------------------------------------------------------------------- */

#define MSR_EFER 0xc0000080u
#define EFER_NOW 0xd01u /* SCE, LME, LMA, NXE */

static const struct {
	const char *name;
	uint32_t index;
	uint64_t value;
} refused[] = {
	{"lstar-not-canonical", 0xc0000082, 0x0123000000000000},
	{"cstar-not-canonical", 0xc0000083, 0x0123000000000000},
	{"fs-base-not-canonical", 0xc0000100, 0x0123000000000000},
	{"gs-base-not-canonical", 0xc0000101, 0x0123000000000000},
	{"kernel-gs-base-not-canonical", 0xc0000102, 0x0123000000000000},
	{"efer-reserved", MSR_EFER, EFER_NOW | 1ull << 40},
	{"efer-lme-while-paging", MSR_EFER, EFER_NOW & ~0x100ull},
	{"pat-reserved-type", 0x277, 0x0007040600070402},
	{"apic-base-reserved", 0x1b, 0xfee00900 | 1},
};

NAMES_OF_ROWS(refused)

static void run_refused(struct stage *stage, unsigned n)
{
	uint64_t before = 0, after = 0;

	if (!expect_that(stage, stage_msr_get(stage, refused[n].index, &before),
			 "KVM_GET_MSRS has an MSR that the guest's CPU has", "it has no 0x%x", refused[n].index))
		return;
	write_msr(stage, refused[n].index, refused[n].value);
	expect_trap(stage, EXC_GP, 0, 0);
	stage_msr_get(stage, refused[n].index, &after);
	expect_equal(stage, "the MSR behind it", after, before);
}

CHECK(msr_refused,
	.name = "msr/refused",
	.title = "a value that an MSR cannot have is a #GP(0), and does not get in",
	.manual = "Intel SDM 2B WRMSR, 3A 2.2.1; AMD APM 2 3.1.7, 3 WRMSR",
	.in = ENV_GUEST,
	ONE_VCPU,
	CASES(refused),
	.known = {
		TCG_KNOWN(0, "-not-canonical", "TCG takes any address into an MSR"),
		PVM_KNOWN(0, "pat", "PAT takes a memory type that is reserved"),
	},
	.run = run_refused);

/* ---- SWAPGS --------------------------------------------------------------------------------- */

CODE64(msr_swapgs, "swapgs; movl $0xc0000101, %ecx; rdmsr; movl %eax, %esi; "
		   "movl $0xc0000102, %ecx; rdmsr");

static void run_swapgs(struct stage *stage, unsigned n)
{
	(void)n;
	stage->sregs.gs.base = 0x11110000;
	if (!stage_msr_set(stage, 0xc0000102, 0x22220000)) {
		stage_broken(stage, "KVM_SET_MSRS of KERNEL_GS_BASE");
		return;
	}
	stage_run(stage, &msr_swapgs);
	expect_end(stage);
	expect_field(stage, "GS_BASE", stage->regs.rsi, 0x22220000);
	expect_edx_eax(stage, "KERNEL_GS_BASE", 0x11110000);
}

CHECK(msr_swapgs,
	.name = "msr/swapgs",
	.title = "SWAPGS exchanges GS_BASE and KERNEL_GS_BASE",
	.manual = "Intel SDM 2B SWAPGS; AMD APM 3 SWAPGS",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_swapgs);

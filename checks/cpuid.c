/* SPDX-License-Identifier: MIT */
/* CPUID: the guest sees the table that user space has set, and nothing of the host's. */
#include "checks/checks.h"

CODE(cpuid_once, "cpuid");

#define ENTRIES 256
#define HYPERVISOR_LEAF 0x40000000u

struct table {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[ENTRIES];
};

/* A copy of what the vCPU has. NULL when the check is over. */
static struct table *copy_table(struct stage *stage)
{
	struct table *table = calloc(1, sizeof(*table));
	struct kvm_host *host;

	if (!table || kvm_host_get(&host, NULL) || host->cpuid->nent >= ENTRIES) {
		free(table);
		stage_broken(stage, "no memory for a CPUID table");
		return NULL;
	}
	memcpy(table, host->cpuid,
	       sizeof(*host->cpuid) + host->cpuid->nent * sizeof(host->cpuid->entries[0]));
	return table;
}

static struct kvm_cpuid_entry2 *find(struct table *table, uint32_t leaf, uint32_t index)
{
	for (unsigned i = 0; i < table->head.nent; i++) {
		struct kvm_cpuid_entry2 *entry = &table->entries[i];

		if (entry->function == leaf &&
		    (entry->index == index || !(entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
			return entry;
	}
	return NULL;
}

static void ask(struct stage *stage, uint64_t leaf, uint64_t index)
{
	stage->regs.rax = leaf;
	stage->regs.rcx = index;
	stage_run(stage, &cpuid_once);
	expect_end(stage);
}

static void expect_entry(struct stage *stage, const struct kvm_cpuid_entry2 *entry)
{
	expect_bits(stage, "EAX", stage->regs.rax, UINT32_MAX, entry->eax);
	expect_bits(stage, "EBX", stage->regs.rbx, UINT32_MAX, entry->ebx);
	expect_bits(stage, "ECX", stage->regs.rcx, UINT32_MAX, entry->ecx);
	expect_bits(stage, "EDX", stage->regs.rdx, UINT32_MAX, entry->edx);
}

/* ---- what was set is what is seen ----------------------------------------------------------- */

#define BMI1 (1u << 3)	 /* leaf 7, EBX */
#define RDRAND (1u << 30) /* leaf 1, ECX */

static const char *const masks[] = {"vendor", "signature", "feature", "feature-7", "brand",
				    "hypervisor"};

NAMES_OF_LIST(masks)

/* Changes the entry that the case is about. */
static struct kvm_cpuid_entry2 *change(struct table *table, const char *name)
{
	struct kvm_cpuid_entry2 *entry;

	if (!strcmp(name, "vendor")) {
		/* The maximum leaf stays; the name is that of no CPU. */
		entry = find(table, 0, 0);
		if (entry)
			entry->ebx = 0x74697865, entry->edx = 0x6261006c, entry->ecx = 0x21212121;
		return entry;
	}
	if (!strcmp(name, "signature")) {
		entry = find(table, 1, 0);
		if (entry)
			entry->eax = 0x000306a9;
		return entry;
	}
	if (!strcmp(name, "feature")) {
		entry = find(table, 1, 0);
		if (entry)
			entry->ecx &= ~RDRAND;
		return entry;
	}
	if (!strcmp(name, "feature-7")) {
		entry = find(table, 7, 0);
		if (entry)
			entry->ebx &= ~BMI1;
		return entry;
	}
	if (!strcmp(name, "brand")) {
		entry = find(table, 0x80000002, 0);
		if (entry)
			entry->eax = 0x74697865, entry->ebx = 0x2062616c;
		return entry;
	}
	entry = find(table, HYPERVISOR_LEAF, 0);
	if (!entry)
		entry = &table->entries[table->head.nent++];
	*entry = (struct kvm_cpuid_entry2){.function = HYPERVISOR_LEAF,
					   .eax = HYPERVISOR_LEAF,
					   .ebx = 0x74697865,
					   .ecx = 0x6c62616c,
					   .edx = 0x62616c74};
	return entry;
}

/* Leaf 1 holds the CPU's number and OSXSAVE, which are the vCPU's own. */
#define OSXSAVE (1u << 27)
#define OSPKE	(1u << 4)

static void run_mask(struct stage *stage, unsigned n)
{
	struct table *table = copy_table(stage);
	struct kvm_cpuid_entry2 *entry;

	if (!table)
		return;
	entry = change(table, masks[n]);
	if (!entry) {
		stage_skip(stage, "this CPU has no such leaf");
	} else {
		stage_vcpu_ioctl(stage, KVM_SET_CPUID2, table, "KVM_SET_CPUID2");
		ask(stage, entry->function, entry->index);
		if (entry->function == 1)
			entry->ecx &= ~OSXSAVE;
		if (entry->function == 7)
			entry->ecx &= ~OSPKE;
		expect_entry(stage, entry);
	}
	free(table);
}

CHECK(cpuid_mask,
	.name = "cpuid/mask",
	.title = "CPUID shows what KVM_SET_CPUID2 has set, not the host's",
	.manual = "KVM API 4.20 KVM_SET_CPUID2; Intel SDM 2A CPUID",
	.in = IN_ALL,
	ONE_VCPU,
	CASES(masks),
	.known = {
		PVM_KNOWN(ENV_GUEST_USER, NULL, "ring 3 executes the host's own CPUID"),
		PVM_KNOWN(IN_KERNEL, "feature", "KVM_SET_CPUID2 puts the host's features in"),
		PVM_KNOWN(IN_KERNEL, "signature", "KVM_SET_CPUID2 puts the host's features in"),
	},
	.run = run_mask);

/* ---- all leaves, twice ---------------------------------------------------------------------- */

/* Bits that follow the state of the vCPU, by register: not compared. */
static void mask_dynamic(struct kvm_cpuid_entry2 *entry)
{
	if (entry->function == 1)
		entry->ecx &= ~OSXSAVE, entry->ebx &= 0x00ffffff;
	if (entry->function == 7 && !entry->index)
		entry->ecx &= ~OSPKE;
	if (entry->function == 0xd && entry->index <= 1)
		entry->ebx = 0;
	/* x2APIC's number, and what AMD tells of it. */
	if (entry->function == 0xb || entry->function == 0x1f)
		entry->edx = 0;
	if (entry->function == 0x8000001e)
		entry->eax = entry->ebx = 0;
}

static struct kvm_cpuid_entry2 answer_of(const struct stage *stage,
					 const struct kvm_cpuid_entry2 *asked)
{
	return (struct kvm_cpuid_entry2){
		.function = asked->function,
		.index = asked->index,
		.eax = (uint32_t)stage->regs.rax,
		.ebx = (uint32_t)stage->regs.rbx,
		.ecx = (uint32_t)stage->regs.rcx,
		.edx = (uint32_t)stage->regs.rdx,
	};
}

/* KVM_GET_CPUID2 may leave the number as it was given: what follows was never filled in. */
static bool is_empty(const struct kvm_cpuid_entry2 *entry)
{
	static const struct kvm_cpuid_entry2 nothing;

	return !memcmp(entry, &nothing, sizeof(nothing));
}

/* What the guest has in its registers, but for what follows the vCPU. */
static void expect_same(struct stage *stage, const struct kvm_cpuid_entry2 *entry)
{
	struct kvm_cpuid_entry2 wanted = *entry, seen = answer_of(stage, entry), counts = *entry;
	const struct kvm_regs *regs = &stage->regs;
	char expected[120];

	counts.eax = counts.ebx = counts.ecx = counts.edx = UINT32_MAX;
	mask_dynamic(&counts);
	mask_dynamic(&wanted);
	mask_dynamic(&seen);
	const struct condition answer[] = {
		condition_like("EAX", &regs->rax, &entry->eax, 4, counts.eax),
		condition_like("EBX", &regs->rbx, &entry->ebx, 4, counts.ebx),
		condition_like("ECX", &regs->rcx, &entry->ecx, 4, counts.ecx),
		condition_like("EDX", &regs->rdx, &entry->edx, 4, counts.edx),
	};
	snprintf(expected, sizeof(expected), "leaf 0x%x.%u: %08x %08x %08x %08x", wanted.function,
		 wanted.index, wanted.eax, wanted.ebx, wanted.ecx, wanted.edx);
	expect_conditions(stage, answer, COUNT_OF(answer), expected,
			  "leaf 0x%x.%u: %08x %08x %08x %08x", seen.function, seen.index, seen.eax,
			  seen.ebx, seen.ecx, seen.edx);
}

static void run_stable(struct stage *stage, unsigned n)
{
	struct table *table = calloc(1, sizeof(*table));

	(void)n;
	if (!table) {
		stage_broken(stage, "no memory for a CPUID table");
		return;
	}
	table->head.nent = ENTRIES;
	/* What KVM says that it has, with what it has made of it. */
	stage_vcpu_ioctl(stage, KVM_GET_CPUID2, table, "KVM_GET_CPUID2");
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < table->head.nent && !stage->over; i++) {
			const struct kvm_cpuid_entry2 *wanted = &table->entries[i];

			if (is_empty(wanted))
				continue;
			ask(stage, wanted->function, wanted->index);
			expect_same(stage, wanted);
		}
	free(table);
}

CHECK(cpuid_stable,
	.name = "cpuid/stable",
	.title = "every leaf is what KVM_GET_CPUID2 says, and the same again after exits",
	.manual = "KVM API 4.117 KVM_GET_CPUID2; Intel SDM 2A CPUID",
	.in = IN_ALL,
	ONE_VCPU,
	.known = {
		PVM_KNOWN(ENV_GUEST_USER, NULL, "ring 3 executes the host's own CPUID"),
	},
	.run = run_stable);

/* ---- bits that follow the vCPU -------------------------------------------------------------- */

#define CR4_OSXSAVE (1u << 18)

static void run_osxsave(struct stage *stage, unsigned n)
{
	struct table *table = copy_table(stage);
	struct kvm_cpuid_entry2 *entry = table ? find(table, 1, 0) : NULL;

	(void)n;
	if (table && (!entry || !(entry->ecx & 1u << 26))) {
		stage_skip(stage, "this CPU has no XSAVE");
	} else {
		for (unsigned on = 0; on < 2; on++) {
			stage->sregs.cr4 = (stage->sregs.cr4 & ~(uint64_t)CR4_OSXSAVE) |
					   (on ? CR4_OSXSAVE : 0);
			ask(stage, 1, 0);
			expect_flag(stage, on ? "OSXSAVE while CR4 has it" : "OSXSAVE without",
				    stage->regs.rcx, OSXSAVE, on);
		}
	}
	free(table);
}

CHECK(cpuid_osxsave,
	.name = "cpuid/osxsave",
	.title = "leaf 1 says OSXSAVE when CR4.OSXSAVE is set, and not otherwise",
	.manual = "Intel SDM 2A CPUID, table 3-10; AMD APM 3 appendix E.3",
	.in = IN_ALL,
	ONE_VCPU,
	.known = {
		PVM_KNOWN(ENV_GUEST_USER, NULL, "ring 3 executes the host's own CPUID"),
	},
	.run = run_osxsave);

/* ---- registers ------------------------------------------------------------------------------ */

static void run_upper(struct stage *stage, unsigned n)
{
	struct kvm_regs before;

	(void)n;
	stage->regs.rbx = stage->regs.rdx = stage->regs.rsi = stage->regs.rdi = UINT64_MAX;
	stage->regs.rbp = stage->regs.r8 = stage->regs.r15 = 0x0123456789abcdef;
	before = stage->regs;
	ask(stage, 0xffffffff00000000, 0xffffffff00000000);
	expect_that(stage, (uint32_t)stage->regs.rax > 0 && (uint32_t)stage->regs.rax < 0x1000,
		    "EAX: the highest basic leaf", "EAX: 0x%llx", stage->regs.rax);
	expect_bits(stage, "upper half of RAX", stage->regs.rax, ~0ull << 32, 0);
	expect_bits(stage, "upper half of RBX", stage->regs.rbx, ~0ull << 32, 0);
	expect_bits(stage, "upper half of RCX", stage->regs.rcx, ~0ull << 32, 0);
	expect_bits(stage, "upper half of RDX", stage->regs.rdx, ~0ull << 32, 0);
	expect_field(stage, "RSI", stage->regs.rsi, before.rsi);
	expect_field(stage, "RDI", stage->regs.rdi, before.rdi);
	expect_field(stage, "RBP", stage->regs.rbp, before.rbp);
	expect_field(stage, "R8", stage->regs.r8, before.r8);
	expect_field(stage, "R15", stage->regs.r15, before.r15);
	expect_field(stage, "RFLAGS", stage->regs.rflags, 2);
}

CHECK(cpuid_upper,
	.name = "cpuid/registers",
	.title = "CPUID takes the lower halves of RAX and RCX, clears the upper halves of four registers, and touches no other",
	.manual = "Intel SDM 2A CPUID; AMD APM 3 CPUID",
	.in = IN_64,
	ONE_VCPU,
	.run = run_upper);

/* AMD and Hygon answer zeros; Intel and all others the highest leaf's data. */
static bool answers_zeros(const struct kvm_cpuid_entry2 *first)
{
	static const char amd[] = "AuthenticAMD", hygon[] = "HygonGenuine";
	char vendor[12];

	memcpy(vendor, &first->ebx, 4);
	memcpy(vendor + 4, &first->edx, 4);
	memcpy(vendor + 8, &first->ecx, 4);
	return !memcmp(vendor, amd, sizeof(vendor)) || !memcmp(vendor, hygon, sizeof(vendor));
}

static void run_beyond(struct stage *stage, unsigned n)
{
	struct table *table = copy_table(stage);
	struct kvm_cpuid_entry2 *first = table ? find(table, 0, 0) : NULL, last;

	(void)n;
	if (first) {
		ask(stage, first->eax, 0);
		last = answer_of(stage, first);
		mask_dynamic(&last);
		ask(stage, first->eax + 1, 0);
		if (!answers_zeros(first))
			expect_entry(stage, &last);
		else
			expect_that(stage, !(stage->regs.rax | stage->regs.rbx | stage->regs.rcx |
					     stage->regs.rdx),
				    "zeros", "EAX 0x%llx, EBX 0x%llx, ECX 0x%llx, EDX 0x%llx",
				    stage->regs.rax, stage->regs.rbx, stage->regs.rcx,
				    stage->regs.rdx);
	}
	free(table);
}

CHECK(cpuid_beyond,
	.name = "cpuid/beyond",
	.title = "a leaf beyond the last one is the last one's data (Intel, Zhaoxin) or zeros (AMD, Hygon)",
	.manual = "Intel SDM 2A CPUID, \"INPUT EAX\"; AMD APM 3 appendix E",
	.in = IN_ALL,
	ONE_VCPU,
	.run = run_beyond);

/* ---- the table itself ----------------------------------------------------------------------- */

static void run_count(struct stage *stage, unsigned n)
{
	struct table *table = copy_table(stage), *seen = calloc(1, sizeof(*seen));

	(void)n;
	if (table && seen) {
		stage_vcpu_ioctl(stage, KVM_SET_CPUID2, table, "KVM_SET_CPUID2");
		seen->head.nent = ENTRIES;
		stage_vcpu_ioctl(stage, KVM_GET_CPUID2, seen, "KVM_GET_CPUID2");
		expect_field(stage, "entries", seen->head.nent, table->head.nent);
	}
	free(table);
	free(seen);
}

CHECK(cpuid_count,
	.name = "cpuid/count",
	.title = "KVM_GET_CPUID2 says how many entries there are",
	.manual = "KVM API 4.117 KVM_GET_CPUID2: nent",
	.in = ENV_GUEST,
	ONE_VCPU,
	.known = {
		{SUBSTRATE_ANY, .before = KERNEL(6, 4),
		 .known = "before Linux 6.4 KVM leaves nent as it was",
		 .link = "docs/check.md#kvm"},
	},
	.run = run_count);

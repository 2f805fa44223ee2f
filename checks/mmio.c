/* SPDX-License-Identifier: MIT */
/*
 * Accesses to memory that is not there. User space serves them from a buffer, and the guest must not
 * be able to tell it from memory: every byte comes once, at its address, and is the right one.
 */
#include "checks/checks.h"

#define MARK	   0x1122334455667788u
#define SPAN	   0x2000 /* two pages of it */
#define ACCESSES   64	  /* more than any instruction here needs */
#define PAGE_CROSS 0xffd

CODE64(mmio_load8, "movb (%rsi), %al");
CODE64(mmio_load16, "movw (%rsi), %ax");
CODE64(mmio_load32, "movl (%rsi), %eax");
CODE64(mmio_load64, "movq (%rsi), %rax");
CODE64(mmio_store8, "movb %al, (%rsi)");
CODE64(mmio_store16, "movw %ax, (%rsi)");
CODE64(mmio_store32, "movl %eax, (%rsi)");
CODE64(mmio_store64, "movq %rax, (%rsi)");
CODE64(mmio_store_immediate, "movl $0x12345678, (%rsi)");
CODE64(mmio_movzx8, "movzbl (%rsi), %eax");
CODE64(mmio_movzx16, "movzwl (%rsi), %eax");
CODE64(mmio_movsx8, "movsbq (%rsi), %rax");
CODE64(mmio_movsx16, "movswq (%rsi), %rax");
CODE64(mmio_movsx32, "movslq (%rsi), %rax");
CODE64(mmio_add, "addl %eax, (%rsi)");
CODE64(mmio_and, "andw %ax, (%rsi)");
CODE64(mmio_lock_or, "lock orl %eax, (%rsi)");
CODE64(mmio_xchg, "xchgl %eax, (%rsi)");
CODE64(mmio_inc, "incb (%rsi)");
CODE64(mmio_compare, "cmpl %eax, (%rsi); setc %al");
CODE64(mmio_test, "testl $0x00ff00ff, (%rsi); setz %al");
CODE64(mmio_push, "pushq (%rsi); popq %rax");
CODE64(mmio_pop, "pushq %rax; popq (%rsi)");
CODE64(mmio_lods, "lodsl");
CODE64(mmio_stos, "mov %rsi, %rdi; mov $5, %ecx; rep stosl");
CODE64(mmio_movs_from, "mov $0x10000, %edi; mov $5, %ecx; rep movsl");
CODE64(mmio_movs_to, "mov %rsi, %rdi; mov $0x10000, %esi; mov $5, %ecx; rep movsb");

/* One byte of the buffer: how often it was read and written. */
struct access {
	uint8_t memory[SPAN], reads[SPAN], writes[SPAN];
};

/* What the instruction does to ordinary memory: the model that its MMIO is held against. */
struct model {
	uint8_t *memory; /* at the operand */
	uint64_t rax;
	bool rax_changes;
	unsigned reads, writes; /* bytes from the operand on, each once */
};

static uint64_t get(const uint8_t *from, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, from, size);
	return value;
}

static void put(struct model *model, uint64_t value, unsigned size)
{
	memcpy(model->memory, &value, size);
	model->writes = size;
}

static void load(struct model *model, uint64_t rax, unsigned size)
{
	model->rax = rax;
	model->reads = size;
}

static const struct row {
	const char *name;
	const struct code *code;
} rows[] = {
	{"load/width=8", &mmio_load8},	    {"load/width=16", &mmio_load16},
	{"load/width=32", &mmio_load32},    {"load/width=64", &mmio_load64},
	{"store/width=8", &mmio_store8},    {"store/width=16", &mmio_store16},
	{"store/width=32", &mmio_store32},  {"store/width=64", &mmio_store64},
	{"store-immediate", &mmio_store_immediate},
	{"movzx/from=8", &mmio_movzx8},	    {"movzx/from=16", &mmio_movzx16},
	{"movsx/from=8", &mmio_movsx8},	    {"movsx/from=16", &mmio_movsx16},
	{"movsx/from=32", &mmio_movsx32},   {"add", &mmio_add},
	{"and", &mmio_and},		    {"lock-or", &mmio_lock_or},
	{"xchg", &mmio_xchg},		    {"inc", &mmio_inc},
	{"compare", &mmio_compare},	    {"test", &mmio_test},
	{"push", &mmio_push},		    {"pop", &mmio_pop},
	{"lods", &mmio_lods},		    {"stos", &mmio_stos},
	{"movs-from", &mmio_movs_from},	    {"movs-to", &mmio_movs_to},
};

static const struct placement {
	const char *name;
	unsigned at;
} placements[] = {{"aligned", 0x100}, {"unaligned", 0x103}, {"over-a-page", PAGE_CROSS}};

static const char *case_name(unsigned n)
{
	static char name[60];

	snprintf(name, sizeof(name), "%s/%s", rows[n / COUNT_OF(placements)].name,
		 placements[n % COUNT_OF(placements)].name);
	return name;
}

static void carry_out(struct model *m, const char *name)
{
	uint8_t *at = m->memory;
	uint32_t value = (uint32_t)get(at, 4);

	if (!strncmp(name, "load/", 5)) {
		unsigned size = (unsigned)atoi(strchr(name, '=') + 1) / 8;
		uint64_t mask = size == 1 ? 0xff : size == 2 ? 0xffff : 0;

		load(m, (m->rax & (mask ? ~mask : 0)) | get(at, size), size);
	} else if (!strncmp(name, "store/", 6)) {
		put(m, m->rax, (unsigned)atoi(strchr(name, '=') + 1) / 8);
	} else if (!strcmp(name, "store-immediate")) {
		put(m, 0x12345678, 4);
	} else if (!strcmp(name, "movzx/from=8")) {
		load(m, *at, 1);
	} else if (!strcmp(name, "movzx/from=16")) {
		load(m, get(at, 2), 2);
	} else if (!strcmp(name, "movsx/from=8")) {
		load(m, (uint64_t)(int8_t)*at, 1);
	} else if (!strcmp(name, "movsx/from=16")) {
		load(m, (uint64_t)(int16_t)get(at, 2), 2);
	} else if (!strcmp(name, "movsx/from=32")) {
		load(m, (uint64_t)(int32_t)value, 4);
	} else if (!strcmp(name, "add")) {
		m->reads = 4;
		put(m, value + (uint32_t)m->rax, 4);
	} else if (!strcmp(name, "and")) {
		m->reads = 2;
		put(m, value & m->rax, 2);
	} else if (!strcmp(name, "lock-or")) {
		m->reads = 4;
		put(m, value | (uint32_t)m->rax, 4);
	} else if (!strcmp(name, "xchg")) {
		uint64_t old = m->rax;

		load(m, value, 4);
		put(m, old, 4);
	} else if (!strcmp(name, "inc")) {
		m->reads = 1;
		put(m, (uint8_t)(*at + 1), 1);
	} else if (!strcmp(name, "compare")) {
		load(m, (m->rax & ~0xffull) | (value < (uint32_t)m->rax), 4);
	} else if (!strcmp(name, "test")) {
		load(m, (m->rax & ~0xffull) | !(value & 0x00ff00ff), 4);
	} else if (!strcmp(name, "push")) {
		load(m, get(at, 8), 8);
	} else if (!strcmp(name, "pop")) {
		put(m, m->rax, 8);
	} else if (!strcmp(name, "lods")) {
		load(m, value, 4);
	} else if (!strcmp(name, "stos")) {
		for (unsigned i = 0; i < 5; i++)
			memcpy(at + 4 * i, &m->rax, 4);
		m->writes = 20;
	} else if (!strcmp(name, "movs-from")) {
		m->reads = 20;
	} else if (!strcmp(name, "movs-to")) {
		for (unsigned i = 0; i < 5; i++)
			at[i] = (uint8_t)(0x40 + i);
		m->writes = 5;
	}
}

/* Answers every access from the buffer, and counts. */
static void serve(struct stage *stage, struct access *access)
{
	for (unsigned i = 0; i < ACCESSES && stage->event == STAGE_EXIT; i++) {
		struct kvm_run *run = stage->run;
		uint64_t at = run->mmio.phys_addr - GPA_MMIO;

		if (run->exit_reason != KVM_EXIT_MMIO || run->mmio.len > 8 || at >= SPAN ||
		    at + run->mmio.len > SPAN)
			break;
		for (unsigned byte = 0; byte < run->mmio.len; byte++)
			(run->mmio.is_write ? access->writes : access->reads)[at + byte]++;
		if (run->mmio.is_write)
			memcpy(access->memory + at, run->mmio.data, run->mmio.len);
		else
			memcpy(run->mmio.data, access->memory + at, run->mmio.len);
		stage_go(stage);
	}
}

static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(0x91 + 29 * i);
}

static void run(struct stage *stage, unsigned n)
{
	const struct row *row = &rows[n / COUNT_OF(placements)];
	unsigned at = placements[n % COUNT_OF(placements)].at;
	struct access *seen = calloc(1, sizeof(*seen)), *wanted = calloc(1, sizeof(*wanted));
	struct model model = {.rax = MARK};

	if (!seen || !wanted) {
		stage_broken(stage, "no memory for a buffer");
		goto out;
	}
	fill(seen->memory, SPAN);
	fill(wanted->memory, SPAN);
	model.memory = wanted->memory + at;
	for (unsigned i = 0; i < 5; i++)
		((uint8_t *)stage_data(stage, 0))[i] = (uint8_t)(0x40 + i);
	carry_out(&model, row->name);
	memset(wanted->reads + at, 1, model.reads);
	memset(wanted->writes + at, 1, model.writes);

	stage->regs.rax = MARK;
	stage->regs.rsi = GPA_MMIO + at;
	stage_run(stage, row->code);
	serve(stage, seen);
	expect_end(stage);
	expect_field(stage, "RAX", stage->regs.rax, model.rax);
	expect_bytes(stage, "bytes in the buffer", seen->memory, wanted->memory, SPAN);
	expect_bytes(stage, "how often each byte was read", seen->reads, wanted->reads, SPAN);
	expect_bytes(stage, "how often each byte was written", seen->writes, wanted->writes, SPAN);
	if (!strcmp(row->name, "movs-from"))
		expect_bytes(stage, "what was copied", stage_data(stage, 0), wanted->memory + at,
			     20);
out:
	free(seen);
	free(wanted);
}

CHECK(mmio,
	.name = "mmio/value",
	.title = "MMIO: every byte of an access comes once, at its address, with its value, at every width and alignment",
	.manual = "KVM API 5, KVM_EXIT_MMIO; Intel SDM 2A-2B and AMD APM 3 by instruction",
	.in = IN_64,
	ONE_VCPU,
	.cases = COUNT_OF(rows) * COUNT_OF(placements),
	.case_name = case_name,
	.run = run);

/* ---- segments, loaded by the emulator ------------------------------------------------------- */

CODE64(mmio_segment, "movw (%rsi), %fs");

static const struct segment {
	const char *name;
	uint16_t selector;
	bool refused;
} segments[] = {
	{"own-ring", SEL_USER_DATA, false},
	{"ring-0", SEL_KERNEL_DATA, true},
	{"ring-0-with-rpl-3", SEL_KERNEL_DATA | 3, true},
	{"beyond-the-table", 0xff8, true},
};
NAMES_OF_ROWS(segments)

static void run_segment(struct stage *stage, unsigned n)
{
	const struct segment *segment = &segments[n];
	struct kvm_sregs after;

	stage->regs.rsi = GPA_MMIO;
	stage_run(stage, &mmio_segment);
	expect_mmio(stage, false, GPA_MMIO, 2);
	if (stage->over)
		return;
	memcpy(stage->run->mmio.data, &segment->selector, 2);
	stage_go(stage);
	if (segment->refused) {
		expect_trap(stage, EXC_GP, segment->selector & ~3u, 0);
		return;
	}
	expect_end(stage);
	if (!stage_vcpu_ioctl(stage, KVM_GET_SREGS, &after, "KVM_GET_SREGS"))
		expect_field(stage, "FS", after.fs.selector, segment->selector);
}

CHECK(mmio_segment,
	.name = "mmio/segment",
	.title = "a selector that is loaded from MMIO in ring 3 is checked as one from memory: privilege, and the table's limit",
	.manual = "Intel SDM 2B MOV, 3A 5.6; AMD APM 2 4.11.1",
	.in = ENV_GUEST_USER,
	ONE_VCPU,
	CASES(segments),
	.known = {
		{SUBSTRATE_ANY, .when = "ring-0", .before = KERNEL(6, 3),
		 .known = "before Linux 6.3 KVM's emulator lets ring 3 load a segment of ring 0",
		 .link = "docs/check.md#kvm"},
	},
	.run = run_segment);

/* ---- instructions that CPUID announces ------------------------------------------------------ */

CODE64(mmio_popcnt, "popcnt (%rsi), %eax");
CODE64(mmio_tzcnt, "tzcnt (%rsi), %eax");
CODE64(mmio_lzcnt, "lzcnt (%rsi), %eax");
CODE64(mmio_movbe, "movbe (%rsi), %ax");
CODE64(mmio_movbe32, "movbe (%rsi), %eax");

static const struct announced {
	const char *name;
	const struct code *code;
	uint32_t leaf;
	char reg;
	unsigned bit, size;
	uint32_t memory, rax;
} announced[] = {
	{"popcnt", &mmio_popcnt, 1, 'c', 23, 4, 0xf0f00001, 9},
	{"tzcnt", &mmio_tzcnt, 7, 'b', 3, 4, 0, 32},
	{"lzcnt", &mmio_lzcnt, 0x80000001, 'c', 5, 4, 0x00800000, 8},
	{"movbe/width=16", &mmio_movbe, 1, 'c', 22, 2, 0x1234, 0x77773412},
	{"movbe/width=32", &mmio_movbe32, 1, 'c', 22, 4, 0x12345678, 0x78563412},
};
NAMES_OF_ROWS(announced)

static void run_announced(struct stage *stage, unsigned n)
{
	const struct announced *row = &announced[n];

	if (!stage_cpu_has(row->leaf, row->reg, row->bit)) {
		stage_skip(stage, "this KVM does not announce %.*s", (int)strcspn(row->name, "/"),
			   row->name);
		return;
	}
	stage->regs.rax = 0x77777777;
	stage->regs.rsi = GPA_MMIO;
	stage_run(stage, row->code);
	expect_mmio(stage, false, GPA_MMIO, row->size);
	if (stage->over)
		return;
	memcpy(stage->run->mmio.data, &row->memory, row->size);
	stage_go(stage);
	expect_end(stage);
	expect_bits(stage, "EAX", stage->regs.rax, UINT32_MAX, row->rax);
}

CHECK(mmio_announced,
	.name = "mmio/announced",
	.title = "an instruction that the guest's CPUID announces works on MMIO as well",
	.manual = "Intel SDM 2A-2B and AMD APM 3 by instruction; found by exitlab differ",
	.in = IN_64,
	ONE_VCPU,
	CASES(announced),
	.known = {
		{SUBSTRATE_ANY, .when = "popcnt", .known = "KVM's emulator does not know POPCNT",
		 .link = "docs/check.md#kvm"},
		{SUBSTRATE_ANY, .when = "tzcnt", .known = "KVM's emulator executes TZCNT as BSF",
		 .link = "docs/check.md#kvm"},
		{SUBSTRATE_ANY, .when = "lzcnt", .known = "KVM's emulator executes LZCNT as BSR",
		 .link = "docs/check.md#kvm"},
		{SUBSTRATE_ANY, .when = "width=16", .known = "KVM's emulator does not know MOVBE of 16 bits",
		 .link = "docs/check.md#kvm"},
	},
	.run = run_announced);

/* SPDX-License-Identifier: MIT */
/* Page faults and the bits that the CPU writes into page tables, with the guest's own tables. */
#include "checks/checks.h"
#include "kvm-harness/arch/x86/paging.h"

#define PAGE	   0x200000ul /* linear; split into small pages by the check */
#define PRESENT	   (1ull << 0)
#define WRITABLE   PAGE_WRITE
#define USER	   PAGE_USER
#define ACCESSED   (1ull << 5)
#define DIRTY	   (1ull << 6)
#define NX	   PAGE_NOEXEC
#define WITHIN	   0x124
#define RESERVED   (1ull << 51) /* where physical addresses have fewer than 52 bits */
#define CR0_WP	   (1u << 16)
#define CR4_SMEP   (1u << 20)
#define CR4_SMAP   (1u << 21)
#define ADDRESS	   0x000ffffffffff000ull

CODE64(page_read, "movl (%rsi), %eax");
CODE64(page_write, "movl %eax, (%rsi)");
CODE64(page_add, "addl %eax, (%rsi)");
CODE64(page_execute, "jmp *%rsi");

enum access { READ, WRITE, MODIFY, EXECUTE };

/* ERROR: P W U RSVD I as the SDM numbers them. */
#define P	1
#define W	2
#define U	4
#define RSVD	8
#define FETCH	16

static const struct row {
	const char *name;
	unsigned in;
	enum access access;
	uint64_t flags; /* of the entry */
	uint64_t error; /* without U, which goes with the ring */
	unsigned at;	/* in the page */
	uint64_t cr4;
	bool no_wp;
	int fault_at; /* CR2 is so far from the address */
} rows[] = {
	{"absent-read", IN_64, READ, 0, 0},
	{"absent-write", IN_64, WRITE, 0, W},
	{"absent-modify", IN_64, MODIFY, 0, W},
	{"absent-execute", IN_64, EXECUTE, 0, FETCH},
	{"read-only-write", IN_64, WRITE, PRESENT | USER, P | W},
	{"read-only-modify", IN_64, MODIFY, PRESENT | USER, P | W},
	{"supervisor-read", ENV_GUEST_USER, READ, PRESENT | WRITABLE, P},
	{"supervisor-write", ENV_GUEST_USER, WRITE, PRESENT | WRITABLE, P | W},
	{"supervisor-execute", ENV_GUEST_USER, EXECUTE, PRESENT | WRITABLE, P | FETCH},
	{"no-execute", IN_64, EXECUTE, PRESENT | WRITABLE | USER | NX, P | FETCH},
	{"reserved-read", IN_64, READ, PRESENT | WRITABLE | USER | RESERVED, P | RSVD},
	{"reserved-write", IN_64, WRITE, PRESENT | WRITABLE | USER | RESERVED, P | W | RSVD},
	{"smep", ENV_GUEST, EXECUTE, PRESENT | WRITABLE | USER, P | FETCH, .cr4 = CR4_SMEP},
	{"smap-read", ENV_GUEST, READ, PRESENT | WRITABLE | USER, P, .cr4 = CR4_SMAP},
	{"smap-write", ENV_GUEST, WRITE, PRESENT | WRITABLE | USER, P | W, .cr4 = CR4_SMAP},
	/* The second half of the access is in the page behind. */
	{"over-a-page-read", IN_64, READ, 0, 0, .at = 0xffe, .fault_at = 2},
	{"over-a-page-write", IN_64, WRITE, 0, W, .at = 0xffe, .fault_at = 2},
};

NAMES_OF_ROWS(rows)

MODES_OF_ROWS(rows)

/* The entry in the guest's tables at a level: the shift of a small page's is 12. */
static uint64_t *entry_at(struct stage *stage, uint64_t linear, int level)
{
	uint64_t table = stage->sregs.cr3;
	uint64_t *entry = NULL;

	for (int shift = 39; shift >= level; shift -= 9) {
		entry = (uint64_t *)memory_host(&stage->vm, table & ADDRESS) +
			(linear >> shift & 511);
		table = *entry;
	}
	return entry;
}

static uint64_t *entry_of(struct stage *stage, uint64_t linear)
{
	return entry_at(stage, linear, 12);
}

/* Two small pages at PAGE that map the guest's data. */
static bool make_pages(struct stage *stage)
{
	struct page_tables tables = {.memory = memory_host(&stage->vm, 0),
				     .root = GPA_PAGE_TABLES,
				     .next = GPA_IMAGE16,
				     .end = LOW_MEMORY_SIZE};
	struct err err = {0};

	if (paging_split(&tables, PAGE, 0x200000, &err))
		return stage_broken(stage, "%s", err.text);
	*entry_of(stage, PAGE) = (STAGE_DATA + 0x1000) | PRESENT | WRITABLE | USER;
	*entry_of(stage, PAGE + 0x1000) = (STAGE_DATA + 0x2000) | PRESENT | WRITABLE | USER;
	return true;
}

static const struct code *code_for(enum access access)
{
	return access == READ	 ? &page_read
	       : access == WRITE ? &page_write
	       : access == MODIFY ? &page_add
				  : &page_execute;
}

/* KVM refuses what the CPU lacks: these two are not everywhere. */
static bool set_cr4(struct stage *stage, uint64_t bits)
{
	uint64_t before = stage->sregs.cr4;

	stage->sregs.cr4 |= bits;
	/* The check's own code, stack and tables are the supervisor's then. */
	if (bits)
		*entry_at(stage, 0, 21) &= ~USER;
	if (!bits || !sys_ioctl(stage->vcpu->fd, KVM_SET_SREGS, &stage->sregs))
		return true;
	stage->sregs.cr4 = before;
	if ((bits & CR4_SMEP && stage_cpu_has(HAS_SMEP)) || (bits & CR4_SMAP && stage_cpu_has(HAS_SMAP)))
		return stage_fail(stage, "KVM_SET_SREGS takes a bit of CR4 that the guest's CPUID announces",
				  "it refuses CR4 0x%" PRIx64, before | bits);
	return stage_skip(stage, "this KVM gives a guest no %s", bits & CR4_SMEP ? "SMEP" : "SMAP");
}

static void expect_fault(struct stage *stage, uint64_t error, int64_t offset, uint64_t address)
{
	struct kvm_sregs after;

	expect_trap(stage, EXC_PF, error, offset);
	if (!stage_vcpu_ioctl(stage, KVM_GET_SREGS, &after, "KVM_GET_SREGS"))
		expect_field(stage, "CR2", after.cr2, address);
}

/* Bit 51 is, unless addresses are as long, or it is the one that says "encrypted" (AMD's C-bit). */
static bool bit_is_reserved(struct stage *stage)
{
	if ((stage_cpu_leaf(0x80000008, 'a') & 0xff) >= 52)
		return stage_skip(stage, "physical addresses of this CPU have 52 bits: none is reserved");
	if (stage_cpu_has(0x8000001f, 'a', 0) && (stage_cpu_leaf(0x8000001f, 'b') & 0x3f) == 51)
		return stage_skip(stage, "bit 51 is the C-bit of this CPU's memory encryption");
	return true;
}

static void run(struct stage *stage, unsigned n)
{
	const struct row *row = &rows[n];
	uint64_t address = PAGE + (row->at ? row->at : WITHIN), bad = PAGE + (row->fault_at ? 0x1000 : 0), before;
	uint64_t error = row->error | (stage->mode == ENV_GUEST_USER ? U : 0);

	if (row->flags & RESERVED && !bit_is_reserved(stage))
		return;
	if (!make_pages(stage) || !set_cr4(stage, row->cr4))
		return;
	*entry_of(stage, bad) = row->flags ? (STAGE_DATA + 0x1000) | row->flags : 0;
	before = *entry_of(stage, bad);
	/* What is executed there by mistake comes to an end. */
	memset(stage_data(stage, 0x1000), 0xf4, 0x1000);
	stage->regs.rsi = address;
	stage->regs.rax = 1;
	stage_run(stage, code_for(row->access));
	expect_fault(stage, error,
		     row->access == EXECUTE ? (int64_t)(address - STAGE_CODE) : 0,
		     address + (uint64_t)row->fault_at);
	expect_bits(stage, "the entry behind the fault", *entry_of(stage, bad), ~ACCESSED,
		     before & ~ACCESSED);
	expect_field(stage, "memory behind the fault",
		     *(uint32_t *)stage_data(stage, 0x1000 + WITHIN), 0xf4f4f4f4);
}

CHECK(page_fault,
	.name = "paging/fault",
	.title = "a page fault has the right error code and CR2, at the instruction, and changes nothing",
	.manual = "Intel SDM 3A 4.7; AMD APM 2 8.4.2",
	.in = IN_64,
	ONE_VCPU,
	CASES_BY_MODE(rows),
	.known = {
		TCG_KNOWN(0, "absent-modify", "TCG's read of a read-modify-write is a read"),
		TCG_KNOWN(0, "reserved", "TCG's error code of a reserved bit lacks P"),
	},
	.run = run);

/* ---- what is allowed ------------------------------------------------------------------------ */

static void run_no_wp(struct stage *stage, unsigned n)
{
	(void)n;
	if (!make_pages(stage))
		return;
	*entry_of(stage, PAGE) &= ~WRITABLE;
	stage->sregs.cr0 &= ~(uint64_t)CR0_WP;
	stage->regs.rsi = PAGE;
	stage->regs.rax = 0x12345678;
	stage_run(stage, &page_write);
	expect_end(stage);
	expect_field(stage, "memory", *(uint32_t *)stage_data(stage, 0x1000), 0x12345678);
}

CHECK(page_no_wp,
	.name = "paging/write-protect-off",
	.title = "without CR0.WP ring 0 writes to a read-only page",
	.manual = "Intel SDM 3A 4.6.1; AMD APM 2 5.6.2",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_no_wp);

static const char *const bits[] = {"read", "write", "modify", "execute"};

NAMES_OF_LIST(bits)

static void run_bits(struct stage *stage, unsigned n)
{
	/* Back: out %al, the end's port. */
	const uint8_t back[] = {0xe6, STAGE_PORT_END};
	bool writes = n == WRITE || n == MODIFY;
	uint64_t *entry;

	if (!make_pages(stage))
		return;
	memcpy(stage_data(stage, 0x1000), back, sizeof(back));
	stage->regs.rsi = PAGE;
	stage_run(stage, code_for((enum access)n));
	expect_end(stage);
	entry = entry_of(stage, PAGE);
	expect_flag(stage, "Accessed", *entry, ACCESSED, 1);
	expect_flag(stage, "Dirty", *entry, DIRTY, writes);
	/* Accessed of the page behind may be set: a CPU may walk ahead. */
	expect_flag(stage, "Dirty of the page that was not touched",
		    *entry_of(stage, PAGE + 0x1000), DIRTY, 0);
	expect_bits(stage, "the rest of the entry", *entry, ~(ACCESSED | DIRTY),
		     (STAGE_DATA + 0x1000) | PRESENT | WRITABLE | USER);
}

CHECK(page_bits,
	.name = "paging/accessed-dirty",
	.title = "an access sets Accessed in its page's entry, a write Dirty as well, and nothing else",
	.manual = "Intel SDM 3A 4.8; AMD APM 2 5.4.2",
	.in = IN_64,
	ONE_VCPU,
	CASES(bits),
	.run = run_bits);

/* ---- translations that change --------------------------------------------------------------- */

CODE64(page_invlpg, "movl (%rsi), %eax; mov %rdx, (%rdi); invlpg (%rsi); movl (%rsi), %ecx");
CODE64(page_cr3, "movl (%rsi), %eax; mov %rdx, (%rdi); mov %cr3, %rbx; mov %rbx, %cr3; movl (%rsi), %ecx");

static const char *const flushes[] = {"invlpg", "cr3"};

NAMES_OF_LIST(flushes)

static void run_flush(struct stage *stage, unsigned n)
{
	uint64_t *entry;

	if (!make_pages(stage))
		return;
	entry = entry_of(stage, PAGE);
	*(uint32_t *)stage_data(stage, 0x1000) = 0x11111111;
	*(uint32_t *)stage_data(stage, 0x2000) = 0x22222222;
	stage->regs.rsi = PAGE;
	stage->regs.rdi = (uint64_t)((uint8_t *)entry - (uint8_t *)memory_host(&stage->vm, 0));
	stage->regs.rdx = (STAGE_DATA + 0x2000) | PRESENT | WRITABLE | USER;
	stage_run(stage, n ? &page_cr3 : &page_invlpg);
	expect_end(stage);
	expect_field(stage, "before the entry changed", stage->regs.rax, 0x11111111);
	expect_field(stage, "behind the flush", stage->regs.rcx, 0x22222222);
}

CHECK(page_flush,
	.name = "paging/flush",
	.title = "when an entry has changed and its translation is flushed, the next access goes to the new page",
	.manual = "Intel SDM 3A 4.10.4; AMD APM 2 5.5.3",
	.in = ENV_GUEST,
	ONE_VCPU,
	CASES(flushes),
	.run = run_flush);

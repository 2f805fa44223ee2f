/* SPDX-License-Identifier: MIT */
/*
 * Dirty tracking: a page that the guest has changed and that is not reported is a page that a
 * migration loses. Whoever writes: an instruction, the emulator, KVM itself on the guest's behalf.
 */
#include "checks/checks.h"

#define PAGES	(TEST_MEMORY_SIZE / 4096)
#define LOOKED	128u /* pages from the first on that a check writes to, and compares */
#define SLOT	2
#define MEMORY	.instance = {.vcpus = 1, .backing = BACKING_4K}
#define PORT	0x5678

/* rsi: the first page, in the middle of it; rdi the same. Each touches several pages. */
CODE64(dirty_mov, "movb $1, (%rsi); movl $2, 0x1000(%rsi); movq $3, 0x5000(%rsi)");
CODE64(dirty_over, "movq $-1, 0xffc(%rsi)");
CODE64(dirty_stos, "mov $0x2100, %ecx; mov $0x5a, %al; rep stosb");
CODE64(dirty_movs, "mov $0x900, %ecx; lea 0x10000(%rsi), %rdi; rep movsl");
CODE64(dirty_push, "lea 0x3000(%rsi), %rsp; push %rsp; lea 0x6000(%rsi), %rsp; pushfq; call 1f; 1:");
CODE64(dirty_modify, "addb $1, (%rsi); lock incl 0x1000(%rsi); xchgq %rax, 0x2000(%rsi); lock xaddl %eax, 0x3000(%rsi)");
CODE64(dirty_cmpxchg, "mov (%rsi), %rax; mov $0x77, %ecx; lock cmpxchgq %rcx, (%rsi)");
CODE64(dirty_bts, "btcl $3, (%rsi); lock btcl $0, 0x1000(%rsi); btcq $7, 0x2000(%rsi)");
CODE64(dirty_sse, "movups %xmm0, (%rsi); movups %xmm0, 0x1ffa(%rsi)");
CODE64(dirty_fxsave, "and $-16, %rsi; fxsave 0x4000(%rsi)");
CODE64(dirty_sgdt, "sgdt (%rsi); sidt 0x2000(%rsi)");
CODE64(dirty_ins, "mov $0x5678, %edx; mov $16, %ecx; rep insb");
CODE64(dirty_ins_over, "add $0xffc, %rdi; mov $0x5678, %edx; mov $8, %ecx; rep insb");
CODE64(dirty_frame, "ud2");
CODE64(dirty_read, "movb (%rsi), %al; movl 0x1000(%rsi), %eax; cmpb $0, 0x2000(%rsi)");

static const struct row {
	const char *name;
	const struct code *code;
	unsigned in;
	bool reads; /* pages that it does not write to */
} rows[] = {
	{"mov", &dirty_mov, IN_64},	    {"mov-over-pages", &dirty_over, IN_64},
	{"rep-stos", &dirty_stos, IN_64},   {"rep-movs", &dirty_movs, IN_64, true},
	{"push-call", &dirty_push, IN_64},  {"modify", &dirty_modify, IN_64},
	{"cmpxchg", &dirty_cmpxchg, IN_64}, {"bits", &dirty_bts, IN_64},
	{"sse", &dirty_sse, IN_64},	    {"fxsave", &dirty_fxsave, IN_64},
	{"sgdt", &dirty_sgdt, IN_64},	    {"ins", &dirty_ins, IN_64},
	{"ins-over-pages", &dirty_ins_over, IN_64},
	{"interrupt-frame", &dirty_frame, ENV_GUEST_USER},
	{"read", &dirty_read, IN_64, true},
};

NAMES_OF_ROWS(rows)

MODES_OF_ROWS(rows)

struct tracking {
	uint8_t *memory;    /* the guest's */
	uint8_t *before;    /* a copy */
	uint8_t bits[PAGES / 8];
};

static bool begin(struct stage *stage, struct tracking *tracking)
{
	struct err err = {0};

	tracking->memory = memory_host(&stage->vm, GPA_TEST);
	tracking->before = malloc(LOOKED * 4096);
	if (!tracking->before)
		return stage_broken(stage, "no memory for a copy of the guest's");
	if (memory_slot_flags(&stage->vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES, &err))
		return stage_broken(stage, "%s", err.text);
	return true;
}

/* Other contents everywhere, so that whatever the guest writes changes some. */
static void snapshot(struct tracking *tracking, unsigned round)
{
	for (size_t i = 0; i < LOOKED * 4096; i++)
		tracking->memory[i] = (uint8_t)(0x81 + 13 * i + (i >> 12) + 101 * round);
	memcpy(tracking->before, tracking->memory, LOOKED * 4096);
}

static void get_log(struct stage *stage, struct tracking *tracking)
{
	struct kvm_dirty_log log = {.slot = SLOT, .dirty_bitmap = tracking->bits};

	memset(tracking->bits, 0, sizeof(tracking->bits));
	stage_vm_ioctl(stage, KVM_GET_DIRTY_LOG, &log, "KVM_GET_DIRTY_LOG");
}

static void expect_page(struct stage *stage, const struct tracking *tracking, size_t page,
			bool wanted, const char *when)
{
	const struct condition bit = condition_bits("in the log", &tracking->bits[page / 8], 1,
						    1u << page % 8, page % 8, wanted);
	char expected[100];

	snprintf(expected, sizeof(expected), "page %zu, which was %swritten, is %sin the dirty log",
		 page, wanted ? "" : "not ", wanted ? "" : "not ");
	expect_conditions(stage, &bit, 1, expected, "it is %sin it (%s)", wanted ? "not " : "", when);
}

/*
 * What has changed is reported; what is reported has changed. But KVM maps a page that is read as one
 * that can be written, and says that it was (make_spte()): at its first access, and again when the
 * host had taken it away.
 */
static void compare(struct stage *stage, const struct tracking *tracking, bool reads,
		    const char *when)
{
	for (size_t page = 0; page < PAGES && !stage->over; page++) {
		size_t at = page * 4096;
		bool changed = page < LOOKED &&
			       memcmp(tracking->memory + at, tracking->before + at, 4096);

		if (changed)
			expect_page(stage, tracking, page, true, when);
		else if (!reads)
			expect_page(stage, tracking, page, false, when);
	}
}

/* INS asks user space for its bytes. */
static void go_on(struct stage *stage)
{
	while (stage->event == STAGE_EXIT && stage->run->exit_reason == KVM_EXIT_IO &&
	       stage->run->io.port == PORT) {
		memset((uint8_t *)stage->run + stage->run->io.data_offset, 0x33,
		       (size_t)stage->run->io.size * stage->run->io.count);
		stage_go(stage);
	}
}

static void write_round(struct stage *stage, const struct row *row, unsigned first_page)
{
	stage->regs.rsi = stage->regs.rdi = GPA_TEST + first_page * 4096ul + 0x100;
	stage->regs.rax = 0x1234 + first_page;
	stage_run(stage, row->code);
	go_on(stage);
	if (row->code == &dirty_frame)
		expect_trap(stage, EXC_UD, 0, 0);
	else
		expect_end(stage);
}

/* The stack that ring 0 gets from the TSS is in the tracked memory. */
static void move_stack(struct stage *stage)
{
	uint8_t *tss = memory_host(&stage->vm, GPA_TSS);
	uint64_t stack = GPA_TEST + 0x9000;

	memcpy(tss + 4, &stack, sizeof(stack));
	memcpy(tss + 0x24, &stack, sizeof(stack));
}

static void run(struct stage *stage, unsigned n)
{
	struct tracking tracking = {0};

	if (begin(stage, &tracking)) {
		if (rows[n].code == &dirty_frame)
			move_stack(stage);
		get_log(stage, &tracking);
		for (unsigned round = 0; round < 3 && !stage->over; round++) {
			snapshot(&tracking, round);
			write_round(stage, &rows[n], round == 1 ? 64 : 0);
			get_log(stage, &tracking);
			compare(stage, &tracking, rows[n].reads,
				round ? "behind the log was read" : "the first time");
		}
	}
	free(tracking.before);
}

CHECK(dirty,
	.name = "dirty/log",
	.title = "the dirty log has every page that was written, also again behind reading it, and no other but those that are only read",
	.manual = "KVM API 4.8 KVM_GET_DIRTY_LOG",
	.in = IN_64,
	MEMORY,
	CASES_BY_MODE(rows),
	.run = run);

/* ---- cleared by hand ------------------------------------------------------------------------ */

static void clear_log(struct stage *stage, struct tracking *tracking, uint64_t first, uint32_t pages)
{
	struct kvm_clear_dirty_log clear = {
		.slot = SLOT, .num_pages = pages, .first_page = first,
		.dirty_bitmap = tracking->bits + first / 8};

	stage_vm_ioctl(stage, KVM_CLEAR_DIRTY_LOG, &clear, "KVM_CLEAR_DIRTY_LOG");
}

static void run_manual(struct stage *stage, unsigned n)
{
	struct kvm_enable_cap enable = {.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, .args = {1}};
	struct tracking tracking = {0};

	(void)n;
	if (!stage_vm_ioctl(stage, KVM_ENABLE_CAP, &enable, "KVM_ENABLE_CAP") &&
	    begin(stage, &tracking)) {
		write_round(stage, &rows[0], 0);
		write_round(stage, &rows[0], 64);
		get_log(stage, &tracking);
		expect_page(stage, &tracking, 0, true, "written");
		expect_page(stage, &tracking, 64, true, "written");
		get_log(stage, &tracking);
		expect_page(stage, &tracking, 0, true, "read twice, not cleared");
		clear_log(stage, &tracking, 0, 64);
		get_log(stage, &tracking);
		expect_page(stage, &tracking, 0, false, "cleared");
		expect_page(stage, &tracking, 64, true, "another part was cleared");
		write_round(stage, &rows[0], 0);
		get_log(stage, &tracking);
		expect_page(stage, &tracking, 0, true, "written behind clearing");
	}
	free(tracking.before);
}

CHECK(dirty_manual,
	.name = "dirty/clear",
	.title = "with manual protection reading the log clears nothing, and clearing a part clears that part",
	.manual = "KVM API 4.120 KVM_CLEAR_DIRTY_LOG, 7.18",
	.in = IN_64,
	MEMORY,
	.capability = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
	.run = run_manual);

/* ---- on and off ----------------------------------------------------------------------------- */

static void run_again(struct stage *stage, unsigned n)
{
	struct tracking tracking = {0};
	struct err err = {0};

	(void)n;
	/* Written, and so mapped writable, before there is a log. */
	write_round(stage, &rows[0], 0);
	if (!begin(stage, &tracking)) {
		free(tracking.before);
		return;
	}
	snapshot(&tracking, 0);
	write_round(stage, &rows[0], 64);
	get_log(stage, &tracking);
	compare(stage, &tracking, false, "the first log");
	if (memory_slot_flags(&stage->vm, SLOT, 0, &err) ||
	    memory_slot_flags(&stage->vm, SLOT, KVM_MEM_LOG_DIRTY_PAGES, &err))
		stage_broken(stage, "%s", err.text);
	snapshot(&tracking, 1);
	write_round(stage, &rows[0], 64);
	get_log(stage, &tracking);
	compare(stage, &tracking, false, "logging was off in between");
	free(tracking.before);
}

CHECK(dirty_again,
	.name = "dirty/on-and-off",
	.title = "pages that were writable before logging was switched on, or on again, are tracked all the same",
	.manual = "KVM API 4.35 KVM_MEM_LOG_DIRTY_PAGES",
	.in = IN_64,
	MEMORY,
	.run = run_again);

/* SPDX-License-Identifier: MIT */
#include "tests/unit/compare_fixture.h"

#include <errno.h>

#include "analysis/ranks.h"

/* ---- findings ---------------------------------------------------------------------------------
 */

/* Changes the fixture's first rows, of one set a side. */
struct finding_case {
	void (*change)(struct result *base, struct result *new);
	enum finding want;
	const char *why; /* a part of it */
	bool emulated, timed;
};

static void unchanged(struct result *base, struct result *new)
{
	(void)base;
	(void)new;
}

static void other_code(struct result *base, struct result *new)
{
	(void)base;
	COPY(new->payload_hash, "fedcba9876543210");
	/* Of other code nothing is compared, not even exits. */
	fixture_proof(new, "HLT", 2);
}

static void skipped_now(struct result *base, struct result *new)
{
	(void)base;
	new->status = STATUS_SKIP;
	new->estimate.valid = false;
	COPY(new->reason, "the module has no such parameter");
	memset(&new->proof, 0, sizeof(new->proof));
}

static void was_skipped(struct result *base, struct result *new)
{
	skipped_now(new, base);
}

static void skipped_by_both(struct result *base, struct result *new)
{
	skipped_now(new, base);
	skipped_now(base, new);
}

static void fails_now(struct result *base, struct result *new)
{
	(void)base;
	new->status = STATUS_FAIL;
	COPY(new->reason, "the guest saw 1 instead of 0");
}

/* What could not even be measured has no proof either; the error is what is to be read. */
static void error_now(struct result *base, struct result *new)
{
	(void)base;
	new->status = STATUS_ERROR;
	new->estimate.valid = false;
	COPY(new->reason, "ioctl KVM_RUN: bad address");
	memset(&new->proof, 0, sizeof(new->proof));
}

static void failed_already(struct result *base, struct result *new)
{
	fails_now(new, base);
	fails_now(base, new);
}

static void unstable_now(struct result *base, struct result *new)
{
	(void)base;
	new->status = STATUS_UNSTABLE;
}

static void unproven_now(struct result *base, struct result *new)
{
	(void)base;
	memset(&new->proof, 0, sizeof(new->proof));
	new->proof.verdict = PROOF_UNPROVEN;
	COPY(new->proof.why, "no tracepoints here");
}

static void was_unproven(struct result *base, struct result *new)
{
	unproven_now(new, base);
}

static void refuted_now(struct result *base, struct result *new)
{
	(void)base;
	new->proof.verdict = PROOF_REFUTED;
	new->status = STATUS_FAIL;
	COPY(new->proof.why, "EPT_VIOLATION was seen");
}

static void other_exits(struct result *base, struct result *new)
{
	(void)base;
	fixture_proof(new, "IO", 1);
}

static void more_exits(struct result *base, struct result *new)
{
	(void)base;
	new->proof.lines[0].observed = 2000;
}

static void another_line(struct result *base, struct result *new)
{
	(void)base;
	new->proof.n_lines = 2;
	COPY(new->proof.lines[1].source, "tracepoint");
	COPY(new->proof.lines[1].event, "kvm_emulate_insn");
	new->proof.lines[1].observed = 1000;
}

static void a_line_less(struct result *base, struct result *new)
{
	another_line(new, base);
}

/* 400 in 1000 iterations are interrupts of the host, and the lengths need not be the same. */
static void stray_exits(struct result *base, struct result *new)
{
	another_line(base, new);
	new->proof.lines[1].observed = 400;
	base->proof.iterations = 10;
	base->proof.lines[0].observed = 10;
	/* Nor is one that was not seen another number. */
	new->proof.lines[0].observed = 999;
}

static void other_statistics(struct result *base, struct result *new)
{
	another_line(base, new);
	COPY(new->proof.lines[1].source, "statistics");
}

static void counts_alone(struct result *base, struct result *new)
{
	base->proof.verdict = new->proof.verdict = PROOF_PROVEN_COUNT;
	new->proof.lines[0].observed = 5000;
	COPY(new->proof.exits, "5 of any");
}

static void exact_counts(struct result *base, struct result *new)
{
	fixture_count(base, 1000, 1000, 1000);
	fixture_count(new, 1000, 1000, 1000);
}

static void counts_more(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(new, 1012, 1012, 1012);
}

static void counts_fewer(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(new, 988, 988, 988);
}

/* Not exact, and still all on one side. */
static void counts_vary_above(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(new, 1001, 1010, 1020);
}

static void counts_vary_below(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(new, 900, 950, 999);
}

static void counts_vary_from_it_on(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(new, 1000, 1010, 1020);
}

static void counts_vary_around_it(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(new, 990, 1010, 1020);
}

static void counts_varied_below(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(base, 990, 1000, 1010);
	fixture_count(new, 2000, 2000, 2000);
}

static void counts_varied_around_it(struct result *base, struct result *new)
{
	exact_counts(base, new);
	fixture_count(base, 990, 1005, 1010);
}

static void counts_vary_on_both_sides(struct result *base, struct result *new)
{
	fixture_count(base, 990, 1000, 1010);
	fixture_count(new, 1011, 1100, 1200);
}

static void counts_vary_alike(struct result *base, struct result *new)
{
	fixture_count(base, 990, 1000, 1010);
	fixture_count(new, 1010, 1100, 1200);
}

/* One less than is needed, of each, on each side; however far apart. */
static void too_few_instances(struct result *base, struct result *new)
{
	counts_more(base, new);
	new->exactness.instances--;
}

static void had_too_few_instances(struct result *base, struct result *new)
{
	counts_more(base, new);
	base->exactness.instances--;
}

static void too_few_boots(struct result *base, struct result *new)
{
	counts_more(base, new);
	new->exactness.boots--;
}

static void had_too_few_boots(struct result *base, struct result *new)
{
	counts_more(base, new);
	base->exactness.boots--;
}

static void too_few_but_alike(struct result *base, struct result *new)
{
	exact_counts(base, new);
	new->exactness.boots = 1;
}

/* What was counted is not the operation then. */
static void counts_of_faults(struct result *base, struct result *new)
{
	counts_more(base, new);
	base->outcome = new->outcome =
		(struct outcome){.known = true, .verdict = "traps", .faulted = true};
}

static void counts_of_refuted(struct result *base, struct result *new)
{
	counts_more(base, new);
	base->proof.verdict = new->proof.verdict = PROOF_REFUTED;
	base->status = new->status = STATUS_FAIL;
}

/* More exits cost more instructions: the reason is what is shown. */
static void exits_and_counts(struct result *base, struct result *new)
{
	counts_more(base, new);
	more_exits(base, new);
}

static void executes(struct result *result)
{
	result->outcome =
		(struct outcome){.known = true, .verdict = "executes", .note = "IF=1 IOPL=0"};
}

static void traps(struct result *result)
{
	result->outcome = (struct outcome){
		.known = true, .verdict = "traps", .note = "#GP(0)", .faulted = true, .vector = 13};
}

static void faults_now(struct result *base, struct result *new)
{
	executes(base);
	traps(new);
}

static void faulted_before(struct result *base, struct result *new)
{
	traps(base);
	executes(new);
}

static void ignored_now(struct result *base, struct result *new)
{
	executes(base);
	executes(new);
	COPY(new->outcome.verdict, "silently ignored");
}

static void another_note(struct result *base, struct result *new)
{
	executes(base);
	executes(new);
	COPY(new->outcome.note, "IF=0 IOPL=0");
}

/* Nobody knows what it did before; but there was a figure. */
static void faulted_now(struct result *base, struct result *new)
{
	(void)base;
	traps(new);
}

static void no_figure_now(struct result *base, struct result *new)
{
	(void)base;
	new->estimate.valid = false;
	COPY(new->reason, "no instance came to its end");
}

static void no_number_now(struct result *base, struct result *new)
{
	(void)base;
	new->estimate.point = NAN;
}

static void never_a_figure(struct result *base, struct result *new)
{
	base->estimate.valid = new->estimate.valid = false;
}

/* What it does says more than which exits it takes. */
static void ignored_and_no_exits(struct result *base, struct result *new)
{
	ignored_now(base, new);
	other_exits(base, new);
}

static void costs_nothing(struct result *base, struct result *new)
{
	(void)base;
	new->estimate.point = 0;
}

static void costs_less_than_nothing(struct result *base, struct result *new)
{
	(void)new;
	base->estimate.point = -3;
}

#define TOO_FEW "counted in too few boots or instances (10 of 3 are needed on both sides)"

static const struct finding_case cases[] = {
	{unchanged, FINDING_NONE, "", .timed = true},
	{other_code, FINDING_CODE, "0123456789abcdef, now fedcba9876543210"},
	{skipped_now, FINDING_VANISHED, "skipped now: the module has no such parameter"},
	{was_skipped, FINDING_NEW, "was skipped: the module has no such parameter"},
	{skipped_by_both, FINDING_NONE, ""},
	{fails_now, FINDING_STATUS, "was OK, now FAIL: the guest saw 1", .timed = true},
	{error_now, FINDING_STATUS, "was OK, now ERROR: ioctl KVM_RUN"},
	{failed_already, FINDING_NONE, "", .timed = true},
	{unstable_now, FINDING_NONE, "", .timed = true},
	{unproven_now, FINDING_PROOF, "was proven, now unproven: no trace", .timed = true},
	{was_unproven, FINDING_NONE, "", .timed = true},
	{refuted_now, FINDING_EXITS, "was proven, 1 CPUID; now refuted: EPT_VIOLATION"},
	{other_exits, FINDING_EXITS, "exits per iteration: 1 CPUID, now 1 IO", .timed = true},
	{more_exits, FINDING_EXITS, "kvm_exit CPUID: 1 per iteration, now 2", .timed = true},
	{another_line, FINDING_EXITS, "tracepoint kvm_emulate_insn: 0 per iteration, now 1",
	 .timed = true},
	{a_line_less, FINDING_EXITS, "tracepoint kvm_emulate_insn: 1 per iteration, now 0",
	 .timed = true},
	{stray_exits, FINDING_NONE, "", .timed = true},
	{other_statistics, FINDING_NONE, "", .timed = true},
	{counts_alone, FINDING_NONE, "", .timed = true},
	{counts_more, FINDING_MORE, "1000 instructions, now 1012: +12", .emulated = true},
	{counts_fewer, FINDING_FEWER, "1000 instructions, now 988: -12", .emulated = true},
	{exact_counts, FINDING_NONE, "", .emulated = true},
	{counts_vary_above, FINDING_MORE, "1000 instructions, now 1001 to 1020: +10",
	 .emulated = true},
	{counts_vary_below, FINDING_FEWER, "1000 instructions, now 900 to 999: -50",
	 .emulated = true},
	{counts_vary_from_it_on, FINDING_VARIES,
	 "its count varies between boots: 1000, now 1000 to 1020", .emulated = true},
	{counts_vary_around_it, FINDING_VARIES,
	 "its count varies between boots: 1000, now 990 to 1020", .emulated = true},
	{counts_varied_below, FINDING_MORE, "990 to 1010 instructions, now 2000: +1000",
	 .emulated = true},
	{counts_varied_around_it, FINDING_VARIES,
	 "its count varies between boots: 990 to 1010, now 1000", .emulated = true},
	{counts_vary_on_both_sides, FINDING_MORE,
	 "990 to 1010 instructions, now 1011 to 1200: +100", .emulated = true},
	{counts_vary_alike, FINDING_VARIES,
	 "its count varies between boots: 990 to 1010, now 1010 to 1200", .emulated = true},
	{too_few_instances, FINDING_INEXACT, TOO_FEW, .emulated = true},
	{had_too_few_instances, FINDING_INEXACT, TOO_FEW, .emulated = true},
	{too_few_boots, FINDING_INEXACT, TOO_FEW, .emulated = true},
	{had_too_few_boots, FINDING_INEXACT, TOO_FEW, .emulated = true},
	{too_few_but_alike, FINDING_INEXACT, TOO_FEW, .emulated = true},
	{counts_of_faults, FINDING_NONE, "", .emulated = true},
	{counts_of_refuted, FINDING_NONE, "", .emulated = true},
	{exits_and_counts, FINDING_EXITS, "1 per iteration, now 2", .emulated = true},
	/* Counts mean nothing on a real host, and times nothing on an emulated one. */
	{counts_more, FINDING_NONE, "", .timed = true},
	{unchanged, FINDING_INEXACT, TOO_FEW, .emulated = true},
	{faults_now, FINDING_OUTCOME, "did not fault: IF=1 IOPL=0, now faults: #GP(0)"},
	{faulted_before, FINDING_OUTCOME, "faulted: #GP(0), now does not fault: IF=1 IOPL=0"},
	{ignored_now, FINDING_OUTCOME, "the instruction: executes, now silently ignored",
	 .timed = true},
	{another_note, FINDING_NONE, "", .timed = true},
	{faulted_now, FINDING_OUTCOME, "there is no figure any more"},
	{no_figure_now, FINDING_OUTCOME,
	 "there is no figure any more: no instance came to its end"},
	{no_number_now, FINDING_OUTCOME, "there is no figure any more"},
	{never_a_figure, FINDING_NONE, ""},
	{ignored_and_no_exits, FINDING_OUTCOME, "now silently ignored", .timed = true},
	{costs_nothing, FINDING_NONE, ""},
	{costs_less_than_nothing, FINDING_NONE, ""},
};

static void check_finding(const struct finding_case *want, size_t number)
{
	struct fixture *fixture = fixture_new(1, 1, 2);
	struct comparison *comparison;
	static struct instance_samples one[] = {{.point_ticks = 1000}};

	for (unsigned side = 0; side < 2; side++) {
		fixture->sets[side][0].run.machine.emulated = want->emulated;
		for (unsigned row = 0; row < 2; row++)
			fixture->results[side][0][row].samples =
				(struct sample_set){.instances = one, .n_instances = 1};
	}
	if (want->emulated)
		exact_counts(&fixture->results[BASE][0][1], &fixture->results[NEW][0][1]);
	want->change(&fixture->results[BASE][0][0], &fixture->results[NEW][0][0]);
	comparison = fixture_compare(fixture, false);
	assert_int_equal(comparison->n_rows, 2);
	assert_true(comparison->exact == want->emulated);
	if (comparison->rows[0].finding != want->want ||
	    !strstr(comparison->rows[0].why, want->why) || comparison->rows[0].timed != want->timed)
		fail_msg("case %zu: finding %d, timed %d: %s", number,
			 (int)comparison->rows[0].finding, comparison->rows[0].timed,
			 comparison->rows[0].why);
	assert_true(!*want->why == !*comparison->rows[0].why);
	assert_ptr_equal(comparison->rows[0].base, &fixture->results[BASE][0][0]);
	assert_ptr_equal(comparison->rows[0].new, &fixture->results[NEW][0][0]);
	/* Its neighbour is not touched. */
	assert_int_equal(comparison->rows[1].finding, FINDING_NONE);
	assert_true(comparison->rows[1].timed == !want->emulated);
	comparison_clear(comparison);
}

static void every_finding(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_finding(&cases[i], i);
}

static void what_one_side_alone_has(void **state)
{
	struct fixture *fixture = fixture_new(1, 1, 3);
	struct comparison *comparison;

	(void)state;
	/* The base has 0, 1, 2 and the new side 1, 2 and one more. */
	COPY(fixture->results[NEW][0][0].benchmark, "exit/added");
	/* The same name with another parameter, or elsewhere, is another operation. */
	COPY(fixture->results[NEW][0][1].parameters, "leaf=0x1");
	COPY(fixture->results[NEW][0][2].environment, "guest-user");
	comparison = fixture_compare(fixture, false);
	assert_int_equal(comparison->n_rows, 6);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(comparison->rows[i].finding, FINDING_VANISHED);
		assert_null(comparison->rows[i].new);
		assert_false(comparison->rows[i].timed);
		assert_ptr_equal(comparison_row_result(&comparison->rows[i]),
				 &fixture->results[BASE][0][i]);
		assert_int_equal(comparison->rows[3 + i].finding, FINDING_NEW);
		assert_null(comparison->rows[3 + i].base);
		assert_ptr_equal(comparison_row_result(&comparison->rows[3 + i]),
				 &fixture->results[NEW][0][i]);
	}
	comparison_clear(comparison);
	/* What the base skips and the new side does not have has not vanished. */
	fixture = fixture_new(1, 1, 2);
	skipped_now(NULL, &fixture->results[BASE][0][1]);
	fixture->sets[NEW][0].n_results = 1;
	comparison = fixture_compare(fixture, false);
	assert_int_equal(comparison->n_rows, 2);
	assert_int_equal(comparison->rows[1].finding, FINDING_NONE);
	comparison_clear(comparison);
}

/* Most of the new side's sets must show it: half of them do not. */
static void a_finding_in_some_of_several_sets(void **state)
{
	static const size_t sizes[] = {2, 3, 4, 14};
	char why[100];

	(void)state;
	for (size_t size = 0; size < COUNT(sizes); size++)
		for (size_t n = 1; n <= sizes[size]; n++) {
			struct fixture *fixture = fixture_new(3, sizes[size], 2);
			size_t first = sizes[size] - n;
			struct comparison *comparison;
			struct comparison_row *row;

			for (size_t i = first; i < sizes[size]; i++)
				more_exits(NULL, &fixture->results[NEW][i][1]);
			comparison = fixture_compare(fixture, false);
			row = &comparison->rows[1];
			snprintf(why, sizeof(why),
				 "in %zu of %zu sets: kvm_exit CPUID: 1 per iteration, now 2", n,
				 sizes[size]);
			if (2 * n > sizes[size]) {
				assert_int_equal(row->finding, FINDING_EXITS);
				assert_string_equal(row->why, strstr(why, "kvm_exit"));
			} else {
				assert_int_equal(row->finding, FINDING_SOMETIMES);
				assert_string_equal(row->why, why);
			}
			/* One that shows it; without a finding it is the first. */
			assert_ptr_equal(row->new, &fixture->results[NEW][first][1]);
			assert_ptr_equal(comparison->rows[0].new, &fixture->results[NEW][0][0]);
			assert_int_equal(comparison->rows[0].finding, FINDING_NONE);
			assert_true(row->timed);
			comparison_clear(comparison);
		}
}

/* Runs that were not to prove anything have no say in exits, on either side. */
static void sets_without_a_proof_of_their_own(void **state)
{
	(void)state;
	for (size_t provers = 1; provers <= 3; provers++)
		for (int differs = 0; differs < 2; differs++) {
			struct fixture *fixture = fixture_new(8, 8, 1);
			struct comparison *comparison;

			for (size_t i = 0; i < 8; i++)
				for (int side = BASE; side <= NEW; side++) {
					struct result *result = &fixture->results[side][i][0];

					if (side == NEW && differs)
						fixture_proof(result, "CPUID", 2);
					if (i < provers)
						continue;
					result->proof = (struct proof){.verdict = PROOF_UNPROVEN,
								       .unasked = true};
				}
			comparison = fixture_compare(fixture, false);
			assert_int_equal(comparison->rows[0].finding,
					 differs ? FINDING_EXITS : FINDING_NONE);
			comparison_clear(comparison);
		}
}

/* Unless they saw what must not be. */
static void refuted_without_being_asked(void **state)
{
	struct fixture *fixture = fixture_new(2, 2, 1);
	struct comparison *comparison;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		refuted_now(NULL, &fixture->results[NEW][i][0]);
		fixture->results[NEW][i][0].proof.unasked = true;
	}
	comparison = fixture_compare(fixture, false);
	assert_int_equal(comparison->rows[0].finding, FINDING_EXITS);
	comparison_clear(comparison);
}

/* Two kinds of findings among 14 sets, and what is made of them. */
static void different_findings_in_several_sets(void **state)
{
	static const struct {
		void (*one)(struct result *, struct result *);
		size_t n_one;
		void (*other)(struct result *, struct result *);
		size_t n_other;
		enum finding want;
		const char *why;
	} mixed[] = {
		/* Most show exits, or what is worse. */
		{unproven_now, 1, more_exits, 8, FINDING_EXITS, "kvm_exit CPUID: 1"},
		{unproven_now, 4, more_exits, 4, FINDING_EXITS, "kvm_exit CPUID: 1"},
		{unproven_now, 3, more_exits, 4, FINDING_SOMETIMES, "in 3 of 14 sets: was proven"},
		{unproven_now, 8, more_exits, 6, FINDING_PROOF, "was proven"},
		/* What is no fault does not make one of what a single set shows. */
		{more_exits, 1, counts_vary_around_it, 13, FINDING_SOMETIMES,
		 "in 1 of 14 sets: kvm_exit CPUID: 1"},
		{counts_more, 1, counts_fewer, 13, FINDING_SOMETIMES,
		 "in 1 of 14 sets: 1000 instructions, now 1012"},
		{counts_more, 7, counts_fewer, 7, FINDING_SOMETIMES,
		 "in 7 of 14 sets: 1000 instructions, now 1012"},
		{counts_more, 8, counts_fewer, 6, FINDING_MORE, "1000 instructions, now 1012"},
		{counts_more, 1, too_few_instances, 13, FINDING_SOMETIMES,
		 "in 1 of 14 sets: 1000 instructions, now 1012"},
		{too_few_instances, 1, counts_vary_around_it, 13, FINDING_SOMETIMES,
		 "in 1 of 14 sets: " TOO_FEW},
		{counts_vary_around_it, 8, exact_counts, 6, FINDING_VARIES, "its count varies"},
		/* Nor does other code, of which nothing is known. */
		{other_code, 7, more_exits, 1, FINDING_SOMETIMES,
		 "in 7 of 14 sets: its machine code differs"},
		{other_code, 6, more_exits, 8, FINDING_EXITS, "kvm_exit CPUID: 1"},
		{other_code, 8, more_exits, 6, FINDING_CODE, "its machine code differs"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(mixed); i++) {
		struct fixture *fixture = fixture_new(14, 14, 1);
		struct comparison *comparison;
		const char *why;

		for (size_t set = 0; set < 14; set++) {
			struct result *base = &fixture->results[BASE][set][0];
			struct result *new = &fixture->results[NEW][set][0];

			fixture->sets[BASE][set].run.machine.emulated = true;
			fixture->sets[NEW][set].run.machine.emulated = true;
			exact_counts(base, new);
			/* From the end on, so that the order of the sets does not decide. */
			if (set >= 14 - mixed[i].n_one)
				mixed[i].one(base, new);
			else if (set < mixed[i].n_other)
				mixed[i].other(base, new);
		}
		comparison = fixture_compare(fixture, true);
		why = comparison->rows[0].why;
		if (comparison->rows[0].finding != mixed[i].want ||
		    strncmp(why, mixed[i].why, strlen(mixed[i].why)) != 0)
			fail_msg("case %zu: finding %d: %s", i, (int)comparison->rows[0].finding,
				 why);
		comparison_clear(comparison);
	}
}

/* A single set a side is all that there is. */
static void a_finding_in_the_only_set(void **state)
{
	struct fixture *fixture = fixture_new(1, 1, 1);
	struct comparison *comparison;

	(void)state;
	more_exits(NULL, &fixture->results[NEW][0][0]);
	comparison = fixture_compare(fixture, false);
	assert_int_equal(comparison->rows[0].finding, FINDING_EXITS);
	assert_string_equal(comparison->rows[0].why, "kvm_exit CPUID: 1 per iteration, now 2");
	comparison_clear(comparison);
}

/* What only the new side has is none, in however few of its sets. */
static void new_in_some_of_several_sets(void **state)
{
	struct fixture *fixture = fixture_new(4, 4, 1);
	struct comparison *comparison;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		skipped_now(NULL, &fixture->results[BASE][i][0]);
		if (i != 2)
			skipped_now(NULL, &fixture->results[NEW][i][0]);
	}
	comparison = fixture_compare(fixture, false);
	assert_int_equal(comparison->rows[0].finding, FINDING_NEW);
	assert_string_equal(comparison->rows[0].why,
			    "was skipped: the module has no such parameter");
	assert_ptr_equal(comparison->rows[0].new, &fixture->results[NEW][2][0]);
	comparison_clear(comparison);
}

/* A set that has nothing of it says nothing, wherever it stands. */
static void new_and_not_in_every_set(void **state)
{
	(void)state;
	for (size_t lacking = 0; lacking < 3; lacking++) {
		struct fixture *fixture = fixture_new(3, 3, 3);
		struct comparison *comparison;

		for (size_t i = 0; i < 3; i++) {
			fixture->sets[BASE][i].n_results = 1;
			fixture->sets[NEW][i].n_results = i == lacking ? 2 : 3;
		}
		comparison = fixture_compare(fixture, true);
		assert_int_equal(comparison->n_rows, 3);
		assert_int_equal(comparison->rows[0].finding, FINDING_NONE);
		for (size_t row = 1; row < 3; row++) {
			assert_int_equal(comparison->rows[row].finding, FINDING_NEW);
			assert_string_equal(comparison->rows[row].why, "only the new side has it");
			assert_null(comparison->rows[row].base);
			assert_ptr_equal(comparison->rows[row].new,
					 &fixture->results[NEW][row == 2 && !lacking ? 1 : 0][row]);
		}
		comparison_clear(comparison);
	}
}

/* What the base itself does now and then is nothing that the new side has to answer for. */
static void what_a_set_of_the_base_does_as_well(void **state)
{
	static void (*const changes[])(struct result *, struct result *) = {
		fails_now, error_now, skipped_now, unproven_now, refuted_now, more_exits};
	static const enum finding findings[] = {FINDING_STATUS, FINDING_STATUS, FINDING_VANISHED,
						FINDING_PROOF,	FINDING_EXITS,	FINDING_EXITS};
	struct comparison *comparison;

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct fixture *fixture = fixture_new(3, 3, 1);

		changes[i](NULL, &fixture->results[BASE][1][0]);
		changes[i](NULL, &fixture->results[NEW][1][0]);
		changes[i](NULL, &fixture->results[NEW][2][0]);
		comparison = fixture_compare(fixture, true);
		assert_int_equal(comparison->rows[0].finding, FINDING_NONE);
		assert_string_equal(comparison->rows[0].why, "");
		assert_ptr_equal(comparison->rows[0].new, &fixture->results[NEW][0][0]);
		comparison_clear(comparison);
		/* And when the base does not, in any of its sets, it is. */
		fixture_result(&fixture->results[BASE][1][0], 0);
		comparison = fixture_compare(fixture, true);
		assert_int_equal(comparison->rows[0].finding, findings[i]);
		assert_ptr_equal(comparison->rows[0].new, &fixture->results[NEW][1][0]);
		comparison_clear(comparison);
		changes[i](NULL, &fixture->results[BASE][1][0]);
		/* Another fault than the base's is still one. */
		if (changes[i] == more_exits)
			continue;
		other_exits(NULL, &fixture->results[NEW][0][0]);
		comparison = fixture_compare(fixture, true);
		assert_int_equal(comparison->rows[0].finding, FINDING_SOMETIMES);
		assert_string_equal(comparison->rows[0].why,
				    "in 1 of 3 sets: exits per iteration: 1 CPUID, now 1 IO");
		comparison_clear(comparison);
		fixture_result(&fixture->results[NEW][1][0], 0);
		other_exits(NULL, &fixture->results[NEW][1][0]);
		comparison = fixture_compare(fixture, true);
		assert_int_equal(comparison->rows[0].finding, FINDING_EXITS);
		assert_ptr_equal(comparison->rows[0].new, &fixture->results[NEW][0][0]);
		comparison_clear(comparison);
	}
}

static void counts_that_differ_within_the_base(void **state)
{
	struct fixture *fixture = fixture_new(2, 2, 3);
	struct comparison *comparison;

	(void)state;
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < 2; i++) {
			fixture->sets[side][i].run.machine.emulated = true;
			for (size_t row = 0; row < 3; row++) {
				double count = 1000 * (double)(row + 1) + (i ? 12 : 0) +
					       (side && row ? 1 : 0);

				fixture_count(&fixture->results[side][i][row], count, count, count);
			}
		}
	fixture_count(&fixture->results[NEW][0][2], 3013, 3013, 3013);
	comparison = fixture_compare(fixture, false);
	/* The same two counts on both sides: there is nothing to find. */
	assert_int_equal(comparison->rows[0].finding, FINDING_VARIES);
	assert_string_equal(comparison->rows[0].why, "the base's own sets have different counts");
	/* The base has 2000 and 2012, which is no reason to have 2001 and 2013. */
	assert_int_equal(comparison->rows[1].finding, FINDING_MORE);
	assert_string_equal(comparison->rows[1].why, "2000 instructions, now 2001: +1");
	assert_int_equal(comparison->rows[2].finding, FINDING_MORE);
	comparison_clear(comparison);
	/* What both of the new ones have, and one of the base's. */
	fixture_count(&fixture->results[NEW][0][0], 1012, 1012, 1012);
	comparison = fixture_compare(fixture, false);
	assert_int_equal(comparison->rows[0].finding, FINDING_VARIES);
	assert_string_equal(comparison->rows[0].why, "the base's own sets have different counts");
	comparison_clear(comparison);
}

/* Each of an outcome's three forms, now and then in the base and always in the new side. */
static void outcomes_that_a_set_of_the_base_has_as_well(void **state)
{
	static void (*const changes[])(struct result *, struct result *) = {
		faults_now, faulted_before, ignored_now, no_figure_now};
	struct comparison *comparison;

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++)
		for (size_t other = 0; other < COUNT(changes) + 2; other++) {
			struct fixture *fixture = fixture_new(3, 3, 1);
			struct result *base = &fixture->results[BASE][2][0], unused = {0};
			/* What faults has no figure either. */
			bool shows = other == i || (changes[i] == no_figure_now && other == 0);

			for (size_t set = 0; set < 3; set++)
				changes[i](&fixture->results[BASE][set][0],
					   &fixture->results[NEW][set][0]);
			/* What another of the base's did: the same, something else, or not known.
			 */
			if (other < COUNT(changes))
				changes[other](&unused, base);
			else if (other == COUNT(changes))
				memset(&base->outcome, 0, sizeof(base->outcome));
			comparison = fixture_compare(fixture, true);
			assert_int_equal(comparison->rows[0].finding,
					 shows ? FINDING_NONE : FINDING_OUTCOME);
			assert_true(!*comparison->rows[0].why == shows);
			comparison_clear(comparison);
		}
}

/* That another set differs from it in something worse does not make it show the same. */
static void exits_and_a_worse_difference_within_the_base(void **state)
{
	struct fixture *fixture = fixture_new(2, 2, 1);
	struct comparison *comparison;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		executes(&fixture->results[BASE][i][0]);
		executes(&fixture->results[NEW][i][0]);
		other_exits(NULL, &fixture->results[NEW][i][0]);
	}
	COPY(fixture->results[BASE][1][0].outcome.verdict, "silently ignored");
	comparison = fixture_compare(fixture, true);
	assert_int_equal(comparison->rows[0].finding, FINDING_EXITS);
	comparison_clear(comparison);
	COPY(fixture->results[BASE][1][0].payload_hash, "fedcba9876543210");
	comparison = fixture_compare(fixture, true);
	assert_int_equal(comparison->rows[0].finding, FINDING_EXITS);
	comparison_clear(comparison);
	/* But one that takes the same exits does, whatever else it is. */
	other_exits(NULL, &fixture->results[BASE][1][0]);
	comparison = fixture_compare(fixture, true);
	assert_int_equal(comparison->rows[0].finding, FINDING_NONE);
	comparison_clear(comparison);
}

/* A set of the base that was counted too seldom is no witness for another count. */
static void counts_of_a_base_that_are_too_few(void **state)
{
	struct comparison *comparison;

	(void)state;
	for (size_t few = 0; few < 3; few++) {
		struct fixture *fixture = fixture_new(2, 2, 1);
		struct result *other = &fixture->results[BASE][1][0];

		for (size_t i = 0; i < 2; i++) {
			fixture->sets[BASE][i].run.machine.emulated = true;
			fixture->sets[NEW][i].run.machine.emulated = true;
			fixture_count(&fixture->results[BASE][i][0], 1000, 1000, 1000);
			fixture_count(&fixture->results[NEW][i][0], 1012, 1012, 1012);
		}
		fixture_count(other, 1000, 1000, 1012);
		other->exactness.instances -= few == 1;
		other->exactness.boots -= few == 2;
		comparison = fixture_compare(fixture, true);
		assert_int_equal(comparison->rows[0].finding, few ? FINDING_MORE : FINDING_VARIES);
		comparison_clear(comparison);
	}
}

/* A set that skipped it does not hide that another measured it. */
static void the_first_set_that_measured_it(void **state)
{
	struct fixture *fixture = fixture_new(3, 3, 1);
	struct comparison *comparison;

	(void)state;
	skipped_now(NULL, &fixture->results[BASE][0][0]);
	comparison = fixture_compare(fixture, false);
	assert_ptr_equal(comparison->rows[0].base, &fixture->results[BASE][1][0]);
	assert_int_equal(comparison->rows[0].finding, FINDING_NONE);
	assert_int_equal(comparison->rows[0].n_base, 2);
	comparison_clear(comparison);
}

/* ---- what may be compared ---------------------------------------------------------------------
 */

static void check_refused(struct fixture *fixture, const char *what)
{
	struct err err = {0};

	assert_int_equal(comparison_allowed(&fixture->sides[BASE], &fixture->sides[NEW], &err),
			 -EXDEV);
	assert_int_equal(err.code, EXDEV);
	if (!strstr(err.text, what))
		fail_msg("\"%s\" is not in: %s", what, err.text);
}

static void refusals_name_the_difference(void **state)
{
	struct fixture *fixture;
	struct err err = {0};

	(void)state;
	fixture = fixture_new(2, 2, 1);
	assert_int_equal(comparison_allowed(&fixture->sides[BASE], &fixture->sides[NEW], &err), 0);
	/* The kernel is what is compared. */
	COPY(fixture->sets[NEW][0].run.machine.kernel, "6.12.0");
	assert_int_equal(comparison_allowed(&fixture->sides[BASE], &fixture->sides[NEW], &err), 0);
	fixture->sets[NEW][1].run.machine.substrate = SUBSTRATE_PVM;
	check_refused(fixture, "substrate vmx against pvm");
	fixture = fixture_new(2, 2, 1);
	fixture->sets[NEW][0].run.machine.emulated = true;
	check_refused(fixture, "host real against emulated");
	fixture = fixture_new(2, 2, 1);
	COPY(fixture->sets[NEW][0].run.machine.arch, "aarch64");
	check_refused(fixture, "architecture x86_64 against aarch64");
	fixture = fixture_new(2, 2, 1);
	COPY(fixture->sets[NEW][0].run.machine.cpu_model, "EPYC");
	check_refused(fixture, "processor Xeon against EPYC");
	fixture = fixture_new(2, 2, 1);
	fixture->sets[NEW][1].run.machine.cpu_stepping = 4;
	check_refused(fixture, "6/85/7 against 6/85/4");
	fixture = fixture_new(2, 2, 1);
	fixture->sets[NEW][1].run.machine.cpu_model_number = 86;
	check_refused(fixture, "6/85/7 against 6/86/7");
	/* Within a side as well. */
	fixture = fixture_new(3, 1, 1);
	fixture->sets[BASE][2].run.machine.cpu_family = 15;
	check_refused(fixture, "6/85/7 against 15/85/7");
}

/* ---- what is said of the difference -----------------------------------------------------------
 */

static const char *differences_of(struct fixture *fixture)
{
	static char text[1200];
	struct comparison *comparison = fixture_compare(fixture, false);

	COPY(text, comparison->differences);
	comparison_clear(comparison);
	return text;
}

static void differences_in_words(void **state)
{
	struct fixture *fixture = fixture_new(1, 1, 1);
	struct machine *base = &fixture->sets[BASE][0].run.machine,
		       *new = &fixture->sets[NEW][0].run.machine;

	(void)state;
	assert_string_equal(differences_of(fixture), "");
	COPY(new->kernel, "6.12.0");
	assert_string_equal(differences_of(fixture), "kernel: 6.1.0, now 6.12.0");
	COPY(new->kvm_parameters, "ept=Y nested=Y kvm.halt_poll_ns=200000");
	new->smt_active = true;
	COPY(base->governor, "performance");
	assert_string_equal(differences_of(fixture),
			    "kernel: 6.1.0, now 6.12.0; parameters: nested=N, now nested=Y; "
			    "governor: performance, now (none); SMT: off, now on");
	fixture = fixture_new(1, 1, 1);
	COPY(fixture->sets[NEW][0].run.machine.mitigations,
	     "mds: Not affected; spectre_v2: Mitigation, Retpolines; srso: Vulnerable");
	assert_string_equal(differences_of(fixture),
			    "mitigations: spectre_v2: Mitigation, IBRS, now spectre_v2: "
			    "Mitigation, Retpolines, srso: Vulnerable");
	fixture = fixture_new(1, 1, 1);
	COPY(fixture->sets[NEW][0].run.program_version, "0.2.0");
	COPY(fixture->sets[NEW][0].run.emulated_host.module_parameters, "ept=0");
	assert_string_equal(differences_of(fixture),
			    "asked for: (none), now ept=0; exitlab: 0.1.0, now 0.2.0");
}

/* A word is not there because it begins another one. */
static void words_that_contain_each_other(void **state)
{
	struct fixture *fixture = fixture_new(1, 1, 1);

	(void)state;
	COPY(fixture->sets[BASE][0].run.machine.kvm_parameters, "ept=Y kvm.halt_poll_ns=20");
	COPY(fixture->sets[NEW][0].run.machine.kvm_parameters, "ept=Y kvm.halt_poll_ns=200");
	assert_string_equal(differences_of(fixture), "parameters: kvm.halt_poll_ns=20, now "
						     "kvm.halt_poll_ns=200");
	COPY(fixture->sets[BASE][0].run.machine.kvm_parameters, "pt=Y");
	COPY(fixture->sets[NEW][0].run.machine.kvm_parameters, "ept=Y");
	assert_string_equal(differences_of(fixture), "parameters: pt=Y, now ept=Y");
	/* Another order is no difference. */
	COPY(fixture->sets[BASE][0].run.machine.kvm_parameters, "pt=Y a=1 b=2");
	COPY(fixture->sets[NEW][0].run.machine.kvm_parameters, "b=2 pt=Y a=1");
	assert_string_equal(differences_of(fixture), "");
}

/* A hash is told from others by its first digits; what is shorter is none. */
static void differences_of_hashes(void **state)
{
#define DIGITS_31 "0123456789abcdef0123456789abcde"
#define OTHERS_31 "fedcba98765432100123456789abcde"
	struct fixture *fixture = fixture_new(1, 1, 1);
	struct run_info *base = &fixture->sets[BASE][0].run, *new = &fixture->sets[NEW][0].run;

	(void)state;
	COPY(base->machine.kvm_build, "kvm=" DIGITS_31 "0 kvm_intel=" OTHERS_31 "01234567");
	COPY(new->machine.kvm_build, "kvm=" OTHERS_31 "0 kvm_intel=" DIGITS_31 "01234567");
	assert_string_equal(differences_of(fixture),
			    "KVM's build: kvm=0123456789ab kvm_intel=fedcba987654, now "
			    "kvm=fedcba987654 kvm_intel=0123456789ab");
	COPY(base->machine.kvm_build, DIGITS_31);
	COPY(new->machine.kvm_build, OTHERS_31);
	assert_string_equal(differences_of(fixture), "KVM's build: " DIGITS_31 ", now " OTHERS_31);
	*base->machine.kvm_build = *new->machine.kvm_build = '\0';
	COPY(new->emulated_host.modules_sha256, "kvm=" DIGITS_31 OTHERS_31 "01, as built");
	assert_string_equal(differences_of(fixture),
			    "modules: (none), now kvm=0123456789ab, as built");
}

static void differences_that_do_not_fit(void **state)
{
	struct fixture *fixture = fixture_new(1, 1, 1);
	struct run_info *base = &fixture->sets[BASE][0].run, *new = &fixture->sets[NEW][0].run;

	(void)state;
	for (unsigned side = 0; side < 2; side++) {
		struct run_info *run = side ? new : base;

		/* No digits of a hash, which would be cut. */
		memset(run->machine.kernel, 'x' + (int)side, sizeof(run->machine.kernel) - 1);
		memset(run->machine.kvm_build, 'x' + (int)side, sizeof(run->machine.kvm_build) - 1);
		memset(run->machine.kvm_parameters, 'x' + (int)side,
		       sizeof(run->machine.kvm_parameters) - 1);
		memset(run->machine.mitigations, 'x' + (int)side,
		       sizeof(run->machine.mitigations) - 1);
		memset(run->emulated_host.module_parameters, 'x' + (int)side,
		       sizeof(run->emulated_host.module_parameters) - 1);
	}
	assert_int_equal(strlen(differences_of(fixture)), 1199);
}

/* ---- values -----------------------------------------------------------------------------------
 */

static void values_of_pairs(void **state)
{
	struct fixture *fixture = fixture_new(6, 6, 1);
	struct comparison *comparison;
	struct comparison_row *row;
	struct estimate want;
	double differences[6];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		fixture->results[BASE][i][0].estimate.point = 1000 + 100 * (double)i;
		fixture->results[NEW][i][0].estimate.point =
			(1000 + 100 * (double)i) * (1.1 + 0.01 * (double)i);
		differences[i] = log(1.1 + 0.01 * (double)i);
	}
	comparison = fixture_compare(fixture, true);
	row = comparison->rows;
	assert_int_equal(comparison->unit, UNIT_PAIRS);
	assert_string_equal(comparison_unit_name(comparison->unit), "pairs");
	assert_int_equal(comparison->sets_base, 6);
	assert_true(row->timed);
	assert_int_equal(row->n_base, 6);
	assert_int_equal(row->n_new, 6);
	ranks_paired_shift(differences, 6, 0.95, &want);
	for (size_t i = 0; i < 6; i++)
		assert_close(row->differences[i], differences[i], 1e-12);
	assert_close(row->ratio.point, exp(want.point), 1e-12);
	assert_close(row->ratio.lo, 1.1, 1e-12);
	assert_close(row->ratio.hi, 1.15, 1e-12);
	assert_close(row->ratio.confidence, 1 - 2.0 / 64, 1e-12);
	assert_close(row->base_ticks, sqrt(1200.0 * 1300), 1e-12);
	assert_close(row->new_ticks, sqrt(1200 * 1.12 * 1300 * 1.13), 1e-12);
	comparison_clear(comparison);
	/* A pair of which one has no figure is none. */
	fixture->results[NEW][2][0].estimate.valid = false;
	fixture->results[BASE][4][0].outcome.faulted = true;
	comparison = fixture_compare(fixture, true);
	row = comparison->rows;
	assert_int_equal(row->n_base, 4);
	assert_close(row->differences[2], differences[3], 1e-12);
	assert_close(row->differences[3], differences[5], 1e-12);
	comparison_clear(comparison);
}

static void values_of_sessions(void **state)
{
	struct fixture *fixture = fixture_new(5, 3, 1);
	struct comparison *comparison;
	struct comparison_row *row;
	struct estimate want;
	static const double a[] = {100, 104, 101, 99, 103}, b[] = {120, 110, 116};
	double logs_a[5], logs_b[3];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		fixture->results[BASE][i][0].estimate.point = a[i];
		logs_a[i] = log(a[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		fixture->results[NEW][i][0].estimate.point = b[i];
		logs_b[i] = log(b[i]);
	}
	comparison = fixture_compare(fixture, false);
	row = comparison->rows;
	assert_int_equal(comparison->unit, UNIT_SESSIONS);
	assert_string_equal(comparison_unit_name(comparison->unit), "sessions");
	assert_int_equal(row->n_base, 5);
	assert_int_equal(row->n_new, 3);
	assert_close(row->base_ticks, 101, 1e-12);
	assert_close(row->new_ticks, 116, 1e-12);
	ranks_two_shift(logs_a, 5, logs_b, 3, 0.95, &want);
	assert_close(row->ratio.point, exp(want.point), 1e-12);
	assert_close(row->ratio.lo, 110.0 / 104, 1e-12);
	assert_close(row->ratio.hi, 120.0 / 99, 1e-12);
	assert_null(row->differences);
	comparison_clear(comparison);
	/* The last set of a side without a figure is one value less, as any other one is. */
	for (size_t i = 0; i < 3; i++) {
		fixture->results[NEW][i][0].estimate.valid = false;
		comparison = fixture_compare(fixture, false);
		assert_true(comparison->rows[0].timed);
		assert_int_equal(comparison->rows[0].n_new, 2);
		comparison_clear(comparison);
		fixture->results[NEW][i][0].estimate.valid = true;
	}
	for (size_t i = 0; i < 5; i++) {
		fixture->results[BASE][i][0].estimate.valid = false;
		comparison = fixture_compare(fixture, false);
		assert_true(comparison->rows[0].timed);
		assert_int_equal(comparison->rows[0].n_base, 4);
		comparison_clear(comparison);
		fixture->results[BASE][i][0].estimate.valid = true;
	}
}

/* To leave out the sets in which it cost nothing would be to choose the dear ones. */
static void what_now_and_then_costs_nothing_is_not_timed(void **state)
{
	(void)state;
	for (unsigned paired = 0; paired < 2; paired++)
		for (unsigned side = 0; side < 2; side++) {
			struct fixture *fixture = fixture_new(6, 6, 2);
			struct comparison *comparison;

			fixture->results[side][3][0].estimate.point = side ? 0 : -2;
			comparison = fixture_compare(fixture, paired);
			assert_false(comparison->rows[0].timed);
			assert_int_equal(comparison->rows[0].finding, FINDING_NONE);
			assert_true(comparison->rows[1].timed);
			comparison_clear(comparison);
		}
}

static void values_of_instances(void **state)
{
	struct instance_samples a[] = {{.point_ticks = 10},
				       {.point_ticks = 12},
				       {.point_ticks = 11}},
				b[] = {{.point_ticks = 20}, {.point_ticks = 25}};
	struct fixture *fixture = fixture_new(1, 1, 1);
	struct comparison *comparison;
	struct comparison_row *row;

	(void)state;
	fixture->results[BASE][0][0].samples =
		(struct sample_set){.instances = a, .n_instances = 3};
	fixture->results[NEW][0][0].samples = (struct sample_set){.instances = b, .n_instances = 2};
	comparison = fixture_compare(fixture, false);
	row = comparison->rows;
	assert_int_equal(comparison->unit, UNIT_INSTANCES);
	assert_string_equal(comparison_unit_name(comparison->unit), "instances");
	assert_int_equal(row->n_base, 3);
	assert_int_equal(row->n_new, 2);
	assert_close(row->base_ticks, 11, 1e-12);
	assert_close(row->new_ticks, sqrt(500), 1e-12);
	assert_close(row->ratio.lo, 20.0 / 12, 1e-12);
	assert_close(row->ratio.hi, 2.5, 1e-12);
	comparison_clear(comparison);
	b[1].point_ticks = -0.5;
	comparison = fixture_compare(fixture, false);
	assert_false(comparison->rows[0].timed);
	comparison_clear(comparison);
	/* A figure without the instances that it is from: nothing to compare. */
	fixture->results[NEW][0][0].samples.n_instances = 0;
	comparison = fixture_compare(fixture, false);
	assert_false(comparison->rows[0].timed);
	comparison_clear(comparison);
}

static void sides_that_cannot_be(void **state)
{
	struct fixture *fixture = fixture_new(2, 3, 1);
	struct comparison comparison;
	struct err err = {0};

	(void)state;
	assert_int_equal(comparison_build(&fixture->sides[BASE], &fixture->sides[NEW], true, 0.95,
					  &comparison, &err),
			 -EINVAL);
	assert_int_equal(err.code, EINVAL);
	fixture->sides[NEW].n = 0;
	assert_int_equal(comparison_build(&fixture->sides[BASE], &fixture->sides[NEW], false, 0.95,
					  &comparison, &err),
			 -EINVAL);
	comparison_clear(&comparison);
	comparison_clear(&comparison);
}

static void what_is_a_control(void **state)
{
	struct result result = {.control = true};
	struct comparison_row row = {.base = &result};

	(void)state;
	COPY(result.environment, "native");
	assert_true(comparison_row_is_control(&row));
	row = (struct comparison_row){.new = &result};
	assert_true(comparison_row_is_control(&row));
	COPY(result.environment, "guest");
	assert_false(comparison_row_is_control(&row));
	COPY(result.environment, "native");
	result.control = false;
	assert_false(comparison_row_is_control(&row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_finding),
		cmocka_unit_test(what_one_side_alone_has),
		cmocka_unit_test(a_finding_in_some_of_several_sets),
		cmocka_unit_test(sets_without_a_proof_of_their_own),
		cmocka_unit_test(refuted_without_being_asked),
		cmocka_unit_test(different_findings_in_several_sets),
		cmocka_unit_test(a_finding_in_the_only_set),
		cmocka_unit_test(new_in_some_of_several_sets),
		cmocka_unit_test(new_and_not_in_every_set),
		cmocka_unit_test(what_a_set_of_the_base_does_as_well),
		cmocka_unit_test(outcomes_that_a_set_of_the_base_has_as_well),
		cmocka_unit_test(exits_and_a_worse_difference_within_the_base),
		cmocka_unit_test(counts_that_differ_within_the_base),
		cmocka_unit_test(counts_of_a_base_that_are_too_few),
		cmocka_unit_test(the_first_set_that_measured_it),
		cmocka_unit_test(refusals_name_the_difference),
		cmocka_unit_test(differences_in_words),
		cmocka_unit_test(words_that_contain_each_other),
		cmocka_unit_test(differences_of_hashes),
		cmocka_unit_test(differences_that_do_not_fit),
		cmocka_unit_test(values_of_pairs),
		cmocka_unit_test(values_of_sessions),
		cmocka_unit_test(what_now_and_then_costs_nothing_is_not_timed),
		cmocka_unit_test(values_of_instances),
		cmocka_unit_test(sides_that_cannot_be),
		cmocka_unit_test(what_is_a_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

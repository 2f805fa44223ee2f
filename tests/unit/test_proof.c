/* SPDX-License-Identifier: MIT */
/* The judge: for every kind of evidence the verdict, and what is written down beside it. */
#include "measure/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kvm-harness/arch/x86/exit_names.h"

#define N 256

static struct benchmark benchmark;
static struct cell cell;
static struct proof proof;

static int begin(void **state)
{
	(void)state;
	benchmark = (struct benchmark){.name = "test/operation"};
	cell = (struct cell){.benchmark = &benchmark, .environment = environment_find("guest")};
	memset(&proof, 0xaa, sizeof(proof));
	return 0;
}

/* A traced batch in which nothing happened. */
static struct proof_evidence traced(void)
{
	return (struct proof_evidence){
		.iterations = N, .traced = true, .reasons = true, .counts.available = ~0u};
}

static struct proof_evidence untraced(void)
{
	return (struct proof_evidence){.iterations = N, .untraced_why = "only root may trace"};
}

static void add_reason(struct proof_evidence *evidence, uint32_t reason, uint64_t count)
{
	evidence->counts.reasons[evidence->counts.n_reasons++] =
		(struct trace_reason){reason, count};
	evidence->counts.events[0] += count;
}

static void add_event(struct proof_evidence *evidence, const char *name, uint64_t count)
{
	int index = trace_event_index(name);

	assert_true(index > 0);
	evidence->counts.events[index] = count;
}

static void judge(const struct expect *expect, enum substrate substrate,
		  const struct proof_evidence *evidence, enum proof_verdict verdict)
{
	proof_judge(&cell, expect, substrate, evidence, &proof);
	if (proof.verdict != verdict)
		fail_msg("'%s' (%s), not '%s'", proof_verdict_name(proof.verdict), proof.why,
			 proof_verdict_name(verdict));
	assert_true(proof.n_lines <= PROOF_LINES);
	assert_int_equal(proof.iterations, evidence->iterations);
	/* A number is never without its why. */
	if (verdict == PROOF_UNPROVEN || verdict == PROOF_REFUTED)
		assert_true(*proof.why);
	else
		assert_string_equal(proof.why, "");
}

static const struct proof_line *line_of(const char *event)
{
	for (unsigned i = 0; i < proof.n_lines; i++)
		if (!strcmp(proof.lines[i].event, event))
			return &proof.lines[i];
	fail_msg("no line for %s", event);
	return NULL;
}

static const struct expect cpuid = {SUBSTRATE_VMX, .reason = EXIT_VMX_CPUID, .count = 1};
static const struct expect none = {SUBSTRATE_ANY, .none = true};
static const struct expect port = {SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1,
				   .user = EXIT_KVM_IO, .user_count = 1};
static const struct expect event = {SUBSTRATE_PVM, .event = "kvm_cpuid", .event_count = 1};

/* ---- reasons --------------------------------------------------------------------------------- */

static void proven(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_CPUID, N);
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_string_equal(proof.exits, "1 CPUID");
	assert_int_equal(proof.n_lines, 1);
	assert_string_equal(proof.lines[0].source, "kvm_exit");
	assert_string_equal(proof.lines[0].event, "CPUID");
	assert_true(proof.lines[0].wanted);
	assert_int_equal(proof.lines[0].declared, N);
	assert_int_equal(proof.lines[0].observed, N);
}

static void too_few_or_too_many(void **state)
{
	static const uint64_t wrong[] = {0, 1, N - 1, N + 1, 2 * N};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct proof_evidence evidence = traced();
		char number[24];

		add_reason(&evidence, EXIT_VMX_CPUID, wrong[i]);
		judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
		snprintf(number, sizeof(number), "observed %u", (unsigned)wrong[i]);
		assert_non_null(strstr(proof.why, number));
		assert_non_null(strstr(proof.why, "CPUID"));
		assert_int_equal(line_of("CPUID")->observed, wrong[i]);
	}
}

/* Two an iteration are declared: neither one nor three will do. */
static void several_an_iteration(void **state)
{
	struct expect expect = cpuid;

	(void)state;
	expect.count = 2;
	for (unsigned seen = 1; seen <= 3; seen++) {
		struct proof_evidence evidence = traced();

		add_reason(&evidence, EXIT_VMX_CPUID, seen * N);
		judge(&expect, SUBSTRATE_VMX, &evidence, seen == 2 ? PROOF_PROVEN : PROOF_REFUTED);
		/* Exits are only printed when they were seen. */
		assert_string_equal(proof.exits, seen == 2 ? "2 CPUID" : "");
	}
}

static void slack(void **state)
{
	struct expect expect = cpuid;

	(void)state;
	expect.slack = 3;
	for (int more = -1; more <= 4; more++) {
		struct proof_evidence evidence = traced();

		add_reason(&evidence, EXIT_VMX_CPUID, (uint64_t)(N + more));
		judge(&expect, SUBSTRATE_VMX, &evidence,
		      more >= 0 && more <= 3 ? PROOF_PROVEN : PROOF_REFUTED);
		assert_int_equal(proof.lines[0].slack, 3);
	}
}

/* The right number of another reason proves nothing. */
static void another_reason(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_HLT, N);
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_int_equal(line_of("CPUID")->observed, 0);
	assert_int_equal(line_of("HLT")->observed, N);
	assert_false(line_of("HLT")->wanted);
}

/* One number, two vendors. */
static void names_are_the_substrates(void **state)
{
	const struct expect svm = {SUBSTRATE_SVM, .reason = EXIT_SVM_CPUID, .count = 1};
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_SVM_CPUID, N);
	judge(&svm, SUBSTRATE_SVM, &evidence, PROOF_PROVEN);
	assert_string_equal(proof.exits, "1 CPUID");
	assert_string_equal(proof.lines[0].event, "CPUID");
}

/* ---- control rows ---------------------------------------------------------------------------- */

static void no_exit(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_string_equal(proof.exits, "none");
	judge(&none, SUBSTRATE_SVM, &evidence, PROOF_PROVEN);
	/* Twins have the same reasons: what is left after subtraction is 0. */
	add_reason(&evidence, EXIT_VMX_IO_INSTRUCTION, 0);
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_int_equal(proof.n_lines, 0);
}

static void an_exit_where_none_may_be(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_EXTERNAL_INTERRUPT, 4);
	add_reason(&evidence, EXIT_VMX_MSR_READ, 1);
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "MSR_READ"));
	assert_non_null(strstr(proof.why, "declared 0"));
}

/* The host's timer ticks whatever the guest does: seen, listed, and nobody's fault. */
static void host_interrupts_are_tolerated(void **state)
{
	struct proof_evidence vmx = traced(), svm = traced();

	(void)state;
	add_reason(&vmx, EXIT_VMX_EXTERNAL_INTERRUPT, 5);
	judge(&none, SUBSTRATE_VMX, &vmx, PROOF_PROVEN);
	assert_int_equal(proof.n_lines, 1);
	assert_int_equal(proof.lines[0].observed, 5);
	assert_false(proof.lines[0].wanted);
	add_reason(&vmx, EXIT_VMX_CPUID, N);
	judge(&cpuid, SUBSTRATE_VMX, &vmx, PROOF_PROVEN);

	add_reason(&svm, EXIT_SVM_INTR, 5);
	judge(&none, SUBSTRATE_SVM, &svm, PROOF_PROVEN);
	/* That number is another reason on the other vendor's hardware. */
	judge(&none, SUBSTRATE_VMX, &svm, PROOF_REFUTED);
}

/* ---- when reasons are not to be had ---------------------------------------------------------- */

static struct proof_evidence with_statistics(uint64_t exits)
{
	struct proof_evidence evidence = untraced();

	evidence.statistics = true;
	evidence.statistics_iterations = 10000;
	evidence.statistics_all = evidence.statistics_exits = exits;
	return evidence;
}

static void statistics(void **state)
{
	struct proof_evidence evidence = with_statistics(10000);

	(void)state;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_PROVEN_COUNT);
	assert_string_equal(proof.lines[0].source, "statistics");
	assert_int_equal(proof.lines[0].declared, 10000);
	assert_int_equal(proof.lines[0].observed, 10000);

	/* A few more are the host's; the line says how many may be. */
	evidence = with_statistics(10000 + proof.lines[0].slack);
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_PROVEN_COUNT);
	evidence = with_statistics(10000 + proof.lines[0].slack + 1);
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	/* Fewer cannot be explained by the host. */
	evidence = with_statistics(9999);
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);

	/* Fewer after the twin's are off, which had its own share of luck, can be. */
	evidence = with_statistics(10000);
	evidence.statistics_exits = 9990;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_PROVEN_COUNT);

	evidence = with_statistics(0);
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_PROVEN_COUNT);
	evidence = with_statistics(10000);
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
}

/* Records that were lost might have been of any reason: the ring buffer proves nothing. */
static void lost_records(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_CPUID, N);
	evidence.counts.lost = 1;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_UNPROVEN);
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_UNPROVEN);
	/* Counting still does. */
	evidence.statistics = true;
	evidence.statistics_iterations = evidence.statistics_all = evidence.statistics_exits = 1000;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_PROVEN_COUNT);
}

static void nothing_observes_it(void **state)
{
	struct proof_evidence evidence = untraced();

	(void)state;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_UNPROVEN);
	assert_non_null(strstr(proof.why, "only root may trace"));
	/* What should have been is not what was seen. */
	assert_string_equal(proof.exits, "?");
	/* Traced, but this kernel's ring buffer cannot be mapped. */
	evidence = traced();
	evidence.reasons = false;
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_UNPROVEN);
}

static void nothing_declared(void **state)
{
	const struct expect known = {SUBSTRATE_PVM, .known = "never returns", .link = "docs"};
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_CPUID, N);
	judge(NULL, SUBSTRATE_VMX, &evidence, PROOF_UNPROVEN);
	assert_non_null(strstr(proof.why, "declares no exit"));
	judge(&known, SUBSTRATE_PVM, &evidence, PROOF_UNPROVEN);
	assert_non_null(strstr(proof.why, "known fault"));
}

/* Outside of a guest there is no exit to prove. */
static void not_a_guest(void **state)
{
	static const char *const names[] = {"native", "host"};
	struct proof_evidence evidence = traced();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		cell.environment = environment_find(names[i]);
		judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_NONE);
		assert_int_equal(proof.n_lines, 0);
		assert_string_equal(proof.exits, "");
	}
}

/* ---- exits to user space --------------------------------------------------------------------- */

static void user_exits(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_IO_INSTRUCTION, N);
	evidence.user[EXIT_KVM_IO] = N;
	judge(&port, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_string_equal(proof.exits, "1 IO_INSTRUCTION>IO");
	assert_string_equal(line_of("IO")->source, "userspace exit");
	assert_int_equal(line_of("IO")->declared, N);

	evidence.user[EXIT_KVM_IO] = N - 1;
	judge(&port, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	evidence.user[EXIT_KVM_IO] = N + 1;
	judge(&port, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);

	/* One of another kind beside them. */
	evidence.user[EXIT_KVM_IO] = N;
	evidence.user[EXIT_KVM_MMIO] = 1;
	judge(&port, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "MMIO"));
	evidence.user[EXIT_KVM_MMIO] = 0;
	evidence.user[JOB_EXITS - 1] = 1;
	judge(&port, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "63"));
}

/* User space sees these itself, without any tracing. */
static void user_exits_untraced(void **state)
{
	const struct expect expect = {SUBSTRATE_ANY, .user = EXIT_KVM_HLT, .user_count = 1};
	struct proof_evidence evidence = untraced();

	(void)state;
	evidence.user[EXIT_KVM_HLT] = N;
	judge(&expect, SUBSTRATE_OTHER, &evidence, PROOF_PROVEN);
	assert_string_equal(proof.exits, "1 >HLT");
	evidence.user[EXIT_KVM_HLT] = 0;
	judge(&expect, SUBSTRATE_OTHER, &evidence, PROOF_REFUTED);
}

static void user_exit_in_a_control_row(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	evidence.user[EXIT_KVM_MMIO] = 1;
	judge(&none, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	evidence = untraced();
	evidence.user[EXIT_KVM_MMIO] = 1;
	judge(&none, SUBSTRATE_PVM, &evidence, PROOF_REFUTED);
}

/* ---- other events ---------------------------------------------------------------------------- */

static void events(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_event(&evidence, "kvm_cpuid", N);
	add_event(&evidence, "kvm_emulate_insn", 17 * N);
	judge(&event, SUBSTRATE_PVM, &evidence, PROOF_PROVEN);
	assert_string_equal(proof.exits, "1 cpuid");
	assert_string_equal(line_of("kvm_cpuid")->source, "tracepoint");
	assert_true(line_of("kvm_cpuid")->wanted);
	/* What else KVM did is listed, and decides nothing. */
	assert_false(line_of("kvm_emulate_insn")->wanted);
	assert_int_equal(line_of("kvm_emulate_insn")->observed, 17 * N);

	add_event(&evidence, "kvm_cpuid", N - 1);
	judge(&event, SUBSTRATE_PVM, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "kvm_cpuid"));
	evidence = untraced();
	judge(&event, SUBSTRATE_PVM, &evidence, PROOF_UNPROVEN);
}

/* An event that this kernel lacks is nobody's fault; one that did not happen is. */
static void missing_event(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	evidence.counts.available = 1;
	judge(&event, SUBSTRATE_PVM, &evidence, PROOF_UNPROVEN);
	assert_non_null(strstr(proof.why, "tracepoint"));
	assert_string_equal(proof.exits, "?");
	evidence.counts.available = ~0u;
	judge(&event, SUBSTRATE_PVM, &evidence, PROOF_REFUTED);
}

/* "No exit" does not survive the sight of KVM at work, whatever the statistics say. */
static void control_row_and_events(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	evidence.statistics = true;
	evidence.statistics_iterations = 1000;
	add_event(&evidence, "kvm_cpuid", N);
	judge(&none, SUBSTRATE_PVM, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "kvm_cpuid"));
	/* Nor do statistics that do not count emulated instructions prove it. */
	add_event(&evidence, "kvm_cpuid", 0);
	judge(&none, SUBSTRATE_PVM, &evidence, PROOF_UNPROVEN);
	cell.environment = environment_find("guest-user");
	judge(&none, SUBSTRATE_PVM, &evidence, PROOF_PROVEN_COUNT);
}

/* A second exit with every iteration was not declared; one now and then is listed. */
static void undeclared_second_reason(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_CPUID, N);
	add_reason(&evidence, EXIT_VMX_EPT_VIOLATION, N);
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "EPT_VIOLATION"));
	evidence.counts.reasons[1].count = 2;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_int_equal(line_of("EPT_VIOLATION")->observed, 2);
}

/* A reason that may come as well does, up to twice an iteration; also where the timed ones count. */
static void a_second_reason_that_is_allowed(void **state)
{
	const struct expect waits = {SUBSTRATE_VMX, .reason = EXIT_VMX_MSR_WRITE, .count = 1,
				     .also = ALSO(EXIT_VMX_HLT)};
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_MSR_WRITE, N);
	add_reason(&evidence, EXIT_VMX_HLT, 2 * N);
	judge(&waits, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_int_equal(line_of("HLT")->observed, 2 * N);
	evidence.statistics = true;
	evidence.statistics_iterations = 1000;
	evidence.statistics_all = evidence.statistics_exits = 3000;
	judge(&waits, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	evidence.statistics_all = evidence.statistics_exits = 3200;
	judge(&waits, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	evidence.statistics = false;
	evidence.counts.reasons[1].count++;
	judge(&waits, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "HLT"));
	evidence.counts.reasons[1] = (struct trace_reason){EXIT_VMX_CPUID, N};
	judge(&waits, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
}

/* Whoever wanted no proof is told apart from whoever could not have one. */
static void unasked(void **state)
{
	struct proof_evidence evidence = untraced();

	(void)state;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_UNPROVEN);
	assert_false(proof.unasked);
	evidence.unasked = true;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_UNPROVEN);
	assert_true(proof.unasked);
}

/* The timed batches have their say beside the traced one. */
static void timed_batches_count(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	add_reason(&evidence, EXIT_VMX_CPUID, N);
	evidence.statistics = true;
	evidence.statistics_iterations = evidence.statistics_all = evidence.statistics_exits = 1000;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	evidence.statistics_all = evidence.statistics_exits = 2000;
	judge(&cpuid, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
}

/* Hardware: the reason and the event are both to be right. */
static void reason_and_event(void **state)
{
	struct expect expect = cpuid;
	struct proof_evidence evidence = traced();

	(void)state;
	expect.event = "kvm_cpuid";
	expect.event_count = 1;
	add_reason(&evidence, EXIT_VMX_CPUID, N);
	judge(&expect, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	add_event(&evidence, "kvm_cpuid", N);
	judge(&expect, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_string_equal(proof.exits, "1 CPUID");
}

/* The guest's own handler is a witness too. */
static void interrupts(void **state)
{
	const struct expect expect = {.on = SUBSTRATE_PVM};
	struct proof_evidence evidence = untraced();

	(void)state;
	benchmark.interrupts = 1;
	evidence.interrupts = N;
	judge(&expect, SUBSTRATE_PVM, &evidence, PROOF_PROVEN);
	evidence.interrupts = N - 1;
	judge(&expect, SUBSTRATE_PVM, &evidence, PROOF_REFUTED);
}

/* ---- more than there is room for ------------------------------------------------------------- */

static void fill(struct proof_evidence *evidence, unsigned n)
{
	for (uint32_t reason = 100; reason < 100 + n; reason++)
		add_reason(evidence, reason, 3);
}

/* What there is no line for is judged all the same. */
static void too_many_lines(void **state)
{
	struct proof_evidence evidence = traced();

	(void)state;
	fill(&evidence, TRACE_REASONS - 1);
	add_reason(&evidence, EXIT_VMX_IO_INSTRUCTION, N);
	evidence.user[EXIT_KVM_IO] = N;
	judge(&port, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	assert_int_equal(proof.n_lines, PROOF_LINES);
	evidence.user[EXIT_KVM_IO] = N - 1;
	judge(&port, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "IO"));
}

static void too_many_lines_in_a_control_row(void **state)
{
	struct proof_evidence evidence = traced();
	struct expect expect = none;

	(void)state;
	expect.slack = 5;
	fill(&evidence, PROOF_LINES);
	judge(&expect, SUBSTRATE_VMX, &evidence, PROOF_PROVEN);
	add_reason(&evidence, EXIT_VMX_CPUID, N);
	judge(&expect, SUBSTRATE_VMX, &evidence, PROOF_REFUTED);
	assert_non_null(strstr(proof.why, "CPUID"));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(proven),
		TEST(too_few_or_too_many),
		TEST(several_an_iteration),
		TEST(slack),
		TEST(another_reason),
		TEST(names_are_the_substrates),
		TEST(no_exit),
		TEST(an_exit_where_none_may_be),
		TEST(host_interrupts_are_tolerated),
		TEST(statistics),
		TEST(lost_records),
		TEST(nothing_observes_it),
		TEST(nothing_declared),
		TEST(not_a_guest),
		TEST(user_exits),
		TEST(user_exits_untraced),
		TEST(user_exit_in_a_control_row),
		TEST(events),
		TEST(missing_event),
		TEST(control_row_and_events),
		TEST(undeclared_second_reason),
		TEST(a_second_reason_that_is_allowed),
		TEST(unasked),
		TEST(timed_batches_count),
		TEST(reason_and_event),
		TEST(interrupts),
		TEST(too_many_lines),
		TEST(too_many_lines_in_a_control_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

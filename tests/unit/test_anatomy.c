/* SPDX-License-Identifier: MIT */
/* Exits taken apart: legs of instructions, legs of time, and what observing them costs. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/anatomy.h"
#include "analysis/legs.h"
#include "analysis/profile.h"
#include "report/anatomy.h"
#include "report/anatomy_json.h"
#include "report/pairs.h"

static struct err err;

/* ---- instructions ---------------------------------------------------------------------------- */

static void roles(void **state)
{
	(void)state;
	assert_int_equal(leg_role("vmx_handle_exit"), LEG_IS_HANDLER);
	assert_int_equal(leg_role("__vmx_handle_exit.part.0"), LEG_IS_HANDLER);
	assert_int_equal(leg_role("svm_handle_exit"), LEG_IS_HANDLER);
	/* Before interrupts are on again: a part of every exit. */
	assert_int_equal(leg_role("vmx_handle_exit_irqoff"), 0);
	assert_int_equal(leg_role("handle_fastpath_set_msr_irqoff"), LEG_IS_FAST);
	assert_int_equal(leg_role("x86_emulate_instruction"), LEG_IS_EMULATOR);
	assert_int_equal(leg_role("asm_sysvec_apic_timer_interrupt"), LEG_IS_INTERRUPT);
	assert_int_equal(leg_role("vcpu_enter_guest"), 0);
}

static void steps(struct legs *legs, enum trace_region region, unsigned roles_of, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		legs_step(legs, region, roles_of, 1);
}

static uint64_t sum_of(const struct legs *legs)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < LEG_COUNT; i++)
		sum += legs->insns[i];
	return sum;
}

/* Out, handled, back: what is behind the handler belongs to the way back. */
static void answered_by_kvm(void **state)
{
	struct legs legs = {0};

	(void)state;
	steps(&legs, TRACE_GUEST, 0, 3);
	steps(&legs, TRACE_KERNEL, 0, 100);
	steps(&legs, TRACE_KERNEL, LEG_IS_HANDLER, 40);
	steps(&legs, TRACE_KERNEL, 0, 60);
	steps(&legs, TRACE_GUEST, 0, 2);
	legs_end(&legs);
	assert_int_equal(legs.insns[LEG_GUEST], 5);
	assert_int_equal(legs.insns[LEG_OUT], 100);
	assert_int_equal(legs.insns[LEG_HANDLER], 40);
	assert_int_equal(legs.insns[LEG_BACK], 60);
	assert_int_equal(sum_of(&legs), 205);
}

/* The same code behind the handler is another leg when user space comes next. */
static void answered_by_user_space(void **state)
{
	struct legs legs = {0};

	(void)state;
	steps(&legs, TRACE_GUEST, 0, 1);
	steps(&legs, TRACE_KERNEL, 0, 10);
	steps(&legs, TRACE_KERNEL, LEG_IS_HANDLER, 20);
	steps(&legs, TRACE_KERNEL, LEG_IS_HANDLER | LEG_IS_EMULATOR, 30);
	steps(&legs, TRACE_KERNEL, 0, 5);
	steps(&legs, TRACE_USER, 0, 7);
	steps(&legs, TRACE_KERNEL, 0, 50);
	steps(&legs, TRACE_KERNEL, LEG_IS_EMULATOR, 4); /* the rest of the instruction */
	steps(&legs, TRACE_KERNEL, 0, 6);
	steps(&legs, TRACE_GUEST, 0, 1);
	legs_end(&legs);
	assert_int_equal(legs.insns[LEG_TO_USER], 5);
	assert_int_equal(legs.insns[LEG_HARNESS], 7);
	assert_int_equal(legs.insns[LEG_FROM_USER], 56);
	assert_int_equal(legs.insns[LEG_EMULATOR], 34);
	assert_int_equal(legs.insns[LEG_BACK], 0);
	assert_int_equal(sum_of(&legs), 134);
}

/* A fast path that has no answer, and an interrupt that has nothing to do with it. */
static void fast_paths_and_interrupts(void **state)
{
	struct legs legs = {0};

	(void)state;
	steps(&legs, TRACE_GUEST, 0, 1);
	steps(&legs, TRACE_KERNEL, 0, 10);
	steps(&legs, TRACE_KERNEL, LEG_IS_FAST, 3);
	steps(&legs, TRACE_KERNEL, 0, 8);
	steps(&legs, TRACE_KERNEL, LEG_IS_INTERRUPT | LEG_IS_HANDLER, 100);
	steps(&legs, TRACE_KERNEL, LEG_IS_HANDLER, 20);
	steps(&legs, TRACE_GUEST, 0, 1);
	/* One that has: straight back. */
	steps(&legs, TRACE_KERNEL, 0, 10);
	steps(&legs, TRACE_KERNEL, LEG_IS_FAST, 3);
	steps(&legs, TRACE_KERNEL, 0, 9);
	legs_step(&legs, TRACE_GUEST, 0, 0); /* intercepted: not counted */
	legs_end(&legs);
	assert_int_equal(legs.insns[LEG_FAST], 6);
	assert_int_equal(legs.insns[LEG_OUT], 28);
	assert_int_equal(legs.insns[LEG_INTERRUPTS], 100);
	assert_int_equal(legs.insns[LEG_BACK], 9);
	assert_int_equal(sum_of(&legs), 165);
}

/* ---- time ------------------------------------------------------------------------------------ */

/*
 * Two operations: 100 to kvm_exit, 50 to user space's decision, 20 up, 5 there, 30 back to
 * kvm_entry, 7 to the guest; in the middle the guest's own way from entry to exit is not seen
 * apart.
 */
static const struct mark two[] = {
	{1000, MARK_GUEST},  {1100, MARK_EXIT},	 {1150, MARK_USER_EXIT}, {1170, MARK_RETURN},
	{1175, MARK_RUN},    {1205, MARK_ENTRY}, {1312, MARK_EXIT},	 {1362, MARK_USER_EXIT},
	{1382, MARK_RETURN}, {1387, MARK_RUN},	 {1417, MARK_ENTRY},	 {1424, MARK_GUEST},
};
#define N_TWO (sizeof(two) / sizeof(two[0]))

static const struct anatomy_leg *leg_of(const struct anatomy *anatomy, unsigned from, unsigned to)
{
	for (unsigned i = 0; i < anatomy->n_legs; i++)
		if (anatomy->legs[i].from == from && anatomy->legs[i].to == to)
			return &anatomy->legs[i];
	return NULL;
}

static void assert_near(double a, double b)
{
	if (fabs(a - b) > 1e-9 * (fabs(b) + 1))
		fail_msg("%g is not %g", a, b);
}

static double sum_of_means(const struct anatomy *anatomy)
{
	double sum = 0;

	for (unsigned i = 0; i < anatomy->n_legs; i++)
		sum += anatomy->legs[i].mean;
	return sum;
}

static void legs_of_time(void **state)
{
	struct anatomy_batches batches = {.iterations = 2};
	struct anatomy anatomy = {0};

	(void)state;
	assert_int_equal(anatomy_add(&batches, two, N_TWO), 0);
	assert_int_equal(anatomy_finish(&anatomy, &batches, &err), 0);
	assert_near(anatomy.traced_mean, 212);
	assert_near(sum_of_means(&anatomy), 212);
	assert_near(leg_of(&anatomy, MARK_EXIT, MARK_USER_EXIT)->mean, 50);
	assert_near(leg_of(&anatomy, MARK_USER_EXIT, MARK_RETURN)->mean, 20);
	assert_near(leg_of(&anatomy, MARK_RETURN, MARK_RUN)->mean, 5);
	assert_near(leg_of(&anatomy, MARK_RUN, MARK_ENTRY)->mean, 30);
	/* 107 in the middle, divided as at the ends: 100 to 7. */
	assert_near(leg_of(&anatomy, MARK_GUEST, MARK_EXIT)->mean, 100);
	assert_near(leg_of(&anatomy, MARK_ENTRY, MARK_GUEST)->mean, 7);
	assert_null(leg_of(&anatomy, MARK_ENTRY, MARK_EXIT));
	assert_true(leg_of(&anatomy, MARK_GUEST, MARK_EXIT)->at_ends);
	anatomy_batches_clear(&batches);
}

/* Marks before the batch and behind it, and out of order: the way into the guest and the last exit.
 */
static void marks_around(void **state)
{
	struct anatomy_batches batches = {.iterations = 1};
	struct anatomy anatomy = {0};
	const struct mark marks[] = {
		{100, MARK_GUEST},  {90, MARK_RUN},	{130, MARK_RUN},
		{120, MARK_RETURN}, {220, MARK_RETURN}, {200, MARK_GUEST},
	};
	const struct mark backwards[] = {{200, MARK_GUEST}, {100, MARK_GUEST}};

	(void)state;
	assert_int_equal(anatomy_add(&batches, marks, 6), 0);
	assert_int_equal(anatomy_add(&batches, backwards, 2), -EINVAL);
	assert_int_equal(anatomy_add(&batches, marks, 1), -EINVAL);
	assert_int_equal(anatomy_finish(&anatomy, &batches, &err), 0);
	assert_int_equal(anatomy.n_legs, 3);
	assert_near(leg_of(&anatomy, MARK_GUEST, MARK_RETURN)->mean, 20);
	assert_near(leg_of(&anatomy, MARK_RETURN, MARK_RUN)->mean, 10);
	assert_near(leg_of(&anatomy, MARK_RUN, MARK_GUEST)->mean, 70);
	anatomy_batches_clear(&batches);
}

/* Against brute force: random marks, and every moment is in exactly one leg. */
static void legs_add_up(void **state)
{
	struct anatomy_batches batches = {.iterations = 16};
	struct anatomy anatomy = {0};
	double total = 0;

	(void)state;
	srand(7);
	for (unsigned i = 0; i < 19; i++) { /* fewer than 20: none is left out */
		struct mark marks[200] = {{1000.0 * i, MARK_GUEST}};
		size_t n = 1;
		double at = 1000.0 * i;

		for (unsigned op = 0; op < 16; op++)
			for (unsigned kind = MARK_EXIT; kind < MARK_KINDS; kind++)
				marks[n++] = (struct mark){at += 1 + rand() % 9, kind};
		marks[n++] = (struct mark){at += 4, MARK_GUEST};
		total += at - 1000.0 * i;
		assert_int_equal(anatomy_add(&batches, marks, n), 0);
	}
	assert_int_equal(anatomy_finish(&anatomy, &batches, &err), 0);
	assert_int_equal(anatomy.batches, 19);
	assert_near(sum_of_means(&anatomy), total / (19 * 16));
	assert_near(anatomy.traced_mean, total / (19 * 16));
	anatomy_batches_clear(&batches);
}

/* The slowest twentieth is not in any leg, and neither is the fastest. */
static void the_middle(void **state)
{
	struct anatomy_batches batches = {.iterations = 1};
	struct anatomy anatomy = {0};
	double values[] = {5,  1,  1000000, 3,	4,  2,	6,  7,	8,  9,
			   10, 11, 12,	    13, 14, 15, 16, 17, 18, 19};

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		const struct mark marks[] = {{0, MARK_GUEST},
					     {10, MARK_RETURN},
					     {i < 2   ? 1e9
					      : i < 4 ? 11
						      : 30,
					      MARK_GUEST}};

		assert_int_equal(anatomy_add(&batches, marks, 3), 0);
	}
	assert_int_equal(anatomy_finish(&anatomy, &batches, &err), 0);
	assert_int_equal(anatomy.batches, 36);
	assert_int_equal(anatomy.batches_left_out, 4);
	assert_near(anatomy.traced_mean, 30);
	assert_near(anatomy_middle(values, 20), (2 + 19) / 2.0);
	assert_near(anatomy_middle(values, 0), 0);
	anatomy_batches_clear(&batches);
}

static struct estimate known(double point)
{
	return (struct estimate){.valid = true,
				 .point = point,
				 .lo = point,
				 .hi = point,
				 .confidence = 0.95,
				 .n = 6};
}

/* 212 traced; observing within a tenth stands beside the legs. */
static struct anatomy observed(double untraced, double cost)
{
	struct anatomy_batches batches = {.iterations = 2};
	struct anatomy anatomy = {.untraced = known(untraced), .n_costs = 2};

	anatomy.costs[0] = (struct anatomy_cost){MARK_EXIT, 1, known(cost)};
	anatomy.costs[1] = (struct anatomy_cost){MARK_ENTRY, 1, known(cost)};
	assert_int_equal(anatomy_add(&batches, two, N_TWO), 0);
	assert_int_equal(anatomy_finish(&anatomy, &batches, &err), 0);
	anatomy_batches_clear(&batches);
	return anatomy;
}

static void cost_of_observing(void **state)
{
	struct anatomy anatomy = observed(200, 6);

	(void)state;
	assert_false(anatomy.corrected);
	assert_string_equal(anatomy.refused, "");
	assert_near(anatomy.observing, 12);
	assert_near(sum_of_means(&anatomy), 212);

	/* Above it, explained: the legs add up to the untraced total. */
	anatomy = observed(172, 20);
	assert_true(anatomy.corrected);
	assert_near(sum_of_means(&anatomy), 172);
	assert_near(leg_of(&anatomy, MARK_EXIT, MARK_USER_EXIT)->mean, 30);
	/* Behind kvm_entry there are 7 ticks: the other 13 come off what is before it. */
	assert_near(leg_of(&anatomy, MARK_ENTRY, MARK_GUEST)->mean, 0);
	assert_near(leg_of(&anatomy, MARK_RUN, MARK_ENTRY)->mean, 17);

	/* Above it, and not explained. */
	anatomy = observed(120, 1);
	assert_false(anatomy.corrected);
	assert_non_null(strstr(anatomy.refused, "77 %"));
	anatomy = observed(300, 1);
	assert_true(anatomy.refused[0]);
}

/* Between a tracepoint and the counter lies the error of the mapping; between two of a kind it does
 * not. */
static void short_of_the_clock(void **state)
{
	struct anatomy_batches batches = {.iterations = 2};
	struct anatomy anatomy = {.mapping_error = 25};

	(void)state;
	assert_int_equal(anatomy_add(&batches, two, N_TWO), 0);
	assert_int_equal(anatomy_finish(&anatomy, &batches, &err), 0);
	assert_true(leg_of(&anatomy, MARK_USER_EXIT, MARK_RETURN)->short_of_clock);
	assert_true(leg_of(&anatomy, MARK_ENTRY, MARK_GUEST)->short_of_clock);
	assert_false(leg_of(&anatomy, MARK_RUN, MARK_ENTRY)->short_of_clock);
	assert_false(leg_of(&anatomy, MARK_RETURN, MARK_RUN)->short_of_clock);
	assert_false(leg_of(&anatomy, MARK_EXIT, MARK_USER_EXIT)->short_of_clock);
	anatomy_batches_clear(&batches);
}

/* The guest's counter has an error of its own, which a leg within the guest's readings does not
 * have. */
static void short_of_the_guests_clock(void **state)
{
	struct anatomy_batches batches = {.iterations = 2};
	struct anatomy anatomy = {.mapping_error = 5, .guest_error = 90};

	(void)state;
	assert_int_equal(anatomy_add(&batches, two, N_TWO), 0);
	assert_int_equal(anatomy_finish(&anatomy, &batches, &err), 0);
	assert_true(leg_of(&anatomy, MARK_ENTRY, MARK_GUEST)->short_of_clock);
	assert_false(leg_of(&anatomy, MARK_GUEST, MARK_EXIT)->short_of_clock); /* 100 of 95 */
	assert_false(leg_of(&anatomy, MARK_USER_EXIT, MARK_RETURN)->short_of_clock);
	anatomy_batches_clear(&batches);
}

/* ---- records and tables ---------------------------------------------------------------------- */

static char *table_of(const struct result_set *set)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(anatomy_write(out, set, 100, &err), 0);
	fclose(out);
	return text;
}

static void round_trip(void **state)
{
	struct anatomy anatomy = observed(172, 20), back = {0};
	json_t *record = json_object();

	(void)state;
	strcpy(anatomy.benchmark, "io/port-out");
	strcpy(anatomy.parameters, "width=8");
	strcpy(anatomy.environment, "guest");
	strcpy(anatomy.unseen, "kvm_exit");
	anatomy.traced = known(212);
	anatomy.mapping_error = 10;
	anatomy.guest_error = 20;
	assert_int_equal(anatomy_put(record, &anatomy, &err), 0);
	assert_int_equal(anatomy_get(record, &back, &err), 0);
	assert_memory_equal(&back, &anatomy, sizeof(back));
	json_object_set_new(json_array_get(json_object_get(record, "legs"), 0), "from",
			    json_string("nowhere"));
	assert_int_equal(anatomy_get(record, &back, &err), -EPROTO);
	assert_non_null(strstr(err.text, "from"));
	json_object_del(record, "legs");
	assert_int_equal(anatomy_get(record, &back, &err), -EPROTO);
	json_object_set_new(record, "skipped", json_string("no exit"));
	assert_int_equal(anatomy_get(record, &back, &err), 0);
	json_object_del(record, "benchmark");
	assert_int_equal(anatomy_get(record, &back, &err), -EPROTO);
	json_decref(record);
}

static void tables(void **state)
{
	struct anatomy anatomy = observed(200, 6), refused = observed(120, 1);
	struct result results[] = {
		{.benchmark = "io/port-out", .environment = "guest", .anatomy = &anatomy},
		{.benchmark = "io/port-in", .environment = "guest", .anatomy = &refused},
	};
	struct result_set set = {.results = results, .n_results = 2};
	char *text;

	(void)state;
	anatomy.mapping_error = 25;
	anatomy.legs[0].short_of_clock = true;
	text = table_of(&set);
	assert_non_null(strstr(text, "sum: the traced total"));
	assert_non_null(strstr(text, "cost of observing"));
	assert_non_null(strstr(text, "< error"));
	assert_non_null(strstr(text, "refused: observing changes the operation by 77 %"));
	free(text);
}

static void exact_tables(void **state)
{
	struct profile profile = {.total_insns = 205, .windows = 8, .windows_equal = 7};
	struct result results[] = {
		{.benchmark = "exit/cpuid", .environment = "guest", .profile = &profile},
		{.benchmark = "exit/rdpru",
		 .environment = "guest",
		 .status = STATUS_SKIP,
		 .reason = "only AMD's CPUs have this"},
	};
	struct result_set set = {.results = results, .n_results = 2};
	char *text;

	(void)state;
	profile.leg_insns[LEG_GUEST] = 5;
	profile.leg_insns[LEG_OUT] = 100;
	profile.leg_insns[LEG_HANDLER] = 40;
	profile.leg_insns[LEG_BACK] = 60;
	text = table_of(&set);
	assert_non_null(strstr(text, "48.8%"));
	assert_non_null(strstr(text, "7 of 8"));
	assert_non_null(strstr(text, "exit/rdpru in guest: SKIP: only AMD's"));
	free(text);
}

static void pairs(void **state)
{
	struct result results[2] = {
		{.benchmark = "exit/wbinvd", .environment = "guest", .estimate = known(1000)},
		{.benchmark = "exit/invd", .environment = "guest", .estimate = known(600)},
	};
	struct result_set set = {.results = results, .n_results = 2};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	results[0].estimate.lo = 990;
	results[0].estimate.hi = 1010;
	results[1].estimate.lo = 590;
	results[1].estimate.hi = 620;
	assert_int_equal(pairs_write(out, &set, 100, &err), 0);
	fclose(out);
	assert_non_null(strstr(text, " 400 "));
	assert_non_null(strstr(text, " 370 to 420"));
	assert_non_null(strstr(text, "(not in this file)"));
	free(text);
	set.n_results = 1;
	assert_int_equal(pairs_write(stdout, &set, 100, &err), -ENOENT);
	assert_string_equal(pairs_operation(0), "exit/wbinvd");
	for (unsigned i = 0; pairs_operation(i); i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(pairs_operation(i), pairs_operation(j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles),
		cmocka_unit_test(answered_by_kvm),
		cmocka_unit_test(answered_by_user_space),
		cmocka_unit_test(fast_paths_and_interrupts),
		cmocka_unit_test(legs_of_time),
		cmocka_unit_test(marks_around),
		cmocka_unit_test(legs_add_up),
		cmocka_unit_test(the_middle),
		cmocka_unit_test(cost_of_observing),
		cmocka_unit_test(short_of_the_clock),
		cmocka_unit_test(short_of_the_guests_clock),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(tables),
		cmocka_unit_test(exact_tables),
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests_name("anatomy", tests, NULL, NULL);
}

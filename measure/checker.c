/* SPDX-License-Identifier: MIT */
#include "measure/checker.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/arch/x86/stage.h"
#include "measure/disturb.h"
#include "measure/plan.h"
#include "support/random.h"
#include "support/seconds.h"

/* ---- what is to be run ---------------------------------------------------------------------- */

static void name_it(struct check_verdict *verdict, const struct checker_cell *cell)
{
	const struct check *check = cell->check;

	*verdict = (struct check_verdict){.title = check->title, .manual = check->manual};
	snprintf(verdict->name, sizeof(verdict->name), "%s%s%s", check->name,
		 check->case_name ? "/" : "", check->case_name ? check->case_name(cell->n) : "");
	snprintf(verdict->environment, sizeof(verdict->environment), "%s", cell->environment->name);
}

/* A family; a check, all its cases; one case; and either of these in one mode. */
static bool matches(const char *pattern, const struct checker *all, size_t at)
{
	const struct check_verdict *verdict = &all->verdicts[at];
	const char *check = all->cells[at].check->name;
	size_t family = strcspn(check, "/");
	char id[CHECK_ID_SIZE], whole[CHECK_ID_SIZE];

	if (strlen(pattern) == family && !strncmp(pattern, check, family))
		return true;

	snprintf(whole, sizeof(whole), "%s@%s", check, verdict->environment);
	return !fnmatch(pattern, check, 0) || !fnmatch(pattern, whole, 0) ||
	       !fnmatch(pattern, verdict->name, 0) || !fnmatch(pattern, check_id(verdict, id), 0);
}

static bool is_chosen(const struct checker_options *options, const struct checker *all, size_t at)
{
	for (size_t i = 0; i < options->n_patterns; i++)
		if (matches(options->patterns[i], all, at))
			return true;
	return !options->n_patterns;
}

static int no_match(const struct checker *all, const char *pattern, struct err *err)
{
	const char **names = calloc(3 * all->n + 1, sizeof(*names)), *nearest = NULL;
	char(*families)[40] = calloc(all->n + 1, sizeof(*families));

	/* A family, and what a check is called without its case, count as well. */
	for (size_t i = 0; names && families && i < all->n; i++) {
		const char *name = all->cells[i].check->name;

		snprintf(families[i], sizeof(families[i]), "%.*s", (int)strcspn(name, "/"), name);
		names[i] = families[i];
		names[all->n + i] = name;
		names[2 * all->n + i] = all->verdicts[i].name;
	}
	if (names && families)
		nearest = plan_nearest(pattern, names, 3 * all->n);
	free(names);
	if (nearest)
		err_set(err, ENOENT, "no check matches '%s'; the nearest is '%s'", pattern, nearest);
	else
		err_set(err, ENOENT, "no check matches '%s'; see exitlab check --list", pattern);
	free(families);
	return -ENOENT;
}

static int check_patterns(const struct checker *all, const struct checker_options *options,
			  struct err *err)
{
	for (size_t i = 0; i < options->n_patterns; i++) {
		bool found = false;

		for (size_t j = 0; j < all->n && !found; j++)
			found = matches(options->patterns[i], all, j);
		if (!found)
			return no_match(all, options->patterns[i], err);
	}
	return 0;
}

static unsigned cases_of(const struct check *check)
{
	return check->cases ? check->cases : 1;
}

static unsigned modes_of(const struct check *check, unsigned n)
{
	return check->case_in ? check->in & check->case_in(n) : check->in;
}

/* Every case of every check in every mode. */
static int choose_all(struct checker *checker, struct err *err)
{
	size_t room = 0;

	for (size_t i = 0; i < check_count(); i++)
		room += cases_of(check_get(i)) * (size_t)__builtin_popcount(check_get(i)->in);
	checker->cells = calloc(room + 1, sizeof(*checker->cells));
	checker->verdicts = calloc(room + 1, sizeof(*checker->verdicts));
	if (!checker->cells || !checker->verdicts)
		return err_set(err, ENOMEM, "no memory for the checks");
	for (size_t i = 0; i < check_count(); i++)
		for (unsigned n = 0; n < cases_of(check_get(i)); n++)
			for (unsigned e = 0; environments[e]; e++) {
				if (!(modes_of(check_get(i), n) & environments[e]->bit))
					continue;
				checker->cells[checker->n] =
					(struct checker_cell){check_get(i), n, environments[e]};
				name_it(&checker->verdicts[checker->n],
					&checker->cells[checker->n]);
				checker->n++;
			}
	return 0;
}

int checker_choose(struct checker *checker, const struct checker_options *options, struct err *err)
{
	size_t n = 0;
	int rc;

	memset(checker, 0, sizeof(*checker));
	rc = choose_all(checker, err);
	if (!rc)
		rc = check_patterns(checker, options, err);
	if (rc) {
		checker_clear(checker);
		return rc;
	}
	for (size_t i = 0; i < checker->n; i++) {
		if (!is_chosen(options, checker, i))
			continue;
		checker->cells[n] = checker->cells[i];
		checker->verdicts[n++] = checker->verdicts[i];
	}
	checker->n = n;
	return 0;
}

void checker_clear(struct checker *checker)
{
	free(checker->cells);
	free(checker->verdicts);
	memset(checker, 0, sizeof(*checker));
}

/* ---- running one ---------------------------------------------------------------------------- */

static const struct expect *find_known(const struct checker_cell *cell,
				       const struct machine *machine)
{
	const struct check *check = cell->check;
	const char *name = check->case_name ? check->case_name(cell->n) : "";

	for (unsigned i = 0; i < CHECK_KNOWN && check->known[i].on; i++) {
		const struct expect *known = &check->known[i];

		if (known->on & machine->substrate &&
		    (!known->in || known->in & cell->environment->bit) &&
		    (!known->when || strstr(name, known->when)) && plan_suits(known, machine))
			return known;
	}
	return NULL;
}

/* Cut where there is no room for all. */
static void copy(char *to, size_t size, const char *from)
{
	size_t n = from ? strnlen(from, size - 1) : 0;

	if (n)
		memcpy(to, from, n);
	to[n] = '\0';
}

#define COPY(to, from) copy(to, sizeof(to), from)

/* The worst of all runs stays. */
static void judge(struct check_verdict *verdict, const struct stage *stage,
		  const struct expect *known)
{
	enum status status = !stage->over	     ? STATUS_OK
			     : stage->skipped	     ? STATUS_SKIP
			     : stage->broken	     ? STATUS_ERROR
			     : known && known->known ? STATUS_KNOWN
						     : STATUS_FAIL;

	verdict->failures += status == STATUS_FAIL || status == STATUS_KNOWN;
	if (verdict->runs > 1 && status <= verdict->status)
		return;
	verdict->status = status;
	COPY(verdict->expected, stage->expected);
	COPY(verdict->seen, stage->over ? stage->seen : "");
	COPY(verdict->why, status == STATUS_KNOWN ? known->known : "");
	COPY(verdict->link, status == STATUS_KNOWN ? known->link : "");
	if (status == STATUS_OK && known)
		snprintf(verdict->why, sizeof(verdict->why),
			 "a fault that is known did not show itself: %.140s", known->known);
}

static void refuse(struct check_verdict *verdict, enum status status, const char *why)
{
	verdict->status = status;
	COPY(verdict->seen, why);
}

static void run_once(const struct checker_cell *cell, struct check_verdict *verdict,
		     const struct machine *machine)
{
	const struct expect *known = find_known(cell, machine);
	struct stage_config config = {
		.mode = cell->environment->bit,
		.substrate = machine->substrate,
		.instance = cell->check->instance,
		.ignores_msrs = plan_has_parameter(machine, "kvm.ignore_msrs=Y"),
		/* "tsc-early" is what a kernel has that did not find anything against it yet. */
		.no_steady_tsc = machine->clocksource[0] && strncmp(machine->clocksource, "tsc", 3) != 0,
	};
	struct err err = {0};
	struct stage stage;

	verdict->runs++;
	if (known && known->avoid) {
		verdict->status = STATUS_KNOWN;
		COPY(verdict->seen, "it was not run");
		COPY(verdict->why, known->known);
		COPY(verdict->link, known->link);
		return;
	}
	if (cell->check->capability && !kvm_host_capability(cell->check->capability)) {
		snprintf(verdict->seen, sizeof(verdict->seen), "this KVM has no capability %d",
			 cell->check->capability);
		verdict->status = STATUS_SKIP;
		return;
	}
	if (stage_open(&stage, &config, &err)) {
		refuse(verdict, STATUS_ERROR, err.text);
		return;
	}
	cell->check->run(&stage, cell->n);
	judge(verdict, &stage, known);
	stage_close(&stage);
}

static bool stopped(const struct checker_options *options)
{
	return options->stop && *options->stop;
}

void checker_run_one(struct checker *checker, size_t at, const struct checker_options *options,
		     const struct machine *machine)
{
	struct check_verdict *verdict = &checker->verdicts[at];
	double begin = seconds_now();

	if (options->begin)
		options->begin(options->data, verdict);
	for (unsigned i = 0; i < options->repeat && !stopped(options); i++)
		run_once(&checker->cells[at], verdict, machine);
	verdict->seconds += seconds_now() - begin;
	if (options->end)
		options->end(options->data, verdict);
}

/* ---- running all ---------------------------------------------------------------------------- */

/* Round after round in another order, as long as there is time; each check at least once. */
static int run_under_stress(struct checker *checker, const struct checker_options *options,
			    const struct machine *machine, struct err *err)
{
	double end = seconds_now() + options->stress_seconds;
	size_t *order = calloc(checker->n + 1, sizeof(*order));
	struct disturb disturb;
	struct random random;
	int rc;

	if (!order)
		return err_set(err, ENOMEM, "no memory for an order");
	random_seed(&random, options->seed);
	rc = disturb_begin(&disturb, err);
	for (bool first = true; !rc && (first || seconds_now() < end) && !stopped(options);
	     first = false) {
		random_permutation(&random, order, checker->n);
		for (size_t i = 0;
		     i < checker->n && (first || seconds_now() < end) && !stopped(options); i++)
			checker_run_one(checker, order[i], options, machine);
	}
	disturb_end(&disturb);
	free(order);
	return rc;
}

int checker_run(struct checker *checker, const struct checker_options *options,
		struct check_set *set, struct err *err)
{
	double begin = seconds_now();
	struct kvm_host *host;
	struct err none = {0};
	size_t n = 0;
	int rc = 0;

	if (kvm_host_get(&host, &none)) {
		for (size_t i = 0; i < checker->n; i++)
			refuse(&checker->verdicts[i], STATUS_SKIP, none.text);
		n = checker->n;
	} else if (options->stress_seconds > 0) {
		rc = run_under_stress(checker, options, &set->machine, err);
		n = checker->n;
	} else {
		for (; n < checker->n && !stopped(options); n++)
			checker_run_one(checker, n, options, &set->machine);
	}
	for (size_t i = 0; i < n; i++)
		if (!checker->verdicts[i].runs && checker->verdicts[i].status == STATUS_OK)
			refuse(&checker->verdicts[i], STATUS_SKIP, "a signal came before it was run");
	set->signal = options->stop ? (int)*options->stop : 0;
	set->stress_seconds = options->stress_seconds;
	set->seed = options->seed;
	set->verdicts = checker->verdicts;
	set->n_verdicts = n;
	set->seconds = seconds_now() - begin;
	checker->verdicts = NULL;
	return rc;
}

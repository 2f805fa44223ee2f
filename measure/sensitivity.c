/* SPDX-License-Identifier: MIT */
#include "measure/sensitivity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/arch/x86/planted.h"
#include "kvm-harness/environment.h"
#include "kvm-harness/kvm.h"

/* A guest that a fault keeps from coming back needs no second to show it. */
#define HUNG_SECONDS 0.25

/* Cells of the checker that hold here, in its order; given to one that owns them. */
static int keep_holding(struct checker *holding, const struct checker *all,
			const struct check_set *set, struct err *err)
{
	*holding = (struct checker){0};
	holding->cells = calloc(all->n + 1, sizeof(*holding->cells));
	holding->verdicts = calloc(all->n + 1, sizeof(*holding->verdicts));
	if (!holding->cells || !holding->verdicts) {
		checker_clear(holding);
		return err_set(err, ENOMEM, "no memory for the checks");
	}
	for (size_t i = 0; i < set->n_verdicts; i++) {
		if (set->verdicts[i].status != STATUS_OK)
			continue;
		holding->cells[holding->n] = all->cells[i];
		holding->verdicts[holding->n++] = set->verdicts[i];
	}
	return 0;
}

static bool stopped(const struct checker_options *options)
{
	return options->stop && *options->stop;
}

/* Until CATCHERS of them fail. What this program cannot do under a fault counts: it is a
 * difference. */
static void try_fault(struct checker *holding, const struct checker_options *options,
		      const struct machine *machine, size_t fault, struct sensitivity_row *row)
{
	row->name = planted_name(fault);
	row->what = planted_what(fault);
	planted_insert(fault);
	for (size_t i = 0; i < holding->n && row->caught < CATCHERS && !stopped(options); i++) {
		struct check_verdict *verdict = &holding->verdicts[i];

		verdict->runs = verdict->failures = 0;
		verdict->status = STATUS_OK;
		checker_run_one(holding, i, options, machine);
		if (verdict->status == STATUS_FAIL || verdict->status == STATUS_ERROR)
			check_id(verdict, row->by[row->caught++]);
	}
	row->hits = planted_hits();
	planted_remove();
}

static size_t count_faults(void)
{
	size_t n = 0;

	while (planted_name(n))
		n++;
	return n;
}

static int try_all(struct checker *holding, const struct checker_options *options,
		   const struct machine *machine, struct sensitivity *sensitivity,
		   void (*done)(const struct sensitivity_row *row), struct err *err)
{
	size_t n = count_faults();

	sensitivity->rows = calloc(n, sizeof(*sensitivity->rows));
	if (!sensitivity->rows)
		return err_set(err, ENOMEM, "no memory for the faults");
	for (size_t i = 0; i < n && !stopped(options); i++) {
		struct sensitivity_row *row = &sensitivity->rows[i];

		try_fault(holding, options, machine, i, row);
		done(row);
		sensitivity->n++;
		sensitivity->caught += row->caught > 0;
		sensitivity->absent += !row->caught && !row->hits;
	}
	return 0;
}

int sensitivity_run(struct checker *checker, const struct checker_options *options,
		    struct check_set *set, struct sensitivity *sensitivity,
		    void (*done)(const struct sensitivity_row *row), struct err *err)
{
	double usual = watchdog_seconds;
	struct kvm_host *host;
	struct checker holding;
	int rc;

	memset(sensitivity, 0, sizeof(*sensitivity));
	rc = kvm_host_get(&host, err);
	if (rc)
		return rc;
	rc = checker_run(checker, options, set, err);
	if (rc)
		return rc;
	rc = keep_holding(&holding, checker, set, err);
	if (rc)
		return rc;
	sensitivity->n_checks = holding.n;
	watchdog_seconds = HUNG_SECONDS;
	rc = try_all(&holding, options, &set->machine, sensitivity, done, err);
	watchdog_seconds = usual;
	checker_clear(&holding);
	return rc;
}

void sensitivity_clear(struct sensitivity *sensitivity)
{
	free(sensitivity->rows);
	memset(sensitivity, 0, sizeof(*sensitivity));
}

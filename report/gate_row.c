/* SPDX-License-Identifier: MIT */
/* What the writers of a verdict share. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"
#include "report/gate.h"

static int by_importance(const void *a, const void *b, void *context)
{
	const struct gate *gate = context;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct gate_row *x = &gate->rows[i], *y = &gate->rows[j];
	double left = gate_row_weight(x), right = gate_row_weight(y);

	if (x->verdict != y->verdict)
		return x->verdict > y->verdict ? -1 : 1;
	if (left != right)
		return left > right ? -1 : 1;
	return i < j ? -1 : i > j;
}

size_t *gate_order(const struct gate *gate)
{
	size_t n = gate->comparison->n_rows, *order = calloc(n + 1, sizeof(*order));

	if (!order)
		return NULL;
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), by_importance, (void *)(uintptr_t)gate);
	return order;
}

const char *gate_label(const struct gate_row *row, char *text, size_t size)
{
	const struct result *result = comparison_row_result(row->row);

	snprintf(text, size, "%s%s%s in %s", result->benchmark, *result->parameters ? " " : "",
		 result->parameters, result->environment);
	return text;
}

void gate_figures_of(const struct gate_report *report, const struct gate_row *row,
		     struct gate_figures *figures)
{
	const struct comparison_row *compared = row->row;
	const struct result *base = compared->base, *new = compared->new;
	bool both = base && new &&result_usable(base) && result_usable(new);

	memset(figures, 0, sizeof(*figures));
	if (compared->timed) {
		figure_ticks(compared->base_ticks, figures->base);
		figure_ticks(compared->new_ticks, figures->new);
		snprintf(figures->change, sizeof(figures->change), "%.3f", compared->ratio.point);
		snprintf(figures->interval, sizeof(figures->interval), "%.3f..%.3f",
			 compared->ratio.lo, compared->ratio.hi);
		return;
	}
	if (base && result_usable(base))
		figure_point(&base->estimate, figures->base);
	if (new &&result_usable(new))
		figure_point(&new->estimate, figures->new);
	if (both && report->gate->comparison->exact &&
	    (compared->finding == FINDING_MORE || compared->finding == FINDING_FEWER))
		figure_change(llround(new->estimate.point - base->estimate.point), figures->change);
}

bool gate_row_matters(const struct gate_report *report, const struct gate_row *row)
{
	const struct estimate *ratio = &row->row->ratio;

	if (report->all || row->verdict >= GATE_ADVICE || row->row->finding > FINDING_NEW)
		return true;
	return !report->verdicts && row->row->timed && (ratio->lo > 1 || ratio->hi < 1);
}

const char *gate_verdict_sentence(const struct gate_report *report, char *text, size_t size)
{
	const struct comparison *comparison = report->gate->comparison;
	size_t slower = 0, faster = 0, same = 0, found = 0, used;
	const struct gate_row *worst = NULL;
	char label[160];

	if (report->verdicts) {
		snprintf(text, size, "%s", report->gate->sentence);
		return text;
	}
	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct gate_row *row = &report->gate->rows[i];
		const struct comparison_row *compared = row->row;
		bool more = compared->timed ? compared->ratio.lo > 1
					    : compared->finding == FINDING_MORE;
		bool fewer = compared->timed ? compared->ratio.hi < 1
					     : compared->finding == FINDING_FEWER;

		slower += more;
		faster += fewer;
		same += !more && !fewer &&
			(compared->timed || (comparison->exact && compared->base && compared->new &&
					     !compared->finding));
		found += compared->finding > FINDING_CODE && compared->finding < FINDING_MORE;
		if (more && (!worst || gate_row_weight(row) > gate_row_weight(worst)))
			worst = row;
	}
	used = (size_t)snprintf(text, size, "New is %s in %zu results",
				comparison->exact ? "longer" : "slower", slower);
	if (worst && used < size)
		used += (size_t)snprintf(text + used, size - used, " (most in %s)",
					 gate_label(worst, label, sizeof(label)));
	if (used < size)
		used += (size_t)snprintf(
			text + used, size - used, ", %s in %zu; %zu do not differ%s.",
			comparison->exact ? "shorter" : "faster", faster, same,
			comparison->exact ? "" : " by more than chance may explain");
	if (found && used < size)
		used += (size_t)snprintf(text + used, size - used,
					 " %zu changed what they do: exits, proof or status.",
					 found);
	if (comparison->unit == UNIT_INSTANCES && !comparison->exact && used < size)
		snprintf(text + used, size - used,
			 " These are single sessions: what differs between any two sessions is in "
			 "no interval.");
	return text;
}

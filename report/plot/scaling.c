/* SPDX-License-Identifier: MIT */
/* Several vCPUs or VMs at once, beside one. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/hierarchy.h"
#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

/* "vcpus=2" or "vms=2" in the parameters; 0: neither. */
static unsigned number_of(const struct result *result)
{
	const char *at = strstr(result->parameters, "vcpus=");

	if (at)
		return (unsigned)strtoul(at + 6, NULL, 10);
	at = strstr(result->parameters, "vms=");
	return at ? (unsigned)strtoul(at + 4, NULL, 10) : 0;
}

static bool is_parallel(const struct result_set *set, const struct result *result, double *key)
{
	(void)set;
	*key = number_of(result);
	return *key > 0 && figure_positive(result) &&
	       (!strcmp(result->benchmark, "smp/parallel") ||
		!strcmp(result->benchmark, "smp/vms"));
}

/* What it does, "operation=cpuid", without how many. */
static void work_of(const struct result *result, char *text, size_t size)
{
	const char *at = strstr(result->parameters, "operation=");

	snprintf(text, size, "%.*s", at ? (int)strcspn(at + 10, ", ") : 0, at ? at + 10 : "");
}

static bool same_line(const struct result *a, const struct result *b)
{
	char x[40], y[40];

	work_of(a, x, sizeof(x));
	work_of(b, y, sizeof(y));
	return !strcmp(a->benchmark, b->benchmark) && !strcmp(a->environment, b->environment) &&
	       !strcmp(x, y);
}

/* How many times as much as one: n fold the ratio of times, by instances that ran in the same
 * rounds. */
static struct estimate times_of(const struct plot_pick *one, const struct plot_pick *pick)
{
	struct estimate ratio = {.point = 1, .lo = 1, .hi = 1, .valid = true};

	if (one == pick)
		return ratio;
	hierarchy_ratio(&one->result->samples, &pick->result->samples, 0.95, 1, &ratio);
	if (!ratio.valid)
		ratio.point = one->result->estimate.point / pick->result->estimate.point;
	ratio.point *= pick->key;
	ratio.lo *= pick->key;
	ratio.hi *= pick->key;
	return ratio;
}

static void write_point(FILE *out, const struct plot_pick *one, const struct plot_pick *pick)
{
	const struct estimate times = times_of(one, pick);
	bool vms = !strcmp(pick->result->benchmark, "smp/vms");
	char work[40], line[120];

	work_of(pick->result, work, sizeof(work));
	snprintf(line, sizeof(line), "%s, %s", work, vms ? "VMs" : "vCPUs of one VM");
	plot_name(out, line);
	plot_value(out, pick->key, true);
	plot_value(out, times.point, true);
	plot_value(out, times.lo, times.valid);
	plot_value(out, times.hi, times.valid);
	putc('\n', out);
}

static bool has_several(const struct plot_pick *picks, size_t n, size_t one)
{
	for (size_t i = one + 1; i < n; i++)
		if (picks[i].key > 1 && same_line(picks[one].result, picks[i].result))
			return true;
	return false;
}

static void say_method(const struct plot_pick *picks, size_t n, char *method, size_t size)
{
	struct plot_proofs proofs = {0};

	for (size_t i = 0; i < n; i++)
		plot_proofs_add(&proofs, picks[i].result);
	figure_replication(picks[0].set, method, size);
	plot_say(method, size, "ratios of times by rounds with 95%% intervals");
	plot_proofs_say(method, size, &proofs);
}

static size_t write_lines(FILE *out, const struct plot_pick *picks, size_t n)
{
	size_t lines = 0;

	/* By rising number: the first of a line is what the others are compared with. */
	for (size_t i = 0; i < n && picks[i].key == 1; i++) {
		if (!has_several(picks, n, i))
			continue;
		if (lines++)
			fputs("\n\n", out);
		for (size_t j = i; j < n; j++)
			if (same_line(picks[i].result, picks[j].result))
				write_point(out, &picks[i], &picks[j]);
	}
	return lines;
}

int plot_scaling(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n, lines = 0;
	struct plot_pick *picks = plot_choose(input, is_parallel, &n);
	bool emulated = input->sets[0].run.machine.emulated;
	char method[300];

	if (!picks)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	if (n && !emulated) {
		say_method(picks, n, method, sizeof(method));
		plot_begin(out, "How much several do at once, beside one", &input->sets[0], method);
		fprintf(out, "# cpus: %u\n", input->sets[0].run.machine.cpus_online);
		fputs("# what\thow many\tas much as one does, times\tlo\thi\n", out);
		lines = write_lines(out, picks, n);
	}
	free(picks);
	if (lines)
		return 0;
	return err_set(
		err, ENODATA, "%s",
		n && emulated
			? "the CPUs of an emulated host take turns: nothing runs at once there; "
			  "measure on a machine"
			: "smp/parallel and smp/vms were not measured with one and with several");
}

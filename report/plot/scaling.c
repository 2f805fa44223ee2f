/* SPDX-License-Identifier: MIT */
/* Several vCPUs or VMs at once, beside one. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
	       (!strcmp(result->benchmark, "smp/parallel") || !strcmp(result->benchmark, "smp/vms"));
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
	return !strcmp(a->benchmark, b->benchmark) && !strcmp(a->environment, b->environment) && !strcmp(x, y);
}

/* n of them do n times as much in the time of one operation: the ratio of times, n fold. */
static void write_point(FILE *out, const struct plot_pick *one, const struct plot_pick *pick)
{
	double n = pick->key, single = one->result->estimate.point;
	const struct estimate *estimate = &pick->result->estimate;
	bool vms = !strcmp(pick->result->benchmark, "smp/vms");
	char work[40], line[120];

	work_of(pick->result, work, sizeof(work));
	snprintf(line, sizeof(line), "%s, %s", work, vms ? "VMs" : "vCPUs of one VM");
	plot_text(out, line);
	plot_value(out, n, true);
	plot_value(out, n * single / estimate->point, true);
	plot_value(out, n * single / estimate->hi, estimate->hi > 0);
	plot_value(out, n * single / estimate->lo, estimate->lo > 0);
	putc('\n', out);
}

int plot_scaling(FILE *out, const struct plot_input *input, struct err *err)
{
	size_t n, lines = 0;
	struct plot_pick *picks = plot_choose(input, is_parallel, &n);

	if (!picks)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	plot_begin(out, "Several at once, beside one", &input->sets[0], NULL);
	fprintf(out, "# cpus: %u\n", input->sets[0].run.machine.cpus_online);
	fputs("# what\thow many\tas much as one does, times\tlo\thi\n", out);
	/* By rising number: the first of a line is what the others are compared with. */
	for (size_t i = 0; i < n && picks[i].key == 1; i++) {
		if (lines++)
			fputs("\n\n", out);
		for (size_t j = i; j < n; j++)
			if (same_line(picks[i].result, picks[j].result))
				write_point(out, &picks[i], &picks[j]);
	}
	free(picks);
	return lines ? 0
		     : err_set(err, ENODATA, "smp/parallel and smp/vms were not measured with one and with several");
}

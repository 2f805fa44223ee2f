/* SPDX-License-Identifier: MIT */
#include "report/plot/data.h"

#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure.h"

#define MACHINE_SIZE 600

void plot_text(FILE *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text < 0x20 || *text == 0x7f || *text == '"' ? ' ' : *text, out);
}

void plot_name(FILE *out, const char *text)
{
	if (*text == '#') {
		putc(' ', out);
		text++;
	}
	plot_text(out, text);
}

void plot_header(FILE *out, const char *name, const char *text)
{
	fprintf(out, "# %s: ", name);
	plot_text(out, text);
	putc('\n', out);
}

const char *plot_unit(const struct result_set *set)
{
	return figure_counts_instructions(&set->run) ? "instructions" : "TSC ticks";
}

/* No axis of time where time means nothing. */
static unsigned long long rate_of(const struct result_set *set)
{
	return set->run.machine.emulated ? 0 : (unsigned long long)set->run.machine.tsc_hz;
}

static void write_rate(FILE *out, unsigned long long rate)
{
	fprintf(out, "# tsc_hz: %llu\n", rate);
}

void plot_begin(FILE *out, const char *title, const struct result_set *set, const char *method)
{
	char machine[MACHINE_SIZE], replication[80];

	plot_header(out, "title", title);
	plot_header(out, "caption", figure_machine(&set->run.machine, machine, sizeof(machine)));
	plot_header(out, "method", method ? method : figure_replication(set, replication, sizeof(replication)));
	plot_header(out, "unit", plot_unit(set));
	write_rate(out, rate_of(set));
}

/* Is the machine of the i-th set described as that of an earlier one? */
static bool named_before(const struct plot_input *input, size_t i, const char *machine)
{
	char earlier[MACHINE_SIZE];

	for (size_t j = 0; j < i; j++)
		if (!strcmp(machine, figure_machine(&input->sets[j].run.machine, earlier, sizeof(earlier))))
			return true;
	return false;
}

void plot_begin_sets(FILE *out, const char *title, const struct plot_input *input, const char *method)
{
	char machine[MACHINE_SIZE], replication[80];
	unsigned long long rate = rate_of(&input->sets[0]);
	bool begun = false;

	plot_header(out, "title", title);
	fputs("# caption: ", out);
	for (size_t i = 0; i < input->n_sets; i++) {
		figure_machine(&input->sets[i].run.machine, machine, sizeof(machine));
		if (rate_of(&input->sets[i]) != rate)
			rate = 0;
		if (named_before(input, i, machine))
			continue;
		if (begun)
			fputs("; ", out);
		plot_text(out, machine);
		begun = true;
	}
	putc('\n', out);
	plot_header(out, "method",
		    method ? method : figure_replication(&input->sets[0], replication, sizeof(replication)));
	plot_header(out, "unit", plot_unit(&input->sets[0]));
	write_rate(out, rate);
}

void plot_value(FILE *out, double value, bool present)
{
	char text[FIGURE_SIZE];

	fprintf(out, "\t%s", present && isfinite(value) ? figure_exactly(value, text) : "?");
}

bool plot_has_place(const struct result *result)
{
	return figure_usable(result) && result->estimate.point >= 0.1;
}

void plot_estimate(FILE *out, const struct result *result)
{
	static const struct estimate none;
	bool present = figure_usable(result);
	const struct estimate *estimate = present ? &result->estimate : &none;

	plot_value(out, estimate->point, present);
	plot_value(out, estimate->lo, present);
	plot_value(out, estimate->hi, present);
}

bool plot_asked_for(const struct plot_input *input, const struct result *result)
{
	char label[128];

	if (input->environment && strcmp(input->environment, result->environment))
		return false;
	return !input->operation || !fnmatch(input->operation, result->benchmark, 0) ||
	       !fnmatch(input->operation, plot_label(result, label, sizeof(label)), 0);
}

bool plot_wanted(const struct plot_input *input, const struct result *result)
{
	return figure_usable(result) && plot_asked_for(input, result);
}

const char *plot_label(const struct result *result, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", result->benchmark, result->parameters[0] ? " " : "",
		 result->parameters);
	return text;
}

const char *plot_place(const struct result_set *set, const char *environment)
{
	static const struct {
		const char *environment, *place;
	} places[] = {
		{"guest-user", "guest, ring 3"},
		{"guest", "guest, ring 0"},
		{"prot32", "guest, 32-bit protected mode"},
		{"real16", "guest, real mode"},
		{"host", "from the host"},
	};

	if (!strcmp(environment, "native"))
		return figure_under_hypervisor(&set->run.machine) ? "native (L1), ring 3" : "native, ring 3";
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!strcmp(environment, places[i].environment))
			return places[i].place;
	return environment;
}

static int compare_picks(const void *a, const void *b)
{
	const struct plot_pick *x = a, *y = b;
	int order = (x->key > y->key) - (x->key < y->key);

	if (!order)
		order = strcmp(x->result->benchmark, y->result->benchmark);
	if (!order)
		order = strcmp(x->result->parameters, y->result->parameters);
	if (!order)
		order = strcmp(x->result->environment, y->result->environment);
	return order ? order : (x->set > y->set) - (x->set < y->set);
}

struct plot_pick *plot_choose(const struct plot_input *input,
			      bool (*suits)(const struct result_set *set, const struct result *result, double *key),
			      size_t *n)
{
	struct plot_pick *picks;
	size_t room = 1;

	for (size_t i = 0; i < input->n_sets; i++)
		room += input->sets[i].n_results;
	*n = 0;
	picks = calloc(room, sizeof(*picks));
	for (size_t i = 0; picks && i < input->n_sets; i++)
		for (size_t j = 0; j < input->sets[i].n_results; j++) {
			struct plot_pick pick = {&input->sets[i], &input->sets[i].results[j], 0};

			if (plot_wanted(input, pick.result) && suits(pick.set, pick.result, &pick.key))
				picks[(*n)++] = pick;
		}
	if (picks)
		qsort(picks, *n, sizeof(*picks), compare_picks);
	return picks;
}

void plot_say(char *method, size_t size, const char *format, ...)
{
	size_t used = strlen(method);
	va_list arguments;

	if (used && used < size)
		used += (size_t)snprintf(method + used, size - used, "; ");
	if (used >= size)
		return;
	va_start(arguments, format);
	vsnprintf(method + used, size - used, format, arguments);
	va_end(arguments);
}

void plot_left_out(char *method, size_t size, size_t n, const char *of_what)
{
	if (n)
		plot_say(method, size, "%zu %s are left out", n, of_what);
}

const char *plot_common_place(const struct plot_pick *picks, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(picks[i].result->environment, picks[0].result->environment) != 0 ||
		    picks[i].set != picks[0].set)
			return NULL;
	return n ? plot_place(picks[0].set, picks[0].result->environment) : NULL;
}

void plot_proofs_add(struct plot_proofs *proofs, const struct result *result)
{
	proofs->proven += result->proof.verdict == PROOF_PROVEN;
	proofs->by_number += result->proof.verdict == PROOF_PROVEN_COUNT;
	proofs->unproven += result->proof.verdict == PROOF_UNPROVEN;
}

void plot_proofs_say(char *method, size_t size, const struct plot_proofs *proofs)
{
	char text[160] = "", *at = text;

	if (proofs->proven)
		at += sprintf(at, " %zu proven,", proofs->proven);
	if (proofs->by_number)
		at += sprintf(at, " %zu proven by their number alone,", proofs->by_number);
	if (proofs->unproven)
		at += sprintf(at, " %zu not proven,", proofs->unproven);
	if (at == text)
		return;
	at[-1] = '\0';
	if (!proofs->by_number && !proofs->unproven)
		plot_say(method, size, "exits proven as declared");
	else
		plot_say(method, size, "exits as declared:%s", text);
}

const char *plot_series(const struct result_set *set, const struct result *result, char *text, size_t size)
{
	char label[128];

	snprintf(text, size, "%s, %s", plot_label(result, label, sizeof(label)),
		 plot_place(set, result->environment));
	return text;
}

/* SPDX-License-Identifier: MIT */
/* Verdicts of exitlab check: by family and host, and what is not as it must be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/document/part.h"
#include "report/figure.h"
#include "report/markdown_cell.h"
#include "report/markdown_part.h"

/* The part of a check's name before the first '/'. */
static size_t family_length(const char *name)
{
	return strcspn(name, "/");
}

static bool same_family(const char *a, const char *b)
{
	return family_length(a) == family_length(b) && !strncmp(a, b, family_length(a));
}

/* NULL as family: all. */
static void write_cell(FILE *out, const struct check_set *set, const char *family)
{
	size_t counts[STATUS_COUNT] = {0};
	const char *separator = " ";

	for (size_t i = 0; i < set->n_verdicts; i++)
		if (!family || same_family(set->verdicts[i].name, family))
			counts[set->verdicts[i].status]++;
	for (int i = 0; i < STATUS_COUNT; i++) {
		if (!counts[i])
			continue;
		fprintf(out, "%s%zu%s%s", separator, counts[i], i == STATUS_OK ? "" : " ",
			i == STATUS_OK ? "" : status_name((enum status)i));
		separator = ", ";
	}
	fputs(" |", out);
}

static void write_row(struct document *document, const char *family)
{
	const struct document_input *input = document->input;

	fprintf(document->out, "| %.*s |", family ? (int)family_length(family) : 3, family ? family : "all");
	for (size_t i = 0; i < input->n_checks; i++)
		write_cell(document->out, &input->checks[i], family);
	putc('\n', document->out);
}

static int compare_families(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t n = family_length(x) < family_length(y) ? family_length(x) : family_length(y);
	int order = strncmp(x, y, n);

	return order ? order : (family_length(x) > family_length(y)) - (family_length(x) < family_length(y));
}

/* Each family once, sorted; the texts are names of checks of it. */
static size_t families(const struct document_input *input, const char **found, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_checks; i++)
		for (size_t j = 0; j < input->checks[i].n_verdicts; j++) {
			const char *name = input->checks[i].verdicts[j].name;
			bool known = false;

			for (size_t k = 0; k < n && !known; k++)
				known = same_family(found[k], name);
			if (!known && n < most)
				found[n++] = name;
		}
	qsort(found, n, sizeof(*found), compare_families);
	return n;
}

#define FAMILIES 64

static void write_table(struct document *document)
{
	const struct document_input *input = document->input;
	const char *found[FAMILIES];
	size_t n = families(input, found, FAMILIES);

	fputs("| family |", document->out);
	for (size_t i = 0; i < input->n_checks; i++) {
		putc(' ', document->out);
		markdown_cell(document->out, input->check_labels[i]);
		fputs(" |", document->out);
	}
	fputs("\n|---|", document->out);
	for (size_t i = 0; i < input->n_checks; i++)
		fputs("---|", document->out);
	putc('\n', document->out);
	for (size_t i = 0; i < n; i++)
		write_row(document, found[i]);
	write_row(document, NULL);
	putc('\n', document->out);
}

/* A fault that several checks and hosts show is told once, with where. */
static void write_fault(struct document *document, size_t set, size_t first)
{
	const struct document_input *input = document->input;
	const struct check_verdict *fault = &input->checks[set].verdicts[first];
	char text[1600];
	size_t n = 0, hosts = 0;

	for (size_t i = 0; i < input->n_checks; i++) {
		bool here = false;

		for (size_t j = 0; j < input->checks[i].n_verdicts; j++) {
			const struct check_verdict *other = &input->checks[i].verdicts[j];
			bool same = other->status == fault->status && !strcmp(other->why, fault->why) &&
				    (*fault->why || !strcmp(other->name, fault->name));

			n += same;
			here |= same;
		}
		hosts += here;
	}
	snprintf(text, sizeof(text), "%s: %s. Expected %s; seen %s (%s in %s of %s; %zu case%s on %zu host%s).%s%s",
		 status_name(fault->status), *fault->why ? fault->why : fault->title, fault->expected, fault->seen,
		 fault->name, fault->environment, input->check_labels[set], n, n == 1 ? "" : "s", hosts,
		 hosts == 1 ? "" : "s", *fault->link ? " See " : "", fault->link);
	markdown_wrapped(document->out, "- ", text);
}

/* Was the same fault told before? */
static bool told(const struct document_input *input, size_t set, size_t verdict)
{
	const struct check_verdict *fault = &input->checks[set].verdicts[verdict];

	for (size_t i = 0; i <= set; i++)
		for (size_t j = 0; j < (i == set ? verdict : input->checks[i].n_verdicts); j++) {
			const struct check_verdict *other = &input->checks[i].verdicts[j];

			if (other->status == fault->status && !strcmp(other->why, fault->why) &&
			    (*fault->why || !strcmp(other->name, fault->name)))
				return true;
		}
	return false;
}

static void write_faults(struct document *document, enum status status)
{
	const struct document_input *input = document->input;

	for (size_t i = 0; i < input->n_checks; i++)
		for (size_t j = 0; j < input->checks[i].n_verdicts; j++)
			if (input->checks[i].verdicts[j].status == status && !told(input, i, j))
				write_fault(document, i, j);
}

void document_checks(struct document *document)
{
	if (!document->input->n_checks)
		return;
	document_heading(document, 0, "Does the hypervisor behave?");
	document_say(document,
		     "Verdicts of `exitlab check`: how many cases are as the manuals promise, and those that are not. "
		     "KNOWN is a fault of the substrate that is described; SKIP says that this host cannot show it.");
	write_table(document);
	write_faults(document, STATUS_FAIL);
	write_faults(document, STATUS_ERROR);
	write_faults(document, STATUS_KNOWN);
	putc('\n', document->out);
}

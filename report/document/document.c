/* SPDX-License-Identifier: MIT */
#include "report/document/part.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "report/figure.h"
#include "report/markdown_cell.h"
#include "report/markdown_part.h"
#include "report/text.h"

const struct document_template document_templates[] = {
	{"results", "everything that the files hold", document_results},
	{"lab", "a hand-in for a course on virtualization: questions, own numbers, what to conclude",
	 document_lab},
	{"short", "one table and one picture, for a pull request or a mail", document_short},
	{NULL, NULL, NULL},
};

const struct document_template *document_template_find(const char *name)
{
	for (const struct document_template *one = document_templates; one->name; one++)
		if (!strcmp(one->name, name))
			return one;
	return NULL;
}

void document_begin(struct document *document, FILE *out, const struct document_input *input,
		    struct err *err)
{
	*document = (struct document){.out = out, .input = input, .err = err, .level = 2};
}

int document_end(struct document *document)
{
	if (document->failed)
		return document->failed;
	if (fflush(document->out) || ferror(document->out))
		return err_sys(document->err, errno ? errno : EIO, "cannot write the report");
	return 0;
}

void document_say(struct document *document, const char *text)
{
	text_wrap(document->out, "", text, MARKDOWN_WIDTH);
	putc('\n', document->out);
}

void document_heading(struct document *document, unsigned deeper, const char *text)
{
	markdown_heading(document->out, document->level + deeper, text);
}

/* ---- pictures -------------------------------------------------------------------------------- */

static void note_undrawn(struct document *document, const char *kind, const char *why)
{
	size_t n = document->n_undrawn;

	if (n == DOCUMENT_UNDRAWN)
		return;
	document->undrawn[n].kind = kind;
	snprintf(document->undrawn[n].why, sizeof(document->undrawn[n].why), "%.199s", why);
	document->n_undrawn++;
}

static void write_link(struct document *document, const char *kind, const char *name, const char *text,
		       const char *ending)
{
	fprintf(document->out, "[%s](%s/%s%s%s%s)", text, document->input->pictures, kind, *name ? "-" : "",
		name, ending);
}

static void write_picture(struct document *document, const struct plot_kind *kind, const char *name,
			  bool drawn, const char *how_to_read)
{
	FILE *out = document->out;

	if (drawn) {
		putc('!', out);
		write_link(document, kind->name, name, kind->what, document->input->picture_ending);
		fputs("\n\n", out);
	}
	text_wrap(out, "", how_to_read, MARKDOWN_WIDTH);
	fputs("The data: ", out);
	write_link(document, kind->name, name, "tab-separated", ".tsv");
	fputs(drawn ? ".\n\n" : ".", out);
	if (!drawn) {
		markdown_wrapped(out, " Not drawn: ", document->err->text);
		putc('\n', out);
	}
}

bool document_picture(struct document *document, const char *kind_name, const struct plot_input *input,
		      const char *name, const char *how_to_read)
{
	const struct plot_kind *kind = plot_find(kind_name);
	char whole[160];
	int rc;

	if (document->failed || !kind)
		return false;
	snprintf(whole, sizeof(whole), "%s%s%s", kind->name, *name ? "-" : "", name);
	rc = document->input->picture(document->input->data, kind, input, whole, document->err);
	if (rc == -ENODATA) {
		note_undrawn(document, kind->name, document->err->text);
		return false;
	}
	if (rc && rc != -ENOENT) {
		document->failed = rc;
		return false;
	}
	write_picture(document, kind, name, !rc, how_to_read);
	return true;
}

bool document_picture_of(struct document *document, const char *kind, size_t set, const char *name,
			 const char *operation, const char *environment, const char *how_to_read)
{
	const struct plot_input input = {
		.sets = &document->input->sets[set],
		.labels = &document->input->labels[set],
		.n_sets = 1,
		.operation = operation,
		.environment = environment,
	};

	return document_picture(document, kind, &input, name, how_to_read);
}

void document_undrawn(struct document *document)
{
	if (!document->n_undrawn)
		return;
	document_heading(document, 0, "Pictures that there is nothing for");
	for (size_t i = 0; i < document->n_undrawn; i++) {
		bool again = false;
		char text[300];

		for (size_t j = 0; j < i && !again; j++)
			again = !strcmp(document->undrawn[i].kind, document->undrawn[j].kind) &&
				!strcmp(document->undrawn[i].why, document->undrawn[j].why);
		snprintf(text, sizeof(text), "%s: %s.", document->undrawn[i].kind, document->undrawn[i].why);
		if (!again)
			markdown_wrapped(document->out, "- ", text);
	}
	putc('\n', document->out);
}

/* ---- which sets are what --------------------------------------------------------------------- */

bool document_is_emulated(const struct result_set *set)
{
	return set->run.machine.emulated;
}

bool document_is_timed(const struct result_set *set)
{
	if (set->run.machine.emulated)
		return false;
	/* Anatomies alone have a part of their own. */
	for (size_t i = 0; i < set->n_results; i++)
		if (!set->results[i].anatomy)
			return true;
	return !set->n_results;
}

bool document_has_anatomy(const struct result_set *set)
{
	for (size_t i = 0; i < set->n_results; i++)
		if (set->results[i].anatomy)
			return true;
	return false;
}

bool document_has_profile(const struct result_set *set)
{
	for (size_t i = 0; i < set->n_results; i++)
		if (set->results[i].profile)
			return true;
	return false;
}

bool document_has(const struct result_set *set, const char *glob)
{
	for (size_t i = 0; i < set->n_results; i++)
		if (figure_usable(&set->results[i]) && !fnmatch(glob, set->results[i].benchmark, 0))
			return true;
	return false;
}

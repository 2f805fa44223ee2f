/* SPDX-License-Identifier: MIT */
#include "report/differ.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/text.h"

#define WIDTH  100
#define INDENT 14 /* where what is said of a finding begins */

const char *differ_command(const struct differ_set *set, const struct differ_finding *finding,
			   char *command)
{
	const char *host = !set->machine.emulated		     ? ""
			   : set->machine.substrate == SUBSTRATE_VMX ? "lab --host intel -- "
			   : set->machine.substrate == SUBSTRATE_SVM ? "lab --host amd -- "
								     : "";

	snprintf(command, DIFFER_COMMAND_SIZE,
		 "exitlab %sdiffer --seed %" PRIu64 " --length %u --env %s,%s --only %" PRIu64,
		 host, set->seed, set->length, finding->reference, finding->environment,
		 finding->number);
	return command;
}

static void write_line(FILE *out, const char *label, const char *text)
{
	if (text && *text) {
		fprintf(out, "  %-*s", INDENT - 2, label);
		text_wrap_from(out, text, INDENT, WIDTH);
	}
}

/* Text of several lines, each behind the label's column. */
static void write_lines(FILE *out, const char *label, const char *text)
{
	while (text && *text) {
		size_t length = strcspn(text, "\n");

		fprintf(out, "  %-*s%.*s\n", INDENT - 2, label, (int)length, text);
		text += length + (text[length] == '\n');
		label = "";
	}
}

static void write_finding(FILE *out, const struct differ_set *set,
			  const struct differ_finding *finding, bool colour)
{
	const char *paint = finding->status == STATUS_KNOWN ? "\033[33m" : "\033[31m";
	char command[DIFFER_COMMAND_SIZE];

	fprintf(out, "%s%s%s %s differs from %s in: %s (%" PRIu64 " sequence%s)\n",
		colour ? paint : "", status_name(finding->status), colour ? "\033[0m" : "",
		finding->environment, finding->reference, finding->differs, finding->sequences,
		finding->sequences == 1 ? "" : "s");
	write_lines(out, "code", finding->code);
	write_lines(out, "begins with", finding->start);
	write_lines(out, "wanted", finding->wanted);
	write_lines(out, "seen", finding->seen);
	write_line(out, "rules", *finding->rules ? finding->rules : "none");
	write_line(out, "known", finding->why);
	write_line(out, "see", finding->link);
	fprintf(out, "  %-*s%s\n\n", INDENT - 2, "again", differ_command(set, finding, command));
}

static void write_places(FILE *out, const struct differ_set *set)
{
	for (unsigned i = 0; i < set->n_places; i++) {
		const struct differ_place *place = &set->places[i];

		if (*place->skipped) {
			fprintf(out, "%-16s not run: %s\n", place->name, place->skipped);
			continue;
		}
		fprintf(out,
			"%-16s %9" PRIu64 " sequences, %9" PRIu64
			" to the end; %8.0f runs a second",
			place->name, place->sequences, place->to_the_end,
			place->seconds > 0 ? (double)place->runs / place->seconds : 0);
		if (place->vms)
			fprintf(out, "; %u VM%s", place->vms, place->vms == 1 ? "" : "s");
		fputc('\n', out);
	}
}

int differ_write_text(FILE *out, const struct differ_set *set, bool colour, struct err *err)
{
	size_t known = differ_set_count(set, STATUS_KNOWN);

	if (set->only)
		fprintf(out, "%s\n", set->only);
	/* What is new comes last, where it is seen. */
	for (size_t i = 0; i < set->n_findings; i++)
		if (set->findings[i].status == STATUS_KNOWN)
			write_finding(out, set, &set->findings[i], colour);
	for (size_t i = 0; i < set->n_findings; i++)
		if (set->findings[i].status != STATUS_KNOWN)
			write_finding(out, set, &set->findings[i], colour);
	write_places(out, set);
	fprintf(out,
		"seed %" PRIu64 ": %" PRIu64 " sequences in %.1f s, %" PRIu64
		" of them with a difference; %zu unknown differences, %zu known ones",
		set->seed, set->sequences, set->seconds, set->differing, set->n_findings - known,
		known);
	if (set->left_out)
		fprintf(out, "; %" PRIu64 " instructions left out (cpuid-features)", set->left_out);
	if (set->not_listed)
		fprintf(out, "; %" PRIu64 " more are not listed", set->not_listed);
	fputc('\n', out);
	return ferror(out) ? err_set(err, EIO, "cannot write the findings") : 0;
}

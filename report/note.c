/* SPDX-License-Identifier: MIT */
#include "report/note.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/anatomy.h"
#include "report/figure.h"

static bool same_cause(const struct result *a, const struct result *b)
{
	return a->status == b->status && !strcmp(a->reason, b->reason);
}

/* What is said of the result when nobody gave a reason. */
static const char *reason_of(const struct result *result)
{
	if (result->reason[0])
		return result->reason;
	return result->proof.why[0] ? result->proof.why : "no reason was recorded";
}

/* "KNOWN in guest, prot32: reason", for results[at] and all behind it of the same cause. */
static void describe(FILE *out, const struct result *const results[], size_t n, size_t at)
{
	fprintf(out, "%s in %s", status_name(results[at]->status), results[at]->environment);
	for (size_t i = at + 1; i < n; i++)
		if (results[i] && same_cause(results[i], results[at]))
			fprintf(out, ", %s", results[i]->environment);
	fprintf(out, ": %s", reason_of(results[at]));
}

static bool described_before(const struct result *const results[], size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (results[i] && same_cause(results[i], results[at]))
			return true;
	return false;
}

/* Also a result that is OK may come with a remark. */
static bool says_something(const struct result *result)
{
	return result->status != STATUS_OK || result->reason[0];
}

/* All causes of a row, on the heap; "" when it has none. NULL: no memory. */
static char *describe_all(const struct result *const results[], size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *separator = "";

	if (!out)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!results[i] || !says_something(results[i]) || described_before(results, i))
			continue;
		fputs(separator, out);
		describe(out, results, n, i);
		separator = "; ";
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

int notes_add(struct notes *notes, const struct result *const results[], size_t n)
{
	char *text = describe_all(results, n);
	char **texts;

	if (!text)
		return -ENOMEM;
	if (!*text) {
		free(text);
		return 0;
	}
	for (size_t i = 0; i < notes->n; i++) {
		if (!strcmp(notes->texts[i], text)) {
			free(text);
			return (int)i + 1;
		}
	}
	texts = reallocarray(notes->texts, notes->n + 1, sizeof(*texts));
	if (!texts) {
		free(text);
		return -ENOMEM;
	}
	notes->texts = texts;
	texts[notes->n++] = text;
	return (int)notes->n;
}

void notes_clear(struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		free(notes->texts[i]);
	free(notes->texts);
	*notes = (struct notes){0};
}

static const char *note_end(const struct run_info *run, char *buffer, size_t size)
{
	const char *name = run->signal ? sigabbrev_np(run->signal) : NULL;

	if (run->signal && name)
		snprintf(buffer, size,
			 "The run was stopped by SIG%s: what it had not measured by "
			 "then is missing.",
			 name);
	else if (run->signal)
		snprintf(buffer, size,
			 "The run was stopped by signal %d: what it had not measured "
			 "by then is missing.",
			 run->signal);
	else if (!run->complete)
		snprintf(buffer, size,
			 "The record of this run has no end: it was killed or is "
			 "still going on.");
	else
		return NULL;
	return buffer;
}

static bool has_guest_figures(const struct result_set *set)
{
	for (size_t i = 0; i < set->n_results; i++)
		if (set->results[i].substrate != SUBSTRATE_NONE && set->results[i].estimate.valid)
			return true;
	return false;
}

static const char *note_substrate(const struct result_set *set)
{
	const struct machine *machine = &set->run.machine;

	if (!has_guest_figures(set))
		return NULL;
	if (machine->substrate == SUBSTRATE_PVM)
		return "Under kvm_pvm (substrate pvm) the guest is run in software, without VT-x "
		       "or SVM, and its kernel mode is emulated: no figure here is a VT-x or SVM "
		       "figure.";
	if (machine->substrate == SUBSTRATE_OTHER)
		return "The module behind /dev/kvm is not one that this program knows: no figure "
		       "here may be taken for a VT-x or SVM figure.";
	return NULL;
}

const char *note_of_run(const struct result_set *set, size_t index, char *buffer, size_t size)
{
	const struct machine *machine = &set->run.machine;
	const char *const candidates[] = {
		note_end(&set->run, buffer, size),
		note_substrate(set),
		machine->emulated ? "This host's processor is an emulator: time means nothing on "
				    "it, and only exact counts can be compared."
				  : NULL,
		machine->nested ? "This KVM runs on hardware that another hypervisor provides: "
				  "each exit may cost several of that hypervisor's."
				: NULL,
		figure_under_hypervisor(machine)
			? "The host is itself a guest: native (L1) figures include what the outer "
			  "hypervisor does, and \"none\" means no exit to this KVM."
			: NULL,
	};

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		if (candidates[i] && !index--)
			return candidates[i];
	return NULL;
}

/* Of exitlab anatomy, which has no status: an exit was taken apart, or could not be. */
static bool is_anatomy_alone(const struct result *result)
{
	return result->anatomy && !result->estimate.valid && !result->samples.n_instances;
}

static const char *count_anatomies(const struct result_set *set, char *text, size_t size)
{
	size_t n = 0, skipped = 0, refused = 0, used;

	for (size_t i = 0; i < set->n_results; i++)
		if (is_anatomy_alone(&set->results[i])) {
			n++;
			skipped += set->results[i].anatomy->skipped[0] != 0;
			refused += set->results[i].anatomy->refused[0] != 0;
		}
	used = (size_t)snprintf(text, size, "%zu of %zu exits taken apart", n - skipped - refused,
				n);
	if (skipped)
		used += (size_t)snprintf(text + used, size - used, ", %zu skipped", skipped);
	if (refused)
		snprintf(text + used, size - used, ", %zu refused: observing changed them",
			 refused);
	return text;
}

const char *note_counts(const struct result_set *set, char *text, size_t size)
{
	size_t counts[STATUS_COUNT] = {0}, n = 0, used;
	const char *separator = ": ";

	for (size_t i = 0; i < set->n_results; i++)
		if (!is_anatomy_alone(&set->results[i])) {
			counts[set->results[i].status]++;
			n++;
		}
	if (!n && set->n_results)
		return count_anatomies(set, text, size);
	snprintf(text, size, "%zu result%s", n, n == 1 ? "" : "s");
	for (int i = 0; i < STATUS_COUNT; i++) {
		if (!counts[i])
			continue;
		used = strlen(text);
		snprintf(text + used, size - used, "%s%zu %s", separator, counts[i],
			 status_name(i));
		separator = ", ";
	}
	return text;
}

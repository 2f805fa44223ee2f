/* SPDX-License-Identifier: MIT */
#include "cli/events.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "kvm-harness/sys.h"
#include "measure/counter_sets.h"
#include "measure/counter_why.h"
#include "measure/machine.h"
#include "measure/pmu.h"
#include "report/text.h"

#define WIDTH 98

struct listing {
	FILE *out;
	const char *const *patterns;
	size_t n_patterns;
	size_t n;	 /* that were printed */
	char source[64]; /* of the last one */
};

static bool matches(const struct listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->n_patterns; i++)
		if (!fnmatch(listing->patterns[i], name, FNM_CASEFOLD))
			return true;
	return !listing->n_patterns;
}

static void write_set(const struct listing *listing, const struct counter_set *set)
{
	fprintf(listing->out, "@%-12s %s\n", set->name, set->title);
	text_wrap(listing->out, "      ", set->text, WIDTH);
	for (unsigned i = 0; i < set->n_events; i++) {
		const char *name = set->events[i].name, *encoding = set->events[i].encoding;

		/* A name with many attributes has a line of its own. */
		if (strcmp(name, encoding))
			fprintf(listing->out, "      %-24s%s%s\n", name,
				strlen(encoding) > WIDTH - 32 ? "\n          " : " ", encoding);
		else
			fprintf(listing->out, "      %s\n", name);
	}
	for (unsigned i = 0; i < set->n_ratios; i++)
		fprintf(listing->out, "      %s = %s / %s\n", set->ratios[i].name,
			set->ratios[i].over, set->ratios[i].under);
}

static int write_sets(struct listing *listing, struct err *err)
{
	const char *name;
	int rc = 0;

	for (unsigned i = 0; (name = counter_set_name(i)) != NULL && !rc; i++) {
		struct counter_set set;
		char marked[32];

		snprintf(marked, sizeof(marked), "@%s", name);
		if (!matches(listing, marked))
			continue;
		rc = counter_set_load(name, &set, err);
		if (!rc) {
			write_set(listing, &set);
			listing->n++;
		}
		counter_set_clear(&set);
	}
	return rc;
}

static int write_event(void *data, const char *source, const char *name, const char *text)
{
	struct listing *listing = data;
	char label[128];

	if (!matches(listing, name))
		return 0;
	if (strcmp(listing->source, source)) {
		snprintf(listing->source, sizeof(listing->source), "%s", source);
		fprintf(listing->out, "\n%s:\n", source);
	}
	snprintf(label, sizeof(label), "  %-36s ", name);
	text_wrap(listing->out, label, text ? text : "", WIDTH);
	listing->n++;
	return 0;
}

/* Knowing a name is one thing. */
static void write_limits(struct listing *listing)
{
	struct machine machine;
	struct counter_host host;
	char why[400], text[600];

	if (machine_probe("", &machine, NULL))
		return;
	counter_host_look(&host, &machine);
	if (host.pmu)
		return;
	snprintf(text, sizeof(text),
		 "Events of the processor are known by name, but cannot be counted here: %s.",
		 counter_why(ENOENT, EVENT_HARDWARE, &host, why, sizeof(why)));
	putc('\n', listing->out);
	text_wrap(listing->out, "", text, WIDTH);
}

int events_write(FILE *out, const char *const *patterns, size_t n, struct err *err)
{
	struct listing listing = {.out = out, .patterns = patterns, .n_patterns = n};
	int rc = write_sets(&listing, err);

	if (!rc)
		rc = pmu_events(write_event, &listing, err);
	if (rc)
		return rc;
	if (!listing.n)
		return err_set(err, EINVAL, "no event matches '%s'; exitlab list --events has all",
			       patterns[0]);
	write_limits(&listing);
	return 0;
}

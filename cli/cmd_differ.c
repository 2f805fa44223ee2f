/* SPDX-License-Identifier: MIT */
/* exitlab differ: does KVM execute instructions as the processor does? */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "differ/arch/x86/rules.h"
#include "differ/arch/x86/sequence.h"
#include "differ/campaign.h"
#include "differ/known.h"
#include "measure/machine.h"
#include "report/differ.h"
#include "report/text.h"

#define DEFAULT_SECONDS 10
#define DEFAULT_LENGTH	8
#define WIDTH		100

static int usage(const struct options *options)
{
	const char *format = options->format;

	if (format && strcmp(format, "text") && strcmp(format, "json")) {
		complain("--format: '%s' is neither text nor json", format);
		return CODE_USAGE;
	}
	if (options->length_given && (!options->length || options->length > UNITS_MAX)) {
		complain("--length: %llu is not between 1 and %d",
			 (unsigned long long)options->length, UNITS_MAX);
		return CODE_USAGE;
	}
	if (options->count_given && !options->count) {
		complain("--count: 0 sequences compare nothing");
		return CODE_USAGE;
	}
	if (options->list_rules && (format || options->count_given || options->only_given || options->seed_given)) {
		complain("--list-rules runs nothing: it goes with no other option");
		return CODE_USAGE;
	}
	if (options->only_given && options->count_given) {
		complain("--only runs one sequence and --count the first ones: give one of them");
		return CODE_USAGE;
	}
	if (options->environments && *options->environments && !strchr(options->environments, ',')) {
		complain("--env: '%s' alone has nothing to be compared with; give two or more, such as native,guest",
			 options->environments);
		return CODE_USAGE;
	}
	if (options->patterns.n) {
		complain("differ takes no names: '%s'", options->patterns.items[0]);
		return CODE_USAGE;
	}
	return CODE_OK;
}

/* ---- --list-rules ---------------------------------------------------------------------------- */

static void list_rules(void)
{
	printf("Not compared, by the manuals:\n");
	for (unsigned i = 0; i < RULES; i++) {
		printf("\n%s\n    ", rule_texts[i].name);
		text_wrap_from(stdout, rule_texts[i].text, 4, WIDTH);
		printf("    ");
		text_wrap_from(stdout, rule_texts[i].source, 4, WIDTH);
	}
	printf("\nKnown differences, which are shown as KNOWN:\n");
	for (const struct known *known = known_differences; known->name; known++) {
		printf("\n%s\n    ", known->name);
		text_wrap_from(stdout, known->why, 4, WIDTH);
		printf("    %s\n", known->link);
	}
}

/* ---- running --------------------------------------------------------------------------------- */

struct running {
	struct progress progress;
	const struct differ_options *wanted;
};

/* On a terminal: by sequences where their number is given, else by the time. */
static void progress(void *data, uint64_t done, double seconds)
{
	struct running *running = data;
	const struct differ_options *wanted = running->wanted;

	if (!running->progress.terminal)
		return;
	if (wanted->count)
		progress_update(&running->progress, "sequences", done, wanted->count, -1);
	else
		progress_update(&running->progress, "sequences", (size_t)(seconds * 1000),
				(size_t)(wanted->seconds * 1000) + 1, wanted->seconds - seconds);
}

static void describe(struct differ_set *set)
{
	time_t now = time(NULL);
	struct err err = {0};
	struct tm utc;

	snprintf(set->program_version, sizeof(set->program_version), "%s", EXITLAB_VERSION);
	strftime(set->started, sizeof(set->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	/* What cannot be read stays empty. */
	machine_probe("", &set->machine, &err);
}

static int code_of(const struct differ_set *set, bool strict)
{
	size_t known = differ_set_count(set, STATUS_KNOWN);

	if (set->n_findings > known || set->not_listed || (strict && known))
		return CODE_FAILED;
	return set->signal ? CODE_SIGNAL + set->signal : CODE_OK;
}

static const char *why_skipped(const struct differ_set *set)
{
	for (unsigned i = 0; i < set->n_places; i++)
		if (*set->places[i].skipped)
			return set->places[i].skipped;
	return "--env names one environment alone";
}

static int write_set(const struct options *options, const struct differ_set *set)
{
	bool json = options->format && !strcmp(options->format, "json");
	struct err err = {0};
	int rc = json ? differ_write_json(stdout, set, &err)
		      : differ_write_text(stdout, set, isatty(STDOUT_FILENO), &err);

	if (rc)
		complain("%s", err.text);
	return rc ? CODE_CANNOT_RUN : CODE_OK;
}

static int run(const struct options *options, struct differ_options *wanted)
{
	struct running running = {.wanted = wanted};
	static struct differ_set set;
	struct err err = {0};
	int code, rc;

	describe(&set);
	wanted->substrate = set.machine.substrate;
	wanted->emulated = set.machine.emulated;
	progress_begin(&running.progress);
	wanted->progress = progress;
	wanted->data = &running;
	stop_catch();
	wanted->stop = &stop_signal;
	rc = differ_run(wanted, &set, &err);
	progress_end(&running.progress);
	if (rc)
		complain("%s", err.text);
	if (!rc && !differ_compared(&set)) {
		complain("nothing to compare: %s", why_skipped(&set));
		return CODE_SKIPPED;
	}
	code = write_set(options, &set);
	if (!code)
		code = rc ? CODE_CANNOT_RUN : code_of(&set, options->strict);
	differ_set_clear(&set);
	return code;
}

int cmd_differ(const struct options *options)
{
	struct differ_options wanted = {
		.seed = options->seed_given ? options->seed : (uint64_t)time(NULL),
		.count = options->count,
		.seconds = options->time_given ? options->seconds : 0,
		.length = options->length_given ? (unsigned)options->length : DEFAULT_LENGTH,
		.places = PLACES_ALL,
		.only = options->only_given,
		.number = options->only,
	};
	struct err err = {0};
	int code = usage(options);

	if (code)
		return code;
	if (options->environments)
		wanted.places = places_parse(options->environments, &err);
	if (!wanted.places) {
		complain("--env: %s", err.text);
		return CODE_USAGE;
	}
	if (!options->count_given && !options->time_given)
		wanted.seconds = DEFAULT_SECONDS;
	if (options->list_rules) {
		list_rules();
		return CODE_OK;
	}
	return run(options, &wanted);
}

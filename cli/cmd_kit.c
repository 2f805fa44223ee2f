/* SPDX-License-Identifier: MIT */
/*
 * exitlab kit: everything worth having from a machine that somebody else owns, in one file that can
 * be mailed; and --add, which takes such a file in.
 */
#include "cli/commands.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/doctor_findings.h"
#include "cli/kit_files.h"
#include "cli/options.h"
#include "kvm-harness/environment.h"
#include "measure/counter_why.h"
#include "measure/plan.h"
#include "report/jsonl.h"

#define KIT_SECONDS 300
/* Of what a result takes in a bundle; what recorded runs took, rounded up. */
#define KIT_BYTES_PER_RESULT 10000
#define RECORDED	     "datasets/recorded"

struct kit {
	struct options run; /* what run is called with */
	struct doctor_findings found;
	char bundle[PATH_MAX], part[PATH_MAX];
};

static int choose_names(struct kit *kit, const struct options *options)
{
	time_t now = time(NULL);
	char day[16], name[160];
	struct tm utc;
	int n;

	strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&now, &utc));
	kit_name(name, sizeof(name), &kit->found.machine, day);
	n = options->output
		    ? snprintf(kit->bundle, sizeof(kit->bundle), "%s", options->output)
		    : snprintf(kit->bundle, sizeof(kit->bundle), "exitlab-%s.jsonl.gz", name);
	if (n < 0 || (size_t)n + sizeof(".part") > sizeof(kit->part)) {
		complain("--output: the path is too long");
		return CODE_USAGE;
	}
	snprintf(kit->part, sizeof(kit->part), "%.*s.part", n, kit->bundle);
	if (!access(kit->bundle, F_OK)) {
		complain("%s exists already; remove it, or give --output another name",
			 kit->bundle);
		return CODE_CANNOT_RUN;
	}
	if (!access(kit->part, F_OK)) {
		complain("%s is of a run that was cut off: it holds what was measured until then; "
			 "mail "
			 "it as it is, or remove it",
			 kit->part);
		return CODE_CANNOT_RUN;
	}
	return CODE_OK;
}

/* To the person at that machine, before anything is done. */
static int state_intent(const struct kit *kit)
{
	const struct plan_options everything = {.environments = ~0u};
	const struct machine *machine = &kit->found.machine;
	struct plan plan = {0};
	struct err err = {0};

	if (plan_build(&plan, &everything, machine, &err)) {
		complain("%s", err.text);
		return CODE_CANNOT_RUN;
	}
	fprintf(stderr,
		"exitlab kit %s: what it costs when a guest leaves to its hypervisor, on this "
		"machine\n"
		"  runs      %zu operations x environments in small guests of its own on /dev/kvm "
		"(%s)\n"
		"  takes     at most %.0f min of %u CPU%s; Ctrl-C ends it early and keeps what "
		"there is\n"
		"  writes    %s\n"
		"            (about %.1f MiB); no other file, no setting, no network\n"
		"  contains  processor, kernel, KVM's parameters, mitigations, limits, figures;\n"
		"            no name of host or user, no address, no kernel command line\n",
		EXITLAB_VERSION, plan.n_cells, *machine->kvm_module ? machine->kvm_module : "kvm",
		ceil(kit->run.max_seconds / 60 + 0.5), machine->cpus_online < 2 ? 1u : 2u,
		machine->cpus_online < 2 ? "" : "s", kit->bundle,
		(double)plan.n_cells * KIT_BYTES_PER_RESULT / (1 << 20));
	plan_clear(&plan);
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
		int c;

		fputs("Enter begins, Ctrl-C leaves. ", stderr);
		do
			c = getchar();
		while (c != '\n' && c != EOF);
	}
	return CODE_OK;
}

static int record(const struct options *options)
{
	static struct kit kit; /* large */
	const struct capability *kvm;
	struct counter_host pmu;
	struct err err = {0};
	struct stat status;
	int code;

	if (options->patterns.n) {
		complain("kit takes no arguments, '%s' was given; --add takes a bundle in",
			 options->patterns.items[0]);
		return CODE_USAGE;
	}
	kit.run = *options;
	kit.run.format = NULL;
	if (!options->max_given) {
		kit.run.max_given = true;
		kit.run.max_seconds = KIT_SECONDS;
	}
	doctor_find(&kit.found);
	kvm = capability_find(kit.found.list, kit.found.doctor.n, CAPABILITY_KVM);
	if (kit.found.doctor.worth == TIMING_NO_GUESTS) {
		complain("no guest can be run here: %s; %s", kvm->detail,
			 *kvm->fix ? kvm->fix : "exitlab doctor says more");
		return CODE_CANNOT_RUN;
	}
	/* Nothing has been seen of a PMU yet: where there is one, its counts come along. */
	counter_host_look(&pmu, &kit.found.machine);
	if (pmu.pmu)
		kit.run.counters = "@exit";
	if (options->machine_id)
		snprintf(kit.found.machine.id, sizeof(kit.found.machine.id), "%s",
			 options->machine_id);
	code = choose_names(&kit, options);
	if (!code)
		code = state_intent(&kit);
	if (code)
		return code;
	kit.run.output = kit.part;
	code = cmd_run(&kit.run);
	if (stat(kit.part, &status) || !status.st_size) {
		unlink(kit.part);
		return code ? code : CODE_CANNOT_RUN;
	}
	if (kit_pack(kit.bundle, kit.part, &kit.found.doctor, &err)) {
		complain("%s; what was measured is in %s", err.text, kit.part);
		return CODE_CANNOT_RUN;
	}
	unlink(kit.part);
	stat(kit.bundle, &status);
	fprintf(stderr, "%s, %.1f MiB: please mail this file back. Thank you.\n", kit.bundle,
		(double)status.st_size / (1 << 20));
	return code;
}

/* ---- at home ---- */

static void say_what_came(const char *path, const struct result_set *set)
{
	size_t counts[STATUS_COUNT] = {0}, proven = 0;

	for (size_t i = 0; i < set->n_results; i++) {
		counts[set->results[i].status]++;
		proven += set->results[i].proof.verdict == PROOF_PROVEN ||
			  set->results[i].proof.verdict == PROOF_PROVEN_COUNT;
	}
	printf("%s: %s on %s, exitlab %s, %s\n", path, set->run.machine.kvm_module,
	       *set->run.machine.id ? set->run.machine.id : set->run.machine.cpu_model,
	       set->run.program_version, set->run.complete ? "complete" : "the run was cut off");
	printf("  %zu results, %zu with proof;", set->n_results, proven);
	for (int i = 0; i < STATUS_COUNT; i++)
		if (counts[i])
			printf(" %zu %s", counts[i], status_name((enum status)i));
	putchar('\n');
}

static int add(const struct options *options, const char *bundle)
{
	struct result_set set = {0};
	struct err err = {0};
	char name[160], path[PATH_MAX];
	int code = CODE_CANNOT_RUN;

	if (jsonl_read(bundle, &set, &err)) {
		complain("%s", err.text);
		return CODE_CANNOT_RUN;
	}
	kit_name(name, sizeof(name), &set.run.machine, set.run.started);
	if (options->output)
		snprintf(path, sizeof(path), "%s", options->output);
	else
		snprintf(path, sizeof(path), RECORDED "/%s.jsonl", name);
	if (!options->output && access(RECORDED, F_OK)) {
		complain("there is no folder " RECORDED
			 " here: call it in exitlab's source tree, or "
			 "give --output");
	} else if (!set.n_results) {
		complain("%s holds no results", bundle);
	} else if (kit_unpack(bundle, path, &err)) {
		complain("%s", err.text);
	} else {
		say_what_came(path, &set);
		code = CODE_OK;
	}
	result_set_clear(&set);
	return code;
}

int cmd_kit(const struct options *options)
{
	int code = CODE_OK;

	if (!options->add)
		return record(options);
	if (!options->patterns.n || (options->output && options->patterns.n > 1)) {
		complain(options->output ? "--add with --output wants one bundle"
					 : "--add wants bundles; see exitlab kit --help");
		return CODE_USAGE;
	}
	for (size_t i = 0; i < options->patterns.n; i++) {
		int each = add(options, options->patterns.items[i]);

		code = code ? code : each;
	}
	return code;
}

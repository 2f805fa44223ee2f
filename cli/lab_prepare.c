/* SPDX-License-Identifier: MIT */
/* From the options of `lab` to a machine that can be booted, and a command for it. */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/lab.h"
#include "emulated-hosts/emulator.h"
#include "emulated-hosts/files.h"
#include "measure/checker.h"
#include "measure/plan.h"

#define DEFAULT_BOOTS	   3
#define DEFAULT_TIME_LIMIT 300
#define TRACED_SERIES	   "8"

/*
 * Kept short for the emulators' sake, and quiet for the clock's: no address randomization, no
 * watchdog, no checks of timers that are right by construction, no self-tests.
 */
#define COMMAND_LINE                                                        \
	"nokaslr nowatchdog tsc=reliable no_timer_check cryptomgr.notests " \
	"initcall_blacklist=load_system_certificate_list,init_blk_tracer,init_kprobe_trace"

/* ---- from options to a machine -------------------------------------------------------------- */

static int usage(const char *text)
{
	complain("%s", text);
	return CODE_USAGE;
}

static int choose_model(struct lab *lab, const struct cpu_model *model)
{
	const struct options *options = lab->options;
	const char *name = options->cpu_model;

	if (!model)
		model = cpu_model_find(lab->machine.host, name);
	/* One that is not in the table may be good: the emulator knows. */
	snprintf(lab->machine.cpu_model, sizeof(lab->machine.cpu_model), "%s",
		 model ? model->name : name);
	snprintf(lab->machine.cpu_features, sizeof(lab->machine.cpu_features), "%s",
		 model && model->features		  ? model->features
		 : !model && lab->machine.host == LAB_AMD ? "+svm,-rdrand,-rdseed"
							  : "");
	snprintf(lab->machine.parameters, sizeof(lab->machine.parameters), "%s",
		 model && model->parameters ? model->parameters : "");
	lab->model_words = model ? model->command_line : NULL;
	return CODE_OK;
}

static int add_parameters(struct lab *lab)
{
	char *text = lab->machine.parameters;

	for (size_t i = 0; i < lab->options->parameters.n; i++) {
		const char *parameter = lab->options->parameters.items[i];
		size_t used = strlen(text), size = sizeof(lab->machine.parameters);

		if (!strchr(parameter, '=') || strpbrk(parameter, " \t\n")) {
			complain("--param: '%s' is not NAME=VALUE, such as ept=0", parameter);
			return CODE_USAGE;
		}
		if (used + strlen(parameter) + 2 > size)
			return usage("--param: too many of them");
		snprintf(text + used, size - used, "%s%s", used ? " " : "", parameter);
	}
	return CODE_OK;
}

/*
 * With the mitigations goes the check of what is copied to user space: where KVM reads a guest's
 * code it asks in which page of a slab its own buffer lies, and the count would depend by one on
 * that.
 */
static const char *mitigation_words(bool off)
{
	return off ? "mitigations=off hardened_usercopy=off" : "mitigations=auto";
}

/* Parameters stand there as well, for a kernel that has kvm built in. */
static int make_command_line(struct lab *lab)
{
	const char *mitigations = lab->options->mitigations;
	char *line = lab->machine.command_line, parameters[200], *rest = parameters, *parameter;
	size_t size = sizeof(lab->machine.command_line), used;

	if (mitigations && strcmp(mitigations, "off") && strcmp(mitigations, "auto")) {
		complain("--mitigations: '%s' is neither off nor auto", mitigations);
		return CODE_USAGE;
	}
	used = (size_t)snprintf(line, size, "console=ttyS0%s %s " COMMAND_LINE,
				lab->options->verbose ? "" : " quiet",
				mitigation_words(!mitigations || !strcmp(mitigations, "off")));
	if (lab->options->hugepages && used < size)
		used += (size_t)snprintf(line + used, size - used, " hugepages=%" PRIu64,
					 lab->options->hugepages);
	if (lab->model_words && used < size)
		used += (size_t)snprintf(line + used, size - used, " %s", lab->model_words);
	memcpy(parameters, lab->machine.parameters, sizeof(parameters));
	while ((parameter = strsep(&rest, " ")) && used < size)
		if (*parameter)
			used += (size_t)snprintf(line + used, size - used, " %s.%s",
						 lab_host_module(lab->machine.host), parameter);
	return used < size ? CODE_OK : usage("--param: too many of them");
}

/* Of 2 MiB each. */
#define MAX_HUGEPAGES (EMULATED_MEMORY_MIB / 4)

static int check_numbers(struct lab *lab)
{
	const struct options *options = lab->options;

	lab->n_boots = options->boots_given ? (unsigned)options->boots : DEFAULT_BOOTS;
	if (options->boots_given && (!options->boots || options->boots > LAB_BOOTS_MAX)) {
		complain("--boots: %" PRIu64 " is not between 1 and %d", options->boots,
			 LAB_BOOTS_MAX);
		return CODE_USAGE;
	}
	if (options->hugepages > MAX_HUGEPAGES) {
		complain("--hugepages: %" PRIu64 " is more than %d, half of the emulated memory",
			 options->hugepages, MAX_HUGEPAGES);
		return CODE_USAGE;
	}
	lab->machine.cpus = options->emulated_cpus_given ? (unsigned)options->emulated_cpus : 1;
	if (options->emulated_cpus_given &&
	    (!options->emulated_cpus || options->emulated_cpus > 8)) {
		complain("--cpus: %" PRIu64 " is not between 1 and 8", options->emulated_cpus);
		return CODE_USAGE;
	}
	lab->machine.max_seconds =
		options->time_limit_given ? options->time_limit : DEFAULT_TIME_LIMIT;
	return CODE_OK;
}

static int check_machine(struct lab *lab, const struct cpu_model *model)
{
	const struct options *options = lab->options;
	int host, code;

	if (!model && !options->host)
		return usage("lab wants --host intel or --host amd; see exitlab lab --help");
	host = model ? (int)model->host : lab_host_parse(options->host);
	if (host < 0) {
		complain("--host: '%s' is neither intel nor amd", options->host);
		return CODE_USAGE;
	}
	lab->machine.host = (enum lab_host)host;
	code = choose_model(lab, model);
	if (!code)
		code = add_parameters(lab);
	if (!code)
		code = make_command_line(lab);
	return code ? code : check_numbers(lab);
}

/* ---- the command that runs there ------------------------------------------------------------ */

static void add_arg(struct lab *lab, const char *arg)
{
	if (lab->n_args + 1 < sizeof(lab->args) / sizeof(lab->args[0]))
		lab->args[lab->n_args++] = arg;
}

bool lab_measures(const struct lab *lab)
{
	return !strcmp(lab->command, "run");
}

/* The options of `run` that are the lab's business replace the user's: the last one counts. */
static void add_run_args(struct lab *lab)
{
	if (lab->profiled && (lab->anatomy ? !lab->inner.environments : !lab->options->patterns.n)) {
		add_arg(lab, "--env");
		add_arg(lab, "guest");
	}
	if (lab->profiled) {
		add_arg(lab, "--marked");
		add_arg(lab, TRACED_SERIES);
	}
	add_arg(lab, "--format");
	add_arg(lab, "csv");
	add_arg(lab, "--output");
	add_arg(lab, "/proc/self/fd/3");
}

#define RUN_THERE \
	(COMMAND_RUN | COMMAND_CHECK | COMMAND_DIFFER | COMMAND_LIST | COMMAND_DOCTOR | COMMAND_TRACE)

/* A pattern without an operation would be found out on the emulated host, after minutes. */
static bool matches_something(const struct options *inner)
{
	static const struct machine any = {.substrate = SUBSTRATE_NONE, .cpus_online = 2};
	const struct plan_options options = {
		.patterns = inner->patterns.items,
		.n_patterns = inner->patterns.n,
		.excludes = inner->excludes.items,
		.n_excludes = inner->excludes.n,
		.environments = ~0u,
	};
	struct plan plan = {0};
	struct err err = {0};
	bool found = !plan_build(&plan, &options, &any, &err);

	if (!found)
		complain("%s", err.text);
	plan_clear(&plan);
	return found;
}

static bool matches_some_check(const struct options *inner)
{
	const struct checker_options options = {.patterns = inner->patterns.items,
						.n_patterns = inner->patterns.n};
	struct checker checker;
	struct err err = {0};
	bool found = !checker_choose(&checker, &options, &err);

	if (!found)
		complain("%s", err.text);
	else
		checker_clear(&checker);
	return found;
}

/* What the user typed behind lab's own options, up to a "--" of the command's own. */
static int make_command(struct lab *lab)
{
	static const char *const profile_words[] = {"run", NULL, NULL};
	const char *const *words = lab->options->patterns.items;
	const char *words_of_profile[3];
	size_t n = lab->options->patterns.n, end = n;
	const struct command *command;
	struct err err = {0};

	if (lab->options->profile && !n) {
		memcpy(words_of_profile, profile_words, sizeof(profile_words));
		words_of_profile[1] = lab->options->profile;
		words = words_of_profile;
		n = end = 2;
	}
	/* Its legs come from the record of every instruction, so it is a run with one. */
	lab->anatomy = n && !strcmp(words[0], "anatomy");
	lab->profiled = lab->options->profile || lab->anatomy;
	if (lab->anatomy && !lab->options->boots_given)
		lab->n_boots = 1;
	lab->command = n && !lab->anatomy ? words[0] : "run";
	command = command_find(lab->command);
	if (!command || !(command->bit & RUN_THERE)) {
		complain("lab runs the commands run, check, differ, anatomy, list, doctor and trace, not '%s'",
			 lab->command);
		return CODE_USAGE;
	}
	if (options_parse(command, n ? (int)n - 1 : 0, (char **)(uintptr_t)(words + 1), &lab->inner,
			  &err)) {
		complain("%s", err.text);
		return CODE_USAGE;
	}
	if (lab_measures(lab) && !matches_something(&lab->inner))
		return CODE_USAGE;
	if (lab_measures(lab) && output_check(lab->inner.format, COMMAND_RUN))
		return CODE_USAGE;
	if (command->bit == COMMAND_CHECK && lab->inner.repro)
		return usage("--save-repro would write into the emulated host, which is gone behind it");
	if (command->bit == COMMAND_CHECK && !matches_some_check(&lab->inner))
		return CODE_USAGE;
	if (lab->options->profile && !lab_measures(lab))
		return usage("--profile wants the command run");
	for (size_t i = 1; i < n && end == n; i++)
		if (!strcmp(words[i], "--"))
			end = i;
	add_arg(lab, lab->command);
	for (size_t i = 1; i < end; i++)
		add_arg(lab, words[i]);
	if (lab_measures(lab))
		add_run_args(lab);
	else
		lab->n_boots = 1;
	for (size_t i = end; i < n; i++)
		add_arg(lab, words[i]);
	lab->seed = lab->inner.seed_given ? lab->inner.seed : 1;
	return CODE_OK;
}

/* ---- what it needs -------------------------------------------------------------------------- */

static int find_kernel(struct lab *lab, struct err *err)
{
	const char *name = lab->options->kernel ? lab->options->kernel : "stable";
	char folder[1024];
	int rc;

	if (strchr(name, '/') || !access(name, F_OK))
		return kernel_open(name, lab->options->modules, lab->machine.host, &lab->kernel,
				   err);
	if (strcmp(name, "stable") && strcmp(name, "backports"))
		return err_set(
			err, ENOENT,
			"--kernel: there is no file or folder %s, and it is neither stable nor "
			"backports",
			name);
	if (files_kernel(name, folder, sizeof(folder))) {
		fprintf(stderr, "fetching the kernel \"%s\" of this distribution, once ...\n",
			name);
		rc = files_fetch_kernel(name, folder, err);
		if (rc)
			return rc;
	}
	return kernel_open(folder, NULL, lab->machine.host, &lab->kernel, err);
}

static int find_parts(struct lab *lab, struct err *err)
{
	int rc = lab_machine_check(&lab->machine, lab->options->emulator, err);

	if (!rc)
		rc = files_program(lab->machine.program, sizeof(lab->machine.program), err);
	files_plugin(lab->machine.emulator_version, lab->machine.plugin,
		     sizeof(lab->machine.plugin));
	if (!rc)
		rc = find_kernel(lab, err);
	lab->machine.kernel = &lab->kernel;
	return rc;
}

int lab_prepare(struct lab *lab, const struct options *options, const struct cpu_model *model)
{
	struct err err = {0};
	int code;

	memset(lab, 0, sizeof(*lab));
	lab->options = options;
	code = check_machine(lab, model);
	if (!code)
		code = make_command(lab);
	if (code)
		return code;
	if (!find_parts(lab, &err))
		return CODE_OK;
	complain("%s", err.text);
	return CODE_CANNOT_RUN;
}

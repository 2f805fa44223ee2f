/* SPDX-License-Identifier: MIT */
#include "cli/lab.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analysis/histogram.h"
#include "analysis/merge.h"
#include "analysis/profile.h"
#include "cli/commands.h"
#include "cli/stop.h"
#include "emulated-hosts/files.h"
#include "emulated-hosts/tool.h"
#include "report/jsonl.h"

#define DEFAULT_BOOTS	   3
#define DEFAULT_TIME_LIMIT 300
/* More than a run has operations: Bochs's debugger stops at a marker that it was not told of. */
#define TRACED_MAX    2000
#define TRACED_SERIES "8"
#define POLL_MS	      50

/*
 * Kept short for the emulators' sake, and quiet for the clock's: no address randomization, no
 * watchdog, no checks of timers that are right by construction, no self-tests.
 */
#define COMMAND_LINE                                                        \
	"nokaslr nowatchdog tsc=reliable no_timer_check cryptomgr.notests " \
	"initcall_blacklist=load_system_certificate_list,init_blk_tracer,init_kprobe_trace"

/* ---- from options to a machine ----------------------------------------------------------------
 */

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
		 model				? model->features
		 : lab->machine.host == LAB_AMD ? "+svm,-rdrand,-rdseed"
						: "");
	snprintf(lab->machine.parameters, sizeof(lab->machine.parameters), "%s",
		 model ? model->parameters : "");
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
 * With the mitigations goes the check of what is copied to user space: where KVM reads a guest's code
 * it asks in which page of a slab its own buffer lies, and the count would depend by one on that.
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
	memcpy(parameters, lab->machine.parameters, sizeof(parameters));
	while ((parameter = strsep(&rest, " ")) && used < size)
		if (*parameter)
			used += (size_t)snprintf(line + used, size - used, " %s.%s",
						 lab_host_module(lab->machine.host), parameter);
	return used < size ? CODE_OK : usage("--param: too many of them");
}

static int check_numbers(struct lab *lab)
{
	const struct options *options = lab->options;

	lab->n_boots = options->boots_given ? (unsigned)options->boots : DEFAULT_BOOTS;
	if (options->boots_given && (!options->boots || options->boots > LAB_BOOTS_MAX)) {
		complain("--boots: %" PRIu64 " is not between 1 and %d", options->boots,
			 LAB_BOOTS_MAX);
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

/* ---- the command that runs there --------------------------------------------------------------
 */

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
	if (lab->options->profile && !lab->options->patterns.n) {
		add_arg(lab, "--env");
		add_arg(lab, "guest");
	}
	if (lab->options->profile) {
		add_arg(lab, "--marked");
		add_arg(lab, TRACED_SERIES);
	}
	add_arg(lab, "--format");
	add_arg(lab, "csv");
	add_arg(lab, "--output");
	add_arg(lab, "/proc/self/fd/3");
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
	lab->command = n ? words[0] : "run";
	command = command_find(lab->command);
	if (!command || !(command->bit & (COMMAND_RUN | COMMAND_LIST | COMMAND_DOCTOR))) {
		complain("lab runs the commands run, list and doctor, not '%s'", lab->command);
		return CODE_USAGE;
	}
	if (options_parse(command, n ? (int)n - 1 : 0, (char **)(uintptr_t)(words + 1), &lab->inner,
			  &err)) {
		complain("%s", err.text);
		return CODE_USAGE;
	}
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

/* ---- what it needs ----------------------------------------------------------------------------
 */

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

void lab_clear(struct lab *lab)
{
	for (unsigned i = 0; i < LAB_BOOTS_MAX; i++)
		if (lab->boots[i].machine)
			boot_clear(&lab->boots[i]);
	kernel_clear(&lab->kernel);
}

/* ---- running ----------------------------------------------------------------------------------
 */

static int start_boot(struct lab *lab, unsigned i, struct err *err)
{
	const char *args[sizeof(lab->args) / sizeof(lab->args[0]) + 2];
	struct boot_options options = {
		.args = args,
		.number = i + 1,
		.symbols = lab->options->profile && !i,
		.traced = lab->options->profile && !i ? TRACED_MAX : 0,
	};
	size_t n = 0;

	args[n++] = lab->args[0];
	if (lab_measures(lab)) {
		snprintf(lab->texts[i], sizeof(lab->texts[i]), "%" PRIu64, lab->seed + i);
		args[n++] = "--seed";
		args[n++] = lab->texts[i];
	}
	for (size_t at = 1; at < lab->n_args; at++)
		args[n++] = lab->args[at];
	args[n] = NULL;
	return boot_start(&lab->boots[i], &lab->machine, &options, err);
}

/* What is to be said of the boots that run: one line. */
struct progress_line {
	bool terminal;
	double last;
	enum boot_state said[LAB_BOOTS_MAX];
};

static const char *doing(const struct boot *boot)
{
	return boot->state == BOOT_STARTING ? "booting"
	       : boot->last_line[0]	    ? boot->last_line
					    : "running";
}

static void show_progress(struct lab *lab, unsigned started, struct progress_line *line)
{
	for (unsigned i = 0; i < started; i++) {
		const struct boot *boot = &lab->boots[i];

		if (line->terminal || boot->state == line->said[i])
			continue;
		line->said[i] = boot->state;
		if (boot->state == BOOT_RUNNING)
			fprintf(stderr, "boot %u of %u: Linux %s is up after %.1f s\n", i + 1,
				lab->n_boots, boot->release, boot_seconds(boot));
		else if (boot->state == BOOT_DONE)
			fprintf(stderr, "boot %u of %u: done after %.1f s\n", i + 1, lab->n_boots,
				boot_seconds(boot));
	}
	if (!line->terminal)
		return;
	fprintf(stderr, "\r\033[K");
	for (unsigned i = 0; i < started; i++)
		if (lab->boots[i].state <= BOOT_RUNNING)
			fprintf(stderr, "[%u/%u %3.0f s] %.36s  ", i + 1, lab->n_boots,
				boot_seconds(&lab->boots[i]), doing(&lab->boots[i]));
	fflush(stderr);
}

/* Until an emulator says something, or a moment has passed. */
static void wait_for_any(struct lab *lab, unsigned started)
{
	struct pollfd fds[LAB_BOOTS_MAX];
	nfds_t n = 0;

	for (unsigned i = 0; i < started; i++)
		if (lab->boots[i].state <= BOOT_RUNNING)
			fds[n++] = (struct pollfd){.fd = lab->boots[i].terminal, .events = POLLIN};
	/* One that has hung up says so at once, all the time. */
	if (poll(fds, n, POLL_MS) > 0 && !(fds[0].revents & POLLIN))
		usleep(POLL_MS * 1000 / 10);
}

static void explain(struct lab *lab, unsigned i)
{
	struct boot *boot = &lab->boots[i];

	if (lab->n_boots > 1)
		complain("boot %u of %u: %s", i + 1, lab->n_boots, boot->err.text);
	else
		complain("%s", boot->err.text);
	if (lab->options->verbose)
		boot_console(boot, stderr);
	else
		fputs("exitlab: --verbose shows the console of its kernel\n", stderr);
}

/* As many at once as there are processors. */
static unsigned at_once(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (unsigned)n;
}

/* One look at every boot; true: one has failed. */
static bool look(struct lab *lab, unsigned started, unsigned *running, unsigned *which)
{
	bool failure = false;

	*running = 0;
	for (unsigned i = 0; i < started; i++) {
		struct boot *boot = &lab->boots[i];

		if (boot->state > BOOT_RUNNING)
			continue;
		boot_poll(boot);
		if (lab->options->verbose)
			boot_console(boot, stderr);
		if (boot->state == BOOT_DONE)
			boot_end(boot);
		if (boot->state == BOOT_FAILED) {
			failure = true;
			*which = i;
		}
		*running += boot->state <= BOOT_RUNNING;
	}
	return failure;
}

int lab_run(struct lab *lab)
{
	struct progress_line line = {.terminal = isatty(STDERR_FILENO) && !lab->options->verbose};
	unsigned started = 0, running = 0, which = 0;
	int code = CODE_OK;
	struct err err = {0};

	stop_catch();
	while (!stop_signal && !code && (started < lab->n_boots || running)) {
		if (started < lab->n_boots && running < at_once()) {
			if (start_boot(lab, started, &err)) {
				complain("%s", err.text);
				code = CODE_CANNOT_RUN;
			}
			started++;
			running++;
			continue;
		}
		wait_for_any(lab, started);
		if (look(lab, started, &running, &which)) {
			show_progress(lab, started, &line);
			if (line.terminal)
				fprintf(stderr, "\r\033[K");
			explain(lab, which);
			code = CODE_CANNOT_RUN;
		}
		if (!code)
			show_progress(lab, started, &line);
	}
	if (line.terminal)
		fprintf(stderr, "\r\033[K");
	for (unsigned i = 0; i < started; i++)
		boot_end(&lab->boots[i]);
	if (stop_signal) {
		complain("stopped by SIG%s", sigabbrev_np(stop_signal));
		return CODE_SIGNAL + stop_signal;
	}
	return code;
}

/* ---- results ----------------------------------------------------------------------------------
 */

static void describe_modules(const struct lab *lab, struct emulated_host *host)
{
	size_t used = 0, size = sizeof(host->modules_sha256);

	for (size_t i = 0; i < lab->kernel.list.n && used < size; i++)
		used += (size_t)snprintf(host->modules_sha256 + used, size - used, "%s%s=%s",
					 i ? " " : "", lab->kernel.list.modules[i].name,
					 lab->kernel.list.modules[i].sha256);
}

static void describe(const struct lab *lab, unsigned boots, struct run_info *run)
{
	struct emulated_host *host = &run->emulated_host;

	host->boots = boots;
	host->cpus = lab->machine.cpus;
	snprintf(host->emulator, sizeof(host->emulator), "%s", lab->machine.emulator_version);
	snprintf(host->emulated_cpu, sizeof(host->emulated_cpu), "%s", lab->machine.cpu_model);
	snprintf(host->kernel_sha256, sizeof(host->kernel_sha256), "%s", lab->kernel.sha256);
	snprintf(host->module_parameters, sizeof(host->module_parameters), "%s",
		 lab->machine.parameters);
	snprintf(host->command_line, sizeof(host->command_line), "%s", lab->machine.command_line);
	describe_modules(lab, host);
	snprintf(run->arguments, sizeof(run->arguments), "lab %.500s", lab->options->given);
	run->seed = lab->seed;
	run->signal = stop_signal;
}

int lab_collect(struct lab *lab, struct result_set *set, struct err *err)
{
	unsigned boots = 0;
	int rc = 0;

	memset(set, 0, sizeof(*set));
	for (unsigned i = 0; i < lab->n_boots && !rc; i++) {
		struct boot *boot = &lab->boots[i];
		struct result_set one = {0};
		FILE *in;

		if (!boot->machine || !boot->result_size)
			continue;
		in = fmemopen(boot->result_text, boot->result_size, "r");
		if (!in)
			return err_set(err, ENOMEM, "no memory for the result of boot %u", i + 1);
		rc = jsonl_read_from(in, "the result of an emulated host", &one, err);
		fclose(in);
		if (!rc)
			rc = result_set_add_boot(set, &one, i + 1, err);
		result_set_clear(&one);
		boots++;
	}
	if (rc)
		return rc;
	if (!boots)
		return err_set(err, ENODATA, "no emulated host has measured anything");
	set->run.complete &= boots == lab->n_boots;
	result_set_judge_boots(set);
	describe(lab, boots, &set->run);
	return 0;
}

/* One result's, from the window that stands for its series. */
static int profile_result(const struct trace_window *window, const struct symbols *symbols,
			  struct result *result, struct err *err)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	int rc;

	if (!profile)
		return err_set(err, ENOMEM, "no memory for a profile");
	memcpy(profile->benchmark, result->benchmark, sizeof(profile->benchmark));
	memcpy(profile->parameters, result->parameters, sizeof(profile->parameters));
	memcpy(profile->environment, result->environment, sizeof(profile->environment));
	profile->substrate = result->substrate;
	rc = profile_build(profile, window, symbols, histogram_mode(&result->samples.single), err);
	if (rc)
		free(profile);
	else
		result->profile = profile;
	return rc;
}

int lab_profile(struct lab *lab, struct result_set *set, struct err *err)
{
	const struct boot *boot = &lab->boots[0];
	struct symbols symbols = {0};
	int rc = symbols_parse(&symbols, boot->symbols_text, boot->symbols_size, err);

	if (boot->trace.damaged && !rc)
		complain("%" PRIu64 " lines of the emulator's record are damaged",
			 boot->trace.damaged);
	for (size_t i = 0; i < set->n_results && !rc; i++) {
		struct result *result = &set->results[i];
		const struct trace_window *window;
		struct err why = {0};

		if (!result->mark || result->mark > boot->n_windows || result->status > STATUS_OK)
			continue;
		window = &boot->windows[result->mark - 1];
		if (!window->n) {
			complain("%s in %s has no profile: no whole record of it was found",
				 result->benchmark, result->environment);
			continue;
		}
		rc = profile_result(window, &symbols, result, &why);
		if (rc == -ERANGE) {
			complain("%s in %s has no profile: %s", result->benchmark,
				 result->environment, why.text);
			rc = 0;
		} else if (rc) {
			*err = why;
		}
	}
	symbols_clear(&symbols);
	return rc;
}

int lab_write(const struct lab *lab, const struct result_set *set, FILE *out, struct err *err)
{
	int rc = jsonl_write_run(out, &set->run, err);

	for (unsigned i = 0; i < set->run.n_environments && !rc; i++)
		rc = jsonl_write_environment(out, &set->run.environments[i], err);
	for (unsigned i = 0; i < lab->n_boots && !rc; i++)
		if (lab->boots[i].machine)
			rc = jsonl_copy_boot(out, lab->boots[i].result_text,
					     lab->boots[i].result_size, i + 1, err);
	for (size_t i = 0; i < set->n_results && !rc; i++) {
		rc = jsonl_write_result(out, &set->run, &set->results[i], err);
		if (!rc)
			rc = jsonl_write_profile(out, &set->results[i], err);
	}
	return rc ? rc : jsonl_write_end(out, &set->run, set, err);
}

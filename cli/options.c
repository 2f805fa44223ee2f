/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "measure/plan.h"
#include "report/text.h"

enum option_type {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_LIST,
	OPTION_NUMBER,
	OPTION_FRACTION, /* "1%" or "0.01" */
	OPTION_SECONDS,	 /* "90", "90s", "2m" */
};

struct option_spec {
	const char *name;
	char letter;
	enum option_type type;
	size_t offset;	     /* into struct options */
	size_t given_offset; /* of a bool that says so, or 0 */
	unsigned commands;
	const char *argument;
	const char *help;
};

#define AT(field)    offsetof(struct options, field)
#define GIVEN(field) offsetof(struct options, field)

static const struct option_spec specs[] = {
	{"json", 0, OPTION_FLAG, AT(json), 0, COMMAND_DOCTOR, NULL,
	 "one record of JSON instead of the text"},
	{"fix", 0, OPTION_FLAG, AT(fix), 0, COMMAND_DOCTOR, NULL,
	 "print commands that would change what can be changed; none is run"},
	{"unproven", 0, OPTION_FLAG, AT(unproven), 0, COMMAND_LIST, NULL,
	 "which declarations for VT-x and SVM these result files do not prove, and why: exitlab list "
	 "--unproven FILE..."},
	{"pairs", 0, OPTION_TEXT, AT(by_difference), 0, COMMAND_ANATOMY, "FILE",
	 "legs by difference instead: operations of a result file that differ in one leg alone"},
	{"instances", 'n', OPTION_NUMBER, AT(instances), GIVEN(instances_given), COMMAND_ANATOMY, "N",
	 "fresh VMs for each operation (default: 6)"},
	{"env", 'e', OPTION_TEXT, AT(environments), 0, COMMAND_ANATOMY, "LIST",
	 "environments, separated by commas (default: guest-user,guest)"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_ANATOMY, "FILE",
	 "write the result file (JSON Lines) there"},
	{"events", 0, OPTION_FLAG, AT(events), 0, COMMAND_LIST, NULL,
	 "what run --counters can count on this machine: sets of events, and every event by name"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_CHECK, "FORMAT",
	 "text, tap (TAP 13), ktap (as the Linux kernel's tests), junit (XML), json (JSON Lines) or openmetrics "
	 "(for Prometheus) (default: text)"},
	{"list", 'l', OPTION_FLAG, AT(list), 0, COMMAND_CHECK, NULL,
	 "list the checks instead; with --all every case, mode and manual"},
	{"all", 'a', OPTION_FLAG, AT(all), 0, COMMAND_CHECK, NULL,
	 "also a line for each check that is as it must be"},
	{"repeat", 0, OPTION_NUMBER, AT(repeat), GIVEN(repeat_given), COMMAND_CHECK, "N",
	 "run each check N times; it fails if one of them does (default: 1)"},
	{"stress", 0, OPTION_SECONDS, AT(stress), 0, COMMAND_CHECK, "T",
	 "for T seconds run them in random order, while signals interrupt the guest and forks take its memory "
	 "away: nothing of which may be seen in it"},
	{"seed", 's', OPTION_NUMBER, AT(seed), GIVEN(seed_given), COMMAND_CHECK, "N",
	 "seed of that order (default: from the clock; printed)"},
	{"save-repro", 0, OPTION_TEXT, AT(repro), 0, COMMAND_CHECK, "FOLDER",
	 "for each check that fails write a C program there that makes the same calls of KVM and says FAIL "
	 "where the fault is and ok where it is not, for a report to those who can mend it; with --strict also "
	 "for known faults"},
	{"sensitivity", 0, OPTION_FLAG, AT(sensitivity), 0, COMMAND_CHECK, NULL,
	 "test the checks: plant faults of a hypervisor, one after the other, between this program and KVM, "
	 "and say which checks catch each"},
	{"strict", 0, OPTION_FLAG, AT(strict), 0, COMMAND_CHECK, NULL,
	 "known faults of the substrate count as failures"},
	{"seed", 's', OPTION_NUMBER, AT(seed), GIVEN(seed_given), COMMAND_DIFFER, "N",
	 "seed of the sequences: the same seed, the same sequences (default: from the clock; printed)"},
	{"count", 'n', OPTION_NUMBER, AT(count), GIVEN(count_given), COMMAND_DIFFER, "N",
	 "stop after N sequences"},
	{"time", 't', OPTION_SECONDS, AT(seconds), GIVEN(time_given), COMMAND_DIFFER, "T",
	 "stop after T seconds (or 2m) (default: 10, unless --count is given)"},
	{"length", 0, OPTION_NUMBER, AT(length), GIVEN(length_given), COMMAND_DIFFER, "N",
	 "at most N instructions a sequence (default: 8)"},
	{"env", 'e', OPTION_TEXT, AT(environments), 0, COMMAND_DIFFER, "LIST",
	 "compare these, the first that is there being the reference: native, guest-user, guest, guest-mmio, "
	 "guest-user-mmio (default: all)"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_DIFFER, "FORMAT",
	 "text or json (JSON Lines) (default: text)"},
	{"only", 0, OPTION_NUMBER, AT(only), GIVEN(only_given), COMMAND_DIFFER, "N",
	 "the N-th sequence of the seed alone, with all that came of it"},
	{"list-rules", 0, OPTION_FLAG, AT(list_rules), 0, COMMAND_DIFFER, NULL,
	 "list what is not compared, and by which manual, and the known differences"},
	{"strict", 0, OPTION_FLAG, AT(strict), 0, COMMAND_DIFFER, NULL,
	 "known differences count as failures"},
	{"dry", 0, OPTION_FLAG, AT(dry), 0, COMMAND_EXPLAIN, NULL, "measure nothing"},
	{"exclude", 'x', OPTION_LIST, AT(excludes), 0,
	 COMMAND_RUN | COMMAND_LIST | COMMAND_AB | COMMAND_SWEEP | COMMAND_ANATOMY, "GLOB",
	 "leave out operations that match; may be repeated"},
	{"env", 'e', OPTION_TEXT, AT(environments), 0, COMMAND_LAB, "LIST",
	 "with --table: only these environments"},
	{"env", 'e', OPTION_TEXT, AT(environments), 0,
	 COMMAND_RUN | COMMAND_LIST | COMMAND_AB | COMMAND_SWEEP | COMMAND_SELFTEST, "LIST",
	 "environments, separated by commas: native, guest-user, guest, prot32, real16, host "
	 "(default: all)"},
	{"quick", 'q', OPTION_FLAG, AT(quick), 0, COMMAND_RUN, NULL,
	 "for a first look: fewer and shorter batches, at most 36 s, and UNSTABLE beyond +-25% "
	 "instead of +-10%"},
	{"instances", 'n', OPTION_NUMBER, AT(instances), GIVEN(instances_given), COMMAND_RUN, "N",
	 "measure every operation in at least N fresh VMs (default: 14)"},
	{"precision", 'p', OPTION_FRACTION, AT(precision), GIVEN(precision_given), COMMAND_RUN, "P",
	 "go on until intervals are within +-P, such as 1% (default: 2%)"},
	{"max-time", 't', OPTION_SECONDS, AT(max_seconds), GIVEN(max_given),
	 COMMAND_RUN | COMMAND_KIT, "T",
	 "stop after T seconds (or 2m), whatever the precision (default: 300)"},
	{"seed", 's', OPTION_NUMBER, AT(seed), GIVEN(seed_given), COMMAND_RUN, "N",
	 "seed of the order of operations (default: from the clock; recorded)"},
	{"cpus", 'c', OPTION_TEXT, AT(cpus), 0,
	 COMMAND_RUN | COMMAND_KIT | COMMAND_AB | COMMAND_SWEEP | COMMAND_ANATOMY, "LIST",
	 "pin vCPU 0, 1, ... to these CPUs, such as 3,2 (default: the last ones allowed)"},
	{"machine", 'm', OPTION_TEXT, AT(machine_id), 0, COMMAND_RUN | COMMAND_KIT, "ID",
	 "a name of yours for this machine, recorded with the run"},
	{"marked", 0, OPTION_NUMBER, AT(marked), GIVEN(marked_given), COMMAND_RUN, "N",
	 "run N operations of each once more between two markers (XCHG BX,BX), for an emulator "
	 "that records what it executes"},
	{"no-trace", 0, OPTION_FLAG, AT(untraced), 0, COMMAND_RUN, NULL,
	 "open no tracepoints, which takes the better part of a second: reasons of exits stay unproven; "
	 "for runs beside others that prove them"},
	{"counters", 0, OPTION_TEXT, AT(counters), 0, COMMAND_RUN, "EVENTS",
	 "count these events per iteration as well, split into guest, host kernel and host user: names "
	 "separated by commas, or sets such as @exit; see exitlab list --events"},
	{"strict", 0, OPTION_FLAG, AT(strict), 0, COMMAND_RUN, NULL,
	 "known faults of the substrate count as failures"},
	{"delta", 'd', OPTION_FRACTION, AT(delta), GIVEN(delta_given), COMMAND_GATE | COMMAND_AB,
	 "P", "slower by up to P is no regression (default: 3%, and at least 100 ticks)"},
	{"alpha", 0, OPTION_FRACTION, AT(alpha), GIVEN(alpha_given), COMMAND_GATE | COMMAND_AB, "P",
	 "the chance of even one false alarm among all results is at most P (default: 5%)"},
	{"policy", 0, OPTION_TEXT, AT(policy), 0, COMMAND_GATE | COMMAND_AB | COMMAND_LAB, "FILE",
	 "limits and exceptions by operation, in JSON; see docs/gate.md"},
	{"a", 0, OPTION_TEXT, AT(ab_a), 0, COMMAND_AB, "COMMAND",
	 "puts the machine into the state that is the base; for a shell"},
	{"b", 0, OPTION_TEXT, AT(ab_b), 0, COMMAND_AB, "COMMAND",
	 "puts it into the state that is judged"},
	{"restore", 0, OPTION_TEXT, AT(restore), 0, COMMAND_AB, "COMMAND",
	 "puts it back at the end, also after Ctrl-C (default: that of --a)"},
	{"pairs", 0, OPTION_NUMBER, AT(pairs), GIVEN(pairs_given), COMMAND_AB, "N",
	 "at most N pairs, however long they take"},
	{"max-time", 't', OPTION_SECONDS, AT(max_seconds), GIVEN(max_given), COMMAND_AB, "T",
	 "begin no pair after T seconds (or 20m) (default: 30m)"},
	{"instances", 'n', OPTION_NUMBER, AT(instances), GIVEN(instances_given),
	 COMMAND_AB | COMMAND_SWEEP, "N", "VMs for each operation and run (default: 3)"},
	{"state-time", 0, OPTION_SECONDS, AT(state_seconds), GIVEN(state_seconds_given),
	 COMMAND_AB | COMMAND_SWEEP, "T", "how long a command may take (default: 60)"},
	{"force", 0, OPTION_FLAG, AT(force), 0, COMMAND_AB, NULL,
	 "the states may differ in what the machine's manifest does not show, or not at all"},
	{"pairs", 0, OPTION_NUMBER, AT(pairs), GIVEN(pairs_given), COMMAND_SWEEP, "N",
	 "rounds over all values (default: 8)"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_SWEEP, "FORMAT",
	 "table, markdown or csv (default: table)"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_SWEEP, "FOLDER",
	 "keep all runs there, VALUE-001.jsonl ..."},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_AB, "FOLDER",
	 "keep all runs there, a-001.jsonl, b-001.jsonl ...: exitlab gate --paired judges them "
	 "again"},
	{"handicap", 0, OPTION_FRACTION, AT(handicap), 0, COMMAND_RUN, "P",
	 "hold up each exit to user space for P of its operation's time: a regression of known "
	 "size, "
	 "for testing a gate"},
	{"handicap", 0, OPTION_FRACTION, AT(handicap), 0, COMMAND_AB, "P",
	 "hold up each exit to user space in state B for P of its operation's time, for testing"},
	{"suites", 0, OPTION_NUMBER, AT(suites), GIVEN(suites_given), COMMAND_SELFTEST, "N",
	 "suites in which nothing is changed (default: 10)"},
	{"power", 0, OPTION_NUMBER, AT(power), GIVEN(power_given), COMMAND_SELFTEST, "N",
	 "suites in which exits to user space are held up (default: as many)"},
	{"handicap", 0, OPTION_FRACTION, AT(handicap), 0, COMMAND_SELFTEST, "P",
	 "by so much of their operation's time (default: 5%)"},
	{"pairs", 0, OPTION_NUMBER, AT(pairs), GIVEN(pairs_given), COMMAND_SELFTEST, "N",
	 "of a suite, at most (default: 20)"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_SELFTEST, "FILE",
	 "keep the verdicts, one JSON record a suite"},
	{"from", 0, OPTION_TEXT, AT(from), 0, COMMAND_SELFTEST, "FILE",
	 "sum up verdicts that --output kept, and run nothing"},
	{"pid", 'p', OPTION_NUMBER, AT(pid), GIVEN(pid_given), COMMAND_TRACE, "PID",
	 "the process of a VM that runs already"},
	{"interval", 'i', OPTION_SECONDS, AT(interval), GIVEN(interval_given), COMMAND_TRACE, "T",
	 "draw the table anew every T seconds, on a terminal (default: 1)"},
	{"time", 't', OPTION_SECONDS, AT(seconds), GIVEN(time_given), COMMAND_TRACE, "T",
	 "stop after T seconds (or 2m) (default: at the VM's end or by Ctrl-C)"},
	{"prices", 0, OPTION_TEXT, AT(prices), 0, COMMAND_TRACE, "FILE",
	 "result file of exitlab run on this host: say what would cost less, and how much"},
	{"force", 0, OPTION_FLAG, AT(force), 0, COMMAND_TRACE, NULL,
	 "take prices of another processor, substrate or kernel, and say so"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_TRACE, "FILE",
	 "write what was seen there at the end (JSON Lines)"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_TRACE, "FORMAT",
	 "on standard output: table, csv or json (JSON Lines) (default: table)"},
	{"paired", 0, OPTION_FLAG, AT(paired), 0, COMMAND_GATE, NULL,
	 "the first file of one side was measured next to the first of the other, and so on"},
	{"strict", 0, OPTION_FLAG, AT(strict), 0, COMMAND_GATE, NULL,
	 "times that are advice only, from too few sessions, make the verdict inconclusive"},
	{"force", 0, OPTION_FLAG, AT(force), 0, COMMAND_COMPARE | COMMAND_GATE, NULL,
	 "compare what cannot be compared (another processor, substrate, ...), and say so"},
	{"host", 0, OPTION_TEXT, AT(host), 0, COMMAND_LAB, "VENDOR",
	 "intel (VT-x, by Bochs) or amd (SVM, by QEMU)"},
	{"cpu-model", 0, OPTION_TEXT, AT(cpu_model), 0, COMMAND_LAB, "NAME",
	 "the emulated processor; see --list-models (default: corei7_haswell_4770 or EPYC)"},
	{"kernel", 0, OPTION_TEXT, AT(kernel), 0, COMMAND_LAB, "KERNEL",
	 "a bzImage, a kernel tree that was built, the folder of an unpacked package, or stable or "
	 "backports: the distribution's, fetched once (default: stable)"},
	{"modules", 0, OPTION_TEXT, AT(modules), 0, COMMAND_LAB, "FOLDER",
	 "where the modules of --kernel are (without: in it, if it is a folder; else built in)"},
	{"kernel-a", 0, OPTION_TEXT, AT(kernel_a), 0, COMMAND_LAB, "KERNEL",
	 "lab ab: the kernel that is the base, as --kernel"},
	{"kernel-b", 0, OPTION_TEXT, AT(kernel_b), 0, COMMAND_LAB, "KERNEL",
	 "lab ab: the kernel that is judged"},
	{"modules-a", 0, OPTION_TEXT, AT(modules_a), 0, COMMAND_LAB, "FOLDER",
	 "lab ab: the modules of --kernel-a (default: --modules)"},
	{"modules-b", 0, OPTION_TEXT, AT(modules_b), 0, COMMAND_LAB, "FOLDER",
	 "lab ab: the modules of --kernel-b (default: --modules)"},
	{"base", 0, OPTION_TEXT, AT(base), 0, COMMAND_LAB, "FILE",
	 "lab ab: a result file in the place of --kernel-a"},
	{"bisect", 0, OPTION_FLAG, AT(bisect), 0, COMMAND_LAB, NULL,
	 "lab ab: exit status for git bisect run: 0 good, 1 bad, 125 cannot be tested"},
	{"param", 0, OPTION_LIST, AT(parameters), 0, COMMAND_SWEEP, "NAME=LIST",
	 "a module's parameter, through a list of values, such as kvm_intel.ple_gap=0,128; written "
	 "while the module is in "
	 "use "
	 "where that is possible, else the module is loaded anew"},
	{"knob", 0, OPTION_TEXT, AT(knob), 0, COMMAND_SWEEP, "PATH=LIST",
	 "a file below /sys or /proc that takes these values"},
	{"param", 0, OPTION_LIST, AT(parameters), 0, COMMAND_LAB, "NAME=VALUE",
	 "a parameter of kvm_intel or kvm_amd, such as ept=0; may be repeated"},
	{"mitigations", 0, OPTION_TEXT, AT(mitigations), 0, COMMAND_LAB, "WHICH",
	 "off or auto: they change exit paths (default: off)"},
	{"cpus", 0, OPTION_NUMBER, AT(emulated_cpus), GIVEN(emulated_cpus_given), COMMAND_LAB, "N",
	 "processors of the emulated host; with more than one, counts are not exact (default: 1)"},
	{"hugepages", 0, OPTION_NUMBER, AT(hugepages), 0, COMMAND_LAB, "N",
	 "huge pages of 2 MiB in the emulated host's pool, which backing=hugetlb takes (default: 0)"},
	{"boots", 0, OPTION_NUMBER, AT(boots), GIVEN(boots_given), COMMAND_LAB, "N",
	 "boots of run, each with another seed, order and memory layout; 3 or more show what is "
	 "exact (default: 3)"},
	{"time-limit", 0, OPTION_SECONDS, AT(time_limit), GIVEN(time_limit_given), COMMAND_LAB, "T",
	 "end a boot that takes longer than T seconds (default: 300)"},
	{"emulator", 0, OPTION_TEXT, AT(emulator), 0, COMMAND_LAB, "PROGRAM",
	 "another build of Bochs or QEMU (default: bochs or qemu-system-x86_64 on the PATH)"},
	{"profile", 0, OPTION_TEXT, AT(profile), 0, COMMAND_LAB, "GLOB",
	 "where the instructions of these operations go, by function of the host's kernel"},
	{"folded", 0, OPTION_TEXT, AT(folded), 0, COMMAND_LAB, "FILE",
	 "with --profile: its call stacks, for flame graphs"},
	{"diff", 0, OPTION_FLAG, AT(diff), 0, COMMAND_LAB, NULL,
	 "compare two result files that --profile wrote, operation by operation and function by "
	 "function: exitlab lab --diff OLD NEW"},
	{"table", 0, OPTION_FLAG, AT(side_by_side), 0, COMMAND_LAB, NULL,
	 "print result files of emulated hosts next to each other: exitlab lab --table FILE..."},
	{"generations", 0, OPTION_FLAG, AT(generations), 0, COMMAND_LAB, NULL,
	 "run on every model of --list-models: instructions and exits side by side"},
	{"list-models", 0, OPTION_FLAG, AT(list_models), 0, COMMAND_LAB, NULL,
	 "list the emulated processors, and what each adds"},
	{"verbose", 'v', OPTION_FLAG, AT(verbose), 0, COMMAND_LAB, NULL,
	 "show the console of the emulated host's kernel on standard error"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_RUN | COMMAND_LAB, "FILE",
	 "write the result file (JSON Lines) there: run as it goes on, lab when all is back; lab "
	 "--generations into this folder, one file for each model"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_RUN | COMMAND_SHOW | COMMAND_LAB,
	 "FORMAT",
	 "on standard output: table, csv, csv-long (a row for each value, for R or pandas), json (JSON Lines), gobench (for benchstat) or "
	 "openmetrics (for Prometheus); show also knows markdown and legs (what anatomy found); the tables that lab "
	 "makes of files and models know markdown, too (default: table)"},
	{"add", 0, OPTION_FLAG, AT(add), 0, COMMAND_KIT, NULL,
	 "take bundles in: exitlab kit --add BUNDLE... checks each and unpacks it into "
	 "datasets/recorded"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_KIT, "FILE",
	 "the bundle (default: exitlab-KVM-MACHINE-DAY.jsonl.gz); with --add: the result file"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_COMPARE | COMMAND_GATE | COMMAND_AB,
	 "FORMAT",
	 "table, markdown (for a pull request), json or csv; of a gate also junit, tap and github "
	 "(annotations) (default: table)"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_REPORT, "FOLDER",
	 "where the document and its pictures go (default: report)"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_REPORT, "LIST", "md, html, or both (default: md,html)"},
	{"template", 0, OPTION_TEXT, AT(template), 0, COMMAND_REPORT, "NAME",
	 "results: everything; lab: the hand-in of a course, by questions; short: for a pull request (default: "
	 "results)"},
	{"author", 0, OPTION_TEXT, AT(author), 0, COMMAND_REPORT, "TEXT", "who hands it in, below the title"},
	{"title", 0, OPTION_TEXT, AT(title), 0, COMMAND_REPORT, "TEXT", "the heading of the document"},
	{"name", 0, OPTION_TEXT, AT(name), 0, COMMAND_REPORT, "NAME",
	 "the document's name without its ending (default: report)"},
	{"pictures", 0, OPTION_TEXT, AT(pictures), 0, COMMAND_REPORT, "FOLDER",
	 "where the pictures go, below --output (default: pictures)"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_PLOT, "FILE",
	 "the picture, FILE.svg, FILE.png or FILE.pdf; its data are written to FILE.tsv"},
	{"operation", 0, OPTION_TEXT, AT(operation), 0, COMMAND_PLOT, "GLOB",
	 "only operations that match, such as 'exit/*' or 'mem/walk backing=4k*'"},
	{"env", 'e', OPTION_TEXT, AT(environments), 0, COMMAND_PLOT, "NAME",
	 "only this environment: native, guest-user, guest, prot32, real16 or host"},
	{"output", 'o', OPTION_TEXT, AT(output), 0, COMMAND_HISTORY, "FILE",
	 "plot: the picture, FILE.svg, FILE.png or FILE.pdf; its data are written to FILE.tsv"},
	{"format", 'f', OPTION_TEXT, AT(format), 0, COMMAND_HISTORY, "FORMAT",
	 "list and alarms: table, csv or json (JSON Lines) (default: table)"},
	{"delta", 0, OPTION_FRACTION, AT(delta), GIVEN(delta_given), COMMAND_HISTORY, "P",
	 "the smallest change of a time that is one, such as 1%; exact counts have no such limit "
	 "(default: 3%)"},
	{"alpha", 0, OPTION_FRACTION, AT(alpha), GIVEN(alpha_given), COMMAND_HISTORY, "P",
	 "the chance of even one false change, over all series of times together (default: 5%)"},
	{"all", 'a', OPTION_FLAG, AT(all), 0, COMMAND_HISTORY, NULL,
	 "list: every run, not only the latest of each machine"},
	{"all", 'a', OPTION_FLAG, AT(all), 0, COMMAND_LIST | COMMAND_SHOW, NULL,
	 "everything that is known about each operation"},
	{"all", 'a', OPTION_FLAG, AT(all), 0, COMMAND_COMPARE | COMMAND_GATE | COMMAND_AB, NULL,
	 "results without a change, too"},
	{"help", 'h', OPTION_FLAG, AT(help), 0, ~0u, NULL, "this text"},
	{NULL, 0, OPTION_FLAG, 0, 0, 0, NULL, NULL},
};

static const struct option_spec *find_long(const struct command *command, const char *name,
					   size_t length)
{
	for (const struct option_spec *spec = specs; spec->name; spec++)
		if (spec->commands & command->bit && strlen(spec->name) == length &&
		    !strncmp(spec->name, name, length))
			return spec;
	return NULL;
}

static const struct option_spec *find_letter(const struct command *command, char letter)
{
	for (const struct option_spec *spec = specs; spec->name; spec++)
		if (spec->commands & command->bit && spec->letter == letter)
			return spec;
	return NULL;
}

static int unknown(const struct command *command, const char *argument, struct err *err)
{
	const char *names[sizeof(specs) / sizeof(specs[0])];
	const char *nearest;
	char name[64];
	size_t n = 0;

	for (const struct option_spec *spec = specs; spec->name; spec++)
		if (spec->commands & command->bit)
			names[n++] = spec->name;
	/* A value behind "=" is not part of the name. */
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument, "="), argument);
	nearest = name[1] == '-' ? plan_nearest(name + 2, names, n) : NULL;
	if (nearest)
		return err_set(err, EINVAL, "%s has no option '%s'; the nearest is '--%s'",
			       command->name, argument, nearest);
	return err_set(err, EINVAL, "%s has no option '%s'; see exitlab %s --help", command->name,
		       argument, command->name);
}

/* A number and an optional unit with its factor; everything must be used up. */
static int parse_number(const char *text, const char *const *units, const double *factors,
			double *value)
{
	char *end;

	errno = 0;
	*value = strtod(text, &end);
	if (end == text || errno || !isfinite(*value) || *value < 0)
		return -EINVAL;
	for (unsigned i = 0; units[i]; i++)
		if (!strcmp(end, units[i])) {
			*value *= factors[i];
			return 0;
		}
	return *end ? -EINVAL : 0;
}

static int bad_value(const struct option_spec *spec, const char *text, const char *wanted,
		     struct err *err)
{
	return err_set(err, EINVAL, "--%s: '%s' is not %s", spec->name, text, wanted);
}

static int store(const struct option_spec *spec, const char *text, struct options *options,
		 struct err *err)
{
	static const char *const percent[] = {"%", NULL}, *const times[] = {"s", "m", NULL};
	static const double percent_factor[] = {0.01}, time_factor[] = {1, 60};
	void *to = (char *)options + spec->offset;
	struct option_list *list = to;
	char *end;

	if (spec->given_offset)
		*(bool *)((char *)options + spec->given_offset) = true;
	switch (spec->type) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)to = text;
		return 0;
	case OPTION_LIST:
		if (list->n == LIST_MAX)
			return err_set(err, EINVAL, "--%s: more than %d of them", spec->name,
				       LIST_MAX);
		list->items[list->n++] = text;
		return 0;
	case OPTION_NUMBER:
		errno = 0;
		*(uint64_t *)to = strtoull(text, &end, 0);
		if (*text < '0' || *text > '9' || *end || errno)
			return bad_value(spec, text, "a whole number", err);
		return 0;
	case OPTION_FRACTION:
		if (parse_number(text, percent, percent_factor, to) || *(double *)to <= 0 ||
		    *(double *)to > 1)
			return bad_value(spec, text, "a share such as 1% or 0.01", err);
		return 0;
	case OPTION_SECONDS:
		if (parse_number(text, times, time_factor, to) || *(double *)to <= 0)
			return bad_value(spec, text, "a time such as 90, 90s or 2m", err);
		return 0;
	}
	return -EINVAL;
}

/* Where a file lies says who its owner is. */
static bool is_path(const struct option_spec *spec, const char *value)
{
	static const char *const kinds[] = {"KERNEL", "FOLDER", "PROGRAM"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(spec->argument, kinds[i]))
			return strchr(value, '/');
	return !strcmp(spec->argument, "FILE");
}

/* Remembers an argument for the record of the run; names of files are nobody's business. */
static void remember(struct options *options, const struct option_spec *spec, const char *value)
{
	size_t used = strlen(options->given);
	size_t size = sizeof(options->given) - used;
	const char *space = used ? " " : "";

	if (!spec)
		snprintf(options->given + used, size, "%s%s", space, value);
	else if (spec->type == OPTION_FLAG)
		snprintf(options->given + used, size, "%s--%s", space, spec->name);
	else
		snprintf(options->given + used, size, "%s--%s %s", space, spec->name,
			 is_path(spec, value) ? spec->argument : value);
}

static int parse_one(const struct command *command, int argc, char **argv, int *at,
		     struct options *options, struct err *err)
{
	const char *argument = argv[*at];
	const char *equals = strchr(argument, '=');
	const struct option_spec *spec;
	const char *value = NULL;

	if (argument[1] == '-') {
		size_t length = equals ? (size_t)(equals - argument - 2) : strlen(argument + 2);

		spec = find_long(command, argument + 2, length);
		value = equals ? equals + 1 : NULL;
	} else {
		spec = find_letter(command, argument[1]);
		value = argument[2] ? argument + 2 : NULL;
	}
	if (!spec)
		return unknown(command, argument, err);
	if (spec->type == OPTION_FLAG) {
		if (value)
			return err_set(err, EINVAL, "--%s takes no value, '%s' was given",
				       spec->name, value);
		remember(options, spec, NULL);
		return store(spec, NULL, options, err);
	}
	if (!value) {
		if (*at + 1 >= argc)
			return err_set(err, EINVAL, "--%s wants a value: %s", spec->name,
				       spec->argument);
		value = argv[++*at];
	}
	remember(options, spec, value);
	return store(spec, value, options, err);
}

int options_parse(const struct command *command, int argc, char **argv, struct options *options,
		  struct err *err)
{
	bool only_names = false;

	memset(options, 0, sizeof(*options));
	for (int i = 0; i < argc; i++) {
		if (!only_names && !strcmp(argv[i], "--")) {
			only_names = options->separated = true;
			options->separator = options->patterns.n;
		} else if (!only_names && argv[i][0] == '-' && argv[i][1]) {
			int rc = parse_one(command, argc, argv, &i, options, err);

			if (rc)
				return rc;
		} else {
			size_t most = command->bit == COMMAND_HISTORY ? FILES_MAX : LIST_MAX;

			if (options->patterns.n == most)
				return err_set(err, EINVAL, "more than %zu names", most);
			remember(options, NULL, argv[i]);
			options->patterns.items[options->patterns.n++] = argv[i];
		}
	}
	return 0;
}

#define HELP_WIDTH 98

static void print_wrapped(FILE *out, const char *text, size_t indent)
{
	text_wrap_from(out, text, indent, HELP_WIDTH);
}

const char options_purpose[] =
	"Measures what a hypervisor's exits cost: the same machine code natively and in minimal "
	"guests "
	"on /dev/kvm, with intervals, and with proof of the exit that each operation took.";

const struct exit_status_text options_exit_status[] = {
	{"0", "all well"},
	{"1", "a failure was found"},
	{"2", "usage"},
	{"3", "could not run"},
	{"4", "unstable figures, or times mean nothing here"},
	{"77", "everything was skipped"},
	{"130/143", "stopped by a signal, with a valid file left"},
	{NULL, NULL},
};

bool options_text(const struct command *command, unsigned n, struct option_text *text)
{
	for (const struct option_spec *spec = specs; spec->name; spec++) {
		if (!(spec->commands & command->bit) || n--)
			continue;
		*text = (struct option_text){.name = spec->name,
					     .letter = spec->letter,
					     .argument = spec->argument,
					     .help = spec->help};
		return true;
	}
	return false;
}

void options_help_command(FILE *out, const struct command *command)
{
	struct option_text option;

	fprintf(out, "usage: exitlab %s [OPTIONS]%s%s\n\n", command->name,
		*command->arguments ? " " : "", command->arguments);
	print_wrapped(out, command->text ? command->text : command->summary, 0);
	fprintf(out, "\noptions:\n");
	for (unsigned i = 0; options_text(command, i, &option); i++) {
		char left[40], letter[8] = "    ";

		if (option.letter)
			snprintf(letter, sizeof(letter), "-%c, ", option.letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, option.name,
			 option.argument ? " " : "", option.argument ? option.argument : "");
		fprintf(out, "  %-24s", left);
		print_wrapped(out, option.help, 26);
	}
	if (command->more) {
		fputc('\n', out);
		command->more(out);
	}
}

void options_help(FILE *out)
{
	fprintf(out, "usage: exitlab COMMAND [OPTIONS] [ARGUMENTS]\n\n");
	print_wrapped(out, options_purpose, 0);
	fprintf(out, "\ncommands:\n");
	for (const struct command *command = commands; command->name; command++) {
		fprintf(out, "  %-10s", command->name);
		print_wrapped(out, command->summary, 12);
	}
	fprintf(out, "\nexitlab COMMAND --help describes each.\n\nexit status:\n");
	for (const struct exit_status_text *status = options_exit_status; status->text; status++)
		fprintf(out, "  %-10s%s\n", status->code, status->text);
}

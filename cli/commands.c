/* SPDX-License-Identifier: MIT */
/* The table of commands, and what several of them share. */
#include "cli/commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "report/anatomy.h"
#include "report/csv.h"
#include "report/exchange.h"
#include "report/jsonl.h"
#include "report/markdown.h"
#include "report/matrix.h"
#include "report/table.h"

static void check_more(FILE *out)
{
	fputs("names: a family (dirty), a check (dirty/log), a case of it (port/value/in-dx/width=8), each also in\n"
	      "one mode (dirty/log@guest); in a GLOB '*' matches '/' as well\n"
	      "modes: guest-user 64-bit ring 3, guest 64-bit ring 0, prot32 32-bit without paging, real16 real mode\n"
	      "exit status: 0 all is as promised, or known; 1 something is not; 2 usage; 3 exitlab could not do its\n"
	      "part; 77 all were skipped; 130, 143 stopped by a signal\n",
	      out);
}

const struct command commands[] = {
	{"run", "[GLOB...]", "measure operations natively and in guests, and print a table",
	 "Measures the operations whose names match a GLOB ('exit/*'; all by default), natively "
	 "and "
	 "in guests on /dev/kvm, and prints what each costs, in ticks of the time-stamp counter "
	 "per "
	 "iteration, beside the exits that it was seen to take.",
	 COMMAND_RUN, cmd_run},
	{"anatomy", "GLOB... | --pairs FILE", "take an exit apart: what each leg of its way costs",
	 "Takes exits apart into legs: the guest, KVM, user space and the way back, from marks that the "
	 "guest, this program and KVM's tracepoints leave, beside what observing them costs. On emulated "
	 "hosts all legs are exact: exitlab lab --host intel|amd -- anatomy GLOB...",
	 COMMAND_ANATOMY, cmd_anatomy},
	{"check", "[GLOB...]", "test that the hypervisor behaves: what guests are promised, one by one",
	 "Runs the checks whose names match a GLOB ('exception/*'; all by default), each on a fresh minimal "
	 "guest: sensitive and privileged instructions, faults, interrupts, ports and memory, dirty "
	 "tracking, state that is saved and restored, clocks, debug registers, and what KVM's own document "
	 "promises to user space. What fails is shown beside the section of the manual that it "
	 "breaks and the command that runs it alone. Exit status 1 when something fails.",
	 COMMAND_CHECK, cmd_check, check_more},
	{"differ", "", "test that KVM executes instructions as the processor does",
	 "Makes short sequences of instructions at random, and executes each in this process, in ring 3 and in "
	 "ring 0 of a guest, and there once more with data that lie in no memory, so that KVM's emulator must "
	 "execute what touches them. Registers, flags, memory and faults must agree. What does not is shown in "
	 "the shortest sequence, with the command that shows it again. Exit status 1 when there is a "
	 "difference that is not known.",
	 COMMAND_DIFFER, cmd_differ},
	{"list", "[GLOB... | --unproven FILE...]",
	 "list the operations; --all: with environments, needs and the exits that they declare",
	 "Lists the operations whose names match a GLOB (all by default). With --all, what each is, "
	 "where it "
	 "runs, what it needs, which exits it must take on which hypervisor, and its rows in "
	 "docs/operations.md.",
	 COMMAND_LIST, cmd_list},
	{"explain", "OPERATION", "what an operation is, which exit it takes, and what it costs here",
	 "A page about one operation: what happens, which exits it must take on which hypervisor, who "
	 "handles them, what to expect; then a quick measurement.",
	 COMMAND_EXPLAIN, cmd_explain},
	{"show", "FILE", "print a result file that run wrote ('-': standard input)",
	 "Prints a result file again, in any format. The file of a run that was killed holds all "
	 "that was measured until then; what it lacks is computed from the raw samples.",
	 COMMAND_SHOW, cmd_show},
	{"doctor", "", "say what this machine allows: KVM, clock, tracepoints, counters",
	 "Each limit of this machine, what follows from it and what would change it. The exit "
	 "status says whether measuring here is worth anything: 0 it is, 4 guests run but times "
	 "mean nothing, 3 no guest can be run. It changes nothing.",
	 COMMAND_DOCTOR, cmd_doctor},
	{"lab", "[ab [GLOB...]] [-- COMMAND [ARGS]]",
	 "run a command on an emulated host with VT-x or SVM: exits proven, instructions counted",
	 "Boots an emulated machine whose processor has VT-x (by Bochs) or SVM (by QEMU), with a "
	 "real "
	 "kernel and its kvm_intel or kvm_amd, and runs a command of exitlab there: run (the "
	 "default), check, differ, anatomy, "
	 "list, doctor or trace. The clock of such a machine counts instructions: figures are how many "
	 "the "
	 "host executed for an operation, exact where several boots agree. Needs no /dev/kvm. lab "
	 "ab judges "
	 "one kernel, or build of its modules, against another, and names the functions that "
	 "moved.",
	 COMMAND_LAB, cmd_lab},
	{"compare", "OLD NEW", "what two result files differ in: figures, exits, proofs",
	 "Compares two result files, operation by operation: ratios with their intervals, "
	 "instructions on emulated hosts, exits and proofs, what matters first. It passes no "
	 "verdict; gate does.",
	 COMMAND_COMPARE, cmd_compare},
	{"gate", "BASE... -- NEW...", "has a change made the hypervisor worse? A verdict for CI",
	 "Judges the results of a changed hypervisor against those of the one before. Exits, their "
	 "reasons, proofs and, on emulated hosts, instructions are exact: two files suffice. Times "
	 "are judged from 5 sessions a side on, or from pairs (exitlab ab). Exit status: 0 no "
	 "regression, 1 a regression, 4 undecided.",
	 COMMAND_GATE, cmd_gate},
	{"ab", "[GLOB...]",
	 "measure two states of this machine in turn, and judge one against the other",
	 "Puts the machine into state A, runs, into state B, runs, and so on (A B B A), each run "
	 "in a "
	 "fresh process, and judges B against A as gate does. It looks now and then, at levels "
	 "that "
	 "all together keep --alpha, and ends when every result is decided or the time is up. The "
	 "machine is put back at the end. Exit status: 0 no regression, 1 a regression, 4 "
	 "undecided.",
	 COMMAND_AB, cmd_ab},
	{"sweep", "[GLOB...]", "what operations cost under several values of a parameter or knob",
	 "Sets a parameter of a module, or a file below /sys or /proc, to each value in turn, "
	 "round "
	 "after round, measures, and prints a table: figures under the first value, ratios with "
	 "intervals under the others. The parameter is put back at the end.",
	 COMMAND_SWEEP, cmd_sweep},
	{"selftest", "gate [GLOB...]",
	 "how often the gate cries wolf on this machine, and how often it sees one",
	 "Runs exitlab ab over and over as a user would: with nothing changed, where every "
	 "regression is a "
	 "false alarm, and with exits to user space held up by a known share, which are "
	 "regressions. Prints "
	 "both rates with their intervals.",
	 COMMAND_SELFTEST, cmd_selftest},
	{"trace", "-p PID | -- COMMAND [ARGS]",
	 "the exits of any VM on this host as they happen: how many, how long, and what for",
	 "Watches a VM that runs (QEMU, Firecracker, crosvm ...) through KVM's tracepoints: exits by reason "
	 "and exits to user space by KVM_EXIT_*, with counts, rates, the share of the vCPU threads' time, "
	 "and p50 and p99 of how long each took. On a terminal the table is drawn anew each second; it "
	 "ends with the VM, by Ctrl-C or after --time. Needs root, or CAP_PERFMON and CAP_SYS_PTRACE. "
	 "COMMAND writes onto standard error, and is ended when the tracing ends first.",
	 COMMAND_TRACE, cmd_trace},
	{"kit", "", "record a machine that somebody else owns, in one file that can be mailed back",
	 "Says what it will do and how long it takes; then records what this machine is and allows "
	 "and measures every operation, into one bundle. It needs /dev/kvm alone (root proves "
	 "more), "
	 "and changes nothing. exitlab.static is one file that runs on any x86-64 Linux: send it, "
	 "with the line 'sudo ./exitlab.static kit'. A bundle is a result file, packed: show and "
	 "all "
	 "others read it.",
	 COMMAND_KIT, cmd_kit},
	{"report", "FILE...", "turn result files into a document: Markdown, HTML, pictures",
	 "Makes one document of result files (run, lab, anatomy), verdicts (check --format json, selftest "
	 "--output), traces (trace --output) and published figures (datasets/literature.json): Markdown with "
	 "pictures beside it, and one HTML file that holds everything. Figures stand beside interval, proof and "
	 "machine; what was not measured is said, with the reason. The same files give the same bytes.",
	 COMMAND_REPORT, cmd_report},
	{"plot", "KIND FILE...", "draw a picture of results: costs, distributions, memory, exits, comparisons",
	 "Draws result files with gnuplot, to --output FILE.svg, .png or .pdf, and leaves the data that it drew "
	 "beside the picture, as FILE.tsv. The script of a KIND is plots/KIND.gp of the sources, which draws "
	 "such data on its own, too. The same files give the same bytes.",
	 COMMAND_PLOT, cmd_plot, plot_list_kinds},
	{"history", "add DIR FILE... | list|alarms|plot DIR [GLOB...]",
	 "keep results over time, find the run since which something is slower, draw it",
	 "Keeps the figures of result files in the folder DIR (one SQLite database): a series for "
	 "each operation on each machine. add takes files in, list says what there is, alarms "
	 "names where a series changed its level and the first run that has the new one, plot "
	 "draws it with gnuplot. A GLOB chooses operations. The exit status of alarms is 1 when a "
	 "series is slower since its latest change.",
	 COMMAND_HISTORY, cmd_history},
	{NULL, NULL, NULL, NULL, 0, NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

void complain(const char *format, ...)
{
	va_list args;

	fputs("exitlab: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* What a format may need besides the results. */
struct output {
	const char *data_path;
	const struct options *options;
};

static int write_table(const struct result_set *set, const struct output *output, struct err *err)
{
	bool colour = isatty(STDOUT_FILENO);
	struct table_options table = {.colour = colour, .all = output->options->all};
	struct matrix_options matrix = {.colour = colour};
	int rc = table_write(stdout, set, &table, err);

	if (!rc && matrix_present(set)) {
		fputc('\n', stdout);
		rc = matrix_write(stdout, set, &matrix, err);
	}
	return rc;
}

static int write_json(const struct result_set *set, const struct output *output, struct err *err)
{
	int rc = jsonl_write_run(stdout, &set->run, err);

	(void)output;
	for (unsigned i = 0; i < set->run.n_environments && !rc; i++)
		rc = jsonl_write_environment(stdout, &set->run.environments[i], err);
	for (size_t i = 0; i < set->n_results && !rc; i++)
		rc = jsonl_write_result(stdout, &set->run, &set->results[i], err);
	return rc ? rc : jsonl_write_end(stdout, &set->run, set, err);
}

static int write_legs(const struct result_set *set, const struct output *output, struct err *err)
{
	(void)output;
	return anatomy_write(stdout, set, 0, err);
}

static int write_markdown(const struct result_set *set, const struct output *output, struct err *err)
{
	return markdown_results(stdout, set, output->data_path, err);
}

/* Writers of results alone. */
#define WRITER(name)                                                                                  \
	static int write_##name(const struct result_set *set, const struct output *output, struct err *err) \
	{                                                                                             \
		(void)output;                                                                         \
		return name##_write(stdout, set, err);                                                \
	}
WRITER(csv)
WRITER(csv_long)
WRITER(gobench)
WRITER(openmetrics)

#define OF_RESULTS (COMMAND_RUN | COMMAND_SHOW | COMMAND_LAB)

/* Commands that write other things than results know some by name, and have writers of their own. */
static const struct format {
	const char *name;
	unsigned commands;
	int (*write)(const struct result_set *set, const struct output *output, struct err *err);
} formats[] = {
	{"table", OF_RESULTS | COMMAND_TRACE | COMMAND_HISTORY, write_table},
	{"csv", OF_RESULTS | COMMAND_TRACE | COMMAND_HISTORY, write_csv},
	{"csv-long", OF_RESULTS, write_csv_long},
	{"json", OF_RESULTS | COMMAND_TRACE | COMMAND_HISTORY, write_json},
	{"gobench", OF_RESULTS, write_gobench},
	{"openmetrics", OF_RESULTS, write_openmetrics},
	{"markdown", COMMAND_SHOW, write_markdown},
	{"legs", COMMAND_SHOW, write_legs},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct format *format_find(const char *name, unsigned command)
{
	for (size_t i = 0; i < FORMATS; i++)
		if ((formats[i].commands & command) && !strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

int output_check(const char *format, unsigned command)
{
	char known[200] = "";

	if (!format || format_find(format, command))
		return CODE_OK;
	for (size_t i = 0; i < FORMATS; i++)
		if (formats[i].commands & command)
			snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", *known ? ", " : "",
				 formats[i].name);
	complain("--format: '%s' is not one of %s", format, known);
	return CODE_USAGE;
}

int output_write(const char *format, const struct result_set *set, const char *data_path,
		 const struct options *options)
{
	const struct format *found = format_find(format ? format : "table", OF_RESULTS);
	const struct output output = {.data_path = data_path, .options = options};
	struct err err = {0};

	if (found->write(set, &output, &err)) {
		complain("%s", err.text);
		return CODE_CANNOT_RUN;
	}
	return CODE_OK;
}

int outcome_code(const struct result_set *set, bool strict)
{
	size_t counts[STATUS_COUNT] = {0};

	if (set->run.signal)
		return CODE_SIGNAL + set->run.signal;
	for (size_t i = 0; i < set->n_results; i++)
		counts[set->results[i].status]++;
	if (counts[STATUS_FAIL] || (strict && counts[STATUS_KNOWN]))
		return CODE_FAILED;
	if (counts[STATUS_ERROR])
		return CODE_CANNOT_RUN;
	if (counts[STATUS_UNSTABLE])
		return CODE_UNSTABLE;
	if (counts[STATUS_SKIP] == set->n_results)
		return CODE_SKIPPED;
	return CODE_OK;
}

/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdio.h>

#include "analysis/result.h"

struct options;

/* Bits of the commands that an option belongs to. */
#define COMMAND_RUN	 (1u << 0)
#define COMMAND_LIST	 (1u << 1)
#define COMMAND_SHOW	 (1u << 2)
#define COMMAND_DOCTOR	 (1u << 3)
#define COMMAND_LAB	 (1u << 4)
#define COMMAND_KIT	 (1u << 5)
#define COMMAND_COMPARE	 (1u << 6)
#define COMMAND_GATE	 (1u << 7)
#define COMMAND_AB	 (1u << 8)
#define COMMAND_SELFTEST (1u << 9)
#define COMMAND_HISTORY	 (1u << 10)
#define COMMAND_SWEEP	 (1u << 11)
#define COMMAND_EXPLAIN	 (1u << 12)
#define COMMAND_ANATOMY	 (1u << 13)
#define COMMAND_TRACE	 (1u << 14)
#define COMMAND_CHECK	 (1u << 15)
#define COMMAND_DIFFER	 (1u << 16)
#define COMMAND_PLOT	 (1u << 17)
#define COMMAND_REPORT	 (1u << 18)

/* Exit codes of the program; docs and tests hold on to them. */
enum exit_code {
	CODE_OK = 0,
	CODE_FAILED = 1,
	CODE_USAGE = 2,
	CODE_CANNOT_RUN = 3,
	CODE_UNSTABLE = 4,
	CODE_SKIPPED = 77,
	CODE_SIGNAL = 128, /* plus the signal's number */
};

int cmd_run(const struct options *options);
int cmd_check(const struct options *options);
int cmd_differ(const struct options *options);
int cmd_anatomy(const struct options *options);
int cmd_list(const struct options *options);
int cmd_explain(const struct options *options);
int cmd_show(const struct options *options);
int cmd_doctor(const struct options *options);
int cmd_lab(const struct options *options);
int cmd_kit(const struct options *options);
int cmd_compare(const struct options *options);
int cmd_gate(const struct options *options);
int cmd_ab(const struct options *options);
int cmd_sweep(const struct options *options);
int cmd_trace(const struct options *options);
int cmd_selftest(const struct options *options);
int cmd_report(const struct options *options);
int cmd_plot(const struct options *options);
/* The kinds of picture, a line each. */
void plot_list_kinds(FILE *out);
int cmd_history(const struct options *options);

/* By name, or NULL. */
const struct command *command_find(const char *name);

/* Results on standard output, in a format that output_check() found known (NULL: a table); the exit code. */
int output_write(const char *format, const struct result_set *set, const char *data_path,
		 const struct options *options);
/* CODE_OK when the format is known; otherwise says so and returns CODE_USAGE. */
int output_check(const char *format, unsigned command);

/* What a set of results means for the caller of the program. */
int outcome_code(const struct result_set *set, bool strict);

/* Prints "exitlab: ..." to standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

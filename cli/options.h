/* SPDX-License-Identifier: MIT */
/* One table describes every command and option; parsing and --help come from it. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/err.h"

#define LIST_MAX  512
#define FILES_MAX 4096 /* of history, which takes in a year of runs at once */

struct option_list {
	const char *items[LIST_MAX];
	size_t n;
};

struct name_list {
	const char *items[FILES_MAX];
	size_t n;
};

/* Everything that options of any command can set. Text points into argv. */
struct options {
	struct name_list patterns; /* what is not an option; LIST_MAX but for history */
	struct option_list excludes;
	const char *environments;
	const char *cpus;
	const char *format;
	const char *output;
	const char *machine_id;
	const char *operation; /* of plot: a glob */
	const char *template, *author, *title, *name, *pictures; /* of report */
	const char *counters; /* of run */
	const char *by_difference; /* of anatomy */
	/* Of lab. */
	const char *host, *cpu_model, *kernel, *modules, *emulator, *mitigations;
	const char *profile, *folded;
	const char *kernel_a, *kernel_b, *modules_a, *modules_b, *base;
	bool bisect;
	struct option_list parameters;
	uint64_t boots, emulated_cpus, hugepages;
	double time_limit;
	bool verbose, list_models, generations, diff, side_by_side;
	bool boots_given, emulated_cpus_given, time_limit_given;
	char given[512]; /* the arguments as given, without names of files */
	uint64_t instances, seed, marked;
	double precision; /* 0.01 for "1%" */
	double max_seconds;
	bool quick, strict, all, help;
	bool json, fix; /* of doctor */
	bool unproven, events; /* of list */
	bool untraced;	/* of run */
	bool dry;	/* of explain */
	bool add;	/* of kit */
	/* Of compare, gate, ab and history. */
	const char *policy;
	double delta, alpha;
	bool force, paired, delta_given, alpha_given;
	const char *ab_a, *ab_b, *restore; /* commands */
	uint64_t pairs;
	double state_seconds;
	bool pairs_given, state_seconds_given;
	double handicap; /* of run and ab */
	const char *knob; /* of sweep */
	/* Of selftest. */
	const char *from;
	uint64_t suites, power;
	bool suites_given, power_given;
	/* Of check. */
	uint64_t repeat;
	bool repeat_given, list, sensitivity;
	double stress;
	const char *repro;
	/* Of differ. */
	uint64_t count, length, only;
	bool count_given, length_given, only_given, list_rules;
	/* Of trace. */
	const char *prices;
	uint64_t pid;
	double interval, seconds;
	bool pid_given, interval_given, time_given;
	size_t separator; /* how many names stand before "--" */
	bool separated;	  /* there was one */
	bool seed_given, instances_given, precision_given, max_given, marked_given;
};

struct command {
	const char *name;
	const char *arguments; /* "[GLOB...]" */
	const char *summary;   /* a line */
	const char *text;      /* a paragraph, or NULL */
	unsigned bit;	       /* of option_spec.commands */
	int (*run)(const struct options *options);
	void (*more)(FILE *out); /* behind the options: lines as they are; NULL: nothing */
};

/* In the order of the help text; ends at a NULL name. */
extern const struct command commands[];

/* Fills in options from the arguments behind the command's name. -EINVAL and a message. */
int options_parse(const struct command *command, int argc, char **argv, struct options *options,
		  struct err *err);

/* What is said of an option: for --help, the manual and completion. */
struct option_text {
	const char *name;
	char letter;	      /* 0: none */
	const char *argument; /* NULL: none */
	const char *help;
};

/* The n-th option of a command, from 0; false behind the last one. */
bool options_text(const struct command *command, unsigned n, struct option_text *text);

/* What the program is for, a paragraph; and what its exit status means, ends at a NULL text. */
extern const char options_purpose[];
struct exit_status_text {
	const char *code, *text;
};
extern const struct exit_status_text options_exit_status[];

void options_help(FILE *out);
void options_help_command(FILE *out, const struct command *command);

#endif

/* SPDX-License-Identifier: MIT */
/* An emulated host and its boots, from options to results: what the forms of `lab` share. */
#ifndef CLI_LAB_H
#define CLI_LAB_H

#include "analysis/result.h"
#include "cli/options.h"
#include "emulated-hosts/boot.h"

#define LAB_BOOTS_MAX 64

struct lab {
	const struct options *options;
	struct kernel kernel;
	struct lab_machine machine;
	const char *model_words;	 /* on the kernel's command line, or NULL */
	struct options inner;		 /* of the command that runs there */
	const char *command;		 /* its name */
	bool anatomy;			 /* the legs of exits are wanted: the command is run */
	bool profiled;			 /* every instruction is recorded in the first boot */
	const char *args[LIST_MAX + 16]; /* of the command, without the program */
	size_t n_args;
	struct boot boots[LAB_BOOTS_MAX];
	unsigned n_boots;
	uint64_t seed;		       /* of the first boot */
	char texts[LAB_BOOTS_MAX][24]; /* of the others' */
};

/*
 * From options to what can be booted; every usage error and everything that is missing is found
 * here, before an emulator starts. An exit code, after a message; CODE_OK. model NULL: as the
 * options say. Clear with lab_clear(), also after a failure.
 */
int lab_prepare(struct lab *lab, const struct options *options, const struct cpu_model *model);
void lab_clear(struct lab *lab);

/* Does the command measure? Then it is booted several times, and there are results. */
bool lab_measures(const struct lab *lab);

/*
 * Runs all boots to their end, some at once, with progress on standard error. CODE_OK when all came
 * to their end; otherwise an exit code, after a message. What arrived stays in lab->boots.
 */
int lab_run(struct lab *lab);

/* What the boots measured, as one set. -errno with a message. */
int lab_collect(struct lab *lab, struct result_set *set, struct err *err);

/*
 * With --profile: where the instructions of each result went, from the record of the first boot.
 * What cannot be profiled is named on standard error. -errno with a message.
 */
int lab_profile(struct lab *lab, struct result_set *set, struct err *err);

/* The whole result file: run, instances of all boots, results, end. An exit code, after a message.
 */
int lab_save(const struct lab *lab, const struct result_set *set, const char *path);

/* lab --generations: on every model of the host, side by side; the exit code. */
int lab_generations(const struct options *options);

#endif

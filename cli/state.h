/* SPDX-License-Identifier: MIT */
/* States of a machine that commands put it into, and runs in them: what ab and sweep share. */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "analysis/result.h"
#include "support/err.h"

struct options;

/* Where runs are kept, and the program that makes them. */
struct states {
	const struct options *options;
	char program[PATH_MAX], folder[PATH_MAX];
	bool temporary; /* the folder is ours to remove */
	bool switched;	/* a command was run: the machine must be put back */
};

/*
 * The folder of --output, which must not be there yet, or a temporary one. 0 or -errno with a
 * message.
 */
int states_begin(struct states *states, const struct options *options, struct err *err);
/* Removes what is temporary: n runs of each of the names. */
void states_end(const struct states *states, const char *const *names, size_t n_names, size_t n);

/*
 * Runs a command through the shell, for at most --state-time; option is what the user calls it.
 * deaf: a signal that stops this program does not stop it.
 */
int state_switch(struct states *states, const char *option, const char *command, bool deaf,
		 struct err *err);

/*
 * One run of the operations, in a process of its own, kept as NAME-NUMBER.jsonl (from 1) and read
 * into *set. handicap: see --handicap; 0: none.
 */
int state_measure(const struct states *states, const char *name, size_t number, double handicap,
		  struct result_set *set, struct err *err);

/* Puts the machine back with a command, if it was switched; says so when that fails. */
void state_restore(struct states *states, const char *option, const char *command);

#endif

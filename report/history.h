/* SPDX-License-Identifier: MIT */
/*
 * What was recorded over time: machines, their runs, and for each operation on each machine a
 * series of figures, one a run. As it is loaded from a store (report/history_store.h), plain data;
 * and which of its changes are believed.
 */
#ifndef REPORT_HISTORY_H
#define REPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/changepoint.h"
#include "support/err.h"

/*
 * What costs less is taken for so much: a share of next to nothing is none. Ticks, not
 * instructions, which are exact.
 */
#define HISTORY_FLOOR_TICKS 1.0

/* cpu_model, substrate, emulated_cpu and module_parameters of a run. */
#define HISTORY_MACHINE_SIZE 400

struct history_machine {
	int64_t id; /* of the store */
	char name[HISTORY_MACHINE_SIZE];
	size_t n_runs, n_series;
};

struct history_run {
	int64_t id;
	size_t machine;	  /* an index */
	char started[32]; /* as the run says: UTC, ISO 8601 */
	char added[32];	  /* when it was taken in, the same */
	char file[256];	  /* its name, without folders */
	char kernel[128];
	bool emulated; /* its own clock is an emulator's, which begins anew at each boot */
	bool complete;
	size_t n_points; /* results with a figure */
};

struct history_series {
	int64_t id;
	size_t machine;
	char substrate[8];
	bool emulated;
	char benchmark[64], parameters[48], environment[16];
	char payload_hash[17];
	char unit[16]; /* "ticks" or "instructions" */
	size_t n;
	double *values; /* in the order of the runs; owned */
	size_t *runs;	/* of each value; owned */
	bool exact;	/* all of them are */
	bool ended;	/* later runs have other code for the operation, which is another series */
	struct changepoints changes; /* by history_judge(); owned */
};

/* Runs are in the order of time: of their start, and emulated ones as they were added. */
struct history {
	struct history_machine *machines;
	size_t n_machines;
	struct history_run *runs;
	size_t n_runs;
	struct history_series *series; /* by machine, operation, environment */
	size_t n_series;
};

/* What counts as a change unless told otherwise. */
#define HISTORY_DELTA 0.03
#define HISTORY_ALPHA 0.05

struct history_options {
	double delta; /* smallest change of times that counts; exact counts have none */
	double alpha; /* for all series of times together (Holm) */
};

/*
 * Finds the changes of every series. Their p then holds for all series together; a change above
 * alpha is none, and its neighbours are judged without it. 0, -EINVAL (a damaged figure) or
 * -ENOMEM.
 */
int history_judge(struct history *history, const struct history_options *options, struct err *err);

/* Safe twice. */
void history_clear(struct history *history);

/* The time that says when a run was: its start, or when it was added if it is an emulated one's. */
const char *history_run_time(const struct history_run *run);

/* "exit/cpuid leaf=0x1". Returns text. */
const char *history_label(const struct history_series *series, char *text, size_t size);

/* The latest change, or NULL. */
const struct changepoint *history_latest(const struct history_series *series);

/* Has it become slower at its latest change, and goes on? */
bool history_alarm(const struct history_series *series);

#endif

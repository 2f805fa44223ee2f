/* SPDX-License-Identifier: MIT */
/*
 * Where results are kept over time: one SQLite database, DIR/history.sqlite.
 *
 *   machine   name
 *   run       one a result file: machine, started, seed, file, kernel, ...
 *   series    one for each machine, operation with its parameters, environment, substrate, code
 *             (payload_hash) and unit: figures that can be compared
 *   point     one for each series and run: value, interval, exact
 *
 * Every text is bound to a statement, never part of one. A file's results are one transaction. The
 * functions return 0 or -errno, and err names the database, the reason and what to do.
 */
#ifndef REPORT_HISTORY_STORE_H
#define REPORT_HISTORY_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/result.h"
#include "report/history.h"
#include "support/err.h"

#define HISTORY_FILE	       "history.sqlite"
#define HISTORY_SCHEMA_VERSION 1
/* For so long another writer is waited for. */
#define HISTORY_BUSY_SECONDS 5

struct history_store;

enum history_mode {
	HISTORY_READ,
	HISTORY_WRITE, /* makes folder and database, where its parent is there */
};

int history_store_open(const char *folder, enum history_mode mode, struct history_store **store,
		       struct err *err);
/* NULL is allowed. */
void history_store_close(struct history_store *store);

enum history_outcome {
	HISTORY_ADDED,
	HISTORY_COMPLETED, /* it was there, cut off; this file has all of it */
	HISTORY_ALREADY,   /* it is there: nothing was changed */
};

struct history_added {
	enum history_outcome outcome;
	size_t n_points, n_new_series;
	char machine[HISTORY_MACHINE_SIZE];
};

/*
 * Takes a run in: all of it, or on failure nothing. path names the file, whose folders are not
 * kept. Of a run that was cut off, results that were not complete are left out. -ENODATA: it has no
 * figure.
 */
int history_store_add(struct history_store *store, const struct result_set *set, const char *path,
		      struct history_added *added, struct err *err);

/*
 * Everything about operations that match one of n globs (0: all). Overwrites *history, freed by
 * history_clear(). -ENOENT: a glob that matches nothing.
 */
int history_store_load(struct history_store *store, const char *const *globs, size_t n,
		       struct history *history, struct err *err);

#endif

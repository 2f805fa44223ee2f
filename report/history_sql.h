/* SPDX-License-Identifier: MIT */
/*
 * Between the files of history_store.h: the database, and SQLite's calls with its errors in words.
 * Nobody else includes this.
 */
#ifndef REPORT_HISTORY_SQL_H
#define REPORT_HISTORY_SQL_H

#include <limits.h>
#include <sqlite3.h>
#include <stdint.h>

#include "report/history_store.h"

struct history_store {
	sqlite3 *db;
	char path[PATH_MAX];
	bool has_log;
	/* Prepared when they are first used. */
	sqlite3_stmt *find_series, *insert_series, *insert_point;
};

/* What a result code of SQLite means to the person who owns the database. */
int history_fail(const struct history_store *store, int code, struct err *err);

int history_execute(struct history_store *store, const char *sql, struct err *err);
/* Does nothing when *statement is prepared. */
int history_prepare(struct history_store *store, const char *sql, sqlite3_stmt **statement,
		    struct err *err);
/* One row: 1; none: 0. */
int history_step(struct history_store *store, sqlite3_stmt *statement, struct err *err);
/* A statement's one number. */
int history_ask(struct history_store *store, const char *sql, int64_t *number, struct err *err);

void history_bind_text(sqlite3_stmt *statement, int at, const char *text);
/* Names of files are bytes, and what is cut may be cut within a character: '?' stands for those. */
void history_column_text(sqlite3_stmt *statement, int at, char *text, size_t size);

#endif

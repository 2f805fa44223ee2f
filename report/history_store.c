/* SPDX-License-Identifier: MIT */
#include "report/history_sql.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/text.h"
#include "support/seconds.h"

/* "exlh": tells this database from those of other programs. */
#define APPLICATION_ID 0x65786c68

static const char schema[] =
	"CREATE TABLE machine (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE run (id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine,"
	" started TEXT NOT NULL, seed TEXT NOT NULL, fingerprint TEXT NOT NULL,"
	" added TEXT NOT NULL, file TEXT NOT NULL, kernel TEXT NOT NULL, program TEXT NOT NULL,"
	" emulated INTEGER NOT NULL, complete INTEGER NOT NULL,"
	" UNIQUE (machine, started, seed, fingerprint));"
	"CREATE TABLE series (id INTEGER PRIMARY KEY, machine INTEGER NOT NULL REFERENCES machine,"
	" benchmark TEXT NOT NULL, parameters TEXT NOT NULL, environment TEXT NOT NULL,"
	" substrate TEXT NOT NULL, emulated INTEGER NOT NULL, payload_hash TEXT NOT NULL,"
	" unit TEXT NOT NULL, UNIQUE (machine, benchmark, parameters, environment, substrate,"
	" emulated, unit, payload_hash));"
	"CREATE TABLE point (series INTEGER NOT NULL REFERENCES series,"
	" run INTEGER NOT NULL REFERENCES run, value REAL NOT NULL, lo REAL, hi REAL,"
	" exact INTEGER NOT NULL, status TEXT NOT NULL, PRIMARY KEY (series, run)) WITHOUT ROWID;"
	"CREATE INDEX point_run ON point (run);";

/* ---- errors ---------------------------------------------------------------------------------- */

/* What a result code of SQLite means to the person who owns the database. */
int history_fail(const struct history_store *store, int code, struct err *err)
{
	const char *path = store->path;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(
			err, EBUSY,
			"%s is locked: another program has been writing to it for %d s; wait "
			"until that has ended ('fuser %s' names it)",
			path, HISTORY_BUSY_SECONDS, path);
	case SQLITE_NOTADB:
		return err_set(
			err, EPROTO,
			"%s is not a database, or its beginning is damaged: move it away, and "
			"add the result files again",
			path);
	case SQLITE_CORRUPT:
		return err_set(err, EPROTO,
			       "%s is damaged or cut off (%s): move it away, and add the result "
			       "files again",
			       path, store->db ? sqlite3_errmsg(store->db) : "SQLite");
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return err_set(err, EROFS,
			       "%s cannot be written: it, its folder or its file system is "
			       "read-only; copy the folder to where you may write",
			       path);
	case SQLITE_CANTOPEN:
		return err_set(err, EACCES,
			       "%s cannot be opened: its folder must be one that you may read, and "
			       "to add results write",
			       path);
	case SQLITE_FULL:
		return err_set(err, ENOSPC,
			       "%s: no space left on its disk; what was there before is unharmed; "
			       "make room, then add the file again",
			       path);
	case SQLITE_NOMEM:
		return err_set(err, ENOMEM, "%s: no memory", path);
	default:
		return err_set(err, EIO, "%s: %s", path,
			       store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
	}
}

int history_execute(struct history_store *store, const char *sql, struct err *err)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code ? history_fail(store, code, err) : 0;
}

int history_prepare(struct history_store *store, const char *sql, sqlite3_stmt **statement,
		    struct err *err)
{
	int code = *statement ? SQLITE_OK : sqlite3_prepare_v2(store->db, sql, -1, statement, NULL);

	return code ? history_fail(store, code, err) : 0;
}

/* One row: 1; none: 0. */
int history_step(struct history_store *store, sqlite3_stmt *statement, struct err *err)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : history_fail(store, code, err);
}

void history_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

/* Names of files are bytes, and what is cut may be cut within a character: '?' stands for those. */
void history_column_text(sqlite3_stmt *statement, int at, char *text, size_t size)
{
	const unsigned char *value = sqlite3_column_text(statement, at);

	snprintf(text, size, "%s", value ? (const char *)value : "");
	text_make_utf8(text);
}

/* A statement's one number. */
int history_ask(struct history_store *store, const char *sql, int64_t *number, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = history_prepare(store, sql, &statement, err);

	if (!ret)
		ret = history_step(store, statement, err);
	if (ret > 0)
		*number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return ret < 0 ? ret : 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int check_whole(struct history_store *store, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = history_prepare(store, "PRAGMA quick_check(1)", &statement, err);

	if (!ret)
		ret = history_step(store, statement, err);
	if (ret > 0) {
		char said[200];

		history_column_text(statement, 0, said, sizeof(said));
		ret = 0;
		said[strcspn(said, "\n")] = '\0';
		if (strcmp(said, "ok"))
			ret = err_set(err, EPROTO,
				      "%s is damaged (%s): move it away, and add the result files "
				      "again",
				      store->path, said);
	}
	sqlite3_finalize(statement);
	return ret;
}

/* Whose database is it? *empty: nobody's yet. */
static int check_owner(struct history_store *store, bool *empty, struct err *err)
{
	int64_t application = 0, version = 0, objects = 0;
	int ret = history_ask(store, "PRAGMA application_id", &application, err);

	if (!ret)
		ret = history_ask(store, "PRAGMA user_version", &version, err);
	if (!ret)
		ret = history_ask(store, "SELECT count(*) FROM sqlite_master", &objects, err);
	if (ret)
		return ret;
	*empty = !application && !version && !objects;
	if (*empty)
		return 0;
	if (application != APPLICATION_ID)
		return err_set(
			err, EPROTO,
			"%s is the database of another program: give history a folder of its "
			"own",
			store->path);
	if (version != HISTORY_SCHEMA_VERSION)
		return err_set(err, EPROTO,
			       "%s has schema version %" PRId64 ", and this exitlab knows version "
			       "%d: use the exitlab that wrote it, or a newer one",
			       store->path, version, HISTORY_SCHEMA_VERSION);
	return 0;
}

static int make_schema(struct history_store *store, struct err *err)
{
	char sql[sizeof(schema) + 128];
	bool empty = false;
	int ret = history_execute(store, "BEGIN IMMEDIATE", err);

	if (ret)
		return ret;
	/* Somebody else may just have made it. */
	ret = check_owner(store, &empty, err);
	if (!ret && empty) {
		snprintf(sql, sizeof(sql),
			 "%s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", schema,
			 APPLICATION_ID, HISTORY_SCHEMA_VERSION);
		ret = history_execute(store, sql, err);
	}
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

/* The folder is there, and for reading a database in it; or it is said what is not. */
static int check_folder(const char *folder, const char *path, enum history_mode mode,
			struct err *err)
{
	struct stat status;

	if (mode == HISTORY_WRITE && mkdir(folder, 0777) && errno != EEXIST)
		return err_sys(err, errno,
			       errno == ENOENT ? "cannot make %s; make its parent folder first"
					       : "cannot make %s",
			       folder);
	if (stat(folder, &status))
		return err_sys(err, errno,
			       "there is no history in %s ('exitlab history add %s FILE' begins "
			       "one)",
			       folder, folder);
	if (!S_ISDIR(status.st_mode))
		return err_set(err, ENOTDIR, "%s is not a folder: history wants one of its own",
			       folder);
	if (mode == HISTORY_READ && access(path, F_OK))
		return err_sys(err, errno,
			       "%s holds no " HISTORY_FILE
			       " ('exitlab history add %s FILE' begins one)",
			       folder, folder);
	return 0;
}

/*
 * A thousand files in seconds: while files are added, they go to a log beside the database, which
 * is not synced for each. A power cut may take the last ones, whole; a killed program none. A file
 * system that cannot have one (it needs shared memory) goes without.
 */
static int begin_log(struct history_store *store, struct err *err)
{
	double end = seconds_now() + HISTORY_BUSY_SECONDS;
	int code;

	/* SQLite does not wait here: somebody else may just be beginning or ending one. */
	do {
		code = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	} while ((code & 0xff) == SQLITE_BUSY && seconds_now() < end && !usleep(20000));
	sqlite3_exec(store->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
	store->has_log = !code;
	return (code & 0xff) == SQLITE_BUSY ? history_fail(store, code, err) : 0;
}

/* One file again, which can be read where nothing can be written. Not while others use the log. */
static void end_log(struct history_store *store)
{
	sqlite3_busy_timeout(store->db, 0);
	sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
}

static int open_database(struct history_store *store, enum history_mode mode, struct err *err)
{
	/* Readers too, where they may: they tidy up behind a writer that was killed. */
	int flags = SQLITE_OPEN_READWRITE | (mode == HISTORY_WRITE ? SQLITE_OPEN_CREATE : 0);
	bool empty = false;
	int code = sqlite3_open_v2(store->path, &store->db, flags, NULL);
	int ret;

	if (code)
		return history_fail(store, code, err);
	sqlite3_busy_timeout(store->db, HISTORY_BUSY_SECONDS * 1000);
	/* It may come from anybody: what is in it is data, and runs nothing. */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/* At one moment: somebody else may just make it. */
	ret = history_execute(store, "BEGIN", err);
	if (!ret)
		ret = check_owner(store, &empty, err);
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	if (ret)
		return ret;
	if (empty && mode == HISTORY_READ)
		return err_set(err, EPROTO,
			       "%s is empty: add the result files again with 'exitlab history add'",
			       store->path);
	ret = empty ? make_schema(store, err) : check_whole(store, err);
	return ret || mode == HISTORY_READ ? ret : begin_log(store, err);
}

int history_store_open(const char *folder, enum history_mode mode, struct history_store **out,
		       struct err *err)
{
	struct history_store *store = calloc(1, sizeof(*store));
	int ret;

	*out = NULL;
	if (!store)
		return err_set(err, ENOMEM, "no memory to open %s", folder);
	if ((size_t)snprintf(store->path, sizeof(store->path), "%s/%s", folder, HISTORY_FILE) >=
	    sizeof(store->path))
		ret = err_set(err, ENAMETOOLONG, "the path of the folder is too long");
	else
		ret = check_folder(folder, store->path, mode, err);
	if (!ret)
		ret = open_database(store, mode, err);
	if (ret) {
		history_store_close(store);
		return ret;
	}
	*out = store;
	return 0;
}

void history_store_close(struct history_store *store)
{
	if (!store)
		return;
	sqlite3_finalize(store->find_series);
	sqlite3_finalize(store->insert_series);
	sqlite3_finalize(store->insert_point);
	if (store->has_log)
		end_log(store);
	sqlite3_close(store->db);
	free(store);
}

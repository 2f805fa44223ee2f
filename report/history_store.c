/* SPDX-License-Identifier: MIT */
#include "report/history_store.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/figure.h"
#include "support/seconds.h"

/* "exlh": tells this database from those of other programs. */
#define APPLICATION_ID 0x65786c68

struct history_store {
	sqlite3 *db;
	char path[PATH_MAX];
	bool has_log;
	/* Prepared when they are first used. */
	sqlite3_stmt *find_series, *insert_series, *insert_point;
};

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
static int fail(const struct history_store *store, int code, struct err *err)
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

static int execute(struct history_store *store, const char *sql, struct err *err)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code ? fail(store, code, err) : 0;
}

static int prepare(struct history_store *store, const char *sql, sqlite3_stmt **statement,
		   struct err *err)
{
	int code = *statement ? SQLITE_OK : sqlite3_prepare_v2(store->db, sql, -1, statement, NULL);

	return code ? fail(store, code, err) : 0;
}

/* One row: 1; none: 0. */
static int step(struct history_store *store, sqlite3_stmt *statement, struct err *err)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : fail(store, code, err);
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

/* How many bytes the UTF-8 character at text has; 0: it is none. */
static size_t character(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t n = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;

	if (*at > 0xf4 || (*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) ||
	    (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* Names of files are bytes, and what is cut may be cut within a character: '?' stands for those. */
static void column_text(sqlite3_stmt *statement, int at, char *text, size_t size)
{
	const unsigned char *value = sqlite3_column_text(statement, at);

	snprintf(text, size, "%s", value ? (const char *)value : "");
	while (*text) {
		size_t n = character(text);

		if (!n)
			*text = '?';
		text += n ? n : 1;
	}
}

/* A statement's one number. */
static int ask(struct history_store *store, const char *sql, int64_t *number, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = prepare(store, sql, &statement, err);

	if (!ret)
		ret = step(store, statement, err);
	if (ret > 0)
		*number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return ret < 0 ? ret : 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

static int check_whole(struct history_store *store, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = prepare(store, "PRAGMA quick_check(1)", &statement, err);

	if (!ret)
		ret = step(store, statement, err);
	if (ret > 0) {
		char said[200];

		column_text(statement, 0, said, sizeof(said));
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
	int ret = ask(store, "PRAGMA application_id", &application, err);

	if (!ret)
		ret = ask(store, "PRAGMA user_version", &version, err);
	if (!ret)
		ret = ask(store, "SELECT count(*) FROM sqlite_master", &objects, err);
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
	int ret = execute(store, "BEGIN IMMEDIATE", err);

	if (ret)
		return ret;
	/* Somebody else may just have made it. */
	ret = check_owner(store, &empty, err);
	if (!ret && empty) {
		snprintf(sql, sizeof(sql),
			 "%s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", schema,
			 APPLICATION_ID, HISTORY_SCHEMA_VERSION);
		ret = execute(store, sql, err);
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
	return (code & 0xff) == SQLITE_BUSY ? fail(store, code, err) : 0;
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
		return fail(store, code, err);
	sqlite3_busy_timeout(store->db, HISTORY_BUSY_SECONDS * 1000);
	/* It may come from anybody: what is in it is data, and runs nothing. */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/* At one moment: somebody else may just make it. */
	ret = execute(store, "BEGIN", err);
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

/* ---- adding ---------------------------------------------------------------------------------- */

/* A run on its way in. */
struct arrival {
	const struct result_set *set;
	const char *file;
	char machine[HISTORY_MACHINE_SIZE];
	char seed[24];
	char fingerprint[24];
	int64_t machine_id, run_id;
	struct history_added *added;
};

static void name_machine(const struct run_info *run, char *name, size_t size)
{
	const struct emulated_host *host = &run->emulated_host;

	if (*run->machine.id)
		snprintf(name, size, "%s", run->machine.id);
	else
		/* Parameters of an emulated host's KVM, such as npt=0, make another machine of it.
		 */
		snprintf(name, size, "%s, %s%s%s%s%s", run->machine.cpu_model,
			 substrate_name(run->machine.substrate), *host->emulated_cpu ? ", " : "",
			 host->emulated_cpu, *host->module_parameters ? ", " : "",
			 host->module_parameters);
}

static const char *unit_of(const struct run_info *run, const struct result *result)
{
	return result->estimate.exact || figure_counts_instructions(run) ? "instructions" : "ticks";
}

/* Of a run that was cut off, what is unstable may be so because it was cut off. */
static bool is_point(const struct run_info *run, const struct result *result)
{
	return result_usable(result) &&
	       (result->status == STATUS_OK || result->status == STATUS_KNOWN ||
		(result->status == STATUS_UNSTABLE && run->complete));
}

static uint64_t hash(uint64_t so_far, const void *data, size_t n)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < n; i++)
		so_far = (so_far ^ bytes[i]) * 0x100000001b3u; /* FNV-1a */
	return so_far;
}

static uint64_t hash_text(uint64_t so_far, const char *text)
{
	return hash(so_far, text, strlen(text) + 1);
}

/*
 * The clock of an emulated host begins with the same time at each boot, and its seeds are the same
 * by default: there, kernel and figures tell runs apart.
 */
static void make_fingerprint(struct arrival *arrival)
{
	const struct run_info *run = &arrival->set->run;
	uint64_t so_far = 0xcbf29ce484222325u;

	if (!run->machine.emulated)
		return;
	so_far = hash_text(so_far, run->machine.kernel);
	so_far = hash_text(so_far, run->emulated_host.kernel_sha256);
	so_far = hash_text(so_far, run->emulated_host.modules_sha256);
	for (size_t i = 0; i < arrival->set->n_results; i++) {
		const struct result *result = &arrival->set->results[i];

		if (!is_point(run, result))
			continue;
		so_far = hash_text(so_far, result->benchmark);
		so_far = hash_text(so_far, result->parameters);
		so_far = hash_text(so_far, result->environment);
		so_far = hash(so_far, &result->estimate.point, sizeof(result->estimate.point));
	}
	snprintf(arrival->fingerprint, sizeof(arrival->fingerprint), "%016" PRIx64, so_far);
}

/* Runs a statement of which nothing but its success is wanted. */
static int run_once(struct history_store *store, sqlite3_stmt *statement, struct err *err)
{
	int ret = step(store, statement, err);

	sqlite3_finalize(statement);
	return ret < 0 ? ret : 0;
}

static int enter_machine(struct history_store *store, struct arrival *arrival, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret =
		prepare(store, "INSERT OR IGNORE INTO machine (name) VALUES (?)", &statement, err);

	if (ret)
		return ret;
	bind_text(statement, 1, arrival->machine);
	ret = run_once(store, statement, err);
	if (ret)
		return ret;
	statement = NULL;
	ret = prepare(store, "SELECT id FROM machine WHERE name = ?", &statement, err);
	if (ret)
		return ret;
	bind_text(statement, 1, arrival->machine);
	ret = step(store, statement, err);
	if (ret > 0)
		arrival->machine_id = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return ret < 0 ? ret : 0;
}

/* Is the run there already? Its row is kept, so that its place among the others stays. */
static int find_run(struct history_store *store, struct arrival *arrival, struct err *err)
{
	const struct run_info *run = &arrival->set->run;
	sqlite3_stmt *statement = NULL;
	int ret = prepare(store,
			  "SELECT id, complete FROM run WHERE machine = ? AND started = ? AND "
			  "seed = ? AND fingerprint = ?",
			  &statement, err);

	if (ret)
		return ret;
	sqlite3_bind_int64(statement, 1, arrival->machine_id);
	bind_text(statement, 2, run->started);
	bind_text(statement, 3, arrival->seed);
	bind_text(statement, 4, arrival->fingerprint);
	ret = step(store, statement, err);
	if (ret > 0) {
		bool complete = sqlite3_column_int(statement, 1);

		arrival->run_id = sqlite3_column_int64(statement, 0);
		arrival->added->outcome =
			!complete && run->complete ? HISTORY_COMPLETED : HISTORY_ALREADY;
	}
	sqlite3_finalize(statement);
	return ret < 0 ? ret : 0;
}

static int enter_run(struct history_store *store, struct arrival *arrival, struct err *err)
{
	const struct run_info *run = &arrival->set->run;
	time_t now = time(NULL);
	sqlite3_stmt *statement = NULL;
	char added[32];
	struct tm utc;
	int ret = prepare(store,
			  "INSERT INTO run (machine, started, seed, fingerprint, added, file, "
			  "kernel, program, emulated, complete) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
			  "?)",
			  &statement, err);

	if (ret)
		return ret;
	strftime(added, sizeof(added), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	sqlite3_bind_int64(statement, 1, arrival->machine_id);
	bind_text(statement, 2, run->started);
	bind_text(statement, 3, arrival->seed);
	bind_text(statement, 4, arrival->fingerprint);
	bind_text(statement, 5, added);
	bind_text(statement, 6, arrival->file);
	bind_text(statement, 7, run->machine.kernel);
	bind_text(statement, 8, run->program_version);
	sqlite3_bind_int(statement, 9, run->machine.emulated);
	sqlite3_bind_int(statement, 10, run->complete);
	ret = run_once(store, statement, err);
	arrival->run_id = sqlite3_last_insert_rowid(store->db);
	return ret;
}

/* What is there of a run that was cut off makes room for the whole. */
static int replace_run(struct history_store *store, struct arrival *arrival, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = prepare(store, "DELETE FROM point WHERE run = ?", &statement, err);

	if (ret)
		return ret;
	sqlite3_bind_int64(statement, 1, arrival->run_id);
	ret = run_once(store, statement, err);
	statement = NULL;
	if (!ret)
		ret = prepare(store, "UPDATE run SET complete = 1, file = ? WHERE id = ?",
			      &statement, err);
	if (ret)
		return ret;
	bind_text(statement, 1, arrival->file);
	sqlite3_bind_int64(statement, 2, arrival->run_id);
	return run_once(store, statement, err);
}

static void bind_series(sqlite3_stmt *statement, const struct arrival *arrival,
			const struct result *result)
{
	const struct run_info *run = &arrival->set->run;

	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, arrival->machine_id);
	bind_text(statement, 2, result->benchmark);
	bind_text(statement, 3, result->parameters);
	bind_text(statement, 4, result->environment);
	bind_text(statement, 5, substrate_name(result->substrate));
	sqlite3_bind_int(statement, 6, run->machine.emulated);
	bind_text(statement, 7, unit_of(run, result));
	bind_text(statement, 8, result->payload_hash);
}

static int enter_series(struct history_store *store, const struct arrival *arrival,
			const struct result *result, int64_t *series, struct err *err)
{
	int ret = prepare(store,
			  "SELECT id FROM series WHERE machine = ? AND benchmark = ? AND "
			  "parameters = ? AND environment = ? AND substrate = ? AND emulated = ? "
			  "AND unit = ? AND payload_hash = ?",
			  &store->find_series, err);

	if (ret)
		return ret;
	bind_series(store->find_series, arrival, result);
	ret = step(store, store->find_series, err);
	if (ret > 0)
		*series = sqlite3_column_int64(store->find_series, 0);
	sqlite3_reset(store->find_series);
	if (ret)
		return ret < 0 ? ret : 0;
	ret = prepare(store,
		      "INSERT INTO series (machine, benchmark, parameters, environment, "
		      "substrate, emulated, unit, payload_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		      &store->insert_series, err);
	if (ret)
		return ret;
	bind_series(store->insert_series, arrival, result);
	ret = step(store, store->insert_series, err);
	*series = sqlite3_last_insert_rowid(store->db);
	arrival->added->n_new_series++;
	sqlite3_reset(store->insert_series);
	return ret;
}

static int enter_point(struct history_store *store, const struct arrival *arrival,
		       const struct result *result, struct err *err)
{
	const struct estimate *estimate = &result->estimate;
	int64_t series = 0;
	int ret = enter_series(store, arrival, result, &series, err);

	/* A file that has a result twice has it once here: the last one counts, as for show. */
	if (!ret)
		ret = prepare(store,
			      "INSERT OR REPLACE INTO point (series, run, value, lo, hi, exact, "
			      "status) VALUES (?, ?, ?, ?, ?, ?, ?)",
			      &store->insert_point, err);
	if (ret)
		return ret;
	sqlite3_bind_int64(store->insert_point, 1, series);
	sqlite3_bind_int64(store->insert_point, 2, arrival->run_id);
	sqlite3_bind_double(store->insert_point, 3, estimate->point);
	sqlite3_bind_double(store->insert_point, 4, estimate->lo); /* NaN is NULL there */
	sqlite3_bind_double(store->insert_point, 5, estimate->hi);
	sqlite3_bind_int(store->insert_point, 6, estimate->exact);
	bind_text(store->insert_point, 7, status_name(result->status));
	ret = step(store, store->insert_point, err);
	sqlite3_reset(store->insert_point);
	arrival->added->n_points++;
	return ret;
}

static int enter(struct history_store *store, struct arrival *arrival, struct err *err)
{
	const struct result_set *set = arrival->set;
	int ret = enter_machine(store, arrival, err);

	if (!ret)
		ret = find_run(store, arrival, err);
	if (ret || arrival->added->outcome == HISTORY_ALREADY)
		return ret;
	ret = arrival->added->outcome == HISTORY_COMPLETED ? replace_run(store, arrival, err)
							   : enter_run(store, arrival, err);
	for (size_t i = 0; i < set->n_results && !ret; i++)
		if (is_point(&set->run, &set->results[i]))
			ret = enter_point(store, arrival, &set->results[i], err);
	return ret;
}

int history_store_add(struct history_store *store, const struct result_set *set, const char *path,
		      struct history_added *added, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct arrival arrival = {.set = set, .file = slash ? slash + 1 : path, .added = added};
	size_t n = 0;
	int ret;

	*added = (struct history_added){0};
	for (size_t i = 0; i < set->n_results; i++)
		n += is_point(&set->run, &set->results[i]);
	if (!n)
		return err_set(err, ENODATA, "%s holds no figure that could be followed", path);
	name_machine(&set->run, arrival.machine, sizeof(arrival.machine));
	memcpy(added->machine, arrival.machine, sizeof(added->machine));
	snprintf(arrival.seed, sizeof(arrival.seed), "0x%" PRIx64, set->run.seed);
	make_fingerprint(&arrival);
	ret = execute(store, "BEGIN IMMEDIATE", err);
	if (!ret)
		ret = enter(store, &arrival, err);
	if (!ret && added->outcome != HISTORY_ALREADY)
		ret = execute(store, "COMMIT", err);
	/* Some errors have ended the transaction themselves. */
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

/* ---- loading --------------------------------------------------------------------------------- */

/* Room for one more, zeroed; NULL: no memory. */
static void *grow(void *array, size_t n, size_t size)
{
	size_t room = 64;
	char *more = *(void **)array;

	while (room < n)
		room *= 2;
	if (!n || n == room) {
		more = reallocarray(more, n ? 2 * n : room, size);
		if (!more)
			return NULL;
		*(void **)array = more;
	}
	return memset(more + n * size, 0, size);
}

static int no_memory(const struct history_store *store, struct err *err)
{
	return err_set(err, ENOMEM, "no memory for the history in %s", store->path);
}

static int load_machines(struct history_store *store, struct history *history, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = prepare(store, "SELECT id, name FROM machine ORDER BY id", &statement, err);

	while (!ret && (ret = step(store, statement, err)) > 0) {
		struct history_machine *machine =
			grow(&history->machines, history->n_machines, sizeof(*machine));

		ret = machine ? 0 : no_memory(store, err);
		if (ret)
			break;
		history->n_machines++;
		machine->id = sqlite3_column_int64(statement, 0);
		column_text(statement, 1, machine->name, sizeof(machine->name));
	}
	sqlite3_finalize(statement);
	return ret;
}

/* Rows that refer to nothing are those of a database that somebody has edited: left out. */
static bool machine_index(const struct history *history, int64_t id, size_t *index)
{
	for (*index = 0; *index < history->n_machines; (*index)++)
		if (history->machines[*index].id == id)
			return true;
	return false;
}

static int load_runs(struct history_store *store, struct history *history, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = prepare(store,
			  "SELECT id, machine, started, added, file, kernel, emulated, complete, "
			  "(SELECT count(*) FROM point WHERE run = run.id) FROM run ORDER BY "
			  "emulated, CASE WHEN emulated THEN '' ELSE started END, id",
			  &statement, err);

	while (!ret && (ret = step(store, statement, err)) > 0) {
		struct history_run *run = grow(&history->runs, history->n_runs, sizeof(*run));

		ret = run ? 0 : no_memory(store, err);
		if (ret)
			break;
		if (!machine_index(history, sqlite3_column_int64(statement, 1), &run->machine))
			continue;
		history->n_runs++;
		history->machines[run->machine].n_runs++;
		run->id = sqlite3_column_int64(statement, 0);
		column_text(statement, 2, run->started, sizeof(run->started));
		column_text(statement, 3, run->added, sizeof(run->added));
		column_text(statement, 4, run->file, sizeof(run->file));
		column_text(statement, 5, run->kernel, sizeof(run->kernel));
		run->emulated = sqlite3_column_int(statement, 6);
		run->complete = sqlite3_column_int(statement, 7);
		run->n_points = (size_t)sqlite3_column_int64(statement, 8);
	}
	sqlite3_finalize(statement);
	return ret;
}

/* Runs by their id in the store, to find the index of a point's. */
struct run_key {
	int64_t id;
	size_t index;
};

static int by_id(const void *a, const void *b)
{
	int64_t x = ((const struct run_key *)a)->id, y = ((const struct run_key *)b)->id;

	return (x > y) - (x < y);
}

static int make_keys(const struct history *history, struct run_key **keys)
{
	*keys = calloc(history->n_runs + 1, sizeof(**keys));
	if (!*keys)
		return -ENOMEM;
	for (size_t i = 0; i < history->n_runs; i++)
		(*keys)[i] = (struct run_key){history->runs[i].id, i};
	qsort(*keys, history->n_runs, sizeof(**keys), by_id);
	return 0;
}

struct loaded_point {
	size_t run;
	double value;
	bool exact;
};

static int by_run(const void *a, const void *b)
{
	size_t x = ((const struct loaded_point *)a)->run, y = ((const struct loaded_point *)b)->run;

	return (x > y) - (x < y);
}

static int take_points(struct history_series *series, struct loaded_point *points)
{
	series->values = calloc(series->n + 1, sizeof(*series->values));
	series->runs = calloc(series->n + 1, sizeof(*series->runs));
	if (!series->values || !series->runs)
		return -ENOMEM;
	qsort(points, series->n, sizeof(*points), by_run);
	series->exact = true;
	for (size_t i = 0; i < series->n; i++) {
		series->values[i] = points[i].value;
		series->runs[i] = points[i].run;
		series->exact = series->exact && points[i].exact;
	}
	return 0;
}

static int load_points(struct history_store *store, sqlite3_stmt *statement,
		       const struct history *history, const struct run_key *keys,
		       struct history_series *series, struct err *err)
{
	struct loaded_point *points = NULL;
	int ret;

	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, series->id);
	while ((ret = step(store, statement, err)) > 0) {
		struct run_key wanted = {.id = sqlite3_column_int64(statement, 0)};
		const struct run_key *key =
			bsearch(&wanted, keys, history->n_runs, sizeof(*keys), by_id);
		struct loaded_point *point = grow(&points, series->n, sizeof(*points));

		ret = point ? 0 : no_memory(store, err);
		if (ret)
			break;
		if (!key)
			continue;
		series->n++;
		*point = (struct loaded_point){.run = key->index,
					       .value = sqlite3_column_double(statement, 1),
					       .exact = sqlite3_column_int(statement, 2)};
	}
	if (!ret && take_points(series, points))
		ret = no_memory(store, err);
	free(points);
	return ret;
}

static bool matches(const char *name, const char *const *globs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(globs[i], name, 0))
			return true;
	return !n;
}

static void read_series(sqlite3_stmt *statement, struct history_series *series)
{
	series->id = sqlite3_column_int64(statement, 0);
	column_text(statement, 2, series->benchmark, sizeof(series->benchmark));
	column_text(statement, 3, series->parameters, sizeof(series->parameters));
	column_text(statement, 4, series->environment, sizeof(series->environment));
	column_text(statement, 5, series->substrate, sizeof(series->substrate));
	series->emulated = sqlite3_column_int(statement, 6);
	column_text(statement, 7, series->unit, sizeof(series->unit));
	column_text(statement, 8, series->payload_hash, sizeof(series->payload_hash));
}

static int load_series(struct history_store *store, const char *const *globs, size_t n,
		       const struct run_key *keys, struct history *history, struct err *err)
{
	sqlite3_stmt *statement = NULL, *points = NULL;
	int ret = prepare(store,
			  "SELECT id, machine, benchmark, parameters, environment, substrate, "
			  "emulated, unit, payload_hash FROM series ORDER BY machine, benchmark, "
			  "parameters, environment, substrate, emulated, unit, id",
			  &statement, err);

	if (!ret)
		ret = prepare(store, "SELECT run, value, exact FROM point WHERE series = ?",
			      &points, err);
	while (!ret && (ret = step(store, statement, err)) > 0) {
		struct history_series *series =
			grow(&history->series, history->n_series, sizeof(*series));

		ret = series ? 0 : no_memory(store, err);
		if (ret)
			break;
		read_series(statement, series);
		if (!matches(series->benchmark, globs, n) ||
		    !machine_index(history, sqlite3_column_int64(statement, 1), &series->machine))
			continue;
		history->n_series++;
		ret = load_points(store, points, history, keys, series, err);
		/* Of a run that another one replaced: nothing of it is left. */
		if (!ret && !series->n) {
			free(series->values);
			free(series->runs);
			history->n_series--;
		} else {
			history->machines[series->machine].n_series++;
		}
	}
	sqlite3_finalize(points);
	sqlite3_finalize(statement);
	return ret;
}

/* Series of the same operation stand next to each other: they differ in its code. */
static bool same_but_code(const struct history_series *a, const struct history_series *b)
{
	return a->machine == b->machine && a->emulated == b->emulated &&
	       !strcmp(a->benchmark, b->benchmark) && !strcmp(a->parameters, b->parameters) &&
	       !strcmp(a->environment, b->environment) && !strcmp(a->substrate, b->substrate) &&
	       !strcmp(a->unit, b->unit);
}

static void find_ended(struct history *history)
{
	size_t end;

	for (size_t begin = 0; begin < history->n_series; begin = end) {
		size_t latest = 0;

		for (end = begin; end < history->n_series &&
				  same_but_code(&history->series[begin], &history->series[end]);
		     end++) {
			const struct history_series *series = &history->series[end];

			if (series->runs[series->n - 1] > latest)
				latest = series->runs[series->n - 1];
		}
		for (size_t i = begin; i < end; i++) {
			struct history_series *series = &history->series[i];

			series->ended = series->runs[series->n - 1] < latest;
		}
	}
}

static int check_globs(const struct history_store *store, const struct history *history,
		       const char *const *globs, size_t n, struct err *err)
{
	if (!history->n_series && !n)
		return err_set(err, ENODATA,
			       "%s holds no series yet; exitlab history add takes result files in",
			       store->path);
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t j = 0; j < history->n_series && !found; j++)
			found = !fnmatch(globs[i], history->series[j].benchmark, 0);
		if (!found)
			return err_set(err, ENOENT,
				       "no series in %s matches '%s'; exitlab history list names "
				       "those that there are",
				       store->path, globs[i]);
	}
	return 0;
}

int history_store_load(struct history_store *store, const char *const *globs, size_t n,
		       struct history *history, struct err *err)
{
	struct run_key *keys = NULL;
	int ret;

	*history = (struct history){0};
	/* One transaction: what is read belongs together, whatever is added meanwhile. */
	ret = execute(store, "BEGIN", err);
	if (!ret)
		ret = load_machines(store, history, err);
	if (!ret)
		ret = load_runs(store, history, err);
	if (!ret && make_keys(history, &keys))
		ret = no_memory(store, err);
	if (!ret)
		ret = load_series(store, globs, n, keys, history, err);
	free(keys);
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	if (!ret)
		find_ended(history);
	if (!ret)
		ret = check_globs(store, history, globs, n, err);
	if (ret)
		history_clear(history);
	return ret;
}

/* SPDX-License-Identifier: MIT */
/* The history out of its database, as plain data. */
#include "report/history_sql.h"

#include <errno.h>
#include <fnmatch.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
	int ret =
		history_prepare(store, "SELECT id, name FROM machine ORDER BY id", &statement, err);

	while (!ret && (ret = history_step(store, statement, err)) > 0) {
		struct history_machine *machine =
			grow(&history->machines, history->n_machines, sizeof(*machine));

		ret = machine ? 0 : no_memory(store, err);
		if (ret)
			break;
		history->n_machines++;
		machine->id = sqlite3_column_int64(statement, 0);
		history_column_text(statement, 1, machine->name, sizeof(machine->name));
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
	int ret = history_prepare(
		store,
		"SELECT id, machine, started, added, file, kernel, emulated, complete, "
		"(SELECT count(*) FROM point WHERE run = run.id) FROM run ORDER BY "
		"emulated, CASE WHEN emulated THEN '' ELSE started END, id",
		&statement, err);

	while (!ret && (ret = history_step(store, statement, err)) > 0) {
		struct history_run *run = grow(&history->runs, history->n_runs, sizeof(*run));

		ret = run ? 0 : no_memory(store, err);
		if (ret)
			break;
		if (!machine_index(history, sqlite3_column_int64(statement, 1), &run->machine))
			continue;
		history->n_runs++;
		history->machines[run->machine].n_runs++;
		run->id = sqlite3_column_int64(statement, 0);
		history_column_text(statement, 2, run->started, sizeof(run->started));
		history_column_text(statement, 3, run->added, sizeof(run->added));
		history_column_text(statement, 4, run->file, sizeof(run->file));
		history_column_text(statement, 5, run->kernel, sizeof(run->kernel));
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
	while ((ret = history_step(store, statement, err)) > 0) {
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
	history_column_text(statement, 2, series->benchmark, sizeof(series->benchmark));
	history_column_text(statement, 3, series->parameters, sizeof(series->parameters));
	history_column_text(statement, 4, series->environment, sizeof(series->environment));
	history_column_text(statement, 5, series->substrate, sizeof(series->substrate));
	series->emulated = sqlite3_column_int(statement, 6);
	history_column_text(statement, 7, series->unit, sizeof(series->unit));
	history_column_text(statement, 8, series->payload_hash, sizeof(series->payload_hash));
}

static int load_series(struct history_store *store, const char *const *globs, size_t n,
		       const struct run_key *keys, struct history *history, struct err *err)
{
	sqlite3_stmt *statement = NULL, *points = NULL;
	int ret = history_prepare(
		store,
		"SELECT id, machine, benchmark, parameters, environment, substrate, "
		"emulated, unit, payload_hash FROM series ORDER BY machine, benchmark, "
		"parameters, environment, substrate, emulated, unit, id",
		&statement, err);

	if (!ret)
		ret = history_prepare(store, "SELECT run, value, exact FROM point WHERE series = ?",
				      &points, err);
	while (!ret && (ret = history_step(store, statement, err)) > 0) {
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
	ret = history_execute(store, "BEGIN", err);
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

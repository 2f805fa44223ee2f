/* SPDX-License-Identifier: MIT */
/* A result file into the history. */
#include "report/history_sql.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report/figure.h"

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
	int ret = history_step(store, statement, err);

	sqlite3_finalize(statement);
	return ret < 0 ? ret : 0;
}

static int enter_machine(struct history_store *store, struct arrival *arrival, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int ret = history_prepare(store, "INSERT OR IGNORE INTO machine (name) VALUES (?)",
				  &statement, err);

	if (ret)
		return ret;
	history_bind_text(statement, 1, arrival->machine);
	ret = run_once(store, statement, err);
	if (ret)
		return ret;
	statement = NULL;
	ret = history_prepare(store, "SELECT id FROM machine WHERE name = ?", &statement, err);
	if (ret)
		return ret;
	history_bind_text(statement, 1, arrival->machine);
	ret = history_step(store, statement, err);
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
	int ret = history_prepare(
		store,
		"SELECT id, complete FROM run WHERE machine = ? AND started = ? AND "
		"seed = ? AND fingerprint = ?",
		&statement, err);

	if (ret)
		return ret;
	sqlite3_bind_int64(statement, 1, arrival->machine_id);
	history_bind_text(statement, 2, run->started);
	history_bind_text(statement, 3, arrival->seed);
	history_bind_text(statement, 4, arrival->fingerprint);
	ret = history_step(store, statement, err);
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
	int ret = history_prepare(
		store,
		"INSERT INTO run (machine, started, seed, fingerprint, added, file, "
		"kernel, program, emulated, complete) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
		"?)",
		&statement, err);

	if (ret)
		return ret;
	strftime(added, sizeof(added), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	sqlite3_bind_int64(statement, 1, arrival->machine_id);
	history_bind_text(statement, 2, run->started);
	history_bind_text(statement, 3, arrival->seed);
	history_bind_text(statement, 4, arrival->fingerprint);
	history_bind_text(statement, 5, added);
	history_bind_text(statement, 6, arrival->file);
	history_bind_text(statement, 7, run->machine.kernel);
	history_bind_text(statement, 8, run->program_version);
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
	int ret = history_prepare(store, "DELETE FROM point WHERE run = ?", &statement, err);

	if (ret)
		return ret;
	sqlite3_bind_int64(statement, 1, arrival->run_id);
	ret = run_once(store, statement, err);
	statement = NULL;
	if (!ret)
		ret = history_prepare(store, "UPDATE run SET complete = 1, file = ? WHERE id = ?",
				      &statement, err);
	if (ret)
		return ret;
	history_bind_text(statement, 1, arrival->file);
	sqlite3_bind_int64(statement, 2, arrival->run_id);
	return run_once(store, statement, err);
}

static void bind_series(sqlite3_stmt *statement, const struct arrival *arrival,
			const struct result *result)
{
	const struct run_info *run = &arrival->set->run;

	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, arrival->machine_id);
	history_bind_text(statement, 2, result->benchmark);
	history_bind_text(statement, 3, result->parameters);
	history_bind_text(statement, 4, result->environment);
	history_bind_text(statement, 5, substrate_name(result->substrate));
	sqlite3_bind_int(statement, 6, run->machine.emulated);
	history_bind_text(statement, 7, unit_of(run, result));
	history_bind_text(statement, 8, result->payload_hash);
}

static int enter_series(struct history_store *store, const struct arrival *arrival,
			const struct result *result, int64_t *series, struct err *err)
{
	int ret = history_prepare(
		store,
		"SELECT id FROM series WHERE machine = ? AND benchmark = ? AND "
		"parameters = ? AND environment = ? AND substrate = ? AND emulated = ? "
		"AND unit = ? AND payload_hash = ?",
		&store->find_series, err);

	if (ret)
		return ret;
	bind_series(store->find_series, arrival, result);
	ret = history_step(store, store->find_series, err);
	if (ret > 0)
		*series = sqlite3_column_int64(store->find_series, 0);
	sqlite3_reset(store->find_series);
	if (ret)
		return ret < 0 ? ret : 0;
	ret = history_prepare(
		store,
		"INSERT INTO series (machine, benchmark, parameters, environment, "
		"substrate, emulated, unit, payload_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		&store->insert_series, err);
	if (ret)
		return ret;
	bind_series(store->insert_series, arrival, result);
	ret = history_step(store, store->insert_series, err);
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
		ret = history_prepare(
			store,
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
	history_bind_text(store->insert_point, 7, status_name(result->status));
	ret = history_step(store, store->insert_point, err);
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
	ret = history_execute(store, "BEGIN IMMEDIATE", err);
	if (!ret)
		ret = enter(store, &arrival, err);
	if (!ret && added->outcome != HISTORY_ALREADY)
		ret = history_execute(store, "COMMIT", err);
	/* Some errors have ended the transaction themselves. */
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

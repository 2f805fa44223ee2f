/* SPDX-License-Identifier: MIT */
/*
 * Result files: JSON Lines, one self-contained record a line. datasets/schema.json describes
 * every record and is tested against what is written here.
 *
 * A file begins with one `run` record; `environment`, `instance` and `result` records follow in
 * any order; an `end` record closes a run that was not killed. Every line is written and flushed
 * as a whole, so that a killed run leaves valid data up to its last whole line.
 *
 * Conventions: units are in the field names; integers stay integers; a figure that is not finite,
 * an empty text and whatever was not measured are absent, never null, NaN or 0. 64-bit patterns,
 * for which a JSON reader's numbers may be too narrow, are text ("0x1f").
 */
#ifndef REPORT_JSONL_H
#define REPORT_JSONL_H

#include <stdio.h>

#include "analysis/result.h"
#include "report/doctor.h"
#include "support/err.h"

#define JSONL_SCHEMA_VERSION 1

/*
 * The writers keep no state: out belongs to the caller and is flushed before they return. Each
 * returns 0, -ENOMEM, -EOVERFLOW (a count beyond 2^63 - 1, named in err; nothing was written) or
 * the negative errno of the failed write.
 */

/* The first line. Ignores what run holds of environments and of the end. */
int jsonl_write_run(FILE *out, const struct run_info *run, struct err *err);

/* May be written again when more is known: the last one of a name counts. */
int jsonl_write_environment(FILE *out, const struct environment_info *environment, struct err *err);

/* Which events the run counted; nothing when it counted none. Before the results. */
int jsonl_write_counted(FILE *out, const struct run_info *run, struct err *err);

/*
 * What one VM instance measured of one operation in one environment. Of identity, only what
 * identifies and describes the operation is used (names, substrate, control, bytes, hash,
 * method). single and twin are this instance's own samples; NULL when there are none.
 */
int jsonl_write_instance(FILE *out, const struct result *identity,
			 const struct instance_samples *instance, const struct histogram *single,
			 const struct histogram *twin, struct err *err);

/* The summary of one operation in one environment. run supplies the TSC's rate and the flags. */
int jsonl_write_result(FILE *out, const struct run_info *run, const struct result *result,
		       struct err *err);

/* Where the result's instructions went; nothing when it has no profile. Behind its result. */
int jsonl_write_profile(FILE *out, const struct result *result, struct err *err);

/* The result's legs; nothing when it was not taken apart. */
int jsonl_write_anatomy(FILE *out, const struct result *result, struct err *err);

/* The last line: how the run ended, and how many results of each status it has. */
int jsonl_write_end(FILE *out, const struct run_info *run, const struct result_set *set,
		    struct err *err);

/* What the doctor found: a record alone, or the second one of a bundle. Readers of results skip it. */
int jsonl_write_doctor(FILE *out, const struct doctor *doctor, struct err *err);

/*
 * Reads a file back; path "-" is standard input. Overwrites *set, which the caller frees with
 * result_set_clear() afterwards (also safe after a failure). Samples are rebuilt from the
 * instance records; without any, instances are made from the points in the result record and
 * have no batches. An operation without a result record becomes UNSTABLE and says why.
 *
 * Returns 0; err->text then is empty or holds a note with err->code 0, such as that the last
 * line was torn. Unknown record types and fields are ignored. Otherwise returns a negative errno
 * (-EPROTO: not such a file, or of another schema version) and err names file, line and reason.
 */
int jsonl_read(const char *path, struct result_set *set, struct err *err);

/* The same from a stream, which stays open; messages call it name. */
int jsonl_read_from(FILE *in, const char *name, struct result_set *set, struct err *err);

/*
 * Copies the instance records of a file's text into out, as those of that boot of an emulated host;
 * see result_set_add_boot() for how their numbers change. A torn last line is left out. 0, -EPROTO,
 * -ENOMEM or the negative errno of a failed write.
 */
int jsonl_copy_boot(FILE *out, const char *text, size_t size, uint32_t boot, struct err *err);

#endif

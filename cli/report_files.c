/* SPDX-License-Identifier: MIT */
#include "cli/report_files.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/check.h"
#include "report/packed.h"

enum file_kind { FILE_RUN, FILE_CHECKS, FILE_TRACE, FILE_GATE, FILE_LITERATURE, FILE_UNKNOWN };

static enum file_kind kind_of_type(const char *type)
{
	static const struct {
		const char *type;
		enum file_kind kind;
	} types[] = {
		{"run", FILE_RUN},
		{"checks", FILE_CHECKS},
		{"trace", FILE_TRACE},
		{"comparison", FILE_GATE},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].type, type))
			return types[i].kind;
	return FILE_UNKNOWN;
}

/* By the first line's type; published figures are one object over many lines. */
static enum file_kind kind_of_text(const char *line, size_t length)
{
	json_t *record = json_loadb(line, length, JSON_DISABLE_EOF_CHECK, NULL);
	const char *type = json_string_value(json_object_get(record, "type"));
	enum file_kind kind = type ? kind_of_type(type) : FILE_UNKNOWN;

	json_decref(record);
	return kind;
}

static int kind_of_file(const char *path, enum file_kind *kind, struct err *err)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *in;
	int rc = packed_open(path, &in, err);

	if (rc)
		return rc;
	errno = 0;
	length = getline(&line, &size, in);
	if (length < 0)
		rc = err_set(err, EPROTO, "%s: %s", path, ferror(in) ? packed_reason(errno) : "is empty");
	else
		*kind = kind_of_text(line, (size_t)length);
	free(line);
	fclose(in);
	/* Not a line of records, but an object that says where its figures are from. */
	if (!rc && *kind == FILE_UNKNOWN) {
		json_t *whole = json_load_file(path, 0, NULL);

		if (json_object_get(whole, "sources"))
			*kind = FILE_LITERATURE;
		json_decref(whole);
	}
	if (!rc && *kind == FILE_UNKNOWN)
		rc = err_set(err, EPROTO,
			     "%s: neither a result file nor what check --format json, trace --output or selftest --output "
			     "write, nor published figures",
			     path);
	return rc;
}

static int read_checks(struct report_files *files, const char *path, struct err *err)
{
	size_t n = files->n_checks;

	files->n_checks++;
	files->check_labels[n] = input_label(path);
	if (!files->check_labels[n])
		return err_set(err, ENOMEM, "no memory for the files");
	return check_read(path, &files->checks[n], err);
}

int report_files_read(struct report_files *files, const char *const *paths, size_t n, struct err *err)
{
	const char **runs = calloc(n, sizeof(*runs));
	size_t n_runs = 0;
	int rc = 0;

	*files = (struct report_files){.names = paths, .n_names = n};
	files->checks = calloc(n, sizeof(*files->checks));
	files->check_labels = calloc(n, sizeof(*files->check_labels));
	files->traces = calloc(n, sizeof(*files->traces));
	files->gates = calloc(n, sizeof(*files->gates));
	if (!runs || !files->checks || !files->check_labels || !files->traces || !files->gates)
		rc = err_set(err, ENOMEM, "no memory for the files");
	for (size_t i = 0; i < n && !rc; i++) {
		enum file_kind kind = FILE_UNKNOWN;

		rc = kind_of_file(paths[i], &kind, err);
		if (rc)
			break;
		if (kind == FILE_RUN)
			runs[n_runs++] = paths[i];
		else if (kind == FILE_CHECKS)
			rc = read_checks(files, paths[i], err);
		else if (kind == FILE_TRACE)
			files->traces[files->n_traces++] = paths[i];
		else if (kind == FILE_GATE)
			files->gates[files->n_gates++] = paths[i];
		else
			files->literature = paths[i];
	}
	if (!rc)
		rc = inputs_read(&files->runs, runs, n_runs, err);
	free(runs);
	return rc;
}

void report_files_clear(struct report_files *files)
{
	inputs_clear(&files->runs);
	for (size_t i = 0; i < files->n_checks; i++) {
		check_set_clear(&files->checks[i]);
		free(files->check_labels[i]);
	}
	free(files->checks);
	free(files->check_labels);
	free(files->traces);
	free(files->gates);
	*files = (struct report_files){0};
}

void report_files_input(const struct report_files *files, struct document_input *input)
{
	*input = (struct document_input){
		.sets = files->runs.sets,
		.labels = (const char *const *)files->runs.labels,
		.n_sets = files->runs.n,
		.checks = files->checks,
		.check_labels = (const char *const *)files->check_labels,
		.n_checks = files->n_checks,
		.traces = files->traces,
		.n_traces = files->n_traces,
		.gates = files->gates,
		.n_gates = files->n_gates,
		.literature = files->literature,
		.names = files->names,
		.n_names = files->n_names,
	};
}

/* SPDX-License-Identifier: MIT */
/* Files of several kinds, told apart by what they hold, as a report takes them. */
#ifndef CLI_REPORT_FILES_H
#define CLI_REPORT_FILES_H

#include "cli/inputs.h"
#include "report/document/document.h"

/* Zeroed: empty. */
struct report_files {
	struct inputs runs;
	struct check_set *checks; /* owned */
	char **check_labels;	  /* owned */
	size_t n_checks;
	const char **traces, **gates; /* paths as given; the arrays are owned */
	size_t n_traces, n_gates;
	const char *literature;
	const char *const *names; /* as given */
	size_t n_names;
};

/*
 * Reads result files of run, lab and anatomy, verdicts of check, and notes traces, verdicts of selftest and
 * published figures. -EPROTO: a file is none of these. report_files_clear() afterwards in any case.
 */
int report_files_read(struct report_files *files, const char *const *paths, size_t n, struct err *err);
void report_files_clear(struct report_files *files);

/* What a document is written from; it points into files. */
void report_files_input(const struct report_files *files, struct document_input *input);

#endif

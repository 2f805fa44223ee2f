/* SPDX-License-Identifier: MIT */
/*
 * The kinds of picture. Each has a writer of data here and a script in plots/ that draws them; both
 * have its name. The data are a file of tab-separated columns, of use without the picture as well:
 *
 *     # title: ...      what the picture says of itself; a script reads lines "# name: value"
 *     # caption: ...    machine and substrate of what is shown
 *     # method: ...     number of instances, intervals, proof
 *     # unit: ...       "TSC ticks" or "instructions"
 *     # tsc_hz: ...     rate of the clock; 0 where time means nothing
 *     # column	column ...	one comment line that names the columns
 *     data; "?" is a value that is not there
 *
 * The same input gives the same bytes. Nothing is drawn here.
 */
#ifndef REPORT_PLOT_PLOT_H
#define REPORT_PLOT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "analysis/result.h"
#include "support/err.h"

/* Nothing is owned. */
struct plot_input {
	const struct result_set *sets; /* result files, as given */
	const char *const *labels;     /* of each set: its file's name, without folders and ending */
	size_t n_sets;
	const char *path; /* of a file that is no result file, where the kind takes one; may be NULL if it need not */
	const char *operation;	 /* only operations that match this glob; NULL: the kind's choice */
	const char *environment; /* only this environment; NULL: the kind's choice */
};

enum plot_source {
	PLOT_RUNS,	 /* one result file or several */
	PLOT_RUN,	 /* exactly one */
	PLOT_TWO_RUNS,	 /* the old one and the new one */
	PLOT_RUN_BESIDE, /* one result file, and before it, or not, a file whose name ends in .json: input->path */
	PLOT_OTHER,	 /* one file of another kind: input->path */
	PLOT_OTHER_RUNS, /* one file of another kind, and then result files or none */
};

struct plot_kind {
	const char *name;  /* "native-vs-guest" */
	const char *takes; /* of the command line: "RUN", "OLD NEW", "TRACE" */
	const char *what;  /* one sentence: what is to be seen in it */
	enum plot_source source;
	const char *script, *script_end; /* plots/NAME.gp */
	/*
	 * Writes the data. 0; -ENODATA: the input has nothing that such a picture shows, and err says
	 * what would (the caller then removes what was written); -ENOMEM, another negative errno of
	 * the input; failed writes are left to the stream's owner (ferror).
	 */
	int (*write)(FILE *out, const struct plot_input *input, struct err *err);
};

/* In the order of the help text; ends at a NULL name. */
extern const struct plot_kind plot_kinds[];

/* NULL: there is none of this name. */
const struct plot_kind *plot_find(const char *name);

/* plots/style.gp, which every script begins with. */
extern const char plot_style[], plot_style_end[];

/* Compiles plots/NAME.gp in, as symbol[] up to symbol_end. */
#define PLOT_SCRIPT(symbol, file)                                       \
	__asm__(".pushsection .rodata\n"                                \
		".global " #symbol ", " #symbol "_end\n"                \
		#symbol ":\n"                                           \
		".incbin \"" file "\"\n"                                \
		#symbol "_end:\n"                                       \
		".byte 0\n"                                             \
		".popsection\n");                                       \
	extern const char symbol[], symbol##_end[]

#endif

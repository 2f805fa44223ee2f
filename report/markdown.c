/* SPDX-License-Identifier: MIT */
#include "report/markdown.h"

#include <errno.h>

#include "report/counted.h"
#include "report/markdown_cell.h"
#include "report/markdown_part.h"
#include "report/matrix.h"
#include "report/note.h"

static void write_begin(FILE *out, const struct result_set *set, const char *data)
{
	char counts[256], text[512];

	markdown_heading(out, 1, "Results");
	snprintf(text, sizeof(text), "%s. Substrate: %s%s%s.",
		 note_counts(set, counts, sizeof(counts)),
		 substrate_name(set->run.machine.substrate),
		 set->run.machine.nested ? ", nested" : "",
		 set->run.machine.emulated ? ", emulated" : "");
	markdown_wrapped(out, "", text);
	if (data) {
		fputs("This file is written from recorded data, not by hand. The data: ", out);
		markdown_link(out, data);
		putc('\n', out);
	}
	putc('\n', out);
}

static int write_matrix(FILE *out, const struct result_set *set, struct err *err)
{
	const struct matrix_options matrix = {.markdown = true};
	int ret;

	if (!matrix_present(set))
		return 0;
	markdown_heading(out, 2, "Sensitive instructions");
	ret = matrix_write(out, set, &matrix, err);
	putc('\n', out);
	return ret;
}

int markdown_results(FILE *out, const struct result_set *set, const char *data_path, struct err *err)
{
	struct rows rows;
	int ret;

	if (rows_build(set, &rows))
		return err_set(err, ENOMEM, "no memory for the Markdown");
	write_begin(out, set, data_path);
	markdown_heading(out, 2, "Machine and method");
	markdown_method(out, set);
	putc('\n', out);
	markdown_heading(out, 2, "Native against guests");
	markdown_operations(out, set, &rows, false);
	markdown_host(out, set, &rows, 2);
	rows_clear(&rows);
	ret = write_matrix(out, set, err);
	if (ret)
		return ret;
	if (counted_write_markdown(out, set))
		return err_set(err, ENOMEM, "no memory for the Markdown");
	markdown_heading(out, 2, "What was not measured, or not as it should be");
	markdown_missing(out, set);
	putc('\n', out);
	markdown_heading(out, 2, "Threats to validity");
	markdown_threats(out, set);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the Markdown");
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "report/markdown_part.h"

#include <stdlib.h>

#include "report/figure.h"
#include "report/markdown_cell.h"
#include "report/text.h"

void markdown_heading(FILE *out, unsigned level, const char *text)
{
	fprintf(out, "%.*s ", (int)level, "######");
	markdown_cell(out, text);
	fputs("\n\n", out);
}

void markdown_wrapped(FILE *out, const char *first, const char *text)
{
	char *escaped = NULL;
	size_t size;
	FILE *memory = open_memstream(&escaped, &size);

	if (!memory)
		return;
	markdown_prose(memory, text);
	if (!fclose(memory))
		text_wrap(out, first, escaped, MARKDOWN_WIDTH);
	free(escaped);
}

void markdown_caption(FILE *out, const struct result_set *set, const char *what)
{
	char machine[600], caption[800];

	snprintf(caption, sizeof(caption), "%s%sMeasured on: %s.", what, *what ? " " : "",
		 figure_machine(&set->run.machine, machine, sizeof(machine)));
	markdown_wrapped(out, "", caption);
	putc('\n', out);
}

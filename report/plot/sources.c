/* SPDX-License-Identifier: MIT */
#include "report/plot/sources.h"

#include "report/plot/data.h"

size_t plot_sources_number(struct plot_sources *sources, const struct literature_figure *figure)
{
	for (size_t i = 0; i < sources->n; i++)
		if (sources->index[i] == figure->source)
			return i + 1;
	if (sources->n == PLOT_SOURCES_MOST)
		return 0;
	sources->index[sources->n++] = figure->source;
	return sources->n;
}

void plot_sources_write(FILE *out, const struct literature *literature,
			const struct plot_sources *sources)
{
	fprintf(out, "# sources: %zu\n", sources->n);
	for (size_t i = 0; i < sources->n; i++) {
		const struct literature_source *source = &literature->sources[sources->index[i]];

		fprintf(out, "# source %zu: ", i + 1);
		plot_text(out, source->authors);
		fputs(", ", out);
		plot_text(out, source->title);
		fputs(", ", out);
		plot_text(out, source->venue);
		fprintf(out, " %u\n", source->year);
	}
}

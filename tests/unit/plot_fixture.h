/* SPDX-License-Identifier: MIT */
/* What tests of pictures' data share: what a kind writes, and cells of it. */
#ifndef TESTS_UNIT_PLOT_FIXTURE_H
#define TESTS_UNIT_PLOT_FIXTURE_H

#include "tests/unit/report_fixture.h"

#include <errno.h>
#include <unistd.h>

#include "report/plot/kinds.h"

static struct err err;

/* What a kind writes of the input; NULL: -ENODATA, and err says why. */
static inline char *written(const char *kind, const struct plot_input *input)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int rc = plot_find(kind)->write(out, input, &err);

	fclose(out);
	if (!rc)
		return text;
	if (rc != -ENODATA)
		fail_msg("%s: %d, not -ENODATA: %s", kind, rc, err.text);
	free(text);
	return NULL;
}

static inline char *written_of(const char *kind, const struct result_set *set)
{
	static const char *const labels[] = {"old", "new"};

	return written(kind,
		       &(const struct plot_input){.sets = set, .labels = labels, .n_sets = 1});
}

static inline struct result *add(struct result_set *set, const char *benchmark,
				 const char *parameters, const char *environment, double point)
{
	struct result *result = fixture_add(set, benchmark, parameters, environment);

	fixture_estimate(result, point, point / 100);
	return result;
}

/* The n-th cell, from 0, of the first line that begins with start. */
static inline const char *cell(const char *text, const char *start, unsigned n)
{
	static char found[200];
	const char *at = text;

	while (at && strncmp(at, start, strlen(start)))
		at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
	if (!at)
		fail_msg("no line begins with '%s' in:\n%s", start, text);
	for (; n; n--)
		at = strchr(at, '\t') + 1;
	snprintf(found, sizeof(found), "%.*s", (int)strcspn(at, "\t\n"), at);
	return found;
}

static inline void give_instances(struct result *result, const double *points, size_t n)
{
	result->samples.instances = calloc(n, sizeof(*result->samples.instances));
	result->samples.n_instances = n;
	for (size_t i = 0; i < n; i++)
		result->samples.instances[i] = (struct instance_samples){.instance = (uint32_t)i,
									 .point_ticks = points[i]};
}

/* A file of that content; the caller removes it. */
static inline const char *keep(const char *content)
{
	static char path[] = "/tmp/test_plots.XXXXXX";
	FILE *out;

	snprintf(path, sizeof(path), "/tmp/test_plots.XXXXXX");
	out = fdopen(mkstemp(path), "w");
	fputs(content, out);
	fclose(out);
	return path;
}

#endif

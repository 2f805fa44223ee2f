/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/counted.h"
#include "report/figure.h"
#include "report/grid.h"
#include "report/markdown_cell.h"
#include "report/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DIM    "\033[2m"
#define YELLOW "\033[33m"

static const struct grid_column columns[] = {
	{"operation", false, 18, false}, {"in", false, 0, false},  {"event", false, 16, false},
	{"all", true, 0, true},		 {"guest", true, 0, true}, {"host\nkernel", true, 0, true},
	{"host\nuser", true, 0, true},	 {"±", true, 0, false},
};

/* "0", "1", "0.0039", "12,573": a count of an event may be any share of one. */
static const char *number(double value, char text[FIGURE_SIZE])
{
	double whole = round(value);

	if (fabs(value) < 1e-9)
		snprintf(text, FIGURE_SIZE, "0");
	else if (fabs(value - whole) < 1e-9 && fabs(whole) < 1e15)
		return figure_count((uint64_t)fabs(whole), text);
	else if (fabs(value) < 1000)
		snprintf(text, FIGURE_SIZE, "%.3g", value);
	else
		return figure_ticks(value, text);
	return text;
}

/* A share of the time is what is known of a counter that was shared; the count is not. */
static void add_count(struct grid *grid, const struct count *count)
{
	char text[FIGURE_SIZE] = "";

	if (count && count->estimate.valid)
		number(count->estimate.point, text);
	else if (count && count->enabled_ns)
		snprintf(text, sizeof(text), "(%.0f %% of time)",
			 100.0 * (double)count->running_ns / (double)count->enabled_ns);
	grid_add(grid, text, count && count->enabled_ns && !count->estimate.valid ? YELLOW : NULL);
}

/* The widest of the parts' intervals, in events. */
static void add_width(struct grid *grid, const struct count *const parts[COUNT_PARTS])
{
	char text[FIGURE_SIZE] = "";
	double widest = -1;

	for (unsigned i = 0; i < COUNT_PARTS; i++)
		if (parts[i] && parts[i]->estimate.valid)
			widest = fmax(widest, (parts[i]->estimate.hi - parts[i]->estimate.lo) / 2);
	if (widest >= 0)
		number(widest, text);
	grid_add(grid, text, NULL);
}

static void add_label(struct grid *grid, const struct result *result, bool first)
{
	char label[128] = "";

	if (first)
		snprintf(label, sizeof(label), "%s%s%s", result->benchmark,
			 result->parameters[0] ? " " : "", result->parameters);
	grid_add(grid, label, NULL);
	grid_add(grid, first ? result->environment : "", NULL);
}

static bool add_event(struct grid *grid, const struct counted *counted, const struct result *result,
		      uint32_t event, bool first)
{
	const struct count *parts[COUNT_PARTS];
	bool any = false;

	for (unsigned part = 0; part < COUNT_PARTS; part++) {
		parts[part] = counted_count(result->counts, event, part);
		any |= parts[part] && parts[part]->enabled_ns;
	}
	if (!any)
		return false;
	add_label(grid, result, first);
	grid_add(grid, counted->events[event].name, NULL);
	for (unsigned part = 0; part < COUNT_PARTS; part++)
		add_count(grid, parts[part]);
	add_width(grid, parts);
	return true;
}

static bool add_ratio(struct grid *grid, const struct counted *counted, const struct result *result,
		      uint32_t ratio, bool first)
{
	double values[COUNT_PARTS];
	bool has[COUNT_PARTS], any = false;

	for (unsigned part = 0; part < COUNT_PARTS; part++) {
		has[part] = counted_ratio(counted, result->counts, ratio, part, &values[part]);
		any |= has[part];
	}
	if (!any)
		return false;
	add_label(grid, result, first);
	grid_add(grid, counted->ratios[ratio].name, NULL);
	for (unsigned part = 0; part < COUNT_PARTS; part++) {
		char text[FIGURE_SIZE] = "";

		grid_add(grid, has[part] ? figure_short(values[part], text) : "", NULL);
	}
	grid_add(grid, "", NULL);
	return true;
}

static void fill(struct grid *grid, const struct result_set *set)
{
	const struct counted *counted = &set->run.counted;

	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];
		bool first = true;

		if (!result->counts || result->proof.verdict == PROOF_REFUTED)
			continue;
		for (uint32_t event = 0; event < counted->n_events; event++)
			first &= !add_event(grid, counted, result, event, first);
		for (uint32_t ratio = 0; ratio < counted->n_ratios; ratio++)
			first &= !add_ratio(grid, counted, result, ratio, first);
	}
}

static const char *const legend[] = {
	"Events on each iteration, counted in batches of their own and without the loop around the "
	"operation; ±: half the interval, in events.",
	"Software events and tracepoints are counted as a whole: the kernel takes the bits that "
	"would "
	"split them, and ignores them (not splittable).",
};

/* Each event that could not be counted, once. */
static const struct counted_event *missing(const struct counted *counted, uint32_t from,
					   uint32_t *at)
{
	for (*at = from; *at < counted->n_events; (*at)++)
		if (counted->events[*at].why[0])
			return &counted->events[*at];
	return NULL;
}

/* Events with the same reason are named together. */
static void write_missing(FILE *out, const struct counted *counted, const char *bullet,
			  size_t width)
{
	const struct counted_event *event;
	uint32_t at;

	for (uint32_t from = 0; (event = missing(counted, from, &at)) != NULL; from = at + 1) {
		char text[COUNTED_EVENTS * sizeof(event->name) + sizeof(event->why) + 64];
		size_t used = (size_t)snprintf(text, sizeof(text), "not counted: %s", event->name);
		bool told = false;

		for (uint32_t i = 0; i < at; i++)
			told |= !strcmp(counted->events[i].why, event->why);
		for (uint32_t i = at + 1; i < counted->n_events; i++)
			if (!strcmp(counted->events[i].why, event->why))
				used += (size_t)snprintf(text + used, sizeof(text) - used, ", %s",
							 counted->events[i].name);
		snprintf(text + used, sizeof(text) - used, ": %s.", event->why);
		if (told)
			continue;
		if (width) {
			text_wrap(out, bullet, text, width);
			continue;
		}
		fputs(bullet, out);
		markdown_cell(out, text);
		putc('\n', out);
	}
}

int counted_write(FILE *out, const struct result_set *set, size_t width, bool colour)
{
	struct grid grid;
	int rc = 0;

	if (!set->run.counted.n_events)
		return 0;
	grid_init(&grid, columns, COUNT(columns));
	fill(&grid, set);
	putc('\n', out);
	if (grid.n_cells) {
		rc = grid_write(out, &grid, width, colour);
		putc('\n', out);
		for (size_t i = 0; i < COUNT(legend); i++)
			text_wrap(out, "", legend[i], width);
	}
	grid_clear(&grid);
	write_missing(out, &set->run.counted, "  - ", width);
	return rc;
}

int counted_write_markdown(FILE *out, const struct result_set *set)
{
	struct grid grid;

	if (!set->run.counted.n_events)
		return 0;
	grid_init(&grid, columns, COUNT(columns));
	fill(&grid, set);
	fputs("## Counters\n\n", out);
	if (grid.n_cells && !grid.failed) {
		grid_write_markdown(out, &grid);
		putc('\n', out);
		for (size_t i = 0; i < COUNT(legend); i++)
			fprintf(out, "%s\n", legend[i]);
		putc('\n', out);
	}
	write_missing(out, &set->run.counted, "- ", 0);
	putc('\n', out);
	grid_clear(&grid);
	return grid.failed ? -ENOMEM : 0;
}

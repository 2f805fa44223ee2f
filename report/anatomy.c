/* SPDX-License-Identifier: MIT */
#include "report/anatomy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/anatomy.h"
#include "analysis/profile.h"
#include "report/figure.h"
#include "report/grid.h"
#include "report/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WIDTH	     98
#define BAR	     30

static void label_of(const struct result *result, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", result->benchmark, result->parameters[0] ? " " : "",
		 result->parameters);
}

static bool has_legs(const struct profile *profile)
{
	for (unsigned leg = 0; profile && leg < LEG_COUNT; leg++)
		if (profile->leg_insns[leg])
			return true;
	return false;
}

/* ---- instructions ---------------------------------------------------------------------------- */

static void bar(char text[BAR + 1], double share)
{
	unsigned n = (unsigned)(share * BAR + 0.5);

	n = n > BAR ? BAR : n;
	memset(text, '#', n);
	text[n] = '\0';
}

static void write_exact_one(FILE *out, const struct result *result, size_t width)
{
	static const struct grid_column columns[] = {
		{.heading = "leg"},
		{.heading = "instructions", .right = true},
		{.heading = "share", .right = true},
		{.heading = ""},
	};
	const struct profile *profile = result->profile;
	char label[128], text[300], number[FIGURE_SIZE];
	struct grid grid;

	label_of(result, label, sizeof(label));
	snprintf(text, sizeof(text), "%s in %s: %s instructions.", label, result->environment,
		 figure_count(profile->total_insns, number));
	text_wrap(out, "", text, width);
	putc('\n', out);
	grid_init(&grid, columns, COUNT(columns));
	for (unsigned leg = 0; leg < LEG_COUNT; leg++) {
		double share = (double)profile->leg_insns[leg] / (double)profile->total_insns;
		char drawn[BAR + 1], percent[16];

		if (!profile->leg_insns[leg])
			continue;
		bar(drawn, share);
		snprintf(percent, sizeof(percent), "%.1f%%", 100 * share);
		grid_add(&grid, leg_name(leg), NULL);
		grid_add(&grid, figure_count(profile->leg_insns[leg], number), NULL);
		grid_add(&grid, percent, NULL);
		grid_add(&grid, drawn, NULL);
	}
	grid_write(out, &grid, width, false);
	grid_clear(&grid);
	putc('\n', out);
	snprintf(text, sizeof(text),
		 "The legs add up to the whole; %" PRIu32 " of %" PRIu32
		 " recorded operations took exactly these instructions. Nothing observed them but "
		 "the "
		 "emulator, which costs nothing.",
		 profile->windows_equal, profile->windows);
	text_wrap(out, "", text, width);
}

static const char *const short_names[LEG_COUNT] = {
	[LEG_GUEST] = "guest",
	[LEG_OUT] = "exit",
	[LEG_FAST] = "fast\npath",
	[LEG_HANDLER] = "handler",
	[LEG_EMULATOR] = "emu-\nlator",
	[LEG_TO_USER] = "to\nuser",
	[LEG_HARNESS] = "user",
	[LEG_FROM_USER] = "from\nuser",
	[LEG_BACK] = "back",
	[LEG_INTERRUPTS] = "inter-\nrupts",
};

static void write_exact_all(FILE *out, const struct result_set *set, size_t width)
{
	struct grid_column columns[4 + LEG_COUNT] = {{.heading = "operation", .minimum = 20},
						     {.heading = "in"},
						     {.heading = "total", .right = true}};
	char number[FIGURE_SIZE], label[128];
	struct grid grid;

	for (unsigned leg = 0; leg < LEG_COUNT; leg++)
		columns[3 + leg] = (struct grid_column){.heading = short_names[leg],
							.right = true,
							.optional = leg == LEG_INTERRUPTS};
	columns[3 + LEG_COUNT] = (struct grid_column){.heading = "equal", .right = true};
	grid_init(&grid, columns, COUNT(columns));
	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];
		const struct profile *profile = result->profile;

		if (!has_legs(profile))
			continue;
		label_of(result, label, sizeof(label));
		grid_add(&grid, label, NULL);
		grid_add(&grid, result->environment, NULL);
		grid_add(&grid, figure_count(profile->total_insns, number), NULL);
		for (unsigned leg = 0; leg < LEG_COUNT; leg++)
			grid_add(&grid,
				 profile->leg_insns[leg]
					 ? figure_count(profile->leg_insns[leg], number)
					 : "",
				 NULL);
		snprintf(number, sizeof(number), "%" PRIu32 "/%" PRIu32, profile->windows_equal,
			 profile->windows);
		grid_add(&grid, number, NULL);
	}
	grid_write(out, &grid, width, false);
	grid_clear(&grid);
	putc('\n', out);
	text_wrap(out, "",
		  "Instructions. Exit: KVM up to the call that handles it; fast path: KVM's answer "
		  "before that call; back: from the handler to the guest's next instruction; to "
		  "user, user, from user: by way of this program. The legs add up to the total, "
		  "which has what the twin executes as well: a run takes that off. Equal: "
		  "recorded operations that took exactly these instructions.",
		  width);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* What lies between two marks, in words. */
static const char *words_of(const struct anatomy_leg *leg)
{
	static const struct {
		enum mark_kind from, to;
		const char *words;
	} words[] = {
		{MARK_GUEST, MARK_EXIT, "the guest's instruction, the exit"},
		{MARK_GUEST, MARK_USER_EXIT, "the guest's instruction, the exit, KVM's handling"},
		{MARK_GUEST, MARK_RETURN,
		 "the guest's instruction, the exit, KVM's handling, the way up"},
		{MARK_EXIT, MARK_USER_EXIT, "KVM's handling, until it gives up to user space"},
		{MARK_EXIT, MARK_ENTRY, "KVM's handling"},
		{MARK_USER_EXIT, MARK_RETURN, "KVM to user space"},
		{MARK_RETURN, MARK_RUN, "user space: this program"},
		{MARK_RUN, MARK_ENTRY, "user space into KVM, to the guest's door"},
		{MARK_RUN, MARK_GUEST, "user space into KVM, to the guest's next instruction"},
		{MARK_ENTRY, MARK_GUEST, "the entry, to the guest's next instruction"},
		{MARK_GUEST, MARK_GUEST, "all of it: nothing was seen in between"},
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].from == leg->from && words[i].to == leg->to)
			return words[i].words;
	return "";
}

static void add_ticks(struct grid *grid, double ticks)
{
	char text[FIGURE_SIZE];

	grid_add(grid, figure_ticks(ticks, text), NULL);
}

static void add_time(struct grid *grid, double ticks, uint64_t tsc_hz)
{
	char text[FIGURE_SIZE];

	grid_add(grid, figure_time(ticks, tsc_hz, text), NULL);
}

static void add_quantile(struct grid *grid, double ticks, bool at_ends)
{
	char text[FIGURE_SIZE], marked[FIGURE_SIZE + 2];

	snprintf(marked, sizeof(marked), "%s%s", figure_ticks(ticks, text), at_ends ? "*" : " ");
	grid_add(grid, marked, NULL);
}

static void write_legs(FILE *out, const struct anatomy *anatomy, uint64_t tsc_hz, size_t width)
{
	static const struct grid_column columns[] = {
		{.heading = "leg", .minimum = 30},  {.heading = "from, to", .minimum = 20},
		{.heading = "mean", .right = true}, {.heading = "", .right = true},
		{.heading = "p50", .right = true},  {.heading = "p99", .right = true},
	};
	struct grid grid;
	double sum = 0;

	grid_init(&grid, columns, COUNT(columns));
	for (uint32_t i = 0; i < anatomy->n_legs; i++) {
		const struct anatomy_leg *leg = &anatomy->legs[i];
		char marks[80];

		snprintf(marks, sizeof(marks), "%s to %s", mark_name(leg->from),
			 mark_name(leg->to));
		grid_add(&grid, words_of(leg), NULL);
		grid_add(&grid, marks, NULL);
		sum += leg->mean;
		if (leg->short_of_clock) {
			for (unsigned column = 0; column < 4; column++)
				grid_add(&grid, column ? "" : "< error", NULL);
			continue;
		}
		/* All of it was taken for what observing costs. */
		if (anatomy->corrected && leg->mean <= 0) {
			for (unsigned column = 0; column < 4; column++)
				grid_add(&grid, column ? "" : "< cost", NULL);
			continue;
		}
		add_ticks(&grid, leg->mean);
		add_time(&grid, leg->mean, tsc_hz);
		add_quantile(&grid, leg->p50, leg->at_ends);
		add_quantile(&grid, leg->p99, leg->at_ends);
	}
	grid_add(&grid,
		 anatomy->corrected ? "sum, what observing costs taken off"
				    : "sum: the traced total",
		 NULL);
	grid_add(&grid, "", NULL);
	add_ticks(&grid, sum);
	add_time(&grid, sum, tsc_hz);
	grid_add(&grid, "", NULL);
	grid_add(&grid, "", NULL);
	if (!anatomy->corrected && anatomy->untraced.valid) {
		grid_add(&grid, "cost of observing", NULL);
		grid_add(&grid, "", NULL);
		add_ticks(&grid, sum - anatomy->untraced.point);
		add_time(&grid, sum - anatomy->untraced.point, tsc_hz);
		grid_add(&grid, "", NULL);
		grid_add(&grid, "", NULL);
	}
	grid_add(&grid, "untraced total", NULL);
	grid_add(&grid, "", NULL);
	add_ticks(&grid, anatomy->untraced.point);
	add_time(&grid, anatomy->untraced.point, tsc_hz);
	grid_add(&grid, "", NULL);
	grid_add(&grid, "", NULL);
	grid_write(out, &grid, width, false);
	grid_clear(&grid);
}

static void write_costs(FILE *out, const struct anatomy *anatomy, size_t width)
{
	for (uint32_t i = 0; i < anatomy->n_costs; i++) {
		const struct anatomy_cost *cost = &anatomy->costs[i];
		char point[FIGURE_SIZE], lo[FIGURE_SIZE], hi[FIGURE_SIZE], text[300];

		snprintf(text, sizeof(text),
			 "A hit of %s costs %s ticks (%s to %s, alone); it is hit %.2f times an "
			 "operation.",
			 mark_name(cost->mark), figure_ticks(cost->ticks.point, point),
			 figure_ticks(cost->ticks.lo, lo), figure_ticks(cost->ticks.hi, hi),
			 cost->hits);
		text_wrap(out, "", text, width);
	}
}

static void write_timed(FILE *out, const struct anatomy *anatomy, uint64_t tsc_hz, size_t width)
{
	char text[500], one[FIGURE_SIZE], other[FIGURE_SIZE];

	snprintf(text, sizeof(text), "%s%s%s in %s:", anatomy->benchmark,
		 anatomy->parameters[0] ? " " : "", anatomy->parameters, anatomy->environment);
	text_wrap(out, "", text, width);
	putc('\n', out);
	if (anatomy->refused[0]) {
		snprintf(text, sizeof(text), "refused: %s. Untraced %s ticks, traced %s.",
			 anatomy->refused, figure_ticks(anatomy->untraced.point, one),
			 figure_ticks(anatomy->traced_mean, other));
		text_wrap(out, "  ", text, width);
	} else {
		write_legs(out, anatomy, tsc_hz, width);
	}
	write_costs(out, anatomy, width);
	putc('\n', out);
}

/* What holds for all of them, once. */
static void write_legend(FILE *out, const struct result_set *set, size_t width)
{
	const struct anatomy *last = NULL;
	double mapping_error = 0;
	char text[600], number[FIGURE_SIZE];

	for (size_t i = 0; i < set->n_results; i++) {
		const struct anatomy *anatomy = set->results[i].anatomy;

		if (!anatomy || anatomy->skipped[0])
			continue;
		last = anatomy;
		if (anatomy->mapping_error > mapping_error)
			mapping_error = anatomy->mapping_error;
	}
	if (!last)
		return;
	snprintf(text, sizeof(text),
		 "Ticks on each operation, of %u batches in %u VMs each, the slowest and fastest "
		 "twentieth left "
		 "out; the means add up. What the guest does between two operations is in its "
		 "legs. *: of the "
		 "ends of batches alone, with the guest's reading of its clock in it.",
		 last->batches + last->batches_left_out, last->traced.n);
	text_wrap(out, "", text, width);
	if (mapping_error > 0) {
		snprintf(text, sizeof(text),
			 "Tracepoints and the counter are related within %s ticks; a leg between "
			 "the two "
			 "that is shorter is not shown.",
			 figure_ticks(mapping_error, number));
		text_wrap(out, "", text, width);
	}
	if (last->guest_error > 0) {
		snprintf(text, sizeof(text),
			 "The guest's counter has an offset, known within %s ticks; the same holds "
			 "for "
			 "legs that begin or end in the guest.",
			 figure_ticks(last->guest_error, number));
		text_wrap(out, "", text, width);
	}
	if (last->unseen[0]) {
		snprintf(text, sizeof(text), "Not seen: %s.", last->unseen);
		text_wrap(out, "", text, width);
	}
	putc('\n', out);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Why a result has no legs, or NULL: it has, or nobody expects any. */
static const char *reason_of(const struct result *result, char *text, size_t size)
{
	if (result->anatomy)
		return result->anatomy->skipped[0] ? result->anatomy->skipped : NULL;
	if (has_legs(result->profile) || !strcmp(result->environment, "native") ||
	    !strcmp(result->environment, "host"))
		return NULL;
	snprintf(text, size, "%s: %s", status_name(result->status),
		 result->reason[0] ? result->reason
				   : "the emulator's record has no whole operation of it");
	return text;
}

/* Each reason once, with all results that have it. */
static void write_missing(FILE *out, const struct result_set *set, size_t width)
{
	for (size_t i = 0; i < set->n_results; i++) {
		char own[sizeof(set->results->reason) + 80], other[sizeof(own)], *text = NULL;
		const char *reason = reason_of(&set->results[i], own, sizeof(own)), *same;
		bool told = false;
		size_t size;
		FILE *line;

		for (size_t j = 0; reason && j < i && !told; j++) {
			same = reason_of(&set->results[j], other, sizeof(other));
			told = same && !strcmp(same, reason);
		}
		line = reason && !told ? open_memstream(&text, &size) : NULL;
		if (!line)
			continue;
		for (size_t j = i; j < set->n_results; j++) {
			char label[128];

			same = reason_of(&set->results[j], other, sizeof(other));
			if (!same || strcmp(same, reason))
				continue;
			label_of(&set->results[j], label, sizeof(label));
			fprintf(line, "%s%s in %s", j == i ? "" : ", ", label,
				set->results[j].environment);
		}
		fprintf(line, ": %s", reason);
		if (!fclose(line))
			text_wrap(out, "  - ", text, width);
		free(text);
	}
}

int anatomy_write(FILE *out, const struct result_set *set, size_t width, struct err *err)
{
	const struct result *only = NULL;
	char machine[600];
	size_t n = 0;

	for (size_t i = 0; i < set->n_results; i++) {
		if (!has_legs(set->results[i].profile))
			continue;
		only = &set->results[i];
		n++;
	}
	width = width ? width : WIDTH;
	text_wrap(out, "", figure_machine(&set->run.machine, machine, sizeof(machine)), width);
	putc('\n', out);
	if (n == 1)
		write_exact_one(out, only, width);
	else if (n)
		write_exact_all(out, set, width);
	for (size_t i = 0; i < set->n_results; i++) {
		const struct anatomy *anatomy = set->results[i].anatomy;

		if (!anatomy || anatomy->skipped[0])
			continue;
		write_timed(out, anatomy, set->run.machine.tsc_hz, width);
	}
	write_legend(out, set, width);
	write_missing(out, set, width);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the anatomy");
	return 0;
}

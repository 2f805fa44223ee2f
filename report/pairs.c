/* SPDX-License-Identifier: MIT */
#include "report/pairs.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "report/figure.h"
#include "report/grid.h"
#include "report/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WIDTH	     98

struct side {
	const char *benchmark, *parameters, *environment;
};

static const struct {
	struct side more, less;
	const char *leg; /* what the first has beyond the second */
} pairs[] = {
	{{"exit/wbinvd", "", "guest"},
	 {"exit/invd", "", "guest"},
	 "KVM's outer loop: newer kernels answer INVD in the inner one; before, the two are equal"},
	{{"io/port-out", "width=8", "guest"},
	 {"io/port-kernel-out", "device=elcr", "guest"},
	 "to user space and back: of a port that KVM does not answer, against one that it does"},
	{{"io/port-out", "width=8", "guest"},
	 {"io/port-ioeventfd", "match=wildcard", "guest"},
	 "to user space and back, against ringing an eventfd"},
	{{"io/mmio-write", "", "guest"},
	 {"io/mmio-ioeventfd", "match=wildcard", "guest"},
	 "the same of a store; where KVM knows the address as MMIO, the emulator is spared as "
	 "well"},
	{{"io/mmio-write", "", "guest"},
	 {"io/port-out", "width=8", "guest"},
	 "the instruction emulator, which finds out what a store was; a port's exit says it"},
	{{"io/mmio-first", "", "guest"},
	 {"io/mmio-write", "", "guest"},
	 "finding out that an address has no memory, which KVM notes in its page tables"},
	{{"exit/hlt", "", "guest"},
	 {"vm/null-run", "", "host"},
	 "a real entry and exit, against KVM_RUN that returns at once (with immediate_exit)"},
	{{"mem/first-touch", "backing=4k", "guest"},
	 {"mem/first-touch-populated", "backing=4k", "guest"},
	 "the host's own fault: finding and clearing a page, behind the guest's"},
};

const char *pairs_operation(unsigned index)
{
	unsigned n = 0;

	for (size_t i = 0; i < 2 * COUNT(pairs); i++) {
		const char *name =
			i % 2 ? pairs[i / 2].less.benchmark : pairs[i / 2].more.benchmark;
		bool told = false;

		for (size_t j = 0; j < i; j++)
			told |= !strcmp(j % 2 ? pairs[j / 2].less.benchmark
					      : pairs[j / 2].more.benchmark,
					name);
		if (!told && n++ == index)
			return name;
	}
	return NULL;
}

static const struct result *find(const struct result_set *set, const struct side *side)
{
	const struct result *result =
		result_set_find(set, side->benchmark, side->parameters, side->environment);

	return figure_usable(result) && result->estimate.valid ? result : NULL;
}

static void add_side(struct grid *grid, const struct side *side, const struct result *result)
{
	char text[160], figure[FIGURE_SIZE];

	snprintf(text, sizeof(text), "%s%s%s in %s", side->benchmark, *side->parameters ? " " : "",
		 side->parameters, side->environment);
	grid_add(grid, text, NULL);
	grid_add(grid, figure_point(&result->estimate, figure), NULL);
}

/* The two intervals together: neither knows of the other. */
static void add_difference(struct grid *grid, const struct estimate *more,
			   const struct estimate *less)
{
	char point[FIGURE_SIZE], lo[FIGURE_SIZE], hi[FIGURE_SIZE], text[3 * FIGURE_SIZE + 16];
	bool exact = more->exact && less->exact;

	figure_ticks(more->point - less->point, point);
	grid_add(grid, point, NULL);
	snprintf(text, sizeof(text), "%s to %s", figure_ticks(more->lo - less->hi, lo),
		 figure_ticks(more->hi - less->lo, hi));
	grid_add(grid, exact ? "exact" : text, NULL);
}

static int no_pair(struct err *err)
{
	char names[400] = "";
	const char *name;
	size_t used = 0;

	for (unsigned i = 0; (name = pairs_operation(i)) != NULL && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? " " : "",
					 name);
	return err_set(err, ENOENT,
		       "no two operations in it isolate a leg; exitlab run --output FILE %s",
		       names);
}

int pairs_write(FILE *out, const struct result_set *set, size_t width, struct err *err)
{
	static const struct grid_column columns[] = {
		{.heading = "operation", .minimum = 22}, {.heading = "", .right = true},
		{.heading = "less", .minimum = 22},	 {.heading = "", .right = true},
		{.heading = "the leg", .right = true},	 {.heading = "interval"},
	};
	char machine[600];
	struct grid grid;
	unsigned n = 0;
	int rc;

	width = width ? width : WIDTH;
	grid_init(&grid, columns, COUNT(columns));
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const struct result *more = find(set, &pairs[i].more);
		const struct result *less = find(set, &pairs[i].less);

		if (!more || !less)
			continue;
		add_side(&grid, &pairs[i].more, more);
		add_side(&grid, &pairs[i].less, less);
		add_difference(&grid, &more->estimate, &less->estimate);
		n++;
	}
	if (!n) {
		grid_clear(&grid);
		return no_pair(err);
	}
	text_wrap(out, "", figure_machine(&set->run.machine, machine, sizeof(machine)), width);
	putc('\n', out);
	rc = grid_write(out, &grid, width, false);
	grid_clear(&grid);
	if (rc)
		return err_set(err, ENOMEM, "no memory for the table");
	putc('\n', out);
	for (size_t i = 0; i < COUNT(pairs); i++) {
		char text[300];
		bool there = find(set, &pairs[i].more) && find(set, &pairs[i].less);

		snprintf(text, sizeof(text), "%s less %s: %s%s", pairs[i].more.benchmark,
			 pairs[i].less.benchmark, pairs[i].leg,
			 there ? "." : " (not in this file).");
		text_wrap(out, "  - ", text, width);
	}
	return 0;
}

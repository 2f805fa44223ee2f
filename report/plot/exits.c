/* SPDX-License-Identifier: MIT */
/* Exits taken apart: bars of legs, and the functions that instructions are spent in. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/anatomy.h"
#include "analysis/legs.h"
#include "analysis/profile.h"
#include "report/figure.h"
#include "report/plot/data.h"
#include "report/plot/kinds.h"

#define BARS_MOST 16

/* ---- anatomy --------------------------------------------------------------------------------- */

/* Profiles of old files have no legs. */
static bool has_counted_legs(const struct profile *profile)
{
	for (unsigned i = 0; profile && i < LEG_COUNT; i++)
		if (profile->leg_insns[i])
			return true;
	return false;
}

static bool has_legs(const struct result *result)
{
	return (result->anatomy && result->anatomy->n_legs && !result->anatomy->refused[0]) ||
	       has_counted_legs(result->profile);
}

/* "Linux 6.1": of several emulated hosts the kernel tells them apart. */
static void write_bar_name(FILE *out, const struct plot_input *input, const struct result_set *set,
			   const struct result *result)
{
	char name[260], label[128];

	plot_label(result, label, sizeof(label));
	if (input->n_sets > 1)
		snprintf(name, sizeof(name), "%s, %s (Linux %.*s)", label, result->environment,
			 (int)strcspn(set->run.machine.kernel, "-+ "), set->run.machine.kernel);
	else
		snprintf(name, sizeof(name), "%s, %s", label, result->environment);
	plot_text(out, name);
}

static void write_leg(FILE *out, const struct plot_input *input, const struct plot_pick *pick, size_t bar,
		      const char *leg, unsigned colour, double from, double size)
{
	write_bar_name(out, input, pick->set, pick->result);
	fprintf(out, "\t%zu\t", bar);
	plot_text(out, leg);
	fprintf(out, "\t%u", colour);
	plot_value(out, from, true);
	plot_value(out, from + size, true);
	putc('\n', out);
}

/* By what it leaves: the guest, KVM, user space. */
static const char *timed_leg(const struct anatomy_leg *leg, unsigned *colour)
{
	static const char *const names[MARK_KINDS] = {
		[MARK_GUEST] = "guest and exit",       [MARK_EXIT] = "KVM handles the exit",
		[MARK_USER_EXIT] = "KVM to user space", [MARK_RETURN] = "user space",
		[MARK_RUN] = "user space to KVM's entry", [MARK_ENTRY] = "entry and guest",
	};
	bool no_entry = leg->from == MARK_RUN && leg->to == MARK_GUEST;
	bool no_exit = leg->from == MARK_GUEST && leg->to != MARK_EXIT;

	*colour = leg->from;
	/* Where KVM's own marks are not seen, one leg is what two are elsewhere. */
	return no_entry ? "user space to the guest" : no_exit ? "guest, exit, and KVM's handling" : names[leg->from];
}

static void write_bar(FILE *out, const struct plot_input *input, const struct plot_pick *pick, size_t bar)
{
	const struct anatomy *anatomy = pick->result->anatomy;
	const struct profile *profile = pick->result->profile;
	double at = 0;
	unsigned colour;

	for (unsigned i = 0; profile && i < LEG_COUNT; i++) {
		if (profile->leg_insns[i])
			write_leg(out, input, pick, bar, leg_name((enum leg)i), i, at, (double)profile->leg_insns[i]);
		at += (double)profile->leg_insns[i];
	}
	for (unsigned i = 0; !profile && i < anatomy->n_legs; i++) {
		const char *name = timed_leg(&anatomy->legs[i], &colour);

		if (anatomy->legs[i].mean > 0)
			write_leg(out, input, pick, bar, name, colour, at, anatomy->legs[i].mean);
		at += fmax(0, anatomy->legs[i].mean);
	}
}

/* Legs need no figure of the operation itself: so not plot_choose(). */
static size_t choose_bars(const struct plot_input *input, struct plot_pick *bars, size_t *left_out)
{
	size_t n = 0;

	*left_out = 0;
	for (size_t j = 0;; j++) {
		bool any = false;

		/* Result by result over all sets, so that the same operation's bars stand together. */
		for (size_t i = 0; i < input->n_sets; i++) {
			const struct result_set *set = &input->sets[i];
			struct plot_pick pick = {set, j < set->n_results ? &set->results[j] : NULL, 0};

			any |= j < set->n_results;
			if (!pick.result || !has_legs(pick.result) ||
			    (!plot_wanted(input, pick.result) && (input->operation || input->environment)))
				continue;
			/* Parameters of one operation differ little. */
			if (!input->operation && strchr(pick.result->parameters, '=') &&
			    !strstr(pick.result->parameters, "leaf=0x0") && !strstr(pick.result->parameters, "width=8") &&
			    !strstr(pick.result->parameters, "backing=4k"))
				continue;
			if (n < BARS_MOST)
				bars[n++] = pick;
			else
				(*left_out)++;
		}
		if (!any)
			return n;
	}
}

int plot_anatomy(FILE *out, const struct plot_input *input, struct err *err)
{
	struct plot_pick bars[BARS_MOST];
	size_t left_out, n = choose_bars(input, bars, &left_out);
	char method[300];

	if (!n)
		return err_set(err, ENODATA,
			       "no exit was taken apart (exitlab anatomy, or lab --profile on emulated hosts)");
	snprintf(method, sizeof(method), "%s",
		 bars[0].result->profile ? "every instruction of one operation belongs to one leg"
					 : "means over batches, from marks of guest, KVM and user space");
	plot_left_out(method, sizeof(method), left_out, "more");
	plot_begin_sets(out, "Exits taken apart", input, method);
	fputs("# operation\tbar\tleg\tnumber of the leg\tfrom\tto\n", out);
	for (size_t i = 0; i < n; i++)
		write_bar(out, input, &bars[i], i);
	return 0;
}

/* ---- flame graph ----------------------------------------------------------------------------- */

#define DEPTH_MOST 24

struct frame {
	char name[96];
	char module[24];
	double from, insns;
	unsigned depth;
};

struct flame {
	struct frame *frames;
	size_t n, room;
};

/* The next frame of a stack's text, "vmlinux`name;kvm`name"; returns what follows, NULL at the end. */
static const char *next_frame(const char *at, char *module, size_t module_size, char *name, size_t name_size)
{
	size_t n = strcspn(at, ";"), tick = strcspn(at, "`");

	if (tick < n) {
		snprintf(module, module_size, "%.*s", (int)tick, at);
		snprintf(name, name_size, "%.*s", (int)(n - tick - 1), at + tick + 1);
	} else {
		snprintf(module, module_size, "%.*s", (int)n, at);
		snprintf(name, name_size, "%.*s", (int)n, at);
	}
	return at[n] ? at + n + 1 : NULL;
}

static struct frame *new_frame(struct flame *flame)
{
	if (flame->n == flame->room) {
		size_t room = flame->room ? 2 * flame->room : 256;
		struct frame *larger = realloc(flame->frames, room * sizeof(*larger));

		if (!larger)
			return NULL;
		flame->frames = larger;
		flame->room = room;
	}
	return &flame->frames[flame->n++];
}

/* Stacks are sorted by text: a frame goes on while the stack before it began alike. */
static int add_stack(struct flame *flame, size_t open[DEPTH_MOST], unsigned *depth, const char *text, double at,
		     double insns)
{
	unsigned level = 0;
	bool alike = true;

	for (const char *next = text; next && level < DEPTH_MOST; level++) {
		char module[24], name[96];
		struct frame *frame;

		next = next_frame(next, module, sizeof(module), name, sizeof(name));
		frame = level < *depth ? &flame->frames[open[level]] : NULL;
		alike = alike && frame && !strcmp(frame->name, name) && !strcmp(frame->module, module);
		if (alike) {
			frame->insns += insns;
			continue;
		}
		frame = new_frame(flame);
		if (!frame)
			return -ENOMEM;
		*frame = (struct frame){.from = at, .insns = insns, .depth = level};
		memcpy(frame->name, name, sizeof(name));
		memcpy(frame->module, module, sizeof(module));
		open[level] = flame->n - 1;
	}
	*depth = level;
	return 0;
}

static int build_flame(const struct profile *profile, struct flame *flame)
{
	size_t open[DEPTH_MOST];
	unsigned depth = 0;
	double at = 0;

	for (size_t i = 0; i < profile->n_stacks; i++) {
		double insns = (double)profile->stacks[i].insns;

		if (add_stack(flame, open, &depth, profile->stacks[i].text, at, insns))
			return -ENOMEM;
		at += insns;
	}
	return 0;
}

/* The first that is asked for; else the first that exits, since the others have no more than one frame. */
static const struct result *profiled(const struct plot_input *input)
{
	const struct result_set *set = &input->sets[0];
	bool asked = input->operation || input->environment;
	const struct result *found = NULL;

	for (size_t i = 0; i < set->n_results; i++) {
		const struct profile *profile = set->results[i].profile;

		if (!profile || !profile->n_stacks || (asked && !plot_wanted(input, &set->results[i])))
			continue;
		if (asked || profile->kernel_insns)
			return &set->results[i];
		found = found ? found : &set->results[i];
	}
	return found;
}

int plot_flame(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct result *result = profiled(input);
	struct flame flame = {0};
	char title[260], method[200], series[200], total[FIGURE_SIZE];
	unsigned deepest = 0;

	if (!result)
		return err_set(err, ENODATA, "no operation was profiled (lab --profile GLOB)");
	if (build_flame(result->profile, &flame)) {
		free(flame.frames);
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	}
	snprintf(title, sizeof(title), "Where the instructions go: %s",
		 plot_series(&input->sets[0], result, series, sizeof(series)));
	snprintf(method, sizeof(method), "%s instructions, each in the function that executed it; calls go upwards",
		 figure_count(result->profile->total_insns, total));
	plot_begin(out, title, &input->sets[0], method);
	fprintf(out, "# total: %llu\n", (unsigned long long)result->profile->total_insns);
	for (size_t i = 0; i < flame.n; i++)
		deepest = flame.frames[i].depth > deepest ? flame.frames[i].depth : deepest;
	fprintf(out, "# depth: %u\n", deepest + 1);
	fputs("# function\tmodule\tdepth\tfrom\tinstructions\n", out);
	for (size_t i = 0; i < flame.n; i++) {
		plot_text(out, flame.frames[i].name);
		putc('\t', out);
		plot_text(out, flame.frames[i].module);
		fprintf(out, "\t%u\t%.0f\t%.0f\n", flame.frames[i].depth, flame.frames[i].from,
			flame.frames[i].insns);
	}
	free(flame.frames);
	return 0;
}

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

#define BARS_MOST 24

/* ---- anatomy --------------------------------------------------------------------------------- */

/* Profiles of old files have no legs. */
static bool has_counted_legs(const struct profile *profile)
{
	for (unsigned i = 0; profile && i < LEG_COUNT; i++)
		if (profile->leg_insns[i])
			return true;
	return false;
}

/* What runs natively does not exit: its instructions are in no leg of one. */
static bool has_legs(const struct result *result)
{
	const struct anatomy *anatomy = result->anatomy;

	if (!strcmp(result->environment, "native"))
		return false;
	return (anatomy && anatomy->n_legs && !anatomy->refused[0]) ||
	       has_counted_legs(result->profile);
}

/* ---- which bars ---- */

/* One operation in one environment: a bar for each set that has it. They stand together. */
struct group {
	const struct result *like;
	unsigned priority; /* of what is shown unasked, the least first */
	size_t order, bars;
};

static const struct result *in_set(const struct result_set *set, const struct result *like)
{
	const struct result *result =
		result_set_find(set, like->benchmark, like->parameters, like->environment);

	return result && has_legs(result) ? result : NULL;
}

static unsigned count_legs(const struct result *result)
{
	unsigned n = 0;

	if (!result->profile)
		return result->anatomy->n_legs;
	for (unsigned i = 0; i < LEG_COUNT; i++)
		n += result->profile->leg_insns[i] > 0;
	return n;
}

/* Shown only where nothing else is there, or it is asked for. */
#define ASIDE 4

/* Guest ring 0 before ring 3, other parameters of an operation behind those. Aside: other modes,
 * and what is no exit. */
static unsigned priority_of(const struct group *groups, size_t n, const struct result *result)
{
	unsigned priority = !strcmp(result->environment, "guest")	 ? 0
			    : !strcmp(result->environment, "guest-user") ? 1
									 : ASIDE;

	if (count_legs(result) < 2)
		return priority + ASIDE;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(groups[i].like->benchmark, result->benchmark) &&
		    !strcmp(groups[i].like->environment, result->environment))
			return priority + 2;
	return priority;
}

static bool is_grouped(const struct group *groups, size_t n, const struct result *result)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(groups[i].like->benchmark, result->benchmark) &&
		    !strcmp(groups[i].like->parameters, result->parameters) &&
		    !strcmp(groups[i].like->environment, result->environment))
			return true;
	return false;
}

static size_t find_groups(const struct plot_input *input, struct group *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_sets; i++)
		for (size_t j = 0; j < input->sets[i].n_results; j++) {
			const struct result *result = &input->sets[i].results[j];
			struct group group = {result, 0, n, 0};

			if (!has_legs(result) || !plot_asked_for(input, result) ||
			    is_grouped(groups, n, result))
				continue;
			group.priority = input->operation || input->environment
						 ? 0
						 : priority_of(groups, n, result);
			for (size_t k = 0; k < input->n_sets; k++)
				group.bars += in_set(&input->sets[k], result) != NULL;
			groups[n++] = group;
		}
	return n;
}

static int by_priority(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int by_order(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->order < y->order ? -1 : 1;
}

/* How many groups are shown: whole ones, and at least one. They are first then, and in the order of
 * the files. */
static size_t choose_groups(struct group *groups, size_t n, size_t *bars, size_t *left_out)
{
	size_t shown = 0;

	qsort(groups, n, sizeof(*groups), by_priority);
	*bars = *left_out = 0;
	while (shown < n &&
	       (!shown || (*bars + groups[shown].bars <= BARS_MOST &&
			   (groups[shown].priority < ASIDE || groups[0].priority >= ASIDE))))
		*bars += groups[shown++].bars;
	for (size_t i = shown; i < n; i++)
		*left_out += groups[i].bars;
	qsort(groups, shown, sizeof(*groups), by_order);
	return shown;
}

/* ---- what is written of them ---- */

static bool substrates_differ(const struct plot_input *input)
{
	for (size_t i = 1; i < input->n_sets; i++)
		if (input->sets[i].run.machine.substrate != input->sets[0].run.machine.substrate)
			return true;
	return false;
}

static void name_set(const struct plot_input *input, size_t i, char *text, size_t size)
{
	const struct machine *machine = &input->sets[i].run.machine;

	snprintf(text, size, "%s%sLinux %.*s",
		 substrates_differ(input) ? substrate_name(machine->substrate) : "",
		 substrates_differ(input) ? ", " : "", (int)strcspn(machine->kernel, "-+ "),
		 machine->kernel);
}

/* Of several sets what tells them apart: substrate and kernel, or else the file. */
static void write_bar_name(FILE *out, const struct plot_input *input, size_t set,
			   const struct result *result)
{
	char label[128], name[100], other[100];
	bool alone = true;

	plot_name(out, plot_label(result, label, sizeof(label)));
	fprintf(out, ", %s", result->environment);
	if (input->n_sets < 2)
		return;
	name_set(input, set, name, sizeof(name));
	for (size_t i = 0; i < input->n_sets; i++) {
		name_set(input, i, other, sizeof(other));
		alone &= i == set || strcmp(name, other) != 0;
	}
	fputs(" (", out);
	plot_text(out, alone ? name : input->labels[set]);
	putc(')', out);
}

/* A bar, of which legs are written one behind the other. */
struct bar {
	FILE *out;
	const struct plot_input *input;
	const struct result *result;
	size_t set, number;
	double at;
};

static void write_leg(struct bar *bar, const char *leg, unsigned number, double size)
{
	if (size > 0) {
		write_bar_name(bar->out, bar->input, bar->set, bar->result);
		fprintf(bar->out, "\t%zu\t", bar->number);
		plot_text(bar->out, leg);
		fprintf(bar->out, "\t%u", number);
		plot_value(bar->out, bar->at, true);
		plot_value(bar->out, bar->at + size, true);
		putc('\n', bar->out);
		bar->at += size;
	}
}

/* By what it leaves: the guest, KVM, user space. */
static const char *timed_leg(const struct anatomy_leg *leg, unsigned *colour)
{
	static const char *const names[MARK_KINDS] = {
		[MARK_GUEST] = "guest and exit",	  [MARK_EXIT] = "KVM handles the exit",
		[MARK_USER_EXIT] = "KVM to user space",	  [MARK_RETURN] = "user space",
		[MARK_RUN] = "user space to KVM's entry", [MARK_ENTRY] = "entry and guest",
	};
	bool no_entry = leg->from == MARK_RUN && leg->to == MARK_GUEST;
	bool no_exit = leg->from == MARK_GUEST && leg->to != MARK_EXIT;

	*colour = leg->from;
	/* Where KVM's own marks are not seen, one leg is what two are elsewhere. */
	return no_entry	 ? "user space to the guest"
	       : no_exit ? "guest, exit, and KVM's handling"
			 : names[leg->from];
}

static void write_bar(struct bar *bar)
{
	const struct anatomy *anatomy = bar->result->anatomy;
	const struct profile *profile = bar->result->profile;
	unsigned number;

	for (unsigned i = 0; profile && i < LEG_COUNT; i++)
		write_leg(bar, leg_name((enum leg)i), i, (double)profile->leg_insns[i]);
	for (unsigned i = 0; !profile && i < anatomy->n_legs; i++) {
		const char *name = timed_leg(&anatomy->legs[i], &number);

		write_leg(bar, name, number, anatomy->legs[i].mean);
	}
}

static bool has_empty_leg(const struct anatomy *anatomy)
{
	for (unsigned i = 0; i < anatomy->n_legs; i++)
		if (anatomy->legs[i].mean <= 0)
			return true;
	return false;
}

/* Exits that are asked for, and whose legs would not have been theirs. */
static size_t count_refused(const struct plot_input *input)
{
	size_t n = 0;

	for (size_t i = 0; i < input->n_sets; i++)
		for (size_t j = 0; j < input->sets[i].n_results; j++) {
			const struct result *result = &input->sets[i].results[j];

			n += result->anatomy && result->anatomy->refused[0] &&
			     plot_asked_for(input, result);
		}
	return n;
}

/* Of bars of times: how many batches they are from, and what is not in them. */
static void say_times(char *method, size_t size, const struct plot_input *input,
		      const struct group *groups, size_t n)
{
	const struct anatomy *first = groups[0].like->anatomy;
	uint32_t least = UINT32_MAX, most = 0;
	size_t bars = 0, corrected = 0, swallowed = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < input->n_sets; j++) {
			const struct result *result = in_set(&input->sets[j], groups[i].like);

			if (!result || !result->anatomy)
				continue;
			least = result->anatomy->batches < least ? result->anatomy->batches : least;
			most = result->anatomy->batches > most ? result->anatomy->batches : most;
			bars++;
			corrected += result->anatomy->corrected;
			swallowed += result->anatomy->corrected && has_empty_leg(result->anatomy);
		}
	plot_say(method, size, "means over the middle nine tenths of batches");
	if (most)
		plot_say(method, size, least < most ? "%u to %u batches each" : "%u batches each",
			 least, most);
	if (corrected == bars)
		plot_say(method, size, "what observing costs is taken off");
	else if (corrected)
		plot_say(method, size,
			 "what observing costs is taken off %zu of %zu bars, where it is over a "
			 "tenth, "
			 "and within the others",
			 corrected, bars);
	else
		plot_say(method, size, "what observing costs is within");
	if (swallowed)
		plot_say(method, size, "it was more than a leg of %zu bars, which is not drawn",
			 swallowed);
	/* Without the class of the reason, "SKIP(substrate): ". */
	if (first->unseen[0])
		plot_say(method, size, "%s",
			 strstr(first->unseen, "): ") ? strstr(first->unseen, "): ") + 3
						      : first->unseen);
}

/* Ticks and instructions have no axis in common. */
static int check_units(const struct plot_input *input, struct err *err)
{
	for (size_t i = 1; i < input->n_sets; i++)
		if (strcmp(plot_unit(&input->sets[i]), plot_unit(&input->sets[0])) != 0)
			return err_set(err, ENODATA, "%s has %s and %s has %s: draw them apart",
				       input->labels[0], plot_unit(&input->sets[0]),
				       input->labels[i], plot_unit(&input->sets[i]));
	return 0;
}

static void write_anatomy(FILE *out, const struct plot_input *input, const struct group *groups,
			  size_t n, size_t left_out)
{
	struct bar bar = {.out = out, .input = input};
	char method[700] = "";

	if (groups[0].like->profile)
		plot_say(method, sizeof(method),
			 "every instruction of one operation belongs to one leg; what the twin "
			 "executes as "
			 "well is not taken off");
	else
		say_times(method, sizeof(method), input, groups, n);
	if (count_refused(input))
		plot_say(method, sizeof(method),
			 "%zu more refused: observing changes them too much", count_refused(input));
	plot_left_out(method, sizeof(method), left_out, "more bars, by --operation and --env,");
	plot_begin_sets(out, "Exits taken apart", input, method);
	fputs("# operation\tbar\tleg\tnumber of the leg\tfrom\tto\n", out);
	for (size_t i = 0; i < n; i++)
		for (bar.set = 0; bar.set < input->n_sets; bar.set++) {
			bar.result = in_set(&input->sets[bar.set], groups[i].like);
			bar.at = 0;
			if (!bar.result)
				continue;
			write_bar(&bar);
			bar.number++;
		}
}

int plot_anatomy(FILE *out, const struct plot_input *input, struct err *err)
{
	struct group *groups;
	size_t room = 1, n, bars, left_out;
	int rc = check_units(input, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < input->n_sets; i++)
		room += input->sets[i].n_results;
	groups = calloc(room, sizeof(*groups));
	if (!groups)
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	n = choose_groups(groups, find_groups(input, groups), &bars, &left_out);
	if (n)
		write_anatomy(out, input, groups, n, left_out);
	else
		rc = err_set(err, ENODATA,
			     "no exit that is asked for was taken apart (exitlab anatomy, or lab "
			     "--profile on emulated hosts)");
	free(groups);
	return rc;
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

/* The next frame of a stack's text, "vmlinux`name;kvm`name"; returns what follows, NULL at the end.
 */
static const char *next_frame(const char *at, char *module, size_t module_size, char *name,
			      size_t name_size)
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
static int add_stack(struct flame *flame, size_t open[DEPTH_MOST], unsigned *depth,
		     const char *text, double at, double insns)
{
	unsigned level = 0;
	bool alike = true;

	for (const char *next = text; next && level < DEPTH_MOST; level++) {
		char module[24], name[96];
		struct frame *frame;

		next = next_frame(next, module, sizeof(module), name, sizeof(name));
		frame = level < *depth ? &flame->frames[open[level]] : NULL;
		alike = alike && frame && !strcmp(frame->name, name) &&
			!strcmp(frame->module, module);
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

static bool has_stacks(const struct result *result)
{
	return result->profile && result->profile->n_stacks;
}

/* The first that is asked for; else the first that exits, since the others have no more than one
 * frame. */
static const struct result *profiled(const struct plot_input *input)
{
	const struct result_set *set = &input->sets[0];
	bool asked = input->operation || input->environment;
	const struct result *found = NULL;

	for (size_t i = 0; i < set->n_results; i++) {
		const struct result *result = &set->results[i];

		if (!has_stacks(result) || !plot_asked_for(input, result))
			continue;
		if (asked || result->profile->kernel_insns)
			return result;
		found = found ? found : result;
	}
	return found;
}

#define OTHERS_MOST 8

/* "exit/hlt, io/port-out and 3 more": operations with a profile, but for one. Empty: there are
 * none. */
static void name_profiled(const struct result_set *set, const char *but, char *text, size_t size)
{
	const char *last = but;
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < set->n_results; i++) {
		const char *name = set->results[i].benchmark;
		size_t used = strlen(text);

		/* Results of one operation follow each other. */
		if (!has_stacks(&set->results[i]) || !strcmp(name, but) || !strcmp(name, last))
			continue;
		last = name;
		if (n++ < OTHERS_MOST)
			snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
	}
	if (n > OTHERS_MOST)
		snprintf(text + strlen(text), size - strlen(text), " and %zu more",
			 n - OTHERS_MOST);
}

/* By who executes the instruction: the module of a stack's innermost function. */
static size_t owner_of(const char *stack)
{
	const char *innermost = strrchr(stack, ';') ? strrchr(stack, ';') + 1 : stack;

	if (!strcmp(innermost, "guest"))
		return 0;
	if (!strncmp(innermost, "kvm", 3) && strchr(innermost, '`'))
		return 1;
	return strchr(innermost, '`') ? 2 : 3;
}

/* "guest 1.0%, KVM's modules 68.1%, ..." */
static void say_shares(char *method, size_t size, const struct profile *profile)
{
	static const char *const owners[] = {"the guest", "KVM's modules", "the rest of the kernel",
					     "user space"};
	uint64_t insns[4] = {0}, all = 0;
	char text[200] = "";

	for (size_t i = 0; i < profile->n_stacks; i++) {
		insns[owner_of(profile->stacks[i].text)] += profile->stacks[i].insns;
		all += profile->stacks[i].insns;
	}
	for (size_t i = 0; i < 4 && all; i++)
		if (insns[i])
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %.1f%%",
				 *text ? ", " : "", owners[i],
				 100.0 * (double)insns[i] / (double)all);
	plot_say(method, size, "%s", text);
}

static int refuse_flame(const struct plot_input *input, struct err *err)
{
	char names[700];

	name_profiled(&input->sets[0], "", names, sizeof(names));
	if (!*names)
		return err_set(err, ENODATA, "no operation was profiled (lab --profile GLOB)");
	return err_set(err, ENODATA, "what is asked for was not profiled; of this file were %s",
		       names);
}

static void write_frames(FILE *out, const struct flame *flame)
{
	unsigned deepest = 0;

	for (size_t i = 0; i < flame->n; i++)
		deepest = flame->frames[i].depth > deepest ? flame->frames[i].depth : deepest;
	fprintf(out, "# depth: %u\n", deepest + 1);
	fputs("# function\tmodule\tdepth\tfrom\tinstructions\n", out);
	for (size_t i = 0; i < flame->n; i++) {
		plot_name(out, flame->frames[i].name);
		putc('\t', out);
		plot_text(out, flame->frames[i].module);
		fprintf(out, "\t%u\t%.0f\t%.0f\n", flame->frames[i].depth, flame->frames[i].from,
			flame->frames[i].insns);
	}
}

int plot_flame(FILE *out, const struct plot_input *input, struct err *err)
{
	const struct result *result = profiled(input);
	struct flame flame = {0};
	char title[260], method[1200] = "", series[200], total[FIGURE_SIZE], names[700];

	if (!result)
		return refuse_flame(input, err);
	if (build_flame(result->profile, &flame)) {
		free(flame.frames);
		return err_set(err, ENOMEM, "no memory for the data of the plot");
	}
	snprintf(title, sizeof(title), "Where the instructions go: %s",
		 plot_series(&input->sets[0], result, series, sizeof(series)));
	plot_say(method, sizeof(method),
		 "%s instructions, each in the function that executed it; calls go upwards",
		 figure_count(result->profile->total_insns, total));
	say_shares(method, sizeof(method), result->profile);
	name_profiled(&input->sets[0], result->benchmark, names, sizeof(names));
	if (!input->operation && *names)
		plot_say(method, sizeof(method), "others by --operation: %s", names);
	plot_begin(out, title, &input->sets[0], method);
	fprintf(out, "# total: %llu\n", (unsigned long long)result->profile->total_insns);
	write_frames(out, &flame);
	free(flame.frames);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "analysis/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Frames of the kernel's stack that are followed; deeper ones are counted in the deepest. */
#define FRAMES_MAX 128

/* ---- windows ---- */

/* A window of the series, and how many are equal to it. */
struct span {
	const struct trace_insn *insns;
	size_t n;
	uint64_t hash; /* of the addresses: unequal ones are told apart quickly */
	uint32_t equal;
};

static bool guest_clock(const struct trace_insn *insn)
{
	return insn->kind == TRACE_CLOCK && trace_region(insn->address) == TRACE_GUEST;
}

static uint64_t hash_of(const struct trace_insn *insns, size_t n)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ insns[i].address) * 0x100000001b3u;
	return hash;
}

static bool span_equal(const struct span *a, const struct span *b)
{
	if (a->n != b->n || a->hash != b->hash)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->insns[i].address != b->insns[i].address)
			return false;
	return true;
}

/*
 * An operation may read the clock itself, and so may an interrupt handler, at any address. But the
 * first reading of a series begins an operation, and the last one ends one.
 *
 * spans has room for every reading of the clock. Returns how many there are.
 */
static size_t find_spans(const struct trace_insn *insns, size_t n, struct span *spans)
{
	uint64_t first = 0, last = 0;
	size_t begin = 0, found = 0;

	for (size_t i = 0; i < n; i++) {
		if (!guest_clock(&insns[i]))
			continue;
		if (!first)
			first = insns[i].address;
		last = insns[i].address;
	}
	for (size_t i = 0; first != last && i < n; i++) {
		if (!guest_clock(&insns[i]))
			continue;
		if (insns[i].address == first) {
			begin = i + 1;
		} else if (insns[i].address == last && begin) {
			spans[found].insns = &insns[begin];
			spans[found].n = i + 1 - begin;
			spans[found].hash = hash_of(&insns[begin], i + 1 - begin);
			found++;
			begin = 0;
		}
	}
	return found;
}

/* The most frequent length, the shortest of several: what disturbs makes a window longer. */
static size_t modal_length(const struct span *spans, size_t n, uint32_t *count)
{
	size_t mode = 0;

	*count = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t same = 0;

		for (size_t j = 0; j < n; j++)
			same += spans[j].n == spans[i].n;
		if (same > *count || (same == *count && spans[i].n < mode)) {
			*count = same;
			mode = spans[i].n;
		}
	}
	return mode;
}

/* Of the spans of that length the most frequent one, the first of several. */
static const struct span *modal_span(struct span *spans, size_t n, size_t length,
				     uint32_t *sequences)
{
	const struct span *mode = NULL;

	*sequences = 0;
	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		if (spans[i].n != length)
			continue;
		while (!span_equal(&spans[j], &spans[i]))
			j++;
		*sequences += j == i;
		spans[j].equal++;
	}
	for (size_t i = 0; i < n; i++)
		if (spans[i].equal && (!mode || spans[i].equal > mode->equal))
			mode = &spans[i];
	return mode;
}

static int choose(struct span *spans, size_t n, struct trace_window *window)
{
	const struct span *mode;
	size_t length = modal_length(spans, n, &window->at_length);

	mode = modal_span(spans, n, length, &window->sequences);
	window->windows = (uint32_t)n;
	window->equal = mode->equal;
	window->n = mode->n;
	window->insns = calloc(mode->n, sizeof(*window->insns));
	if (!window->insns)
		return -ENOMEM;
	memcpy(window->insns, mode->insns, mode->n * sizeof(*window->insns));
	return 0;
}

int trace_window_choose(const struct trace_insn *insns, size_t n, struct trace_window *window,
			struct err *err)
{
	size_t readings = 0, found;
	struct span *spans;
	int ret = 0;

	*window = (struct trace_window){0};
	for (size_t i = 0; i < n; i++)
		readings += guest_clock(&insns[i]);
	spans = calloc(readings + 1, sizeof(*spans));
	if (!spans)
		return err_set(err, ENOMEM, "no memory for the windows of the trace");
	found = find_spans(insns, n, spans);
	if (!found)
		ret = err_set(err, ENOENT,
			      "the trace has no pair of readings of the clock in the guest");
	else if (choose(spans, found, window))
		ret = err_set(err, ENOMEM, "no memory for the windows of the trace");
	free(spans);
	return ret;
}

void trace_window_clear(struct trace_window *window)
{
	free(window->insns);
	*window = (struct trace_window){0};
}

/* ---- profiles ---- */

static const struct symbol guest_symbol = {.name = "guest", .module = "guest"};
static const struct symbol user_symbol = {.name = "exitlab", .module = "user"};
static const struct symbol unknown_symbol = {.name = "unknown", .module = "unknown"};

/* A function in one place among its callers. */
struct node {
	size_t parent; /* 0: the root, which is node 0 */
	const struct symbol *symbol;
	uint64_t insns;
};

struct frame {
	size_t node;
	/* Executing here means that the frame is left. An exception may go on at the instruction
	 * that it interrupted, or behind it. 0: not known. */
	uint64_t back, back_behind;
	unsigned roles; /* of the function, its callers, and those that it took the place of */
};

struct tally {
	const struct symbol *symbol;
	uint64_t insns;
	uint64_t calls;
};

struct builder {
	const struct symbols *symbols;
	const struct trace_insn *previous;
	const struct symbol *previous_symbol;
	struct frame frames[FRAMES_MAX]; /* of the kernel; they wait while the guest runs */
	size_t depth;
	struct node *nodes;
	size_t n_nodes, nodes_room;
	struct tally *tallies;
	size_t n_tallies, tallies_room;
	struct legs legs;
	bool counting;
	bool failed; /* no memory */
};

static const struct symbol *symbol_of(const struct symbols *symbols, uint64_t address)
{
	const struct symbol *symbol;

	switch (trace_region(address)) {
	case TRACE_GUEST:
		return &guest_symbol;
	case TRACE_USER:
		return &user_symbol;
	default:
		symbol = symbols_find(symbols, address);
		return symbol ? symbol : &unknown_symbol;
	}
}

/* Room for one more element; NULL: no memory. */
static void *grow(void *array, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *grown;

	if (n < *room)
		return array;
	grown = reallocarray(array, more, size);
	if (grown)
		*room = more;
	return grown;
}

static size_t node_of(struct builder *builder, size_t parent, const struct symbol *symbol)
{
	struct node *nodes;

	for (size_t i = 1; i < builder->n_nodes; i++)
		if (builder->nodes[i].parent == parent && builder->nodes[i].symbol == symbol)
			return i;
	nodes = grow(builder->nodes, builder->n_nodes, &builder->nodes_room, sizeof(*nodes));
	if (!nodes) {
		builder->failed = true;
		return 0;
	}
	builder->nodes = nodes;
	nodes[builder->n_nodes] = (struct node){.parent = parent, .symbol = symbol};
	return builder->n_nodes++;
}

static struct tally *tally_of(struct builder *builder, const struct symbol *symbol)
{
	struct tally *tallies;

	for (size_t i = 0; i < builder->n_tallies; i++)
		if (builder->tallies[i].symbol == symbol)
			return &builder->tallies[i];
	tallies = grow(builder->tallies, builder->n_tallies, &builder->tallies_room,
		       sizeof(*tallies));
	if (!tallies) {
		builder->failed = true;
		return NULL;
	}
	builder->tallies = tallies;
	tallies[builder->n_tallies] = (struct tally){.symbol = symbol};
	return &tallies[builder->n_tallies++];
}

static void push(struct builder *builder, const struct symbol *symbol, uint64_t back,
		 uint64_t back_behind)
{
	const struct frame *caller = builder->depth ? &builder->frames[builder->depth - 1] : NULL;
	size_t parent = caller ? caller->node : 0;

	if (builder->depth == FRAMES_MAX)
		return;
	builder->frames[builder->depth++] = (struct frame){
		.node = node_of(builder, parent, symbol),
		.back = back,
		.back_behind = back_behind,
		.roles = leg_role(symbol->name) | (caller ? caller->roles : 0),
	};
}

/* The outermost frame, or a function that took the place of another by a jump. */
static void replace_top(struct builder *builder, const struct symbol *symbol)
{
	struct frame *top;
	size_t parent;

	if (!builder->depth) {
		push(builder, symbol, 0, 0);
		return;
	}
	top = &builder->frames[builder->depth - 1];
	if (builder->nodes[top->node].symbol == symbol)
		return;
	parent = builder->depth > 1 ? builder->frames[builder->depth - 2].node : 0;
	top->node = node_of(builder, parent, symbol);
	top->roles |= leg_role(symbol->name);
}

/*
 * By address and not by the kind of instruction: with return thunks it is a jump that leaves a
 * function, and what was left by other ways is dropped with the frame that it was called from.
 */
static bool pop_to(struct builder *builder, uint64_t address)
{
	for (size_t i = builder->depth; i-- > 0;) {
		const struct frame *frame = &builder->frames[i];

		if (address != frame->back && address != frame->back_behind)
			continue;
		builder->depth = i;
		return true;
	}
	return false;
}

static bool exception_entry(const struct symbol *symbol, uint64_t address)
{
	return !strncmp(symbol->name, "asm_", 4) && symbol->address == address;
}

static void follow_in_kernel(struct builder *builder, const struct trace_insn *insn,
			     const struct symbol *symbol)
{
	const struct trace_insn *previous = builder->previous;
	uint64_t behind = previous->address + previous->length;
	bool first = insn->address == symbol->address;

	if (pop_to(builder, insn->address)) {
		replace_top(builder, symbol);
	} else if (previous->kind == TRACE_CALL) {
		/* A call within a function is a retpoline: what it calls comes in its place. */
		if (first || symbol != builder->previous_symbol)
			push(builder, symbol, behind, 0);
	} else if (symbol == builder->previous_symbol) {
		return;
	} else if (exception_entry(symbol, insn->address)) {
		push(builder, symbol, previous->address, behind);
	} else {
		/* Returned into a caller that was never seen calling: nothing above is known. */
		if (previous->kind == TRACE_RETURN && !first)
			builder->depth = 0;
		replace_top(builder, symbol);
	}
}

/* The node that this instruction belongs to. */
static size_t follow(struct builder *builder, const struct trace_insn *insn,
		     const struct symbol *symbol)
{
	enum trace_region region = trace_region(insn->address);
	enum trace_region before =
		builder->previous ? trace_region(builder->previous->address) : TRACE_GUEST;

	/* The kernel's stack is empty while its user runs, but not while the guest does. */
	if (region == TRACE_USER || before == TRACE_USER)
		builder->depth = 0;
	if (region != TRACE_KERNEL)
		return node_of(builder, 0, symbol);
	if (before == TRACE_KERNEL)
		follow_in_kernel(builder, insn, symbol);
	else
		replace_top(builder, symbol);
	return builder->depth ? builder->frames[builder->depth - 1].node : 0;
}

static bool entered(const struct builder *builder, const struct trace_insn *insn,
		    const struct symbol *symbol)
{
	if (!builder->previous)
		return false;
	if (trace_region(insn->address) != TRACE_KERNEL)
		return builder->previous_symbol != symbol;
	return insn->address == symbol->address &&
	       (builder->previous_symbol != symbol || builder->previous->kind == TRACE_CALL);
}

static void step(struct builder *builder, const struct trace_insn *insn, bool counted)
{
	const struct symbol *symbol = symbol_of(builder->symbols, insn->address);
	size_t node = follow(builder, insn, symbol);
	struct tally *tally = builder->counting ? tally_of(builder, symbol) : NULL;

	if (tally && !builder->failed) {
		tally->insns += counted;
		tally->calls += entered(builder, insn, symbol);
		builder->nodes[node].insns += counted;
		legs_step(&builder->legs, trace_region(insn->address),
			  builder->depth ? builder->frames[builder->depth - 1].roles : 0, counted);
	}
	builder->previous = insn;
	builder->previous_symbol = symbol;
}

enum unfinished {
	FINISHED,
	INTERCEPTED, /* the guest's, behind which the kernel goes on */
	FAULTED,     /* any other, behind which an exception is handled */
};

static enum unfinished unfinished(const struct trace_window *window, const struct symbols *symbols,
				  size_t i)
{
	uint64_t address, next;

	if (i + 1 >= window->n)
		return FINISHED;
	address = window->insns[i].address;
	next = window->insns[i + 1].address;
	if (trace_region(next) != TRACE_KERNEL)
		return FINISHED;
	if (trace_region(address) == TRACE_GUEST)
		return INTERCEPTED;
	return !strncmp(symbol_of(symbols, next)->name, "asm_exc_", 8) &&
			       symbol_of(symbols, next)->address == next
		       ? FAULTED
		       : FINISHED;
}

/* How many of the guest's instructions are not in ticks: of the others, all or none. */
static int uncounted_in_guest(const struct trace_window *window, const struct symbols *symbols,
			      uint64_t ticks, uint64_t *in_guest, struct err *err)
{
	uint64_t intercepted = 0, faulted = 0;

	for (size_t i = 0; i < window->n; i++) {
		enum unfinished how = unfinished(window, symbols, i);

		intercepted += how == INTERCEPTED;
		faulted += how == FAULTED;
	}
	*in_guest = 0;
	if (ticks == window->n)
		return 0;
	if (ticks > window->n || window->n - ticks < faulted ||
	    window->n - ticks > faulted + intercepted)
		return err_set(err, ERANGE,
			       "the trace has %zu instructions between two readings of the clock, "
			       "of which %" PRIu64 " were intercepted and %" PRIu64
			       " faulted, but the undisturbed run reads %" PRIu64,
			       window->n, intercepted, faulted, ticks);
	*in_guest = window->n - ticks - faulted;
	return 0;
}

/*
 * Twice over the window: what it leaves on the kernel's stack when it enters the guest is what it
 * finds there at the guest's next exit, because the operation is repeated.
 */
static void walk(struct builder *builder, const struct trace_window *window,
		 struct profile *profile, uint64_t in_guest)
{
	uint64_t excess = profile->uncounted_insns;

	for (size_t i = 0; i < window->n; i++)
		step(builder, &window->insns[i], false);
	builder->counting = true;
	for (size_t i = 0; i < window->n; i++) {
		enum unfinished how = excess ? unfinished(window, builder->symbols, i) : FINISHED;
		bool counted = how == FINISHED || (how == INTERCEPTED && !in_guest);

		in_guest -= how == INTERCEPTED && in_guest;
		step(builder, &window->insns[i], counted);
		switch (trace_region(window->insns[i].address)) {
		case TRACE_GUEST:
			profile->guest_insns += counted;
			break;
		case TRACE_USER:
			profile->user_insns += counted;
			break;
		default:
			profile->kernel_insns += counted;
		}
	}
	legs_end(&builder->legs);
	memcpy(profile->leg_insns, builder->legs.insns, sizeof(profile->leg_insns));
}

static int compare_function_names(const void *a, const void *b)
{
	const struct profile_function *x = a, *y = b;
	int names = strcmp(x->name, y->name);

	return names ? names : strcmp(x->module, y->module);
}

static int compare_functions(const void *a, const void *b)
{
	const struct profile_function *x = a, *y = b;

	if (x->insns != y->insns)
		return x->insns > y->insns ? -1 : 1;
	return compare_function_names(a, b);
}

/* Different functions of the same name in the same module become one. */
static void join_functions(struct profile *profile)
{
	struct profile_function *functions = profile->functions;
	size_t kept = 0;

	qsort(functions, profile->n_functions, sizeof(*functions), compare_function_names);
	for (size_t i = 0; i < profile->n_functions; i++) {
		if (!kept || compare_function_names(&functions[kept - 1], &functions[i])) {
			functions[kept++] = functions[i];
			continue;
		}
		functions[kept - 1].insns += functions[i].insns;
		functions[kept - 1].calls += functions[i].calls;
		free(functions[i].name);
		free(functions[i].module);
	}
	profile->n_functions = kept;
	qsort(functions, kept, sizeof(*functions), compare_functions);
}

static int copy_functions(struct profile *profile, const struct builder *builder)
{
	profile->functions = calloc(builder->n_tallies + 1, sizeof(*profile->functions));
	if (!profile->functions)
		return -ENOMEM;
	for (size_t i = 0; i < builder->n_tallies; i++) {
		const struct tally *tally = &builder->tallies[i];
		struct profile_function *function = &profile->functions[profile->n_functions];

		if (!tally->insns)
			continue;
		profile->n_functions++;
		function->name = strdup(tally->symbol->name);
		function->module = strdup(tally->symbol->module);
		function->insns = tally->insns;
		function->calls = tally->calls;
		if (!function->name || !function->module)
			return -ENOMEM;
	}
	join_functions(profile);
	return 0;
}

/* Appends the frames from the outermost on. */
static void print_frames(FILE *out, const struct node *nodes, size_t node)
{
	const struct symbol *symbol = nodes[node].symbol;

	if (nodes[node].parent) {
		print_frames(out, nodes, nodes[node].parent);
		putc(';', out);
	}
	if (symbol == &guest_symbol || symbol == &user_symbol)
		fputs(symbol->name, out);
	else
		fprintf(out, "%s`%s", symbol->module, symbol->name);
}

static char *stack_text(const struct node *nodes, size_t node)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_frames(out, nodes, node);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int compare_stacks(const void *a, const void *b)
{
	const struct profile_stack *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static void join_stacks(struct profile *profile)
{
	struct profile_stack *stacks = profile->stacks;
	size_t kept = 0;

	qsort(stacks, profile->n_stacks, sizeof(*stacks), compare_stacks);
	for (size_t i = 0; i < profile->n_stacks; i++) {
		if (!kept || compare_stacks(&stacks[kept - 1], &stacks[i])) {
			stacks[kept++] = stacks[i];
			continue;
		}
		stacks[kept - 1].insns += stacks[i].insns;
		free(stacks[i].text);
	}
	profile->n_stacks = kept;
}

static int copy_stacks(struct profile *profile, const struct builder *builder)
{
	profile->stacks = calloc(builder->n_nodes, sizeof(*profile->stacks));
	if (!profile->stacks)
		return -ENOMEM;
	for (size_t i = 1; i < builder->n_nodes; i++) {
		struct profile_stack *stack = &profile->stacks[profile->n_stacks];

		if (!builder->nodes[i].insns)
			continue;
		stack->insns = builder->nodes[i].insns;
		stack->text = stack_text(builder->nodes, i);
		if (!stack->text)
			return -ENOMEM;
		profile->n_stacks++;
	}
	join_stacks(profile);
	return 0;
}

static void clear_lists(struct profile *profile)
{
	for (size_t i = 0; i < profile->n_functions; i++) {
		free(profile->functions[i].name);
		free(profile->functions[i].module);
	}
	for (size_t i = 0; i < profile->n_stacks; i++)
		free(profile->stacks[i].text);
	free(profile->functions);
	free(profile->stacks);
	profile->functions = NULL;
	profile->stacks = NULL;
	profile->n_functions = profile->n_stacks = 0;
}

int profile_build(struct profile *profile, const struct trace_window *window,
		  const struct symbols *symbols, uint64_t ticks, struct err *err)
{
	struct builder *builder;
	uint64_t in_guest;
	int ret = uncounted_in_guest(window, symbols, ticks, &in_guest, err);

	if (ret)
		return ret;
	profile->total_insns = ticks;
	profile->guest_insns = profile->kernel_insns = profile->user_insns = 0;
	profile->uncounted_insns = window->n - ticks;
	profile->windows = window->windows;
	profile->windows_equal = window->equal;
	builder = calloc(1, sizeof(*builder));
	if (!builder)
		return err_set(err, ENOMEM, "no memory for the profile");
	builder->symbols = symbols;
	node_of(builder, 0, &unknown_symbol);
	if (builder->n_nodes)
		walk(builder, window, profile, in_guest);
	ret = builder->failed ? -ENOMEM : 0;
	if (!ret)
		ret = copy_functions(profile, builder);
	if (!ret)
		ret = copy_stacks(profile, builder);
	free(builder->nodes);
	free(builder->tallies);
	free(builder);
	if (ret)
		clear_lists(profile);
	return ret ? err_set(err, ENOMEM, "no memory for the profile") : 0;
}

void profile_clear(struct profile *profile)
{
	clear_lists(profile);
	*profile = (struct profile){0};
}

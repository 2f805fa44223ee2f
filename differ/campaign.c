/* SPDX-License-Identifier: MIT */
#include "differ/campaign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differ/arch/x86/features.h"
#include "differ/arch/x86/forms.h"
#include "differ/arch/x86/listing.h"
#include "differ/arch/x86/rules.h"
#include "differ/arch/x86/runner.h"
#include "differ/known.h"
#include "differ/minimise.h"
#include "support/seconds.h"

struct campaign {
	const struct differ_options *options;
	struct differ_set *set;
	struct err *err;
	int rc; /* of the first thing that this program could not do */

	unsigned there; /* places that can be had, bits */
	enum place reference;
	unsigned features; /* that all of them have */
	struct guest *guests[PLACES];
	struct differ_place *records[PLACES];

	/* What is being run. */
	struct program code;
	uint8_t memory[MEMORY_SIZE];
	uint64_t fill; /* that memory was made of */
	struct behaviour behaviours[PLACES];
	struct behaviour first[PLACES]; /* before anything was minimised */
};

/* ---- environments ------------------------------------------------------------------------------
 */

static int open_place(struct campaign *campaign, enum place place, struct err *err)
{
	const struct guest_config config = {
		.user = place_is_user(place),
		.mmio = place_is_mmio(place),
		.substrate = campaign->options->substrate,
	};

	return place == PLACE_NATIVE ? native_open(err)
				     : guest_open(&config, &campaign->guests[place], err);
}

static void open_places(struct campaign *campaign)
{
	struct differ_set *set = campaign->set;

	for (unsigned place = PLACES; place-- > 0;) {
		struct err why = {0};

		if (!(campaign->options->places >> place & 1))
			continue;
		if (!open_place(campaign, place, &why)) {
			campaign->there |= 1u << place;
			campaign->reference = place;
		}
		campaign->records[place] = &set->places[PLACES - 1 - set->n_places++];
		snprintf(campaign->records[place]->name, sizeof(campaign->records[place]->name),
			 "%s", place_name(place));
		snprintf(campaign->records[place]->skipped,
			 sizeof(campaign->records[place]->skipped), "%.190s", why.text);
	}
	/* They were filled in from the end on: the first is to be the reference. */
	memmove(set->places, set->places + PLACES - set->n_places,
		set->n_places * sizeof(set->places[0]));
	for (unsigned place = 0, i = 0; place < PLACES; place++)
		if (campaign->records[place])
			campaign->records[place] = &set->places[i++];
	campaign->features = features_native();
	if (campaign->there & ~(1u << PLACE_NATIVE))
		campaign->features &= features_guest();
}

static void close_places(struct campaign *campaign)
{
	for (unsigned place = 0; place < PLACES; place++) {
		if (campaign->guests[place])
			campaign->records[place]->vms = guest_made(campaign->guests[place]);
		guest_close(campaign->guests[place]);
	}
	if (campaign->there >> PLACE_NATIVE & 1)
		native_close();
}

bool differ_compared(const struct differ_set *set)
{
	unsigned there = 0;

	for (unsigned i = 0; i < set->n_places; i++)
		there += !*set->places[i].skipped;
	return there > 1;
}

/* ---- running one -------------------------------------------------------------------------------
 */

/* False: this program could not, or the sequence cannot be encoded. */
static bool prepare(struct campaign *campaign, const struct sequence *sequence)
{
	if (!sequence_encode(sequence, &campaign->code))
		return false;
	if (campaign->fill != sequence->start.fill)
		start_memory(sequence->start.fill, campaign->memory);
	campaign->fill = sequence->start.fill;
	return !campaign->rc;
}

static bool run_in(struct campaign *campaign, const struct sequence *sequence, enum place place)
{
	struct behaviour *behaviour = &campaign->behaviours[place];
	double begin = seconds_now();

	if (place == PLACE_NATIVE)
		campaign->rc = native_run(&campaign->code, &sequence->start, campaign->memory,
					  behaviour, campaign->err);
	else
		campaign->rc = guest_run(campaign->guests[place], &campaign->code, &sequence->start,
					 campaign->memory, behaviour, campaign->err);
	campaign->records[place]->seconds += seconds_now() - begin;
	campaign->records[place]->runs++;
	return !campaign->rc;
}

static void compare(const struct campaign *campaign, enum place place,
		    struct comparison *comparison)
{
	behaviour_compare(&campaign->code, &campaign->behaviours[campaign->reference],
			  &campaign->behaviours[place],
			  place_is_user(campaign->reference) != place_is_user(place), comparison);
}

/* ---- minimising --------------------------------------------------------------------------------
 */

struct wanted {
	struct campaign *campaign;
	enum place place;
	/* What is to be shown: nothing but these, and where it ends elsewhere, with this end. */
	uint32_t differences;
	enum ended ended;
	unsigned vector;
};

#define ENDS_ELSEWHERE (1u << DIFFER_END | 1u << DIFFER_OFFSET)
#define IN_STATE \
	(1u << DIFFER_REGISTER | 1u << DIFFER_FLAGS | 1u << DIFFER_XMM | 1u << DIFFER_MEMORY)

static bool same_end(const struct behaviour *behaviour, const struct wanted *wanted)
{
	return behaviour->ended == wanted->ended &&
	       (behaviour->ended != ENDED_TRAP || behaviour->vector == wanted->vector);
}

static bool same_kind(uint32_t differences, const struct behaviour *behaviour,
		      const struct wanted *wanted)
{
	uint32_t allowed = wanted->differences;

	if (allowed & ENDS_ELSEWHERE)
		return differences & ENDS_ELSEWHERE && same_end(behaviour, wanted);
	/* A wrong register is often one that was computed of a wrong flag. */
	if (allowed & IN_STATE)
		allowed |= IN_STATE;
	return differences && !(differences & ~allowed);
}

/* It runs in the two environments that disagree, and leaves what they said in the campaign. */
static bool shows(const struct sequence *sequence, void *data)
{
	const struct wanted *wanted = data;
	struct campaign *campaign = wanted->campaign;
	struct comparison comparison;

	if (!prepare(campaign, sequence) || !run_in(campaign, sequence, campaign->reference) ||
	    !run_in(campaign, sequence, wanted->place))
		return false;
	compare(campaign, wanted->place, &comparison);
	return same_kind(comparison.differences, &campaign->behaviours[wanted->place], wanted);
}

/* ---- findings ----------------------------------------------------------------------------------
 */

static void name_differences(uint32_t differences, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (unsigned i = 0; i < DIFFERENCES; i++)
		if (differences >> i & 1 && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 difference_names[i]);
}

/* The same forms, with the same kind of difference, between the same environments. */
static void make_key(const struct sequence *sequence, const struct wanted *wanted,
		     uint32_t differences, const struct known *known, char *key, size_t size)
{
	size_t used;

	if (known) {
		snprintf(key, size, "%u/known/%s", wanted->place, known->name);
		return;
	}
	used = (size_t)snprintf(key, size, "%u/%x/%u.%u", wanted->place, differences, wanted->ended,
				wanted->vector);

	for (unsigned i = 0; i < sequence->n && used < size; i++)
		used += (size_t)snprintf(key + used, size - used, "/%s%s",
					 form_get(sequence->units[i].form)->name,
					 sequence->units[i].prefixes & PREFIX_LOCK ? " lock" : "");
}

static struct case_of_difference case_of(const struct campaign *campaign,
					 const struct sequence *sequence, enum place place,
					 const struct comparison *comparison)
{
	return (struct case_of_difference){
		.substrate = campaign->options->substrate,
		.emulated = campaign->options->emulated,
		.reference = campaign->reference,
		.place = place,
		.sequence = sequence,
		.code = &campaign->code,
		.wanted = &campaign->behaviours[campaign->reference],
		.seen = &campaign->behaviours[place],
		.comparison = comparison,
	};
}

static FILE *text_begin(char **text, size_t *size, struct campaign *campaign)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		campaign->rc = err_sys(campaign->err, errno, "open_memstream");
	return out;
}

static char *difference_text(struct campaign *campaign, const struct comparison *comparison,
			     const struct behaviour *behaviour)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size, campaign);

	if (!out)
		return NULL;
	listing_difference(out, comparison, behaviour);
	fclose(out);
	return text;
}

static char *code_text(struct campaign *campaign)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size, campaign);

	if (!out)
		return NULL;
	listing_code(out, &campaign->code);
	fclose(out);
	return text;
}

static char *start_text(struct campaign *campaign, const struct sequence *sequence)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size, campaign);

	if (!out)
		return NULL;
	listing_start(out, &sequence->start, campaign->code.uses_xmm);
	fclose(out);
	return text;
}

static void describe(struct campaign *campaign, const struct sequence *sequence, enum place place,
		     const struct comparison *comparison, const struct behaviour *behaviours,
		     struct differ_finding *finding)
{
	snprintf(finding->reference, sizeof(finding->reference), "%s",
		 place_name(campaign->reference));
	snprintf(finding->environment, sizeof(finding->environment), "%s", place_name(place));
	name_differences(comparison->differences, finding->differs, sizeof(finding->differs));
	rules_name(comparison->rules, finding->rules, sizeof(finding->rules));
	finding->number = sequence->number;
	finding->sequences = 1;
	finding->code = code_text(campaign);
	finding->start = start_text(campaign, sequence);
	finding->wanted = difference_text(campaign, comparison, &behaviours[campaign->reference]);
	finding->seen = difference_text(campaign, comparison, &behaviours[place]);
}

static void blame(struct differ_finding *finding, const struct known *known)
{
	if (!known)
		return;
	finding->status = STATUS_KNOWN;
	finding->why = known->why;
	finding->link = known->link;
}

static void add_finding(struct campaign *campaign, struct sequence *sequence, struct wanted *wanted,
			const struct known *known, const char *key)
{
	struct differ_finding *finding;
	struct comparison comparison;
	struct err full = {0};

	minimise_operands(sequence, shows, wanted);
	/* Once more, for what it leaves behind. */
	if (campaign->rc || !shows(sequence, wanted))
		return;
	finding = differ_set_add(campaign->set, key, &full);
	if (!finding) {
		campaign->set->not_listed++;
		return;
	}
	blame(finding, known);
	compare(campaign, wanted->place, &comparison);
	describe(campaign, sequence, wanted->place, &comparison, campaign->behaviours, finding);
}

/* It does not show a second time. That is a finding as well, and not one to be minimised. */
static void add_flighty(struct campaign *campaign, const struct sequence *sequence,
			enum place place, const struct comparison *first)
{
	struct case_of_difference difference = case_of(campaign, sequence, place, first);
	struct differ_finding *finding;
	const struct known *known;
	char key[200];

	if (campaign->rc || !prepare(campaign, sequence))
		return;
	difference.wanted = &campaign->first[campaign->reference];
	difference.seen = &campaign->first[place];
	known = known_find(&difference);
	snprintf(key, sizeof(key), "%u/not again/%x/%s", place, first->differences,
		 known ? known->name : "");
	finding = differ_set_find(campaign->set, key);
	if (finding) {
		finding->sequences++;
		return;
	}
	finding = differ_set_add(campaign->set, key, NULL);
	if (!finding) {
		campaign->set->not_listed++;
		return;
	}
	blame(finding, known);
	describe(campaign, sequence, place, first, campaign->first, finding);
	strncat(finding->differs, " (once, not again)",
		sizeof(finding->differs) - strlen(finding->differs) - 1);
}

/* Without the units of a shorter sequence that was made of it. */
static bool take_out(struct sequence *sequence, const struct sequence *units)
{
	unsigned n = 0, taken = 0;

	for (unsigned i = 0; i < sequence->n; i++)
		if (taken < units->n &&
		    !memcmp(&sequence->units[i], &units->units[taken], sizeof(struct unit)))
			taken++;
		else
			sequence->units[n++] = sequence->units[i];
	sequence->n = n;
	return n && taken;
}

/*
 * The fewest units from the beginning on that show any difference: what comes behind them is not
 * the cause. False: it does not show twice.
 */
static bool cut(struct campaign *campaign, struct sequence *sequence, enum place place,
		struct comparison *comparison)
{
	struct sequence whole = *sequence;

	for (sequence->n = 1; sequence->n <= whole.n; sequence->n++) {
		if (!prepare(campaign, sequence))
			continue;
		if (!run_in(campaign, sequence, campaign->reference) ||
		    !run_in(campaign, sequence, place))
			return false;
		compare(campaign, place, comparison);
		if (comparison->differences)
			return true;
	}
	return false;
}

/*
 * Two environments disagree: what on, in the shortest sequence, and whether that is new. Leaves
 * that sequence in `sequence`; false: it does not show twice.
 */
static bool differs(struct campaign *campaign, struct sequence *sequence, enum place place)
{
	const struct behaviour *seen = &campaign->behaviours[place];
	struct wanted wanted = {.campaign = campaign, .place = place};
	struct case_of_difference difference;
	struct differ_finding *finding;
	struct comparison comparison;
	const struct known *known;
	struct sequence simpler;
	char key[200];

	if (!cut(campaign, sequence, place, &comparison))
		return false;
	wanted.differences = comparison.differences;
	wanted.ended = seen->ended;
	wanted.vector = seen->vector;
	minimise_length(sequence, shows, &wanted);
	if (campaign->rc || !shows(sequence, &wanted))
		return false;
	compare(campaign, place, &comparison);
	difference = case_of(campaign, sequence, place, &comparison);
	known = known_find(&difference);
	make_key(sequence, &wanted, comparison.differences, known, key, sizeof(key));
	finding = differ_set_find(campaign->set, key);
	simpler = *sequence;
	if (finding)
		finding->sequences++;
	else
		add_finding(campaign, &simpler, &wanted, known, key);
	return true;
}

/* Everything that two environments disagree on in it: what was found is taken out, and it runs
 * again. */
static void differ_in(struct campaign *campaign, const struct sequence *original, enum place place,
		      const struct comparison *first)
{
	struct comparison comparison;
	struct sequence rest = *original, shortest;

	do {
		shortest = rest;
		if (!differs(campaign, &shortest, place)) {
			if (rest.n == original->n)
				add_flighty(campaign, original, place, first);
			return;
		}
		if (campaign->rc || !take_out(&rest, &shortest) || !prepare(campaign, &rest) ||
		    !run_in(campaign, &rest, campaign->reference) ||
		    !run_in(campaign, &rest, place))
			return;
		compare(campaign, place, &comparison);
	} while (comparison.differences);
}

static void generate(struct campaign *campaign, uint64_t number, struct sequence *sequence)
{
	sequence_generate(campaign->options->seed, number, campaign->options->length, sequence);
	campaign->set->left_out += sequence_restrict(sequence, campaign->features);
}

/* ---- the run -----------------------------------------------------------------------------------
 */

static bool run_everywhere(struct campaign *campaign, const struct sequence *sequence)
{
	if (!prepare(campaign, sequence))
		return false;
	for (unsigned place = 0; place < PLACES; place++) {
		if (!(campaign->there >> place & 1))
			continue;
		if (!run_in(campaign, sequence, place))
			return false;
		campaign->records[place]->sequences++;
		campaign->records[place]->to_the_end +=
			campaign->behaviours[place].ended == ENDED_END;
	}
	return true;
}

static void run_one(struct campaign *campaign, uint64_t number)
{
	struct comparison comparisons[PLACES] = {{0}};
	struct sequence sequence;
	bool agree = true;

	generate(campaign, number, &sequence);
	if (!sequence.n || !run_everywhere(campaign, &sequence))
		return;
	campaign->set->sequences++;
	for (unsigned place = 0; place < PLACES; place++)
		if (campaign->there >> place & 1) {
			compare(campaign, place, &comparisons[place]);
			agree &= !comparisons[place].differences;
		}
	if (agree)
		return;
	campaign->set->differing++;
	memcpy(campaign->first, campaign->behaviours, sizeof(campaign->first));
	for (unsigned place = 0; place < PLACES && !campaign->rc; place++)
		if (comparisons[place].differences)
			differ_in(campaign, &sequence, place, &comparisons[place]);
}

/* --only: the whole of it. */
static void write_only(struct campaign *campaign, const struct sequence *sequence)
{
	size_t size;
	FILE *out = text_begin(&campaign->set->only, &size, campaign);

	if (!out)
		return;
	fprintf(out, "begins with:\n");
	listing_start(out, &sequence->start, campaign->code.uses_xmm);
	fprintf(out, "\n");
	listing_code(out, &campaign->code);
	for (unsigned place = 0; place < PLACES; place++)
		if (campaign->there >> place & 1) {
			fprintf(out, "\n%s:\n", place_name(place));
			listing_behaviour(out, &campaign->code, &campaign->behaviours[place],
					  campaign->memory);
		}
	fclose(out);
}

static void run_only(struct campaign *campaign)
{
	struct sequence sequence;

	generate(campaign, campaign->options->number, &sequence);
	campaign->set->left_out = 0;
	if (sequence.n && run_everywhere(campaign, &sequence))
		write_only(campaign, &sequence);
	if (!campaign->rc)
		run_one(campaign, campaign->options->number);
}

static bool goes_on(const struct campaign *campaign, uint64_t number, double begin)
{
	const struct differ_options *options = campaign->options;

	if (campaign->rc || (options->count && number >= options->count))
		return false;
	if (options->stop && *options->stop) {
		campaign->set->signal = (int)*options->stop;
		return false;
	}
	return !options->seconds || seconds_now() - begin < options->seconds;
}

int differ_run(const struct differ_options *options, struct differ_set *set, struct err *err)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	double begin = seconds_now();
	int rc;

	if (!campaign)
		return err_set(err, ENOMEM, "no memory for sequences");
	campaign->options = options;
	campaign->set = set;
	campaign->err = err;
	set->seed = options->seed;
	set->length = options->length;
	open_places(campaign);
	if (differ_compared(set) && options->only)
		run_only(campaign);
	for (uint64_t i = 0; differ_compared(set) && !options->only && goes_on(campaign, i, begin);
	     i++) {
		run_one(campaign, i);
		if (options->progress)
			options->progress(options->data, i + 1, seconds_now() - begin);
	}
	close_places(campaign);
	set->seconds = seconds_now() - begin;
	rc = campaign->rc;
	free(campaign);
	return rc;
}

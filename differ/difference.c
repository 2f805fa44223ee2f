/* SPDX-License-Identifier: MIT */
/* From a sequence on which environments disagree to findings, each in its shortest sequence. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "differ/arch/x86/forms.h"
#include "differ/arch/x86/listing.h"
#include "differ/arch/x86/rules.h"
#include "differ/campaign_state.h"
#include "differ/known.h"
#include "differ/minimise.h"

/* ---- minimising ------------------------------------------------------------------------------ */

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

	if (!campaign_prepare(campaign, sequence) ||
	    !campaign_run_in(campaign, sequence, campaign->reference) ||
	    !campaign_run_in(campaign, sequence, wanted->place))
		return false;
	campaign_compare(campaign, wanted->place, &comparison);
	return same_kind(comparison.differences, &campaign->behaviours[wanted->place], wanted);
}

/* ---- findings -------------------------------------------------------------------------------- */

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
	campaign_compare(campaign, wanted->place, &comparison);
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

	if (campaign->rc || !campaign_prepare(campaign, sequence))
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
		if (!campaign_prepare(campaign, sequence))
			continue;
		if (!campaign_run_in(campaign, sequence, campaign->reference) ||
		    !campaign_run_in(campaign, sequence, place))
			return false;
		campaign_compare(campaign, place, comparison);
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
	campaign_compare(campaign, place, &comparison);
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
void campaign_differs(struct campaign *campaign, const struct sequence *original, enum place place,
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
		if (campaign->rc || !take_out(&rest, &shortest) ||
		    !campaign_prepare(campaign, &rest) ||
		    !campaign_run_in(campaign, &rest, campaign->reference) ||
		    !campaign_run_in(campaign, &rest, place))
			return;
		campaign_compare(campaign, place, &comparison);
	} while (comparison.differences);
}

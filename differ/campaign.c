/* SPDX-License-Identifier: MIT */
#include "differ/campaign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differ/arch/x86/features.h"
#include "differ/arch/x86/listing.h"
#include "differ/campaign_state.h"
#include "support/seconds.h"

/* ---- environments ---------------------------------------------------------------------------- */

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

/* ---- running one ----------------------------------------------------------------------------- */

/* False: this program could not, or the sequence cannot be encoded. */
bool campaign_prepare(struct campaign *campaign, const struct sequence *sequence)
{
	if (!sequence_encode(sequence, &campaign->code))
		return false;
	if (campaign->fill != sequence->start.fill)
		start_memory(sequence->start.fill, campaign->memory);
	campaign->fill = sequence->start.fill;
	return !campaign->rc;
}

bool campaign_run_in(struct campaign *campaign, const struct sequence *sequence, enum place place)
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

void campaign_compare(const struct campaign *campaign, enum place place,
		      struct comparison *comparison)
{
	behaviour_compare(&campaign->code, &campaign->behaviours[campaign->reference],
			  &campaign->behaviours[place],
			  place_is_user(campaign->reference) != place_is_user(place), comparison);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void generate(struct campaign *campaign, uint64_t number, struct sequence *sequence)
{
	sequence_generate(campaign->options->seed, number, campaign->options->length, sequence);
	campaign->set->left_out += sequence_restrict(sequence, campaign->features);
}

static bool run_everywhere(struct campaign *campaign, const struct sequence *sequence)
{
	if (!campaign_prepare(campaign, sequence))
		return false;
	for (unsigned place = 0; place < PLACES; place++) {
		if (!(campaign->there >> place & 1))
			continue;
		if (!campaign_run_in(campaign, sequence, place))
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
			campaign_compare(campaign, place, &comparisons[place]);
			agree &= !comparisons[place].differences;
		}
	if (agree)
		return;
	campaign->set->differing++;
	memcpy(campaign->first, campaign->behaviours, sizeof(campaign->first));
	for (unsigned place = 0; place < PLACES && !campaign->rc; place++)
		if (comparisons[place].differences)
			campaign_differs(campaign, &sequence, place, &comparisons[place]);
}

/* --only: the whole of it. */
static void write_only(struct campaign *campaign, const struct sequence *sequence)
{
	size_t size;
	FILE *out = open_memstream(&campaign->set->only, &size);

	if (!out) {
		campaign->rc = err_sys(campaign->err, errno, "open_memstream");
		return;
	}
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
	if (sequence.n && run_everywhere(campaign, &sequence))
		write_only(campaign, &sequence);
	/* That was to look at it; what is counted is the comparison. */
	campaign->set->left_out = 0;
	for (unsigned place = 0; place < PLACES; place++)
		if (campaign->there >> place & 1)
			campaign->records[place]->sequences = campaign->records[place]->to_the_end = 0;
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

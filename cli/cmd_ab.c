/* SPDX-License-Identifier: MIT */
/*
 * exitlab ab: two states of one machine against each other, measured in turn (A B B A ...), each
 * run in a fresh process, until every operation is decided or the time is up.
 */
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sequential.h"
#include "cli/options.h"
#include "cli/sides.h"
#include "cli/state.h"
#include "cli/stop.h"
#include "report/policy.h"
#include "support/seconds.h"

#define DEFAULT_SECONDS 1800

struct ab {
	const struct options *options;
	struct gate_options limits;
	struct sequential looks;
	struct settled_rows settled; /* owned */
	struct states states;
	struct result_set *sides[2]; /* owned, `room` of each */
	size_t pairs, room;
	double end; /* monotonic seconds */
};

static const char *const names[2] = {"a", "b"};

static const char *command_of(const struct ab *ab, int side)
{
	return side ? ab->options->ab_b : ab->options->ab_a;
}

/* More places for pairs; sides point into these arrays only while judging. */
static int make_room(struct ab *ab)
{
	size_t room = ab->room ? 2 * ab->room : 16;

	if (ab->pairs < ab->room)
		return 0;
	for (int side = 0; side < 2; side++) {
		struct result_set *grown =
			reallocarray(ab->sides[side], room, sizeof(*ab->sides[side]));

		if (!grown)
			return -ENOMEM;
		memset(grown + ab->room, 0, (room - ab->room) * sizeof(*grown));
		ab->sides[side] = grown;
	}
	ab->room = room;
	return 0;
}

/*
 * The manifests must show that the commands do something, and do the same each time: an experiment
 * whose switch is stuck finds nothing, and would call that a pass.
 */
static int verify_states(const struct ab *ab, struct err *err)
{
	const struct run_info *a = &ab->sides[0][0].run, *b = &ab->sides[1][0].run;
	char text[1200];

	for (int side = 0; side < 2 && ab->pairs; side++) {
		comparison_differences(&ab->sides[side][0].run, &ab->sides[side][ab->pairs].run,
				       text, sizeof(text));
		if (*text)
			return err_set(err, EIO,
				       "state %s is not what it was in the first pair: %.300s",
				       names[side], text);
	}
	comparison_differences(a, b, text, sizeof(text));
	if (*text || ab->options->force)
		return 0;
	return err_set(err, EINVAL,
		       "--a '%s' and --b '%s' leave the machine the same, as far as its manifest "
		       "shows (kernel, KVM's build and parameters, mitigations, governor, ...); "
		       "--force when they change something else",
		       ab->options->ab_a, ab->options->ab_b);
}

static int measure_pair(struct ab *ab, struct err *err)
{
	/* A B, B A, A B: what drifts steadily drifts for both. */
	int first = (int)(ab->pairs & 1);
	int ret = 0;

	if (make_room(ab))
		return err_set(err, ENOMEM, "no memory for the results");
	for (int i = 0; i < 2 && !ret; i++) {
		int side = i ? !first : first;

		ret = state_switch(&ab->states, side ? "--b" : "--a", command_of(ab, side), false,
				   err);
		if (!ret)
			ret = state_measure(&ab->states, names[side], ab->pairs + 1,
					    side ? ab->options->handicap : 0,
					    &ab->sides[side][ab->pairs], err);
	}
	if (!ret)
		ret = verify_states(ab, err);
	if (!ret)
		ab->pairs++;
	return ret;
}

static void sides_of(const struct ab *ab, struct sides *sides)
{
	memset(sides, 0, sizeof(*sides));
	sides->base = (struct side){ab->sides[0], ab->pairs};
	sides->new = (struct side){ab->sides[1], ab->pairs};
}

/* How many results are judged by time together: known when there is a pair. */
static int count_family(const struct ab *ab, size_t *family, struct err *err)
{
	struct comparison comparison;
	struct gate gate;
	struct sides sides;
	int ret;

	sides_of(ab, &sides);
	ret = comparison_build(&sides.base, &sides.new, true, 0.95, &comparison, err);
	if (ret)
		return ret;
	ret = gate_judge(&comparison, &ab->limits, &gate, err);
	if (!ret)
		*family = gate.family;
	gate_clear(&gate);
	comparison_clear(&comparison);
	return ret;
}

/* True when nothing is left to find out. */
static bool look(struct ab *ab, int *code, bool last)
{
	struct gate_options limits = ab->limits;
	struct sides sides;
	size_t undecided = 0;

	sides_of(ab, &sides);
	limits.alpha_control = limits.alpha;
	limits.alpha = sequential_look(&ab->looks, last);
	*code = sides_judge_pairs(&sides, &limits, &ab->settled, last ? ab->options : NULL,
				  &undecided);
	if (!last)
		fprintf(stderr, "after %zu pairs %zu results are undecided%s\n", ab->pairs,
			undecided, undecided ? "" : ": done");
	return !undecided || *code == CODE_CANNOT_RUN;
}

static bool time_is_up(const struct ab *ab)
{
	return stop_signal || (ab->options->pairs_given && ab->pairs >= ab->options->pairs) ||
	       (!ab->options->pairs_given && seconds_now() >= ab->end);
}

static int begin_looks(struct ab *ab, struct err *err)
{
	size_t family = 0;
	int ret = count_family(ab, &family, err);

	if (ret)
		return ret;
	sequential_init(&ab->looks, ab->limits.alpha, family);
	fprintf(stderr,
		"%zu results are judged by time: none can be called a regression before %zu "
		"pairs\n",
		family, ab->looks.next);
	return 0;
}

static int run_pairs(struct ab *ab, int *code, struct err *err)
{
	bool done = false;

	while (!done && (!ab->pairs || !time_is_up(ab))) {
		double began = seconds_now();
		int ret = measure_pair(ab, err);

		if (ret == -EINTR && stop_signal)
			break;
		if (!ret && ab->pairs == 1)
			ret = begin_looks(ab, err);
		if (ret)
			return ret;
		fprintf(stderr, "pair %zu: %.1f s\n", ab->pairs, seconds_now() - began);
		if (ab->pairs >= ab->looks.next && !time_is_up(ab))
			done = look(ab, code, false);
	}
	if (!ab->pairs || !ab->looks.next)
		return err_set(err, EINTR, "stopped before the first pair was whole");
	look(ab, code, true);
	return 0;
}

static void clean_up(struct ab *ab)
{
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < ab->room; i++)
			result_set_clear(&ab->sides[side][i]);
		free(ab->sides[side]);
	}
	states_end(&ab->states, names, 2, ab->room);
	free(ab->settled.rows);
}

static int check(const struct options *options)
{
	if (!options->ab_a || !options->ab_b) {
		complain("ab wants --a 'COMMAND' and --b 'COMMAND', which put the machine into its "
			 "two "
			 "states");
		return CODE_USAGE;
	}
	if (options->pairs_given && (!options->pairs || options->pairs > 10000)) {
		complain("--pairs: %llu is not between 1 and 10000",
			 (unsigned long long)options->pairs);
		return CODE_USAGE;
	}
	return sides_check_format(options->format, true);
}

int cmd_ab(const struct options *options)
{
	struct ab ab = {.options = options};
	struct policy policy = {0};
	struct err err = {0};
	int code = check(options);

	if (code)
		return code;
	code = CODE_USAGE;
	if (gate_limits(options, &policy, &ab.limits, &err))
		goto failed;
	code = CODE_CANNOT_RUN;
	if (states_begin(&ab.states, options, &err))
		goto failed;
	ab.end = seconds_now() + (options->max_given ? options->max_seconds : DEFAULT_SECONDS);
	stop_catch();
	if (run_pairs(&ab, &code, &err)) {
		code = err.code == EINVAL ? CODE_USAGE : CODE_CANNOT_RUN;
		goto failed;
	}
	goto out;
failed:
	complain("%s", err.text);
out:
	stop_hold();
	state_restore(&ab.states, options->restore ? "--restore" : "--a",
		      options->restore ? options->restore : options->ab_a);
	clean_up(&ab);
	policy_clear(&policy);
	return stop_signal ? CODE_SIGNAL + stop_signal : code;
}

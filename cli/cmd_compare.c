/* SPDX-License-Identifier: MIT */
/* exitlab compare and exitlab gate: two sides, told apart or judged. */
#include "cli/commands.h"

#include <errno.h>

#include "cli/options.h"
#include "cli/sides.h"
#include "report/policy.h"

static int compare(const struct options *options, size_t n_base, size_t n_new, bool paired,
		   bool verdicts)
{
	struct gate_options limits;
	struct policy policy = {0};
	struct sides sides = {0};
	struct err err = {0};
	int code = sides_check_format(options->format, verdicts);

	if (code)
		return code;
	code = CODE_USAGE;
	if (gate_limits(options, &policy, &limits, &err))
		goto failed;
	code = CODE_CANNOT_RUN;
	if (sides_read(&sides, options->patterns.items, n_base, n_new, options->force, &err))
		goto failed;
	code = sides_judge(&sides, &limits, paired, verdicts, options);
	goto out;
failed:
	complain("%s", err.text);
out:
	sides_clear(&sides);
	policy_clear(&policy);
	return code;
}

int cmd_compare(const struct options *options)
{
	if (options->patterns.n != 2) {
		complain(
			"compare wants two result files, the old one first; for several a side see "
			"exitlab gate --help");
		return CODE_USAGE;
	}
	return compare(options, 1, 1, false, false);
}

int cmd_gate(const struct options *options)
{
	size_t n = options->patterns.n, n_base = options->separator;

	if (!options->separated && n == 2)
		n_base = 1;
	else if (!options->separated || !n_base || n_base == n) {
		complain("gate wants the base's result files, '--', and the new ones: exitlab gate "
			 "old-*.jsonl -- new-*.jsonl");
		return CODE_USAGE;
	}
	if (options->paired && n_base * 2 != n) {
		complain("--paired wants as many files on one side as on the other: here are %zu "
			 "and "
			 "%zu",
			 n_base, n - n_base);
		return CODE_USAGE;
	}
	return compare(options, n_base, n - n_base, options->paired, true);
}

/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/options.h"
#include "report/jsonl.h"

int cmd_show(const struct options *options)
{
	struct result_set set = {0};
	struct err err = {0};
	int code;

	if (options->patterns.n != 1) {
		complain("show wants one result file; see exitlab show --help");
		return CODE_USAGE;
	}
	code = output_check(options->format, COMMAND_SHOW);
	if (code)
		return code;
	if (jsonl_read(options->patterns.items[0], &set, &err)) {
		complain("%s", err.text);
		return CODE_CANNOT_RUN;
	}
	code = output_write(options->format, &set, options->patterns.items[0], options);
	result_set_clear(&set);
	return code;
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "emulated-hosts/init.h"
#include "measure/plan.h"

static int unknown_command(const char *name)
{
	const char *names[20];
	const char *nearest;
	size_t n = 0;

	for (const struct command *command = commands; command->name; command++)
		names[n++] = command->name;
	nearest = plan_nearest(name, names, n);
	if (nearest)
		complain("there is no command '%s'; the nearest is '%s'", name, nearest);
	else
		complain("there is no command '%s'; see exitlab --help", name);
	return CODE_USAGE;
}

/* What was printed is out, or it is said that it is not. */
static int finish(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (code == CODE_OK)
		complain("cannot write to standard output: %s", strerror(errno));
	return code == CODE_OK ? CODE_CANNOT_RUN : code;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	struct err err = {0};

	if (argc && init_is_wanted(argv[0]))
		init_run();
	if (argc < 2) {
		options_help(stderr);
		return CODE_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		options_help(stdout);
		return finish(CODE_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("exitlab %s\n", EXITLAB_VERSION);
		return finish(CODE_OK);
	}
	command = command_find(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	if (options_parse(command, argc - 2, argv + 2, &options, &err)) {
		complain("%s", err.text);
		return CODE_USAGE;
	}
	if (options.help) {
		options_help_command(stdout, command);
		return finish(CODE_OK);
	}
	return finish(command->run(&options));
}

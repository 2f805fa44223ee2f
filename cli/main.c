/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "emulated-hosts/init.h"
#include "measure/plan.h"

static int unknown_command(const char *name)
{
	const char *names[16];
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
		return CODE_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("exitlab %s\n", EXITLAB_VERSION);
		return CODE_OK;
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
		return CODE_OK;
	}
	return command->run(&options);
}

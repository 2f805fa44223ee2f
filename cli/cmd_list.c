/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/declaration.h"
#include "cli/environments.h"
#include "cli/events.h"
#include "cli/options.h"
#include "cli/unproven.h"
#include "measure/plan.h"

static const struct machine any_machine = {.substrate = SUBSTRATE_NONE, .cpus_online = 2};

static void print_axes(const struct benchmark *benchmark)
{
	for (unsigned i = 0; i < BENCHMARK_AXES && benchmark->axes[i].name; i++) {
		printf("      %s:", benchmark->axes[i].name);
		for (unsigned j = 0; j < BENCHMARK_PARAMS && benchmark->axes[i].values[j].label;
		     j++)
			printf(" %s", benchmark->axes[i].values[j].label);
		printf("\n");
	}
}

static void print_benchmark(const struct benchmark *benchmark, bool all)
{
	printf("%-28s %s\n", benchmark->name, benchmark->title);
	if (!all)
		return;
	if (benchmark->what)
		printf("      %s\n", benchmark->what);
	print_axes(benchmark);
	printf("      in: ");
	declaration_environments(stdout, benchmark);
	printf("\n");
	if (benchmark->needs || benchmark->feature.name) {
		printf("      needs: ");
		declaration_needs(stdout, benchmark);
		printf("\n");
	}
	declaration_exits(stdout, benchmark, "      exits: ");
	if (benchmark->rows)
		printf("      rows of docs/operations.md: %s\n", benchmark->rows);
}

static int list_unproven(const struct options *options)
{
	struct err err = {0};

	if (!options->patterns.n) {
		complain("list --unproven wants result files, such as those that lab writes");
		return CODE_USAGE;
	}
	if (unproven_write(stdout, options->patterns.items, options->patterns.n, &err)) {
		complain("%s", err.text);
		return CODE_CANNOT_RUN;
	}
	return CODE_OK;
}

static int list_events(const struct options *options)
{
	struct err err = {0};

	if (events_write(stdout, options->patterns.items, options->patterns.n, &err)) {
		complain("%s", err.text);
		return err.code == EINVAL ? CODE_USAGE : CODE_CANNOT_RUN;
	}
	return CODE_OK;
}

int cmd_list(const struct options *options)
{
	struct plan_options plan_options = {
		.patterns = options->patterns.items,
		.n_patterns = options->patterns.n,
		.excludes = options->excludes.items,
		.n_excludes = options->excludes.n,
	};
	const struct benchmark *last = NULL;
	struct err err = {0};
	struct plan plan;

	if (options->events)
		return list_events(options);
	if (options->unproven)
		return list_unproven(options);
	if (environments_parse(options->environments, &plan_options.environments, &err) ||
	    plan_build(&plan, &plan_options, &any_machine, &err)) {
		complain("%s", err.text);
		return CODE_USAGE;
	}
	for (size_t i = 0; i < plan.n_cells; i++) {
		if (plan.cells[i].benchmark == last)
			continue;
		last = plan.cells[i].benchmark;
		print_benchmark(last, options->all);
	}
	plan_clear(&plan);
	return CODE_OK;
}

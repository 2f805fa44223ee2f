/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/environments.h"
#include "cli/options.h"
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
	printf("      in:");
	for (unsigned e = 0; environments[e]; e++)
		if (environments[e]->bit & benchmark->environments)
			printf(" %s", environments[e]->name);
	printf("\n");
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

/* SPDX-License-Identifier: MIT */
/* One operation on a page: what it is, which exit it takes, who handles it, what it costs here. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/declaration.h"
#include "cli/options.h"
#include "measure/plan.h"
#include "report/text.h"

#define WIDTH 98

static const char *const handlers[] = {
	[HANDLER_NOBODY] = "Nobody: the processor does it for the guest. That no exit is taken is proven "
			   "as well as an exit is.",
	[HANDLER_KVM] = "KVM, in the host's kernel: it finds out why the guest was left, does what the "
			"guest may not do itself, and enters the guest again. User space never hears of it.",
	[HANDLER_USER] = "User space: KVM cannot answer alone, so KVM_RUN returns, with the reason in "
			 "kvm_run; this program answers and calls KVM_RUN once more.",
	[HANDLER_HOST] = "It is not a guest's operation: the host calls KVM, as a virtual machine monitor "
			 "does.",
};

static const char *const expectations[] = {
	[HANDLER_NOBODY] = "About what it costs natively, or in the guest of another processor. If it "
			   "costs as much as exit/cpuid, something intercepts it.",
	[HANDLER_KVM] = "An exit and an entry, as in exit/cpuid, and KVM's own work between them. The "
			"difference to exit/cpuid is that work.",
	[HANDLER_USER] = "More than an exit that KVM handles: compare with exit/cpuid (the exit), "
			 "vm/null-run (the call) and io/port-out (both).",
	[HANDLER_HOST] = "The price of a system call, and of KVM's work in it: compare with vm/null-run.",
};

static void paragraph(const char *heading, const char *text)
{
	printf("\n%s\n  ", heading);
	text_wrap_from(stdout, text, 2, WIDTH);
}

static void print_axes(const struct benchmark *benchmark)
{
	for (unsigned i = 0; i < BENCHMARK_AXES && benchmark->axes[i].name; i++) {
		printf("  %s:", benchmark->axes[i].name);
		for (unsigned j = 0; j < BENCHMARK_PARAMS && benchmark->axes[i].values[j].label; j++)
			printf(" %s", benchmark->axes[i].values[j].label);
		printf("\n");
	}
}

static void print_page(const struct benchmark *benchmark)
{
	enum handler handler = declaration_handler(benchmark);

	printf("%s: %s\n", benchmark->name, benchmark->title);
	paragraph("What happens", benchmark->what);
	printf("\nWhere it is measured\n  ");
	declaration_environments(stdout, benchmark);
	printf("\n");
	print_axes(benchmark);
	printf("\nWhat it needs\n  ");
	if (!declaration_needs(stdout, benchmark))
		printf("nothing special");
	printf("\n");
	if (!benchmark->host) {
		printf("\nWhich exits it must take, each time (the first line that fits counts)\n");
		declaration_exits(stdout, benchmark, "  ");
	}
	paragraph("Who handles it", handlers[handler]);
	paragraph("What to expect", expectations[handler]);
}

static const struct benchmark *find(const char *name)
{
	for (size_t i = 0; i < benchmark_count(); i++)
		if (!strcmp(benchmark_get(i)->name, name))
			return benchmark_get(i);
	return NULL;
}

static int unknown(const char *name)
{
	const char *patterns[] = {name};
	struct plan_options options = {.patterns = patterns, .n_patterns = 1, .environments = ~0u};
	const struct machine any = {.cpus_online = 2};
	struct err err = {0};
	struct plan plan;

	if (!plan_build(&plan, &options, &any, &err)) {
		plan_clear(&plan);
		err_set(&err, 2, "explain wants the name of one operation, '%s' is a pattern", name);
	}
	complain("%s", err.text);
	return CODE_USAGE;
}

int cmd_explain(const struct options *options)
{
	const struct benchmark *benchmark;
	struct options run = *options;

	if (options->patterns.n != 1) {
		complain("explain wants the name of one operation; see exitlab list");
		return CODE_USAGE;
	}
	benchmark = find(options->patterns.items[0]);
	if (!benchmark)
		return unknown(options->patterns.items[0]);
	print_page(benchmark);
	if (options->dry)
		return CODE_OK;
	printf("\nWhat it costs here\n");
	fflush(stdout);
	run.quick = true;
	return cmd_run(&run);
}

/* SPDX-License-Identifier: MIT */
#include "cli/unproven.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "measure/plan.h"
#include "report/jsonl.h"

struct vendor {
	enum substrate substrate;
	const char *cpu_vendor;
};

static const struct vendor vendors[] = {
	{SUBSTRATE_VMX, "GenuineIntel"},
	{SUBSTRATE_SVM, "AuthenticAMD"},
};

/* What all files together say of one cell. */
struct verdict {
	bool proven, measured;
	bool could;	    /* some machine had the CPU feature that it needs */
	const char *reason; /* why it was not: the last one that was given */
};

/* In the words of the plan's. */
static bool lacked_feature(const struct cell *cell, const struct result *result)
{
	const char *name = cell->benchmark->feature.name;

	return name && result->status == STATUS_SKIP && strstr(result->reason, name);
}

static void look_up(const struct cell *cell, enum substrate substrate,
		    const struct result_set *sets, size_t n_sets, struct verdict *verdict)
{
	for (size_t s = 0; s < n_sets; s++)
		for (size_t i = 0; i < sets[s].n_results; i++) {
			const struct result *result = &sets[s].results[i];

			if (result->substrate != substrate ||
			    strcmp(result->benchmark, cell->result.benchmark) ||
			    strcmp(result->environment, cell->result.environment) ||
			    strcmp(result->parameters, cell->result.parameters))
				continue;
			verdict->measured = true;
			verdict->could |= !lacked_feature(cell, result);
			verdict->proven |= result->proof.verdict == PROOF_PROVEN ||
					   result->proof.verdict == PROOF_PROVEN_COUNT;
			if (result->status == STATUS_KNOWN)
				verdict->reason = result->reason;
			else if (*result->proof.why)
				verdict->reason = result->proof.why;
			else if (result->outcome.faulted)
				verdict->reason = "it faulted, and declares nothing for that";
			else if (*result->reason)
				verdict->reason = result->reason;
		}
}

/* By an entry of its own, or by one for every substrate. */
static bool names_vendor(const struct benchmark *benchmark, enum substrate substrate)
{
	for (unsigned i = 0; i < BENCHMARK_EXPECTS && benchmark->expect[i].on; i++)
		if (benchmark->expect[i].on & substrate)
			return true;
	return false;
}

static bool of_other_vendor(const struct benchmark *benchmark, enum substrate substrate)
{
	return benchmark->needs & (substrate == SUBSTRATE_VMX ? NEED_AMD : NEED_INTEL);
}

static void print_cell(FILE *out, const struct cell *cell, const struct verdict *verdict)
{
	const struct result *result = &cell->result;

	fprintf(out, "  %s%s%s in %s: %s\n", result->benchmark, *result->parameters ? " " : "",
		result->parameters, result->environment,
		!verdict->measured ? "not in these files"
		: verdict->reason  ? verdict->reason
				   : "not proven");
}

static void write_vendor(FILE *out, const struct plan *plan, const struct vendor *vendor,
			 const struct result_set *sets, size_t n_sets)
{
	size_t declared = 0, proven = 0, lacking = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < plan->n_cells; i++) {
			const struct cell *cell = &plan->cells[i];
			struct verdict verdict = {0};

			if (!(cell->environment->bit & ENV_GUESTS) ||
			    !names_vendor(cell->benchmark, vendor->substrate) ||
			    of_other_vendor(cell->benchmark, vendor->substrate))
				continue;
			look_up(cell, vendor->substrate, sets, n_sets, &verdict);
			if (pass == 0) {
				declared += !verdict.measured || verdict.could;
				lacking += verdict.measured && !verdict.could;
				proven += verdict.proven;
			} else if (!verdict.proven) {
				print_cell(out, cell, &verdict);
			}
		}
		if (pass == 0)
			fprintf(out,
				"%s: %zu of %zu declarations proven (%.1f %%); %zu more need a CPU "
				"feature that no machine had\n",
				substrate_name(vendor->substrate), proven, declared,
				declared ? 100.0 * (double)proven / (double)declared : 0, lacking);
	}
}

static int read_all(const char *const *files, size_t n_files, struct result_set *sets,
		    struct err *err)
{
	for (size_t i = 0; i < n_files; i++) {
		int rc = jsonl_read(files[i], &sets[i], err);

		if (rc)
			return rc;
	}
	return 0;
}

int unproven_write(FILE *out, const char *const *files, size_t n_files, struct err *err)
{
	struct result_set *sets = calloc(n_files, sizeof(*sets));
	int rc = sets ? read_all(files, n_files, sets, err)
		      : err_set(err, ENOMEM, "no memory for %zu result files", n_files);

	for (size_t v = 0; v < sizeof(vendors) / sizeof(vendors[0]) && !rc; v++) {
		struct machine machine = {.substrate = vendors[v].substrate, .cpus_online = 2};
		struct plan_options options = {.environments = ~0u};
		struct plan plan;

		snprintf(machine.cpu_vendor, sizeof(machine.cpu_vendor), "%s",
			 vendors[v].cpu_vendor);
		rc = plan_build(&plan, &options, &machine, err);
		if (rc)
			break;
		write_vendor(out, &plan, &vendors[v], sets, n_files);
		plan_clear(&plan);
	}
	for (size_t i = 0; i < n_files && sets; i++)
		result_set_clear(&sets[i]);
	free(sets);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "analysis/price.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Operations are priced in the guest's kernel mode: that is where drivers run. */
#define ENVIRONMENT "guest"

struct way {
	enum trace_row_kind kind;
	const char *name; /* of the row */
	const char *what;
	const char *dear, *cheap; /* operations; a parameter may follow behind a space */
	const char *where;
};

static const struct way ways[] = {
	{TRACE_ROW_USER, "IO", "port I/O to user space", "io/port-out", "io/port-ioeventfd",
	 "for a doorbell"},
	{TRACE_ROW_USER, "IO", "port I/O to user space", "io/port-out", "io/port-coalesced",
	 "for writes that can wait"},
	{TRACE_ROW_USER, "MMIO", "MMIO to user space", "io/mmio-write", "io/mmio-ioeventfd",
	 "for a doorbell"},
	{TRACE_ROW_USER, "MMIO", "MMIO to user space", "io/mmio-write", "io/mmio-coalesced",
	 "for writes that can wait"},
	{TRACE_ROW_USER, "X86_RDMSR", "MSRs that user space answers",
	 "exit/msr-user msr=unknown-read", "exit/rdmsr", "for one that KVM answers"},
	{TRACE_ROW_USER, "X86_WRMSR", "MSRs that user space answers",
	 "exit/msr-user msr=unknown-write", "exit/wrmsr", "for one that KVM answers"},
	{TRACE_ROW_EXIT, "APIC_ACCESS", "accesses to the local APIC as memory", "io/lapic",
	 "io/x2apic", "in x2APIC mode"},
	{TRACE_ROW_EXIT, "EPT_VIOLATION", "faults of guest memory", "mem/first-touch backing=4k",
	 "mem/first-touch-populated backing=4k", "for memory that the host has already"},
	{TRACE_ROW_EXIT, "NPF", "faults of guest memory", "mem/first-touch backing=4k",
	 "mem/first-touch-populated backing=4k", "for memory that the host has already"},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* "io/port-out": that operation with these parameters, or with any where none are named. */
static bool is_named(const struct result *result, const char *name)
{
	size_t length = strcspn(name, " ");

	if (strlen(result->benchmark) != length || strncmp(result->benchmark, name, length) != 0)
		return false;
	return !name[length] || !strcmp(result->parameters, name + length + 1);
}

/*
 * Of several the cheapest is what the VM is taken to do now, and the dearest what it would do
 * instead: the promise is one that the run keeps for all of them.
 */
static const struct result *find(const struct result_set *run, const char *name, bool dearest)
{
	const struct result *found = NULL;

	for (size_t i = 0; i < run->n_results; i++) {
		const struct result *result = &run->results[i];

		if (strcmp(result->environment, ENVIRONMENT) != 0 || !is_named(result, name) ||
		    !result_usable(result) || result->estimate.lo <= 0)
			continue;
		if (!found || (result->estimate.point > found->estimate.point) == dearest)
			found = result;
	}
	return found;
}

static const struct trace_row *row_like(const struct trace_result *trace, const struct way *way)
{
	for (size_t i = 0; i < trace->n_rows; i++) {
		const struct trace_row *row = &trace->rows[i];

		if (row->kind == way->kind && !row->failed && row->count &&
		    !strcmp(row->name, way->name))
			return row;
	}
	return NULL;
}

static bool price_it(const struct trace_result *trace, const struct result_set *run,
		     const struct way *way, struct price *price)
{
	double wall_ns = trace->vcpu_seconds * 1e9;

	*price = (struct price){
		.row = row_like(trace, way),
		.what = way->what,
		.where = way->where,
		.dear = find(run, way->dear, false),
		.cheap = find(run, way->cheap, true),
	};
	if (!price->row || !price->row->timed || !price->dear || !price->cheap || wall_ns <= 0)
		return false;
	price->outside = way->kind == TRACE_ROW_USER && !price->row->whole_ns;
	price->share =
		price->row->whole_ns ? (double)price->row->whole_ns / wall_ns : price->row->share;
	return price->cheap->estimate.hi < price->dear->estimate.lo;
}

size_t prices_find(const struct trace_result *trace, const struct result_set *run,
		   struct price prices[PRICES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < WAYS && n < PRICES_MAX; i++)
		if (price_it(trace, run, &ways[i], &prices[n]))
			n++;
	return n;
}

int prices_allowed(const struct machine *traced, const struct machine *run, struct err *err)
{
	const char *what = NULL, *here = "", *there = "";

	if (strcmp(traced->cpu_model, run->cpu_model) != 0) {
		what = "processor";
		here = traced->cpu_model;
		there = run->cpu_model;
	} else if (traced->substrate != run->substrate) {
		what = "substrate";
		here = substrate_name(traced->substrate);
		there = substrate_name(run->substrate);
	} else if (strcmp(traced->kernel, run->kernel) != 0) {
		what = "kernel";
		here = traced->kernel;
		there = run->kernel;
	}
	if (!what)
		return 0;
	return err_set(err, EXDEV,
		       "these prices are another machine's: its %s is %.150s, here it is %.150s; "
		       "measure here (exitlab run --output FILE), or --force",
		       what, *there ? there : "not known", *here ? here : "not known");
}

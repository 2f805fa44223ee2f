/* SPDX-License-Identifier: MIT */
#include "measure/plan.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"

static bool matches_any(const char *name, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

/* Levenshtein distance; names here are short. */
static unsigned distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned row[128];

	if (nb >= sizeof(row) / sizeof(row[0]) || na >= sizeof(row) / sizeof(row[0]))
		return ~0u;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

/* A name's last part counts as well: "cpuid" is near "exit/cpuid". */
static unsigned name_distance(const char *text, const char *name)
{
	const char *tail = strrchr(name, '/');
	unsigned whole = distance(text, name);
	unsigned part = tail ? distance(text, tail + 1) : whole;

	return part < whole ? part : whole;
}

const char *plan_nearest(const char *text, const char *const *names, size_t n)
{
	const char *best = NULL;
	unsigned best_distance = (unsigned)strlen(text) / 3 + 2;

	for (size_t i = 0; i < n; i++) {
		unsigned d = name_distance(text, names[i]);

		if (d < best_distance) {
			best_distance = d;
			best = names[i];
		}
	}
	return best;
}

static int no_match(const char *pattern, struct err *err)
{
	size_t n = benchmark_count();
	const char **names = calloc(n + 1, sizeof(*names));
	const char *nearest = NULL;
	int rc;

	if (names) {
		for (size_t i = 0; i < n; i++)
			names[i] = benchmark_get(i)->name;
		nearest = plan_nearest(pattern, names, n);
	}
	if (nearest)
		rc = err_set(err, ENOENT, "no operation matches '%s'; the nearest is '%s'", pattern,
			     nearest);
	else
		rc = err_set(err, ENOENT, "no operation matches '%s'; see exitlab list", pattern);
	free(names);
	return rc;
}

static int check_patterns(const char *const *patterns, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t j = 0; j < benchmark_count() && !found; j++)
			found = !fnmatch(patterns[i], benchmark_get(j)->name, 0);
		if (!found)
			return no_match(patterns[i], err);
	}
	return 0;
}

static void skip(struct cell *cell, const char *reason)
{
	cell->result.status = STATUS_SKIP;
	snprintf(cell->result.reason, sizeof(cell->result.reason), "%s", reason);
	cell->stopped = true;
}

static const char *choose_payload(const struct benchmark *benchmark,
				  const struct param *const *params, const struct machine *machine)
{
	/* The hypervisor's vendor, not the CPU's: a software KVM knows VMCALL alone. */
	bool amd = machine->substrate == SUBSTRATE_SVM;

	for (unsigned i = 0; i < BENCHMARK_AXES; i++)
		if (params[i] && params[i]->payload)
			return params[i]->payload;
	if (amd && benchmark->payload_amd)
		return benchmark->payload_amd;
	if (!amd && benchmark->payload_intel)
		return benchmark->payload_intel;
	return benchmark->payload;
}

static bool lacks_feature(const struct cell *cell)
{
	const struct cpu_feature *feature = &cell->benchmark->feature;

	if (!feature->name)
		return false;
	return !(cell->environment->bit & ENV_GUESTS ? cpu_feature_guest(feature)
						     : cpu_feature_native(feature));
}

static void skip_feature(struct cell *cell)
{
	const struct cpu_feature *feature = &cell->benchmark->feature;
	char text[160];

	if (cell->environment->bit & ENV_GUESTS && !feature->real && cpu_feature_native(feature))
		snprintf(text, sizeof(text),
			 "needs %s, which this CPU has and this KVM does not give to its guests",
			 feature->name);
	else
		snprintf(text, sizeof(text), "needs a CPU with %s", feature->name);
	skip(cell, text);
}

static void skip_cpus(struct cell *cell, const char *why)
{
	char text[120];

	snprintf(text, sizeof(text), "needs %u CPUs; %s", cell->cpus, why);
	skip(cell, text);
}

/* What can be known before the first instance. */
static void check_needs(struct cell *cell, const struct machine *machine)
{
	unsigned needs = cell->benchmark->needs;
	struct err err = {0};

	if (cell->environment->probe(&err))
		skip(cell, err.text);
	else if (needs & NEED_INTEL && strcmp(machine->cpu_vendor, "GenuineIntel"))
		skip(cell, "only Intel's CPUs have this");
	else if (needs & NEED_AMD && strcmp(machine->cpu_vendor, "AuthenticAMD") &&
		 strcmp(machine->cpu_vendor, "HygonGenuine"))
		skip(cell, "only AMD's CPUs have this");
	else if (lacks_feature(cell))
		skip_feature(cell);
	else if (cell->cpus > 1 && cell->cpus > machine->cpus_online)
		skip_cpus(cell, "this machine has fewer online");
	else if (cell->cpus > 1 && environment_cpu(0) >= 0 && environment_cpu(cell->cpus - 1) < 0)
		skip_cpus(cell, "this run may use fewer (--cpus, taskset)");
	else if (cell->config.backing == BACKING_THP &&
		 (!*machine->thp || !strcmp(machine->thp, "never")))
		skip(cell, "transparent huge pages are off: echo madvise > "
			   "/sys/kernel/mm/transparent_hugepage/enabled");
	else if (memory_supported(cell->config.backing, cell->environment->bit != ENV_NATIVE, &err))
		skip(cell, err.text);
	else if (cell->benchmark->supported && cell->benchmark->supported(&err))
		skip(cell, err.text);
	else if (cell->payload && !image_find(image_for(cell->environment->bits), cell->payload)) {
		char text[160];

		snprintf(text, sizeof(text), "the %u-bit image has no payload %s",
			 cell->environment->bits, cell->payload);
		skip(cell, text);
		cell->result.status = STATUS_ERROR;
	}
}

/*
 * A fault that would take the machine down shows itself by being declared. And what must not exit
 * does exit on some machines: where KVM pages in software, say.
 */
static void apply_declaration(struct cell *cell, enum substrate substrate)
{
	const struct expect *expect = plan_expect(cell, substrate ? substrate : SUBSTRATE_ANY);

	if (!expect)
		expect = plan_expect_trap(cell, substrate ? substrate : SUBSTRATE_ANY);
	if (!expect)
		return;
	if (substrate & SUBSTRATE_HARDWARE && expect->count)
		cell->result.control = false;
	if (cell->stopped || !expect->avoid)
		return;
	skip(cell, expect->known);
	cell->result.status = STATUS_KNOWN;
}

static void describe_parameters(struct cell *cell, const struct param *const *params)
{
	char *text = cell->result.parameters;
	size_t used = 0, size = sizeof(cell->result.parameters);

	for (unsigned i = 0; i < BENCHMARK_AXES && params[i]; i++) {
		int n = snprintf(text + used, size - used, "%s%s=%s", used ? "," : "",
				 cell->benchmark->axes[i].name, params[i]->label);

		used += n > 0 ? (size_t)n : 0;
		if (used >= size)
			break;
	}
}

static int add_cell(struct plan *plan, const struct benchmark *benchmark,
		    const struct environment *environment, const struct param *const *params,
		    const struct machine *machine, struct err *err)
{
	struct cell *cells = realloc(plan->cells, (plan->n_cells + 1) * sizeof(*cells));
	struct cell *cell;

	if (!cells)
		return err_set(err, ENOMEM, "no memory for the plan");
	plan->cells = cells;
	cell = &cells[plan->n_cells++];
	memset(cell, 0, sizeof(*cell));
	cell->benchmark = benchmark;
	cell->environment = environment;
	cell->machine = machine;
	memcpy(cell->arg, benchmark->arg, sizeof(cell->arg));
	cell->payload = benchmark->host ? NULL : choose_payload(benchmark, params, machine);
	cell->config = (struct instance_config){
		.vcpus = benchmark->needs & NEED_SMP ? 2 : 1,
		.irqchip = benchmark->needs & NEED_IRQCHIP && environment->bit != ENV_NATIVE,
		.xapic = benchmark->needs & NEED_XAPIC,
		.dirty_ring = benchmark->needs & NEED_DIRTY_RING,
		.backing = benchmark->backing,
		.fresh = benchmark->needs & NEED_FRESH || benchmark->final_exit,
	};
	cell->cpus = cell->config.vcpus;
	snprintf(cell->result.benchmark, sizeof(cell->result.benchmark), "%s", benchmark->name);
	snprintf(cell->result.environment, sizeof(cell->result.environment), "%s",
		 environment->name);
	cell->result.substrate =
		environment->bit == ENV_NATIVE ? SUBSTRATE_NONE : machine->substrate;
	cell->result.control = benchmark->control;
	cell->result.bytes_per_iteration = benchmark->bytes;
	describe_parameters(cell, params);
	for (unsigned i = 0; i < BENCHMARK_AXES && params[i]; i++) {
		cell->arg[benchmark->axes[i].arg] = params[i]->value;
		if (!strcmp(benchmark->axes[i].name, "backing"))
			cell->config.backing = (enum backing)params[i]->value;
		if (!strcmp(benchmark->axes[i].name, "vms"))
			cell->cpus = (unsigned)params[i]->value;
		if (!strcmp(benchmark->axes[i].name, "vcpus"))
			cell->cpus = cell->config.vcpus = (unsigned)params[i]->value;
	}
	if (cell->payload)
		image_hash(image_for(environment->bits), cell->payload, cell->result.payload_hash);
	check_needs(cell, machine);
	apply_declaration(cell, machine->substrate);
	return 0;
}

/* The operation with one set of parameters, in every environment: they stand next to each other. */
static int add_environments(struct plan *plan, const struct benchmark *benchmark,
			    const struct param *const *params, const struct plan_options *options,
			    const struct machine *machine, struct err *err)
{
	int rc = 0;

	for (unsigned e = 0; environments[e] && !rc; e++)
		if (environments[e]->bit & benchmark->environments & options->environments)
			rc = add_cell(plan, benchmark, environments[e], params, machine, err);
	return rc;
}

/* Every combination of the axes' values. */
static int add_parameters(struct plan *plan, const struct benchmark *benchmark,
			  const struct param **params, unsigned axis,
			  const struct plan_options *options, const struct machine *machine,
			  struct err *err)
{
	int rc = 0;

	if (axis == BENCHMARK_AXES || !benchmark->axes[axis].name)
		return add_environments(plan, benchmark, params, options, machine, err);
	for (unsigned i = 0; i < BENCHMARK_PARAMS && !rc; i++) {
		if (!benchmark->axes[axis].values[i].label)
			break;
		params[axis] = &benchmark->axes[axis].values[i];
		rc = add_parameters(plan, benchmark, params, axis + 1, options, machine, err);
	}
	params[axis] = NULL;
	return rc;
}

/* The linker refuses an identifier that is taken; a name that is taken is found here. */
static int check_names(struct err *err)
{
	for (size_t i = 1; i < benchmark_count(); i++)
		if (!strcmp(benchmark_get(i - 1)->name, benchmark_get(i)->name))
			return err_set(
				err, EEXIST,
				"two operations are named '%s' (payloads %s and %s); rename one",
				benchmark_get(i)->name,
				benchmark_get(i - 1)->payload ? benchmark_get(i - 1)->payload
							      : "of the host",
				benchmark_get(i)->payload ? benchmark_get(i)->payload
							  : "of the host");
	return 0;
}

int plan_build(struct plan *plan, const struct plan_options *options, const struct machine *machine,
	       struct err *err)
{
	int rc;

	memset(plan, 0, sizeof(*plan));
	rc = check_names(err);
	if (!rc)
		rc = check_patterns(options->patterns, options->n_patterns, err);
	if (!rc)
		rc = check_patterns(options->excludes, options->n_excludes, err);
	for (size_t i = 0; i < benchmark_count() && !rc; i++) {
		const struct benchmark *benchmark = benchmark_get(i);
		const struct param *params[BENCHMARK_AXES] = {NULL};

		if (options->n_patterns &&
		    !matches_any(benchmark->name, options->patterns, options->n_patterns))
			continue;
		if (matches_any(benchmark->name, options->excludes, options->n_excludes))
			continue;
		rc = add_parameters(plan, benchmark, params, 0, options, machine, err);
	}
	if (!rc && !plan->n_cells)
		rc = err_set(err, ENOENT,
			     "nothing is left to measure: the operations chosen do not exist in "
			     "the environments chosen; see exitlab list");
	if (rc)
		plan_clear(plan);
	return rc;
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_cells; i++) {
		result_clear(&plan->cells[i].result);
		free(plan->cells[i].evidence);
		free(plan->cells[i].counted);
	}
	free(plan->cells);
	memset(plan, 0, sizeof(*plan));
}

/* The value of "name=" in the vendor module's parameters, or NULL. */
static const char *parameter(const struct machine *machine, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = machine->kvm_parameters; *at; at += strspn(at, " ")) {
		if (!strncmp(at, name, length) && at[length] == '=')
			return at + length + 1;
		at += strcspn(at, " ");
	}
	return NULL;
}

bool plan_has_parameter(const struct machine *machine, const char *wanted)
{
	char name[32];
	const char *equals = strchr(wanted, '='), *value;

	if (!equals || equals - wanted >= (ptrdiff_t)sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - wanted), wanted);
	value = parameter(machine, name);
	return value && !strncmp(value, equals + 1, strlen(equals + 1));
}

/* A flag of the processor, by the name that /proc/cpuinfo has for it. */
static bool has_flag(const struct machine *machine, const char *flag)
{
	size_t length = strlen(flag);

	for (const char *at = machine->microarchitecture_flags; *at; at += strspn(at, " ")) {
		if (!strncmp(at, flag, length) && (at[length] == ' ' || !at[length]))
			return true;
		at += strcspn(at, " ");
	}
	return false;
}

static enum expect_paging paging_of(const struct machine *machine)
{
	const char *value = NULL;

	if (machine->substrate == SUBSTRATE_VMX)
		value = parameter(machine, "ept");
	else if (machine->substrate == SUBSTRATE_SVM)
		value = parameter(machine, "npt");
	if (!value)
		return PAGING_ANY;
	return *value == 'Y' || *value == '1' ? PAGING_NESTED : PAGING_SHADOW;
}

static bool has_vm86(const struct machine *machine)
{
	const char *value = parameter(machine, "unrestricted_guest");

	return machine->substrate == SUBSTRATE_VMX && value && (*value == 'N' || *value == '0');
}

static unsigned kernel_of(const struct machine *machine)
{
	unsigned major = 0, minor = 0;

	sscanf(machine->kernel, "%u.%u", &major, &minor);
	return KERNEL(major, minor);
}

/* Unknown machines are as usual. */
bool plan_suits(const struct expect *expect, const struct machine *machine)
{
	if (!machine)
		return expect->paging != PAGING_SHADOW && !expect->vm86 && !expect->before &&
		       !expect->emulator && !expect->module && !expect->without;
	if (expect->emulator && (strcmp(expect->emulator, machine->hypervisor) ||
				 (!*expect->emulator && !machine->emulated)))
		return false;
	if (expect->paging == PAGING_SHADOW && paging_of(machine) != PAGING_SHADOW)
		return false;
	if (expect->paging == PAGING_NESTED && paging_of(machine) == PAGING_SHADOW)
		return false;
	if (expect->module && !plan_has_parameter(machine, expect->module))
		return false;
	if (expect->vm86 && !has_vm86(machine))
		return false;
	if (expect->without && has_flag(machine, expect->without))
		return false;
	if (expect->since && kernel_of(machine) < expect->since)
		return false;
	return !expect->before || kernel_of(machine) < expect->before;
}

static const struct expect *find_expect(const struct cell *cell, enum substrate substrate,
					bool trap)
{
	for (unsigned i = 0; i < BENCHMARK_EXPECTS && cell->benchmark->expect[i].on; i++) {
		const struct expect *expect = &cell->benchmark->expect[i];
		unsigned in = expect->in ? expect->in : ENV_GUESTS;

		if (!(expect->on & substrate) || !(in & cell->environment->bit))
			continue;
		if (expect->when && !strstr(cell->result.parameters, expect->when))
			continue;
		if (expect->trap != trap)
			continue;
		if (!plan_suits(expect, cell->machine))
			continue;
		return expect;
	}
	return NULL;
}

const struct expect *plan_expect(const struct cell *cell, enum substrate substrate)
{
	return find_expect(cell, substrate, cell->result.outcome.faulted);
}

const struct expect *plan_expect_trap(const struct cell *cell, enum substrate substrate)
{
	return find_expect(cell, substrate, true);
}

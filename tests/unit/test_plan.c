/* SPDX-License-Identifier: MIT */
/* What is measured where: names, parameters, environments, and what cannot be had here. */
#include "fake_kvm.h"

#include "measure/plan.h"

static const struct machine intel = {.cpu_vendor = "GenuineIntel",
				     .substrate = SUBSTRATE_VMX,
				     .cpus_online = 4,
				     .thp = "always"};

static struct plan plan;
static struct err err;

static int begin(void **state)
{
	memset(&plan, 0, sizeof(plan));
	memset(&err, 0, sizeof(err));
	return fake_reset(state);
}

static int end(void **state)
{
	plan_clear(&plan);
	plan_clear(&plan);
	fake_assert_clean();
	return fake_teardown(state);
}

static int build(const char *pattern, const char *exclude, unsigned in,
		 const struct machine *machine)
{
	const struct plan_options options = {
		.patterns = &pattern,
		.n_patterns = pattern ? 1 : 0,
		.excludes = &exclude,
		.n_excludes = exclude ? 1 : 0,
		.environments = in,
	};

	plan_clear(&plan);
	return plan_build(&plan, &options, machine, &err);
}

static void build_well(const char *pattern, const char *exclude, unsigned in)
{
	if (build(pattern, exclude, in, &intel))
		fail_msg("%s", err.text);
	assert_true(plan.n_cells > 0);
}

static const struct cell *find(const char *name, const char *environment, const char *parameters)
{
	for (size_t i = 0; i < plan.n_cells; i++)
		if (!strcmp(plan.cells[i].result.benchmark, name) &&
		    !strcmp(plan.cells[i].result.environment, environment) &&
		    !strcmp(plan.cells[i].result.parameters, parameters))
			return &plan.cells[i];
	return NULL;
}

/* ---- names ----------------------------------------------------------------------------------- */

static void everything(void **state)
{
	(void)state;
	build_well(NULL, NULL, ~0u);
	for (size_t i = 0; i < benchmark_count(); i++) {
		bool found = false;

		for (size_t j = 0; j < plan.n_cells; j++)
			found |= plan.cells[j].benchmark == benchmark_get(i);
		if (!found)
			fail_msg("%s is in no plan", benchmark_get(i)->name);
	}
	/* Nothing twice. */
	for (size_t i = 0; i < plan.n_cells; i++)
		assert_ptr_equal(find(plan.cells[i].result.benchmark,
				      plan.cells[i].result.environment,
				      plan.cells[i].result.parameters),
				 &plan.cells[i]);
}

static void globs(void **state)
{
	static const char *const two[] = {"exit/cpuid", "base/*"};
	static const char *const less[] = {"*/empty", "*/c?uid"};
	struct plan_options options = {.patterns = two, .n_patterns = 2, .environments = ENV_GUEST};

	(void)state;
	build_well("exit/*", NULL, ENV_GUEST);
	for (size_t i = 0; i < plan.n_cells; i++)
		assert_memory_equal(plan.cells[i].result.benchmark, "exit/", 5);
	assert_non_null(find("exit/hlt", "guest", ""));

	plan_clear(&plan);
	assert_int_equal(plan_build(&plan, &options, &intel, &err), 0);
	assert_non_null(find("base/empty", "guest", ""));
	assert_non_null(find("exit/cpuid", "guest", "leaf=0x0"));
	assert_null(find("exit/hlt", "guest", ""));

	options.excludes = less;
	options.n_excludes = 2;
	plan_clear(&plan);
	assert_int_equal(plan_build(&plan, &options, &intel, &err), 0);
	assert_null(find("base/empty", "guest", ""));
	assert_null(find("exit/cpuid", "guest", "leaf=0x0"));
	assert_non_null(find("base/add-chain", "guest", ""));
}

static void no_match(const char *pattern, const char *nearest)
{
	assert_int_equal(build(pattern, NULL, ~0u, &intel), -ENOENT);
	assert_int_equal(plan.n_cells, 0);
	assert_non_null(strstr(err.text, pattern));
	if (nearest && !strstr(err.text, nearest))
		fail_msg("%s is not named in: %s", nearest, err.text);
	if (!nearest) {
		assert_null(strstr(err.text, "nearest"));
		assert_non_null(strstr(err.text, "exitlab list"));
	}
}

static void nearest_names(void **state)
{
	(void)state;
	no_match("exit/cupid", "'exit/cpuid'");
	no_match("cpuid", "'exit/cpuid'");
	no_match("exit/hlt ", "'exit/hlt'");
	no_match("base/emty", "'base/empty'");
	no_match("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", NULL);
	/* An exclusion that excludes nothing is a mistake as well. */
	assert_int_equal(build(NULL, "exit/cupid", ~0u, &intel), -ENOENT);
	assert_non_null(strstr(err.text, "'exit/cpuid'"));
}

static void nearest(void **state)
{
	static const char *const names[] = {"exit/cpuid", "exit/hlt", "io/port-in", "io/port-out"};
	char endless[500];

	(void)state;
	assert_string_equal(plan_nearest("exit/cpuid", names, 4), "exit/cpuid");
	assert_string_equal(plan_nearest("port-ou", names, 4), "io/port-out");
	assert_string_equal(plan_nearest("hlt", names, 4), "exit/hlt");
	assert_null(plan_nearest("xyzxyzxyz", names, 4));
	assert_null(plan_nearest("hlt", names, 0));
	/* Longer than anybody's name: no answer, and no overrun. */
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	assert_null(plan_nearest(endless, names, 4));
}

static void nothing_left(void **state)
{
	(void)state;
	/* INVD never runs natively. */
	assert_int_equal(build("exit/invd", NULL, ENV_NATIVE, &intel), -ENOENT);
	assert_non_null(strstr(err.text, "nothing is left"));
	assert_int_equal(build("exit/hlt", "exit/*", ~0u, &intel), -ENOENT);
	assert_int_equal(plan.n_cells, 0);
}

/* ---- axes and environments ------------------------------------------------------------------- */

static void axes_expand(void **state)
{
	static const char *const widths[] = {"width=8", "width=16", "width=32"};
	static const char *const payloads[] = {"io_port_in8", "io_port_in16", "io_port_in32"};

	(void)state;
	build_well("io/port-in", NULL, ENV_GUEST);
	assert_int_equal(plan.n_cells, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct cell *cell = find("io/port-in", "guest", widths[i]);

		assert_non_null(cell);
		assert_string_equal(cell->payload, payloads[i]);
		assert_int_equal(cell->arg[0], 1 << i);
		assert_int_equal(strlen(cell->result.payload_hash), 16);
	}
	build_well("exit/cpuid", NULL, ENV_GUEST | ENV_NATIVE);
	assert_int_equal(find("exit/cpuid", "guest", "leaf=0x1")->arg[0], 1);
	assert_int_equal(find("exit/cpuid", "native", "leaf=0x40000000")->arg[0], 0x40000000);
	assert_int_equal(plan.n_cells % 2, 0);
}

static void environments_filter(void **state)
{
	(void)state;
	for (unsigned e = 0; environments[e]; e++) {
		build_well(NULL, NULL, environments[e]->bit);
		for (size_t i = 0; i < plan.n_cells; i++) {
			assert_ptr_equal(plan.cells[i].environment, environments[e]);
			assert_true(plan.cells[i].benchmark->environments & environments[e]->bit);
			assert_int_equal(plan.cells[i].result.substrate,
					 environments[e]->bit == ENV_NATIVE ? SUBSTRATE_NONE
									    : SUBSTRATE_VMX);
		}
	}
	/* Instructions that would harm the host are in no native plan. */
	build_well(NULL, NULL, ENV_NATIVE);
	assert_null(find("exit/invd", "native", ""));
	assert_null(find("exit/hlt", "native", ""));
}

static void the_vendors_instruction(void **state)
{
	struct machine machine = intel;
	const struct cell *cell;

	(void)state;
	build_well("exit/hypercall", NULL, ENV_GUEST);
	assert_non_null(strstr(plan.cells[0].payload, "_vmcall"));
	machine.substrate = SUBSTRATE_SVM;
	strcpy(machine.cpu_vendor, "AuthenticAMD");
	assert_int_equal(build("exit/hypercall", NULL, ENV_GUEST, &machine), 0);
	cell = &plan.cells[0];
	assert_non_null(strstr(cell->payload, "_vmmcall"));
	assert_int_equal(cell->result.status, STATUS_OK);
}

/* As many as its parameters say, or two for an operation that wants several. */
static unsigned vcpus_of(const struct cell *cell)
{
	const char *named = strstr(cell->result.parameters, "vcpus=");

	if (named)
		return (unsigned)strtoul(named + strlen("vcpus="), NULL, 10);
	return cell->benchmark->needs & NEED_SMP ? 2 : 1;
}

static void configurations(void **state)
{
	(void)state;
	build_well(NULL, NULL, ~0u);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct cell *cell = &plan.cells[i];
		unsigned needs = cell->benchmark->needs;

		assert_int_equal(cell->config.vcpus, vcpus_of(cell));
		assert_int_equal(cell->config.irqchip,
				 needs & NEED_IRQCHIP && cell->environment->bit != ENV_NATIVE);
		/* What ends its VM shares it with nobody. */
		assert_int_equal(cell->config.fresh,
				 needs & NEED_FRESH || cell->benchmark->final_exit);
	}
}

/* ---- what cannot be had ---------------------------------------------------------------------- */

static void no_kvm(void **state)
{
	static const struct {
		int error;
		const char *word;
	} cases[] = {{ENOENT, "absent"}, {EACCES, "not permitted"}, {EBUSY, "busy"}};

	(void)state;
	for (unsigned c = 0; c < 3; c++) {
		kvm_host_put_all();
		fake.open_error = cases[c].error;
		build_well(NULL, NULL, ~0u);
		for (size_t i = 0; i < plan.n_cells; i++) {
			const struct cell *cell = &plan.cells[i];

			if (cell->environment->bit == ENV_NATIVE) {
				/* Still measured. */
				if (!cell->benchmark->needs && cell->config.backing <= BACKING_THP)
					assert_int_equal(cell->result.status, STATUS_OK);
				continue;
			}
			assert_int_equal(cell->result.status, STATUS_SKIP);
			assert_true(cell->stopped);
			assert_non_null(strstr(cell->result.reason, "/dev/kvm"));
			assert_non_null(strstr(cell->result.reason, cases[c].word));
		}
	}
}

static void one_cpu(void **state)
{
	struct machine machine = intel;
	unsigned skipped = 0;

	(void)state;
	machine.cpus_online = 1;
	assert_int_equal(build(NULL, NULL, ~0u, &machine), 0);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct cell *cell = &plan.cells[i];

		if (vcpus_of(cell) == 1)
			continue;
		skipped++;
		assert_int_equal(cell->result.status, STATUS_SKIP);
		assert_non_null(strstr(cell->result.reason,
				       vcpus_of(cell) == 2 ? "needs 2 CPUs; " : "needs 4 CPUs; "));
	}
	assert_true(skipped > 0);
}

/* A VM or a vCPU each on a CPU of its own: what does not fit is skipped, the rest is not. */
static void two_cpus(void **state)
{
	struct machine machine = intel;
	unsigned skipped = 0;

	(void)state;
	machine.cpus_online = 2;
	assert_int_equal(build("smp/*", NULL, ~0u, &machine), 0);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct cell *cell = &plan.cells[i];
		bool four = strstr(cell->result.parameters, "vcpus=4") ||
			    strstr(cell->result.parameters, "vms=4");

		assert_int_equal(cell->result.status, four ? STATUS_SKIP : STATUS_OK);
		if (four)
			assert_string_equal(cell->result.reason,
					    "needs 4 CPUs; this machine has fewer online");
		skipped += four;
	}
	assert_int_equal(skipped, 6);
}

/* Other vendors' operations and missing huge pages: skipped, with the reason. */
static void other_machines(void **state)
{
	struct machine machine = intel;

	(void)state;
	strcpy(machine.thp, "never");
	strcpy(machine.cpu_vendor, "AuthenticAMD");
	machine.substrate = SUBSTRATE_SVM;
	assert_int_equal(build(NULL, NULL, ~0u, &machine), 0);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct cell *cell = &plan.cells[i];

		if (!(cell->benchmark->needs & NEED_INTEL) && cell->config.backing != BACKING_THP)
			continue;
		assert_int_equal(cell->result.status, STATUS_SKIP);
		assert_true(*cell->result.reason);
	}
}

/* ---- expectations ---------------------------------------------------------------------------- */

static void expectations(void **state)
{
	const struct benchmark benchmark = {
		.name = "test/operation",
		.expect =
			{
				{SUBSTRATE_VMX, ENV_REAL16, .count = 1},
				{SUBSTRATE_VMX, .when = "width=8", .count = 2},
				{SUBSTRATE_VMX, .count = 3},
				{SUBSTRATE_SVM, ENV_GUEST | ENV_PROT32, .count = 4},
				{SUBSTRATE_HARDWARE | SUBSTRATE_OTHER, .count = 5},
			},
	};
	static const struct {
		enum substrate substrate;
		const char *environment, *parameters;
		unsigned count; /* 0: no expectation */
	} cases[] = {
		{SUBSTRATE_VMX, "real16", "", 1},
		{SUBSTRATE_VMX, "real16", "width=8", 1},
		{SUBSTRATE_VMX, "guest", "width=8", 2},
		{SUBSTRATE_VMX, "guest", "a=1,width=8", 2},
		{SUBSTRATE_VMX, "guest", "width=16", 3},
		{SUBSTRATE_SVM, "guest", "width=8", 4},
		{SUBSTRATE_SVM, "prot32", "", 4},
		{SUBSTRATE_SVM, "guest-user", "", 5},
		{SUBSTRATE_OTHER, "guest", "", 5},
		{SUBSTRATE_PVM, "guest", "", 0},
		/* Outside of guests nothing is expected, unless by name. */
		{SUBSTRATE_VMX, "native", "", 0},
		{SUBSTRATE_VMX, "host", "", 0},
		{SUBSTRATE_NONE, "guest", "", 0},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cell cell = {.benchmark = &benchmark,
				    .environment = environment_find(cases[i].environment)};
		const struct expect *expect;

		strcpy(cell.result.parameters, cases[i].parameters);
		expect = plan_expect(&cell, cases[i].substrate);
		assert_int_equal(expect ? expect->count : 0, cases[i].count);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything),
		TEST(globs),
		TEST(nearest_names),
		TEST(nearest),
		TEST(nothing_left),
		TEST(axes_expand),
		TEST(environments_filter),
		TEST(the_vendors_instruction),
		TEST(configurations),
		TEST(no_kvm),
		TEST(one_cpu),
		TEST(two_cpus),
		TEST(other_machines),
		TEST(expectations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

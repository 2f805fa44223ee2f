/* SPDX-License-Identifier: MIT */
/* Which declaration counts on which machine: paging, virtual-8086 mode, kernel, emulator. */
#include "fake_kvm.h"

#include "kvm-harness/arch/x86/exit_names.h"
#include "measure/plan.h"
#include "measure/runner.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
	fake_assert_clean();
	return fake_teardown(state);
}

/* ---- declarations of our own ----------------------------------------------------------------- */

/* The count of the declaration that applies; 0: none does. */
static unsigned count_on(const struct benchmark *benchmark, const char *environment,
			 const struct machine *machine, enum substrate substrate)
{
	const struct cell cell = {.benchmark = benchmark,
				  .environment = environment_find(environment),
				  .machine = machine};
	const struct expect *expect = plan_expect(&cell, substrate);

	assert_non_null(cell.environment);
	return expect ? expect->count : 0;
}

static struct machine machine_of(enum substrate substrate, const char *parameters)
{
	struct machine machine = {.substrate = substrate, .cpus_online = 4, .thp = "always"};

	strcpy(machine.cpu_vendor, substrate == SUBSTRATE_SVM ? "AuthenticAMD" : "GenuineIntel");
	strcpy(machine.kvm_parameters, parameters);
	return machine;
}

static void paging(void **state)
{
	const struct benchmark both = {
		.expect = {{SUBSTRATE_ANY, .paging = PAGING_SHADOW, .count = 1},
			   {SUBSTRATE_ANY, .paging = PAGING_NESTED, .count = 2},
			   {SUBSTRATE_ANY, .count = 3}},
	};
	const struct benchmark shadow = {
		.expect = {{SUBSTRATE_ANY, .paging = PAGING_SHADOW, .count = 1},
			   {SUBSTRATE_ANY, .count = 3}},
	};
	static const struct {
		enum substrate substrate;
		const char *parameters;
		bool shadow;
	} cases[] = {
		{SUBSTRATE_VMX, "ept=Y", false},
		{SUBSTRATE_VMX, "ept=1", false},
		{SUBSTRATE_VMX, "ept=N", true},
		{SUBSTRATE_VMX, "ept=0", true},
		{SUBSTRATE_VMX, "nested=N ept=N vpid=Y", true},
		{SUBSTRATE_VMX, "nested=N ept=Y vpid=N", false},
		{SUBSTRATE_VMX, "vpid=N  ept=N", true},
		{SUBSTRATE_SVM, "npt=Y", false},
		{SUBSTRATE_SVM, "npt=1 nested=0", false},
		{SUBSTRATE_SVM, "nested=1 npt=0", true},
		{SUBSTRATE_SVM, "npt=N", true},
		/* Not said: as usual today. */
		{SUBSTRATE_VMX, "", false},
		{SUBSTRATE_SVM, "", false},
		/* The other vendor's, and names that only look like it. */
		{SUBSTRATE_VMX, "npt=0", false},
		{SUBSTRATE_SVM, "ept=0", false},
		{SUBSTRATE_VMX, "xept=N ept_x=N eptad=N kvm.ept=N ept", false},
		{SUBSTRATE_VMX, "eptad=Y xept=Y ept=N", true},
		{SUBSTRATE_PVM, "ept=N npt=N", false},
		{SUBSTRATE_OTHER, "ept=N npt=N", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct machine machine = machine_of(cases[i].substrate, cases[i].parameters);
		unsigned got = count_on(&both, "guest", &machine, cases[i].substrate);

		if (got != (cases[i].shadow ? 1 : 2))
			fail_msg("%s \"%s\": declaration %u", substrate_name(cases[i].substrate),
				 cases[i].parameters, got);
		assert_int_equal(count_on(&shadow, "guest", &machine, cases[i].substrate),
				 cases[i].shadow ? 1 : 3);
	}
	assert_int_equal(count_on(&both, "guest", NULL, SUBSTRATE_VMX), 2);
	assert_int_equal(count_on(&shadow, "guest", NULL, SUBSTRATE_SVM), 3);
}

/* A declaration for where the operation faults, and one for where it does not. */
static void faults(void **state)
{
	const struct benchmark benchmark = {
		.expect = {{SUBSTRATE_ANY, .trap = true, .count = 1}, {SUBSTRATE_ANY, .count = 2}},
	};
	struct cell cell = {.benchmark = &benchmark, .environment = environment_find("guest")};

	(void)state;
	assert_int_equal(plan_expect(&cell, SUBSTRATE_VMX)->count, 2);
	cell.result.outcome.faulted = true;
	assert_int_equal(plan_expect(&cell, SUBSTRATE_VMX)->count, 1);
}

/* "name=value" of the vendor's module. */
static void module_parameters(void **state)
{
	const struct benchmark benchmark = {
		.expect = {{SUBSTRATE_VMX, .module = "pml=Y", .count = 1},
			   {SUBSTRATE_VMX, .count = 2}},
	};
	static const struct {
		const char *parameters;
		unsigned count;
	} cases[] = {
		{"pml=Y", 1},	   {"ept=Y pml=Y vpid=Y", 1}, {"pml=N", 2},  {"", 2},
		{"ept=Y", 2},	   {"xpml=Y", 2},	      {"pml_x=Y", 2}, {"kvm.pml=Y", 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct machine machine = machine_of(SUBSTRATE_VMX, cases[i].parameters);

		if (count_on(&benchmark, "guest", &machine, SUBSTRATE_VMX) != cases[i].count)
			fail_msg("\"%s\"", cases[i].parameters);
	}
	assert_int_equal(count_on(&benchmark, "guest", NULL, SUBSTRATE_VMX), 2);
}

static void virtual_8086_mode(void **state)
{
	const struct benchmark benchmark = {
		.expect = {{SUBSTRATE_ANY, ENV_REAL16, .vm86 = true, .count = 1},
			   {SUBSTRATE_ANY, .count = 2}},
	};
	static const struct {
		enum substrate substrate;
		const char *parameters;
		bool vm86;
	} cases[] = {
		{SUBSTRATE_VMX, "unrestricted_guest=N", true},
		{SUBSTRATE_VMX, "ept=Y unrestricted_guest=0 vpid=Y", true},
		{SUBSTRATE_VMX, "unrestricted_guest=Y", false},
		{SUBSTRATE_VMX, "unrestricted_guest=1", false},
		{SUBSTRATE_VMX, "ept=Y", false},
		{SUBSTRATE_VMX, "", false},
		{SUBSTRATE_SVM, "unrestricted_guest=N", false},
		{SUBSTRATE_PVM, "unrestricted_guest=N", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct machine machine = machine_of(cases[i].substrate, cases[i].parameters);

		assert_int_equal(count_on(&benchmark, "real16", &machine, cases[i].substrate),
				 cases[i].vm86 ? 1 : 2);
		assert_int_equal(count_on(&benchmark, "prot32", &machine, cases[i].substrate), 2);
	}
	assert_int_equal(count_on(&benchmark, "real16", NULL, SUBSTRATE_VMX), 2);
}

static void kernels(void **state)
{
	const struct benchmark benchmark = {
		.expect = {{SUBSTRATE_ANY, .before = KERNEL(5, 10), .count = 1},
			   {SUBSTRATE_ANY, .since = KERNEL(6, 3), .before = KERNEL(6, 10),
			    .count = 2},
			   {SUBSTRATE_ANY, .since = KERNEL(6, 10), .count = 3},
			   {SUBSTRATE_ANY, .count = 4}},
	};
	static const struct {
		const char *kernel;
		unsigned count;
	} cases[] = {
		{"4.19.0-27-amd64 #1 SMP", 1},
		{"5.9.16", 1},
		{"5.10.0", 4},
		{"6.2.99", 4},
		{"6.3.0-rc1+", 2},
		{"6.9", 2},
		/* Numbers, not text: 6.10 is after 6.9, and 10.0 after 6.3. */
		{"6.10.0", 3},
		{"6.100.3", 3},
		{"10.0.1", 3},
		{"7.0", 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct machine machine = machine_of(SUBSTRATE_VMX, "");

		strcpy(machine.kernel, cases[i].kernel);
		if (count_on(&benchmark, "guest", &machine, SUBSTRATE_VMX) != cases[i].count)
			fail_msg("Linux %s: declaration %u", cases[i].kernel,
				 count_on(&benchmark, "guest", &machine, SUBSTRATE_VMX));
	}
	/* An unknown machine has a kernel of today. */
	assert_int_equal(count_on(&benchmark, "guest", NULL, SUBSTRATE_VMX), 3);
}

static void emulators(void **state)
{
	const struct benchmark benchmark = {
		.expect = {{SUBSTRATE_SVM, .emulator = EMULATOR_TCG, .count = 1},
			   {SUBSTRATE_SVM, .count = 2}},
	};
	static const struct {
		const char *hypervisor;
		unsigned count;
	} cases[] = {{EMULATOR_TCG, 1},	   {"", 2},
		     {"KVMKVMKVM", 2},	   {"TCGTCGTCGTC", 2},
		     {"TCGTCGTCGTCGX", 2}, {"tcgtcgtcgtcg", 2}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct machine machine = machine_of(SUBSTRATE_SVM, "");

		strcpy(machine.hypervisor, cases[i].hypervisor);
		assert_int_equal(count_on(&benchmark, "guest", &machine, SUBSTRATE_SVM),
				 cases[i].count);
	}
	assert_int_equal(count_on(&benchmark, "guest", NULL, SUBSTRATE_SVM), 2);
}

/* All that one asks for must be so; the first one that suits counts. */
static void several_conditions(void **state)
{
	const struct benchmark benchmark = {
		.expect = {{SUBSTRATE_VMX, ENV_REAL16, .paging = PAGING_SHADOW, .vm86 = true,
			    .since = KERNEL(6, 0), .emulator = EMULATOR_TCG, .count = 1},
			   {SUBSTRATE_VMX, .count = 2}},
	};
	const struct machine good = {.substrate = SUBSTRATE_VMX,
				     .kernel = "6.1.0",
				     .hypervisor = EMULATOR_TCG,
				     .kvm_parameters = "ept=N unrestricted_guest=N"};
	struct machine machine = good;

	(void)state;
	assert_int_equal(count_on(&benchmark, "real16", &machine, SUBSTRATE_VMX), 1);
	assert_int_equal(count_on(&benchmark, "guest", &machine, SUBSTRATE_VMX), 2);
	strcpy(machine.kernel, "5.19");
	assert_int_equal(count_on(&benchmark, "real16", &machine, SUBSTRATE_VMX), 2);
	machine = good;
	machine.hypervisor[0] = '\0';
	assert_int_equal(count_on(&benchmark, "real16", &machine, SUBSTRATE_VMX), 2);
	machine = good;
	strcpy(machine.kvm_parameters, "ept=Y unrestricted_guest=N");
	assert_int_equal(count_on(&benchmark, "real16", &machine, SUBSTRATE_VMX), 2);
	strcpy(machine.kvm_parameters, "ept=N unrestricted_guest=Y");
	assert_int_equal(count_on(&benchmark, "real16", &machine, SUBSTRATE_VMX), 2);
}

/* ---- what takes the machine down ------------------------------------------------------------- */

static const struct machine tcg = {.cpu_vendor = "AuthenticAMD",
				   .substrate = SUBSTRATE_SVM,
				   .hypervisor = EMULATOR_TCG,
				   .kernel = "6.1.0",
				   .kvm_parameters = "npt=1",
				   .tsc_hz = 1000000000,
				   .cpus_online = 1,
				   .thp = "always"};

static unsigned samples_taken;

static int count_sample(void *data, const struct cell *cell,
			const struct sample_contribution *contribution, struct err *why)
{
	(void)data;
	(void)cell;
	(void)contribution;
	(void)why;
	samples_taken++;
	return 0;
}

/* Natively, on the machine that this test is run on, whatever the plan is told. */
static void run_far_calls(const struct machine *machine)
{
	static const char *const patterns[] = {"sensitive/call-far", "sensitive/ret-far"};
	const struct plan_options options = {
		.patterns = patterns, .n_patterns = 2, .environments = ENV_NATIVE};
	const struct runner_hooks hooks = {.instance = count_sample};
	const struct runner_options how = {.instances = 2,
					   .max_instances = 2,
					   .passes = 2,
					   .singles = 4,
					   .batch_seconds = 1e-6,
					   .precision = 0.02,
					   .unstable_limit = 0.10,
					   .max_seconds = 1000,
					   .confidence = 0.95,
					   .seed = 1};
	struct run_info run = {.machine = *machine};

	kvm_host_put_all();
	sys = &sys_real;
	samples_taken = 0;
	plan_clear(&plan);
	assert_int_equal(plan_build(&plan, &options, machine, &err), 0);
	assert_int_equal(plan.n_cells, 2);
	if (runner_run(&plan, &how, &run, &hooks, &err))
		fail_msg("%s", err.text);
}

static void what_is_avoided_is_never_run(void **state)
{
	struct machine other = tcg;

	(void)state;
	run_far_calls(&tcg);
	assert_int_equal(samples_taken, 0);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct result *result = &plan.cells[i].result;

		assert_true(plan.cells[i].stopped);
		assert_int_equal(result->status, STATUS_KNOWN);
		assert_non_null(strstr(result->reason, "TCG"));
		assert_int_equal(result->samples.n_instances, 0);
		assert_false(result->estimate.valid);
		assert_false(result->outcome.known);
		assert_int_equal(result->proof.verdict, PROOF_NONE);
	}
	/* The same elsewhere. */
	strcpy(other.hypervisor, "KVMKVMKVM");
	run_far_calls(&other);
	assert_int_equal(samples_taken, 4);
	for (size_t i = 0; i < plan.n_cells; i++) {
		assert_true(plan.cells[i].result.status != STATUS_KNOWN);
		assert_int_equal(plan.cells[i].result.samples.n_instances, 2);
	}
}

/* Also where there is no KVM; guests there, and what else is declared, are not touched. */
static void only_what_is_avoided(void **state)
{
	const struct plan_options options = {.environments = ~0u};
	struct machine machines[2] = {tcg, tcg};

	(void)state;
	machines[1].substrate = SUBSTRATE_NONE;
	for (size_t m = 0; m < COUNT(machines); m++) {
		unsigned avoided = 0;

		plan_clear(&plan);
		assert_int_equal(plan_build(&plan, &options, &machines[m], &err), 0);
		for (size_t i = 0; i < plan.n_cells; i++) {
			const struct cell *cell = &plan.cells[i];
			const struct expect *expect =
				plan_expect(cell, machines[m].substrate ? machines[m].substrate
									: SUBSTRATE_ANY);
			/* What this KVM cannot do at all is skipped before. */
			bool avoids = expect && expect->avoid && !cell->benchmark->supported;

			assert_int_equal(cell->result.status == STATUS_KNOWN, avoids);
			if (!avoids)
				continue;
			avoided++;
			assert_true(cell->environment->bit == ENV_NATIVE ||
				    !strcmp(cell->benchmark->name, "exit/task-switch"));
			assert_string_equal(cell->result.reason, expect->known);
			assert_non_null(expect->link);
		}
		assert_int_equal(avoided, 3);
	}
}

/* ---- all operations -------------------------------------------------------------------------- */

static bool is_for(const struct benchmark *benchmark, const struct machine *machine)
{
	return !(benchmark->needs & (machine->substrate == SUBSTRATE_SVM ? NEED_INTEL : NEED_AMD));
}

/* Some operations fault, and declare that alone. */
static const struct expect *declared(const struct cell *cell, enum substrate substrate)
{
	const struct expect *expect = plan_expect(cell, substrate);

	return expect ? expect : plan_expect_trap(cell, substrate);
}

/*
 * What cannot be: a control row that has an exit declared, an exit that the hardware does not have,
 * a guest's cell of which nothing is said.
 */
static void check_cell(const struct cell *cell, const struct machine *machine)
{
	const struct expect *expect = declared(cell, machine->substrate);
	bool names = !expect || !expect->count ||
		     (machine->substrate == SUBSTRATE_VMX ? exit_name_vmx(expect->reason)
							  : exit_name_svm(expect->reason));
	const char *wrong = NULL;

	if (!(cell->environment->bit & ENV_GUESTS) || !is_for(cell->benchmark, machine))
		return;
	if (!expect)
		wrong = "nothing is declared";
	else if (expect->none && (expect->count || expect->user_count))
		wrong = "both none and a count are declared";
	else if (cell->result.control && (expect->count || !(expect->none || expect->known)))
		wrong = "a control row, with an exit declared";
	else if (!names)
		wrong = "the exit has no name there";
	else if (cell->result.status == STATUS_ERROR)
		wrong = cell->result.reason;
	if (wrong)
		fail_msg("%s %s in %s, \"%s\": %s", cell->benchmark->name, cell->result.parameters,
			 cell->environment->name, machine->kvm_parameters, wrong);
}

static void every_guest_cell_on_every_machine(void **state)
{
	static const struct {
		enum substrate substrate;
		const char *parameters;
	} cases[] = {
		{SUBSTRATE_VMX, "ept=Y unrestricted_guest=Y"},
		{SUBSTRATE_VMX, "ept=Y unrestricted_guest=N"},
		{SUBSTRATE_VMX, "ept=N unrestricted_guest=N"},
		{SUBSTRATE_VMX, "ept=0"},
		{SUBSTRATE_SVM, "npt=1"},
		{SUBSTRATE_SVM, "npt=0"},
	};
	static const char *const kernels_there[] = {"4.19", "5.10", "6.1", "6.12", "7.0"};
	static const char *const hypervisors[] = {"", EMULATOR_TCG};
	const struct plan_options options = {.environments = ~0u};

	(void)state;
	for (size_t c = 0; c < COUNT(cases); c++)
		for (size_t k = 0; k < COUNT(kernels_there); k++)
			for (size_t h = 0; h < COUNT(hypervisors); h++) {
				struct machine machine =
					machine_of(cases[c].substrate, cases[c].parameters);

				strcpy(machine.kernel, kernels_there[k]);
				strcpy(machine.hypervisor, hypervisors[h]);
				plan_clear(&plan);
				assert_int_equal(plan_build(&plan, &options, &machine, &err), 0);
				for (size_t i = 0; i < plan.n_cells; i++)
					check_cell(&plan.cells[i], &machine);
			}
}

static const struct cell *cell_of(const char *name, const char *environment)
{
	for (size_t i = 0; i < plan.n_cells; i++)
		if (!strcmp(plan.cells[i].result.benchmark, name) &&
		    !strcmp(plan.cells[i].result.environment, environment))
			return &plan.cells[i];
	fail_msg("no %s in %s", name, environment);
	return NULL;
}

/* What must not exit does where KVM pages in software, and is no control row there. */
static void control_rows_follow_the_paging(void **state)
{
	static const struct {
		enum substrate substrate;
		const char *parameters;
		bool control;
		unsigned count;
		uint32_t reason;
	} cases[] = {
		{SUBSTRATE_VMX, "ept=1", true, 0, 0},
		{SUBSTRATE_VMX, "ept=0", false, 1, EXIT_VMX_INVLPG},
		{SUBSTRATE_SVM, "npt=1", true, 0, 0},
		{SUBSTRATE_SVM, "npt=0", false, 1, EXIT_SVM_INVLPG},
	};
	const struct plan_options options = {.environments = ENV_GUESTS};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct machine machine = machine_of(cases[i].substrate, cases[i].parameters);
		const struct cell *cell;
		const struct expect *expect;

		plan_clear(&plan);
		assert_int_equal(plan_build(&plan, &options, &machine, &err), 0);
		cell = cell_of("insn/invlpg", "guest");
		expect = plan_expect(cell, cases[i].substrate);
		assert_int_equal(cell->result.control, cases[i].control);
		assert_int_equal(expect->none, cases[i].control);
		assert_int_equal(expect->count, cases[i].count);
		assert_int_equal(expect->reason, cases[i].reason);
		/* What has nothing to do with it stays one. */
		assert_true(cell_of("base/empty", "guest")->result.control);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paging),
		TEST(faults),
		TEST(module_parameters),
		TEST(virtual_8086_mode),
		TEST(kernels),
		TEST(emulators),
		TEST(several_conditions),
		TEST(what_is_avoided_is_never_run),
		TEST(only_what_is_avoided),
		TEST(every_guest_cell_on_every_machine),
		TEST(control_rows_follow_the_paging),
	};

	return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}

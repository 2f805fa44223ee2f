/* SPDX-License-Identifier: MIT */
/* What pictures are drawn from: which rows, in which order, with which values. Nothing is drawn here. */
#include "tests/unit/plot_fixture.h"

#include "analysis/exact.h"

static void every_kind_is_complete(void **state)
{
	(void)state;
	for (const struct plot_kind *kind = plot_kinds; kind->name; kind++) {
		char usage[100];

		assert_ptr_equal(plot_find(kind->name), kind);
		snprintf(usage, sizeof(usage), "gnuplot -c plots/%s.gp DATA", kind->name);
		/* The right script, and not a part of it. */
		assert_non_null(strstr(kind->script, usage));
		assert_true(kind->script_end > kind->script && !*kind->script_end);
		assert_true(strlen(kind->what) < 90 && strlen(kind->takes) < 15);
	}
	assert_null(plot_find("nosuch"));
}

static void nothing_to_show_says_so(void **state)
{
	struct result_set set = {0};

	(void)state;
	fixture_run(&set.run);
	for (const struct plot_kind *kind = plot_kinds; kind->name; kind++) {
		err = (struct err){0};
		if (kind->source == PLOT_TWO_RUNS || kind->source >= PLOT_OTHER)
			continue;
		assert_null(written_of(kind->name, &set));
		assert_true(strlen(err.text) > 10);
	}
}

/* ---- single operations ----------------------------------------------------------------------- */

/* Brute force: the density of the logarithms at a point, as a part of that at the highest. */
static double kernels(const uint64_t *ticks, size_t n, double at)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += exp(-0.5 * pow(log10(at / (double)ticks[i]) / 0.0125, 2));
	return sum;
}

/* Of 100, 100, 200 and 400: hills of which the first is twice as high, with the ground left out between them. */
static void ridges(const struct result_set *set)
{
	static const uint64_t ticks[] = {100, 100, 200, 400};
	char *text = written_of("ridge", set), *line = strstr(text, "\nexit/cpuid");
	size_t points = 0, blanks = 0;
	double highest = 0, at, height;

	for (; line; line = strchr(line + 1, '\n')) {
		if (line[1] == '\n')
			blanks++;
		if (sscanf(line, "\nexit/cpuid leaf=0x0\t%lf\t%lf\t100\t?\t26", &at, &height) != 2)
			continue;
		points++;
		highest = fmax(highest, height);
		assert_true(fabs(height - kernels(ticks, 4, at) / kernels(ticks, 4, 100)) < 0.02);
	}
	assert_true(points > 40 && points < 120);
	assert_true(highest == 1);
	assert_int_equal(blanks, 3);
	free(text);
}

static void distributions(void **state)
{
	static const uint64_t ticks[] = {100, 100, 200, 400};
	struct result_set set = {0};
	struct result *result;
	char *text;

	(void)state;
	fixture_run(&set.run);
	fixture_environment(&set.run, "guest", true);
	set.run.environments[0].granularity_ticks = 26;
	result = add(&set, "exit/cpuid", "leaf=0x0", "guest", 120);
	assert_int_equal(histogram_add(&result->samples.single, ticks, 4), 0);
	text = written_of("cdf", &set);
	fixture_assert_has(text, "# title: How long single operations take: guest, ring 0\n");
	fixture_assert_has(text, "# method: 4 operations each, timed one by one");
	/* Up from 0 at the first value; the median is marked. Shares at or below, and at or above. */
	fixture_assert_has(text, "exit/cpuid leaf=0x0\t100\t0\t1\t?\n"
				 "exit/cpuid leaf=0x0\t100\t0.5\t1\t0.5\n"
				 "exit/cpuid leaf=0x0\t200\t0.75\t0.5\t?\n"
				 "exit/cpuid leaf=0x0\t400\t1\t0.25\t?\n");
	free(text);
	ridges(&set);
	/* An operation without single timings is in no such picture. */
	add(&set, "exit/hlt", "", "guest", 100);
	text = written_of("ccdf", &set);
	fixture_assert_lacks(text, "exit/hlt");
	free(text);
	result_set_clear(&set);
}

/* One for each way out; where nothing is asked for, of guest ring 0. What it rests on is said. */
static void one_of_each_family(void **state)
{
	static const char *const names[] = {"io/port-ioeventfd", "exit/hlt", "exit/rdmsr"};
	const uint64_t pair[] = {7, 9};
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	for (uint64_t i = 0; i < 12; i++) {
		const uint64_t ticks[] = {100 * (i % 3) + 10, 100 * (i % 3) + 10, 999};
		struct result *result = add(&set, names[i % 3], i < 3 ? "match=a" : i < 6 ? "match=b" : "match=c",
					    i < 9 ? "guest" : "guest-user", 100);

		assert_int_equal(histogram_add(&result->samples.single, ticks, 3), 0);
		assert_int_equal(histogram_add(&result->samples.single_twin, pair, 2), 0);
		fixture_proof(result, i % 3 ? PROOF_PROVEN : PROOF_PROVEN_COUNT, "1 X");
	}
	set.n_results = 12;
	text = written_of("cdf", &set);
	fixture_assert_has(text, "without the operation 7 TSC ticks; exits as declared: 1 proven, 1 proven by their number alone; 2 of 12 results");
	assert_true(strstr(text, "io/port-ioeventfd match=a") < strstr(text, "exit/hlt match=a"));
	fixture_assert_lacks(text, "match=b");
	fixture_assert_lacks(text, "rdmsr"); /* in the list without parameters only */
	free(text);
	text = written("cdf", &(const struct plot_input){.sets = &set, .n_sets = 1, .environment = "guest-user"});
	fixture_assert_has(text, "# title: How long single operations take: guest, ring 3\n");
	fixture_assert_has(text, "exit/hlt match=c\t");
	free(text);
	/* Of several places a name says which. */
	text = written("cdf", &(const struct plot_input){.sets = &set, .n_sets = 1, .operation = "exit/hlt match=c"});
	fixture_assert_has(text, "exit/hlt match=c, guest, ring 0\t");
	fixture_assert_has(text, "exit/hlt match=c, guest, ring 3\t");
	free(text);
	result_set_clear(&set);
}

static void too_many_are_left_out(void **state)
{
	struct result_set set = {0};
	const uint64_t ticks[] = {5, 6};
	char *text;

	(void)state;
	fixture_run(&set.run);
	for (unsigned i = 0; i < 20; i++) {
		char parameters[16];

		snprintf(parameters, sizeof(parameters), "n=%u", i);
		assert_int_equal(histogram_add(&add(&set, "x/y", parameters, "guest", 100)->samples.single, ticks, 2), 0);
	}
	text = written_of("cdf", &set);
	fixture_assert_has(text, "; 8 of 20 results, others by --operation and --env\n");
	free(text);
	/* What is asked for is shown. */
	text = written("cdf", &(const struct plot_input){.sets = &set, .n_sets = 1, .operation = "x/y n=19"});
	fixture_assert_has(text, "x/y n=19\t5\t0.5\t1\t0.5\n");
	fixture_assert_lacks(text, "others by");
	free(text);
	result_set_clear(&set);
}

/* ---- instances ------------------------------------------------------------------------------- */

static void between_instances(void **state)
{
	static const double wide[] = {90, 100, 120}, narrow[] = {99, 100, 101};
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	give_instances(add(&set, "a/narrow", "", "guest", 100), narrow, 3);
	give_instances(add(&set, "b/wide", "", "guest", 100), wide, 3);
	text = written_of("instances", &set);
	/* The widest first, in percent of the median, with the interval's ends. */
	fixture_assert_has(text, "b/wide, guest, ring 0\t0\t-10\t-1\t1\n"
				 "b/wide, guest, ring 0\t0\t0\t-1\t1\n"
				 "b/wide, guest, ring 0\t0\t20\t-1\t1\n"
				 "a/narrow, guest, ring 0\t1\t-1\t-1\t1\n");
	free(text);
	result_set_clear(&set);
}

/* Where a count is shown, instances are shown by their counts: batches have timer interrupts in them. */
static void instances_of_counts(void **state)
{
	static const double batches[] = {150, 160, 170};
	struct result_set set = {0};
	struct result *result;
	char *text;

	(void)state;
	fixture_run(&set.run);
	result = add(&set, "a/counted", "", "guest", 100);
	give_instances(result, batches, 3);
	result->exactness.instances = 3;
	for (int i = 0; i < 3; i++) {
		result->samples.instances[i].has_mode = true;
		result->samples.instances[i].mode_ticks = i ? 100 : 105;
	}
	text = written_of("instances", &set);
	fixture_assert_has(text, "a/counted, guest, ring 0\t0\t5\t-1\t1\n"
				 "a/counted, guest, ring 0\t0\t0\t-1\t1\n");
	free(text);
	result_set_clear(&set);
}

/* Values that alternate between even and odd rounds have a small p-value, those that do not a large one. */
static void a_a_of_halves(void **state)
{
	double alternating[20], steady[20];
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	for (int i = 0; i < 20; i++) {
		alternating[i] = 100 + (i % 2 ? 10 : 0) + i * 0.01;
		steady[i] = 100 + (i / 2 % 2 ? 1 : 2) + (i % 4) * 0.1;
	}
	give_instances(add(&set, "a/alternates", "", "guest", 105), alternating, 20);
	text = written_of("aa", &set);
	/* Two tails of 1 in C(20, 10). */
	fixture_assert_has(text, "1 (100.0%) are below 0.05");
	assert_string_equal(cell(text, "0\t0.1\t", 2), "1");
	free(text);
	give_instances(add(&set, "a/steady", "", "guest", 101), steady, 20);
	text = written_of("aa", &set);
	fixture_assert_has(text, "2 results of one run, ");
	fixture_assert_has(text, "1 (50.0%) are below 0.05");
	assert_string_equal(cell(text, "0\t0.1\t", 3), "0.2");
	free(text);
	result_set_clear(&set);
}

/* ---- memory, scaling, ladder ----------------------------------------------------------------- */

static void walks(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	add(&set, "mem/walk", "backing=4k,footprint=256k", "guest-user", 3);
	add(&set, "mem/walk", "backing=4k,footprint=32m", "guest-user", 80);
	add(&set, "mem/walk", "backing=thp,footprint=32m", "guest-user", 40);
	add(&set, "mem/walk-small", "backing=4k,footprint=32m", "guest-user", 90);
	add(&set, "mem/walk", "backing=4k,footprint=32m", "native", 15);
	/* kvm_pvm walks one table: no number of references. */
	text = written_of("walk", &set);
	fixture_assert_has(text, "in 32 MiB: guest, ring 3");
	fixture_assert_has(text, "# two_dimensional: no\n");
	fixture_assert_has(text, "2 MiB\t4 KiB\t80\t79.2\t80.8\t-\t-\n");
	fixture_assert_lacks(text, "\t15\t");
	free(text);
	/* VT-x with EPT walks two: (g + 1)(h + 1) - 1. */
	set.run.machine.substrate = SUBSTRATE_VMX;
	COPY(set.run.machine.kvm_parameters, "ept=Y");
	text = written_of("walk", &set);
	assert_string_equal(cell(text, "4 KiB\t4 KiB", 5), "24");
	assert_string_equal(cell(text, "2 MiB\t4 KiB", 5), "19");
	assert_string_equal(cell(text, "2 MiB\t2 MiB", 5), "15");
	free(text);
	/* The cell of what cannot be had says why, and one that nobody measured that. */
	fixture_status(fixture_add(&set, "mem/walk-giant", "backing=4k,footprint=32m", "guest-user"), STATUS_SKIP,
		       "needs \tpages of 1 GiB");
	text = written_of("walk", &set);
	fixture_assert_has(text, "1 GiB\t4 KiB\t?\t?\t?\t-\tneeds  pages of 1 GiB\n");
	fixture_assert_has(text, "1 GiB\t2 MiB\t?\t?\t?\t-\tnot measured\n");
	free(text);
	/* Shadow tables are walked in one dimension, and so are those of which nothing is known. */
	for (unsigned i = 0; i < 3; i++) {
		static const char *const parameters[] = {"ept=N", "x", "nested_ept=Y"};

		COPY(set.run.machine.kvm_parameters, parameters[i]);
		text = written_of("walk", &set);
		assert_string_equal(cell(text, "4 KiB\t4 KiB", 5), "-");
		free(text);
	}
	text = written("walk", &(const struct plot_input){.sets = &set, .n_sets = 1, .operation = "*footprint=256k"});
	fixture_assert_has(text, "in 0.25 MiB");
	assert_string_equal(cell(text, "2 MiB\t4 KiB", 2), "3");
	free(text);
	/* Curves: natively, then by the guest's page; each from the least footprint on. */
	text = written_of("footprint", &set);
	fixture_assert_has(text, "guest, ring 3: 2 MiB pages on the host's 4 KiB\t262144\t3\t2.97\t3.03\t4\n"
				 "guest, ring 3: 2 MiB pages on the host's 4 KiB\t33554432\t80\t79.2\t80.8\t4\n");
	assert_true(strstr(text, "native (L1), ring 3: 4 KiB pages\t") < strstr(text, "guest, ring 3: 4 KiB pages"));
	assert_true(strstr(text, "guest, ring 3: 4 KiB pages") < strstr(text, "guest, ring 3: 2 MiB pages"));
	free(text);
	assert_null(written("walk", &(const struct plot_input){.sets = &set, .n_sets = 1, .environment = "native"}));
	fixture_assert_has(err.text, "in a guest");
	/* An emulator's load is one instruction: that is no cost of a walk. */
	set.run.machine.emulated = true;
	assert_null(written_of("walk", &set));
	fixture_assert_has(err.text, "a load is one instruction");
	assert_null(written_of("footprint", &set));
	result_set_clear(&set);
}

static void faults_by_kind(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	add(&set, "mem/userfault", "backing=4k", "guest", 5);
	add(&set, "mem/first-touch", "backing=thp", "guest", 1000);
	add(&set, "mem/first-touch", "backing=4k", "native", 10);
	add(&set, "io/port-out", "width=8", "guest", 1);
	text = written_of("mem-faults", &set);
	/* By kind, not by cost; nothing else. */
	assert_true(strstr(text, "mem/first-touch backing=thp") < strstr(text, "mem/userfault"));
	assert_string_equal(cell(text, "mem/first-touch backing=4k", 1), "10");
	assert_string_equal(cell(text, "mem/first-touch backing=4k", 7), "?");
	fixture_assert_lacks(text, "io/port-out");
	free(text);
	/* One environment alone: no figure of another one, and no row without any. */
	text = written("mem-faults", &(const struct plot_input){.sets = &set, .n_sets = 1, .environment = "native"});
	assert_string_equal(cell(text, "mem/first-touch backing=4k", 1), "10");
	fixture_assert_lacks(text, "thp");
	free(text);
	for (unsigned i = 0; i < 45; i++) {
		char parameters[16];

		snprintf(parameters, sizeof(parameters), "backing=%u", i);
		fixture_proof(add(&set, "mem/read-touch", parameters, "guest", 100), PROOF_PROVEN, "1 EPT_VIOLATION");
	}
	text = written_of("mem-faults", &set);
	fixture_assert_has(text, "; exits proven as declared; 8 more are left out\n");
	free(text);
	result_set_clear(&set);
}

static void scaling(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	add(&set, "smp/parallel", "operation=cpuid,vcpus=1", "guest", 100);
	add(&set, "smp/parallel", "operation=cpuid,vcpus=2", "guest", 125);
	add(&set, "smp/vms", "operation=cpuid,vms=2", "host", 100);
	text = written_of("scaling", &set);
	fixture_assert_has(text, "# cpus: 2\n");
	/* Two do 2 * 100 / 125 of what one does. */
	assert_string_equal(cell(text, "cpuid, vCPUs of one VM\t2", 2), "1.6");
	/* Without one alone there is nothing to compare with. */
	fixture_assert_lacks(text, "cpuid, VMs");
	free(text);
	result_set_clear(&set);
}

/* By rounds: instances that ran beside each other differ by the same factor, whatever the machine did meanwhile. */
static void scaling_by_rounds(void **state)
{
	struct result_set set = {0};
	double one[12], four[12];
	char *text;

	(void)state;
	fixture_run(&set.run);
	for (int i = 0; i < 12; i++) {
		one[i] = 100 + 10 * (i % 5);
		four[i] = 2.5 * one[i];
	}
	give_instances(add(&set, "smp/vms", "operation=port-out,vms=1", "host", 120), one, 12);
	assert_null(written_of("scaling", &set)); /* one alone */
	give_instances(add(&set, "smp/vms", "operation=port-out,vms=4", "host", 300), four, 12);
	fixture_proof(&set.results[1], PROOF_UNPROVEN, "1 IO");
	text = written_of("scaling", &set);
	fixture_assert_has(text, "port-out, VMs\t1\t1\t1\t1\n");
	for (unsigned column = 2; column < 5; column++)
		assert_true(fabs(atof(cell(text, "port-out, VMs\t4", column)) - 1.6) < 1e-9);
	fixture_assert_has(text, "; exits as declared: 1 not proven\n");
	free(text);
	set.run.machine.emulated = true;
	assert_null(written_of("scaling", &set));
	fixture_assert_has(err.text, "take turns");
	result_set_clear(&set);
}

/* ---- several runs ---------------------------------------------------------------------------- */

static void two_runs(void **state)
{
	static const char *const labels[] = {"old", "new"};
	struct result_set sets[2] = {{{0}}};
	char *text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		double values[2][12];

		fixture_run(&sets[i].run);
		for (int j = 0; j < 12; j++) {
			values[0][j] = 100 + j * 0.1;
			values[1][j] = (i ? 200 : 100) + j * 0.1;
		}
		give_instances(add(&sets[i], "a/same", "", "guest", 100), values[0], 12);
		give_instances(add(&sets[i], "b/twice", "", "guest", i ? 200 : 100), values[1], 12);
		for (int j = 0; j < 12; j++)
			values[1][j] = i ? (j % 2 ? 90 : 1000) + j : 100 + j * 0.1;
		give_instances(add(&sets[i], "c/noise", "", "guest", i ? 500 : 100), values[1], 12);
	}
	text = written("forest", &(const struct plot_input){.sets = sets, .labels = labels, .n_sets = 2});
	fixture_assert_has(text, "# title: new beside old\n");
	/* What has moved most comes first. */
	assert_true(strstr(text, "b/twice") < strstr(text, "a/same"));
	assert_true(fabs(atof(cell(text, "b/twice", 1)) - 2) < 0.05);
	assert_string_equal(cell(text, "b/twice", 4), "dearer");
	/* What may be noise comes behind what is sure, however far it seems to have moved. */
	assert_true(strstr(text, "b/twice") < strstr(text, "c/noise"));
	assert_string_equal(cell(text, "c/noise", 4), "open");
	assert_true(atof(cell(text, "c/noise", 1)) > 2.5);
	assert_string_equal(cell(text, "a/same", 4), "same");
	free(text);
	result_set_clear(&sets[0]);
	result_set_clear(&sets[1]);
}

static void give_counts(struct result *result, const double *counts, size_t n)
{
	give_instances(result, counts, n);
	for (size_t i = 0; i < n; i++) {
		struct instance_samples *instance = &result->samples.instances[i];

		instance->boot = 1 + (uint32_t)i % 3;
		instance->has_mode = true;
		instance->mode_ticks = (int64_t)counts[i];
	}
	exact_apply(result);
}

/* Of counts that vary all that their ranges allow, and no verdict beyond it. */
static void two_runs_of_counts(void **state)
{
	static const char *const labels[] = {"old", "new"};
	static const struct {
		const char *name;
		double old[3], new[3]; /* least, median, most */
		const char *lo, *hi, *verdict;
	} rows[] = {
		{"a/exact", {1000, 1000, 1000}, {1100, 1100, 1100}, "1.1", "1.1", "dearer"},
		{"b/overlaps", {4670, 5766, 8670}, {5750, 5944, 6838}, "0.663", "1.464", "open"},
		{"c/apart", {1000, 1010, 1020}, {2040, 2050, 2060}, "2", "2.06", "dearer"},
		{"d/below-0", {-40, 100, 200}, {50, 60, 70}, "", "", ""},
	};
	struct result_set sets[2] = {{{0}}};
	char *text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		fixture_run(&sets[i].run);
		sets[i].run.machine.emulated = true;
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			const double *of = i ? rows[j].new : rows[j].old;
			const double counts[] = {of[0], of[1], of[1], of[1], of[1], of[1],
						 of[1], of[1], of[1], of[1], of[1], of[2]};

			give_counts(add(&sets[i], rows[j].name, "", "guest", of[1]), counts, 12);
		}
	}
	text = written("forest", &(const struct plot_input){.sets = sets, .labels = labels, .n_sets = 2});
	for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
		if (!strcmp(rows[j].name, "d/below-0")) {
			/* Of a count that may be below 0 there is no ratio. */
			fixture_assert_lacks(text, rows[j].name);
			continue;
		}
		assert_true(fabs(atof(cell(text, rows[j].name, 1)) - rows[j].new[1] / rows[j].old[1]) < 1e-9);
		assert_true(fabs(atof(cell(text, rows[j].name, 2)) - atof(rows[j].lo)) < 1e-3);
		assert_true(fabs(atof(cell(text, rows[j].name, 3)) - atof(rows[j].hi)) < 1e-3);
		assert_string_equal(cell(text, rows[j].name, 4), rows[j].verdict);
	}
	free(text);
	result_set_clear(&sets[0]);
	result_set_clear(&sets[1]);
}

/* ---- other files ----------------------------------------------------------------------------- */

/* Two suites: one with nothing changed, one with exits to user space held up; by hand. */
static void a_gate_of_nothing(void **state)
{
#define RESULT(name, exits, ratio, lo, hi, verdict)                                                               \
	"{\"benchmark\":\"" name "\",\"environment\":\"guest\",\"exits\":\"" exits "\",\"ratio\":" ratio       \
	",\"ratio_lo\":" lo ",\"ratio_hi\":" hi ",\"verdict\":\"" verdict "\",\"p_slower\":1}"
#define SUITE "{\"type\":\"comparison\",\"verdict\":\"pass\",\"delta\":0.04,"
	static const char records[] =
		SUITE "\"handicap\":0,\"results\":[" RESULT("a/a", "1 >X", "1.001", "0.99", "1.01", "pass") ","
		RESULT("a/b", "1 X", "0.991", "0.98", "0.995", "pass") "]}\n"
		SUITE "\"handicap\":0.05,\"results\":[" RESULT("a/a", "1 >X", "1.063", "1.05", "1.07", "regression") ","
		RESULT("a/b", "1 X", "1.5", "0.9", "1.6", "pass") ",{\"benchmark\":\"a/c\",\"verdict\":\"pass\"}]}\n";
	const char *path = keep(records);
	struct plot_input input = {.path = path};
	char *text;

	(void)state;
	text = written("gate", &input);
	fixture_assert_has(text, "# delta: 0.04\n# handicap: 0.05\n# unchanged: 3\n# held_up: 1\n");
	fixture_assert_has(text, "suites with a false alarm: 0 of 1");
	/* Of three unchanged ones (one is in the suite of the others, but not held up) one leaves 1 out. */
	fixture_assert_has(text, "where nothing was changed: 2 of 3 (66.7%, 95% interval 9.4 to 99.2%)");
	fixture_assert_has(text, "losses called a regression: 1 of 1");
	fixture_assert_has(text, "; 1 further out are in the outermost bins\n");
	assert_string_equal(cell(text, "-1\t-0.5\t", 2), "1");
	assert_string_equal(cell(text, "0\t0.5\t", 2), "1");
	assert_string_equal(cell(text, "6\t6.5\t", 4), "1");
	assert_string_equal(cell(text, "6\t6.5\t", 5), "1");
	assert_string_equal(cell(text, "19.5\t20\t", 2), "1");
	free(text);
	input.operation = "a/b";
	text = written("gate", &input);
	fixture_assert_has(text, "# unchanged: 2\n# held_up: 0\n");
	assert_string_equal(cell(text, "-1\t-0.5\t", 5), "?");
	free(text);
	input.environment = "native";
	assert_null(written("gate", &input));
	fixture_assert_has(err.text, "selftest gate --output");
	remove(path);
}

static void hostile_names_are_text(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	fixture_run(&set.run);
	COPY(set.run.machine.id, "x\n# tsc_hz: 5\"\t$(touch y)");
	add(&set, "e\tvil/\"name\"", "#a=\n\x01`b`", "guest", 10);
	add(&set, "plain/name", "", "native", 20);
	add(&set, "#GP/of", "#13", "native", 20);
	text = written_of("native-vs-guest", &set);
	/* No line, no cell and no header of its own. */
	fixture_assert_has(text, "# caption: x # tsc_hz: 5  $(touch y), substrate pvm");
	fixture_assert_has(text, "\ne vil/ name  #a=  `b`\t?");
	/* A '#' is a text's own but where it would make a comment of the line. */
	fixture_assert_has(text, "\n GP/of #13\t20");
	assert_null(strstr(text, "\n# tsc_hz: 5"));
	free(text);
	result_set_clear(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_complete),  cmocka_unit_test(nothing_to_show_says_so),
		cmocka_unit_test(distributions),
		cmocka_unit_test(one_of_each_family),
		cmocka_unit_test(too_many_are_left_out),
		cmocka_unit_test(between_instances), cmocka_unit_test(instances_of_counts),	   cmocka_unit_test(a_a_of_halves),
		cmocka_unit_test(walks),		   cmocka_unit_test(faults_by_kind),
		cmocka_unit_test(scaling), cmocka_unit_test(scaling_by_rounds),
		cmocka_unit_test(two_runs),
		cmocka_unit_test(two_runs_of_counts),
		cmocka_unit_test(a_gate_of_nothing),
		cmocka_unit_test(hostile_names_are_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Results as other tools read them: Go's benchmark text, OpenMetrics, CSV in long format. */
#include "tests/unit/report_fixture.h"

#include <errno.h>

#include "report/exchange.h"

static struct err err;

/* The first result with a figure gets three VM instances. */
static struct result *give_instances(struct result_set *set)
{
	struct result *result = set->results;

	while (!result->estimate.valid)
		result++;
	result->samples.n_instances = 3;
	result->samples.instances = calloc(3, sizeof(*result->samples.instances));
	assert_non_null(result->samples.instances);
	for (uint32_t i = 0; i < 3; i++)
		result->samples.instances[i] =
			(struct instance_samples){.instance = i, .point_ticks = 27 * (i + 1)};
	return result;
}

/* An emulated host whose ticks are instructions. */
static void emulate(struct run_info *run)
{
	run->machine.emulated = true;
	for (unsigned i = 0; i < run->n_environments; i++)
		run->environments[i].sentinel_ticks_per_add = 1;
}

/* Counted one by one: the mode is the figure, the batches hold a timer's tick. */
static void count_singly(struct result *result)
{
	result->exactness.instances = 3;
	for (uint32_t i = 0; i < 3; i++) {
		result->samples.instances[i].has_mode = true;
		result->samples.instances[i].mode_ticks = 2672;
	}
}

static void gobench_lines(void **state)
{
	struct result_set set;
	unsigned lines = 0;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	give_instances(&set);
	FIXTURE_WRITE(text, gobench_write(out, &set, &err));
	fixture_assert_has(text, "cpu: AMD EPYC 9B45\n");
	fixture_assert_has(text, "substrate: pvm\n");
	fixture_assert_has(text, "Unit ticks/op better=lower\n");
	fixture_assert_has(text,
			   "\nBenchmarkExit/cpuid/leaf=0x1/env=native 1 27 ticks/op 10 ns/op\n");
	for (char *at = text; (at = strstr(at, "\nBenchmark")); at++)
		lines++;
	assert_int_equal(lines, 3);
	/* The machine has no identifier: an empty value would take back that of another file. */
	fixture_assert_lacks(text, "machine:");
	fixture_assert_has(text,
			   "\n# Exit/hypercall/env=guest: KNOWN: kvm_pvm never returns from it\n");
	fixture_assert_has(text, "\n# Io/port-write/width=4/env=native: fault\n");
	fixture_assert_has(text, "\n# Io/port-write/width=4/env=guest: refuted: 2 exits an "
				 "iteration instead of 1\n");
	free(text);
	result_set_clear(&set);
}

static void gobench_of_instructions(void **state)
{
	struct result_set set;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	count_singly(give_instances(&set));
	emulate(&set.run);
	FIXTURE_WRITE(text, gobench_write(out, &set, &err));
	fixture_assert_has(text, "Unit instructions/op better=lower\n");
	fixture_assert_has(text, "/env=native 1 2672 instructions/op\n");
	fixture_assert_lacks(text, " ns/op");
	fixture_assert_lacks(text, "ticks/op");
	free(text);
	result_set_clear(&set);
}

/* A line is one line of one name, whatever white space the name holds. */
static void gobench_names(void **state)
{
	struct result_set set;
	struct result *result;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	result = give_instances(&set);
	COPY(result->benchmark, "a b\u00a0c\u2029d\nBenchmarkX 1 2 ns/op\x7f");
	COPY(result->parameters, "x=1,y=2-8");
	COPY(set.run.machine.id, "m\nUnit ns/op better=higher");
	COPY(set.results[5].reason, "why\nBenchmarkY 1 2 ns/op");
	FIXTURE_WRITE(text, gobench_write(out, &set, &err));
	fixture_assert_has(
		text,
		"\nBenchmarkA_b_c_d_BenchmarkX_1_2_ns/op_/x=1/y=2-8/env=native 1 27 ticks/op");
	fixture_assert_has(text, "\nmachine: m Unit ns/op better=higher\n");
	fixture_assert_has(text, ": KNOWN: why BenchmarkY 1 2 ns/op\n");
	free(text);
	result_set_clear(&set);
}

static void metrics(void **state)
{
	struct result_set set;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	COPY(set.run.machine.id, "a\"b\\c\nd\x1b");
	set.results[2].proof.lines[1] = set.results[2].proof.lines[0];
	set.results[2].proof.n_lines = 2;
	FIXTURE_WRITE(text, openmetrics_write(out, &set, &err));
	fixture_assert_has(text, "machine=\"a\\\"b\\\\c\\nd?\"");
	fixture_assert_has(text, "# UNIT exitlab_cost_ticks ticks\n");
	fixture_assert_has(text, "exitlab_cost_ticks{operation=\"exit/"
				 "cpuid\",parameters=\"leaf=0x1\",environment=\"guest\","
				 "substrate=\"pvm\",bound=\"point\"} 22801\n");
	fixture_assert_has(text, "exitlab_results{status=\"KNOWN\"} 1\n");
	fixture_assert_has(text, "exitlab_results{status=\"UNSTABLE\"} 0\n");
	fixture_assert_has(text, "\nexitlab_run_start_timestamp_seconds 1767323045\n");
	/* A series stands there once, though the file has the event twice; a refuted cost does not.
	 */
	fixture_assert_has(text, "environment=\"guest\",substrate=\"pvm\",source=\"kvm_exit\","
				 "event=\"CPUID\"} 1.01\n");
	assert_null(strstr(
		strstr(text, "environment=\"guest\",substrate=\"pvm\",source=\"kvm_exit\"") + 1,
		"operation=\"exit/"
		"cpuid\",parameters=\"leaf=0x1\",environment=\"guest\",substrate=\"pvm\",source"));
	fixture_assert_lacks(text, "1.32457e+06");
	fixture_assert_lacks(text, "1324567");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
	COPY(set.run.started, "yesterday");
	emulate(&set.run);
	FIXTURE_WRITE(text, openmetrics_write(out, &set, &err));
	fixture_assert_has(text, "# UNIT exitlab_cost_instructions instructions\n");
	fixture_assert_lacks(text, "exitlab_cost_seconds");
	fixture_assert_lacks(text, "timestamp");
	free(text);
	result_set_clear(&set);
}

static void long_values(void **state)
{
	struct result_set set;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	give_instances(&set);
	COPY(set.run.machine.id, "a,\"b\"");
	FIXTURE_WRITE(text, csv_long_write(out, &set, &err));
	fixture_assert_has(
		text,
		"\"a,\"\"b\"\"\",pvm,exit/cpuid,leaf=0x1,guest,OK,proven,,point,22801,ticks\n");
	fixture_assert_has(text, ",exit/cpuid,leaf=0x1,native,OK,,2,instance,81,ticks\n");
	fixture_assert_has(text, ",exit/cpuid,leaf=0x1,native,OK,,2,instance,30,ns\n");
	fixture_assert_has(text, ",exit/hypercall,,guest,KNOWN,,,none,,\n");
	fixture_assert_has(text, ",io/port-write,width=4,guest,FAIL,refuted,,none,,\n");
	for (const char *at = strchr(text, '\n') + 1; *at; at = strchr(at, '\n') + 1) {
		unsigned commas = 0;

		for (const char *c = strstr(at, "\"\"\",") + 3; *c != '\n'; c++)
			commas += *c == ',';
		assert_int_equal(commas, 10);
	}
	free(text);
	count_singly(&set.results[0]);
	emulate(&set.run);
	FIXTURE_WRITE(text, csv_long_write(out, &set, &err));
	fixture_assert_has(text, ",native,OK,,2,instance,2672,instructions\n");
	fixture_assert_lacks(text, ",ns\n");
	free(text);
	result_set_clear(&set);
}

static void full_disk(void **state)
{
	static int (*const writers[])(FILE *, const struct result_set *, struct err *) = {
		gobench_write, openmetrics_write, csv_long_write};
	struct result_set set;

	(void)state;
	fixture_ordinary(&set);
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		FILE *full = fopen("/dev/full", "w");

		if (!full)
			skip();
		assert_int_equal(writers[i](full, &set, &err), -ENOSPC);
		fixture_assert_has(err.text, "No space left");
		fclose(full);
	}
	result_set_clear(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gobench_lines), cmocka_unit_test(gobench_of_instructions),
		cmocka_unit_test(gobench_names), cmocka_unit_test(metrics),
		cmocka_unit_test(long_values),	 cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

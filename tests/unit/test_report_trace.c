/* SPDX-License-Identifier: MIT */
/* What is said of a trace: the three formats, and prices. */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "report/trace.h"

static struct trace_row rows[] = {
	{.kind = TRACE_ROW_EXIT,
	 .isa = SUBSTRATE_VMX,
	 .code = 30,
	 .name = "IO_INSTRUCTION",
	 .count = 2000,
	 .timed = 1999,
	 .total_ns = 250000000,
	 .p50_ns = 812,
	 .p99_ns = 9999,
	 .max_ns = 1500000,
	 .share = 0.125},
	{.kind = TRACE_ROW_USER,
	 .code = 2,
	 .name = "IO",
	 .count = 2000,
	 .timed = 1999,
	 .total_ns = 100000000,
	 .whole_ns = 240000000,
	 .share = 0.05},
	{.kind = TRACE_ROW_USER, .code = 4, .failed = true, .name = "error EINTR", .count = 3},
	{.kind = TRACE_ROW_EVENT, .name = "kvm_pio", .count = 17},
};

static struct trace_result result;
static struct result results[4];
static struct result_set run;

static struct result priced(const char *benchmark, const char *parameters, double point)
{
	struct result one = {.estimate = {.valid = true,
					  .point = point,
					  .lo = point * 0.99,
					  .hi = point * 1.01,
					  .confidence = 0.95,
					  .n = 14}};

	snprintf(one.benchmark, sizeof(one.benchmark), "%s", benchmark);
	snprintf(one.parameters, sizeof(one.parameters), "%s", parameters);
	snprintf(one.environment, sizeof(one.environment), "guest");
	return one;
}

static int begin(void **state)
{
	(void)state;
	result = (struct trace_result){
		.program_version = "1.2.3",
		.started = "2026-01-02T03:04:05Z",
		.seconds = 2,
		.end = TRACE_END_TIME,
		.vcpu_threads = 1,
		.vcpu_seconds = 2,
		.records = 6000,
		.machine = {.cpu_model = "A CPU", .kernel = "6.1 #1", .substrate = SUBSTRATE_VMX},
		.cost = {.valid = true,
			 .ns = 300,
			 .lo_ns = 250,
			 .hi_ns = 350,
			 .confidence = 0.95,
			 .records = 3},
		.rows = rows,
		.n_rows = COUNT(rows),
	};
	results[0] = priced("io/port-out", "width=8", 8400);
	results[1] = priced("io/port-out", "width=32", 8500);
	results[2] = priced("io/port-ioeventfd", "", 1200);
	results[3] = priced("io/mmio-write", "", 9000);
	run = (struct result_set){.results = results, .n_results = COUNT(results)};
	run.run.machine = result.machine;
	return 0;
}

typedef int writer(FILE *out, const struct trace_report *report, struct err *err);

static char *written(writer *write, const struct trace_report *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct err err = {0};

	assert_non_null(out);
	assert_int_equal(write(out, report, &err), 0);
	fclose(out);
	return text;
}

static void assert_says(writer *write, const struct trace_report *report, const char *words,
			bool said)
{
	char *text = written(write, report);

	/* The table wraps: its lines are one text here. */
	for (char *at = text; write == trace_write_table && *at; at++)
		*at = *at == '\n' ? ' ' : *at;
	if (!!strstr(text, words) != said)
		fail_msg("%s '%s' in: %s", said ? "no" : "there is", words, text);
	free(text);
}

static void test_table(void **state)
{
	struct trace_report report = {.result = &result};

	(void)state;
	assert_says(trace_write_table, &report, "2.0 s traced; substrate vmx, A CPU", true);
	assert_says(trace_write_table, &report,
		    "exit   IO_INSTRUCTION  2,000       1.00k    12.50 %  812 ns  10.0 us  1.50 ms",
		    true);
	assert_says(trace_write_table, &report, "6,000 records, none lost.", true);
	assert_says(trace_write_table, &report, "about 300 ns (250..350, 95 %)", true);
	assert_says(trace_write_table, &report, "LOST", false);
	assert_says(trace_write_table, &report, "No exits are shown", false);
	assert_says(trace_write_table, &report, "cheaper", false);
}

/* Nothing that is missing is hidden. */
static void test_losses_are_shown(void **state)
{
	struct trace_report report = {.result = &result};

	(void)state;
	result.lost = 12;
	result.unfinished = 1234;
	result.throttled = 5;
	result.backwards = 6;
	result.overflow = 7;
	result.corrupt = 8;
	result.foreign = 9;
	result.cost = (struct trace_cost){.why = "there is no guest"};
	assert_says(trace_write_table, &report, "12 LOST: counts are too low by that.", true);
	assert_says(trace_write_table, &report, "1,234 were counted without a time", true);
	assert_says(trace_write_table, &report, "5 times the kernel held events back", true);
	assert_says(trace_write_table, &report, "6 had no time: the clock went back", true);
	assert_says(trace_write_table, &report, "7 had a reason for which there was no row", true);
	assert_says(trace_write_table, &report, "8 times a ring held what is no record", true);
	assert_says(trace_write_table, &report, "9 records were not understood", true);
	assert_says(trace_write_table, &report, "not calibrated here: there is no guest.", true);
}

static void test_without_exits(void **state)
{
	struct trace_report report = {.result = &result};

	(void)state;
	result.rows = rows + 3;
	result.n_rows = 1;
	assert_says(trace_write_table, &report, "kvm_exit did not fire", true);
	result.machine.substrate = SUBSTRATE_PVM;
	assert_says(trace_write_table, &report, "under kvm_pvm the guest's kernel mode is emulated",
		    true);
	result.n_rows = 0;
	assert_says(trace_write_table, &report, "No exits are shown", false);
	assert_true(trace_result_empty(&result));
}

static void test_json(void **state)
{
	struct trace_report report = {.result = &result};
	char *text = written(trace_write_json, &report), *line, *rest = text;
	json_t *record;

	(void)state;
	line = strsep(&rest, "\n");
	record = json_loads(line, 0, NULL);
	assert_non_null(record);
	assert_string_equal(json_string_value(json_object_get(record, "type")), "trace");
	assert_string_equal(json_string_value(json_object_get(record, "end")), "time");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(record, "machine"), "cpu_model")),
		"A CPU");
	json_decref(record);
	line = strsep(&rest, "\n");
	record = json_loads(line, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(record, "isa")), "vmx");
	assert_int_equal(json_integer_value(json_object_get(record, "total_ns")), 250000000);
	assert_close(json_real_value(json_object_get(record, "per_second")), 1000, 1e-12);
	json_decref(record);
	strsep(&rest, "\n");
	line = strsep(&rest, "\n");
	/* An errno is no reason, and what has no time has none. */
	record = json_loads(line, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(record, "errno")), 4);
	assert_null(json_object_get(record, "code"));
	assert_null(json_object_get(record, "p50_ns"));
	assert_null(json_object_get(record, "share"));
	json_decref(record);
	free(text);
}

static void test_csv(void **state)
{
	struct trace_report report = {.result = &result};
	char *text = written(trace_write_csv, &report);

	(void)state;
	assert_string_equal(
		text,
		"kind,isa,code,name,count,per_second,timed,total_ns,p50_ns,p99_ns,max_ns,share\n"
		"exit,vmx,30,IO_INSTRUCTION,2000,1000,1999,250000000,812,9999,1500000,0.125\n"
		"user,,2,IO,2000,1000,1999,100000000,0,0,0,0.05\n"
		"user,,-4,error EINTR,3,1.5,0,,,,,\n"
		"event,,,kvm_pio,17,8.5,0,,,,,\n");
	free(text);
}

static void test_a_full_disk(void **state)
{
	writer *const writers[] = {trace_write_table, trace_write_json, trace_write_csv};
	struct trace_report report = {.result = &result};

	(void)state;
	for (size_t i = 0; i < COUNT(writers); i++) {
		FILE *out = fopen("/dev/full", "w");
		struct err err = {0};

		assert_non_null(out);
		assert_int_equal(writers[i](out, &report, &err), -ENOSPC);
		assert_true(*err.text);
		fclose(out);
	}
}

/* ---- prices ---------------------------------------------------------------------------------- */

static size_t found(struct price prices[PRICES_MAX])
{
	return prices_find(&result, &run, prices);
}

static void test_a_cheaper_way(void **state)
{
	struct price prices[PRICES_MAX];
	struct trace_report report = {
		.result = &result, .prices = prices, .prices_path = "run.jsonl"};

	(void)state;
	report.n_prices = found(prices);
	assert_int_equal(report.n_prices, 1);
	assert_string_equal(prices[0].cheap->benchmark, "io/port-ioeventfd");
	/* The cheapest of what it may be doing now. */
	assert_string_equal(prices[0].dear->parameters, "width=8");
	/* Of the whole exit, not of the time outside of KVM alone. */
	assert_close(prices[0].share, 0.12, 1e-9);
	assert_says(trace_write_table, &report,
		    "this VM spends 12 % of its time in port I/O to user space; io/port-ioeventfd "
		    "would "
		    "cost a seventh for a doorbell (1,200 instead of 8,400 ticks, run.jsonl)",
		    true);
	assert_says(trace_write_json, &report, "\"type\":\"trace_price\"", true);
	/* The file's name is nobody's business. */
	assert_says(trace_write_json, &report, "run.jsonl", false);
	report.forced = "other kernel";
	assert_says(trace_write_table, &report, "Prices by --force: other kernel", true);
}

static void test_only_the_time_outside_is_known(void **state)
{
	struct price prices[PRICES_MAX];
	struct trace_row user = rows[1];

	(void)state;
	user.whole_ns = 0;
	result.rows = &user;
	result.n_rows = 1;
	assert_int_equal(found(prices), 1);
	assert_true(prices[0].outside);
	assert_close(prices[0].share, 0.05, 1e-9);
}

static void test_no_advice(void **state)
{
	struct price prices[PRICES_MAX];
	struct trace_report report = {
		.result = &result, .prices = prices, .prices_path = "run.jsonl"};

	(void)state;
	/* Their intervals overlap: it is not known to be cheaper. */
	results[2].estimate.hi = 8400;
	assert_int_equal(found(prices), 0);
	assert_says(trace_write_table, &report, "For nothing that this VM does", true);
	begin(NULL);
	results[2].proof.verdict = PROOF_REFUTED;
	assert_int_equal(found(prices), 0);
	begin(NULL);
	strcpy(results[2].environment, "native");
	assert_int_equal(found(prices), 0);
	begin(NULL);
	result.n_rows = 1; /* it does no such thing */
	assert_int_equal(found(prices), 0);
}

static void test_prices_of_another_machine(void **state)
{
	struct machine other = result.machine;
	struct err err = {0};

	(void)state;
	assert_int_equal(prices_allowed(&result.machine, &other, &err), 0);
	strcpy(other.kernel, "6.2 #1");
	assert_int_equal(prices_allowed(&result.machine, &other, &err), -EXDEV);
	assert_non_null(strstr(err.text, "its kernel is 6.2 #1, here it is 6.1 #1"));
	other.substrate = SUBSTRATE_SVM;
	assert_int_equal(prices_allowed(&result.machine, &other, &err), -EXDEV);
	assert_non_null(strstr(err.text, "its substrate is svm, here it is vmx"));
	strcpy(other.cpu_model, "B");
	assert_int_equal(prices_allowed(&result.machine, &other, &err), -EXDEV);
	assert_non_null(strstr(err.text, "its processor is B"));
	assert_non_null(strstr(err.text, "--force"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(test_table),	  TEST(test_losses_are_shown),
		TEST(test_without_exits), TEST(test_json),
		TEST(test_csv),		  TEST(test_a_full_disk),
		TEST(test_a_cheaper_way), TEST(test_only_the_time_outside_is_known),
		TEST(test_no_advice),	  TEST(test_prices_of_another_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

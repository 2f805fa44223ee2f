/* SPDX-License-Identifier: MIT */
#include "tests/unit/report_fixture.h"

#include "report/figure.h"
#include "report/table.h"
#include "report/text.h"

static char *table_text(const struct result_set *set, bool all, unsigned width, bool colour)
{
	const struct table_options options = {.all = all, .width = width, .colour = colour};
	struct err err;
	char *text = NULL;

	FIXTURE_WRITE(text, table_write(out, set, &options, &err));
	return text;
}

/* The line on which part stands first; on the heap. */
static char *line_with(const char *text, const char *part)
{
	const char *at = strstr(text, part);
	const char *begin = at;

	assert_non_null(at);
	while (begin > text && begin[-1] != '\n')
		begin--;
	return strndup(begin, strcspn(begin, "\n"));
}

static void assert_line(const char *text, const char *row, const char *const parts[], size_t n)
{
	char *line = line_with(text, row);

	for (size_t i = 0; i < n; i++)
		fixture_assert_has(line, parts[i]);
	free(line);
}

#define ASSERT_LINE(text, row, ...)                                \
	assert_line(text, row, (const char *const[]){__VA_ARGS__}, \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void test_ticks(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{0, "0.00"},	     {-0.25, "-0.25"},
		{0.0001, "~0"},	     {9.994, "9.99"},
		{9.996, "10.0"},     {99.94, "99.9"},
		{99.96, "100"},	     {999.6, "1,000"},
		{21655.4, "21,655"}, {999999.4, "999,999"},
		{999999.6, "1.00M"}, {1324567, "1.32M"},
		{9.996e6, "10.0M"},  {999.6e6, "1.00G"},
		{1e15, "1.00P"},     {-21655.4, "-21,655"},
		{1e30, ">999E"},     {-1e30, "->999E"},
		{NAN, "?"},	     {INFINITY, "?"},
	};
	char text[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(figure_ticks(cases[i].value, text), cases[i].text);
}

/* Only an exact count may stand without decimals: 16.0 is a measurement, 16 a fact. */
static void test_point(void **state)
{
	static const struct {
		double value;
		bool exact;
		const char *text;
	} cases[] = {
		{0, true, "0"},	      {16, true, "16"},	    {16, false, "16.0"}, {-3, true, "-3"},
		{0.25, true, "0.25"}, {1057, true, "1,057"}, {999999, true, "999,999"},
		{1e6, true, "1.00M"},
	};
	char text[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct estimate estimate = {
			.valid = true, .exact = cases[i].exact, .point = cases[i].value};

		assert_string_equal(figure_point(&estimate, text), cases[i].text);
	}
}

static void test_change(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{0, "+0"},
		{99, "+99"},
		{-12573, "-12,573"},
		{1000000, "+1,000,000"},
		{INT64_MIN, "-9,223,372,036,854,775,808"},
	};
	char text[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(figure_change(cases[i].value, text), cases[i].text);
}

/* No value between the thresholds may take more columns than a cell has. */
static void test_ticks_width(void **state)
{
	char text[FIGURE_SIZE];

	(void)state;
	for (double value = 1e-6; value < 1e25; value *= 1.0007) {
		assert_true(strlen(figure_ticks(value, text)) <= 7);
		assert_true(strlen(figure_ticks(-value, text)) <= 8);
		assert_true(strlen(figure_short(value, text)) <= 5);
	}
}

static void test_exactly(void **state)
{
	static const double values[] = {0.1, 1.0 / 3, 21655, 1e300, 5e-324, -0.7300000000000001};
	char text[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_true(strtod(figure_exactly(values[i], text), NULL) == values[i]);
	assert_string_equal(figure_exactly(0.1, text), "0.1");
	assert_string_equal(figure_exactly(NAN, text), "");
}

static void test_interval(void **state)
{
	struct estimate estimate = {.valid = true, .point = 100, .lo = 98, .hi = 102,
				    .confidence = 0.95};
	char text[FIGURE_SIZE];

	(void)state;
	assert_string_equal(figure_interval(&estimate, text), "2.0%");
	/* A single instance has no interval, not one of no width. */
	estimate.confidence = 0;
	assert_string_equal(figure_interval(&estimate, text), "?");
	estimate.confidence = 0.95;
	estimate.point = 0;
	assert_string_equal(figure_interval(&estimate, text), "2.00t");
	estimate.point = 0.5;
	assert_string_equal(figure_interval(&estimate, text), "2.00t");
	estimate.hi = INFINITY;
	assert_string_equal(figure_interval(&estimate, text), "");
	estimate = (struct estimate){.valid = true, .exact = true, .point = 7, .lo = 7, .hi = 7};
	assert_string_equal(figure_interval(&estimate, text), "exact");
	estimate.valid = false;
	assert_string_equal(figure_interval(&estimate, text), "");
}

static void test_wrap(void **state)
{
	char *text = NULL;

	(void)state;
	FIXTURE_WRITE(text,
		      (text_wrap(out, "- ", "one  two\nthree \033[31m four five six", 22), 0));
	assert_string_equal(text, "- one two three ?[31m\n  four five six\n");
	free(text);
}

static void test_ordinary(void **state)
{
	struct result_set set;
	char *text;

	(void)state;
	fixture_ordinary(&set);
	text = table_text(&set, false, 0, false);
	fixture_assert_width(text, 100);
	/* Guest ring 3 over native, the interval and the rate of guest ring 0. */
	ASSERT_LINE(text, "exit/cpuid leaf=0x1", "3,278", "21,655", "22,801", "6.61", "0.9%",
		    "118k", "1 CPUID", "count", "OK");
	ASSERT_LINE(text, "  in prot32", "25,001", "108k", "proven", "OK");
	ASSERT_LINE(text, "io/port-write", "#GP", "refuted", "FAIL");
	/* What was skipped natively does not hide what was seen in the guest. */
	ASSERT_LINE(text, "exit/hypercall", "-", "KNOWN 1");
	ASSERT_LINE(text, "vm/create", "1.23M", "457 us", "5.7%", "OK");
	ASSERT_LINE(text, "operation ", "native", "guest", "ratio", "±", "op/s", "proof");
	fixture_assert_has(text, "(L1)");
	fixture_assert_has(text, "substrate pvm");
	fixture_assert_has(text, "  1 SKIP in native: native code may not run this operation; "
				 "KNOWN in guest: ");
	fixture_assert_has(text, "no figure here is a VT-x or SVM");
	fixture_assert_has(text, "VM instances, 95% intervals");
	fixture_assert_has(text, "12 results: 7 OK, 1 KNOWN, 3 SKIP, 1 FAIL");
	/* A refuted figure is not shown; a skipped operation is named below. */
	fixture_assert_lacks(text, "1.32M");
	fixture_assert_has(text, "1 operation was skipped everywhere:\n  - irq/inject: SKIP in "
				 "guest: this substrate has no in-kernel controller.\n");
	free(text);

	text = table_text(&set, true, 0, false);
	ASSERT_LINE(text, "irq/inject", "-", "SKIP");
	fixture_assert_lacks(text, "skipped everywhere");
	free(text);
	result_set_clear(&set);
}

/* What the host's operations say stands under their table, and only what they say. */
static void test_host_findings(void **state)
{
	struct result_set set = {0};
	struct result *result;
	char *text;

	(void)state;
	fixture_run(&set.run);
	result = fixture_add(&set, "vm/create", "", "host");
	fixture_estimate(result, 1000, 10);
	result = fixture_add(&set, "vm/migrate", "writes=fast", "host");
	fixture_estimate(result, 2000, 10);
	result->outcome = (struct outcome){.known = true};
	COPY(result->outcome.note, "does not converge; rounds: 8");
	text = table_text(&set, false, 0, false);
	fixture_assert_has(text, "\n  vm/migrate writes=fast: does not converge; rounds: 8\n");
	fixture_assert_lacks(text, "  vm/create:");
	free(text);
	result_set_clear(&set);
}

/* Counts are compared as they are shown: batches hold more than the operations timed one by one. */
static void test_ratio_of_counts(void **state)
{
	struct batch native = {16, 160, 0}, guest = {16, 99999, 0};
	struct instance_samples one[2] = {{.point_ticks = 10, .batches = &native, .n_batches = 1},
					  {.point_ticks = 6249, .batches = &guest, .n_batches = 1}};
	struct result results[2] = {{.status = STATUS_OK}, {.status = STATUS_OK}};
	double ratio = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		fixture_estimate(&results[i], i ? 45 : 10, 0);
		results[i].samples = (struct sample_set){.instances = &one[i], .n_instances = 1};
		results[i].exactness.instances = 1;
	}
	assert_true(figure_ratio(&results[1], &results[0], &ratio));
	assert_true(ratio > 4.49 && ratio < 4.51);
}

/* The ratio's rule: ring 3 if there, else ring 0 with a mark, never from a fault or from 0. */
static void test_ratio(void **state)
{
	struct result_set set = {0};
	struct result *result;
	char *text;

	(void)state;
	fixture_run(&set.run);
	result = fixture_add(&set, "a/ring0", "", "native");
	fixture_estimate(result, 10, 1);
	result = fixture_add(&set, "a/ring0", "", "guest");
	fixture_estimate(result, 45, 1);
	result = fixture_add(&set, "b/zero", "", "native");
	fixture_estimate(result, 0, 1);
	result = fixture_add(&set, "b/zero", "", "guest");
	fixture_estimate(result, 77, 1);
	result = fixture_add(&set, "c/fault", "", "native");
	fixture_estimate(result, 7, 1);
	result->outcome = (struct outcome){.known = true, .faulted = true, .vector = 6};
	result = fixture_add(&set, "c/fault", "", "guest-user");
	fixture_estimate(result, 70, 1);
	result = fixture_add(&set, "d/user-fault", "", "native");
	fixture_estimate(result, 10, 1);
	result = fixture_add(&set, "d/user-fault", "", "guest-user");
	fixture_estimate(result, 990, 1);
	COPY(result->outcome.note, "#AC(0)");
	result->outcome.faulted = true;
	result = fixture_add(&set, "d/user-fault", "", "guest");
	fixture_estimate(result, 60, 1);
	text = table_text(&set, false, 0, false);
	ASSERT_LINE(text, "a/ring0", "4.50*");
	ASSERT_LINE(text, "d/user-fault", "6.00*", "#AC");
	ASSERT_LINE(text, "c/fault", "#UD", "70.0");
	fixture_assert_lacks(text, "inf");
	fixture_assert_lacks(text, "nan");
	fixture_assert_lacks(text, "990");
	fixture_assert_has(text, "*: guest ring 0 over native");
	free(text);
	result_set_clear(&set);
}

/* Everything as long, as large and as hostile as the fields allow. */
static void nasty(struct result_set *set)
{
	static const double points[] = {1e-9,	  0,	 -3.5,	  12345678901234567.0, 1e300, NAN,
					INFINITY, -1e18, 999999.5};
	static const char *const environments[] = {
		"native", "guest-user", "guest", "real16", "prot32", "host", "fifteen-letters"};
	char benchmark[64], parameters[48], filler[400];

	memset(set, 0, sizeof(*set));
	fixture_run(&set->run);
	set->run.signal = 2;
	set->run.machine.emulated = true;
	memset(set->run.machine.cpu_model, 'm', sizeof(set->run.machine.cpu_model) - 1);
	memset(filler, 'r', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (size_t i = 0; i < 3 * 9 * 7; i++) {
		struct result *result;

		/* Names of full length, without and with places to break at. */
		memset(benchmark, 'b', sizeof(benchmark));
		snprintf(benchmark + 50, 14, "/x%zu", i / 7);
		memset(parameters, i / 7 % 2 ? 'p' : '=', sizeof(parameters));
		parameters[47] = '\0';
		result = fixture_add(set, benchmark, i / 7 % 3 ? parameters : "",
				     environments[i % 7]);
		fixture_estimate(result, points[i % 9], i % 4 ? 1e12 : 1e-12);
		fixture_status(result, i % STATUS_COUNT, i % 2 ? filler : "\033[2J a\tb\nc \xc3");
		fixture_proof(result, i % PROOF_VERDICT_COUNT, "1 EXTERNAL_INTERRUPT_WINDOW -> IO");
		memset(result->proof.exits, 'e', i % 5 ? 30 : sizeof(result->proof.exits) - 1);
		result->outcome.faulted = i % 11 == 0;
		result->outcome.vector = (uint32_t)(i * 0x1234567);
	}
}

static void test_nasty(void **state)
{
	struct result_set set;

	(void)state;
	nasty(&set);
	for (unsigned width = 0; width < 130; width++) {
		char *text = table_text(&set, width % 2, width, false);
		unsigned limit = !width || width > 100 ? 100 : width < 80 ? 80 : width;

		fixture_assert_width(text, limit);
		fixture_assert_lacks(text, "\033");
		fixture_assert_lacks(text, "nan");
		fixture_assert_lacks(text, "inf");
		free(text);
	}
	result_set_clear(&set);
}

/* Escape sequences take no columns: without them the table is the same. */
static void test_colour(void **state)
{
	struct result_set set;
	char *plain, *coloured, *to;

	(void)state;
	fixture_ordinary(&set);
	plain = table_text(&set, false, 0, false);
	coloured = table_text(&set, false, 0, true);
	fixture_assert_has(coloured, "\033[31mrefuted\033[0m");
	to = coloured;
	for (const char *from = coloured; *from;) {
		if (*from == '\033')
			from += strcspn(from, "m") + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	assert_string_equal(plain, coloured);
	free(plain);
	free(coloured);
	result_set_clear(&set);
}

static void test_empty(void **state)
{
	struct result_set set = {0};
	char *text;

	(void)state;
	text = table_text(&set, false, 0, false);
	fixture_assert_has(text, "0 results");
	fixture_assert_has(text, "substrate none");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ticks),	cmocka_unit_test(test_ticks_width),
		cmocka_unit_test(test_point),	cmocka_unit_test(test_change),
		cmocka_unit_test(test_exactly), cmocka_unit_test(test_interval),
		cmocka_unit_test(test_wrap),	cmocka_unit_test(test_ordinary),
		cmocka_unit_test(test_host_findings),
		cmocka_unit_test(test_ratio_of_counts),
		cmocka_unit_test(test_ratio),	cmocka_unit_test(test_nasty),
		cmocka_unit_test(test_colour),	cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

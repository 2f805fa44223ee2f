/* SPDX-License-Identifier: MIT */
#include "tests/unit/report_fixture.h"

#include <errno.h>

#include "report/csv.h"
#include "report/markdown.h"
#include "report/matrix.h"
#include "report/plot/kinds.h"

static char *csv_text(const struct result_set *set)
{
	struct err err;
	char *text = NULL;

	FIXTURE_WRITE(text, csv_write(out, set, &err));
	return text;
}

static size_t count_cells(const char *line)
{
	size_t cells = 1;
	bool quoted = false;

	for (; *line && (quoted || *line != '\n'); line++) {
		quoted ^= *line == '"';
		cells += !quoted && *line == ',';
	}
	return cells;
}

static void test_csv_quoting(void **state)
{
	struct result_set set = {0};
	struct result *result;
	char *text;

	(void)state;
	fixture_run(&set.run);
	result = fixture_add(&set, "a,b", "say \"x\"", "native");
	fixture_status(result, STATUS_SKIP, "two\nlines");
	text = csv_text(&set);
	fixture_assert_has(text, "\n\"a,b\",\"say \"\"x\"\"\",native,pvm,false,false,SKIP,"
				 "\"two\nlines\",false,");
	free(text);
	result_set_clear(&set);
}

static void test_csv_rows(void **state)
{
	struct fixture_singles singles;
	struct result_set set;
	char *text, *row;

	(void)state;
	fixture_ordinary(&set);
	fixture_samples(&set.results[0], &singles);
	set.results[2].estimate.hi = INFINITY;
	text = csv_text(&set);
	row = strchr(text, '\n');
	for (size_t i = 0; i < set.n_results; i++, row = strchr(row + 1, '\n'))
		assert_int_equal(count_cells(row + 1), count_cells(text));
	assert_string_equal(row, "\n");
	fixture_assert_has(text, "OK,,false,batch,timed,3278.25,3266.25,3290.25,0.95,14,"
				 "823610.1578586136,,12,1354,1000000,");
	fixture_assert_has(text, "22801,22586,,0.95,14");
	/* A refuted result keeps its proof and loses its figure. */
	fixture_assert_has(text, "refuted,2 exits an iteration instead of 1,2 IO -> IO,100");
	fixture_assert_lacks(text, "1324567");
	fixture_assert_lacks(text, "inf");
	fixture_assert_lacks(text, "nan");
	free(text);
	fixture_singles_clear(&singles);
	result_set_clear(&set);
}

static void test_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct result_set set;
	struct err err;

	(void)state;
	if (!full)
		skip();
	fixture_ordinary(&set);
	assert_int_equal(csv_write(full, &set, &err), -ENOSPC);
	fclose(full);
	result_set_clear(&set);
}

static void test_matrix(void **state)
{
	const struct matrix_options narrow = {.width = 40}, markdown = {.markdown = true};
	struct result_set set;
	struct result *result;
	struct err err;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	result = fixture_add(&set, "sensitive/sgdt", "", "guest-user");
	result->outcome = (struct outcome){.known = true, .faulted = true, .vector = 13};
	COPY(result->outcome.verdict, "traps");
	COPY(result->outcome.note, "#GP(0) | <b>");
	FIXTURE_WRITE(text, matrix_write(out, &set, NULL, &err));
	fixture_assert_width(text, 100);
	fixture_assert_has(text, "instruction  native (L1)       guest ring 3  guest ring 0\n");
	fixture_assert_has(text, "popf         silently ignored");
	fixture_assert_has(text, "IF=1 IOPL=0");
	fixture_assert_has(text, "18.5 ticks");
	fixture_assert_has(text, "17; the usual list of names has 18");
	fixture_assert_has(text, "substrate pvm");
	fixture_assert_has(text, "  1 SKIP in guest: not here");
	fixture_assert_lacks(text, "cpuid");
	free(text);

	FIXTURE_WRITE(text, matrix_write(out, &set, &narrow, &err));
	fixture_assert_width(text, 40);
	free(text);

	FIXTURE_WRITE(text, matrix_write(out, &set, &markdown, &err));
	fixture_assert_has(text, "| popf | silently ignored<br>IF=1 IOPL=0<br>18.5 ticks |");
	fixture_assert_has(text, "traps<br>#GP(0) \\| \\<b\\>");
	free(text);
	result_set_clear(&set);
}

static void test_matrix_absent(void **state)
{
	struct result_set set = {0};
	struct err err;
	char *text = NULL;

	(void)state;
	FIXTURE_WRITE(text, matrix_write(out, &set, NULL, &err));
	assert_string_equal(text, "");
	free(text);
}

static void test_markdown(void **state)
{
	struct result_set set;
	struct err err;
	char *text = NULL, *again = NULL;

	(void)state;
	fixture_ordinary(&set);
	COPY(set.run.arguments, "run '*' | x");
	COPY(set.run.machine.governor, "powersave");
	set.results[0].noise.steal_ms = 40;
	FIXTURE_WRITE(text, markdown_results(out, &set, "recorded/a.jsonl", &err));
	FIXTURE_WRITE(again, markdown_results(out, &set, "recorded/a.jsonl", &err));
	assert_string_equal(text, again);
	fixture_assert_tables(text);
	fixture_assert_has(text, "| arguments | run '\\*' \\| x |");
	fixture_assert_has(text, "[recorded/a.jsonl](recorded/a.jsonl)");
	fixture_assert_has(text,
			   "| exit/cpuid leaf=0x1 | 3,278 ±0.4% | 21,655 ±0.6% | 22,801 ±0.9% "
			   "| 6.61 | 118k | 1 CPUID | proven(count) | OK |");
	fixture_assert_has(text, "| &emsp;in prot32 | | | 25,001 ±0.9% |");
	fixture_assert_has(text, "- KNOWN: kvm_pvm never returns from it. Concerns exit/hypercall "
				 "in guest.");
	fixture_assert_has(text, "- Environment real16: /dev/kvm is not there");
	fixture_assert_has(text, "governor was \"powersave\"");
	fixture_assert_has(text, "1 of 12 results were disturbed");
	fixture_assert_has(text, "40 ms");
	fixture_assert_has(text, "The host is itself a guest");
	fixture_assert_has(text, "ticks are not core cycles there");
	fixture_assert_lacks(text, "1.32M");
	free(text);
	free(again);
	result_set_clear(&set);
}

static void test_markdown_empty(void **state)
{
	struct result_set set = {0};
	struct err err;
	char *text = NULL;

	(void)state;
	FIXTURE_WRITE(text, markdown_results(out, &set, NULL, &err));
	fixture_assert_has(text, "Substrate: none");
	fixture_assert_has(text, "Everything that was asked for was measured.");
	fixture_assert_tables(text);
	free(text);
}

static void test_plot_data(void **state)
{
	struct result_set set;
	struct result *result;
	struct err err;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	result = fixture_add(&set, "bad/point", "a\tb\"c", "guest");
	fixture_estimate(result, 5, 1);
	result->estimate.lo = NAN;
	result->estimate.hi = INFINITY;
	FIXTURE_WRITE(text, plot_native(out, &(const struct plot_input){.sets = &set, .n_sets = 1}, &err));
	fixture_assert_has(text, "# caption: substrate pvm by kvm_pvm, AMD EPYC 9B45");
	/* By cost; refuted and faulted figures are not there, and neither are host operations. */
	fixture_assert_has(text,
			   "\thi\nbad/point a b c\t?\t?\t?\t?\t?\t?\t5\t?\t?\n"
			   "sensitive/popf\t18.5\t18.4\t18.6\t?\t?\t?\t?\t?\t?\n"
			   "exit/cpuid leaf=0x1\t3278.25\t3266.25\t3290.25\t21655.4\t21525.4\t"
			   "21785.4\t22801\t22586\t23016\n");
	fixture_assert_lacks(text, "port-write");
	fixture_assert_lacks(text, "vm/create");
	fixture_assert_lacks(text, "nan");
	fixture_assert_lacks(text, "inf");
	free(text);
	result_set_clear(&set);
}

/* More than a page takes: the picture is of what has both sides, and says what it leaves out. */
static void test_plot_data_of_many(void **state)
{
	struct result_set set;
	struct err err;
	char *text = NULL;

	(void)state;
	for (unsigned more = 60; more <= 100; more += 40) {
		fixture_ordinary(&set);
		for (unsigned i = 0; i < more; i++) {
			char parameters[16];

			snprintf(parameters, sizeof(parameters), "n=%u", i);
			fixture_estimate(fixture_add(&set, "io/guest-only", parameters, "guest"), 100 + i, 1);
		}
		FIXTURE_WRITE(text, plot_native(out, &(const struct plot_input){.sets = &set, .n_sets = 1}, &err));
		fixture_assert_has(text, "\nsensitive/popf\t18.5");
		if (more == 60) {
			fixture_assert_has(text, "io/guest-only n=59\t");
			fixture_assert_lacks(text, "in the table alone");
		} else {
			fixture_assert_lacks(text, "io/guest-only");
			fixture_assert_has(text, "; 100 without a native figure are in the table alone\n");
		}
		free(text);
		result_set_clear(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv_quoting),    cmocka_unit_test(test_csv_rows),
		cmocka_unit_test(test_full_disk),      cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_matrix_absent),  cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_markdown_empty), cmocka_unit_test(test_plot_data),
		cmocka_unit_test(test_plot_data_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

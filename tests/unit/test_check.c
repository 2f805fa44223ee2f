/* SPDX-License-Identifier: MIT */
/* What is said of checks, in every format, and how they are chosen. No guest is run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/checker.h"
#include "report/check.h"

static struct err err;

/* Names and texts as a file from elsewhere could have them. */
static struct check_verdict verdicts[] = {
	{.name = "port/value/out", .environment = "guest", .title = "t", .manual = "m",
	 .status = STATUS_OK, .runs = 1, .seconds = 0.5},
	{.name = "port/value/in", .environment = "guest-user", .title = "t", .manual = "m",
	 .status = STATUS_FAIL, .expected = "a < b && \"c\" # \\x", .seen = "]]>\x01<script>\n",
	 .runs = 4, .failures = 3, .seconds = 0.25},
	{.name = "state/fpu", .environment = "guest", .title = "t", .manual = "m",
	 .status = STATUS_KNOWN, .expected = "1", .seen = "2", .why = "a # fault", .link = "docs",
	 .runs = 1, .failures = 1},
	{.name = "tsc/set", .environment = "real16", .title = "t", .manual = "m",
	 .status = STATUS_SKIP, .seen = "no # TSC", .runs = 1},
	{.name = "tsc/get", .environment = "real16", .title = "t", .manual = "m",
	 .status = STATUS_ERROR, .seen = "no memory", .runs = 1},
};

static struct check_set set = {
	.verdicts = verdicts,
	.n_verdicts = sizeof(verdicts) / sizeof(verdicts[0]),
	.machine = {.substrate = SUBSTRATE_SVM, .emulated = true},
	.seconds = 1,
};

static char *written(int (*write)(FILE *out, const struct check_set *set, struct err *err))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(write(out, &set, &err), 0);
	fclose(out);
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' in:\n%s", part, text);
}

static void tap(void **state)
{
	char *text = written(check_write_tap);

	(void)state;
	has(text, "TAP version 13\n1..5\n");
	has(text, "\nok 1 - port/value/out@guest\n");
	has(text, "\nnot ok 2 - port/value/in@guest-user\n  ---\n");
	has(text, "  expected: \"a < b && \\\"c\\\" # \\\\x\"\n");
	has(text, "  seen: \"]]>?<script>?\"\n");
	has(text, "  reproduce: \"exitlab lab --host amd -- check port/value/in@guest-user\"\n");
	has(text, "\nnot ok 3 - state/fpu@guest # TODO a \\# fault\n");
	has(text, "\nok 4 - tsc/set@real16 # SKIP no \\# TSC\n");
	has(text, "\nnot ok 5 - tsc/get@real16\n");
	free(text);
}

static void ktap(void **state)
{
	char *text = written(check_write_ktap);

	(void)state;
	has(text, "KTAP version 1\n1..5\nok 1 port/value/out@guest\n");
	has(text, "# seen: ]]>?<script>?\n");
	has(text, "\nnot ok 2 port/value/in@guest-user\n");
	has(text, "\nok 3 state/fpu@guest # XFAIL a . fault\n");
	has(text, "\nok 4 tsc/set@real16 # SKIP no . TSC\n");
	free(text);
}

static void junit(void **state)
{
	char *text = written(check_write_junit);

	(void)state;
	has(text, "<testsuites name=\"exitlab\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"2\"");
	has(text, "<testsuite name=\"exitlab.port\" tests=\"2\" failures=\"1\" errors=\"0\"");
	has(text, "a &lt; b &amp;&amp; &quot;c&quot;");
	has(text, "]]&gt;?&lt;script&gt;?");
	has_not(text, "<script>");
	has_not(text, "\x01");
	free(text);
}

static void openmetrics(void **state)
{
	char *text = written(check_write_openmetrics);

	(void)state;
	has(text, "exitlab_check_info{check=\"port/value/in\",environment=\"guest-user\",status=\"FAIL\"} 1\n");
	has(text, "exitlab_check_info{check=\"state/fpu\",environment=\"guest\",status=\"KNOWN\"} 1\n");
	has(text, "exitlab_checks{status=\"FAIL\"} 1\n");
	has(text, "exitlab_checks{status=\"UNSTABLE\"} 0\n");
	has(text, "substrate=\"svm\",emulated=\"true\",stopped=\"false\"} 1\n");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
}

static void json(void **state)
{
	char *text = written(check_write_json);

	(void)state;
	has(text, "{\"type\":\"checks\"");
	has(text, "\"name\":\"port/value/in\"");
	has(text, "\"runs\":4");
	has(text, "\"failures\":3");
	has(text, "\"status\":\"KNOWN\"");
	free(text);
}

static int write_text(FILE *out, const struct check_set *checks, struct err *e)
{
	const struct check_text_options options = {0};

	return check_write_text(out, checks, &options, e);
}

static void text_for_people(void **state)
{
	char *text = written(write_text);

	(void)state;
	has(text, "FAIL port/value/in in guest-user\n");
	has(text, "  expected   a < b && \"c\" # \\x\n");
	has(text, "             in 3 of 4 runs\n");
	has(text, "  reproduce  exitlab lab --host amd -- check port/value/in@guest-user\n");
	has(text, "KNOWN a # fault (docs)\n    state/fpu in guest\n");
	has(text, "  could not  no memory\n");
	has(text, "tsc/set in real16 was skipped: no # TSC\n");
	has_not(text, "port/value/out");
	free(text);
}

/* ---- choosing ------------------------------------------------------------------------------- */

static size_t chosen(const char *pattern)
{
	const struct checker_options options = {.patterns = &pattern, .n_patterns = pattern ? 1 : 0};
	struct checker checker;
	size_t n;

	if (checker_choose(&checker, &options, &err))
		return 0;
	n = checker.n;
	checker_clear(&checker);
	return n;
}

static void globs(void **state)
{
	(void)state;
	assert_true(chosen(NULL) > 800);
	assert_int_equal(chosen("halt/exit"), 3);
	assert_int_equal(chosen("halt/exit@guest"), 1);
	assert_int_equal(chosen("*@guest") + chosen("*@guest-user") + chosen("*@prot32") +
				 chosen("*@real16"),
			 chosen(NULL));
	assert_int_equal(chosen("halt"), chosen("halt/*"));
	assert_int_equal(chosen("port/denied"), 4);
	assert_int_equal(chosen("port/denied@guest-user"), 4);
	assert_int_equal(chosen("port/denied/in"), 1);
	assert_int_equal(chosen("halt/exi"), 0);
	assert_non_null(strstr(err.text, "no check matches 'halt/exi'; the nearest is 'halt/exit'"));
	assert_int_equal(err.code, ENOENT);
}

/* Each has what a failure must name, and a name of its own that fits where it is copied. */
static void declarations(void **state)
{
	const struct checker_options options = {0};
	struct checker checker;

	(void)state;
	assert_int_equal(checker_choose(&checker, &options, &err), 0);
	for (size_t i = 0; i < checker.n; i++) {
		const struct check_verdict *verdict = &checker.verdicts[i];

		assert_true(strlen(verdict->title) > 10 && strlen(verdict->manual) > 5);
		assert_true(strlen(verdict->name) + 1 < sizeof(verdict->name));
		assert_non_null(strchr(verdict->name, '/'));
		assert_null(strpbrk(verdict->name, " \t*?[]@#\"'$"));
		assert_non_null(checker.cells[i].check->run);
		assert_true(checker.cells[i].check->instance.vcpus >= 1);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(checker.verdicts[j].name, verdict->name))
				assert_string_not_equal(checker.verdicts[j].environment,
							verdict->environment);
	}
	checker_clear(&checker);
}

/* A known fault says what and where. */
static void known_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < check_count(); i++)
		for (unsigned k = 0; k < CHECK_KNOWN && check_get(i)->known[k].on; k++) {
			assert_non_null(check_get(i)->known[k].known);
			assert_non_null(strstr(check_get(i)->known[k].link, "docs/check.md#"));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tap),		 cmocka_unit_test(ktap),
		cmocka_unit_test(junit),	 cmocka_unit_test(json),
		cmocka_unit_test(openmetrics),
		cmocka_unit_test(text_for_people), cmocka_unit_test(globs),
		cmocka_unit_test(declarations),	 cmocka_unit_test(known_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

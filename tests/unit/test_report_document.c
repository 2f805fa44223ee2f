/* SPDX-License-Identifier: MIT */
/* Documents and their HTML, and the formats of other tools. Nothing is drawn: pictures are noted. */
#include "tests/unit/report_fixture.h"

#include <errno.h>
#include <unistd.h>

#include "report/check.h"
#include "report/document/document.h"
#include "report/html.h"

static struct err err;

/* ---- documents ------------------------------------------------------------------------------- */

static char pictures[4000]; /* names of those that were asked for */
static int answer;	    /* to all of them */

static int note_picture(void *data, const struct plot_kind *kind, const struct plot_input *input, const char *name,
			struct err *why)
{
	size_t used = strlen(pictures);
	FILE *nowhere = fopen("/dev/null", "w");
	int rc = kind->write(nowhere, input, why);

	(void)data;
	fclose(nowhere);
	if (rc)
		return rc;
	snprintf(pictures + used, sizeof(pictures) - used, "%s\n", name);
	if (answer)
		err_set(why, -answer, "gnuplot is not installed.");
	return answer;
}

static char *document(const char *template, const struct document_input *input)
{
	struct document_input whole = *input;
	char *text = NULL;

	pictures[0] = '\0';
	whole.pictures = "pictures";
	whole.picture_ending = ".svg";
	whole.picture = note_picture;
	FIXTURE_WRITE(text, document_template_find(template)->write(out, &whole, &err));
	return text;
}

static void every_template(void **state)
{
	static const char *const labels[] = {"a-run"};
	struct result_set set;

	(void)state;
	fixture_ordinary(&set);
	for (const struct document_template *one = document_templates; one->name; one++) {
		const struct document_input input = {.sets = &set, .labels = labels, .n_sets = 1, .author = "N. N. | <b>"};
		char *text = document(one->name, &input), *again = document(one->name, &input);

		assert_string_equal(text, again);
		fixture_assert_tables(text);
		fixture_assert_has(text, "exit/cpuid leaf=0x1");
		fixture_assert_has(text, "AMD EPYC 9B45");
		/* A name reaches no markup. */
		fixture_assert_lacks(text, "<b>");
		free(text);
		free(again);
	}
	assert_null(document_template_find("nosuch"));
	result_set_clear(&set);
}

static void pictures_are_where_there_are_data(void **state)
{
	static const char *const labels[] = {"a-run"};
	struct result_set set;
	const struct document_input input = {.sets = &set, .labels = labels, .n_sets = 1};
	char *text;

	(void)state;
	fixture_ordinary(&set);
	answer = 0;
	text = document("results", &input);
	assert_non_null(strstr(pictures, "native-vs-guest\n"));
	fixture_assert_has(text, "](pictures/native-vs-guest.svg)");
	fixture_assert_has(text, "[tab-separated](pictures/native-vs-guest.tsv)");
	/* What there is nothing for is said, with the reason. */
	assert_null(strstr(pictures, "walk"));
	fixture_assert_has(text, "## Pictures that there is nothing for");
	free(text);
	answer = -ENOENT;
	text = document("results", &input);
	fixture_assert_lacks(text, "![");
	fixture_assert_has(text, "[tab-separated](pictures/native-vs-guest.tsv). Not drawn: gnuplot is not installed.");
	free(text);
	answer = 0;
	result_set_clear(&set);
}

static void nothing_at_all(void **state)
{
	(void)state;
	for (const struct document_template *one = document_templates; one->name; one++) {
		struct result_set empty = {0};
		static const char *const labels[] = {"empty"};
		char *text;

		fixture_run(&empty.run);
		text = document(one->name, &(const struct document_input){0});
		fixture_assert_tables(text);
		free(text);
		text = document(one->name, &(const struct document_input){.sets = &empty, .labels = labels, .n_sets = 1});
		fixture_assert_tables(text);
		free(text);
	}
}

static void only_skips(void **state)
{
	static const char *const labels[] = {"skips"};
	struct result_set set = {0};
	struct result *result;
	char *text;

	(void)state;
	fixture_run(&set.run);
	result = fixture_add(&set, "exit/cpuid", "", "guest");
	result->status = STATUS_SKIP;
	COPY(result->reason, "no /dev/kvm here");
	text = document("results", &(const struct document_input){.sets = &set, .labels = labels, .n_sets = 1});
	fixture_assert_has(text, "SKIP: no /dev/kvm here. Concerns exit/cpuid in guest.");
	assert_string_equal(pictures, "");
	free(text);
	result_set_clear(&set);
}

static void verdicts_are_told_once(void **state)
{
	static struct check_verdict verdicts[] = {
		{.name = "a/x", .environment = "guest", .status = STATUS_OK},
		{.name = "a/y", .environment = "guest", .status = STATUS_KNOWN, .why = "the fault", .expected = "1", .seen = "2"},
		{.name = "b/z", .environment = "real16", .status = STATUS_KNOWN, .why = "the fault", .expected = "3", .seen = "4"},
		{.name = "b/w", .environment = "real16", .title = "t", .status = STATUS_FAIL, .expected = "5", .seen = "6"},
	};
	static const char *const labels[] = {"one", "two"};
	const struct check_set sets[] = {{.verdicts = verdicts, .n_verdicts = 4}, {.verdicts = verdicts, .n_verdicts = 2}};
	char *text;

	(void)state;
	text = document("results",
			&(const struct document_input){.checks = sets, .check_labels = labels, .n_checks = 2});
	fixture_assert_has(text, "| family | one | two |\n|---|---|---|\n| a | 1, 1 KNOWN | 1, 1 KNOWN |\n"
				 "| b | 1 KNOWN, 1 FAIL | |\n| all | 1, 2 KNOWN, 1 FAIL | 1, 1 KNOWN |\n");
	fixture_assert_has(text, "KNOWN: the fault. Expected 1; seen 2 (a/y in guest of one; 3 cases on 2 hosts).");
	fixture_assert_has(text, "FAIL: t. Expected 5; seen 6");
	/* Once each. */
	assert_null(strstr(strstr(text, "KNOWN: the fault") + 1, "KNOWN: the fault"));
	free(text);
}

static void verdicts_are_read_back(void **state)
{
	static struct check_verdict verdicts[] = {
		{.name = "a/x", .environment = "guest", .title = "t", .manual = "m", .status = STATUS_OK, .runs = 2,
		 .seconds = 0.5},
		{.name = "a/y", .environment = "guest", .title = "u", .manual = "n", .status = STATUS_KNOWN, .why = "w",
		 .link = "l", .expected = "1", .seen = "\"2\"", .runs = 1, .failures = 1},
	};
	const struct check_set set = {.started = "2026-01-02T03:04:05Z", .verdicts = verdicts, .n_verdicts = 2,
				      .seconds = 3, .signal = 2, .machine = {.substrate = SUBSTRATE_SVM, .emulated = true}};
	struct check_set read;
	char path[] = "/tmp/test_document.XXXXXX", *first = NULL, *second = NULL;
	FILE *file;

	(void)state;
	FIXTURE_WRITE(first, check_write_json(out, &set, &err));
	file = fdopen(mkstemp(path), "w");
	fputs(first, file);
	fputs("{\"type\":\"check\",\"torn", file);
	fclose(file);
	/* The torn last line is left out. */
	assert_int_equal(check_read(path, &read, &err), 0);
	FIXTURE_WRITE(second, check_write_json(out, &read, &err));
	assert_string_equal(first, second);
	check_set_clear(&read);
	file = fopen(path, "w");
	fputs(first, file);
	fputs("{\"type\":\"check\",\"schema_version\":1,\"name\":\"z\",\"environment\":\"guest\",\"status\":\"GOOD\"}\n", file);
	fclose(file);
	assert_int_equal(check_read(path, &read, &err), -EPROTO);
	fixture_assert_has(err.text, ":4: ");
	fixture_assert_has(err.text, "\"status\"");
	check_set_clear(&read);
	unlink(path);
	free(first);
	free(second);
}

/* ---- HTML ------------------------------------------------------------------------------------ */

static char folder[] = "/tmp/test_document.XXXXXX";

static void put_file(const char *name, const char *content)
{
	char path[100];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	fputs(content, out);
	fclose(out);
}

static char *page_of(const char *markdown)
{
	const struct html_options options = {folder, "p-"};
	char *text = NULL;

	FIXTURE_WRITE(text, html_write(out, markdown, strlen(markdown), &options, &err));
	return text;
}

static void a_page(void **state)
{
	char *text;

	(void)state;
	assert_non_null(mkdtemp(folder));
	put_file("p-a.svg", "<svg/>");
	put_file("p-a.tsv", "1\t2\n");
	text = page_of("# Title & <more>\n\n## Part *one*\n\n![what](p-a.svg)\n\nData: [tab](p-a.tsv), [web](https://example.org/)\n\n"
		       "| a | b |\n|---|--:|\n| x\\|y | 1<br>2 |\n");
	fixture_assert_has(text, "<title>Title &amp; </title>");
	/* Pictures and their data are inside. */
	fixture_assert_has(text, "<img src=\"data:image/svg+xml;base64,PHN2Zy8+\" alt=\"what\">");
	fixture_assert_has(text, "<a href=\"data:text/tab-separated-values;base64,MQkyCg==\" download=\"p-a.tsv\">tab</a>");
	fixture_assert_has(text, "<a href=\"https://example.org/\">web</a>");
	fixture_assert_has(text, "<td>x|y</td>\n<td align=\"right\">1<br>2</td>");
	/* Contents lead to headings. */
	fixture_assert_has(text, "<a class=\"level2\" href=\"#s1\">Part one</a>");
	fixture_assert_has(text, "<h2><a class=\"anchor\" id=\"s1\"></a>Part <em>one</em></h2>");
	free(text);
}

static void a_page_takes_no_markup(void **state)
{
	char *text;

	(void)state;
	text = page_of("# T\n\n<script>alert(1)</script>\n\na <img src=x onerror=alert(1)> b\n\n[x](javascript:alert(1))\n\n"
		       "| a |\n|---|\n| <b onclick=x>y</b> |\n");
	assert_null(strstr(text, "<script>alert"));
	fixture_assert_lacks(text, "onerror");
	fixture_assert_lacks(text, "onclick");
	fixture_assert_lacks(text, "javascript:");
	free(text);
}

static void a_picture_that_is_not_there(void **state)
{
	static const char markdown[] = "![x](p-none.svg)\n";
	const struct html_options options = {folder, "p-"};
	FILE *nowhere = fopen("/dev/null", "w");
	char command[60];

	(void)state;
	assert_int_equal(html_write(nowhere, markdown, strlen(markdown), &options, &err), -ENOENT);
	fixture_assert_has(err.text, "p-none.svg");
	fclose(nowhere);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_template),	   cmocka_unit_test(pictures_are_where_there_are_data),
		cmocka_unit_test(nothing_at_all),	   cmocka_unit_test(only_skips),
		cmocka_unit_test(verdicts_are_told_once), cmocka_unit_test(verdicts_are_read_back),
		cmocka_unit_test(a_page),		   cmocka_unit_test(a_page_takes_no_markup),
		cmocka_unit_test(a_picture_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

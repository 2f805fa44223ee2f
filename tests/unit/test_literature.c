/* SPDX-License-Identifier: MIT */
/* Published figures are read, and none of which it is not said where it is from. */
#include <errno.h>
#include <unistd.h>

#include "tests/unit/report_fixture.h"
#include "report/literature.h"

static struct err err;
static struct literature literature;

/* The members of a figure that is as it should be, as JSON. */
static const struct member {
	const char *key, *value;
} members[] = {
	{"id", "\"x\""},	   {"topic", "\"hardware\""},	  {"operation", "\"VM exit\""},
	{"value", "12"},	   {"unit", "\"cycles\""},	  {"substrate", "\"vmx\""},
	{"machine", "\"m\""},	   {"processor", "\"Merom\""},	  {"processor_year", "2006"},
	{"hypervisor", "\"KVM\""}, {"exitlab", "\"exit/cpuid\""}, {"year", "2012"},
	{"source", "\"paper\""},   {"seen", "\"memory\""},	  {"verified", "false"},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))
#define SOURCE	"{\"authors\": \"a\", \"title\": \"t\", \"venue\": \"v\", \"year\": 2012}"
#define SOURCES "\"sources\": {\"note\": " SOURCE ", \"paper\": " SOURCE "}"

/* A change of one member: NULL leaves it out; one that the figure does not have is added. */
static void write_figure(FILE *out, const struct member *changes, size_t n)
{
	bool written[4] = {0};
	const char *between = "";

	fputs("{", out);
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *value = members[i].value;

		for (size_t j = 0; j < n; j++)
			if (!strcmp(changes[j].key, members[i].key)) {
				value = changes[j].value;
				written[j] = true;
			}
		if (value) {
			fprintf(out, "%s\"%s\": %s", between, members[i].key, value);
			between = ", ";
		}
	}
	for (size_t j = 0; j < n; j++)
		if (!written[j])
			fprintf(out, "%s\"%s\": %s", between, changes[j].key, changes[j].value);
	fputs("}", out);
}

static int read_text(const char *text)
{
	char path[] = "/tmp/test_literature.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	int rc;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	literature_clear(&literature);
	rc = literature_read(path, &literature, &err);
	unlink(path);
	if (rc)
		fixture_assert_has(err.text, path);
	return rc;
}

/* A file of one figure with changes. */
static int read_changed(const struct member *changes, size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int rc;

	assert_non_null(out);
	fputs("{\"schema_version\": 1, " SOURCES ", \"figures\": [", out);
	write_figure(out, changes, n);
	fputs("]}", out);
	fclose(out);
	rc = read_text(text);
	free(text);
	return rc;
}

static void what_a_figure_says(void **state)
{
	const struct literature_figure *figure;

	(void)state;
	assert_int_equal(read_changed(NULL, 0), 0);
	assert_int_equal(literature.n_figures, 1);
	assert_int_equal(literature.n_sources, 2);
	figure = &literature.figures[0];
	assert_string_equal(figure->id, "x");
	assert_string_equal(figure->operation, "VM exit");
	assert_string_equal(figure->unit, "cycles");
	assert_string_equal(figure->processor, "Merom");
	assert_string_equal(figure->hypervisor, "KVM");
	assert_string_equal(figure->exitlab, "exit/cpuid");
	assert_true(figure->value == 12 && figure->value_hi == 12);
	assert_int_equal(figure->processor_year, 2006);
	assert_int_equal(figure->year, 2012);
	assert_string_equal(literature.sources[figure->source].id, "paper");
	assert_int_equal(figure->quoted_in, figure->source);
	assert_int_equal(figure->seen, SEEN_MEMORY);
	assert_false(figure->verified);
}

static void what_may_be_left_out(void **state)
{
	static const struct member without[] = {{"processor", NULL},
						{"processor_year", NULL},
						{"hypervisor", NULL},
						{"exitlab", NULL}};
	const struct literature_figure *figure;

	(void)state;
	assert_int_equal(read_changed(without, 4), 0);
	figure = &literature.figures[0];
	assert_string_equal(figure->processor, "");
	assert_string_equal(figure->hypervisor, "");
	assert_string_equal(figure->exitlab, "");
	assert_int_equal(figure->processor_year, 0);
}

static void a_range_and_a_quotation(void **state)
{
	static const struct member changes[] = {{"value_hi", "16.5"},
						{"seen", "\"quoted\""},
						{"quoted_in", "\"note\""},
						{"verified", "true"}};
	const struct literature_figure *figure;

	(void)state;
	assert_int_equal(read_changed(changes, 4), 0);
	figure = &literature.figures[0];
	assert_true(figure->value == 12 && figure->value_hi == 16.5);
	assert_int_equal(figure->seen, SEEN_QUOTED);
	assert_string_equal(literature.sources[figure->source].id, "paper");
	assert_string_equal(literature.sources[figure->quoted_in].id, "note");
}

/* Each of these is refused, and the message names the figure and the member. */
static void what_is_refused(void **state)
{
	static const struct {
		struct member change;
		const char *why;
	} bad[] = {
		{{"source", NULL}, "x: \"source\""},
		{{"source", "\"\""}, "x: \"source\""},
		{{"source", "\"nobody\""}, "x: \"source\": there is no source 'nobody'"},
		{{"unit", NULL}, "x: \"unit\""},
		{{"unit", "\"\""}, "x: \"unit\""},
		{{"machine", NULL}, "x: \"machine\""},
		{{"topic", NULL}, "x: \"topic\""},
		{{"operation", NULL}, "x: \"operation\""},
		{{"substrate", NULL}, "x: \"substrate\""},
		{{"value", NULL}, "x: \"value\""},
		{{"value", "\"12\""}, "x: \"value\""},
		{{"value_hi", "12"}, "x: \"value_hi\""},
		{{"value_hi", "\"13\""}, "x: \"value_hi\""},
		{{"year", NULL}, "x: \"year\""},
		{{"year", "1912"}, "x: \"year\""},
		{{"year", "2012.5"}, "x: \"year\""},
		{{"processor_year", "\"2006\""}, "x: \"processor_year\""},
		{{"verified", NULL}, "x: \"verified\""},
		{{"verified", "\"no\""}, "x: \"verified\""},
		{{"verified", "true"}, "x: \"verified\""},
		{{"seen", NULL}, "x: \"seen\""},
		{{"seen", "\"heard\""}, "x: \"seen\""},
		{{"seen", "\"source\""}, "x: \"verified\""},
		{{"quoted_in", "\"note\""}, "x: \"quoted_in\""},
		{{"exitlab", "7"}, "x: \"exitlab\""},
		{{"exitlab", "\"\""}, "x: \"exitlab\""},
		{{"hypervisor", "[]"}, "x: \"hypervisor\""},
		{{"processor", "\"a name that is longer than any generation's\""},
		 "x: \"processor\""},
		{{"id", NULL}, "\"id\""},
	};
	static const struct member quoted[] = {{"seen", "\"quoted\""}, {"verified", "true"}};
	static const struct member nowhere[] = {
		{"seen", "\"quoted\""}, {"verified", "true"}, {"quoted_in", "\"nobody\""}};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_changed(&bad[i].change, 1) != -EPROTO || !strstr(err.text, bad[i].why))
			fail_msg("%s %s: '%s'", bad[i].change.key,
				 bad[i].change.value ? bad[i].change.value : "left out", err.text);
	assert_int_equal(read_changed(quoted, 2), -EPROTO);
	fixture_assert_has(err.text, "x: \"quoted_in\"");
	assert_int_equal(read_changed(nowhere, 3), -EPROTO);
	fixture_assert_has(err.text, "x: \"quoted_in\": there is no source 'nobody'");
}

static void two_of_one_name(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fputs("{\"schema_version\": 1, " SOURCES ", \"figures\": [", out);
	write_figure(out, NULL, 0);
	fputs(",", out);
	write_figure(out, NULL, 0);
	fputs("]}", out);
	fclose(out);
	assert_int_equal(read_text(text), -EPROTO);
	fixture_assert_has(err.text, "x: is there twice");
	free(text);
}

static void what_is_no_such_file(void **state)
{
	(void)state;
	assert_int_equal(read_text("["), -EPROTO);
	fixture_assert_has(err.text, "line 1");
	assert_int_equal(read_text("[]"), -EPROTO);
	fixture_assert_has(err.text, "\"schema_version\"");
	assert_int_equal(read_text("{\"schema_version\": 2, " SOURCES ", \"figures\": []}"),
			 -EPROTO);
	fixture_assert_has(err.text, "\"schema_version\"");
	assert_int_equal(read_text("{\"schema_version\": 1, \"figures\": []}"), -EPROTO);
	fixture_assert_has(err.text, "\"sources\"");
	assert_int_equal(read_text("{\"schema_version\": 1, " SOURCES "}"), -EPROTO);
	fixture_assert_has(err.text, "\"figures\"");
	assert_int_equal(
		read_text("{\"schema_version\": 1, \"figures\": [], \"sources\": {\"paper\": "
			  "{\"authors\": \"a\", \"title\": \"t\", \"year\": 2012}}}"),
		-EPROTO);
	fixture_assert_has(err.text, "paper: \"venue\"");
	literature_clear(&literature);
	assert_int_equal(literature_read("/nowhere", &literature, &err), -EPROTO);
	fixture_assert_has(err.text, "/nowhere");
}

static void ours_is_one(void **state)
{
	size_t verified = 0, memory = 0, generations = 0;

	(void)state;
	literature_clear(&literature);
	assert_int_equal(literature_read("datasets/literature.json", &literature, &err), 0);
	for (size_t i = 0; i < literature.n_figures; i++) {
		const struct literature_figure *figure = &literature.figures[i];

		*(figure->verified ? &verified : &memory) += 1;
		generations += !strcmp(figure->operation, "VM exit by a page fault");
	}
	/* What is verified and what is not are both there, and told apart. */
	assert_true(verified > 100 && memory > 100);
	assert_int_equal(generations, 8);
}

static int teardown(void **state)
{
	(void)state;
	literature_clear(&literature);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_figure_says),
		cmocka_unit_test(what_may_be_left_out),
		cmocka_unit_test(a_range_and_a_quotation),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(two_of_one_name),
		cmocka_unit_test(what_is_no_such_file),
		cmocka_unit_test(ours_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}

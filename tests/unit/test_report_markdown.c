/* SPDX-License-Identifier: MIT */
/* Markdown of results with hostile names, as cmark-gfm reads it: tables stay tables, text stays
 * text. */
#include "tests/unit/report_fixture.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "report/markdown.h"
#include "report/markdown_cell.h"

/* With raw HTML let through: what the writer leaves unescaped shows. */
static char *html_of(const char *markdown)
{
	static const char *const names[] = {"table", "strikethrough"};
	cmark_parser *parser;
	cmark_node *root;
	char *html;

	cmark_gfm_core_extensions_ensure_registered();
	parser = cmark_parser_new(CMARK_OPT_UNSAFE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(cmark_parser_attach_syntax_extension(
					 parser, cmark_find_syntax_extension(names[i])),
				 1);
	cmark_parser_feed(parser, markdown, strlen(markdown));
	root = cmark_parser_finish(parser);
	html = cmark_render_html(root, CMARK_OPT_UNSAFE,
				 cmark_parser_get_syntax_extensions(parser));
	cmark_node_free(root);
	cmark_parser_free(parser);
	return html;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part))) {
		text += strlen(part);
		n++;
	}
	return n;
}

#define HOSTILE "<script>alert(1)</script>|`x`\n| y |"

/* The same results, with ordinary names and with hostile ones. */
static void fill(struct result_set *set, bool hostile)
{
	fixture_ordinary(set);
	fixture_proof(&set->results[8], PROOF_NONE, "");
	set->results[8].outcome = (struct outcome){.known = true};
	COPY(set->results[8].outcome.verdict, "executes");
	COPY(set->results[8].outcome.note, hostile ? "`a` <script>b</script> **c**" : "a note");
	COPY(set->results[11].environment, "another");
	COPY(set->run.machine.id, "one");
	if (!hostile)
		return;
	for (size_t i = 0; i < set->n_results; i++)
		if (set->results[i].status != STATUS_OK)
			snprintf(set->results[i].reason, sizeof(set->results[i].reason),
				 "# %zu\n***\n1. " HOSTILE, i);
	for (size_t i = 0; i < 4; i++) {
		COPY(set->results[i].benchmark, "a|b`c`" HOSTILE);
		COPY(set->results[i].parameters, "[x](y)=~~z~~\t*");
	}
	COPY(set->results[1].proof.exits, "1 <b>|`");
	COPY(set->results[2].proof.exits, "1 <b>|`");
	COPY(set->results[3].environment, "w|`<b>");
	COPY(set->results[8].benchmark, "vm/`|<b>");
	COPY(set->results[10].outcome.verdict, "<script>|`");
	COPY(set->results[11].environment, "<script>|");
	COPY(set->run.environments[0].name, "<script>|`");
	COPY(set->run.environments[2].name, "|<b>");
	COPY(set->run.machine.id, "# <script>");
	COPY(set->run.machine.cpu_model, HOSTILE);
	COPY(set->run.arguments, "run '" HOSTILE "'");
}

static void test_hostile(void **state)
{
	static const char *const same[] = {"<table>", "<tr>", "<td", "<th", "<h2>",
					   "<li>",    "<hr",  "<a ", "<br"};
	struct result_set set;
	struct err err;
	char *text = NULL, *html[2];

	(void)state;
	for (int hostile = 0; hostile < 2; hostile++) {
		fill(&set, hostile);
		FIXTURE_WRITE(
			text,
			markdown_results(out, &set, hostile ? "a](b) <c>.jsonl" : "a.jsonl", &err));
		html[hostile] = html_of(text);
		free(text);
		result_set_clear(&set);
	}
	fixture_assert_lacks(html[1], "<script");
	fixture_assert_lacks(html[1], "<b>");
	fixture_assert_lacks(html[1], "<code>");
	fixture_assert_lacks(html[1], "<del>");
	fixture_assert_has(html[1],
			   "a|b`c`&lt;script&gt;alert(1)&lt;/script&gt;|`x` | y | [x](y)=~~z~~ *");
	fixture_assert_has(html[1],
			   "<a href=\"a%5D%28b%29%20%3Cc%3E.jsonl\">a](b) &lt;c&gt;.jsonl</a>");
	fixture_assert_has(html[1],
			   "<li>vm/`|&lt;b&gt;: `a` &lt;script&gt;b&lt;/script&gt; **c**</li>");
	assert_int_equal(count(html[0], "<a "), 1);
	assert_in_range(count(html[0], "<table>"), 5, 20);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (count(html[0], same[i]) != count(html[1], same[i]))
			fail_msg("%s: %zu times, and %zu with hostile names:\n%s", same[i],
				 count(html[0], same[i]), count(html[1], same[i]), html[1]);
	free(html[0]);
	free(html[1]);
}

/* Wherever a line begins, it is the same paragraph. */
static void test_prose(void **state)
{
	static const char *const words[] = {"#",  "##", "-", "+",   "*", "===", "---",
					    "1.", "1)", ">", "```", "|", ":-:"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char line[40], *text = NULL, *html, *at;

		snprintf(line, sizeof(line), "%s a %s b", words[i], words[i]);
		FIXTURE_WRITE(text, (markdown_prose(out, line), 0));
		at = strstr(text + 2, " a ");
		assert_non_null(at);
		at[2] = '\n';
		html = html_of(text);
		if (strncmp(html, "<p>", 3) != 0 || count(html, "<") != 2)
			fail_msg("%s is %s", text, html);
		free(html);
		free(text);
	}
}

/* Prose stays readable in the source. */
static void test_prose_unchanged(void **state)
{
	static const char plain[] = "In 2 of 3. kvm_pvm's x-y, 1.5 and #GP(0) - no: 12 = 3";
	char *text = NULL;

	(void)state;
	FIXTURE_WRITE(text, (markdown_prose(out, plain), 0));
	assert_string_equal(text, "In 2 of 3. kvm_pvm's x-y, 1.5 and #GP(0) \\- no: 12 \\= 3");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_prose),
		cmocka_unit_test(test_prose_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

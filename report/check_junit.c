/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/check.h"
#include "report/xml.h"

static void put_attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	xml_put(out, text);
	putc('"', out);
}

static void put_line(FILE *out, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "%s: ", label);
	xml_put(out, text);
	putc('\n', out);
}

static void put_failure(FILE *out, const struct check_set *set, const char *element,
			const struct check_verdict *verdict)
{
	char command[CHECK_COMMAND_SIZE];

	fprintf(out, "      <%s", element);
	put_attribute(out, "message", verdict->seen);
	fputs(">", out);
	put_line(out, "promised", verdict->title);
	put_line(out, "by", verdict->manual);
	put_line(out, "expected", verdict->expected);
	put_line(out, "seen", verdict->seen);
	put_line(out, "reproduce", check_command(set, verdict, command));
	fprintf(out, "</%s>\n", element);
}

/* JUnit knows no expected failure: what is known is skipped, with the fault as its message. */
static void put_known(FILE *out, const struct check_verdict *verdict)
{
	fputs("      <skipped", out);
	put_attribute(out, "message", verdict->why);
	fputs("/>\n      <system-out>", out);
	put_line(out, "expected", verdict->expected);
	put_line(out, "seen", verdict->seen);
	put_line(out, "by", verdict->manual);
	put_line(out, "described in", verdict->link);
	fputs("</system-out>\n", out);
}

static void put_property(FILE *out, const char *name, const char *value)
{
	if (!*value)
		return;
	fputs("      <property", out);
	put_attribute(out, "name", name);
	put_attribute(out, "value", value);
	fputs("/>\n", out);
}

/* Which machine this is, and whether all of it was run. */
static void put_properties(FILE *out, const struct check_set *set)
{
	fputs("    <properties>\n", out);
	put_property(out, "exitlab", set->program_version);
	put_property(out, "started", set->started);
	put_property(out, "substrate", substrate_name(set->machine.substrate));
	put_property(out, "processor", set->machine.cpu_model);
	put_property(out, "kernel", set->machine.kernel);
	put_property(out, "parameters", set->machine.kvm_parameters);
	put_property(out, "stopped", set->signal ? "by a signal: checks are missing" : "");
	fputs("    </properties>\n", out);
}

static void put_case(FILE *out, const struct check_set *set, const struct check_verdict *verdict)
{
	fputs("    <testcase", out);
	put_attribute(out, "classname", verdict->environment);
	put_attribute(out, "name", verdict->name);
	fprintf(out, " time=\"%.6f\">\n", verdict->seconds);
	if (verdict->status == STATUS_FAIL) {
		put_failure(out, set, "failure", verdict);
	} else if (verdict->status == STATUS_ERROR) {
		put_failure(out, set, "error", verdict);
	} else if (verdict->status == STATUS_KNOWN) {
		put_known(out, verdict);
	} else if (verdict->status != STATUS_OK) {
		fputs("      <skipped", out);
		put_attribute(out, "message", verdict->seen);
		fputs("/>\n", out);
	}
	fputs("    </testcase>\n", out);
}

static bool in_family(const struct check_verdict *verdict, const char *family, size_t length)
{
	return strcspn(verdict->name, "/") == length && !strncmp(verdict->name, family, length);
}

static void put_counts(FILE *out, const size_t counts[STATUS_COUNT], double seconds)
{
	size_t all = 0;

	for (unsigned i = 0; i < STATUS_COUNT; i++)
		all += counts[i];
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\"",
		all, counts[STATUS_FAIL], counts[STATUS_ERROR],
		counts[STATUS_SKIP] + counts[STATUS_KNOWN], seconds);
}

/* Returns where the next family begins. */
static size_t put_suite(FILE *out, const struct check_set *set, size_t first)
{
	const char *name = set->verdicts[first].name;
	size_t length = strcspn(name, "/"), end = first, counts[STATUS_COUNT] = {0};
	double seconds = 0;

	for (; end < set->n_verdicts && in_family(&set->verdicts[end], name, length); end++) {
		counts[set->verdicts[end].status]++;
		seconds += set->verdicts[end].seconds;
	}
	fprintf(out, "  <testsuite name=\"exitlab.%.*s\"", (int)length, name);
	put_counts(out, counts, seconds);
	fputs(">\n", out);
	put_properties(out, set);
	for (size_t i = first; i < end; i++)
		put_case(out, set, &set->verdicts[i]);
	fputs("  </testsuite>\n", out);
	return end;
}

int check_write_junit(FILE *out, const struct check_set *set, struct err *err)
{
	size_t counts[STATUS_COUNT];

	(void)err;
	check_set_count(set, counts);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"exitlab\"", out);
	put_counts(out, counts, set->seconds);
	fputs(">\n", out);
	for (size_t i = 0; i < set->n_verdicts;)
		i = put_suite(out, set, i);
	fputs("</testsuites>\n", out);
	return 0;
}

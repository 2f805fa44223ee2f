/* SPDX-License-Identifier: MIT */
/* Two dialects of the Test Anything Protocol: TAP 13, and the kernel's KTAP 1. */
#include <string.h>

#include "report/check.h"

/* Of text from elsewhere: neither a new line nor the sign that begins a directive, which TAP escapes. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			putc('\\', out);
		putc((unsigned char)*text < ' ' ? '?' : *text, out);
	}
}

/* KTAP knows no escapes. */
static void put_plain(FILE *out, const char *text)
{
	for (; *text; text++)
		putc(*text == '#' ? '.' : (unsigned char)*text < ' ' ? '?' : *text, out);
}

/* A string of YAML, in double quotes. */
static void put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc((unsigned char)*text < ' ' ? '?' : *text, out);
	}
	putc('"', out);
}

static void put_member(FILE *out, const char *key, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "  %s: ", key);
	put_quoted(out, text);
	putc('\n', out);
}

static void put_yaml(FILE *out, const struct check_set *set, const struct check_verdict *verdict)
{
	char command[CHECK_COMMAND_SIZE];

	fputs("  ---\n", out);
	put_member(out, "promised", verdict->title);
	put_member(out, "by", verdict->manual);
	put_member(out, "expected", verdict->expected);
	put_member(out, "seen", verdict->seen);
	put_member(out, "known", verdict->why);
	put_member(out, "link", verdict->link);
	put_member(out, "reproduce", check_command(set, verdict, command));
	fputs("  ...\n", out);
}

static bool is_bad(const struct check_verdict *verdict)
{
	return verdict->status == STATUS_FAIL || verdict->status == STATUS_ERROR;
}

int check_write_tap(FILE *out, const struct check_set *set, struct err *err)
{
	char id[CHECK_ID_SIZE];

	(void)err;
	fprintf(out, "TAP version 13\n1..%zu\n", set->n_verdicts);
	for (size_t i = 0; i < set->n_verdicts; i++) {
		const struct check_verdict *verdict = &set->verdicts[i];
		bool known = verdict->status == STATUS_KNOWN;

		fprintf(out, "%sok %zu - %s", is_bad(verdict) || known ? "not " : "", i + 1,
			check_id(verdict, id));
		if (verdict->status == STATUS_SKIP || known) {
			fputs(known ? " # TODO " : " # SKIP ", out);
			put_escaped(out, known ? verdict->why : verdict->seen);
		}
		putc('\n', out);
		if (is_bad(verdict) || known)
			put_yaml(out, set, verdict);
	}
	if (set->signal)
		fputs("Bail out! stopped by a signal\n", out);
	return 0;
}

static void put_diagnostic(FILE *out, const char *key, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "# %s: ", key);
	put_plain(out, text);
	putc('\n', out);
}

int check_write_ktap(FILE *out, const struct check_set *set, struct err *err)
{
	char id[CHECK_ID_SIZE], command[CHECK_COMMAND_SIZE];

	(void)err;
	fprintf(out, "KTAP version 1\n1..%zu\n", set->n_verdicts);
	for (size_t i = 0; i < set->n_verdicts; i++) {
		const struct check_verdict *verdict = &set->verdicts[i];
		bool known = verdict->status == STATUS_KNOWN;

		if (is_bad(verdict) || known) {
			put_diagnostic(out, "expected", verdict->expected);
			put_diagnostic(out, "seen", verdict->seen);
			put_diagnostic(out, "by", verdict->manual);
			put_diagnostic(out, "reproduce", check_command(set, verdict, command));
		}
		fprintf(out, "%sok %zu %s", is_bad(verdict) ? "not " : "", i + 1,
			check_id(verdict, id));
		if (verdict->status == STATUS_SKIP || known) {
			fputs(known ? " # XFAIL " : " # SKIP ", out);
			put_plain(out, known ? verdict->why : verdict->seen);
		}
		putc('\n', out);
	}
	return 0;
}

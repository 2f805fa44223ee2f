/* SPDX-License-Identifier: MIT */
/* The command line: what is understood, what is refused and in which words, and exit codes. */
#include "cli/options.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/environments.h"
#include "kvm-harness/environment.h"

static struct options options;
static struct err err;

static const struct command *command_of(const char *name)
{
	for (const struct command *command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	fail_msg("no command %s", name);
	return NULL;
}

static int parse(const char *command, const char *const *arguments)
{
	int n = 0;

	while (arguments[n])
		n++;
	memset(&options, 0xee, sizeof(options));
	memset(&err, 0, sizeof(err));
	return options_parse(command_of(command), n, (char **)arguments, &options, &err);
}
#define PARSE(command, ...) parse(command, (const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(int rc, const char *const *words)
{
	assert_int_equal(rc, -EINVAL);
	for (; *words; words++)
		if (!strstr(err.text, *words))
			fail_msg("'%s' is missing in: %s", *words, err.text);
	assert_null(strchr(err.text, '\n'));
}
#define REFUSED(rc, ...) assert_refused(rc, (const char *const[]){__VA_ARGS__, NULL})

/* ---- what is understood ---------------------------------------------------------------------- */

static void nothing_given(void **state)
{
	(void)state;
	assert_int_equal(parse("run", (const char *const[]){NULL}), 0);
	assert_int_equal(options.patterns.n, 0);
	assert_int_equal(options.excludes.n, 0);
	assert_null(options.environments);
	assert_null(options.output);
	assert_false(options.quick || options.strict || options.help);
	assert_false(options.seed_given || options.instances_given || options.precision_given ||
		     options.max_given);
}

static void values(void **state)
{
	(void)state;
	assert_int_equal(PARSE("run", "--env", "guest,native", "--instances=30", "-s", "7", "-p1%",
			       "--max-time", "2m", "--output=a=b", "--cpus", "3,2", "-m", "lab",
			       "--quick", "--strict", "-f", "csv"),
			 0);
	assert_string_equal(options.environments, "guest,native");
	assert_true(options.instances_given && options.instances == 30);
	assert_true(options.seed_given && options.seed == 7);
	assert_true(options.precision_given && options.precision == 0.01);
	assert_true(options.max_given && options.max_seconds == 120);
	assert_string_equal(options.output, "a=b");
	assert_string_equal(options.cpus, "3,2");
	assert_string_equal(options.machine_id, "lab");
	assert_string_equal(options.format, "csv");
	assert_true(options.quick && options.strict);
	assert_int_equal(options.patterns.n, 0);
}

/* The last one wins; an empty value is a value; what looks like an option may be one. */
static void unusual_values(void **state)
{
	(void)state;
	assert_int_equal(PARSE("run", "-s1", "-s", "2", "--output=", "--machine", "--quick"), 0);
	assert_int_equal(options.seed, 2);
	assert_string_equal(options.output, "");
	assert_string_equal(options.machine_id, "--quick");
	assert_false(options.quick);
	assert_int_equal(PARSE("run", "--seed=0x10"), 0);
	assert_int_equal(options.seed, 16);
	assert_int_equal(PARSE("run", "--seed=18446744073709551615"), 0);
	assert_true(options.seed == UINT64_MAX);
}

static void lists(void **state)
{
	const char *many[2 * LIST_MAX + 4] = {NULL};

	(void)state;
	assert_int_equal(PARSE("run", "exit/*", "-x", "*/hlt", "io/*", "--exclude=io/mmio-*"), 0);
	assert_int_equal(options.patterns.n, 2);
	assert_string_equal(options.patterns.items[0], "exit/*");
	assert_string_equal(options.patterns.items[1], "io/*");
	assert_int_equal(options.excludes.n, 2);
	assert_string_equal(options.excludes.items[0], "*/hlt");
	assert_string_equal(options.excludes.items[1], "io/mmio-*");

	for (unsigned i = 0; i < LIST_MAX; i++)
		many[i] = "a";
	assert_int_equal(parse("run", many), 0);
	assert_int_equal(options.patterns.n, LIST_MAX);
	many[LIST_MAX] = "a";
	REFUSED(parse("run", many), "512");
	/* A shell's *.jsonl is more. */
	assert_int_equal(parse("history", many), 0);
	assert_int_equal(options.patterns.n, LIST_MAX + 1);
	for (unsigned i = 0; i < LIST_MAX; i++)
		many[i] = "-xa";
	many[LIST_MAX] = NULL;
	assert_int_equal(parse("run", many), 0);
	many[LIST_MAX] = "-xa";
	REFUSED(parse("run", many), "--exclude", "512");
}

static void names_that_look_like_options(void **state)
{
	(void)state;
	assert_int_equal(PARSE("show", "-"), 0);
	assert_string_equal(options.patterns.items[0], "-");
	assert_int_equal(PARSE("show", "--all", "--", "--all", "-x", "--"), 0);
	assert_true(options.all);
	assert_int_equal(options.patterns.n, 3);
	assert_string_equal(options.patterns.items[0], "--all");
	assert_string_equal(options.patterns.items[2], "--");
}

static void shares_and_times(void **state)
{
	static const struct {
		const char *text;
		double value;
	} shares[] = {{"1%", 0.01}, {"0.01", 0.01},  {"100%", 1},
		      {"1", 1},	    {"0.5%", 0.005}, {"1e-3", 0.001}},
	  times[] = {{"90", 90}, {"90s", 90}, {"2m", 120}, {"0.5", 0.5}, {"1.5m", 90}};

	(void)state;
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		assert_int_equal(PARSE("run", "-p", shares[i].text), 0);
		assert_float_equal(options.precision, shares[i].value, 1e-12);
	}
	for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(PARSE("run", "-t", times[i].text), 0);
		assert_float_equal(options.max_seconds, times[i].value, 1e-9);
	}
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void bad_numbers(void **state)
{
	static const char *const numbers[] = {
		"", "x", "1x", "-1", " -1", "1.5", "18446744073709551616"};
	static const char *const shares[] = {"",    "x",   "0",	  "0%",	 "-1%", "101%",
					     "1.5", "1%%", "1 %", "nan", "inf", "1e999"};
	static const char *const times[] = {"", "x", "0", "-5", "5h", "5 m", "inf", "nan"};

	(void)state;
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		REFUSED(PARSE("run", "--seed", numbers[i]), "--seed", "whole number", numbers[i]);
		REFUSED(PARSE("run", "-n", numbers[i]), "--instances", "whole number");
	}
	for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		REFUSED(PARSE("run", "-p", shares[i]), "--precision", "1%", shares[i]);
	for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		REFUSED(PARSE("run", "-t", times[i]), "--max-time", "2m", times[i]);
}

static void unknown_options(void **state)
{
	(void)state;
	REFUSED(PARSE("run", "--presicion", "1%"), "run", "'--presicion'", "'--precision'");
	REFUSED(PARSE("run", "--quik"), "'--quik'", "'--quick'");
	/* The value is not part of the name. */
	REFUSED(PARSE("run", "--presicion=0.000000001"), "'--precision'");
	REFUSED(PARSE("run", "--qqqqqqqqqqqqqqqqq"), "exitlab run --help");
	REFUSED(PARSE("run", "-z"), "'-z'", "exitlab run --help");
	/* An option of another command. */
	REFUSED(PARSE("show", "--quick"), "show", "'--quick'");
	REFUSED(PARSE("list", "-o", "file"), "list", "'-o'");
	REFUSED(PARSE("run", "--=5"), "'--=5'");
	/* Not an abbreviation either: a later option could make it ambiguous. */
	REFUSED(PARSE("run", "--qui"), "'--quick'");
}

static void missing_values(void **state)
{
	(void)state;
	REFUSED(PARSE("run", "--seed"), "--seed", "value", "N");
	REFUSED(PARSE("run", "exit/*", "-o"), "--output", "FILE");
	REFUSED(PARSE("run", "--quick=yes"), "--quick", "no value", "yes");
	REFUSED(PARSE("run", "-qx"), "--quick", "no value");
}

/* ---- help ------------------------------------------------------------------------------------ */

static char *text_of(void (*write)(FILE *, const struct command *), const struct command *command)
{
	static char *text;
	static size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write(out, command);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void write_general(FILE *out, const struct command *command)
{
	(void)command;
	options_help(out);
}

static void assert_fits(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		column = *text == '\n' ? 0 : column + 1;
		assert_true(column <= 100);
	}
}

/* Everything that the issue and the README promise, by command. */
static const struct {
	const char *command;
	const char *options[20];
} promised[] = {
	{"run",
	 {"--exclude", "--env", "--quick", "--instances", "--precision", "--max-time", "--seed",
	  "--cpus", "--strict", "--format", "--output", "--machine", "--help"}},
	{"list", {"--exclude", "--env", "--help"}},
	{"show", {"--format", "--help"}},
	{"plot", {"--output", "--operation", "--env", "--help"}},
	{"report", {"--output", "--format", "--template", "--author", "--title", "--name", "--pictures", "--help"}},
	{"doctor", {"--help"}},
};

static bool takes(const char *command, const char *option)
{
	/* Known options are never called unknown, whatever their value should be. */
	PARSE(command, option);
	return !strstr(err.text, "has no option");
}

static void help_and_parser_agree(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(promised) / sizeof(promised[0]); i++) {
		const struct command *command = command_of(promised[i].command);
		char *text = text_of(options_help_command, command);
		char *at;

		assert_fits(text);
		assert_non_null(strstr(text, command->name));
		for (unsigned j = 0; promised[i].options[j]; j++) {
			assert_true(takes(command->name, promised[i].options[j]));
			if (!strstr(text, promised[i].options[j]))
				fail_msg("%s --help does not mention %s", command->name,
					 promised[i].options[j]);
		}
		/* And the other way: what is in the text, at the start of a line, is taken. */
		for (at = strchr(text, '\n'); at; at = strchr(at + 1, '\n')) {
			char name[48], letter[3];

			if (sscanf(at, "\n -%1[a-z], --%38[a-z-]", letter + 1, name + 2) == 2) {
				letter[0] = '-';
				assert_true(takes(command->name, letter));
			} else if (sscanf(at, "\n --%37[a-z-]", name + 2) != 1) {
				continue;
			}
			memcpy(name, "--", 2);
			if (!takes(command->name, name))
				fail_msg("%s does not take %s", command->name, name);
		}
		free(text);
	}
}

static void help_wins_nothing_else(void **state)
{
	(void)state;
	for (const struct command *command = commands; command->name; command++) {
		assert_int_equal(PARSE(command->name, "-h"), 0);
		assert_true(options.help);
		assert_int_equal(PARSE(command->name, "--help"), 0);
		assert_true(options.help);
	}
}

static void general_help(void **state)
{
	static const char *const codes[] = {"0", "1", "2", "3", "4", "77", "130/143"};
	char *text = text_of(write_general, NULL);
	const char *status = strstr(text, "exit status");

	(void)state;
	assert_fits(text);
	for (const struct command *command = commands; command->name; command++) {
		assert_non_null(strstr(text, command->name));
		assert_non_null(strstr(text, command->summary));
		assert_non_null(command->run);
		for (const struct command *other = command + 1; other->name; other++) {
			assert_string_not_equal(command->name, other->name);
			assert_int_equal(command->bit & other->bit, 0);
		}
	}
	assert_non_null(status);
	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_non_null(strstr(status, codes[i]));
	free(text);
}

/* ---- lists in values ------------------------------------------------------------------------- */

static void environment_lists(void **state)
{
	unsigned bits = 0;

	(void)state;
	assert_int_equal(environments_parse(NULL, &bits, &err), 0);
	for (unsigned i = 0; environments[i]; i++)
		assert_true(bits & environments[i]->bit);
	assert_int_equal(environments_parse("native", &bits, &err), 0);
	assert_int_equal(bits, ENV_NATIVE);
	assert_int_equal(environments_parse("real16,guest-user,prot32", &bits, &err), 0);
	assert_int_equal(bits, ENV_REAL16 | ENV_GUEST_USER | ENV_PROT32);
	REFUSED(environments_parse("nativ", &bits, &err), "'nativ'", "'native'");
	REFUSED(environments_parse("guest,", &bits, &err), "--env");
	REFUSED(environments_parse("qqqqqqqqqqqq", &bits, &err), "--help");
	REFUSED(environments_parse("native,native,native,native,native,native,native,native,native,"
				   "native,native,native,native,native,native,native,native,native,"
				   "native",
				   &bits, &err),
		"--env", "too long");
}

static void cpu_lists(void **state)
{
	int cpus[4], first = 0;
	char text[48];
	cpu_set_t allowed;
	unsigned n;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	while (!CPU_ISSET(first, &allowed))
		first++;
	assert_int_equal(cpus_parse(NULL, cpus, 4, &n, &err), 0);
	assert_in_range(n, 1, 4);
	for (unsigned i = 0; i < n; i++) {
		assert_true(CPU_ISSET(cpus[i], &allowed));
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(cpus[i], cpus[j]);
	}
	snprintf(text, sizeof(text), "%d", first);
	assert_int_equal(cpus_parse(text, cpus, 4, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(cpus[0], first);
	REFUSED(cpus_parse("x", cpus, 4, &n, &err), "--cpus", "'x'");
	REFUSED(cpus_parse("1-3", cpus, 4, &n, &err), "--cpus");
	REFUSED(cpus_parse("-1", cpus, 4, &n, &err), "--cpus");
	REFUSED(cpus_parse("1000000", cpus, 4, &n, &err), "--cpus", "taskset");
	snprintf(text, sizeof(text), "%d,%d", first, first);
	REFUSED(cpus_parse(text, cpus, 4, &n, &err), "--cpus", "twice");
	snprintf(text, sizeof(text), "%d", first);
	REFUSED(cpus_parse(text, cpus, 0, &n, &err), "--cpus", "more than 0");
}

/* ---- exit codes ------------------------------------------------------------------------------ */

static int code_of(const enum status *statuses, size_t n, int signal, bool strict)
{
	struct result results[8];
	struct result_set set = {.results = results, .n_results = n};

	memset(results, 0, sizeof(results));
	for (size_t i = 0; i < n; i++)
		results[i].status = statuses[i];
	set.run.signal = signal;
	return outcome_code(&set, strict);
}
#define CODE_OF(signal, strict, ...)                \
	code_of((const enum status[]){__VA_ARGS__}, \
		sizeof((const enum status[]){__VA_ARGS__}) / sizeof(enum status), signal, strict)

static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(CODE_OF(0, false, STATUS_OK, STATUS_OK), 0);
	assert_int_equal(CODE_OF(0, false, STATUS_OK, STATUS_SKIP), 0);
	assert_int_equal(CODE_OF(0, false, STATUS_OK, STATUS_KNOWN), 0);
	assert_int_equal(CODE_OF(0, true, STATUS_OK, STATUS_OK), 0);
	assert_int_equal(CODE_OF(0, true, STATUS_OK, STATUS_KNOWN), 1);
	assert_int_equal(CODE_OF(0, false, STATUS_UNSTABLE, STATUS_OK), 4);
	assert_int_equal(CODE_OF(0, false, STATUS_UNSTABLE, STATUS_ERROR), 3);
	assert_int_equal(CODE_OF(0, false, STATUS_FAIL, STATUS_ERROR, STATUS_UNSTABLE), 1);
	assert_int_equal(CODE_OF(0, false, STATUS_SKIP, STATUS_SKIP), 77);
	assert_int_equal(CODE_OF(0, false, STATUS_SKIP, STATUS_KNOWN), 0);
	/* A signal says more than what was measured until then. */
	assert_int_equal(CODE_OF(2, false, STATUS_FAIL, STATUS_OK), 130);
	assert_int_equal(CODE_OF(15, false, STATUS_SKIP, STATUS_SKIP), 143);
}

static void formats(void **state)
{
	static const char *const both[] = {"table", "csv", "csv-long", "json", "gobench", "openmetrics"},
				*const show[] = {"markdown", "legs"};
	FILE *kept = stderr;
	char *text = NULL;
	size_t size;

	(void)state;
	stderr = open_memstream(&text, &size);
	assert_int_equal(output_check(NULL, COMMAND_RUN), CODE_OK);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(output_check(both[i], COMMAND_RUN), CODE_OK);
		assert_int_equal(output_check(both[i], COMMAND_LAB), CODE_OK);
		assert_int_equal(output_check(both[i], COMMAND_SHOW), CODE_OK);
	}
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(output_check(show[i], COMMAND_SHOW), CODE_OK);
	fflush(stderr);
	assert_int_equal(size, 0);
	assert_int_equal(output_check("markdown", COMMAND_RUN), CODE_USAGE);
	assert_int_equal(output_check("gobench", COMMAND_TRACE), CODE_USAGE);
	assert_int_equal(output_check("xml", COMMAND_SHOW), CODE_USAGE);
	fclose(stderr);
	stderr = kept;
	assert_non_null(strstr(text, "'xml' is not one of table, csv, csv-long, json, gobench, openmetrics, markdown, legs"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given),
		cmocka_unit_test(values),
		cmocka_unit_test(unusual_values),
		cmocka_unit_test(lists),
		cmocka_unit_test(names_that_look_like_options),
		cmocka_unit_test(shares_and_times),
		cmocka_unit_test(bad_numbers),
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(missing_values),
		cmocka_unit_test(help_and_parser_agree),
		cmocka_unit_test(help_wins_nothing_else),
		cmocka_unit_test(general_help),
		cmocka_unit_test(environment_lists),
		cmocka_unit_test(cpu_lists),
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * usage: manual exitlab.1 | exitlab-operations.7 | exitlab-results.5 SCHEMA | completion
 * Prints a page of the manual, or the completion for bash, from the program's own tables: its
 * commands and options, the registered operations, and datasets/schema.json.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/environment.h"

/* Text of ours as roff's: nothing of it is a request, and a hyphen is one that can be copied. */
static void text(const char *at)
{
	bool line_begins = true;

	for (; *at; at++) {
		if (line_begins && (*at == '.' || *at == '\''))
			fputs("\\&", stdout);
		line_begins = *at == '\n';
		if (*at == '\\')
			fputs("\\e", stdout);
		else if (*at == '-')
			fputs("\\-", stdout);
		else
			putchar(*at);
	}
}

static void paragraph(const char *what)
{
	puts(".PP");
	text(what);
	putchar('\n');
}

static void heading(const char *page, const char *section, const char *what)
{
	printf(".TH %s %s \"\" \"exitlab %s\" \"exitlab\"\n.SH NAME\n%s \\- ", page, section,
	       EXITLAB_VERSION, page);
	text(what);
	putchar('\n');
}

/* ---- exitlab(1) ---- */

static void option(const struct option_text *option)
{
	puts(".TP");
	if (option->letter)
		printf("\\fB\\-%c\\fR, ", option->letter);
	fputs("\\fB\\-\\-", stdout);
	text(option->name);
	fputs("\\fR", stdout);
	if (option->argument)
		printf(" \\fI%s\\fR", option->argument);
	putchar('\n');
	text(option->help);
	putchar('\n');
}

/* Lines as they are. */
static void more(const struct command *command)
{
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	if (!out)
		return;
	command->more(out);
	fclose(out);
	puts(".PP\n.nf");
	text(lines);
	puts(".fi");
	free(lines);
}

static void command_section(const struct command *command)
{
	struct option_text each;

	printf(".SS exitlab %s [\\fIOPTIONS\\fR]", command->name);
	if (*command->arguments) {
		putchar(' ');
		text(command->arguments);
	}
	putchar('\n');
	text(command->text ? command->text : command->summary);
	putchar('\n');
	for (unsigned i = 0; options_text(command, i, &each); i++)
		option(&each);
	if (command->more)
		more(command);
}

static void program_page(void)
{
	heading("exitlab", "1", "what a hypervisor's exits cost, with proof that they happened");
	puts(".SH SYNOPSIS\n.B exitlab\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]");
	puts(".SH DESCRIPTION");
	text(options_purpose);
	puts("\n.PP\nNames of operations are family/operation; "
	     "patterns are those of a shell: \\(aqexit/*\\(aq.\n"
	     ".BR exitlab\\-operations (7)\nlists them.");
	puts(".SH COMMANDS");
	for (const struct command *command = commands; command->name; command++)
		command_section(command);
	puts(".SH EXIT STATUS");
	for (const struct exit_status_text *status = options_exit_status; status->text; status++) {
		printf(".TP\n.B %s\n", status->code);
		text(status->text);
		putchar('\n');
	}
	puts(".SH FILES\n.TP\n.I /dev/kvm\nGuests need it, with permission to read and write. "
	     "Everything else is optional: tracepoints (root, or CAP_PERFMON) prove exit reasons.\n"
	     ".SH EXAMPLES\n.TP\n.B exitlab run \\-\\-quick\nA first look at this machine.\n.TP\n"
	     ".B exitlab run \\(aqio/*\\(aq \\-\\-precision 1% \\-\\-output io.jsonl\n"
	     "One family until its intervals are narrow; everything is kept in a file.\n.TP\n"
	     ".B exitlab lab \\-\\-host intel \\-\\-profile exit/cpuid\n"
	     "Where KVM's instructions for a CPUID go, on an emulated host with VT\\-x.\n"
	     ".SH SEE ALSO\n.BR exitlab\\-operations (7),\n.BR exitlab\\-results (5)");
}

/* ---- exitlab-operations(7) ---- */

static void operation(const struct benchmark *benchmark)
{
	puts(".TP");
	fputs("\\fB", stdout);
	text(benchmark->name);
	fputs("\\fR", stdout);
	for (unsigned i = 0; i < BENCHMARK_AXES && benchmark->axes[i].name; i++) {
		printf(" \\fI%s\\fR=", benchmark->axes[i].name);
		for (unsigned j = 0; j < BENCHMARK_PARAMS && benchmark->axes[i].values[j].label;
		     j++)
			printf("%s%s", j ? "|\\:" : "", benchmark->axes[i].values[j].label);
	}
	putchar('\n');
	text(benchmark->title);
	fputs(".\n", stdout);
	if (benchmark->what) {
		text(benchmark->what);
		putchar('\n');
	}
	fputs("In:", stdout);
	for (unsigned e = 0, n = 0; environments[e]; e++)
		if (environments[e]->bit & benchmark->environments) {
			fputs(n++ ? ", " : " ", stdout);
			text(environments[e]->name);
		}
	puts(".");
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct benchmark *const *)a)->name,
		      (*(const struct benchmark *const *)b)->name);
}

static int operations_page(void)
{
	size_t n = benchmark_count();
	const struct benchmark **all = calloc(n, sizeof(*all));

	if (!all)
		return 3;
	for (size_t i = 0; i < n; i++)
		all[i] = benchmark_get(i);
	qsort(all, n, sizeof(*all), by_name);
	heading("exitlab-operations", "7", "the operations that exitlab measures");
	puts(".SH DESCRIPTION\nEach operation is machine code that runs in some of these "
	     "environments, "
	     "the same bytes in each:");
	for (unsigned e = 0; environments[e]; e++) {
		fputs(".TP\n.B ", stdout);
		text(environments[e]->name);
		putchar('\n');
		text(environments[e]->title);
		putchar('\n');
	}
	puts(".SH OPERATIONS");
	for (size_t i = 0; i < n; i++)
		operation(all[i]);
	puts(".SH SEE ALSO\n.BR exitlab (1)");
	free(all);
	return 0;
}

/* ---- exitlab-results(5) ---- */

static const char *described(const json_t *schema, const json_t *value)
{
	const json_t *definition = value;
	const char *said = json_string_value(json_object_get(value, "description"));
	const char *reference = json_string_value(json_object_get(value, "$ref"));

	if (!said && reference) {
		definition = json_object_get(json_object_get(schema, "$defs"),
					     strrchr(reference, '/') + 1);
		said = json_string_value(json_object_get(definition, "description"));
	}
	return said ? said : "";
}

static void members(const json_t *schema, json_t *definition)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(definition, "properties"), key, value)
	{
		const char *said = described(schema, value);
		const char *type = json_string_value(json_object_get(value, "type"));
		const char *reference = json_string_value(json_object_get(value, "$ref"));

		if (!strcmp(key, "type")) /* the record's name */
			continue;
		fputs(".TP\n.B ", stdout);
		text(key);
		putchar('\n');
		text(*said	 ? said
		     : reference ? strrchr(reference, '/') + 1
		     : type	 ? type
				 : "see the schema");
		putchar('\n');
	}
}

static int results_page(const char *path)
{
	json_error_t error;
	json_t *schema = path ? json_load_file(path, 0, &error) : NULL;
	json_t *definition;
	const char *name;

	if (!schema) {
		fprintf(stderr, "manual: %s: %s\n", path ? path : "no schema was given",
			path ? error.text : "exitlab-results.5 wants its path");
		return 3;
	}
	heading("exitlab-results", "5", "result files of exitlab");
	puts(".SH DESCRIPTION");
	text(json_string_value(json_object_get(schema, "description")));
	puts("\n.SH RECORDS");
	json_object_foreach(json_object_get(schema, "$defs"), name, definition)
	{
		if (!json_object_get(json_object_get(definition, "properties"), "schema_version"))
			continue;
		fputs(".SS ", stdout);
		text(name);
		putchar('\n');
		text(described(schema, definition));
		putchar('\n');
		members(schema, definition);
	}
	paragraph("Members that are objects, and all limits of values, are in the schema, "
		  "datasets/schema.json.");
	puts(".SH SEE ALSO\n.BR exitlab (1)");
	json_decref(schema);
	return 0;
}

/* ---- completion ---- */

static void completion(void)
{
	struct option_text each;

	puts("# Completion of exitlab for bash, made from the program's own table of options.\n"
	     "_exitlab()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD "
	     "- 1]}\n"
	     "\tlocal command=${COMP_WORDS[1]} options=\n");
	fputs("\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '",
	      stdout);
	for (const struct command *command = commands; command->name; command++)
		printf("%s ", command->name);
	puts("--help --version' -- \"$word\")\n\t\treturn\n\tfi");
	puts("\tcase $before in\n"
	     "\t--host) options='intel amd' ;;\n"
	     "\t--format | -f) options='table csv csv-long json gobench openmetrics markdown legs text junit tap ktap github' ;;\n"
	     "\t--mitigations) options='off auto' ;;\n"
	     "\t--env | -e) options=$(exitlab list --all 2> /dev/null | sed -n 's/^ *in: //p' | "
	     "tr ' ' '\\n' | sort -u) ;;\n"
	     "\t--cpu-model) options=$(exitlab lab --list-models 2> /dev/null | "
	     "sed -n 's/ *20[0-9][0-9] .*//p') ;;\n"
	     "\t--output | -o | --kernel | --modules | --emulator | --folded | --picture | --policy | --prices)\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n\t\treturn\n\t\t;;\n\tesac\n"
	     "\tif [ -n \"$options\" ]; then\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- "
	     "\"$word\")\n\t\treturn\n\tfi");
	puts("\tcase $command in");
	for (const struct command *command = commands; command->name; command++) {
		printf("\t%s) options='", command->name);
		for (unsigned i = 0; options_text(command, i, &each); i++)
			printf("%s--%s", i ? " " : "", each.name);
		puts("' ;;");
	}
	puts("\tesac\n"
	     "\tcase $word in\n"
	     "\t-*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\") ;;\n"
	     "\t*)\n\t\tcase $command:$COMP_CWORD in\n"
	     "\t\thistory:2) mapfile -t COMPREPLY < <(compgen -W 'add list alarms plot' -- "
	     "\"$word\") ;;\n"
	     "\t\trun:* | list:*) mapfile -t COMPREPLY < <(compgen -W "
	     "\"$(exitlab list 2> /dev/null | cut -d' ' -f1)\" -- \"$word\") ;;\n"
	     "\t\t*) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
	     "\t\tesac\n\t\t;;\n\tesac\n}\ncomplete -F _exitlab exitlab");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int code = 0;

	if (!strcmp(what, "exitlab.1")) {
		program_page();
	} else if (!strcmp(what, "exitlab-operations.7")) {
		code = operations_page();
	} else if (!strcmp(what, "exitlab-results.5")) {
		code = results_page(argc > 2 ? argv[2] : NULL);
	} else if (!strcmp(what, "completion")) {
		completion();
	} else {
		fputs("usage: manual exitlab.1 | exitlab-operations.7 | exitlab-results.5 SCHEMA | "
		      "completion\n",
		      stderr);
		return 2;
	}
	if (fflush(stdout) || ferror(stdout)) {
		perror("manual");
		code = 3;
	}
	return code;
}

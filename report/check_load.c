/* SPDX-License-Identifier: MIT */
/* Verdicts of checks, read back from what report/check_json.c wrote. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/check.h"
#include "report/json_get.h"
#include "report/json_record.h"

struct loader {
	struct check_set *set;
	bool begun;
	size_t room, texts_room;
};

/* Room for one more of n elements; the array may move. */
static int grow(void **array, size_t n, size_t *room, size_t size)
{
	void *larger;

	if (n < *room)
		return 0;
	*room = *room ? 2 * *room : 256;
	larger = realloc(*array, *room * size);
	if (!larger)
		return -ENOMEM;
	*array = larger;
	return 0;
}

static const char *keep(struct loader *loader, const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));
	struct check_set *set = loader->set;

	if (!text || grow((void **)&set->texts, set->n_texts, &loader->texts_room, sizeof(*set->texts)))
		return "";
	set->texts[set->n_texts] = strdup(text);
	return set->texts[set->n_texts] ? set->texts[set->n_texts++] : "";
}

/* Absent: it stays empty. */
static void optional(const json_t *record, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(record, key));

	if (text)
		snprintf(to, size, "%s", text);
}

static int take_whole(struct loader *loader, const json_t *record, struct err *err)
{
	struct check_set *set = loader->set;

	if (loader->begun)
		return err_set(err, EPROTO, "a second run of checks begins here; a file holds one");
	loader->begun = true;
	optional(record, "program_version", set->program_version, sizeof(set->program_version));
	optional(record, "started", set->started, sizeof(set->started));
	set->stress_seconds = json_number_value(json_object_get(record, "stress_seconds"));
	set->signal = (int)json_integer_value(json_object_get(record, "signal"));
	set->seconds = json_number_value(json_object_get(record, "seconds"));
	return json_machine_get(json_object_get(record, "machine"), &set->machine, err);
}

static int take_verdict(struct loader *loader, const json_t *record, struct err *err)
{
	struct check_set *set = loader->set;
	struct check_verdict verdict = {0};
	char status[16];
	int parsed, rc;

	rc = json_get_text(record, "name", verdict.name, sizeof(verdict.name), err);
	if (!rc)
		rc = json_get_text(record, "environment", verdict.environment, sizeof(verdict.environment), err);
	if (!rc)
		rc = json_get_text(record, "status", status, sizeof(status), err);
	if (rc)
		return rc;
	parsed = status_parse(status);
	if (parsed < 0)
		return json_bad("status", err);
	verdict.status = (enum status)parsed;
	verdict.title = keep(loader, record, "title");
	verdict.manual = keep(loader, record, "manual");
	optional(record, "expected", verdict.expected, sizeof(verdict.expected));
	optional(record, "seen", verdict.seen, sizeof(verdict.seen));
	optional(record, "why", verdict.why, sizeof(verdict.why));
	optional(record, "link", verdict.link, sizeof(verdict.link));
	verdict.runs = (unsigned)json_integer_value(json_object_get(record, "runs"));
	verdict.failures = (unsigned)json_integer_value(json_object_get(record, "failures"));
	verdict.seconds = json_number_value(json_object_get(record, "seconds"));
	if (grow((void **)&set->verdicts, set->n_verdicts, &loader->room, sizeof(*set->verdicts)))
		return err_set(err, ENOMEM, "no memory for the verdicts");
	set->verdicts[set->n_verdicts++] = verdict;
	return 0;
}

static int take(void *data, const char *type, const json_t *record, struct err *err)
{
	struct loader *loader = data;

	if (!strcmp(type, "checks"))
		return take_whole(loader, record, err);
	if (!loader->begun)
		return err_set(err, EPROTO, "begins with a record of type \"%.40s\", not \"checks\"", type);
	return strcmp(type, "check") ? 0 : take_verdict(loader, record, err);
}

int check_read(const char *path, struct check_set *set, struct err *err)
{
	struct loader loader = {.set = set};

	*set = (struct check_set){0};
	return json_records_read(path, take, &loader, err);
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "report/differ.h"
#include "report/json_put.h"
#include "report/json_record.h"

static int put_place(json_t *places, const struct differ_place *place, struct err *err)
{
	json_t *object = json_object();
	int ret;

	if (!object || json_array_append_new(places, object))
		return err_set(err, ENOMEM, "no memory for JSON");
	ret = json_put_text(object, "name", place->name, err);
	if (*place->skipped)
		return ret ? ret : json_put_text(object, "skipped", place->skipped, err);
	if (!ret)
		ret = json_put_u64(object, "sequences", place->sequences, err);
	if (!ret)
		ret = json_put_u64(object, "to_the_end", place->to_the_end, err);
	if (!ret)
		ret = json_put_u64(object, "runs", place->runs, err);
	if (!ret)
		ret = json_put_real(object, "seconds", place->seconds, err);
	if (!ret && place->vms)
		ret = json_put_u64(object, "vms", place->vms, err);
	return ret;
}

static int put_places(json_t *record, const struct differ_set *set, struct err *err)
{
	json_t *places = json_array();
	int ret = json_put(record, "environments", places, err);

	for (unsigned i = 0; i < set->n_places && !ret; i++)
		ret = put_place(places, &set->places[i], err);
	return ret;
}

static int write_whole(FILE *out, const struct differ_set *set, struct err *err)
{
	const struct {
		const char *key;
		uint64_t value;
	} numbers[] = {
		{"length", set->length},
		{"sequences", set->sequences},
		{"differing", set->differing},
		{"unknown", set->n_findings - differ_set_count(set, STATUS_KNOWN)},
		{"known", differ_set_count(set, STATUS_KNOWN)},
		{"left_out", set->left_out},
		{"not_listed", set->not_listed},
	};
	json_t *record = json_record("differ", err);
	int ret;

	if (!record)
		return -ENOMEM;
	ret = json_put_text(record, "program_version", set->program_version, err);
	if (!ret)
		ret = json_put_text(record, "started", set->started, err);
	if (!ret)
		ret = json_put_hex(record, "seed", set->seed, err);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !ret; i++)
		ret = json_put_u64(record, numbers[i].key, numbers[i].value, err);
	if (!ret)
		ret = json_put_real(record, "seconds", set->seconds, err);
	if (!ret && set->signal)
		ret = json_put(record, "signal", json_integer(set->signal), err);
	if (!ret)
		ret = put_places(record, set, err);
	if (!ret && set->only)
		ret = json_put_text(record, "sequence", set->only, err);
	if (!ret)
		ret = json_put(record, "machine", json_machine(&set->machine), err);
	return json_record_write(out, record, ret, err);
}

static int write_finding(FILE *out, const struct differ_set *set,
			 const struct differ_finding *finding, struct err *err)
{
	char command[DIFFER_COMMAND_SIZE];
	const struct {
		const char *key, *text;
	} texts[] = {
		{"status", status_name(finding->status)},
		{"reference", finding->reference},
		{"environment", finding->environment},
		{"differs", finding->differs},
		{"code", finding->code},
		{"start", finding->start},
		{"wanted", finding->wanted},
		{"seen", finding->seen},
		{"rules", finding->rules},
		{"why", finding->why},
		{"link", finding->link},
		{"command", differ_command(set, finding, command)},
	};
	json_t *record = json_record("difference", err);
	int ret = 0;

	if (!record)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !ret; i++)
		if (texts[i].text)
			ret = json_put_text(record, texts[i].key, texts[i].text, err);
	if (!ret)
		ret = json_put_u64(record, "number", finding->number, err);
	if (!ret)
		ret = json_put_u64(record, "sequences", finding->sequences, err);
	return json_record_write(out, record, ret, err);
}

int differ_write_json(FILE *out, const struct differ_set *set, struct err *err)
{
	int ret = write_whole(out, set, err);

	for (size_t i = 0; i < set->n_findings && !ret; i++)
		ret = write_finding(out, set, &set->findings[i], err);
	return ret;
}

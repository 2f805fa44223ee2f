/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "report/check.h"
#include "report/json_put.h"
#include "report/json_record.h"

static int write_whole(FILE *out, const struct check_set *set, struct err *err)
{
	json_t *record = json_record("checks", err);
	int ret;

	if (!record)
		return -ENOMEM;
	ret = json_put_text(record, "program_version", set->program_version, err);
	if (!ret)
		ret = json_put_text(record, "started", set->started, err);
	if (!ret)
		ret = json_put_real(record, "seconds", set->seconds, err);
	if (!ret && set->stress_seconds > 0)
		ret = json_put_real(record, "stress_seconds", set->stress_seconds, err);
	if (!ret && set->stress_seconds > 0)
		ret = json_put_hex(record, "seed", set->seed, err);
	if (!ret && set->signal)
		ret = json_put(record, "signal", json_integer(set->signal), err);
	if (!ret)
		ret = json_put(record, "machine", json_machine(&set->machine), err);
	return json_record_write(out, record, ret, err);
}

static int write_verdict(FILE *out, const struct check_verdict *verdict, struct err *err)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{"name", verdict->name},
		{"environment", verdict->environment},
		{"title", verdict->title},
		{"manual", verdict->manual},
		{"status", status_name(verdict->status)},
		{"expected", verdict->expected},
		{"seen", verdict->seen},
		{"why", verdict->why},
		{"link", verdict->link},
	};
	json_t *record = json_record("check", err);
	int ret = 0;

	if (!record)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !ret; i++)
		ret = json_put_text(record, texts[i].key, texts[i].text, err);
	if (!ret)
		ret = json_put_u64(record, "runs", verdict->runs, err);
	if (!ret)
		ret = json_put_u64(record, "failures", verdict->failures, err);
	if (!ret)
		ret = json_put_real(record, "seconds", verdict->seconds, err);
	return json_record_write(out, record, ret, err);
}

int check_write_json(FILE *out, const struct check_set *set, struct err *err)
{
	int ret = write_whole(out, set, err);

	for (size_t i = 0; i < set->n_verdicts && !ret; i++)
		ret = write_verdict(out, &set->verdicts[i], err);
	return ret;
}

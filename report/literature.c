/* SPDX-License-Identifier: MIT */
#include "report/literature.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_get.h"

#define OLDEST 1960
#define NEWEST 2100

static int in_front(const char *id, int rc, struct err *err)
{
	char text[sizeof(err->text)];

	if (!rc)
		return 0;
	snprintf(text, sizeof(text), "%s", err->text);
	return err_set(err, -rc, "%.64s: %.800s", id, text);
}

static int get_year(const json_t *object, const char *key, unsigned *year, struct err *err)
{
	uint64_t value;
	int rc = json_get_u64(object, key, &value, err);

	if (!rc && (value < OLDEST || value > NEWEST))
		rc = json_bad(key, err);
	*year = rc ? 0 : (unsigned)value;
	return rc;
}

/* A text that must not be empty. */
static int get_words(const json_t *object, const char *key, char *to, size_t size, struct err *err)
{
	int rc = json_get_text(object, key, to, size, err);

	return rc ? rc : *to ? 0 : json_bad(key, err);
}

/* One that may be left out, but not be something else. */
static int get_optional(const json_t *object, const char *key, char *to, size_t size,
			struct err *err)
{
	*to = '\0';
	return json_object_get(object, key) ? get_words(object, key, to, size, err) : 0;
}

#define WORDS(object, key, member)    get_words(object, key, member, sizeof(member), err)
#define OPTIONAL(object, key, member) get_optional(object, key, member, sizeof(member), err)

static int read_source(const char *id, const json_t *object, struct literature_source *source,
		       struct err *err)
{
	int rc;

	snprintf(source->id, sizeof(source->id), "%s", id);
	rc = WORDS(object, "authors", source->authors);
	if (!rc)
		rc = WORDS(object, "title", source->title);
	if (!rc)
		rc = WORDS(object, "venue", source->venue);
	if (!rc)
		rc = get_year(object, "year", &source->year, err);
	return in_front(id, rc, err);
}

static int read_sources(const json_t *sources, struct literature *literature, struct err *err)
{
	const char *id;
	json_t *object;
	int rc = 0;

	literature->sources = calloc(json_object_size(sources) + 1, sizeof(*literature->sources));
	if (!literature->sources)
		return err_set(err, ENOMEM, "no memory for published figures");
	json_object_foreach((json_t *)sources, id, object)
	{
		if (!rc)
			rc = read_source(id, object, &literature->sources[literature->n_sources++],
					 err);
	}
	return rc;
}

static int find_source(const json_t *object, const char *key, const struct literature *literature,
		       size_t *source, struct err *err)
{
	char id[32];
	int rc = WORDS(object, key, id);

	for (*source = 0; !rc && *source < literature->n_sources; (*source)++)
		if (!strcmp(literature->sources[*source].id, id))
			return 0;
	return rc ? rc : err_set(err, EPROTO, "\"%s\": there is no source '%s'", key, id);
}

static int get_seen(const json_t *object, struct literature_figure *figure, struct err *err)
{
	static const char *const names[] = {"source", "quoted", "memory"};
	const json_t *verified = json_object_get(object, "verified");
	char text[16];
	int rc = WORDS(object, "seen", text);

	if (rc)
		return rc;
	if (!json_is_boolean(verified))
		return json_bad("verified", err);
	figure->verified = json_is_true(verified);
	for (int i = 0; i < 3; i++)
		if (!strcmp(names[i], text)) {
			figure->seen = (enum literature_seen)i;
			/* What nobody has seen is not verified, and the other way round. */
			return figure->verified == (i != SEEN_MEMORY) ? 0
								      : json_bad("verified", err);
		}
	return json_bad("seen", err);
}

static int get_quoted_in(const json_t *object, const struct literature *literature,
			 struct literature_figure *figure, struct err *err)
{
	if (figure->seen == SEEN_QUOTED)
		return find_source(object, "quoted_in", literature, &figure->quoted_in, err);
	figure->quoted_in = figure->source;
	return json_object_get(object, "quoted_in") ? json_bad("quoted_in", err) : 0;
}

static int get_values(const json_t *object, struct literature_figure *figure, struct err *err)
{
	int rc = json_get_real(object, "value", &figure->value, err);

	figure->value_hi = figure->value;
	if (rc || !json_object_get(object, "value_hi"))
		return rc;
	rc = json_get_real(object, "value_hi", &figure->value_hi, err);
	return rc ? rc : figure->value_hi > figure->value ? 0 : json_bad("value_hi", err);
}

static int read_members(const json_t *object, const struct literature *literature,
			struct literature_figure *figure, struct err *err)
{
	int rc = WORDS(object, "topic", figure->topic);

	if (!rc)
		rc = WORDS(object, "operation", figure->operation);
	if (!rc)
		rc = get_values(object, figure, err);
	if (!rc)
		rc = WORDS(object, "unit", figure->unit);
	if (!rc)
		rc = WORDS(object, "substrate", figure->substrate);
	if (!rc)
		rc = WORDS(object, "machine", figure->machine);
	if (!rc)
		rc = get_year(object, "year", &figure->year, err);
	if (!rc)
		rc = find_source(object, "source", literature, &figure->source, err);
	if (!rc)
		rc = get_seen(object, figure, err);
	if (!rc)
		rc = get_quoted_in(object, literature, figure, err);
	if (!rc && json_object_get(object, "processor_year"))
		rc = get_year(object, "processor_year", &figure->processor_year, err);
	if (!rc)
		rc = OPTIONAL(object, "processor", figure->processor);
	if (!rc)
		rc = OPTIONAL(object, "hypervisor", figure->hypervisor);
	if (!rc)
		rc = OPTIONAL(object, "exitlab", figure->exitlab);
	return rc;
}

static int read_figure(const json_t *object, struct literature *literature, struct err *err)
{
	struct literature_figure *figure = &literature->figures[literature->n_figures];
	int rc = WORDS(object, "id", figure->id);

	if (rc)
		return rc;
	for (size_t i = 0; i < literature->n_figures; i++)
		if (!strcmp(literature->figures[i].id, figure->id))
			return err_set(err, EPROTO, "%s: is there twice", figure->id);
	literature->n_figures++;
	return in_front(figure->id, read_members(object, literature, figure, err), err);
}

static int read_all(const json_t *whole, struct literature *literature, struct err *err)
{
	const json_t *sources = json_object_get(whole, "sources"),
		     *figures = json_object_get(whole, "figures");
	int rc;

	if (json_integer_value(json_object_get(whole, "schema_version")) != 1)
		return json_bad("schema_version", err);
	if (!json_is_object(sources))
		return json_bad("sources", err);
	if (!json_is_array(figures))
		return json_bad("figures", err);
	rc = read_sources(sources, literature, err);
	literature->figures = calloc(json_array_size(figures) + 1, sizeof(*literature->figures));
	if (!rc && !literature->figures)
		rc = err_set(err, ENOMEM, "no memory for published figures");
	for (size_t i = 0; i < json_array_size(figures) && !rc; i++)
		rc = read_figure(json_array_get(figures, i), literature, err);
	return rc;
}

int literature_read(const char *path, struct literature *literature, struct err *err)
{
	json_error_t why;
	json_t *whole = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	int rc;

	*literature = (struct literature){0};
	if (!whole)
		return err_set(err, EPROTO, "%s: %s (line %d)", path, why.text, why.line);
	rc = read_all(whole, literature, err);
	json_decref(whole);
	if (rc) {
		char text[sizeof(err->text)];

		snprintf(text, sizeof(text), "%s", err->text);
		err_set(err, -rc, "%.300s: %.800s", path, text);
	}
	return rc;
}

void literature_clear(struct literature *literature)
{
	free(literature->sources);
	free(literature->figures);
	*literature = (struct literature){0};
}

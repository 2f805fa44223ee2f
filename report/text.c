/* SPDX-License-Identifier: MIT */
#include "report/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Also the C1 controls, which UTF-8 spells 0xc2 0x80..0x9f, steer a terminal. */
static bool controls(const char *at)
{
	unsigned char c = (unsigned char)*at;

	return c < 0x20 || c == 0x7f ||
	       (c == 0xc2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xa0);
}

size_t text_columns(const char *text, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n && text[i]; i++)
		columns += !continues(text[i]);
	return columns;
}

size_t text_break(const char *text, size_t width, size_t *next)
{
	size_t columns = 0, soft = 0, space = 0, i;

	for (i = 0; text[i] && text[i] != '\n'; i++) {
		if (continues(text[i]))
			continue;
		if (text[i] == ' ' && i && text[i - 1] != ' ')
			space = i;
		if (columns++ == width)
			break;
		if (strchr("/-=,", text[i]) && text[i + 1] && columns < width + 1)
			soft = i + 1;
	}
	if (!text[i] || text[i] == '\n') {
		*next = i + (text[i] == '\n');
		return i;
	}
	if (space) {
		*next = space + strspn(text + space, " ");
		return space;
	}
	*next = soft ? soft : i;
	return *next;
}

char *text_clean(const char *text)
{
	char *copy = strdup(text);

	for (char *at = copy; at && *at; at++) {
		if (*at == '\n' || !controls(at))
			continue;
		if ((unsigned char)*at == 0xc2)
			*at++ = '?';
		*at = '?';
	}
	return copy;
}

/* In place: white space runs to one space, none at the ends. */
static void squeeze(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (!strchr(" \t\r\n", *from))
			*to++ = *from;
		else if (to != text && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to != text && to[-1] == ' ')
		to--;
	*to = '\0';
}

void text_wrap(FILE *out, const char *first, const char *text, size_t width)
{
	size_t indent = text_columns(first, strlen(first));
	char *copy = strdup(text), *clean;
	const char *at;

	if (!copy)
		return;
	squeeze(copy);
	clean = text_clean(copy);
	free(copy);
	if (!clean)
		return;
	if (width < indent + 20)
		width = indent + 20;
	fputs(first, out);
	at = clean;
	do {
		size_t next, n = text_break(at, width - indent, &next);

		if (at != clean)
			fprintf(out, "%*s", (int)indent, "");
		fprintf(out, "%.*s\n", (int)n, at);
		at += next;
	} while (*at);
	free(clean);
}

void text_wrap_from(FILE *out, const char *text, size_t indent, size_t width)
{
	size_t room = width > indent ? width - indent : 1;

	do {
		size_t next;
		size_t n = text_break(text, room, &next);

		fprintf(out, "%.*s\n", (int)n, text);
		text += next;
		if (*text)
			fprintf(out, "%*s", (int)indent, "");
	} while (*text);
}

/* Length in bytes of the UTF-8 sequence at text, 0 when it is not one. */
static size_t utf8_length(const unsigned char *text)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t point;
	size_t n;

	if (text[0] < 0x80)
		return 1;
	n = text[0] >= 0xf0 && text[0] < 0xf8 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc2 ? 2 : 0;
	if (!n || text[0] >= 0xf8)
		return 0;
	point = text[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return n;
}

void text_make_utf8(char *text)
{
	while (*text) {
		size_t n = utf8_length((const unsigned char *)text);

		if (!n)
			*text = '?';
		text += n ? n : 1;
	}
}

/* SPDX-License-Identifier: MIT */
#include "report/markdown_cell.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* An underscore within a word is no markup: kvm_pvm stays readable in the source. */
static bool acts(const char *text, size_t at)
{
	if (text[at] == '_')
		return !(at && isalnum((unsigned char)text[at - 1]) &&
			 isalnum((unsigned char)text[at + 1]));
	return strchr("\\`*[]<>|~&", text[at]) != NULL;
}

static void put_character(FILE *out, const char *text, size_t at)
{
	if ((unsigned char)text[at] < 0x20 || text[at] == 0x7f) {
		putc(' ', out);
		return;
	}
	if (acts(text, at))
		putc('\\', out);
	putc(text[at], out);
}

void markdown_cell(FILE *out, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		put_character(out, text, i);
}

/*
 * Where a backslash keeps the word of n bytes from being more than a word at the beginning of a
 * line: a heading, an item, or a rule below a heading's or a table's text. n: nowhere. A list
 * within a paragraph can only begin with 1.
 */
static size_t acting_at(const char *word, size_t n, bool first)
{
	size_t digits = strspn(word, "0123456789");

	if (digits && digits + 1 == n && strchr(".)", word[digits]) &&
	    (first || (n == 2 && *word == '1')))
		return digits;
	return strspn(word, "-+=#:") >= n ? 0 : n;
}

void markdown_prose(FILE *out, const char *text)
{
	size_t acting = 0, left = 0;

	for (size_t i = 0; text[i]; i++) {
		bool blank = (unsigned char)text[i] <= 0x20;

		if (!left && !blank) {
			while ((unsigned char)text[i + left] > 0x20)
				left++;
			acting = i + acting_at(text + i, left, !i);
			acting = acting < i + left ? acting : (size_t)-1;
		}
		if (i == acting)
			putc('\\', out);
		put_character(out, text, i);
		left -= !blank;
	}
}

void markdown_link(FILE *out, const char *path)
{
	putc('[', out);
	markdown_cell(out, path);
	fputs("](", out);
	for (; *path; path++)
		fprintf(out,
			isalnum((unsigned char)*path) || strchr("-._~/", *path) ? "%c" : "%%%02X",
			(unsigned char)*path);
	putc(')', out);
}

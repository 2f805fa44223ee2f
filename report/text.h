/* SPDX-License-Identifier: MIT */
/* Text for people: widths in columns of a terminal, wrapping. Text is UTF-8. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Columns that n bytes of text take: one a character; wide characters are not told apart. */
size_t text_columns(const char *text, size_t n);

/*
 * Bytes of text that fit on a line of width columns (>= 1), broken at a space if there is one,
 * else behind one of "/-=,", else anywhere between characters. *next gets the number of bytes to
 * go on from: the space, or the newline, in between is left out.
 */
size_t text_break(const char *text, size_t width, size_t *next);

/*
 * Writes text wrapped to width columns, the first line behind the text first, every other one
 * behind as many spaces. Runs of white space become one space. Control characters become '?'.
 */
void text_wrap(FILE *out, const char *first, const char *text, size_t width);

/*
 * Writes text wrapped to width columns; later lines begin at column indent. The first line begins
 * where the caller stands, which must be at indent. Ends the last line.
 */
void text_wrap_from(FILE *out, const char *text, size_t indent, size_t width);

/* Each byte that is no part of a UTF-8 character becomes '?': the length stays what it was. */
void text_make_utf8(char *text);

/* A copy on the heap in which control characters other than '\n' are '?'; NULL: no memory. */
char *text_clean(const char *text);

#endif

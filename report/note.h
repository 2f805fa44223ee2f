/* SPDX-License-Identifier: MIT */
/*
 * Why a row is not OK, and what holds for a run as a whole: the sentences that the table and
 * RESULTS.md share.
 */
#ifndef REPORT_NOTE_H
#define REPORT_NOTE_H

#include <stddef.h>
#include <stdio.h>

#include "analysis/result.h"

/* Numbered notes; rows with the same text share a number. Zeroed: empty. */
struct notes {
	char **texts; /* owned */
	size_t n;
};

/*
 * Adds what is wrong with those of the n results (NULL ones are passed over) that are not OK:
 * "KNOWN in guest: reason". Returns the note's number, 0 when all are OK, or -ENOMEM.
 */
int notes_add(struct notes *notes, const struct result *const results[], size_t n);
void notes_clear(struct notes *notes);

/*
 * The sentences that a reader of these figures has to know, one at a time: how the run ended,
 * what the substrate means, whether the host is itself a guest. NULL behind the last one.
 * Returned text lies in buffer or is static.
 */
const char *note_of_run(const struct result_set *set, size_t index, char *buffer, size_t size);

/*
 * "61 results: 40 OK, 3 KNOWN, 18 SKIP"; of a file of `exitlab anatomy` alone "17 of 26 exits taken
 * apart, 9 skipped". Returns text.
 */
const char *note_counts(const struct result_set *set, char *text, size_t size);

#endif

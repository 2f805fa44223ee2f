/* SPDX-License-Identifier: MIT */
#include "analysis/exit_times.h"

#include <stdlib.h>

#define NONE (-1)

/* A thread is looked for in one set of so many: no chain can grow, and the oldest makes room. */
#define WAYS 8
#define SETS (EXIT_TIMES_THREADS / WAYS)
_Static_assert((SETS & (SETS - 1)) == 0, "sets are chosen by a mask");
_Static_assert(EXIT_TIMES_SLOTS >= 2 * EXIT_TIMES_ROWS, "the index is never full");

struct exit_times *exit_times_new(void)
{
	return calloc(1, sizeof(struct exit_times));
}

/* ---- rows ------------------------------------------------------------------------------------ */

static uint32_t mix(uint32_t value)
{
	value *= 0x9e3779b1u;
	return value ^ value >> 15;
}

/* The row of that key, made when it is new; NONE: there are as many as there may be. */
static int16_t row_of(struct exit_times *times, enum exit_row_kind kind, uint32_t isa,
		      uint32_t code)
{
	uint32_t slot = mix(code + ((uint32_t)kind << 28) + (isa << 24));
	struct exit_row *row;

	for (;; slot++) {
		int16_t *at = &times->slots[slot & (EXIT_TIMES_SLOTS - 1)];

		if (!*at) {
			if (times->n_rows == EXIT_TIMES_ROWS)
				return NONE;
			*at = (int16_t)++times->n_rows;
			row = &times->rows[*at - 1];
			row->kind = kind;
			row->isa = isa;
			row->code = code;
			return (int16_t)(*at - 1);
		}
		row = &times->rows[*at - 1];
		if (row->kind == kind && row->isa == isa && row->code == code)
			return (int16_t)(*at - 1);
	}
}

static int16_t count_row(struct exit_times *times, enum exit_row_kind kind, uint32_t isa,
			 uint32_t code)
{
	int16_t row = row_of(times, kind, isa, code);

	if (row == NONE)
		times->overflow++;
	else
		times->rows[row].count++;
	return row;
}

/* ---- threads --------------------------------------------------------------------------------- */

static void drop(struct exit_times *times, int16_t *open)
{
	if (*open == NONE)
		return;
	*open = NONE;
	times->unfinished++;
}

static void forget(struct exit_times *times, struct exit_thread *thread)
{
	drop(times, &thread->exit_row);
	drop(times, &thread->user_row);
	times->gone_ns += thread->last_ns - thread->first_ns;
}

static struct exit_thread *thread_of(struct exit_times *times, const struct exit_record *record)
{
	struct exit_thread *set = &times->threads[(mix(record->tid) & (SETS - 1)) * WAYS];
	struct exit_thread *oldest = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].used && set[i].tid == record->tid)
			return &set[i];
		if (!set[i].used) {
			oldest = &set[i];
			break;
		}
		if (set[i].last_ns < oldest->last_ns)
			oldest = &set[i];
	}
	if (oldest->used)
		forget(times, oldest);
	*oldest = (struct exit_thread){
		.tid = record->tid,
		.used = true,
		.exit_row = NONE,
		.user_row = NONE,
		.via_row = NONE,
		.first_ns = record->ns,
		.last_ns = record->ns,
	};
	times->n_threads++;
	return oldest;
}

/* ---- intervals ------------------------------------------------------------------------------- */

static void finish(struct exit_times *times, int16_t *open, uint64_t begin_ns, uint64_t end_ns)
{
	if (*open == NONE)
		return;
	if (end_ns < begin_ns)
		times->backwards++;
	else
		loglinear_add(&times->rows[*open].times, end_ns - begin_ns);
	*open = NONE;
}

static void take_exit(struct exit_times *times, struct exit_thread *thread,
		      const struct exit_record *record)
{
	/* The entry in between was not seen. */
	drop(times, &thread->exit_row);
	drop(times, &thread->user_row);
	thread->via_row = NONE;
	thread->exit_row = count_row(times, EXIT_ROW_HARDWARE, record->isa, record->code);
	thread->exit_ns = record->ns;
}

static void take_user_exit(struct exit_times *times, struct exit_thread *thread,
			   const struct exit_record *record)
{
	bool failed = record->error < 0;

	drop(times, &thread->user_row);
	thread->user_row = count_row(times, failed ? EXIT_ROW_USER_ERROR : EXIT_ROW_USER, 0,
				     failed ? 0u - (uint32_t)record->error : record->code);
	thread->user_ns = record->ns;
	if (thread->via_row == NONE)
		thread->via_row = thread->user_row;
}

static void take_entry(struct exit_times *times, struct exit_thread *thread,
		       const struct exit_record *record)
{
	if (thread->exit_row == NONE)
		times->beginless++;
	else if (thread->via_row != NONE && record->ns >= thread->exit_ns)
		times->rows[thread->via_row].whole_ns += record->ns - thread->exit_ns;
	thread->via_row = NONE;
	finish(times, &thread->user_row, thread->user_ns, record->ns);
	finish(times, &thread->exit_row, thread->exit_ns, record->ns);
}

void exit_times_add(struct exit_times *times, const struct exit_record *record)
{
	struct exit_thread *thread = thread_of(times, record);

	times->records++;
	if (record->ns > thread->last_ns)
		thread->last_ns = record->ns;
	switch (record->kind) {
	case RECORD_EXIT:
		take_exit(times, thread, record);
		break;
	case RECORD_ENTRY:
		take_entry(times, thread, record);
		break;
	case RECORD_USER_EXIT:
		take_user_exit(times, thread, record);
		break;
	case RECORD_RESUME:
		finish(times, &thread->user_row, thread->user_ns, record->ns);
		break;
	}
}

void exit_times_lose(struct exit_times *times, uint64_t n)
{
	times->lost += n;
	for (size_t i = 0; i < EXIT_TIMES_THREADS; i++) {
		struct exit_thread *thread = &times->threads[i];

		if (!thread->used)
			continue;
		drop(times, &thread->exit_row);
		drop(times, &thread->user_row);
		thread->via_row = NONE;
	}
}

uint64_t exit_times_wall_ns(const struct exit_times *times)
{
	uint64_t sum = times->gone_ns;

	for (size_t i = 0; i < EXIT_TIMES_THREADS; i++)
		sum += times->threads[i].last_ns - times->threads[i].first_ns;
	return sum;
}

uint64_t exit_times_open(const struct exit_times *times)
{
	uint64_t n = 0;

	for (size_t i = 0; i < EXIT_TIMES_THREADS; i++)
		if (times->threads[i].used)
			n += (times->threads[i].exit_row != NONE) +
			     (times->threads[i].user_row != NONE);
	return n;
}

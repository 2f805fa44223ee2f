/* SPDX-License-Identifier: MIT */
#include "measure/exit_stream.h"

#include <errno.h>
#include <stdlib.h>

int exit_stream_init(struct exit_stream *stream, struct ring *rings, size_t n,
		     const struct exit_events *events)
{
	*stream = (struct exit_stream){.events = events, .times = exit_times_new()};
	if (stream->times && !ring_merge_init(&stream->merge, rings, n))
		return 0;
	exit_stream_clear(stream);
	return -ENOMEM;
}

void exit_stream_clear(struct exit_stream *stream)
{
	ring_merge_clear(&stream->merge);
	free(stream->times);
	*stream = (struct exit_stream){0};
}

/* struct { header; u64 id, lost; } */
static uint64_t lost_in(const struct perf_event_header *header)
{
	const uint64_t *fields = (const void *)(header + 1);

	return header->size >= sizeof(*header) + 2 * sizeof(*fields) ? fields[1] : 0;
}

static void take(void *data, const struct perf_event_header *header)
{
	struct exit_stream *stream = data;
	struct exit_record record;

	if (exit_events_decode(stream->events, header, &record))
		exit_times_add(stream->times, &record);
	else if (header->type == PERF_RECORD_SAMPLE)
		stream->foreign++;
	else if (header->type == PERF_RECORD_LOST)
		exit_times_lose(stream->times, lost_in(header));
	else if (header->type == PERF_RECORD_THROTTLE) {
		stream->throttled++;
		exit_times_lose(stream->times, 0);
	}
}

void exit_stream_take(struct exit_stream *stream, uint64_t until_ns)
{
	uint64_t corrupt;

	ring_merge_run(&stream->merge, until_ns, take, stream);
	corrupt = ring_merge_corrupt(&stream->merge);
	if (corrupt == stream->corrupt)
		return;
	/* What was skipped had an unknown number of records. */
	stream->corrupt = corrupt;
	exit_times_lose(stream->times, 0);
}

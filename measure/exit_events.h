/* SPDX-License-Identifier: MIT */
/*
 * The tracepoints that say when a guest exits, why, and when it goes on; where their fields lie on
 * this kernel, asked once; and records of them as analysis/exit_times.h wants them.
 */
#ifndef MEASURE_EXIT_EVENTS_H
#define MEASURE_EXIT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/exit_times.h"
#include "measure/ring_merge.h"
#include "support/err.h"
#include "support/substrate.h"

#define EXIT_SAMPLE_TYPE (PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_RAW)

/* One of the tracepoints whose records are read. */
struct exit_event {
	const char *name; /* "kvm/kvm_exit" */
	enum exit_record_kind kind;
	const char *filter;	   /* for PERF_EVENT_IOC_SET_FILTER; NULL: every record */
	uint32_t id;		   /* perf_event_attr.config, and the record's common_type */
	uint16_t code, isa, error; /* offsets in the raw record; EXIT_NO_FIELD: has none */
	uint16_t size;		   /* bytes that a raw record has at least */
};

#define EXIT_NO_FIELD	 0xffff
#define EXIT_EVENTS	 4
#define EXIT_COUNTED	 9
#define EXIT_FORMAT_ROOM 65536 /* bytes for a format file; kvm_exit's has 7 KiB */

/* One that is counted alone: what there is to see where exits are not traced. */
struct exit_extra {
	const char *name; /* "kvm/kvm_pio" */
	uint32_t id;
};

struct exit_events {
	struct exit_event read[EXIT_EVENTS];
	unsigned n_read;
	struct exit_extra counted[EXIT_COUNTED];
	unsigned n_counted;
	bool has_entry; /* kvm_entry is read */
};

/*
 * What this kernel has of them, from the tracefs at dirfd. Hardware has kvm_exit and kvm_entry;
 * on other substrates, where these may never fire, KVM_RUN's return and next call are read, and
 * what was emulated is counted. -ENOENT: kvm has no tracepoints (is it loaded?); -EPROTO: a layout
 * that is not understood.
 */
int exit_events_find(int dirfd, enum substrate substrate, struct exit_events *events,
		     struct err *err);

/* Fills in offsets of event from a format file; what exit_events_find() does for each. */
int exit_event_parse(struct exit_event *event, const char *format, size_t size, struct err *err);

/* The record of a sample; false: it is none of these, or shorter than it must be. */
bool exit_events_decode(const struct exit_events *events, const struct perf_event_header *header,
			struct exit_record *record);

#endif

/* SPDX-License-Identifier: MIT */
#include "measure/exit_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "measure/tracefs.h"

#define GROUP "kvm"

static const struct exit_event exit_event = {.name = "kvm/kvm_exit", .kind = RECORD_EXIT};
static const struct exit_event entry_event = {.name = "kvm/kvm_entry", .kind = RECORD_ENTRY};
static const struct exit_event user_event = {
	.name = "kvm/kvm_userspace_exit",
	.kind = RECORD_USER_EXIT,
};
/* KVM_RUN takes the guest's floating-point state in as it begins, on every substrate. */
static const struct exit_event resume_event = {
	.name = "kvm/kvm_fpu",
	.kind = RECORD_RESUME,
	.filter = "load == 1",
};

static const char *const counted_names[EXIT_COUNTED] = {
	"kvm/kvm_pio",	      "kvm/kvm_mmio",	  "kvm/kvm_fast_mmio",
	"kvm/kvm_cpuid",      "kvm/kvm_msr",	  "kvm/kvm_hypercall",
	"kvm/kvm_page_fault", "kvm/kvm_inj_virq", "kvm/kvm_emulate_insn",
};

/* ---- layout ---------------------------------------------------------------------------------- */

/* A field of four bytes: its offset; EXIT_NO_FIELD when there is none of that name and size. */
static uint16_t offset_of(struct exit_event *event, struct tep_event *format, const char *name)
{
	struct tep_format_field *field = tep_find_any_field(format, name);

	if (!field || field->size != 4 || field->offset < 0 ||
	    field->offset > EXIT_NO_FIELD - 2 * field->size)
		return EXIT_NO_FIELD;
	if (event->size < field->offset + field->size)
		event->size = (uint16_t)(field->offset + field->size);
	return (uint16_t)field->offset;
}

static int find_fields(struct exit_event *event, struct tep_event *format, struct err *err)
{
	struct tep_format_field *type = tep_find_common_field(format, "common_type");

	event->code = event->isa = event->error = EXIT_NO_FIELD;
	event->size = sizeof(uint16_t);
	if (!type || type->offset != 0 || type->size != sizeof(uint16_t))
		return err_set(err, EPROTO, "records of %s do not begin with their type",
			       event->name);
	if (event->kind == RECORD_EXIT) {
		event->code = offset_of(event, format, "exit_reason");
		event->isa = offset_of(event, format, "isa");
	} else if (event->kind == RECORD_USER_EXIT) {
		event->code = offset_of(event, format, "reason");
		event->error = offset_of(event, format, "errno");
	}
	if ((event->kind == RECORD_EXIT && event->isa == EXIT_NO_FIELD) ||
	    (event->kind == RECORD_USER_EXIT && event->error == EXIT_NO_FIELD) ||
	    ((event->kind == RECORD_EXIT || event->kind == RECORD_USER_EXIT) &&
	     event->code == EXIT_NO_FIELD))
		return err_set(err, EPROTO,
			       "%s of this kernel has not the fields that are known here",
			       event->name);
	return 0;
}

int exit_event_parse(struct exit_event *event, const char *format, size_t size, struct err *err)
{
	struct tep_handle *tep = tep_alloc();
	struct tep_event *parsed;
	int ret;

	if (!tep)
		return err_set(err, ENOMEM, "no memory for the layout of %s", event->name);
	/* How records are printed, which it may not understand, is not our concern. */
	tep_set_loglevel(TEP_LOG_NONE);
	tep_parse_event(tep, format, size, GROUP);
	parsed = tep_find_event_by_name(tep, GROUP, event->name + sizeof(GROUP));
	if (parsed) {
		event->id = (uint32_t)parsed->id;
		ret = find_fields(event, parsed, err);
	} else {
		ret = err_set(err, EPROTO, "the layout of %s is not understood", event->name);
	}
	tep_free(tep);
	return ret;
}

/* Adds one that this kernel has. -ENOENT: it has not. */
static int find_read(int dirfd, struct exit_events *events, const struct exit_event *wanted,
		     char *format, struct err *err)
{
	struct exit_event event = *wanted;
	int size = tracefs_format(dirfd, event.name, format, EXIT_FORMAT_ROOM, err);
	int ret = size < 0 ? size : exit_event_parse(&event, format, (size_t)size, err);

	if (!ret)
		events->read[events->n_read++] = event;
	return ret;
}

static void find_counted(int dirfd, struct exit_events *events)
{
	for (unsigned i = 0; i < EXIT_COUNTED; i++) {
		int id = tracefs_event_id(dirfd, counted_names[i], NULL);

		if (id >= 0)
			events->counted[events->n_counted++] =
				(struct exit_extra){counted_names[i], (uint32_t)id};
	}
}

/* All but the last two are had, or there is nothing to trace; without them there is less. */
static int find_all(int dirfd, enum substrate substrate, struct exit_events *events, char *format,
		    struct err *err)
{
	int ret = find_read(dirfd, events, &user_event, format, err);

	if (!ret && substrate != SUBSTRATE_PVM) {
		ret = find_read(dirfd, events, &exit_event, format, err);
		if (!ret)
			ret = find_read(dirfd, events, &entry_event, format, err);
		events->has_entry = !ret;
	}
	if (ret || substrate & SUBSTRATE_HARDWARE)
		return ret;
	find_counted(dirfd, events);
	ret = find_read(dirfd, events, &resume_event, format, err);
	return ret == -ENOENT ? 0 : ret;
}

int exit_events_find(int dirfd, enum substrate substrate, struct exit_events *events,
		     struct err *err)
{
	char *format = malloc(EXIT_FORMAT_ROOM);
	int ret;

	memset(events, 0, sizeof(*events));
	if (!format)
		return err_set(err, ENOMEM, "no memory for the layout of tracepoints");
	ret = find_all(dirfd, substrate, events, format, err);
	free(format);
	if (ret == -ENOENT)
		return err_set(err, ENOENT,
			       "this kernel has no kvm tracepoints: load kvm (modprobe kvm_intel "
			       "or kvm_amd)");
	return ret;
}

/* ---- records --------------------------------------------------------------------------------- */

static uint32_t u32_at(const struct exit_sample *sample, uint16_t offset)
{
	uint32_t value;

	if (offset == EXIT_NO_FIELD)
		return 0;
	memcpy(&value, sample->raw + offset, sizeof(value));
	return value;
}

static const struct exit_event *event_of(const struct exit_events *events,
					 const struct exit_sample *sample)
{
	uint16_t type;

	memcpy(&type, sample->raw, sizeof(type));
	for (unsigned i = 0; i < events->n_read; i++)
		if (events->read[i].id == type)
			return &events->read[i];
	return NULL;
}

/* VT-x's reason has modifiers in bits 16 to 30, and in bit 31 that the entry failed. */
#define VMX_REASON 0x8000ffffu

bool exit_events_decode(const struct exit_events *events, const struct perf_event_header *header,
			struct exit_record *record)
{
	const struct exit_sample *sample = (const void *)header;
	const struct exit_event *event;

	if (header->type != PERF_RECORD_SAMPLE || header->size < sizeof(*sample) + sizeof(uint16_t))
		return false;
	event = event_of(events, sample);
	if (!event || sample->raw_size < event->size ||
	    header->size < sizeof(*sample) + event->size)
		return false;
	*record = (struct exit_record){
		.ns = sample->ns,
		.tid = sample->tid,
		.kind = event->kind,
		.isa = u32_at(sample, event->isa),
		.code = u32_at(sample, event->code),
		.error = (int32_t)u32_at(sample, event->error),
	};
	if (record->kind == RECORD_EXIT && record->isa == 1)
		record->code &= VMX_REASON;
	return true;
}

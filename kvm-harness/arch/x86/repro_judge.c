/* SPDX-License-Identifier: MIT */
/* How the program compares what the check compared: from an address to a place of the program. */
#include <inttypes.h>
#include <string.h>

#include "kvm-harness/arch/x86/repro.h"
#include "kvm-harness/arch/x86/repro_recorder.h"
#include "kvm-harness/arch/x86/stage.h"

#define recorder repro_recorder

/* An expression of the program, and what it stands for in this process. */
struct place {
	char text[80];
	bool run; /* what KVM_RUN itself says: of an exit or of a trap */
};

/* Bytes that begin so far in an area of so many, or not within it. */
static bool within(const void *at, size_t n, const void *area, size_t size, size_t *offset)
{
	uintptr_t first = (uintptr_t)area, here = (uintptr_t)at;

	*offset = here - first;
	return area && here >= first && n <= size && *offset <= size - n;
}

static bool in_run(const void *at, size_t n, struct place *place)
{
	size_t offset;

	for (int i = 0; i < REPRO_FDS; i++) {
		const struct repro_fd *vcpu = &recorder.fds[i];

		if (!vcpu->used || !within(at, n, vcpu->run, vcpu->run_size, &offset))
			continue;
		snprintf(place->text, sizeof(place->text), "(unsigned char *)run[%d] + 0x%zx", i,
			 offset);
		place->run = true;
		return true;
	}
	return false;
}

static bool in_memory(const void *at, size_t n, struct place *place)
{
	size_t offset;

	for (int i = 0; i < REPRO_SLOTS; i++) {
		if (!recorder.slots[i].used ||
		    !within(at, n, recorder.slots[i].memory, recorder.slots[i].size, &offset))
			continue;
		snprintf(place->text, sizeof(place->text), "memory[%d] + 0x%zx", i, offset);
		return true;
	}
	return false;
}

/* The last call that wrote there; if it is not what is there now, somebody else wrote since. */
static bool in_result(const void *at, size_t n, struct place *place)
{
	const struct repro_result *last = NULL;
	size_t offset = 0, o;

	for (int i = 0; i < REPRO_RESULTS; i++) {
		const struct repro_result *result = &recorder.results[i];

		if (result->used && within(at, n, result->place, result->size, &o) &&
		    (!last || result->serial > last->serial)) {
			last = result;
			offset = o;
		}
	}
	if (!last || memcmp(last->copy + offset, at, n))
		return false;
	snprintf(place->text, sizeof(place->text), "back(%d, %s) + 0x%zx", last->at,
		 repro_request_name(last->request), offset);
	return true;
}

/* The program reads the guest's stack as the stage does. */
static bool in_trap(const struct stage *stage, const void *at, size_t n, struct place *place)
{
	static const struct {
		size_t offset;
		const char *name;
	} members[] = {
		{offsetof(struct stage_trap, vector), "vector"},
		{offsetof(struct stage_trap, error), "error"},
		{offsetof(struct stage_trap, ip), "ip"},
		{offsetof(struct stage_trap, cs), "cs"},
		{offsetof(struct stage_trap, flags), "flags"},
	};
	size_t offset;

	if (!within(at, n, &stage->trap, sizeof(stage->trap), &offset))
		return false;
	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (members[i].offset != offset)
			continue;
		snprintf(place->text, sizeof(place->text), "&trap(%d, %d, %u)->%s",
			 repro_index(stage->vm.fd), repro_index(stage->vcpu->fd), stage->vm.bits,
			 members[i].name);
		return place->run = true;
	}
	return false;
}

static bool find(const struct stage *stage, const void *at, size_t n, struct place *place)
{
	*place = (struct place){.run = false};
	return (stage && in_trap(stage, at, n, place)) || in_run(at, n, place) ||
	       in_memory(at, n, place) || in_result(at, n, place);
}

/* ---- conditions ----------------------------------------------------------------------------- */

static bool find_condition(const struct stage *stage, const struct condition *condition,
			   struct place *place, struct place *upper, struct place *like)
{
	switch (condition->from) {
	case FROM_RUN_ERRNO:
		*place = (struct place){"&run_errno", true};
		return true;
	case FROM_CALL_ERRNO:
		*place = (struct place){"&call_errno", false};
		return recorder.call_errno == (int)condition->seen;
	case FROM_FIELD:
		break;
	}
	return (recorder.kept || !condition->above) &&
	       find(stage, condition->field, condition->size, place) &&
	       (!condition->upper || find(stage, condition->upper, sizeof(uint32_t), upper)) &&
	       (!condition->like || find(stage, condition->like, condition->size, like));
}

static void put_value(const struct condition *condition, const struct place *place,
		      const struct place *upper)
{
	FILE *out = recorder.out;

	if (condition->from != FROM_FIELD)
		fprintf(out, "number(%s, sizeof(int))", place->text);
	else if (condition->upper)
		fprintf(out, "(number(%s, 4) | number(%s, 4) << 32)", place->text, upper->text);
	else if (condition->mask != UINT64_MAX || condition->shift)
		fprintf(out, "(number(%s, %u) & 0x%" PRIx64 "ull) >> %u", place->text,
			condition->size, condition->mask, condition->shift);
	else
		fprintf(out, "number(%s, %u)", place->text, condition->size);
}

static void put_condition(const struct condition *condition, const struct place *place,
			  const struct place *upper, const struct place *like)
{
	FILE *out = recorder.out;

	fprintf(out, "\tjudge%s(", condition->like ? "_like" : "");
	repro_put_string(condition->what);
	fputs(", ", out);
	put_value(condition, place, upper);
	fprintf(out, "%s, ", condition->above ? " - earlier" : "");
	if (condition->like)
		put_value(condition, like, NULL);
	else
		fprintf(out, "0x%" PRIx64 "ull", condition->low);
	fprintf(out, ", 0x%" PRIx64 "ull, 0x%" PRIx64 "ull);\n", condition->high, condition->seen);
}

/* What comes of the judged call itself is no other way to it. */
static void put_way(bool run, bool call)
{
	fprintf(recorder.out, "\n\t/* What the check expects. */\n\tthe_way(%s);\n",
		run    ? "before_run"
		: call ? "before_call"
		       : "differences");
}

void repro_conditions(const struct stage *stage, const struct condition *conditions, unsigned n)
{
	struct place place, upper, like;
	bool run = false, call = false;

	if (!recorder.out || recorder.judged || !n)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (!find_condition(stage, &conditions[i], &place, &upper, &like))
			return;
		run |= place.run;
		call |= conditions[i].from == FROM_CALL_ERRNO;
	}
	recorder.judged = true;
	put_way(run, call);
	for (unsigned i = 0; i < n; i++) {
		find_condition(stage, &conditions[i], &place, &upper, &like);
		put_condition(&conditions[i], &place, &upper, &like);
	}
}

void repro_keep(const struct stage *stage, const struct condition *earlier)
{
	struct place place, upper, like;

	if (!recorder.out || !find_condition(stage, earlier, &place, &upper, &like))
		return;
	recorder.kept = true;
	fputs("\tearlier = ", recorder.out);
	put_value(earlier, &place, &upper);
	fputs(";\n", recorder.out);
}

void repro_bytes(const char *what, const void *seen, const void *wanted, size_t size)
{
	struct place place;

	if (!recorder.out || recorder.judged || !find(NULL, seen, size, &place))
		return;
	recorder.judged = true;
	put_way(place.run, false);
	fputs("\tjudge_bytes(", recorder.out);
	repro_put_string(what);
	fprintf(recorder.out, ", %s, (const unsigned char[]){", place.text);
	repro_put_bytes(wanted, size);
	fprintf(recorder.out, "}, %zu);\n", size);
}

/* SPDX-License-Identifier: MIT */
/* What a check expects of a stage, and how a disappointment is put into words. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/arch/x86/repro.h"
#include "kvm-harness/arch/x86/stage.h"
#include "kvm-harness/sys.h"

/* ---- ends of a check ------------------------------------------------------------------------ */

bool stage_fail(struct stage *stage, const char *expected, const char *seen, ...)
{
	va_list args;

	if (stage->over)
		return false;
	stage->over = true;
	snprintf(stage->expected, sizeof(stage->expected), "%s", expected);
	va_start(args, seen);
	vsnprintf(stage->seen, sizeof(stage->seen), seen, args);
	va_end(args);
	return false;
}

bool stage_skip(struct stage *stage, const char *why, ...)
{
	va_list args;

	if (stage->over)
		return false;
	stage->over = stage->skipped = true;
	va_start(args, why);
	vsnprintf(stage->seen, sizeof(stage->seen), why, args);
	va_end(args);
	return false;
}

bool stage_broken(struct stage *stage, const char *why, ...)
{
	va_list args;

	if (stage->over)
		return false;
	stage->over = stage->broken = true;
	va_start(args, why);
	vsnprintf(stage->seen, sizeof(stage->seen), why, args);
	va_end(args);
	return false;
}

/* ---- in words ------------------------------------------------------------------------------- */

static void describe_vector(char *text, size_t size, unsigned vector, uint64_t error)
{
	const char *name = exception_name(vector);
	size_t used;

	if (name)
		used = (size_t)snprintf(text, size, "%s", name);
	else
		used = (size_t)snprintf(text, size, "vector 0x%x", vector);
	if (error != ANY_ERROR && vector < 32 && used < size)
		snprintf(text + used, size - used, "(0x%" PRIx64 ")", error);
}

static void describe_exit(const struct kvm_run *run, char *text, size_t size)
{
	const char *name = exit_name_kvm(run->exit_reason);

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		snprintf(text, size, "exit IO, %s, port 0x%x, %u bytes, %u times",
			 run->io.direction == KVM_EXIT_IO_OUT ? "out" : "in", run->io.port,
			 run->io.size, run->io.count);
		break;
	case KVM_EXIT_MMIO:
		snprintf(text, size, "exit MMIO, %s, address 0x%" PRIx64 ", %u bytes",
			 run->mmio.is_write ? "write" : "read", (uint64_t)run->mmio.phys_addr,
			 run->mmio.len);
		break;
	default:
		snprintf(text, size, "exit %u (%s)", run->exit_reason,
			 name ? name : "unknown to this program");
	}
}

static void describe_trap(const struct stage *stage, char *text, size_t size)
{
	const struct stage_trap *trap = &stage->trap;
	char vector[60];

	describe_vector(vector, sizeof(vector), trap->vector, trap->error);
	if (trap->offset >= 0 && trap->offset <= 0xffff)
		snprintf(text, size, "%s at code+0x%" PRIx64, vector, (uint64_t)trap->offset);
	else
		snprintf(text, size, "%s at 0x%" PRIx64, vector, trap->ip);
}

void stage_describe(const struct stage *stage, char *text, size_t size)
{
	const struct kvm_run *run = stage->run;
	const char *name;

	switch (stage->event) {
	case STAGE_NOTHING:
		snprintf(text, size, "nothing: it did not run");
		break;
	case STAGE_END:
		snprintf(text, size, "the code came to its end");
		break;
	case STAGE_TRAP:
		describe_trap(stage, text, size);
		break;
	case STAGE_EXIT:
		describe_exit(run, text, size);
		break;
	case STAGE_HUNG:
		snprintf(text, size, "KVM_RUN did not return in %.1f s; the guest was at 0x%llx",
			 watchdog_seconds, stage->regs.rip);
		break;
	case STAGE_INTERNAL:
		name = exit_name_internal(run->internal.suberror);
		snprintf(text, size, "KVM internal error %u (%s) at 0x%llx", run->internal.suberror,
			 name ? name : "unknown", stage->regs.rip);
		break;
	case STAGE_FAIL_ENTRY:
		snprintf(text, size, "KVM could not enter the guest: hardware reason 0x%" PRIx64,
			 (uint64_t)run->fail_entry.hardware_entry_failure_reason);
		break;
	case STAGE_SHUTDOWN:
		snprintf(text, size, "triple fault (exit SHUTDOWN) at 0x%llx", stage->regs.rip);
		break;
	case STAGE_REFUSED:
		snprintf(text, size, "KVM_RUN failed: %s", strerror(stage->run_errno));
		break;
	}
}

/* ---- conditions ----------------------------------------------------------------------------- */

static uint64_t value_of(const struct condition *condition)
{
	uint64_t value = 0;
	uint32_t upper = 0;

	memcpy(&value, condition->field, condition->size);
	if (condition->upper) {
		memcpy(&upper, condition->upper, sizeof(upper));
		value = (uint32_t)value | (uint64_t)upper << 32;
	}
	return (value & condition->mask) >> condition->shift;
}

struct condition condition_bits(const char *what, const void *field, size_t size, uint64_t mask,
				unsigned shift, uint64_t wanted)
{
	struct condition condition = {.what = what,
				      .low = wanted,
				      .high = wanted,
				      .field = field,
				      .size = (unsigned)size,
				      .mask = mask,
				      .shift = shift};

	condition.seen = value_of(&condition);
	return condition;
}

struct condition condition_like(const char *what, const void *field, const void *like, size_t size,
				uint64_t mask)
{
	struct condition other = condition_bits(what, like, size, mask, 0, 0);
	struct condition condition = condition_bits(what, field, size, mask, 0, other.seen);

	condition.like = like;
	return condition;
}

static bool all_hold(const struct condition *conditions, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (conditions[i].seen < conditions[i].low ||
		    conditions[i].seen > conditions[i].high)
			return false;
	return true;
}

/* A program that is being recorded learns what was compared. */
static bool disappointed(struct stage *stage, const struct condition *conditions, unsigned n,
			 const char *expected, const char *seen)
{
	repro_conditions(stage, conditions, n);
	return stage_fail(stage, expected, "%s", seen);
}

bool expect_conditions(struct stage *stage, const struct condition *conditions, unsigned n,
		       const char *expected, const char *seen, ...)
{
	char text[STAGE_TEXT];
	va_list args;

	if (stage->over)
		return false;
	if (all_hold(conditions, n))
		return true;
	va_start(args, seen);
	vsnprintf(text, sizeof(text), seen, args);
	va_end(args);
	return disappointed(stage, conditions, n, expected, text);
}

/* ---- events --------------------------------------------------------------------------------- */

#define EVENT_CONDITIONS 8

/* KVM_RUN's own return, which comes before everything that kvm_run says. */
static struct condition run_returns(const struct stage *stage, int wanted)
{
	return (struct condition){
		.what = "errno of KVM_RUN",
		.seen = (uint64_t)(stage->event == STAGE_HUNG ? EINTR : stage->run_errno),
		.low = (uint64_t)wanted,
		.high = (uint64_t)wanted,
		.from = FROM_RUN_ERRNO,
	};
}

static unsigned exit_conditions(const struct stage *stage, uint32_t reason, struct condition *list)
{
	list[0] = run_returns(stage, 0);
	list[1] = CONDITION("exit reason", stage->run->exit_reason, reason);
	return 2;
}

static unsigned port_conditions(const struct stage *stage, bool out, uint16_t port,
				struct condition *list)
{
	const struct kvm_run *run = stage->run;
	unsigned n = exit_conditions(stage, KVM_EXIT_IO, list);

	list[n++] = CONDITION("direction (1: out)", run->io.direction,
			      out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN);
	list[n++] = CONDITION("port", run->io.port, port);
	return n;
}

static bool expect_event(struct stage *stage, const struct condition *conditions, unsigned n,
			 const char *expected)
{
	char text[200];

	if (stage->over)
		return false;
	if (all_hold(conditions, n))
		return true;
	stage_describe(stage, text, sizeof(text));
	return disappointed(stage, conditions, n, expected, text);
}

bool expect_end(struct stage *stage)
{
	struct condition list[EVENT_CONDITIONS];

	return expect_event(stage, list, port_conditions(stage, true, STAGE_PORT_END, list),
			    "the code comes to its end");
}

bool expect_trap(struct stage *stage, unsigned vector, uint64_t error, int64_t offset)
{
	const struct stage_trap *trap = &stage->trap;
	struct condition list[EVENT_CONDITIONS];
	unsigned n = port_conditions(stage, true, STAGE_PORT_TRAP, list);
	char expected[120], place[40] = "";

	list[n++] = CONDITION("vector", trap->vector, vector);
	if (error != ANY_ERROR)
		list[n++] = CONDITION("error code", trap->error, error);
	if (offset != ANY_OFFSET)
		list[n++] =
			CONDITION("address", trap->ip, (uint64_t)offset + stage_code_base(stage));
	describe_vector(expected, sizeof(expected), vector, error);
	if (offset != ANY_OFFSET)
		snprintf(place, sizeof(place), " at code+0x%" PRIx64, (uint64_t)offset);
	strcat(expected, place);
	return expect_event(stage, list, n, expected);
}

bool expect_exit(struct stage *stage, uint32_t reason)
{
	const char *name = exit_name_kvm(reason);
	struct condition list[EVENT_CONDITIONS];
	char expected[80];

	snprintf(expected, sizeof(expected), "exit %u (%s)", reason, name ? name : "?");
	return expect_event(stage, list, exit_conditions(stage, reason, list), expected);
}

bool expect_port(struct stage *stage, bool out, uint16_t port, unsigned size, unsigned count)
{
	const struct kvm_run *run = stage->run;
	struct kvm_run wanted = {
		.exit_reason = KVM_EXIT_IO,
		.io = {.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN,
		       .port = port,
		       .size = (uint8_t)size,
		       .count = count},
	};
	struct condition list[EVENT_CONDITIONS];
	unsigned n = port_conditions(stage, out, port, list);
	char expected[120];

	list[n++] = CONDITION("bytes", run->io.size, size);
	list[n++] = CONDITION("times", run->io.count, count);
	describe_exit(&wanted, expected, sizeof(expected));
	return expect_event(stage, list, n, expected);
}

bool expect_mmio(struct stage *stage, bool write, uint64_t address, unsigned size)
{
	const struct kvm_run *run = stage->run;
	struct kvm_run wanted = {
		.exit_reason = KVM_EXIT_MMIO,
		.mmio = {.is_write = write, .phys_addr = address, .len = size},
	};
	struct condition list[EVENT_CONDITIONS];
	unsigned n = exit_conditions(stage, KVM_EXIT_MMIO, list);
	char expected[120];

	list[n++] = CONDITION("a write", run->mmio.is_write, write);
	list[n++] = CONDITION("address", run->mmio.phys_addr, address);
	list[n++] = CONDITION("bytes", run->mmio.len, size);
	describe_exit(&wanted, expected, sizeof(expected));
	return expect_event(stage, list, n, expected);
}

bool expect_hung(struct stage *stage, const char *expected)
{
	const struct condition hung = run_returns(stage, EINTR);
	char seen[200];

	stage_describe(stage, seen, sizeof(seen));
	return expect_conditions(stage, &hung, 1, expected, "%s", seen);
}

bool stage_complete(struct stage *stage)
{
	struct condition interrupted = run_returns(stage, EINTR);
	int rc, code;

	if (stage->over)
		return false;
	stage->run->immediate_exit = 1;
	rc = sys->ioctl(stage->vcpu->fd, KVM_RUN, NULL);
	code = errno;
	stage->run->immediate_exit = 0;
	interrupted.seen = rc < 0 ? (uint64_t)code : 0;
	return expect_conditions(stage, &interrupted, 1,
				 "KVM_RUN with immediate_exit fails with EINTR", "%s",
				 rc < 0 ? strerror(code) : "it returned as if it had run");
}

/* ---- values --------------------------------------------------------------------------------- */

/* Of conditions as well: n is 0 where what was seen is in no place that a program knows. */
static bool expect_value(struct stage *stage, const struct condition *condition, unsigned n)
{
	char expected[200], seen[200];

	if (stage->over)
		return false;
	if (all_hold(condition, 1))
		return true;
	snprintf(expected, sizeof(expected), "%s: 0x%" PRIx64, condition->what, condition->low);
	snprintf(seen, sizeof(seen), "%s: 0x%" PRIx64, condition->what, condition->seen);
	return disappointed(stage, condition, n, expected, seen);
}

bool expect_equal(struct stage *stage, const char *what, uint64_t seen, uint64_t wanted)
{
	const struct condition value = {.what = what, .seen = seen, .low = wanted, .high = wanted};

	return expect_value(stage, &value, 0);
}

bool expect_bits_at(struct stage *stage, const char *what, const void *field, size_t size,
		    uint64_t mask, unsigned shift, uint64_t wanted)
{
	const struct condition bits = condition_bits(what, field, size, mask, shift, wanted);

	return expect_value(stage, &bits, 1);
}

bool expect_like(struct stage *stage, const char *what, const void *field, const void *like,
		 size_t size)
{
	const struct condition same = condition_like(what, field, like, size, UINT64_MAX);

	return expect_value(stage, &same, 1);
}

struct condition condition_edx_eax(const struct stage *stage, const char *what, uint64_t low,
				   uint64_t high)
{
	struct condition pair = CONDITION(what, stage->regs.rax, low);

	pair.size = sizeof(uint32_t);
	pair.upper = &stage->regs.rdx;
	pair.high = high;
	pair.seen = value_of(&pair);
	return pair;
}

void condition_keep(const struct stage *stage, const struct condition *earlier)
{
	if (!stage->over)
		repro_keep(stage, earlier);
}

struct condition condition_above(struct condition now, const struct condition *earlier)
{
	now.seen -= earlier->seen;
	now.above = true;
	now.what = "more than before";
	return now;
}

bool expect_edx_eax(struct stage *stage, const char *what, uint64_t wanted)
{
	const struct condition pair = condition_edx_eax(stage, what, wanted, wanted);

	return expect_value(stage, &pair, 1);
}

bool expect_errno(struct stage *stage, int code, int wanted)
{
	const struct condition last = {.what = "errno of the call",
				       .seen = (uint64_t)code,
				       .low = (uint64_t)wanted,
				       .high = (uint64_t)wanted,
				       .from = FROM_CALL_ERRNO};

	return expect_conditions(stage, &last, 1, wanted ? strerror(wanted) : "it is taken", "%s",
				 code ? strerror(code) : "it was taken");
}

static void hex(char *text, size_t size, const uint8_t *bytes, size_t n)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < n && used + 4 < size; i++)
		used += (size_t)snprintf(text + used, size - used, " %02x", bytes[i]);
}

/* From the first byte that differs, up to sixteen. */
bool expect_bytes(struct stage *stage, const char *what, const void *seen, const void *wanted,
		  size_t size)
{
	const uint8_t *a = seen, *b = wanted;
	char expected[160], bytes[60];
	size_t at = 0, n;

	if (stage->over)
		return false;
	while (at < size && a[at] == b[at])
		at++;
	if (at == size)
		return true;
	repro_bytes(what, seen, wanted, size);
	n = size - at < 16 ? size - at : 16;
	hex(bytes, sizeof(bytes), b + at, n);
	snprintf(expected, sizeof(expected), "%s, from byte %zu on:%s", what, at, bytes);
	hex(bytes, sizeof(bytes), a + at, n);
	return stage_fail(stage, expected, "%s, from byte %zu on:%s", what, at, bytes);
}

bool expect_that(struct stage *stage, bool condition, const char *expected, const char *seen, ...)
{
	char text[STAGE_TEXT];
	va_list args;

	if (stage->over)
		return false;
	if (condition)
		return true;
	va_start(args, seen);
	vsnprintf(text, sizeof(text), seen, args);
	va_end(args);
	return stage_fail(stage, expected, "%s", text);
}

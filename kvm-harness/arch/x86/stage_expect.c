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

/* ---- expectations --------------------------------------------------------------------------- */

static bool not_this_event(struct stage *stage, const char *expected)
{
	char text[200];

	stage_describe(stage, text, sizeof(text));
	return stage_fail(stage, expected, "%s", text);
}

bool expect_end(struct stage *stage)
{
	if (stage->over)
		return false;
	if (stage->event == STAGE_END)
		return true;
	repro_wants_exit(stage->vcpu->fd,
			 &(struct kvm_run){.exit_reason = KVM_EXIT_IO,
					   .io = {.direction = KVM_EXIT_IO_OUT, .port = STAGE_PORT_END, .size = 1,
						  .count = 1}});
	return not_this_event(stage, "the code comes to its end");
}

bool expect_trap(struct stage *stage, unsigned vector, uint64_t error, int64_t offset)
{
	const struct stage_trap *trap = &stage->trap;
	char expected[120], place[40] = "";

	if (stage->over)
		return false;
	if (stage->event == STAGE_TRAP && trap->vector == vector &&
	    (error == ANY_ERROR || trap->error == error) &&
	    (offset == ANY_OFFSET || trap->offset == offset))
		return true;
	repro_wants_trap(stage->vcpu->fd, &(struct repro_trap){.word = stage->vm.bits / 8,
							       .vector = vector,
							       .has_error = error != ANY_ERROR,
							       .error = error,
							       .has_ip = offset != ANY_OFFSET,
							       .ip = (uint64_t)offset +
								     (stage->vm.bits == 16 ? 0 : STAGE_CODE)});
	describe_vector(expected, sizeof(expected), vector, error);
	if (offset != ANY_OFFSET)
		snprintf(place, sizeof(place), " at code+0x%" PRIx64, (uint64_t)offset);
	strcat(expected, place);
	return not_this_event(stage, expected);
}

bool expect_exit(struct stage *stage, uint32_t reason)
{
	const char *name = exit_name_kvm(reason);
	char expected[80];

	if (stage->over)
		return false;
	if (stage->event == STAGE_EXIT && stage->run->exit_reason == reason)
		return true;
	repro_wants_exit(stage->vcpu->fd, &(struct kvm_run){.exit_reason = reason});
	snprintf(expected, sizeof(expected), "exit %u (%s)", reason, name ? name : "?");
	return not_this_event(stage, expected);
}

bool expect_port(struct stage *stage, bool out, uint16_t port, unsigned size, unsigned count)
{
	struct kvm_run wanted = {
		.exit_reason = KVM_EXIT_IO,
		.io = {.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN,
		       .port = port,
		       .size = (uint8_t)size,
		       .count = count},
	};
	const struct kvm_run *run = stage->run;
	char expected[120];

	if (stage->over)
		return false;
	if (stage->event == STAGE_EXIT && run->exit_reason == KVM_EXIT_IO &&
	    run->io.direction == wanted.io.direction && run->io.port == port &&
	    run->io.size == size && run->io.count == count)
		return true;
	repro_wants_exit(stage->vcpu->fd, &wanted);
	describe_exit(&wanted, expected, sizeof(expected));
	return not_this_event(stage, expected);
}

bool expect_mmio(struct stage *stage, bool write, uint64_t address, unsigned size)
{
	struct kvm_run wanted = {
		.exit_reason = KVM_EXIT_MMIO,
		.mmio = {.is_write = write, .phys_addr = address, .len = size},
	};
	const struct kvm_run *run = stage->run;
	char expected[120];

	if (stage->over)
		return false;
	if (stage->event == STAGE_EXIT && run->exit_reason == KVM_EXIT_MMIO &&
	    !!run->mmio.is_write == write && run->mmio.phys_addr == address &&
	    run->mmio.len == size)
		return true;
	repro_wants_exit(stage->vcpu->fd, &wanted);
	describe_exit(&wanted, expected, sizeof(expected));
	return not_this_event(stage, expected);
}

bool stage_complete(struct stage *stage)
{
	int rc, code;

	if (stage->over)
		return false;
	stage->run->immediate_exit = 1;
	rc = sys->ioctl(stage->vcpu->fd, KVM_RUN, NULL);
	code = errno;
	stage->run->immediate_exit = 0;
	return expect_that(stage, rc < 0 && code == EINTR,
			   "KVM_RUN with immediate_exit fails with EINTR", "%s",
			   rc < 0 ? strerror(code) : "it returned as if it had run");
}

bool stage_expect_equal(struct stage *stage, const char *what, const char *expression, uint64_t seen,
			uint64_t wanted)
{
	char expected[200];

	if (stage->over)
		return false;
	if (seen == wanted)
		return true;
	repro_wants_register(stage->vcpu->fd, expression, wanted);
	snprintf(expected, sizeof(expected), "%s: 0x%" PRIx64, what, wanted);
	return stage_fail(stage, expected, "%s: 0x%" PRIx64, what, seen);
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
	repro_wants_bytes(seen, wanted, size);
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

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/benchmark.h"
#include "kvm-harness/kvm.h"

/* Formats into what is left of the buffer and returns the new length. */
static size_t append(char *buffer, size_t size, size_t used, const char *format, uint64_t value)
{
	int n = used < size ? snprintf(buffer + used, size - used, format, value) : 0;

	return used + (n > 0 ? (size_t)n : 0);
}

void exit_describe_place(struct vcpu *vcpu, char *buffer, size_t size)
{
	uint64_t linear;
	uint8_t *code;
	size_t used;

	if (arch_vcpu_place(vcpu, &linear, buffer, size)) {
		snprintf(buffer, size, "an unknown place (registers cannot be read)");
		return;
	}
	code = memory_host(vcpu->vm, linear);
	if (!code)
		return;
	used = strlen(buffer);
	used = append(buffer, size, used, ", bytes there:", 0);
	for (unsigned i = 0; i < 8 && (code = memory_host(vcpu->vm, linear + i)); i++)
		used = append(buffer, size, used, " %02" PRIx64, *code);
}

static enum exit_action broken(struct vcpu *vcpu, struct job *job, enum job_status status,
			       const char *what)
{
	char place[200];

	exit_describe_place(vcpu, place, sizeof(place));
	job->status = status;
	snprintf(job->detail, sizeof(job->detail), "%.180s at %s", what, place);
	return EXIT_BROKEN;
}

static enum exit_action internal_error(struct vcpu *vcpu, struct job *job)
{
	const struct kvm_run *run = vcpu->run;
	const char *name = exit_name_internal(run->internal.suberror);
	char text[160];
	size_t used;

	snprintf(text, sizeof(text), "KVM internal error %u (%s), data", run->internal.suberror,
		 name ? name : "unknown");
	used = strlen(text);
	for (unsigned i = 0; i < run->internal.ndata && i < 4; i++)
		used = append(text, sizeof(text), used, " %" PRIx64, run->internal.data[i]);
	return broken(vcpu, job, JOB_INTERNAL, text);
}

static enum exit_action fail_entry(struct vcpu *vcpu, struct job *job)
{
	const struct kvm_run *run = vcpu->run;
	char text[120];

	snprintf(text, sizeof(text), "KVM could not enter the guest: hardware reason 0x%" PRIx64,
		 (uint64_t)run->fail_entry.hardware_entry_failure_reason);
	return broken(vcpu, job, JOB_FAIL_ENTRY, text);
}

static enum exit_action unexpected(struct vcpu *vcpu, struct job *job)
{
	const struct kvm_run *run = vcpu->run;
	const char *name = exit_name_kvm(run->exit_reason);
	char text[160];

	if (run->exit_reason == KVM_EXIT_IO)
		snprintf(text, sizeof(text), "unexpected exit IO, port 0x%x, %s, %u bytes",
			 run->io.port, run->io.direction ? "out" : "in", run->io.size);
	else if (run->exit_reason == KVM_EXIT_MMIO)
		snprintf(text, sizeof(text),
			 "unexpected exit MMIO, address 0x%" PRIx64 ", %s, %u bytes",
			 (uint64_t)run->mmio.phys_addr, run->mmio.is_write ? "write" : "read",
			 run->mmio.len);
	else
		snprintf(text, sizeof(text), "unexpected exit %u (%s)", run->exit_reason,
			 name ? name : "unknown to this program");
	return broken(vcpu, job, JOB_UNEXPECTED, text);
}

/* Does the operation declare this exit on any substrate? Then running on is right. */
static bool declared(const struct job *job, uint32_t reason)
{
	const struct benchmark *benchmark = job->benchmark;

	if (!benchmark)
		return false;
	for (unsigned i = 0; i < BENCHMARK_EXPECTS && benchmark->expect[i].on; i++)
		if (benchmark->expect[i].user_count && benchmark->expect[i].user == reason)
			return true;
	return false;
}

#define ANSWER_SIZE 8

/* What a read of nothing returns: recognizable, and different in every byte. */
static void answer(void *data, unsigned size)
{
	static const uint8_t pattern[ANSWER_SIZE] = {0xa5, 0xb6, 0xc7, 0xd8, 0xe9, 0xfa, 0x0b, 0x1c};

	memcpy(data, pattern, size < sizeof(pattern) ? size : sizeof(pattern));
}

/* The rarer part of exit_handle(): everything but the two ports and devices. */
static enum exit_action handle_other(struct vcpu *vcpu, struct job *job)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_INTERNAL_ERROR:
		return internal_error(vcpu, job);
	case KVM_EXIT_FAIL_ENTRY:
		return fail_entry(vcpu, job);
	case KVM_EXIT_SHUTDOWN:
		return broken(vcpu, job, JOB_SHUTDOWN, "triple fault");
	case KVM_EXIT_INTR:
		return EXIT_RESUME;
	default:
		return declared(job, vcpu->run->exit_reason) ? EXIT_RESUME : unexpected(vcpu, job);
	}
}

enum exit_action exit_handle(struct vcpu *vcpu, struct job *job)
{
	struct kvm_run *run = vcpu->run;

	if (job->final_exit && run->exit_reason == job->final_exit)
		return EXIT_DONE;
	if (run->exit_reason == KVM_EXIT_IO && run->io.port == PORT_DONE)
		return EXIT_DONE;
	if (job->benchmark && job->benchmark->on_exit) {
		struct err err = {0};
		int rc = job->benchmark->on_exit(vcpu, run, &err);

		if (rc > 0)
			return EXIT_RESUME;
		if (rc < 0)
			return broken(vcpu, job, JOB_BROKEN, err.text);
	}
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		if (!declared(job, KVM_EXIT_IO))
			return unexpected(vcpu, job);
		if (run->io.direction != KVM_EXIT_IO_IN)
			return EXIT_RESUME;
		/* Who writes there must not believe everything that a KVM says. */
		if (run->io.data_offset > vcpu->run_size ||
		    vcpu->run_size - run->io.data_offset < ANSWER_SIZE)
			return broken(vcpu, job, JOB_UNEXPECTED,
				      "kvm_run has its I/O data outside of itself");
		answer((char *)run + run->io.data_offset, run->io.size);
		return EXIT_RESUME;
	case KVM_EXIT_MMIO:
		if (!declared(job, KVM_EXIT_MMIO))
			return unexpected(vcpu, job);
		if (!run->mmio.is_write)
			answer(run->mmio.data, sizeof(run->mmio.data));
		return EXIT_RESUME;
	default:
		return handle_other(vcpu, job);
	}
}

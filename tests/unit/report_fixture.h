/* SPDX-License-Identifier: MIT */
/* A run as tests of report/ need it: every kind of result, and some that are as bad as can be. */
#ifndef TESTS_UNIT_REPORT_FIXTURE_H
#define TESTS_UNIT_REPORT_FIXTURE_H

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/histogram.h"
#include "analysis/result.h"

#define FIXTURE_INSTANCES 3
#define FIXTURE_BATCHES	  2

#define COPY(field, text) snprintf(field, sizeof(field), "%s", text)

/* Instances of which the result's samples are made; their own samples are in `single`. */
struct fixture_singles {
	struct histogram op[FIXTURE_INSTANCES];
	struct histogram twin[FIXTURE_INSTANCES];
};

static inline void fixture_run(struct run_info *run)
{
	memset(run, 0, sizeof(*run));
	run->schema_version = 1;
	COPY(run->program_version, "0.1.0");
	COPY(run->started, "2026-01-02T03:04:05Z");
	COPY(run->arguments, "run 'exit/*' --quick");
	run->seed = 0xfedcba9876543210u;
	run->instances = FIXTURE_INSTANCES;
	run->precision = 0.01;
	run->unstable_limit = 0.1;
	run->max_seconds = 60;
	COPY(run->cpus, "0-1");
	COPY(run->compiler, "gcc 12.2.0");
	COPY(run->runtime_hash, "0123456789abcdef");
	run->machine = (struct machine){
		.cpu_family = 25,
		.cpu_model_number = 97,
		.cpu_stepping = 2,
		.cpus_online = 2,
		.smt_active = true,
		.hypervisor_present = true,
		.substrate = SUBSTRATE_PVM,
		.tsc_invariant = true,
		.tsc_hz = 2700000000,
		.mem_total_kib = 8 << 20,
	};
	COPY(run->machine.arch, "x86_64");
	COPY(run->machine.cpu_vendor, "AuthenticAMD");
	COPY(run->machine.cpu_model, "AMD EPYC 9B45");
	COPY(run->machine.microcode, "0xb002161");
	COPY(run->machine.hypervisor, "KVMKVMKVM");
	COPY(run->machine.kernel, "6.18.0 #1 SMP PREEMPT_DYNAMIC Thu Jan 1 00:00:00 UTC 2026");
	COPY(run->machine.kvm_module, "kvm_pvm");
	COPY(run->machine.kvm_parameters, "a=Y b=N");
	COPY(run->machine.mitigations, "spectre_v2: Mitigation; Retpolines");
	COPY(run->machine.clocksource, "kvm-clock");
	COPY(run->machine.thp, "madvise");
	COPY(run->machine.microarchitecture_flags, "umip");
	run->elapsed_seconds = 12.5;
	run->complete = true;
}

static inline void fixture_environment(struct run_info *run, const char *name, bool available)
{
	struct environment_info *info = &run->environments[run->n_environments++];

	COPY(info->name, name);
	info->available = available;
	if (!available)
		COPY(info->reason, "/dev/kvm is not there: load the module of this processor");
	info->granularity_ticks = available ? 27 : 0;
	info->timer_overhead_ticks = available ? 54 : 0;
	info->sentinel_ticks_per_add = available ? 0.7300000000000001 : 0;
	info->sentinel_spread = available ? 0.003 : 0;
	info->clock_shared = available;
}

static inline struct result *fixture_add(struct result_set *set, const char *benchmark,
					 const char *parameters, const char *environment)
{
	struct result *result;

	set->results = reallocarray(set->results, set->n_results + 1, sizeof(*result));
	assert_non_null(set->results);
	result = &set->results[set->n_results++];
	memset(result, 0, sizeof(*result));
	COPY(result->benchmark, benchmark);
	COPY(result->parameters, parameters);
	COPY(result->environment, environment);
	result->substrate = set->run.machine.substrate;
	return result;
}

static inline void fixture_estimate(struct result *result, double point, double half)
{
	result->estimate = (struct estimate){
		.valid = true,
		.point = point,
		.lo = point - half,
		.hi = point + half,
		.confidence = 0.95,
		.n = 14,
	};
	COPY(result->method, "batch");
}

static inline void fixture_status(struct result *result, enum status status, const char *reason)
{
	result->status = status;
	COPY(result->reason, reason);
}

static inline void fixture_proof(struct result *result, enum proof_verdict verdict,
				 const char *exits)
{
	struct proof_line *line = &result->proof.lines[0];

	result->proof.verdict = verdict;
	COPY(result->proof.exits, exits);
	result->proof.iterations = 100;
	result->proof.n_lines = 1;
	COPY(line->source, "kvm_exit");
	COPY(line->event, "CPUID");
	line->wanted = true;
	line->declared = 100;
	line->slack = 2;
	line->observed = 101;
}

/* Samples as a run leaves them: batches per instance, single samples pooled and by instance. */
static inline void fixture_samples(struct result *result, struct fixture_singles *singles)
{
	struct sample_set *samples = &result->samples;

	memset(singles, 0, sizeof(*singles));
	samples->instances = calloc(FIXTURE_INSTANCES, sizeof(*samples->instances));
	assert_non_null(samples->instances);
	samples->n_instances = FIXTURE_INSTANCES;
	for (uint32_t i = 0; i < FIXTURE_INSTANCES; i++) {
		const uint64_t op[] = {1300 + 27 * i, 1300 + 27 * i, 1354, 1000000};
		const uint64_t twin[] = {54, 54, 81};
		struct instance_samples *instance = &samples->instances[i];

		instance->instance = i;
		instance->point_ticks = 1234.1 + i / 3.0;
		instance->batches = calloc(FIXTURE_BATCHES, sizeof(*instance->batches));
		assert_non_null(instance->batches);
		instance->n_batches = FIXTURE_BATCHES;
		for (uint32_t j = 0; j < FIXTURE_BATCHES; j++)
			instance->batches[j] = (struct batch){
				.iterations = 1000,
				.op_ticks = 1250000 + 100 * i + j,
				.twin_ticks = 16000 + j,
			};
		assert_int_equal(histogram_add(&singles->op[i], op, 4), 0);
		assert_int_equal(histogram_add(&singles->twin[i], twin, 3), 0);
		assert_int_equal(histogram_merge(&samples->single, &singles->op[i]), 0);
		assert_int_equal(histogram_merge(&samples->single_twin, &singles->twin[i]), 0);
	}
}

static inline void fixture_singles_clear(struct fixture_singles *singles)
{
	for (int i = 0; i < FIXTURE_INSTANCES; i++) {
		histogram_clear(&singles->op[i]);
		histogram_clear(&singles->twin[i]);
	}
}

/* A run of a few ordinary operations. Free with result_set_clear(). */
static inline void fixture_ordinary(struct result_set *set)
{
	struct result *result;

	memset(set, 0, sizeof(*set));
	fixture_run(&set->run);
	fixture_environment(&set->run, "native", true);
	fixture_environment(&set->run, "guest", true);
	fixture_environment(&set->run, "real16", false);

	result = fixture_add(set, "exit/cpuid", "leaf=0x1", "native");
	fixture_estimate(result, 3278.25, 12);
	result = fixture_add(set, "exit/cpuid", "leaf=0x1", "guest-user");
	fixture_estimate(result, 21655.4, 130);
	fixture_proof(result, PROOF_PROVEN_COUNT, "1 CPUID");
	result = fixture_add(set, "exit/cpuid", "leaf=0x1", "guest");
	fixture_estimate(result, 22801, 215);
	fixture_proof(result, PROOF_PROVEN, "1 CPUID");
	result = fixture_add(set, "exit/cpuid", "leaf=0x1", "prot32");
	fixture_estimate(result, 25001, 215);
	fixture_proof(result, PROOF_PROVEN, "1 CPUID");

	result = fixture_add(set, "exit/hypercall", "", "native");
	fixture_status(result, STATUS_SKIP, "native code may not run this operation");
	result = fixture_add(set, "exit/hypercall", "", "guest");
	fixture_status(result, STATUS_KNOWN, "kvm_pvm never returns from it");

	result = fixture_add(set, "io/port-write", "width=4", "native");
	result->outcome =
		(struct outcome){.known = true, .faulted = true, .vector = 13, .error_code = 0};
	COPY(result->outcome.verdict, "traps");
	result = fixture_add(set, "io/port-write", "width=4", "guest");
	fixture_estimate(result, 1324567, 1000);
	fixture_proof(result, PROOF_REFUTED, "2 IO -> IO");
	COPY(result->proof.why, "2 exits an iteration instead of 1");
	fixture_status(result, STATUS_FAIL, "two exits instead of one");
	result->bytes_per_iteration = 4;

	result = fixture_add(set, "vm/create", "", "host");
	fixture_estimate(result, 1234567.5, 70000);
	fixture_proof(result, PROOF_NONE, "");
	result = fixture_add(set, "irq/inject", "", "guest");
	fixture_status(result, STATUS_SKIP, "this substrate has no in-kernel controller");

	result = fixture_add(set, "sensitive/popf", "", "native");
	fixture_estimate(result, 18.5, 0.1);
	result->outcome = (struct outcome){.known = true, .value = 0xffffffff80050033u};
	COPY(result->outcome.verdict, "silently ignored");
	COPY(result->outcome.note, "IF=1 IOPL=0");
	result = fixture_add(set, "sensitive/popf", "", "guest");
	fixture_status(result, STATUS_SKIP, "not here");
}

/* What fn writes, as text on the heap. */
#define FIXTURE_WRITE(text, call)                                   \
	do {                                                        \
		size_t fixture_size;                                \
		FILE *out = open_memstream(&(text), &fixture_size); \
		assert_non_null(out);                               \
		assert_int_equal(call, 0);                          \
		fclose(out);                                        \
	} while (0)

static inline size_t fixture_columns(const char *line, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)line[i] & 0xc0) != 0x80;
	return columns;
}

/* No line of text is wider than width, and none ends in a space. */
static inline void fixture_assert_width(const char *text, size_t width)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (fixture_columns(text, n) > width)
			fail_msg("wider than %zu: %.*s", width, (int)n, text);
		if (n && text[n - 1] == ' ')
			fail_msg("ends in a space: %.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* Every row of a Markdown table has as many cells as its heading. */
static inline void fixture_assert_tables(const char *text)
{
	size_t expected = 0;

	while (*text) {
		size_t n = strcspn(text, "\n"), cells = 0;

		for (size_t i = 0; i < n && *text == '|'; i++)
			cells += text[i] == '|' && (!i || text[i - 1] != '\\');
		if (cells && expected && cells != expected)
			fail_msg("%zu cells instead of %zu: %.*s", cells, expected, (int)n, text);
		expected = cells;
		text += n + (text[n] == '\n');
	}
}

static inline void fixture_assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static inline void fixture_assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" must not be in:\n%s", part, text);
}

#endif

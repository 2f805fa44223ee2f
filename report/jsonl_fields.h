/* SPDX-License-Identifier: MIT */
/* The members of records, for jsonl_write.c and jsonl_read.c alone: one table says both. */
#ifndef REPORT_JSONL_FIELDS_H
#define REPORT_JSONL_FIELDS_H

#include <stddef.h>

#include "analysis/result.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Records that are a plain list of members are described once, for the writer and the reader
 * alike; the key in the file is the member's name.
 */
enum field_kind {
	FIELD_TEXT, /* char[]; absent when empty */
	FIELD_NAME, /* char[]; always written, refused when too long: part of an identity */
	FIELD_BOOL,
	FIELD_U32,
	FIELD_U64,
	FIELD_HEX,  /* uint64_t as text: a pattern or a seed, not a count */
	FIELD_REAL, /* double; absent when not finite */
	FIELD_SUBSTRATE,
	FIELD_STATUS,
};

struct field {
	const char *key;
	enum field_kind kind;
	bool required; /* when reading */
	size_t offset;
	size_t size;
};

#define FIELD(type, member, kind)                                                         \
	{                                                                                 \
#member, kind, false, offsetof(type, member), sizeof(((type *)0)->member) \
	}
#define NEEDED(type, member, kind)                                                       \
	{                                                                                \
#member, kind, true, offsetof(type, member), sizeof(((type *)0)->member) \
	}

static const struct field machine_fields[] = {
	FIELD(struct machine, id, FIELD_TEXT),
	FIELD(struct machine, arch, FIELD_TEXT),
	FIELD(struct machine, cpu_vendor, FIELD_TEXT),
	FIELD(struct machine, cpu_model, FIELD_TEXT),
	FIELD(struct machine, cpu_family, FIELD_U32),
	FIELD(struct machine, cpu_model_number, FIELD_U32),
	FIELD(struct machine, cpu_stepping, FIELD_U32),
	FIELD(struct machine, microcode, FIELD_TEXT),
	FIELD(struct machine, cpus_online, FIELD_U32),
	FIELD(struct machine, smt_active, FIELD_BOOL),
	FIELD(struct machine, hypervisor_present, FIELD_BOOL),
	FIELD(struct machine, hypervisor, FIELD_TEXT),
	FIELD(struct machine, kernel, FIELD_TEXT),
	FIELD(struct machine, substrate, FIELD_SUBSTRATE),
	FIELD(struct machine, emulated, FIELD_BOOL),
	FIELD(struct machine, nested, FIELD_BOOL),
	FIELD(struct machine, kvm_module, FIELD_TEXT),
	FIELD(struct machine, kvm_parameters, FIELD_TEXT),
	FIELD(struct machine, kvm_build, FIELD_TEXT),
	FIELD(struct machine, mitigations, FIELD_TEXT),
	FIELD(struct machine, governor, FIELD_TEXT),
	FIELD(struct machine, clocksource, FIELD_TEXT),
	FIELD(struct machine, thp, FIELD_TEXT),
	FIELD(struct machine, microarchitecture_flags, FIELD_TEXT),
	FIELD(struct machine, tsc_invariant, FIELD_BOOL),
	FIELD(struct machine, tsc_hz, FIELD_U64),
	FIELD(struct machine, mem_total_kib, FIELD_U64),
};

static const struct field run_fields[] = {
	FIELD(struct run_info, program_version, FIELD_TEXT),
	FIELD(struct run_info, started, FIELD_TEXT),
	FIELD(struct run_info, arguments, FIELD_TEXT),
	FIELD(struct run_info, seed, FIELD_HEX),
	FIELD(struct run_info, instances, FIELD_U32),
	FIELD(struct run_info, precision, FIELD_REAL),
	FIELD(struct run_info, unstable_limit, FIELD_REAL),
	FIELD(struct run_info, max_seconds, FIELD_REAL),
	FIELD(struct run_info, cpus, FIELD_TEXT),
	FIELD(struct run_info, compiler, FIELD_TEXT),
	FIELD(struct run_info, runtime_hash, FIELD_TEXT),
};

static const struct field emulated_host_fields[] = {
	FIELD(struct emulated_host, boots, FIELD_U32),
	FIELD(struct emulated_host, cpus, FIELD_U32),
	FIELD(struct emulated_host, emulator, FIELD_TEXT),
	FIELD(struct emulated_host, emulated_cpu, FIELD_TEXT),
	FIELD(struct emulated_host, kernel_sha256, FIELD_TEXT),
	FIELD(struct emulated_host, modules_sha256, FIELD_TEXT),
	FIELD(struct emulated_host, module_parameters, FIELD_TEXT),
	FIELD(struct emulated_host, command_line, FIELD_TEXT),
};

static const struct field environment_fields[] = {
	NEEDED(struct environment_info, name, FIELD_NAME),
	NEEDED(struct environment_info, available, FIELD_BOOL),
	FIELD(struct environment_info, reason, FIELD_TEXT),
	FIELD(struct environment_info, granularity_ticks, FIELD_U64),
	FIELD(struct environment_info, timer_overhead_ticks, FIELD_REAL),
	FIELD(struct environment_info, sentinel_ticks_per_add, FIELD_REAL),
	FIELD(struct environment_info, sentinel_spread, FIELD_REAL),
	FIELD(struct environment_info, clock_shared, FIELD_BOOL),
};

/* What an instance record and a result record have in common. */
static const struct field identity_fields[] = {
	NEEDED(struct result, benchmark, FIELD_NAME),
	NEEDED(struct result, parameters, FIELD_NAME),
	NEEDED(struct result, environment, FIELD_NAME),
	NEEDED(struct result, substrate, FIELD_SUBSTRATE),
	FIELD(struct result, control, FIELD_BOOL),
	FIELD(struct result, bytes_per_iteration, FIELD_U32),
	FIELD(struct result, payload_hash, FIELD_TEXT),
	FIELD(struct result, method, FIELD_TEXT),
};

static const struct field status_fields[] = {
	NEEDED(struct result, status, FIELD_STATUS),
	FIELD(struct result, reason, FIELD_TEXT),
};

static const struct field proof_fields[] = {
	FIELD(struct proof, why, FIELD_TEXT),
	FIELD(struct proof, exits, FIELD_TEXT),
	FIELD(struct proof, iterations, FIELD_U64),
	FIELD(struct proof, unasked, FIELD_BOOL),
};

static const struct field proof_line_fields[] = {
	FIELD(struct proof_line, source, FIELD_TEXT),
	FIELD(struct proof_line, event, FIELD_TEXT),
	NEEDED(struct proof_line, wanted, FIELD_BOOL),
	NEEDED(struct proof_line, declared, FIELD_U64),
	NEEDED(struct proof_line, slack, FIELD_U64),
	NEEDED(struct proof_line, observed, FIELD_U64),
};

static const struct field outcome_fields[] = {
	FIELD(struct outcome, verdict, FIELD_TEXT), FIELD(struct outcome, note, FIELD_TEXT),
	FIELD(struct outcome, value, FIELD_HEX),    FIELD(struct outcome, faulted, FIELD_BOOL),
	FIELD(struct outcome, vector, FIELD_U32),   FIELD(struct outcome, error_code, FIELD_HEX),
};

static const struct field noise_fields[] = {
	FIELD(struct noise, involuntary_switches, FIELD_U64),
	FIELD(struct noise, migrations, FIELD_U64),
	FIELD(struct noise, steal_ms, FIELD_U64),
	FIELD(struct noise, outliers, FIELD_U64),
};

static const struct field end_fields[] = {
	FIELD(struct run_info, elapsed_seconds, FIELD_REAL),
};

#endif

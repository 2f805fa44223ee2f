/* SPDX-License-Identifier: MIT */
/* Two sides of result sets, made by hand: all alike until a test changes something. */
#ifndef TESTS_UNIT_COMPARE_FIXTURE_H
#define TESTS_UNIT_COMPARE_FIXTURE_H

#include <stdio.h>

#include "tests/unit/test_analysis.h"

#include "analysis/compare.h"
#include "analysis/exact.h"

#define FIXTURE_SETS 24
#define FIXTURE_ROWS 4

enum { BASE, NEW };

struct fixture {
	struct result results[2][FIXTURE_SETS][FIXTURE_ROWS];
	struct result_set sets[2][FIXTURE_SETS];
	struct side sides[2];
	struct comparison comparison;
};

#define COPY(field, text) snprintf(field, sizeof(field), "%s", text)

/* A proof of so many exits per iteration, of one reason. */
static inline void fixture_proof(struct result *result, const char *event, uint64_t each)
{
	struct proof *proof = &result->proof;

	*proof = (struct proof){.verdict = PROOF_PROVEN, .iterations = 1000, .n_lines = 1};
	snprintf(proof->exits, sizeof(proof->exits), "%u %s", (unsigned)each, event);
	COPY(proof->lines[0].source, "kvm_exit");
	COPY(proof->lines[0].event, event);
	proof->lines[0].wanted = true;
	proof->lines[0].declared = proof->lines[0].observed = each * 1000;
}

/* Rows exit/op0, exit/op1 ... in the guest, of 1000, 2000 ... ticks. */
static inline void fixture_result(struct result *result, size_t row)
{
	*result = (struct result){.substrate = SUBSTRATE_VMX, .status = STATUS_OK};
	snprintf(result->benchmark, sizeof(result->benchmark), "exit/op%zu", row);
	COPY(result->environment, "guest");
	COPY(result->payload_hash, "0123456789abcdef");
	result->estimate = (struct estimate){.valid = true,
					     .point = 1000 * (double)(row + 1),
					     .lo = 990 * (double)(row + 1),
					     .hi = 1010 * (double)(row + 1),
					     .confidence = 0.95,
					     .n = 6};
	fixture_proof(result, "CPUID", 1);
}

/* What an emulated host counts, just often enough: the median over instances, and the range of all.
 */
static inline void fixture_count(struct result *result, double lo, double point, double hi)
{
	result->estimate = (struct estimate){.valid = true,
					     .exact = lo == hi,
					     .point = point,
					     .lo = lo,
					     .hi = hi,
					     .confidence = 1,
					     .n = EXACT_INSTANCES_MIN};
	result->exactness = (struct exactness){.instances = EXACT_INSTANCES_MIN,
					       .boots = EXACT_BOOTS_MIN,
					       .values = {{(int64_t)point, EXACT_INSTANCES_MIN}},
					       .n_values = 1};
	if (lo == hi)
		return;
	result->exactness.n_values = 2;
	result->exactness.values[0].instances--;
	result->exactness.values[1] = (struct exact_value){(int64_t)(point < hi ? hi : lo), 1};
}

static inline void fixture_machine(struct machine *machine)
{
	*machine = (struct machine){.substrate = SUBSTRATE_VMX,
				    .cpu_family = 6,
				    .cpu_model_number = 85,
				    .cpu_stepping = 7};
	COPY(machine->arch, "x86_64");
	COPY(machine->cpu_model, "Xeon");
	COPY(machine->kernel, "6.1.0");
	COPY(machine->kvm_module, "kvm_intel");
	COPY(machine->kvm_parameters, "ept=Y nested=N kvm.halt_poll_ns=200000");
	COPY(machine->mitigations, "mds: Not affected; spectre_v2: Mitigation, IBRS");
}

/* One fixture at a time: it is large, and so is static. */
static inline struct fixture *fixture_new(size_t n_base, size_t n_new, size_t rows)
{
	static struct fixture fixture;
	const size_t n[] = {n_base, n_new};

	comparison_clear(&fixture.comparison);
	memset(&fixture, 0, sizeof(fixture));
	for (unsigned side = 0; side < 2; side++) {
		fixture.sides[side] = (struct side){fixture.sets[side], n[side]};
		for (size_t i = 0; i < n[side]; i++) {
			struct result_set *set = &fixture.sets[side][i];

			fixture_machine(&set->run.machine);
			COPY(set->run.program_version, "0.1.0");
			set->results = fixture.results[side][i];
			set->n_results = rows;
			for (size_t row = 0; row < rows; row++)
				fixture_result(&set->results[row], row);
		}
	}
	return &fixture;
}

/* For every set of one side. */
#define FIXTURE_EACH(fixture, side, row, field, value)                            \
	do {                                                                      \
		for (size_t each_ = 0; each_ < (fixture)->sides[side].n; each_++) \
			(fixture)->results[side][each_][row].field = (value);     \
	} while (0)

static inline struct comparison *fixture_compare(struct fixture *fixture, bool paired)
{
	struct err err = {0};

	comparison_clear(&fixture->comparison);
	assert_int_equal(comparison_build(&fixture->sides[BASE], &fixture->sides[NEW], paired, 0.95,
					  &fixture->comparison, &err),
			 0);
	return &fixture->comparison;
}

#endif

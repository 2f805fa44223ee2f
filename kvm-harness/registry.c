/* SPDX-License-Identifier: MIT */
/*
 * The operations and checks that were linked in: arrays of pointers in sections of their own
 * (structs there would be padded, and iteration would break). The linker names their ends.
 */
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/benchmark.h"
#include "kvm-harness/check.h"

extern const struct benchmark *const __start_benchmarks[] __attribute__((weak));
extern const struct benchmark *const __stop_benchmarks[] __attribute__((weak));
extern const struct check *const __start_checks[] __attribute__((weak));
extern const struct check *const __stop_checks[] __attribute__((weak));

#define SORTED_MAX 1024
static const struct benchmark *sorted[SORTED_MAX];
static size_t count;

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct benchmark *const *)a)->name,
		      (*(const struct benchmark *const *)b)->name);
}

size_t benchmark_count(void)
{
	if (count)
		return count;
	for (const struct benchmark *const *at = __start_benchmarks;
	     at < __stop_benchmarks && count < SORTED_MAX; at++)
		sorted[count++] = *at;
	qsort(sorted, count, sizeof(sorted[0]), by_name);
	return count;
}

const struct benchmark *benchmark_get(size_t index)
{
	return index < benchmark_count() ? sorted[index] : NULL;
}

static const struct check *sorted_checks[SORTED_MAX];
static size_t n_checks;

static int check_by_name(const void *a, const void *b)
{
	return strcmp((*(const struct check *const *)a)->name,
		      (*(const struct check *const *)b)->name);
}

size_t check_count(void)
{
	if (n_checks)
		return n_checks;
	for (const struct check *const *at = __start_checks;
	     at < __stop_checks && n_checks < SORTED_MAX; at++)
		sorted_checks[n_checks++] = *at;
	qsort(sorted_checks, n_checks, sizeof(sorted_checks[0]), check_by_name);
	return n_checks;
}

const struct check *check_get(size_t index)
{
	return index < check_count() ? sorted_checks[index] : NULL;
}

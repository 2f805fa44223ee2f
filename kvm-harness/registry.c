/* SPDX-License-Identifier: MIT */
/*
 * The operations that were linked in: an array of pointers in a section of its own (structs there
 * would be padded, and iteration would break). The linker names its ends.
 */
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/benchmark.h"

extern const struct benchmark *const __start_benchmarks[] __attribute__((weak));
extern const struct benchmark *const __stop_benchmarks[] __attribute__((weak));

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

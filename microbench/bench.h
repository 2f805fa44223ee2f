/* SPDX-License-Identifier: MIT */
/*
 * The only header that an operation includes. Each file under microbench/ is compiled several
 * times: freestanding, once for each image (PAYLOAD_BITS is 16, 32 or 64), where only PAYLOAD()
 * means something; and hosted, where only BENCHMARK() and what stands under `#if HOSTED` does.
 *
 * See docs/adding-an-operation.md.
 */
#ifndef MICROBENCH_BENCH_H
#define MICROBENCH_BENCH_H

#ifdef PAYLOAD_BITS

#define HOSTED 0
#include "microbench/payload/payload.h"
#define BENCHMARK(id, ...)

#if PAYLOAD_BITS == 64
#define PAYLOAD64      PAYLOAD
#define PAYLOAD64_PAIR PAYLOAD_PAIR
#define PAYLOAD16(...)
#else
#define PAYLOAD64(...)
#define PAYLOAD64_PAIR(...)
#if PAYLOAD_BITS == 16
#define PAYLOAD16 PAYLOAD
#else
#define PAYLOAD16(...)
#endif
#endif

#else

#define HOSTED 1
#include "kvm-harness/arch/x86/exit_names.h"
#include "kvm-harness/benchmark.h"
#define PAYLOAD(...)
#define PAYLOAD_PAIR(...)
#define PAYLOAD64(...)
#define PAYLOAD64_PAIR(...)
#define PAYLOAD16(...)

/*
 * Declares an operation: BENCHMARK(identifier, .name = "family/name", .title = ..., ...). A
 * pointer to it lands in the linker section "benchmarks"; the global symbol makes a second
 * declaration of the same identifier a link error.
 */
#define BENCHMARK(id, ...)                                                          \
	extern const struct benchmark benchmark_##id;                               \
	const struct benchmark benchmark_##id = {__VA_ARGS__};                      \
	__attribute__((section("benchmarks"), used))                                \
	static const struct benchmark *const benchmark_pointer_##id = &benchmark_##id

#endif
#endif

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

/* What many operations declare. An exit of ring 0's: where real mode is a task, it faults first. */
#define EXPECT_VMX(exit)                                                            \
	{SUBSTRATE_VMX, ENV_REAL16, .vm86 = true, .reason = EXIT_VMX_EXCEPTION_NMI, .count = 1}, \
	{SUBSTRATE_VMX, .reason = EXIT_VMX_##exit, .count = 1}
#define EXPECT_SVM(exit) {SUBSTRATE_SVM, .reason = EXIT_SVM_##exit, .count = 1}
/* kvm_pvm emulates ring 0, one instruction after the other ... */
#define EXPECT_PVM {SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1}
/* ... of which it does not know all. */
#define EXPECT_PVM_UNKNOWN(instruction)                                             \
	{SUBSTRATE_PVM, .known = "kvm_pvm's emulator does not know " instruction,   \
	 .link = "docs/exit-paths.md"}
/* ... and no way back from a fault in protected mode. */
#define EXPECT_PVM_NO_IRET                                                          \
	{SUBSTRATE_PVM, ENV_PROT32, .known = "kvm_pvm's emulator has no IRET in protected mode", \
	 .link = "docs/exit-paths.md"}
/* A fault that KVM itself delivers. */
#define EXPECT_PVM_TRAP                                                             \
	{SUBSTRATE_PVM, .trap = true, .event = "kvm_inj_exception", .event_count = 1}
/* A control row: hardware does it alone, and kvm_pvm runs ring 3 directly. */
#define EXPECT_NONE                                                                 \
	{SUBSTRATE_HARDWARE, .none = true}, {SUBSTRATE_PVM, ENV_GUEST_USER, .none = true}

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

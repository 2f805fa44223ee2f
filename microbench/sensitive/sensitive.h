/* SPDX-License-Identifier: MIT */
/*
 * What the sensitive instructions have in common: the environments where 64-bit and older code has
 * them, and the words for what was found. Robin and Irvine (USENIX Security 2000) list them; the
 * usual list has 18 names although it is published as 17.
 */
#ifndef SENSITIVE_SENSITIVE_H
#define SENSITIVE_SENSITIVE_H

#include "microbench/bench.h"

/* A selector of privilege level 0 in this harness's tables and in Linux's own. */
#define SELECTOR_RING0 "0x10"

#if HOSTED
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/kvm.h"

static inline bool is_native(const struct probe_view *view)
{
	return view->environment->bit == ENV_NATIVE;
}

/* Ring of the code that was probed. */
static inline unsigned ring_of(const struct probe_view *view)
{
	return view->environment->bit & (ENV_NATIVE | ENV_GUEST_USER) ? 3 : 0;
}

/* A value that shows machine state: whose is it? */
static inline const char *whose(const struct probe_view *view, bool is_guests)
{
	if (is_native(view))
		return "host state";
	return is_guests ? "guest state" : "foreign state";
}

#define FINDING_NOTE(finding, ...) \
	snprintf((finding)->note, sizeof((finding)->note), __VA_ARGS__)

/* LAR and its kind: the zero flag tells whether the segment may be seen from this ring. */
static inline void find_visible(const struct probe_view *view, struct finding *finding)
{
	bool visible = view->ctx->out_flags >> 6 & 1;

	finding->value = visible;
	finding->verdict = visible ? "executes" : "silently differs";
	FINDING_NOTE(finding, "ZF=%d", visible);
}

/*
 * SGDT and SIDT have stored a limit of 16 bits, then the base: 8 bytes in 64-bit code, 4 otherwise.
 * Real mode's tables are at 0.
 */
static inline void find_table(const struct probe_view *view, struct finding *finding,
			      uint64_t own_base)
{
	uint64_t base = 0;
	uint16_t limit;

	memcpy(&limit, view->ctx->scratch, sizeof(limit));
	memcpy(&base, view->ctx->scratch + 2, view->environment->bits == 64 ? 8 : 4);
	finding->value = base;
	finding->verdict =
		whose(view, base == (view->environment->bit == ENV_REAL16 ? 0 : own_base));
	/* Linux answers for a CPU that forbids this (UMIP): a made-up base, and no limit. */
	if (is_native(view) && !limit)
		finding->verdict = "dummy value";
	FINDING_NOTE(finding, "base 0x%llx limit 0x%x", (unsigned long long)base, limit);
}

/* SLDT and STR. */
static inline void find_selector(const struct probe_view *view, struct finding *finding,
				 uint64_t own)
{
	finding->value = view->ctx->out_ax & 0xffff;
	finding->verdict = whose(view, finding->value == own);
	FINDING_NOTE(finding, "selector 0x%llx", (unsigned long long)finding->value);
}
#endif

#define SENSITIVE_64	  (ENV_64 | ENV_PROT32)
#define SENSITIVE_ALL	  (ENV_64 | ENV_PROT32 | ENV_REAL16)

/* None may exit where hardware runs the guest; where KVM emulates ring 0, each is emulated. */
#define SENSITIVE_EXPECT                                       \
	{SUBSTRATE_HARDWARE, .none = true},                    \
	{SUBSTRATE_HARDWARE, .trap = true, .none = true},      \
	EXPECT_PVM_TRAP,                                       \
	{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},         \
	{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1}

/* Those that kvm_pvm's emulator has never heard of. */
#define SENSITIVE_EXPECT_UNKNOWN(name)                         \
	{SUBSTRATE_HARDWARE, .none = true},                    \
	{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},         \
	{SUBSTRATE_PVM, .known = "kvm_pvm's emulator does not know " name, \
	 .link = "docs/exit-paths.md"}

/* Ring 3 of a TCG machine itself: its kernel dies of a double fault, and the run with it. */
#define SENSITIVE_EXPECT_TCG_FAR                                     \
	{SUBSTRATE_ANY, ENV_NATIVE, .emulator = EMULATOR_TCG, .avoid = true, \
	 .known = "a far transfer in ring 3 of QEMU's TCG crashes the emulated host", \
	 .link = "docs/exit-paths.md"}

/* The five that a CPU may forbid in ring 3 (UMIP): there kvm_pvm answers in the CPU's place. */
#define SENSITIVE_EXPECT_UMIP                                  \
	{SUBSTRATE_HARDWARE, .none = true},                    \
	{SUBSTRATE_PVM, ENV_GUEST_USER, .count = 1},           \
	{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1}

#endif

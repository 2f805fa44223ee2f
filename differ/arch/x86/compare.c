/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "differ/arch/x86/behaviour.h"
#include "differ/arch/x86/rules.h"
#include "kvm-harness/arch/x86/exit_names.h"

#define PF_USER 4u
#define FLAG_RF 0x10000u

const char *const difference_names[DIFFERENCES] = {
	[DIFFER_END] = "end",	      [DIFFER_ERROR] = "error code",  [DIFFER_OFFSET] = "offset",
	[DIFFER_ADDRESS] = "address", [DIFFER_REGISTER] = "register", [DIFFER_FLAGS] = "flags",
	[DIFFER_XMM] = "xmm",	      [DIFFER_MEMORY] = "memory",
};

/* #DF #TS #NP #SS #GP #PF #AC #CP */
static bool has_error(unsigned vector)
{
	return vector < 32 && 0x227d00u >> vector & 1;
}

void behaviour_describe(const struct behaviour *behaviour, char *text, size_t size)
{
	const char *name;
	char error[32] = "", address[40] = "";

	switch (behaviour->ended) {
	case ENDED_NOT:
		snprintf(text, size, "not run");
		break;
	case ENDED_END:
		snprintf(text, size, "came to the end");
		break;
	case ENDED_TRAP:
		name = exception_name(behaviour->vector);
		if (has_error(behaviour->vector))
			snprintf(error, sizeof(error), "(0x%" PRIx64 ")", behaviour->error);
		if (behaviour->vector == VECTOR_PF)
			snprintf(address, sizeof(address), ", address 0x%" PRIx64,
				 behaviour->address);
		snprintf(text, size, "%s%s at code+0x%" PRIx64 "%s", name ? name : "a vector",
			 error, (uint64_t)behaviour->offset, address);
		break;
	case ENDED_HUNG:
		snprintf(text, size, "hung: the watchdog stopped it");
		break;
	case ENDED_INTERNAL:
		name = exit_name_internal(behaviour->detail);
		snprintf(text, size, "KVM internal error %u (%s) at code+0x%" PRIx64,
			 behaviour->detail, name ? name : "unknown", (uint64_t)behaviour->offset);
		break;
	case ENDED_EXIT:
		name = exit_name_kvm(behaviour->detail);
		snprintf(text, size, "exit %u (%s) to user space", behaviour->detail,
			 name ? name : "unknown");
		break;
	case ENDED_SHUTDOWN:
		snprintf(text, size, "triple fault");
		break;
	case ENDED_FAIL_ENTRY:
		snprintf(text, size, "KVM could not enter the guest");
		break;
	case ENDED_REFUSED:
		snprintf(text, size, "KVM_RUN failed: %s", strerror((int)behaviour->detail));
		break;
	}
}

/* What is undefined where it ended: before an instruction that faults, behind one that traps. */
static struct blur blur_at(const struct program *code, const struct behaviour *behaviour)
{
	for (unsigned i = 0; behaviour->ended == ENDED_TRAP && i < code->n; i++) {
		const struct insn *insn = &code->insns[i];
		struct blur blur = insn->before;

		if (insn->offset != behaviour->offset)
			continue;
		blur.flags |= insn->flags_at_fault;
		blur.rules |= insn->flags_at_fault ? 1u << RULE_REPEAT : 0;
		return blur;
	}
	return code->after;
}

/* How it ended. */
static void compare_end(const struct behaviour *a, const struct behaviour *b, bool rings_differ,
			struct comparison *comparison)
{
	uint64_t error = a->error ^ b->error;

	if (a->ended != b->ended || a->detail != b->detail ||
	    (a->ended == ENDED_TRAP && a->vector != b->vector)) {
		comparison->differences |= 1u << DIFFER_END;
		return;
	}
	if (a->ended != ENDED_TRAP)
		return;
	if (a->vector == VECTOR_PF && rings_differ) {
		error &= ~(uint64_t)PF_USER;
		comparison->rules |= 1u << RULE_USER_FAULT;
	}
	if (has_error(a->vector) && error)
		comparison->differences |= 1u << DIFFER_ERROR;
	if (a->offset != b->offset)
		comparison->differences |= 1u << DIFFER_OFFSET;
	if (a->vector == VECTOR_PF && a->address != b->address)
		comparison->differences |= 1u << DIFFER_ADDRESS;
}

static void compare_state(const struct program *code, const struct behaviour *a,
			  const struct behaviour *b, struct comparison *comparison)
{
	const struct blur blur = blur_at(code, a);
	uint64_t ignored = blur.flags | (a->ended == ENDED_TRAP ? FLAG_RF : 0);

	comparison->rules |= blur.rules | (a->ended == ENDED_TRAP ? 1u << RULE_RF : 0);
	for (unsigned i = 0; i < REGS; i++)
		if (a->gpr[i] != b->gpr[i] && !(blur.gpr >> i & 1))
			comparison->registers |= 1u << i;
	comparison->flags = (a->flags ^ b->flags) & ~ignored;
	if (comparison->registers)
		comparison->differences |= 1u << DIFFER_REGISTER;
	if (comparison->flags)
		comparison->differences |= 1u << DIFFER_FLAGS;
	if (code->uses_xmm && memcmp(a->xmm, b->xmm, sizeof(a->xmm)))
		comparison->differences |= 1u << DIFFER_XMM;
	if (!memcmp(a->memory, b->memory, sizeof(a->memory)))
		return;
	comparison->differences |= 1u << DIFFER_MEMORY;
	while (a->memory[comparison->memory] == b->memory[comparison->memory])
		comparison->memory++;
}

void behaviour_compare(const struct program *code, const struct behaviour *a,
		       const struct behaviour *b, bool rings_differ, struct comparison *comparison)
{
	memset(comparison, 0, sizeof(*comparison));
	compare_end(a, b, rings_differ, comparison);
	/* Where one did not end by itself, or the other elsewhere, there is no state to compare. */
	if ((a->ended == ENDED_END || a->ended == ENDED_TRAP) &&
	    !(comparison->differences & (1u << DIFFER_END | 1u << DIFFER_OFFSET)))
		compare_state(code, a, b, comparison);
}

/* SPDX-License-Identifier: MIT */
#include "analysis/legs.h"

#include <stdbool.h>
#include <string.h>

static const char *const names[LEG_COUNT] = {
	[LEG_GUEST] = "the guest itself",
	[LEG_OUT] = "the exit, to KVM's dispatch",
	[LEG_FAST] = "KVM's fast path",
	[LEG_HANDLER] = "KVM's handler",
	[LEG_EMULATOR] = "KVM's instruction emulator",
	[LEG_TO_USER] = "KVM to user space",
	[LEG_HARNESS] = "user space (this program)",
	[LEG_FROM_USER] = "user space to the guest",
	[LEG_BACK] = "KVM back to the guest",
	[LEG_INTERRUPTS] = "interrupts of the host",
};

static const char *const keys[LEG_COUNT] = {
	[LEG_GUEST] = "guest",	     [LEG_OUT] = "exit",
	[LEG_FAST] = "fast_path",    [LEG_HANDLER] = "handler",
	[LEG_EMULATOR] = "emulator", [LEG_TO_USER] = "to_user",
	[LEG_HARNESS] = "user",	     [LEG_FROM_USER] = "from_user",
	[LEG_BACK] = "back",	     [LEG_INTERRUPTS] = "interrupts",
};

const char *leg_name(enum leg leg)
{
	return names[leg];
}

const char *leg_key(enum leg leg)
{
	return keys[leg];
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Names of Linux 5.10 to 6.18; compilers append ".part.0" and the like. */
unsigned leg_role(const char *function)
{
	if (begins(function, "asm_sysvec_") || begins(function, "asm_exc_") ||
	    begins(function, "asm_common_interrupt"))
		return LEG_IS_INTERRUPT;
	if (begins(function, "handle_fastpath_") ||
	    begins(function, "vmx_exit_handlers_fastpath") ||
	    begins(function, "svm_exit_handlers_fastpath"))
		return LEG_IS_FAST;
	if (begins(function, "vmx_handle_exit") || begins(function, "__vmx_handle_exit") ||
	    begins(function, "svm_handle_exit"))
		return begins(function, "vmx_handle_exit_irqoff") ? 0 : LEG_IS_HANDLER;
	if (begins(function, "x86_emulate_instruction") || begins(function, "x86_emulate_insn") ||
	    begins(function, "x86_decode_insn") || begins(function, "x86_decode_emulated"))
		return LEG_IS_EMULATOR;
	return 0;
}

static void settle(struct legs *legs, enum leg leg)
{
	legs->insns[leg] += legs->pending;
	legs->pending = 0;
}

static void step_in_kernel(struct legs *legs, unsigned roles, uint64_t counted)
{
	if (legs->phase == PHASE_GUEST)
		legs->phase = PHASE_OUT;
	if (legs->phase == PHASE_USER)
		legs->phase = PHASE_FROM_USER;
	if (roles & LEG_IS_INTERRUPT) {
		legs->insns[LEG_INTERRUPTS] += counted;
		return;
	}
	if (roles & (LEG_IS_EMULATOR | LEG_IS_HANDLER | LEG_IS_FAST)) {
		enum leg leg = roles & LEG_IS_EMULATOR	? LEG_EMULATOR
			       : roles & LEG_IS_HANDLER ? LEG_HANDLER
							: LEG_FAST;

		/* Between two parts of handling: the fast path that had no answer, say. */
		settle(legs, legs->phase == PHASE_HANDLED ? LEG_OUT : leg);
		if (legs->phase == PHASE_OUT)
			legs->phase = PHASE_HANDLED;
		legs->insns[leg] += counted;
		return;
	}
	if (legs->phase == PHASE_HANDLED)
		legs->pending += counted;
	else
		legs->insns[legs->phase == PHASE_FROM_USER ? LEG_FROM_USER : LEG_OUT] += counted;
}

void legs_step(struct legs *legs, enum trace_region region, unsigned roles, uint64_t counted)
{
	switch (region) {
	case TRACE_GUEST:
		settle(legs, LEG_BACK);
		legs->phase = PHASE_GUEST;
		legs->insns[LEG_GUEST] += counted;
		break;
	case TRACE_USER:
		settle(legs, LEG_TO_USER);
		legs->phase = PHASE_USER;
		legs->insns[LEG_HARNESS] += counted;
		break;
	default:
		step_in_kernel(legs, roles, counted);
	}
}

void legs_end(struct legs *legs)
{
	settle(legs, LEG_BACK);
}

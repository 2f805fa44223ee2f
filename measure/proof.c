/* SPDX-License-Identifier: MIT */
#include "measure/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kvm-harness/arch/x86/exit_names.h"

/* Exits that the host causes, whatever the guest does. */
static bool is_host_noise(enum substrate substrate, uint32_t reason)
{
	if (substrate == SUBSTRATE_VMX)
		return reason == EXIT_VMX_EXTERNAL_INTERRUPT;
	if (substrate == SUBSTRATE_SVM)
		return reason == EXIT_SVM_INTR || reason == EXIT_SVM_NMI;
	return false;
}

/* Beyond the last line the spare one is filled in: what is not written down is still judged. */
static struct proof_line *add_line(struct proof *proof, struct proof_line *spare,
				   const char *source, const char *event)
{
	struct proof_line *line = spare;

	if (proof->n_lines < PROOF_LINES)
		line = &proof->lines[proof->n_lines++];
	memset(line, 0, sizeof(*line));
	snprintf(line->source, sizeof(line->source), "%s", source);
	snprintf(line->event, sizeof(line->event), "%s", event);
	return line;
}

static void refute(struct proof *proof, const struct proof_line *line)
{
	proof->verdict = PROOF_REFUTED;
	snprintf(proof->why, sizeof(proof->why), "%s: declared %" PRIu64 " %s, observed %" PRIu64,
		 line->source, line->declared, line->event, line->observed);
}

/* Adds a declared line and compares; true when it is as declared. */
static bool compare(struct proof *proof, const char *source, const char *event, uint64_t declared,
		    uint64_t slack, uint64_t observed)
{
	struct proof_line spare, *line = add_line(proof, &spare, source, event);

	line->wanted = true;
	line->declared = declared;
	line->slack = slack;
	line->observed = observed;
	if (observed >= declared && observed <= declared + slack)
		return true;
	refute(proof, line);
	return false;
}

/* A reason that the operation may take as well. */
static bool is_also(const struct expect *expect, uint32_t reason)
{
	for (const uint32_t *also = expect->also; also && *also != ALSO_END; also++)
		if (*also == reason)
			return true;
	return false;
}

/*
 * Every reason but the declared one. What comes with (nearly) every iteration belongs to the
 * operation and was not declared; what comes now and then, or from the host, is listed. A control
 * row allows nothing but the host's.
 */
static bool list_reasons(struct proof *proof, const struct expect *expect, enum substrate substrate,
			 const struct trace_counts *counts)
{
	uint64_t allowed = expect->none ? expect->slack : expect->slack + proof->iterations / 8;
	bool good = true;

	for (unsigned i = 0; i < counts->n_reasons; i++) {
		const struct trace_reason *reason = &counts->reasons[i];
		struct proof_line spare, *line;
		char name[48];

		if (!reason->count || (expect->count && reason->reason == expect->reason))
			continue;
		line = add_line(proof, &spare, "kvm_exit",
				exit_name(substrate, reason->reason, name, sizeof(name)));
		line->observed = reason->count;
		if (is_host_noise(substrate, reason->reason) || reason->count <= allowed ||
		    (is_also(expect, reason->reason) && reason->count <= 2 * proof->iterations))
			continue;
		refute(proof, line);
		good = false;
	}
	return good;
}

/* A tracepoint that says that KVM did the operation's work: none of them in a control row. */
static bool is_handling(const char *event)
{
	static const char *const events[] = {"kvm_userspace_exit", "kvm_cpuid",	    "kvm_pio",
					     "kvm_mmio",	   "kvm_msr",	    "kvm_hypercall",
					     "kvm_emulate_insn",   "kvm_fast_mmio", "kvm_cr"};

	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (!strcmp(event, events[i]))
			return true;
	return false;
}

/* Events other than kvm_exit that were seen; see is_handling() for those that refute. */
static bool list_events(struct proof *proof, const struct expect *expect,
			const struct trace_counts *counts)
{
	bool good = true;

	for (unsigned i = 1; trace_event_name(i); i++) {
		const char *name = trace_event_name(i);
		bool bad = expect->none && is_handling(name) && counts->events[i] > expect->slack;
		struct proof_line spare, *line;

		if (!counts->events[i] || (expect->event && !strcmp(expect->event, name)))
			continue;
		line = add_line(proof, &spare, "tracepoint", name);
		line->observed = counts->events[i];
		if (!bad)
			continue;
		refute(proof, line);
		good = false;
	}
	return good;
}

static bool judge_user_exits(struct proof *proof, const struct expect *expect,
			     const struct proof_evidence *evidence)
{
	bool good = true;

	for (uint32_t reason = 0; reason < JOB_EXITS; reason++) {
		bool wanted = expect->user_count && reason == expect->user;
		uint64_t seen = evidence->user[reason];
		const char *name = exit_name_kvm(reason);
		char number[16];

		snprintf(number, sizeof(number), "%u", reason);
		if (wanted || seen)
			good &= compare(proof, "userspace exit", name ? name : number,
					wanted ? expect->user_count * evidence->iterations : 0, 0,
					seen);
	}
	return good;
}

/* One reason through hardware's eyes. */
static bool judge_reasons(struct proof *proof, const struct expect *expect,
			  enum substrate substrate, const struct proof_evidence *evidence)
{
	bool good = true;
	char name[48];

	if (expect->count) {
		good = compare(proof, "kvm_exit",
			       exit_name(substrate, expect->reason, name, sizeof(name)),
			       expect->count * evidence->iterations, expect->slack,
			       trace_reason_count(&evidence->counts, expect->reason));
	}
	return list_reasons(proof, expect, substrate, &evidence->counts) && good;
}

static bool judge_event(struct proof *proof, const struct expect *expect,
			const struct proof_evidence *evidence)
{
	uint64_t seen = evidence->counts.events[trace_event_index(expect->event)];

	return compare(proof, "tracepoint", expect->event,
		       expect->event_count * evidence->iterations, expect->slack, seen);
}

/* This kernel has the tracepoint that the operation declares. */
static bool can_see_event(const struct expect *expect, const struct proof_evidence *evidence)
{
	int index = expect->event ? trace_event_index(expect->event) : -1;

	return evidence->traced && index >= 0 && evidence->counts.available & 1u << index;
}

/*
 * Where the statistics mean something: a vCPU's exits on hardware, and under kvm_pvm those of ring
 * 3 (emulated instructions are not counted one by one).
 */
static bool statistics_mean_exits(const struct cell *cell, enum substrate substrate,
				  const struct proof_evidence *evidence)
{
	return evidence->statistics &&
	       (substrate & SUBSTRATE_HARDWARE || cell->environment->bit == ENV_GUEST_USER);
}

/*
 * The statistics count every exit together; host interrupts and signals are taken off. That is
 * never fewer than declared. Less the exits of the twin's batches, it is not many more: how many,
 * is stated.
 */
static bool judge_statistics(struct proof *proof, const struct expect *expect,
			     const struct proof_evidence *evidence)
{
	uint64_t each = expect->none ? 0 : expect->count ? expect->count : expect->user_count;
	uint64_t declared = each * evidence->statistics_iterations;
	uint64_t observed = evidence->statistics_exits;
	struct proof_line spare, *line = add_line(proof, &spare, "statistics", "exits");

	line->wanted = true;
	line->declared = declared;
	line->slack = evidence->statistics_iterations / 8 + 16;
	for (const uint32_t *also = expect->also; also && *also != ALSO_END; also++)
		line->slack += 2 * evidence->statistics_iterations;
	line->observed = observed;
	if (evidence->statistics_all >= declared && observed <= declared + line->slack)
		return true;
	refute(proof, line);
	return false;
}

/* A known fault may stand beside what happens when it does not show itself. */
static bool declares(const struct expect *expect)
{
	return expect->none || expect->count || expect->user_count || expect->event;
}

/* "1 CPUID", "1 IO_INSTRUCTION > IO", "none". */
static void describe(struct proof *proof, const struct expect *expect, enum substrate substrate)
{
	char name[48];

	if (expect->none || !declares(expect)) {
		snprintf(proof->exits, sizeof(proof->exits), "none");
		return;
	}
	if (expect->event && !(substrate & SUBSTRATE_HARDWARE && expect->count))
		snprintf(proof->exits, sizeof(proof->exits), "%u %s", expect->event_count,
			 expect->event + (strncmp(expect->event, "kvm_", 4) ? 0 : 4));
	else if (expect->count)
		snprintf(proof->exits, sizeof(proof->exits), "%u %s", expect->count,
			 substrate & SUBSTRATE_HARDWARE
				 ? exit_name(substrate, expect->reason, name, sizeof(name))
				 : "exit");
	if (expect->user_count) {
		size_t used = strlen(proof->exits);
		const char *user = exit_name_kvm(expect->user);

		if (used)
			snprintf(proof->exits + used, sizeof(proof->exits) - used, ">%s",
				 user ? user : "?");
		else
			snprintf(proof->exits, sizeof(proof->exits), "%u >%s", expect->user_count,
				 user ? user : "?");
	}
}

static void unproven(struct proof *proof, const char *why)
{
	proof->verdict = PROOF_UNPROVEN;
	snprintf(proof->why, sizeof(proof->why), "%s", why);
}

void proof_judge(const struct cell *cell, const struct expect *expect, enum substrate substrate,
		 const struct proof_evidence *evidence, struct proof *proof)
{
	bool hardware = substrate & SUBSTRATE_HARDWARE;
	bool wants_reasons = expect && hardware && (expect->count || expect->none);
	bool wants_event = expect && expect->event;
	static const struct expect nothing;
	bool seen = false, counted = false, good = true;

	memset(proof, 0, sizeof(*proof));
	proof->iterations = evidence->iterations;
	proof->unasked = evidence->unasked;
	if (cell->environment->bit & (ENV_NATIVE | ENV_HOST))
		return;
	if (!expect || (expect->known && !declares(expect))) {
		unproven(proof, expect ? "a known fault of this substrate"
				       : "the operation declares no exit for this substrate");
		snprintf(proof->exits, sizeof(proof->exits), "?");
		if (evidence->traced)
			list_events(proof, &nothing, &evidence->counts);
		return;
	}
	if (wants_reasons && evidence->traced && evidence->reasons && !evidence->counts.lost) {
		good &= judge_reasons(proof, expect, substrate, evidence);
		seen = true;
	}
	if (wants_event && can_see_event(expect, evidence)) {
		good &= judge_event(proof, expect, evidence);
		seen = true;
	}
	good &= judge_user_exits(proof, expect, evidence);
	if (expect->user_count)
		seen = true;
	if (cell->benchmark->interrupts) {
		good &= compare(proof, "guest's handler", "interrupts",
				cell->benchmark->interrupts * evidence->iterations, 0,
				evidence->interrupts);
		seen = true;
	}
	if (evidence->traced)
		good &= list_events(proof, expect, &evidence->counts);
	/* The timed batches as well, which no tracing has slowed down. */
	if (statistics_mean_exits(cell, substrate, evidence) &&
	    (expect->none || expect->count || (hardware && expect->user_count))) {
		good &= judge_statistics(proof, expect, evidence);
		counted = true;
	}
	if (!good) {
		proof->verdict = PROOF_REFUTED;
		return;
	}
	describe(proof, expect, substrate);
	if (seen) {
		proof->verdict = PROOF_PROVEN;
		return;
	}
	if (counted) {
		proof->verdict = PROOF_PROVEN_COUNT;
		return;
	}
	snprintf(proof->exits, sizeof(proof->exits), "?");
	if (wants_event && evidence->traced) {
		unproven(proof,
			 "this kernel has no such tracepoint, or this program does not count it");
		return;
	}
	unproven(proof,
		 evidence->untraced_why ? evidence->untraced_why : "nothing here can observe it");
}

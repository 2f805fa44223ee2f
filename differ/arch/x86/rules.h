/* SPDX-License-Identifier: MIT */
/*
 * Differences that a manual documents: what the environments may disagree on. A rule is a table's
 * entry with its source, not an exception in the comparison's code.
 */
#ifndef DIFFER_X86_RULES_H
#define DIFFER_X86_RULES_H

#include <stdint.h>

enum rule {
	RULE_UNDEFINED,	 /* flags */
	RULE_USER_FAULT, /* U/S in a page fault's error code */
	RULE_SELECTOR,
	RULE_UMIP,
	RULE_CPUID,
	RULE_TSC,
	RULE_RF,
	RULE_FEATURE,
	RULE_REPEAT,
	RULES,
};

struct rule_text {
	const char *name, *text, *source;
};

/* By enum rule. */
extern const struct rule_text rule_texts[RULES];

/* The names of those in a set of bits, separated by commas. */
void rules_name(uint32_t rules, char *text, unsigned size);

#endif

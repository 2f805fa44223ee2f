/* SPDX-License-Identifier: MIT */
/*
 * A gate's policy, as a project keeps it beside its code: a JSON object with limits and rules.
 *
 *	{"delta": "3%", "alpha": 0.05, "floor_ticks": 100, "instructions": 0,
 *	 "rules": [{"operation": "io/ *", "environment": "guest", "delta": "5%",
 *		    "instructions": 10, "ignore": true, "why": "the device is being rewritten"}]}
 *
 * Everything may be left out but a rule's operation. Of several rules that match the last counts.
 */
#ifndef REPORT_POLICY_H
#define REPORT_POLICY_H

#include "analysis/gate.h"
#include "support/err.h"

struct policy {
	void *text;		 /* what the rules point into; owned */
	struct gate_rule *rules; /* owned */
};

/*
 * Reads the file over what options holds. -EINVAL names the file, the line or the member, and what
 * is wrong with it; an unknown member is an error, so that a slip of the pen is no silent
 * exception. Free with policy_clear() when the options are no longer used; also after an error.
 */
int policy_read(const char *path, struct policy *policy, struct gate_options *options,
		struct err *err);
void policy_clear(struct policy *policy);

#endif

/* SPDX-License-Identifier: MIT */
#include "analysis/capability.h"

const char *capability_state_name(enum capability_state state)
{
	switch (state) {
	case CAP_YES:
		return "yes";
	case CAP_NO:
		return "no";
	case CAP_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *timing_worth_name(enum timing_worth worth)
{
	static const char *const names[] = {
		[TIMING_HARDWARE] = "hardware",
		[TIMING_COMPARABLE] = "comparable",
		[TIMING_WORTHLESS] = "worthless",
		[TIMING_NO_GUESTS] = "no guests",
	};

	return names[worth];
}

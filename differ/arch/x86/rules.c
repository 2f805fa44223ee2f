/* SPDX-License-Identifier: MIT */
#include "differ/arch/x86/rules.h"

#include <stdio.h>

const struct rule_text rule_texts[RULES] = {
	[RULE_UNDEFINED] = {"undefined-flags",
			    "flags that the manual leaves undefined are not compared, and no "
			    "instruction that reads them follows",
			    "Intel SDM 1 A.1, 2A-2D by instruction; AMD APM 3 by instruction"},
	[RULE_USER_FAULT] = {"user-fault",
			     "the error code of a page fault has U/S set in ring 3 and clear in "
			     "ring 0",
			     "Intel SDM 3A 4.7; AMD APM 2 8.4.2"},
	[RULE_SELECTOR] = {"selectors",
			   "a selector that is read into a register is the operating system's "
			   "choice, and its RPL is the ring",
			   "Intel SDM 3A 3.4.2; AMD APM 2 4.5.1"},
	[RULE_UMIP] = {"umip",
		       "what SMSW, SLDT and STR read is the operating system's, which under UMIP "
		       "may make it up",
		       "Intel SDM 3A 2.5 (CR4.UMIP), 2B SLDT, SMSW, STR; AMD APM 2 3.1.3"},
	[RULE_CPUID] = {"cpuid", "a hypervisor decides what CPUID shows",
			"Intel SDM 3C 26.1.2; AMD APM 2 15.9"},
	[RULE_TSC] = {"time-stamp", "time goes on between one environment and the next",
		      "Intel SDM 3B 18.17; AMD APM 2 13.2.4"},
	[RULE_RF] = {"resume-flag",
		     "RF in the flags that a fault saves is not compared: it says how the fault "
		     "is to be resumed, not what the code did",
		     "Intel SDM 3B 18.3.1.1; AMD APM 2 3.1.6"},
	[RULE_FEATURE] = {"cpuid-features",
			  "an instruction that this processor's CPUID or the guest's does not "
			  "announce is left out everywhere: what it does is not promised",
			  "Intel SDM 1 21 and 2A-2D by instruction; AMD APM 3 D"},
	[RULE_REPEAT] =
		{"repeated-compare",
		 "flags behind a page fault within a repeated CMPS or SCAS: Intel's are those "
		 "before the instruction, AMD's those of the last comparison",
		 "Intel SDM 2B REP/REPE/REPZ/REPNE/REPNZ; AMD APM 3 1.2.6 (does not say)"},
};

void rules_name(uint32_t rules, char *text, unsigned size)
{
	unsigned used = 0;

	*text = '\0';
	for (unsigned i = 0; i < RULES; i++)
		if (rules >> i & 1 && used < size)
			used += (unsigned)snprintf(text + used, size - used, "%s%s",
						   used ? ", " : "", rule_texts[i].name);
}

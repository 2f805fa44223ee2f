/* SPDX-License-Identifier: MIT */
#include "support/substrate.h"

const char *substrate_name(enum substrate substrate)
{
	switch (substrate) {
	case SUBSTRATE_NONE:
		return "none";
	case SUBSTRATE_VMX:
		return "vmx";
	case SUBSTRATE_SVM:
		return "svm";
	case SUBSTRATE_PVM:
		return "pvm";
	case SUBSTRATE_OTHER:
		break;
	}
	return "other";
}

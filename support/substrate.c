/* SPDX-License-Identifier: MIT */
#include "support/substrate.h"

#include <string.h>

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

int substrate_parse(const char *name)
{
	static const enum substrate all[] = {SUBSTRATE_NONE, SUBSTRATE_VMX, SUBSTRATE_SVM, SUBSTRATE_PVM,
					     SUBSTRATE_OTHER};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(name, substrate_name(all[i])))
			return (int)all[i];
	return -1;
}

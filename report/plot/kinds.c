/* SPDX-License-Identifier: MIT */
/* The table of the kinds of picture. */
#include "report/plot/kinds.h"

#include <string.h>

PLOT_SCRIPT(plot_style, "plots/style.gp");
PLOT_SCRIPT(script_native, "plots/native-vs-guest.gp");

#define DRAWN_BY(name) script_##name, script_##name##_end

const struct plot_kind plot_kinds[] = {
	{"native-vs-guest", "RUN", "what each operation costs natively, in guest ring 3 and in guest ring 0",
	 PLOT_RUN, DRAWN_BY(native), plot_native},
	{NULL, NULL, NULL, PLOT_RUN, NULL, NULL, NULL},
};

const struct plot_kind *plot_find(const char *name)
{
	for (const struct plot_kind *kind = plot_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/* The table of the kinds of picture. */
#include "report/plot/kinds.h"

#include <string.h>

PLOT_SCRIPT(plot_style, "plots/style.gp");
PLOT_SCRIPT(script_native, "plots/native-vs-guest.gp");
PLOT_SCRIPT(script_ladder, "plots/ladder.gp");
PLOT_SCRIPT(script_matrix, "plots/matrix.gp");
PLOT_SCRIPT(script_instances, "plots/instances.gp");
PLOT_SCRIPT(script_ridge, "plots/ridge.gp");
PLOT_SCRIPT(script_cdf, "plots/cdf.gp");
PLOT_SCRIPT(script_ccdf, "plots/ccdf.gp");
PLOT_SCRIPT(script_mem_faults, "plots/mem-faults.gp");
PLOT_SCRIPT(script_walk, "plots/walk.gp");
PLOT_SCRIPT(script_footprint, "plots/footprint.gp");
PLOT_SCRIPT(script_scaling, "plots/scaling.gp");
PLOT_SCRIPT(script_anatomy, "plots/anatomy.gp");
PLOT_SCRIPT(script_flame, "plots/flame.gp");
PLOT_SCRIPT(script_generations, "plots/generations.gp");
PLOT_SCRIPT(script_forest, "plots/forest.gp");
PLOT_SCRIPT(script_aa, "plots/aa.gp");
PLOT_SCRIPT(script_gate, "plots/gate.gp");
PLOT_SCRIPT(script_literature, "plots/literature.gp");
PLOT_SCRIPT(script_pareto, "plots/pareto.gp");
PLOT_SCRIPT(script_history, "plots/history.gp");

#define DRAWN_BY(name) script_##name, script_##name##_end

const struct plot_kind plot_kinds[] = {
	{"native-vs-guest", "RUN", "what each operation costs natively and in guests",
	 PLOT_RUN, DRAWN_BY(native), plot_native},
	{"ladder", "[JSON] RUN", "what it costs to cross from one execution environment into another",
	 PLOT_RUN_BESIDE, DRAWN_BY(ladder), plot_ladder},
	{"matrix", "RUN", "what each sensitive instruction does, natively and in guests",
	 PLOT_RUN, DRAWN_BY(matrix), plot_matrix},
	{"instances", "RUN", "how VM instances differ from each other",
	 PLOT_RUN, DRAWN_BY(instances), plot_instances},
	{"ridge", "RUN", "distributions of single operations, one above the other",
	 PLOT_RUN, DRAWN_BY(ridge), plot_ridge},
	{"cdf", "RUN", "the share of single operations that took at most so long",
	 PLOT_RUN, DRAWN_BY(cdf), plot_cdf},
	{"ccdf", "RUN", "the tail: the share of single operations that took longer",
	 PLOT_RUN, DRAWN_BY(ccdf), plot_ccdf},
	{"mem-faults", "RUN", "what the first access to a page costs, by kind and backing",
	 PLOT_RUN, DRAWN_BY(mem_faults), plot_mem_faults},
	{"walk", "RUN", "a load somewhere in memory, by the guest's page and the host's",
	 PLOT_RUN, DRAWN_BY(walk), plot_walk},
	{"footprint", "RUN", "the same, by how much memory loads are spread over",
	 PLOT_RUN, DRAWN_BY(footprint), plot_footprint},
	{"scaling", "RUN", "how much more several vCPUs or VMs do than one",
	 PLOT_RUN, DRAWN_BY(scaling), plot_scaling},
	{"anatomy", "RUN...", "exits taken apart: what each leg of their way costs",
	 PLOT_RUNS, DRAWN_BY(anatomy), plot_anatomy},
	{"flame", "RUN", "one exit's instructions by function of the host's kernel",
	 PLOT_RUN, DRAWN_BY(flame), plot_flame},
	{"generations", "RUN...", "instructions per exit, over emulated processors and kernels",
	 PLOT_RUNS, DRAWN_BY(generations), plot_generations},
	{"forest", "OLD NEW", "how two runs differ: ratios with intervals beside the margin",
	 PLOT_TWO_RUNS, DRAWN_BY(forest), plot_forest},
	{"aa", "RUN", "p-values where nothing was changed: is the test honest?",
	 PLOT_RUN, DRAWN_BY(aa), plot_aa},
	{"gate", "SUITES", "what a gate saw of nothing, and of a loss (selftest --output)",
	 PLOT_OTHER, DRAWN_BY(gate), plot_gate},
	{"pareto", "TRACE", "what a traced VM exited for (exitlab trace --output)",
	 PLOT_OTHER, DRAWN_BY(pareto), plot_pareto},
	{"literature", "JSON RUN...", "published costs of an exit, by processor generation",
	 PLOT_OTHER_RUNS, DRAWN_BY(literature), plot_literature},
	{"history", "DIR", "figures over time, and where they changed (exitlab history add)",
	 PLOT_OTHER, DRAWN_BY(history), plot_history},
	{NULL, NULL, NULL, PLOT_RUN, NULL, NULL, NULL},
};

const struct plot_kind *plot_find(const char *name)
{
	for (const struct plot_kind *kind = plot_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

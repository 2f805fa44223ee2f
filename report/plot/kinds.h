/* SPDX-License-Identifier: MIT */
/* The writers of all kinds, for their table. See struct plot_kind. */
#ifndef REPORT_PLOT_KINDS_H
#define REPORT_PLOT_KINDS_H

#include "report/plot/plot.h"

int plot_native(FILE *out, const struct plot_input *input, struct err *err);
int plot_ladder(FILE *out, const struct plot_input *input, struct err *err);
int plot_matrix(FILE *out, const struct plot_input *input, struct err *err);
int plot_instances(FILE *out, const struct plot_input *input, struct err *err);
int plot_ridge(FILE *out, const struct plot_input *input, struct err *err);
int plot_cdf(FILE *out, const struct plot_input *input, struct err *err);
int plot_ccdf(FILE *out, const struct plot_input *input, struct err *err);
int plot_mem_faults(FILE *out, const struct plot_input *input, struct err *err);
int plot_walk(FILE *out, const struct plot_input *input, struct err *err);
int plot_footprint(FILE *out, const struct plot_input *input, struct err *err);
int plot_scaling(FILE *out, const struct plot_input *input, struct err *err);
int plot_anatomy(FILE *out, const struct plot_input *input, struct err *err);
int plot_flame(FILE *out, const struct plot_input *input, struct err *err);
int plot_generations(FILE *out, const struct plot_input *input, struct err *err);
int plot_forest(FILE *out, const struct plot_input *input, struct err *err);
int plot_aa(FILE *out, const struct plot_input *input, struct err *err);
int plot_gate(FILE *out, const struct plot_input *input, struct err *err);
int plot_literature(FILE *out, const struct plot_input *input, struct err *err);
int plot_pareto(FILE *out, const struct plot_input *input, struct err *err);
int plot_history(FILE *out, const struct plot_input *input, struct err *err);

#endif

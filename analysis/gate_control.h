/* SPDX-License-Identifier: MIT */
/*
 * What the machine did, apart from the hypervisor: between gate.c and gate_control.c, nobody else
 * includes this.
 */
#ifndef ANALYSIS_GATE_CONTROL_H
#define ANALYSIS_GATE_CONTROL_H

#include "analysis/gate.h"

/* p-values that a row is slower by more, or by less, than a shift of its logarithms. */
double gate_above(const struct comparison_row *row, enum comparison_unit unit, double shift);
double gate_below(const struct comparison_row *row, enum comparison_unit unit, double shift);

/* Each returns 0 or -ENOMEM. The guard: by how much the controls may have moved. */
int gate_set_guard(struct gate *gate);
/* Objections: a control has moved by more than the margin; the base differs from itself. */
int gate_ask_control(struct gate *gate, const struct gate_options *options);
int gate_ask_base(struct gate *gate, const struct gate_options *options);

#endif

/* SPDX-License-Identifier: MIT */
/* Several boots of one emulated host become one set of results. */
#ifndef ANALYSIS_MERGE_H
#define ANALYSIS_MERGE_H

#include "analysis/result.h"
#include "support/err.h"

/* An instance's number among those of all boots, which count from 1. */
uint32_t boot_instance(uint32_t boot, uint32_t instance);

/*
 * Moves the results of a boot into the set. The first boot (the set is empty) also brings the run
 * and its machine. A result that another boot has as well gets its instances; of two statuses and
 * of two proofs the worse one stays, with its reason. from is empty afterwards, and still the
 * caller's to clear. -ENOMEM with a message, or -EXDEV: the boot is of another machine.
 */
int result_set_add_boot(struct result_set *set, struct result_set *from, uint32_t boot,
			struct err *err);

/* When all are there: judges what is exact, and makes the estimates anew. */
void result_set_judge_boots(struct result_set *set);

#endif

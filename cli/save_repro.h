/* SPDX-License-Identifier: MIT */
/* exitlab check --save-repro: each check that fails as a C program. */
#ifndef CLI_SAVE_REPRO_H
#define CLI_SAVE_REPRO_H

#include "measure/checker.h"

/* Makes the folder and tries to write into it, before anything runs. 0, or -errno with a message. */
int save_repro_prepare(const char *folder, struct err *err);

/*
 * Runs those of set that failed (and, if known, those with a known fault) once more, recorded, into
 * files of folder, which is there. Prints their names, and how many known faults were left out.
 * 0, or -errno with a message.
 */
int save_repro(const char *folder, struct checker *checker, const struct check_set *set, bool known,
	       struct err *err);

#endif

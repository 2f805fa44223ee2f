/* SPDX-License-Identifier: MIT */
/*
 * How much the checks notice: faults of a hypervisor are planted one after the other, and the
 * checks that hold on this host without one are run until some fail.
 */
#ifndef MEASURE_SENSITIVITY_H
#define MEASURE_SENSITIVITY_H

#include "measure/checker.h"

/* Checks that caught a fault, the first ones. */
#define CATCHERS 3

struct sensitivity_row {
	const char *name, *what; /* static storage */
	unsigned caught;	 /* by so many, up to CATCHERS */
	char by[CATCHERS][CHECK_ID_SIZE];
	unsigned long hits; /* times that the fault showed itself; 0: nothing here could */
};

struct sensitivity {
	struct sensitivity_row *rows; /* owned */
	size_t n, caught, absent;     /* absent: never showed themselves on this host */
	size_t n_checks;	      /* that hold without a fault */
};

/*
 * Runs everything: the checks once without a fault, which fills in set, then faults, each of which is
 * told when it is done. -errno with a message when no guest runs here.
 */
int sensitivity_run(struct checker *checker, const struct checker_options *options,
		    struct check_set *set, struct sensitivity *sensitivity,
		    void (*done)(const struct sensitivity_row *row), struct err *err);
void sensitivity_clear(struct sensitivity *sensitivity);

#endif

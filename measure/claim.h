/* SPDX-License-Identifier: MIT */
/* One measurement on a CPU at a time: others are to be told, not to be stopped. */
#ifndef MEASURE_CLAIM_H
#define MEASURE_CLAIM_H

/*
 * Claims a CPU for this process until the descriptor is closed, which its end does as well. A name in
 * the abstract socket namespace: no file is made, and nothing is left after a kill -9. Returns the
 * descriptor, -EADDRINUSE when another process has the claim, or another -errno: not known.
 */
int cpu_claim(int cpu);

#endif

/* SPDX-License-Identifier: MIT */
/* The calling thread's place. */
#ifndef KVM_HARNESS_THREAD_H
#define KVM_HARNESS_THREAD_H

/* Pins the calling thread; -1 leaves it alone. A refusal is ignored: migrations are counted. */
void thread_pin(int cpu);

#endif

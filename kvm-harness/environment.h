/* SPDX-License-Identifier: MIT */
/*
 * Where a payload runs. An environment makes instances (a fresh VM, or a fresh mapping of the image
 * in this process); an instance runs jobs until it is destroyed or broken.
 */
#ifndef KVM_HARNESS_ENVIRONMENT_H
#define KVM_HARNESS_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm-harness/job.h"
#include "support/err.h"

#define INSTANCE_VCPUS 4

/* Bits: declarations name several. */
enum environment_bit {
	ENV_NATIVE = 1 << 0,	 /* this process, ring 3 */
	ENV_GUEST_USER = 1 << 1, /* 64-bit guest, ring 3 */
	ENV_GUEST = 1 << 2,	 /* 64-bit guest, ring 0 */
	ENV_PROT32 = 1 << 3,	 /* 32-bit protected mode without paging, ring 0 */
	ENV_REAL16 = 1 << 4,	 /* real mode */
	ENV_HOST = 1 << 5,	 /* no payload: the host's own calls to KVM */
};
#define ENV_GUESTS (ENV_GUEST_USER | ENV_GUEST | ENV_PROT32 | ENV_REAL16)
#define ENV_64	   (ENV_NATIVE | ENV_GUEST_USER | ENV_GUEST)

/* What backs the test memory that operations on memory work on. */
enum backing {
	BACKING_NONE,
	BACKING_4K,	 /* anonymous, transparent huge pages refused */
	BACKING_THP,	 /* anonymous, transparent huge pages asked for */
	BACKING_HUGETLB, /* 2 MiB pages of the pool */
	BACKING_MEMFD,	 /* shared memory without a name, as VMMs share it with device processes */
	BACKING_FILE,	 /* an unnamed file in $TMPDIR, /var/tmp or /tmp */
	BACKING_GUEST_MEMFD, /* a file of KVM's, mapped here as well */
};

/* What an instance must have. Operations with equal configurations share an instance. */
struct instance_config {
	unsigned vcpus;
	bool irqchip;	 /* KVM's own PIC, PIT, IOAPIC and local APICs */
	bool xapic;	 /* the local APICs are memory, not MSRs */
	bool dirty_ring; /* DIRTY_RING_ENTRIES for each vCPU */
	enum backing backing;
	bool fresh; /* for one operation alone */
	bool bare;  /* without the payloads' image: the guest has code of its own */
};

/* Room for what KVM keeps back (64), for a whole log of PML (512), and for as many more. */
#define DIRTY_RING_ENTRIES 1024

/* Bytes of test memory, where there is any: sixteen huge pages to measure, one to warm up. */
#define TEST_MEMORY_SIZE (34ul << 20)

struct environment {
	const char *name;
	const char *title;
	enum environment_bit bit;
	unsigned bits; /* width of the payload: 64, 32, 16; 0: none */

	/* 0 when it can be had here, otherwise -errno and the reason. */
	int (*probe)(struct err *err);
	/* *out is owned by the caller until destroy(). */
	int (*create)(const struct environment *environment, const struct instance_config *config,
		      struct instance **out, struct err *err);
	/*
	 * Runs n jobs together and waits for all. 0: every job's status says what happened;
	 * -errno: this program could not run them. After a status beyond JOB_FAULTED the instance
	 * must be destroyed.
	 */
	int (*run)(struct instance *instance, struct job *jobs, unsigned n, struct err *err);
	void (*destroy)(struct instance *instance); /* NULL is allowed */
};

/* What every kind of instance begins with. */
struct instance {
	const struct environment *environment;
	struct instance_config config;
	void *test_memory;     /* this process's view; NULL when there is none */
	uint64_t test_address; /* the payload's address of it */
	uint64_t token;	       /* the last job's number */
	struct vm *vm;	       /* NULL in the native environment */
};

/* All environments, in the order in which tables show them; NULL-terminated. */
extern const struct environment *const environments[];

/* By name, or NULL. */
const struct environment *environment_find(const char *name);

/*
 * CPUs that vCPU 0, 1, ... are pinned to; -1 leaves the thread alone. Set once before the first
 * instance.
 */
void environment_set_cpus(const int *cpus, unsigned n);
int environment_cpu(unsigned vcpu);

/* Seconds without progress after which a job is stopped. Default 1.0. */
extern double watchdog_seconds;

#endif

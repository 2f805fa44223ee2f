/* SPDX-License-Identifier: MIT */
/*
 * The declaration of an operation: what it is, where it may run, what it needs and which exits it
 * must take. Operations include this through microbench/bench.h.
 */
#ifndef KVM_HARNESS_BENCHMARK_H
#define KVM_HARNESS_BENCHMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm-harness/arch/x86/cpu_feature.h"
#include "kvm-harness/environment.h"
#include "kvm-harness/job.h"
#include "support/err.h"
#include "support/substrate.h"

struct kvm_run;
struct vcpu;

/* One value of an axis. A payload named here replaces the operation's. */
struct param {
	const char *label;
	uint64_t value;
	const char *payload;
};

#define BENCHMARK_PARAMS 16
#define BENCHMARK_AXES	 2

/*
 * The operation is measured once for each combination of its axes' values. The axes "backing",
 * "vcpus" and "vms" (CPUs that it wants) say so of the instance as well.
 */
struct axis {
	const char *name;
	unsigned arg;			       /* the value becomes ctx->arg[arg] */
	struct param values[BENCHMARK_PARAMS]; /* ends at a NULL label */
};

enum need {
	NEED_IRQCHIP = 1 << 0, /* KVM's interrupt controllers */
	NEED_SMP = 1 << 1,     /* two vCPUs on two CPUs */
	NEED_FRESH = 1 << 2,   /* an instance of its own: it disturbs what runs after it */
	NEED_INTEL = 1 << 3,   /* the CPU's vendor */
	NEED_AMD = 1 << 4,
	NEED_XAPIC = 1 << 5, /* with NEED_IRQCHIP: the local APIC is memory, not MSRs */
	NEED_DIRTY_RING = 1 << 6, /* pages written are told by rings, not by a bitmap */
};

/* How KVM translates a guest's addresses. */
enum expect_paging {
	PAGING_ANY,
	PAGING_NESTED, /* by the processor: EPT, NPT */
	PAGING_SHADOW, /* by page tables of KVM's (ept=0, npt=0, or an old CPU): guest #PFs exit */
};

/* Kernel versions as numbers that can be compared. */
#define KERNEL(major, minor) ((unsigned)(major) << 16 | (unsigned)(minor))

/* The signature in CPUID leaf 0x40000000 of an emulator with faults that matter. */
#define EMULATOR_TCG   "TCGTCGTCGTCG"
#define EMULATOR_BOCHS "" /* it has no such leaf; the machine is known to be emulated */

/* What `.also` points to: ALSO(EXIT_VMX_INVLPG, EXIT_VMX_EXCEPTION_NMI). The latter is number 0. */
#define ALSO_END UINT32_MAX
#define ALSO(...) ((const uint32_t[]){__VA_ARGS__, ALSO_END})

/*
 * What an execution must do on a substrate. The first entry that matches substrate, environment
 * and parameters counts. Counts are per iteration.
 */
struct expect {
	unsigned on;	  /* SUBSTRATE_* bits */
	unsigned in;	  /* ENV_* bits; 0: every guest environment */
	const char *when; /* only for parameters that contain this text; NULL: all */
	enum expect_paging paging; /* only where KVM pages like this */
	bool trap;		   /* only where the operation faults; without it: only where not */
	bool vm86;		   /* only where real mode is a virtual-8086 task: VT-x that has no
				    * unrestricted guest. There privileged instructions fault (#GP). */
	unsigned since, before;		/* only from this kernel on, only before that: KERNEL(6, 3) */
	const char *module;		/* only with this parameter of the vendor module: "pml=Y" */
	const char *without;		/* only where the processor lacks this flag of /proc/cpuinfo */
	const char *emulator;		/* only on this emulator, EMULATOR_*; NULL: everywhere */

	bool none;	 /* a control row: no exit at all */
	uint32_t reason; /* exit reason of that substrate's hardware, when count > 0 */
	unsigned count;
	unsigned slack; /* as many more, per batch, are still as declared */
	/* Reasons that may come as well, up to twice an iteration: waiting, and how it ends. NULL: none. */
	const uint32_t *also;
	uint32_t user;	/* KVM_EXIT_*, when user_count > 0 */
	unsigned user_count;
	const char *event;    /* kvm tracepoint, NULL: none is declared */
	unsigned event_count; /* may be 0: as often as in the twin */

	const char *known; /* a fault of this substrate, in words: the failure is KNOWN */
	const char *link;  /* where it is reported or described */
	bool avoid;	   /* known, and what it does takes the whole machine down: never run */
};

#define BENCHMARK_EXPECTS 24

/* What a check hook looks at: one probe of the operation. */
struct probe_view {
	const struct environment *environment;
	const struct payload_ctx *ctx; /* registers, scratch memory, fault record */
	uint64_t code_address;	       /* of the operation, as the payload sees it */
};

/* What it says; see struct outcome in analysis/result.h, which is made from it. */
struct finding {
	const char *verdict; /* static storage */
	char note[120];
	uint64_t value;
};

/* A host operation's loop: fills in samples or the batch, as ctx->mode says. */
typedef int (*benchmark_host)(struct instance *instance, struct payload_ctx *ctx, struct err *err);

/* One operation of the host; -errno with a message. */
typedef int (*host_step)(void *data, struct err *err);

/*
 * What a host hook usually does: runs op (or twin; NULL: nothing) as ctx->mode and iterations say,
 * and stores the ticks as a payload would.
 */
int host_loop(struct payload_ctx *ctx, host_step op, host_step twin, void *data, struct err *err);

/*
 * The same for an operation that has something to prepare each time: it times itself. The batch is
 * the sum, the twin does nothing.
 */
typedef int (*host_timed_step)(void *data, uint64_t *ticks, struct err *err);
int host_sum(struct payload_ctx *ctx, host_timed_step op, void *data, struct err *err);

struct benchmark {
	const char *name;    /* "family/name" */
	const char *title;   /* a line */
	const char *what;    /* a sentence or two for people who do not know the operation */
	const char *rows;    /* of docs/operations.md: "24 113" */
	const char *payload; /* symbol; NULL when the vendor or an axis chooses, or host */
	const char *payload_intel;
	const char *payload_amd;
	const char *partner;   /* payload of the other vCPUs, run with the same count */
	unsigned environments; /* ENV_* bits. ENV_NATIVE only if ring 3 may execute it */
	unsigned needs;	       /* NEED_* bits */
	struct cpu_feature feature; /* that the CPU must have: the guest's, or natively this one's */
	enum backing backing;
	bool control;		 /* a row that must not exit */
	bool classify;		 /* its outcome is a finding, also when it faults */
	uint32_t bytes;		 /* moved by an iteration; 0: none */
	uint64_t max_iterations; /* of a batch; 0: no limit */
	uint64_t arg[4];
	struct axis axes[BENCHMARK_AXES]; /* end at a NULL name */
	unsigned interrupts;		  /* that an iteration delivers to vCPU 0 */
	uint32_t final_exit;		  /* every execution ends its VM with this KVM exit */
	struct expect expect[BENCHMARK_EXPECTS]; /* ends at on == 0 */

	/* Hooks; NULL = the generic behaviour. */
	int (*supported)(struct err *err);			  /* -errno and why: SKIP */
	int (*setup)(struct instance *instance, const uint64_t *arg, struct err *err); /* once an instance */
	int (*prepare)(struct instance *instance, struct job *job, struct err *err); /* each job */
	/* An exit to user space. 1: handled, run on; 0: generic handling; -errno: a call failed. */
	int (*on_exit)(struct vcpu *vcpu, struct kvm_run *run, struct err *err);
	void (*check)(const struct probe_view *view, struct finding *finding);
	benchmark_host host;
};

/* All operations, sorted by name. */
size_t benchmark_count(void);
const struct benchmark *benchmark_get(size_t index);

#endif

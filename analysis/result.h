/* SPDX-License-Identifier: MIT */
/*
 * What a run produced, as plain data: measure/ fills it in, analysis/ computes on it, report/
 * writes it and reads it back. Nothing here does I/O.
 *
 * Units: *_ticks are ticks of the time-stamp counter. A point, lo or hi of an estimate is in
 * ticks per iteration of the operation.
 */
#ifndef ANALYSIS_RESULT_H
#define ANALYSIS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/counted.h"
#include "support/substrate.h"

struct profile;
struct anatomy;

/* Ordered: the worst of several wins. */
enum status {
	STATUS_OK,
	STATUS_KNOWN,	 /* a declared fault of this substrate showed itself */
	STATUS_SKIP,	 /* cannot be had here; the reason says why and what would change it */
	STATUS_UNSTABLE, /* measured, but the interval is wider than the stated limit */
	STATUS_ERROR,	 /* this program's fault */
	STATUS_FAIL,	 /* the hypervisor's fault, or an exit that is not the declared one */
};
#define STATUS_COUNT (STATUS_FAIL + 1)

/* "OK", "KNOWN", ... Static storage. status_parse() returns -1 when text is none of them. */
const char *status_name(enum status status);
int status_parse(const char *text);

/* Individually timed operations of one kind, pooled over the instances: a histogram. */
struct histogram_bin {
	uint64_t ticks;
	uint64_t count;
};

struct histogram {
	struct histogram_bin *bins; /* sorted by ticks; owned */
	size_t n_bins;
	uint64_t total;		    /* sum of the counts */
};

/* One timed batch. */
struct batch {
	uint32_t iterations;
	uint64_t op_ticks;   /* the loop with the operation */
	uint64_t twin_ticks; /* the same loop without it */
};

/* One VM instance's share of a result. Batches are in the order in which they ran. */
struct instance_samples {
	uint32_t instance;    /* number of the round */
	double point_ticks;   /* this instance's own figure per iteration */
	struct batch *batches; /* owned */
	size_t n_batches;
	uint32_t boot;	      /* of an emulated host, from 1; 0: there was one only */
	bool has_mode;	      /* operations were timed one by one */
	int64_t mode_ticks;   /* their most frequent duration, less that of the twin */
};

struct sample_set {
	struct instance_samples *instances; /* owned, in time order */
	size_t n_instances;
	struct histogram single;	    /* individually timed, timer pair included */
	struct histogram single_twin;	    /* the same without the operation */
};

/*
 * On an emulated host, whose clock counts instructions: do the individually timed operations of all
 * instances agree? Values by falling number of instances.
 */
struct exact_value {
	int64_t ticks;	    /* an instance's mode_ticks */
	uint32_t instances; /* that had it */
};

#define EXACT_VALUES 6
struct exactness {
	uint32_t instances; /* that were judged; 0: it was not */
	uint32_t boots;	    /* that they come from */
	struct exact_value values[EXACT_VALUES];
	uint32_t n_values;
	uint32_t others;    /* instances with still other values */
};

enum proof_verdict {
	PROOF_NONE,	    /* nothing to prove: native, or not measured */
	PROOF_PROVEN,	    /* reason and count observed as declared */
	PROOF_PROVEN_COUNT, /* only the number of exits could be bounded */
	PROOF_UNPROVEN,	    /* nothing could observe it; why says what is missing */
	PROOF_REFUTED,	    /* observed, and not what was declared */
};
#define PROOF_VERDICT_COUNT (PROOF_REFUTED + 1)

/* "", "proven", "proven(count)", "unproven", "refuted". */
const char *proof_verdict_name(enum proof_verdict verdict);
int proof_verdict_parse(const char *text);

/* One event seen, or wanted, while proving. Counts are totals over `proof.iterations`. */
struct proof_line {
	char source[20];   /* "kvm_exit", "tracepoint", "userspace exit", "statistics" */
	char event[48];	   /* exit reason by name, or the tracepoint's name */
	bool wanted;	   /* declared by the operation; otherwise merely seen */
	uint64_t declared; /* count that the declaration asks for; 0 means it must not occur */
	uint64_t slack;    /* how many more than declared are still as declared */
	uint64_t observed;
};

#define PROOF_LINES 16
struct proof {
	enum proof_verdict verdict;
	char why[200];	      /* for unproven and refuted: one sentence */
	char exits[64];	      /* for people: "1 CPUID", "none", "1 IO -> IO" per iteration */
	uint64_t iterations;  /* length of the traced batch */
	bool unasked;	      /* the run was not to use tracepoints: another one has the proof */
	struct proof_line lines[PROOF_LINES];
	unsigned n_lines;
};

/* What one execution of the operation did: the classification of sensitive instructions. */
struct outcome {
	bool known;	     /* false: not probed */
	char verdict[24];    /* "executes", "traps", "silently ignored", "guest state", ... */
	char note[120];	     /* the value in words: "IF=1 IOPL=0", "#GP(0)"; may be empty */
	uint64_t value;	     /* the value that the instruction produced */
	bool faulted;
	uint32_t vector;     /* exception vector, when faulted */
	uint64_t error_code;
};

/* What disturbed the measurement. Counted, never dropped. */
struct noise {
	uint64_t involuntary_switches; /* of the measuring threads, getrusage */
	uint64_t migrations;	       /* the thread was seen on another CPU */
	uint64_t steal_ms;	       /* /proc/stat, all CPUs, while its instances ran */
	uint64_t outliers;	       /* single samples beyond median + 10 MAD */
};

/* One operation in one environment. */
struct result {
	char benchmark[64];   /* "exit/cpuid" */
	char parameters[48];  /* "leaf=0x1"; empty when the operation has no axis */
	char environment[16]; /* "native", "guest-user", "guest", "real16", "prot32", "host" */
	enum substrate substrate;
	enum status status;
	char reason[512];     /* why, for every status but OK; may hold a note for OK */
	bool control;	      /* a control row: the operation must not exit */
	uint32_t bytes_per_iteration; /* 0: the operation moves no bytes */
	char payload_hash[17]; /* of the operation's section, runtime and flags; may be empty */
	char method[12];      /* "batch", "single" or empty: what the estimate was made from */
	struct estimate estimate;
	struct exactness exactness;
	struct sample_set samples;
	struct proof proof;
	struct outcome outcome;
	struct noise noise;
	struct profile *profile; /* owned; NULL: none was made */
	struct anatomy *anatomy; /* owned; NULL: it was not taken apart */
	struct count *counts;	 /* owned; NULL: none were made; see analysis/counted.h */
	uint32_t mark; /* number of its series between markers, from 1; 0: none (see measure/mark.h) */
};

/* Has it a figure at all: finite, of an operation that did not fault and is not refuted? */
bool result_usable(const struct result *result);

/* Frees what the result owns and leaves it empty. Safe twice. */
void result_clear(struct result *result);

/* An environment of this run, or why it could not be had. */
struct environment_info {
	char name[16];
	bool available;
	char reason[512];		/* when not available */
	uint64_t granularity_ticks;	/* smallest step of the clock, as read there */
	double timer_overhead_ticks;	/* median of empty timer pairs, as read there */
	double sentinel_ticks_per_add;	/* dependent chain of adds; 1.0 when ticks are cycles */
	double sentinel_spread;		/* (p90 - p10) / median over the instances */
	bool clock_shared;		/* guest readings were seen to lie between the host's */
};

#define RUN_ENVIRONMENTS 8

/* The machine, without names of host, user or the whole kernel command line. */
struct machine {
	char id[64];		  /* given by the user (--machine ID); may be empty */
	char arch[16];
	char cpu_vendor[16];	  /* "AuthenticAMD" */
	char cpu_model[64];
	uint32_t cpu_family, cpu_model_number, cpu_stepping;
	char microcode[24];
	uint32_t cpus_online;
	bool smt_active;
	bool hypervisor_present;  /* this host is itself a guest */
	char hypervisor[16];	  /* CPUID 0x40000000 signature, printable; "" when none */
	char kernel[128];	  /* uname release and version without the host's name */
	enum substrate substrate;
	bool emulated;		  /* the host's CPU is an emulator: time means nothing */
	bool nested;		  /* this KVM's hardware is provided by another hypervisor */
	char kvm_module[24];	  /* "kvm_intel"; empty when none */
	char kvm_parameters[600]; /* "ept=Y nested=N ... kvm.halt_poll_ns=200000" */
	char kvm_build[120];	  /* build IDs of loaded modules: "kvm=0f3c... kvm_intel=..." */
	char mitigations[1200];	  /* "spectre_v2: ...; ..." */
	char governor[24];	  /* "" when there is no cpufreq */
	char clocksource[16];
	char thp[16];		  /* "always", "madvise", "never" */
	char microarchitecture_flags[160]; /* of those that matter here: "vmx ept svm npt umip ..." */
	bool tsc_invariant;
	uint64_t tsc_hz;	  /* measured against CLOCK_MONOTONIC_RAW */
	uint64_t mem_total_kib;
};

/* How the machine was made, where it is an emulated host that this program booted. */
struct emulated_host {
	uint32_t boots;		      /* 0: it is none */
	uint32_t cpus;
	char emulator[96];	      /* name and version, as it says */
	char emulated_cpu[64];	      /* the emulator's name of its CPU model */
	char kernel_sha256[65];
	char modules_sha256[400];     /* "kvm=... kvm_intel=..." */
	char module_parameters[200];  /* as asked for; see machine.kvm_parameters for all */
	char command_line[600];	      /* of the emulated host's kernel; it changes exit paths */
};

/* The run as a whole. */
struct run_info {
	uint32_t schema_version;
	char program_version[32];
	char started[32];	 /* UTC, ISO 8601 */
	char arguments[512];	 /* as given */
	uint64_t seed;
	uint32_t instances;	 /* minimum number of rounds */
	double precision;	 /* target half-width, relative */
	double unstable_limit;	 /* half-width beyond which a result is UNSTABLE */
	double max_seconds;
	char cpus[32];		 /* CPUs of the measuring threads */
	char compiler[96];
	char runtime_hash[17];	 /* payload runtime */
	struct machine machine;
	struct emulated_host emulated_host;
	struct environment_info environments[RUN_ENVIRONMENTS];
	unsigned n_environments;
	struct counted counted;	 /* events, of which results have counts */
	double elapsed_seconds;	 /* known at the end only */
	int signal;		 /* the signal that stopped the run; 0 = ran to its end */
	bool complete;		 /* an end record was written */
};

struct result_set {
	struct run_info run;
	struct result *results;	/* owned */
	size_t n_results;
};

/* Frees everything that the set owns. Safe twice. */
void result_set_clear(struct result_set *set);

/* The result of that operation in that environment, or NULL. parameters may be "". */
const struct result *result_set_find(const struct result_set *set, const char *benchmark,
				     const char *parameters, const char *environment);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One boot of an emulated host: an initramfs with this program as init, an emulator as a child
 * process, and what comes back through its parallel port. Several may run at once; each has a
 * folder of its own, and nothing of it is left behind boot_end().
 */
#ifndef EMULATED_HOSTS_BOOT_H
#define EMULATED_HOSTS_BOOT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "analysis/profile.h"
#include "emulated-hosts/frame.h"
#include "emulated-hosts/insn_trace.h"
#include "emulated-hosts/kernel.h"
#include "emulated-hosts/model.h"
#include "support/err.h"

/* What all boots of a lab have in common. Texts are the caller's. */
struct lab_machine {
	enum lab_host host;
	const struct kernel *kernel;
	char cpu_model[64];	/* the emulator's name */
	char cpu_features[100]; /* QEMU: ",+svm,..." */
	char parameters[200];	/* of kvm_intel or kvm_amd, separated by blanks */
	char command_line[600]; /* of the kernel */
	unsigned cpus;
	char emulator[1024];	   /* path of the program */
	char emulator_version[96]; /* as it says */
	bool has_debugger;	   /* Bochs: wants to be told to go on */
	char program[1024];	   /* path of a static exitlab */
	char plugin[1024];	   /* QEMU: path of the tracing plugin */
	double max_seconds;	   /* of a boot, by the clock on the wall */
};

/* Finds the emulator (NULL: on the PATH) and all else that a boot needs; names the packages that
 * lack. */
int lab_machine_check(struct lab_machine *machine, const char *emulator, struct err *err);

/* What one boot does. */
struct boot_options {
	const char *const *args; /* of the command, without the program; NULL at the end */
	unsigned number;	 /* from 1: moves memory and the emulator's own seed */
	bool symbols;		 /* the kernel's, for boot->symbols */
	unsigned traced;	 /* series between markers to be recorded; 0: none */
};

enum boot_state {
	BOOT_STARTING, /* no sign of life yet */
	BOOT_RUNNING,  /* init is there */
	BOOT_DONE,     /* the command has ended and everything has arrived */
	BOOT_FAILED,   /* err says why */
};

struct boot {
	const struct lab_machine *machine;
	struct boot_options options;
	enum boot_state state;
	struct err err;
	char folder[64];    /* for temporary files; empty: there is none */
	pid_t emulator;	    /* its process group as well; 0: none is running */
	int terminal;	    /* Bochs: its pseudo terminal; -1 */
	int port;	    /* the file behind the parallel port; -1 */
	long console_shown; /* bytes of the console that boot_console() has handed out */
	double started;	    /* seconds, monotonic */
	struct frame_reader reader;
	struct frame_exit exit; /* valid when done */
	bool has_exit;
	char release[128];		       /* the kernel's own word */
	char last_line[200];		       /* of what the command said on standard error */
	FILE *out, *errors, *result, *symbols; /* memory streams behind the texts */
	char *out_text, *errors_text, *result_text, *symbols_text; /* owned; of the command */
	size_t out_size, errors_size, result_size, symbols_size;
	uint32_t result_crc;
	uint64_t result_bytes;
	struct insn_trace trace;      /* when options.traced */
	struct trace_window *windows; /* one of each series, in their order; owned */
	size_t n_windows;
	char tail[2000]; /* the last of what the emulator said */
	size_t tail_used;
};

/* Makes the files and starts the emulator. boot is filled in, also after a failure; boot_end() it.
 */
int boot_start(struct boot *boot, const struct lab_machine *machine,
	       const struct boot_options *options, struct err *err);

/* Looks what has come; never waits. The state afterwards. */
enum boot_state boot_poll(struct boot *boot);

double boot_seconds(const struct boot *boot);

/* What has come to the kernel's console since the last call, into a stream. Before boot_end(). */
void boot_console(struct boot *boot, FILE *to);

/* Stops the emulator if it still runs, and removes the files. The texts stay until boot_clear(). */
void boot_end(struct boot *boot);
void boot_clear(struct boot *boot);

#endif

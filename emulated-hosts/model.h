/* SPDX-License-Identifier: MIT */
/* The processors that an emulated host can have. */
#ifndef EMULATED_HOSTS_MODEL_H
#define EMULATED_HOSTS_MODEL_H

#include <stddef.h>

/* Whose hardware virtualization: VT-x is emulated by Bochs, SVM by QEMU. */
enum lab_host {
	LAB_INTEL,
	LAB_AMD,
};

/* "intel", "amd"; -1 when text is neither. Static storage. */
const char *lab_host_name(enum lab_host host);
int lab_host_parse(const char *text);
/* "kvm_intel", "kvm_amd". Static storage. */
const char *lab_host_module(enum lab_host host);

struct cpu_model {
	enum lab_host host;
	const char *name; /* the emulator's */
	unsigned year;	  /* of the processor; 0: of no real one */
	const char *title;
	const char *adds; /* for virtualization, to the one before */
	/* NULL: none. */
	const char *parameters;	  /* of the module, without which the emulator is not right */
	const char *features;	  /* QEMU: behind the name in -cpu */
	const char *command_line; /* of the kernel, without which it is not right */
};

/* Oldest first within a host; ends at a NULL name. */
extern const struct cpu_model cpu_models[];

/* NULL name: the default of the host. NULL: none of that name is in the table. */
const struct cpu_model *cpu_model_find(enum lab_host host, const char *name);

#endif

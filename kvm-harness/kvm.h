/* SPDX-License-Identifier: MIT */
/*
 * A minimal guest on /dev/kvm: vm.c makes it, vcpu.c runs its CPUs, memory.c gives it memory,
 * exits.c decides what an exit means. No firmware, no devices, no guest operating system.
 */
#ifndef KVM_HARNESS_KVM_H
#define KVM_HARNESS_KVM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kvm-harness/environment.h"
#include "kvm-harness/watchdog.h"
#include "support/err.h"

/* Guest-physical map; virtual addresses are equal. The same in every mode. */
#define GPA_PAGE_TABLES 0x01000ul /* .. 0x07fff */
#define GPA_GDT		0x08000ul
#define GPA_IDT		0x09000ul
#define GPA_CTX		0x40000ul /* CTX_BLOCK a vCPU */
#define GPA_STACKS	0x80000ul /* two pages a vCPU: payload, interrupts */
#define GPA_TSS		0x88000ul /* three pages a vCPU */
#define GPA_SHARED	0x94000ul
#define GPA_IMAGE16	0xa0000ul /* .. 0xfffff; without real mode: free for operations */
#define LOW_MEMORY_SIZE 0x100000ul
#define GPA_IMAGE	0x40000000ul
#define IMAGE_SPACE	0x200000ul
#define GPA_TEST	0x80000000ul
#define GPA_MMIO	0xd0000000ul /* nothing is there */

/* The port and the address of an operation that must reach user space are in these ranges. */
#define PORT_USER 0x80

/* /dev/kvm itself; opened once, shared by all VMs. */
struct kvm_host {
	int fd;
	size_t run_size;
	struct kvm_cpuid2 *cpuid; /* what KVM supports; owned */
};

/*
 * Opens /dev/kvm on first use. -errno and a sentence that says what to do: ENOENT (absent), EACCES
 * (not permitted), EBUSY (held by another hypervisor), ENOTSUP (an API that is not 12).
 */
int kvm_host_get(struct kvm_host **host, struct err *err);
void kvm_host_put_all(void);
/* KVM_CHECK_EXTENSION; 0 when absent or when /dev/kvm cannot be had. */
int kvm_host_capability(int capability);

#define VM_SLOTS 4

struct vm_slot {
	void *host;
	size_t size;
	uint64_t gpa;
	uint32_t flags; /* KVM_MEM_* */
	bool is_guest_memfd;
	int guest_memfd;
};

/* What an operation has set up in a VM and wants undone before it goes. */
struct vm_cleanup {
	void (*function)(void *data);
	void *data;
};

#define VM_CLEANUPS 8

/* exits, irq_exits, signal_exits */
#define VCPU_COUNTERS 3

struct vcpu {
	int fd;			       /* -1: closed */
	int stats_fd;		       /* -1: not open yet */
	bool stats_missing;	       /* this KVM has no binary statistics */
	off_t stats_at[VCPU_COUNTERS]; /* of each counter in the file; -1: there is none */
	unsigned index;
	struct kvm_run *run;
	size_t run_size;
	struct payload_ctx *ctx;
	struct vm *vm;
	struct watchdog watchdog;
};

struct vm {
	int fd; /* -1: closed */
	struct instance_config config;
	unsigned bits;
	bool user; /* ring 3 */
	struct vm_slot slots[VM_SLOTS];
	uint8_t loaded[IMAGE_SPACE / 4096 / 8]; /* pages of the image that are in guest memory */
	struct vcpu vcpus[INSTANCE_VCPUS];
	unsigned n_vcpus;
	void *operation; /* for the operation's hooks; NULL at first, not touched by the harness */
	struct vm_cleanup cleanups[VM_CLEANUPS];
	unsigned n_cleanups;
};

/*
 * Makes a VM with memory, tables and vCPUs whose first instruction is the runtime's. bits is the
 * payload's width. On failure everything is undone. vm_close() is safe twice.
 */
int vm_open(struct vm *vm, const struct instance_config *config, unsigned bits, bool user,
	    struct err *err);
void vm_close(struct vm *vm);
/* Called by vm_close() first, the last one first. Without room it is called at once: -ENOSPC. */
int vm_at_close(struct vm *vm, void (*function)(void *data), void *data, struct err *err);
/* The VM closes fd when it is closed itself. */
int vm_own_fd(struct vm *vm, int fd, struct err *err);
/* Puts that part of the payload image into guest memory, page by page, once. */
void vm_load(struct vm *vm, uint64_t address, uint64_t size);

/* memory.c: slot memory of the given backing, owned by the VM; 0 or -errno. */
int memory_slot_add(struct vm *vm, unsigned slot, uint64_t gpa, size_t size, enum backing backing,
		    struct err *err);
/* Sets KVM_MEM_* of a slot that is there. */
int memory_slot_flags(struct vm *vm, unsigned slot, uint32_t flags, struct err *err);
/* Deletes and sets the slot again: KVM forgets its mapping, the host's pages stay. */
int memory_slot_renew(struct vm *vm, unsigned slot, struct err *err);
/* This process's address of a guest-physical one, or NULL. */
void *memory_host(struct vm *vm, uint64_t gpa);
void memory_free_all(struct vm *vm);
/*
 * Memory of any backing but guest_memfd; anonymous memory is aligned to 2 MiB. NULL and errno.
 * Freed with memory_unmap().
 */
void *memory_map(size_t size, enum backing backing);
void memory_unmap(void *memory, size_t size);
/* The pages go: the next touch finds none. The mapping stays. */
int memory_give_back(void *memory, size_t size, enum backing backing, struct err *err);
/* Can there be test memory of that backing? -errno and what to do. */
int memory_supported(enum backing backing, bool guest, struct err *err);

/* vcpu.c */
int vcpu_open(struct vcpu *vcpu, struct vm *vm, unsigned index, struct err *err);
void vcpu_close(struct vcpu *vcpu);
/* Puts the job's code into guest memory; not while another vCPU runs. */
void vcpu_load_job(struct vcpu *vcpu, const struct job *job);
/* Runs one job on the calling thread until it is done or broken. */
void vcpu_run_job(struct vcpu *vcpu, struct job *job, uint64_t token);

/* exits.c: what to do with run->exit_reason. */
enum exit_action {
	EXIT_RESUME,
	EXIT_DONE,   /* the job's end */
	EXIT_BROKEN, /* job->status and job->detail are set */
};
enum exit_action exit_handle(struct vcpu *vcpu, struct job *job);
/* Registers and the bytes at the instruction pointer, for messages. */
void exit_describe_place(struct vcpu *vcpu, char *buffer, size_t size);

/* arch: initial state of a vCPU for the VM's mode, and the tables in guest memory. */
int arch_vm_prepare(struct vm *vm, struct err *err);
/* What KVM has but leaves to user space to announce: the local APIC's TSC-deadline timer. */
void arch_cpuid_complete(struct kvm_cpuid2 *cpuid, bool tsc_deadline);
int arch_vcpu_prepare(struct vcpu *vcpu, struct err *err);
/* Sets what KVM_GET_SREGS has read, with changes. */
int arch_vcpu_set_sregs(struct vcpu *vcpu, struct kvm_sregs *sregs, struct err *err);
int arch_vm_tables(struct vm *vm, struct err *err);
/* "cs:ip" of the vCPU as a linear address, or -errno. */
int arch_vcpu_place(struct vcpu *vcpu, uint64_t *linear, char *text, size_t size);
/* The guest's time-stamp counter as KVM says that it would read it now. 0 or -errno. */
int arch_vcpu_ticks(struct vcpu *vcpu, uint64_t *ticks);

/* stats_fd.c: KVM's binary statistics. */
struct vcpu_stats {
	uint64_t exits;
	uint64_t irq_exits;
	uint64_t signal_exits;
};
/* -ENOTSUP when this KVM has none. */
int vcpu_stats_read(struct vcpu *vcpu, struct vcpu_stats *stats);

/*
 * Each exit to user space is held up for so long before the guest goes on: a regression of known
 * size, for testing what is to find it. 0, as usual, is none.
 */
extern uint64_t vcpu_handicap_ticks;

/*
 * When KVM_RUN was called, and when it returned, one after the other, as long as there is room: for
 * taking exits apart, on the thread of vCPU 0. NULL, as usual: nobody wants to know.
 */
struct vcpu_stamps {
	uint64_t *ticks; /* of the counter; the caller's */
	size_t n, room;
};
extern struct vcpu_stamps *vcpu_stamps;

#endif

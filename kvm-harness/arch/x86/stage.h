/* SPDX-License-Identifier: MIT */
/*
 * A stage: one VM, made for one check, on which a few instructions of guest code are run from a
 * known state and everything that comes of it is told: the code came to its end, it trapped, KVM
 * went to user space, or it never came back. Interrupts are off and every vector leads to a stub
 * that leaves to user space, so nothing has to work in the guest for a fault to be seen.
 */
#ifndef ARCH_X86_STAGE_H
#define ARCH_X86_STAGE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/kvm.h"
#include "support/substrate.h"

/* In guest-physical memory; in real mode the segment CS, DS or that of the vectors begins there. */
#define STAGE_DATA     0x10000ul /* 64 KiB */
#define STAGE_VECTORS  0x20000ul
#define STAGE_HANDLERS 0x28000ul /* room for handlers of a check's own, STAGE_HANDLER bytes each */
#define STAGE_CODE     0x30000ul /* 64 KiB */
#define STAGE_HANDLER  0x100ul

/* Ports by which the guest says that it has come to the end of its code, or into a vector. */
#define STAGE_PORT_END	0xe4
#define STAGE_PORT_TRAP 0xe5

/* Guest code for each width; start is NULL where there is none. */
struct stage_code {
	const uint8_t *start, *end;
};
struct code {
	struct stage_code bits16, bits32, bits64;
};

/*
 * CODE(name, "assembly") makes a struct code of it for all widths, CODE64 and so on for one. The
 * code may jump within itself (local labels), and must not name absolute places in itself.
 */
#define CODE_OF(name, bits, text)                                                        \
	__asm__(".pushsection .rodata.guest_code, \"a\"\n.code" #bits "\n"               \
		".globl guest_code" #bits "_" #name "\n.globl guest_code" #bits "_" #name "_end\n" \
		".hidden guest_code" #bits "_" #name "\n.hidden guest_code" #bits "_" #name "_end\n" \
		"guest_code" #bits "_" #name ":\n" text "\n"                              \
		"guest_code" #bits "_" #name "_end:\n.code64\n.popsection");              \
	extern const uint8_t guest_code##bits##_##name[], guest_code##bits##_##name##_end[]
#define CODE_ENDS(name, bits) {guest_code##bits##_##name, guest_code##bits##_##name##_end}
#define CODE(name, text)                                                                 \
	CODE_OF(name, 16, text);                                                         \
	CODE_OF(name, 32, text);                                                         \
	CODE_OF(name, 64, text);                                                         \
	static const struct code name = {CODE_ENDS(name, 16), CODE_ENDS(name, 32),       \
					 CODE_ENDS(name, 64)}
/* The same idea in the words of each width. */
#define CODE_EACH(name, text16, text32, text64)                                          \
	CODE_OF(name, 16, text16);                                                       \
	CODE_OF(name, 32, text32);                                                       \
	CODE_OF(name, 64, text64);                                                       \
	static const struct code name = {CODE_ENDS(name, 16), CODE_ENDS(name, 32),       \
					 CODE_ENDS(name, 64)}
#define CODE64(name, text)                                                               \
	CODE_OF(name, 64, text);                                                         \
	static const struct code name = {.bits64 = CODE_ENDS(name, 64)}
#define CODE32(name, text)                                                               \
	CODE_OF(name, 32, text);                                                         \
	static const struct code name = {.bits32 = CODE_ENDS(name, 32)}
#define CODE16(name, text)                                                               \
	CODE_OF(name, 16, text);                                                         \
	static const struct code name = {.bits16 = CODE_ENDS(name, 16)}

enum stage_event {
	STAGE_NOTHING,	  /* has not run yet, or is not to run any more: see `over` */
	STAGE_END,	  /* the code came to its end */
	STAGE_TRAP,	  /* an exception or an interrupt; see trap */
	STAGE_EXIT,	  /* KVM_RUN returned for another reason: run->exit_reason */
	STAGE_HUNG,	  /* it did not return before the watchdog's time was up */
	STAGE_INTERNAL,	  /* KVM_EXIT_INTERNAL_ERROR */
	STAGE_FAIL_ENTRY, /* KVM_EXIT_FAIL_ENTRY */
	STAGE_SHUTDOWN,	  /* triple fault */
	STAGE_REFUSED,	  /* KVM_RUN failed: run_errno */
};

struct stage_trap {
	unsigned vector;
	uint64_t error; /* 0 where the vector has none */
	uint64_t ip, cs, flags;
	int64_t offset; /* of ip in the code */
};

struct stage_msr {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

#define STAGE_TEXT 300

struct stage {
	struct vm vm;
	struct vcpu *vcpu; /* the one that functions below work on: vCPU 0, unless it is changed */
	struct kvm_run *run;
	enum environment_bit mode;
	enum substrate substrate;
	bool intel; /* vendor of the guest's CPU, which is the host's */
	bool ignores_msrs, no_steady_tsc; /* as in struct stage_config */

	/* What the next start sets, and what was read back at the last event. */
	struct kvm_regs regs;
	struct kvm_sregs sregs; /* as at the beginning; only set, not read back */

	enum stage_event event;
	struct stage_trap trap;
	struct stage_msr msr; /* read last */
	int run_errno;
	unsigned long code_size; /* of what was loaded last */

	/* The verdict: the first thing that was not as it must be ends the check. */
	bool over;
	bool skipped; /* cannot be tried here; seen says why */
	bool broken;  /* this program could not do its part; seen says what */
	char expected[STAGE_TEXT], seen[STAGE_TEXT];
};

struct stage_config {
	enum environment_bit mode; /* ENV_GUEST, ENV_GUEST_USER, ENV_PROT32, ENV_REAL16 */
	enum substrate substrate;
	struct instance_config instance;
	bool ignores_msrs;  /* kvm.ignore_msrs: what does not exist reads as 0 and is no fault */
	bool no_steady_tsc; /* the host's kernel does not trust its TSC: it may differ from CPU to CPU */
};

/* -errno with a message: the VM cannot be had. stage_close() is safe twice. */
int stage_open(struct stage *stage, const struct stage_config *config, struct err *err);
void stage_close(struct stage *stage);

/* ---- running: each returns the event, which is in stage->event as well ---------------------- */

/* Puts code into memory, sets registers and goes. Without code of that width: broken. */
enum stage_event stage_run(struct stage *stage, const struct code *code);
/* The same in two steps, for what is to be done in between. */
void stage_start(struct stage *stage, const struct code *code);
/* On from where it is; an exit to user space is completed by that. */
enum stage_event stage_go(struct stage *stage);

/* Completes the last exit, and does no more: KVM_RUN with immediate_exit must fail with EINTR. */
bool stage_complete(struct stage *stage);

/* Another handler for a vector; returns by IRET. Code for the stage's width; n: its place, 0.. */
void stage_handler(struct stage *stage, unsigned vector, unsigned n, const struct code *code);

/* Other CPUs run on threads of their own: for those, a stage that shares the VM. No verdict. */
void stage_share(struct stage *other, struct stage *stage, unsigned vcpu);

/* ---- memory and registers ------------------------------------------------------------------- */

/* This process's view of the guest's data, and how the guest's code addresses it. */
void *stage_data(struct stage *stage, unsigned long offset);
uint64_t stage_address(const struct stage *stage, unsigned long offset);
/* Where IP is at the first instruction of the code. */
uint64_t stage_code_base(const struct stage *stage);
/* Bits of an address and of a general register. */
unsigned stage_bits(const struct stage *stage);

/* What KVM gives a guest by CPUID: leaf (0 where there is none), register 'a' to 'd'; a bit of it. */
uint32_t stage_cpu_leaf(uint32_t leaf, char reg);
bool stage_cpu_has(uint32_t leaf, char reg, unsigned bit);
#define HAS_RDTSCP 0x80000001, 'd', 27
#define HAS_XSAVE  1, 'c', 26
#define HAS_XMM	   1, 'd', 25
#define HAS_TSC_ADJUST 7, 'b', 1
#define HAS_SMEP   7, 'b', 7
#define HAS_SMAP   7, 'b', 20

/* An ioctl of the vCPU or of the VM that must succeed: otherwise broken, named by `name`. */
int stage_vcpu_ioctl(struct stage *stage, unsigned long request, void *argument, const char *name);
int stage_vm_ioctl(struct stage *stage, unsigned long request, void *argument, const char *name);
/* One MSR, by KVM_GET_MSRS (into stage->msr as well) and KVM_SET_MSRS. False: KVM has it not. */
bool stage_msr_get(struct stage *stage, uint32_t index, uint64_t *value);
bool stage_msr_set(struct stage *stage, uint32_t index, uint64_t value);

/* ---- the verdict: each returns whether the check goes on ------------------------------------ */

/* In words: "#GP(0x0) at code+3". */
void stage_describe(const struct stage *stage, char *text, size_t size);

bool expect_end(struct stage *stage);
#define ANY_ERROR  UINT64_MAX
#define ANY_OFFSET INT64_MIN
bool expect_trap(struct stage *stage, unsigned vector, uint64_t error, int64_t offset);
/* KVM_EXIT_* */
bool expect_exit(struct stage *stage, uint32_t reason);
/* An access to a port or to memory, of so many bytes (count times). */
bool expect_port(struct stage *stage, bool out, uint16_t port, unsigned size, unsigned count);
bool expect_mmio(struct stage *stage, bool write, uint64_t address, unsigned size);
/*
 * What an expectation compares, low <= seen <= high, and where `seen` is from. Of a place that KVM or
 * the guest wrote to (guest memory, kvm_run, what an ioctl gave back, stage->regs, stage->trap) a
 * program of --save-repro does the comparison itself; of a value that was made of them it cannot.
 */
struct condition {
	const char *what; /* "RAX" */
	uint64_t seen, low, high;
	enum condition_from { FROM_FIELD, FROM_RUN_ERRNO, FROM_CALL_ERRNO } from;
	/* FROM_FIELD: so many bytes (up to 8), and what is 32 bits above them or NULL; what counts. */
	const void *field, *upper;
	unsigned size, shift;
	uint64_t mask;
	const void *like; /* low and high are what is there, of the same size; or NULL */
	bool above; /* seen is how much more it is than what was kept */
};

/* All of them; expected and seen are said of it, seen is a format. */
bool expect_conditions(struct stage *stage, const struct condition *conditions, unsigned n,
		       const char *expected, const char *seen, ...)
	__attribute__((format(printf, 5, 6)));
struct condition condition_bits(const char *what, const void *field, size_t size, uint64_t mask,
				unsigned shift, uint64_t wanted);
/* As another such place. */
struct condition condition_like(const char *what, const void *field, const void *like, size_t size,
				uint64_t mask);
#define CONDITION_BITS(what, field, mask, wanted)                                         \
	condition_bits(what, &(field), sizeof(field), mask, 0, wanted)
#define CONDITION(what, field, wanted) CONDITION_BITS(what, field, UINT64_MAX, wanted)

/* A field, which is such a place; the bits of mask in it; one bit of it, 0 or 1. */
#define expect_field(stage, what, field, wanted)                                          \
	expect_bits(stage, what, field, UINT64_MAX, wanted)
#define expect_bits(stage, what, field, mask, wanted)                                     \
	expect_bits_at(stage, what, (const void *)&(field), sizeof(field), mask, 0, wanted)
#define expect_flag(stage, what, field, bit, wanted)                                      \
	expect_bits_at(stage, what, (const void *)&(field), sizeof(field), bit,            \
		       (unsigned)__builtin_ctzll(bit), wanted)
/* As another such place of the same size. */
bool expect_like(struct stage *stage, const char *what, const void *field, const void *like,
		 size_t size);
bool expect_bits_at(struct stage *stage, const char *what, const void *field, size_t size,
		    uint64_t mask, unsigned shift, uint64_t wanted);
/* EDX:EAX; and as a condition of its own, between two bounds. */
bool expect_edx_eax(struct stage *stage, const char *what, uint64_t wanted);
struct condition condition_edx_eax(const struct stage *stage, const char *what, uint64_t low,
				   uint64_t high);
/* One that is about how much more is seen now than of an earlier one, which was kept then. */
void condition_keep(const struct stage *stage, const struct condition *earlier);
struct condition condition_above(struct condition now, const struct condition *earlier);
/* KVM_RUN is interrupted by the watchdog. */
bool expect_hung(struct stage *stage, const char *expected);
/* errno of the last ioctl, 0 if it succeeded. */
bool expect_errno(struct stage *stage, int code, int wanted);
/* A value that is in no such place. */
bool expect_equal(struct stage *stage, const char *what, uint64_t seen, uint64_t wanted);
bool expect_bytes(struct stage *stage, const char *what, const void *seen, const void *wanted,
		  size_t size);
/* A condition; seen is a format. */
bool expect_that(struct stage *stage, bool condition, const char *expected, const char *seen, ...)
	__attribute__((format(printf, 4, 5)));

/* Not as it must be, in the check's own words: seen is a format. Returns false. */
bool stage_fail(struct stage *stage, const char *expected, const char *seen, ...)
	__attribute__((format(printf, 3, 4)));
bool stage_skip(struct stage *stage, const char *why, ...) __attribute__((format(printf, 2, 3)));
bool stage_broken(struct stage *stage, const char *why, ...) __attribute__((format(printf, 2, 3)));

#endif

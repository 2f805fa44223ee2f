/* SPDX-License-Identifier: MIT */
/*
 * The payload context: the whole interface between the host and the code that it measures. One
 * block of CTX_BLOCK bytes per vCPU, in guest memory below 1 MiB (so that real mode reaches it)
 * or anywhere in this process (native). Included by C (32 and 64 bit) and by assembly.
 *
 * Ownership: the host writes everything before a job, the payload and its fault handlers write
 * while it runs, the host reads after the job is done. Fields have fixed widths and offsets in
 * every mode; tests hold struct and offsets together.
 */
#ifndef PAYLOAD_CTX_H
#define PAYLOAD_CTX_H

#define CTX_ABI 1

/* What a job asks a payload to do: see payload.h. */
#define CTX_MODE_BATCH	     0 /* iterations operations, one pair of clock readings */
#define CTX_MODE_BATCH_TWIN  1 /* the same without the operation */
#define CTX_MODE_SINGLE	     2 /* each operation timed by itself, into the sample area */
#define CTX_MODE_SINGLE_TWIN 3
#define CTX_MODE_PROBE	     4 /* once; the registers that it leaves go into out_* */

#define CTX_abi		    0x000
#define CTX_mode	    0x004
#define CTX_iterations	    0x008
#define CTX_token	    0x010
#define CTX_arg		    0x018
#define CTX_entry	    0x038
#define CTX_shared	    0x040
#define CTX_t0		    0x048
#define CTX_t1		    0x050
#define CTX_done	    0x058
#define CTX_done_iterations 0x060
#define CTX_recover_ip	    0x068
#define CTX_recover_sp	    0x070
#define CTX_fault_count	    0x078
#define CTX_fault_vector    0x080
#define CTX_fault_error	    0x088
#define CTX_fault_ip	    0x090
#define CTX_fault_address   0x098
#define CTX_irq_count	    0x0a0
#define CTX_irq_tsc	    0x0a8
#define CTX_irq_eoi	    0x0b0
#define CTX_out_ax	    0x0b8
#define CTX_out_bx	    0x0c0
#define CTX_out_cx	    0x0c8
#define CTX_out_dx	    0x0d0
#define CTX_out_flags	    0x0d8
#define CTX_note	    0x0e0
#define CTX_recover_cs	    0x0e8
#define CTX_next_sample	    0x0f0
#define CTX_out_top	    0x0f8
#define CTX_scratch	    0x100 /* 256 bytes of memory operand */

#define CTX_SAMPLES	0x1000	/* u64 ticks each */
#define CTX_BLOCK	0x10000
#define CTX_MAX_SAMPLES 7168	/* (CTX_BLOCK - CTX_SAMPLES) / 8, rounded down */

/* Ports by which a guest talks to this harness. Port 0x80 and 0x1234 are left to operations. */
#define PORT_DONE 0xf1 /* the job is done */

/* Unrolling of the timed loops; iteration counts are multiples of it. */
#define PAYLOAD_UNROLL 16

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct payload_ctx {
	uint32_t abi;
	uint32_t mode;
	uint64_t iterations; /* a multiple of PAYLOAD_UNROLL in the batch modes */
	uint64_t token;	     /* the job's number: copied to done when the payload returns */
	uint64_t arg[4];     /* the operation's arguments, set by its declaration */
	uint64_t entry;	     /* address of the operation's code */
	uint64_t shared;     /* address of the page that all vCPUs of the instance share */
	uint64_t t0, t1;     /* ticks around a batch */
	uint64_t done;
	uint64_t done_iterations;
	uint64_t recover_ip; /* where a fault handler resumes, and with which stack */
	uint64_t recover_sp;
	uint64_t fault_count; /* faults since the job began; the record is of the last one */
	uint64_t fault_vector;
	uint64_t fault_error;
	uint64_t fault_ip;
	uint64_t fault_address;
	uint64_t irq_count; /* external interrupts handled */
	uint64_t irq_tsc;   /* clock at the handler's first instructions, last interrupt */
	uint64_t irq_eoi;   /* the handler ends the interrupt in the local APIC: 1 x2APIC, 2 xAPIC */
	uint64_t out_ax, out_bx, out_cx, out_dx, out_flags;
	uint64_t note;	     /* operation's own verdict; 0 = fine */
	uint64_t recover_cs; /* real mode alone: the code segment that recover_ip is in */
	uint64_t next_sample; /* 16 and 32 bit: offset of the next sample */
	uint64_t out_top; /* what was on top of the stack */
	uint8_t scratch[256];
};

#ifndef PAYLOAD_BITS
#define CTX_CHECK(field) \
	_Static_assert(offsetof(struct payload_ctx, field) == CTX_##field, "offset of " #field)
CTX_CHECK(abi);
CTX_CHECK(mode);
CTX_CHECK(iterations);
CTX_CHECK(token);
CTX_CHECK(arg);
CTX_CHECK(entry);
CTX_CHECK(shared);
CTX_CHECK(t0);
CTX_CHECK(t1);
CTX_CHECK(done);
CTX_CHECK(done_iterations);
CTX_CHECK(recover_ip);
CTX_CHECK(recover_sp);
CTX_CHECK(fault_count);
CTX_CHECK(fault_vector);
CTX_CHECK(fault_error);
CTX_CHECK(fault_ip);
CTX_CHECK(fault_address);
CTX_CHECK(irq_count);
CTX_CHECK(irq_tsc);
CTX_CHECK(irq_eoi);
CTX_CHECK(out_ax);
CTX_CHECK(out_bx);
CTX_CHECK(out_cx);
CTX_CHECK(out_dx);
CTX_CHECK(out_flags);
CTX_CHECK(note);
CTX_CHECK(recover_cs);
CTX_CHECK(next_sample);
CTX_CHECK(out_top);
CTX_CHECK(scratch);
#undef CTX_CHECK
#endif
#endif

#endif

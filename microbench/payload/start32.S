/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the 16-bit and the 32-bit image (PAYLOAD_BITS). fs is based at the vCPU's context
 * throughout. In real mode every operation is a segment of its own, entered by a far call.
 */
#include "microbench/payload/ctx.h"

	.section .runtime, "ax", @progbits
#if PAYLOAD_BITS == 16
	.code16
#else
	.code32
#endif

	.globl	runtime_guest
	.type	runtime_guest, @function
runtime_guest:
	movl	$2f, %fs:CTX_recover_ip
	movw	%cs, %fs:CTX_recover_cs
	pushfl
	movl	%esp, %fs:CTX_recover_sp
#if PAYLOAD_BITS == 16
	subl	$BASE, %fs:CTX_recover_ip
	lcalll	*%fs:CTX_entry
#else
	calll	*%fs:CTX_entry
#endif
2:	popfl			/* an operation may have turned interrupts off */
	movl	%fs:CTX_token, %eax
	movl	%eax, %fs:CTX_done
	outb	%al, $PORT_DONE
	jmp	runtime_guest
	.size	runtime_guest, . - runtime_guest

/* 256 stubs of 16 bytes; real mode pushes no error codes. */
	.globl	runtime_vectors
	.p2align 4
runtime_vectors:
	.set	vector, 0
	.rept	256
	.balign	16
#if PAYLOAD_BITS == 16
	pushl	$0
#else
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
	pushl	$0
	.endif
#endif
	pushl	$vector
	.if	vector < 32
	jmp	fault
	.else
	jmp	interrupt
	.endif
	.set	vector, vector + 1
	.endr

/*
 * eax and edx are free at every recovery point. The frame is abandoned and a new one is made on
 * the stack of the recovery point; interrupts are on in every payload.
 */
	.p2align 4
fault:
	incl	%fs:CTX_fault_count
	popl	%fs:CTX_fault_vector
	popl	%fs:CTX_fault_error
#if PAYLOAD_BITS == 16
	movl	$0, %fs:CTX_fault_ip
	popw	%fs:CTX_fault_ip
#else
	popl	%fs:CTX_fault_ip
#endif
	movl	%fs:CTX_recover_sp, %esp
#if PAYLOAD_BITS == 16
	pushw	$0x202
	pushw	%fs:CTX_recover_cs
	pushw	%fs:CTX_recover_ip
	iretw
#else
	pushl	$0x202
	pushl	%cs
	pushl	%fs:CTX_recover_ip
	iretl
#endif

	.p2align 4
interrupt:
	addl	$8, %esp
	pushl	%eax
	pushl	%edx
	rdtsc
	movl	%eax, %fs:CTX_irq_tsc
	movl	%edx, %fs:CTX_irq_tsc+4
	incl	%fs:CTX_irq_count
	popl	%edx
	popl	%eax
#if PAYLOAD_BITS == 16
	iretw
#else
	iretl
#endif

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the 64-bit image. runtime_call is the same code in both worlds: this process calls
 * it natively, runtime_guest calls it for a vCPU. The stubs are the guest's fault and interrupt
 * handlers; natively a signal handler does their work.
 */
#include "microbench/payload/ctx.h"

	.section .runtime, "ax", @progbits

/* A vCPU starts here, with the address of its context in rdi, in ring 0 or ring 3. */
	.globl	runtime_guest
	.type	runtime_guest, @function
runtime_guest:
	call	runtime_call
	outb	%al, $PORT_DONE
	jmp	runtime_guest
	.size	runtime_guest, . - runtime_guest

/* void runtime_call(struct payload_ctx *): one job; a fault that the payload does not expect ends it. */
	.globl	runtime_call
	.type	runtime_call, @function
	.p2align 4
runtime_call:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi
	pushf
	mov	%rdi, %r13
	lea	1f(%rip), %rax
	mov	%rax, CTX_recover_ip(%r13)
	mov	%rsp, CTX_recover_sp(%r13)
	call	*CTX_entry(%r13)
1:	popf			/* an operation may have turned interrupts off */
	pop	%rdi
	mov	CTX_token(%rdi), %rax
	mov	%rax, CTX_done(%rdi)
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	runtime_call, . - runtime_call

/*
 * 256 stubs of 16 bytes; an NMI is an interrupt as well. All gates use the vCPU's interrupt stack; the page that it lies in begins
 * with the address of the vCPU's context.
 */
	.globl	runtime_vectors
	.p2align 4
runtime_vectors:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
	pushq	$0
	.endif
	pushq	$vector
	.if	vector < 32 && vector != 2
	jmp	fault
	.else
	jmp	interrupt
	.endif
	.set	vector, vector + 1
	.endr

/* Stack: rax rbx vector error ip cs flags sp ss, from 0(%rsp) up, 8 bytes each. */
	.p2align 4
fault:
	push	%rbx
	push	%rax
	mov	%rsp, %rbx
	and	$-4096, %rbx
	mov	(%rbx), %rbx
	incq	CTX_fault_count(%rbx)
	mov	16(%rsp), %rax
	mov	%rax, CTX_fault_vector(%rbx)
	mov	24(%rsp), %rax
	mov	%rax, CTX_fault_error(%rbx)
	mov	32(%rsp), %rax
	mov	%rax, CTX_fault_ip(%rbx)
	mov	%cr2, %rax
	mov	%rax, CTX_fault_address(%rbx)
	mov	CTX_recover_ip(%rbx), %rax
	mov	%rax, 32(%rsp)
	mov	CTX_recover_sp(%rbx), %rax
	mov	%rax, 56(%rsp)
	/* A trap flag, alignment check or direction flag must not outlive the operation. */
	andl	$~0x44500, 48(%rsp)
	pop	%rax
	pop	%rbx
	add	$16, %rsp
	iretq

	.p2align 4
interrupt:
	push	%rbx
	push	%rax
	push	%rdx
	rdtsc
	mov	%rsp, %rbx
	and	$-4096, %rbx
	mov	(%rbx), %rbx
	mov	%eax, CTX_irq_tsc(%rbx)
	mov	%edx, CTX_irq_tsc+4(%rbx)
	incq	CTX_irq_count(%rbx)
	cmpl	$1, CTX_irq_eoi(%rbx)
	jb	1f
	ja	2f
	push	%rcx
	mov	$0x80b, %ecx		/* EOI of an x2APIC */
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	pop	%rcx
1:	pop	%rdx
	pop	%rax
	pop	%rbx
	add	$16, %rsp
	iretq
2:	mov	$0xfee000b0, %eax	/* EOI of an xAPIC */
	movl	$0, (%rax)
	jmp	1b

	.section .note.GNU-stack, "", @progbits

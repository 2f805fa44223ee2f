/* SPDX-License-Identifier: MIT */
/*
 * The payload side of an operation: PAYLOAD(id, init, shape, op) makes from three fragments of
 * assembly all that is ever timed. It is written as assembly from end to end, so that gcc and
 * clang, and every host build, give the same bytes.
 *
 *   init	once before the clock starts: loads operands from the context
 *   shape	what every iteration needs around the operation; it is in the twin as well
 *   op		the operation, alone: cost = (shape + op) - (shape)
 *
 * Registers. The fragments may use ax, bx, cx, dx, si, di (and r8-r11 in 64-bit code). ax and dx
 * do not survive from init or shape to the next reading of the clock. Everything else belongs to
 * the loop: the context is at CTX(field), valid as a memory operand in init, shape and op.
 * Fragments may move the stack pointer below where they find it; it is put back behind the loop.
 * Names that follow the mode: AX BX CX DX SI DI SP ("%rax" or "%eax"), SLOT is a stack slot's size.
 *
 * A payload is compiled for each mode that its file allows (PAYLOAD_BITS = 16, 32, 64) into a
 * section of its own that starts on a page and refers to nothing outside itself.
 */
#ifndef PAYLOAD_PAYLOAD_H
#define PAYLOAD_PAYLOAD_H

#include "microbench/payload/ctx.h"

#define STR_(x) #x
#define STR(x)	STR_(x)

/* An argument of the operation, as a memory operand. */
#define ARG(n) CTX_PLUS(arg, 8 * n)

#if PAYLOAD_BITS == 64

#define AX	   "%rax"
#define BX	   "%rbx"
#define CX	   "%rcx"
#define DX	   "%rdx"
#define SI	   "%rsi"
#define DI	   "%rdi"
#define SP	   "%rsp"
#define SLOT	   "8"
#define CTX(field) STR(CTX_##field) "(%r13)"
#define CTX_PLUS(field, offset) STR(CTX_##field) "+" STR(offset) "(%r13)"
#define CODE_BITS  ".code64\n"
/* si = where this operation's code starts; "lea LABEL - 9000b(" SI ")" is then a label's address. */
#define CODE_TO_SI "lea 9000b(%rip), %rsi\n"

/* 64-bit loops: r12 iterations left, r13 context, r14 sample pointer, r15 first reading. */
#define TICKS                  \
	"lfence\n"             \
	"rdtsc\n"              \
	"lfence\n"             \
	"shl $32, %rdx\n"      \
	"or %rdx, %rax\n"

#define LOAD_LEFT  "mov " CTX(iterations) ", %r12\n"
#define LEFT_GROUP "shr $4, %r12\n"
#define NEXT(label)            \
	"dec %r12\n"           \
	"jnz " label "\n"
#define TICKS_FIRST TICKS "mov %rax, %r15\n"
#define TICKS_STORE                        \
	TICKS                              \
	"mov %r15, " CTX(t0) "\n"          \
	"mov %rax, " CTX(t1) "\n"
#define SINGLE_INIT(label)                          \
	"lea " label "(%rip), %rax\n"               \
	"mov %rax, " CTX(recover_ip) "\n"           \
	"mov %rsp, " CTX(recover_sp) "\n"           \
	"lea " STR(CTX_SAMPLES) "(%r13), %r14\n"
/* Behind a batch: the runtime's recovery point is where it called from. */
#define STACK_BACK                             \
	"mov " CTX(recover_sp) ", %rsp\n"      \
	"sub $8, %rsp\n"
#define STACK_BACK_SINGLE "mov " CTX(recover_sp) ", %rsp\n"
#define SAMPLE_STORE           \
	TICKS                  \
	"sub %r15, %rax\n"     \
	"mov %rax, (%r14)\n"   \
	"add $8, %r14\n"
#define OUT_STORE                              \
	"mov %rax, " CTX(out_ax) "\n"          \
	"mov %rbx, " CTX(out_bx) "\n"          \
	"mov %rcx, " CTX(out_cx) "\n"          \
	"mov %rdx, " CTX(out_dx) "\n"          \
	"mov (%rsp), %rax\n"                   \
	"mov %rax, " CTX(out_top) "\n"         \
	"pushf\n"                              \
	"pop %rax\n"                           \
	"mov %rax, " CTX(out_flags) "\n"
#define DONE_ALL                                       \
	"mov " CTX(iterations) ", %rax\n"              \
	"mov %rax, " CTX(done_iterations) "\n"         \
	"ret\n"

#else /* 16 and 32 bit: the same instructions; the assembler adds the prefixes */

#define AX "%eax"
#define BX "%ebx"
#define CX "%ecx"
#define DX "%edx"
#define SI "%esi"
#define DI "%edi"
#define SP "%esp"
#define SLOT "4"
/* The context is reached through fs, whose base the host sets to it. */
#define CTX(field)	"%fs:" STR(CTX_##field)
#define CTX_PLUS(field, offset) "%fs:" STR(CTX_##field) "+" STR(offset)
#if PAYLOAD_BITS == 16
#define CODE_BITS      ".code16\n"
#define PAYLOAD_RETURN "lretl\n"
#define RETURN_SIZE    "8"
#else
#define CODE_BITS      ".code32\n"
#define PAYLOAD_RETURN "retl\n"
#define RETURN_SIZE    "4"
#endif

/*
 * ebp counts the iterations left; the first reading waits in the context. Real mode reads its
 * clock without fences: KVM's emulator does not know LFENCE, and real-mode code is emulated where
 * the CPU has no unrestricted guest. The twin has the same readings.
 */
#if PAYLOAD_BITS == 16
#define TICKS "rdtsc\n"
#else
#define TICKS                  \
	"lfence\n"             \
	"rdtsc\n"              \
	"lfence\n"
#endif

#define LOAD_LEFT  "movl " CTX(iterations) ", %ebp\n"
#define LEFT_GROUP "shrl $4, %ebp\n"
#define NEXT(label)            \
	"decl %ebp\n"          \
	"jnz " label "\n"
#define TICKS_FIRST                                    \
	TICKS                                          \
	"movl %eax, " CTX(t0) "\n"                     \
	"movl %edx, %fs:" STR(CTX_t0) "+4\n"
#define TICKS_STORE                                    \
	TICKS                                          \
	"movl %eax, " CTX(t1) "\n"                     \
	"movl %edx, %fs:" STR(CTX_t1) "+4\n"
/* Where am I: a payload has no relocations, so the label is found from the return address. In
 * real mode every operation starts its own segment and labels count from there. */
#if PAYLOAD_BITS == 16
#define LABEL_TO_EAX(label) "movl $(" label " - 9000b), %eax\n"
#define CODE_TO_SI	    "xorl %esi, %esi\n"
#else
#define CODE_TO_SI             \
	"calll 9991f\n"        \
	"9991: popl %esi\n"    \
	"subl $(9991b - 9000b), %esi\n"
#define LABEL_TO_EAX(label)                            \
	"calll 9990f\n"                                \
	"9990: popl %eax\n"                            \
	"addl $(" label " - 9990b), %eax\n"
#endif
#define SINGLE_INIT(label)                                             \
	LABEL_TO_EAX(label)                                            \
	"movl %eax, " CTX(recover_ip) "\n"                             \
	"movl %esp, " CTX(recover_sp) "\n"                             \
	"movw %cs, " CTX(recover_cs) "\n"                              \
	"movl $" STR(CTX_SAMPLES) ", " CTX(next_sample) "\n"
#define STACK_BACK                                     \
	"movl " CTX(recover_sp) ", %esp\n"             \
	"subl $" RETURN_SIZE ", %esp\n"
#define STACK_BACK_SINGLE "movl " CTX(recover_sp) ", %esp\n"
#define SAMPLE_STORE                                   \
	TICKS                                          \
	"subl " CTX(t0) ", %eax\n"                     \
	"movl " CTX(next_sample) ", %edx\n"            \
	"movl %eax, %fs:(%edx)\n"                      \
	"movl $0, %fs:4(%edx)\n"                       \
	"addl $8, " CTX(next_sample) "\n"
#define OUT_STORE                                      \
	"movl %eax, " CTX(out_ax) "\n"                 \
	"movl %ebx, " CTX(out_bx) "\n"                 \
	"movl %ecx, " CTX(out_cx) "\n"                 \
	"movl %edx, " CTX(out_dx) "\n"                 \
	"movl (%esp), %eax\n"                          \
	"movl %eax, " CTX(out_top) "\n"                \
	"pushfl\n"                                     \
	"popl %eax\n"                                  \
	"movl %eax, " CTX(out_flags) "\n"
#define DONE_ALL                                               \
	"movl " CTX(iterations) ", %eax\n"                     \
	"movl %eax, " CTX(done_iterations) "\n"                \
	PAYLOAD_RETURN

#endif

/* One jump over the padding: where instructions are emulated, no-ops would be timed and would
 * differ between a loop and its twin. */
#define PAYLOAD_BATCH(init, body)                              \
	LOAD_LEFT LEFT_GROUP init "\n"                         \
	TICKS_FIRST                                            \
	"jmp 9100f\n"                                          \
	".p2align 6\n"                                         \
	"9100:\n"                                              \
	".rept " STR(PAYLOAD_UNROLL) "\n" body "\n.endr\n"     \
	NEXT("9100b")                                          \
	TICKS_STORE STACK_BACK DONE_ALL

/* Here a fault resumes behind the operation: its sample is the price of the trap. */
#define PAYLOAD_SINGLE(init, body)                             \
	LOAD_LEFT SINGLE_INIT("9201f") init "\n"               \
	".p2align 6\n"                                         \
	"9200:\n"                                              \
	TICKS_FIRST body "\n"                                  \
	"9201:\n"                                              \
	SAMPLE_STORE                                           \
	NEXT("9200b")                                          \
	STACK_BACK_SINGLE DONE_ALL

#define PAYLOAD_PROBE(init, body)                              \
	SINGLE_INIT("9301f") init "\n"                         \
	TICKS_FIRST body "\n"                                  \
	OUT_STORE                                              \
	TICKS_STORE                                            \
	"9301:\n"                                              \
	STACK_BACK_SINGLE DONE_ALL

/*
 * The general form: init, the whole body, and the whole body of the twin. Entered by the runtime
 * as a function; the mode is looked at before any clock is read, by as many instructions for a
 * loop as for its twin (hence the nop): where KVM emulates instructions, it counts them.
 */
#define PAYLOAD_PAIR(id, init, body, twin)                                                    \
	__asm__(".pushsection .op." #id ",\"ax\",@progbits\n"                                 \
		".p2align 12\n" CODE_BITS                                                     \
		".globl " #id "\n"                                                            \
		".type " #id ", @function\n" #id ":\n9000:\n"                                        \
		"cmpl $" STR(CTX_MODE_BATCH_TWIN) ", " CTX(mode) "\n"                         \
		"jb 9001f\n"                                                                  \
		"je 9002f\n"                                                                  \
		"cmpl $" STR(CTX_MODE_SINGLE_TWIN) ", " CTX(mode) "\n"                        \
		"jb 9003f\n"                                                                  \
		"je 9004f\n" PAYLOAD_PROBE(init, body)                                        \
		"9001: nop\n" PAYLOAD_BATCH(init, body)                                       \
		"9002:\n" PAYLOAD_BATCH(init, twin)                                           \
		"9003: nop\n" PAYLOAD_SINGLE(init, body)                                      \
		"9004:\n" PAYLOAD_SINGLE(init, twin)                                          \
		".size " #id ", . - " #id "\n"                                                \
		".popsection\n")

#define PAYLOAD(id, init, shape, op) PAYLOAD_PAIR(id, init, shape "\n" op, shape)

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A sequence in this process. Its pages are a file in memory that is mapped twice: in the sandbox
 * with the rights that a page has in the guest, and where this program reads and writes it. To
 * begin, this code faults on purpose; the handler puts the sequence's registers into the context
 * that it returns to. The sequence's end is a fault again, whose handler keeps what it sees and
 * returns to here.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "differ/arch/x86/runner.h"
#include "kvm-harness/arch/x86/interrupted.h"
#include "kvm-harness/environment.h"
#include "kvm-harness/sys.h"
#include "kvm-harness/watchdog.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define SIGNAL_STACK (256 * 1024)
#define FILE_SIZE    (PAGE + MEMORY_SIZE) /* code first */
#define TRAP_BP	     3
#define FLAG_ID	     0x200000ull
#define FLAG_NT	     0x4000ull
#define FLAG_IOPL    0x3000ull
#define XSTATE_MAGIC 0x46505853u /* of struct _fpx_sw_bytes */
#define XSTATE_SSE   2u

static const int signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static const uint8_t registers[REGS] = {
	[RAX] = REG_RAX, [RCX] = REG_RCX, [RDX] = REG_RDX, [RBX] = REG_RBX,
	[RSP] = REG_RSP, [RBP] = REG_RBP, [RSI] = REG_RSI, [RDI] = REG_RDI,
	[R8] = REG_R8,	 [R9] = REG_R9,	  [R10] = REG_R10, [R11] = REG_R11,
	[R12] = REG_R12, [R13] = REG_R13, [R14] = REG_R14, [R15] = REG_R15,
};

static struct {
	uint8_t *alias; /* of code and pages */
	bool mapped;	/* the sandbox is */
	void *signal_stack;
	struct watchdog watchdog;
	/* For the handler. */
	enum { IDLE, ENTERING, INSIDE } volatile phase;
	const struct program *code;
	const struct start *start;
	struct behaviour *behaviour;
	greg_t saved[NGREG];
	sigset_t saved_mask;
} native;

/* ---- the handler ----------------------------------------------------------------------------- */

/* The part of the state that the kernel restores only where the header says that it is there. */
static void enable_sse(struct _libc_fpstate *fp)
{
	uint32_t magic;
	uint64_t present;
	uint8_t *area = (uint8_t *)fp;

	memcpy(&magic, area + 464, sizeof(magic));
	if (magic != XSTATE_MAGIC)
		return;
	memcpy(&present, area + 512, sizeof(present));
	present |= XSTATE_SSE;
	memcpy(area + 512, &present, sizeof(present));
}

/* Only faults and the watchdog may interrupt: the sequence's stack is no place for a handler. */
static void block_signals(sigset_t *mask)
{
	sigfillset(mask);
	for (unsigned i = 0; i < SIGNALS; i++)
		sigdelset(mask, signals[i]);
	sigdelset(mask, SIGRTMIN);
}

static void enter(ucontext_t *context)
{
	greg_t *regs = context->uc_mcontext.gregs;

	memcpy(native.saved, regs, sizeof(native.saved));
	native.saved_mask = context->uc_sigmask;
	for (unsigned i = 0; i < REGS; i++)
		regs[registers[i]] = (greg_t)native.start->gpr[i];
	regs[REG_EFL] = (greg_t)native.start->flags;
	regs[REG_RIP] = AT_CODE;
	if (native.code->uses_xmm) {
		memcpy(context->uc_mcontext.fpregs->_xmm, native.start->xmm,
		       sizeof(native.start->xmm));
		enable_sse(context->uc_mcontext.fpregs);
	}
	block_signals(&context->uc_sigmask);
	native.phase = INSIDE;
}

static void leave(ucontext_t *context)
{
	greg_t *regs = context->uc_mcontext.gregs;
	struct behaviour *behaviour = native.behaviour;

	behaviour->ended = ENDED_TRAP;
	behaviour->vector = (unsigned)regs[REG_TRAPNO];
	behaviour->error = (uint64_t)regs[REG_ERR];
	behaviour->offset = (int64_t)regs[REG_RIP] - (int64_t)AT_CODE;
	behaviour->address = (uint64_t)regs[REG_CR2];
	for (unsigned i = 0; i < REGS; i++)
		behaviour->gpr[i] = (uint64_t)regs[registers[i]];
	/* Ring 3 cannot change IOPL: what this program had before is not the sequence's doing. */
	behaviour->flags = (uint64_t)regs[REG_EFL] & ~((uint64_t)native.saved[REG_EFL] & FLAG_IOPL);
	memcpy(behaviour->xmm, context->uc_mcontext.fpregs->_xmm, sizeof(behaviour->xmm));
	/* The end is an INT3 behind the code. */
	if (behaviour->vector == TRAP_BP && behaviour->offset == native.code->size + 1)
		behaviour->ended = ENDED_END;
	memcpy(regs, native.saved, sizeof(native.saved));
	context->uc_sigmask = native.saved_mask;
	native.phase = IDLE;
}

static void on_signal(int number, siginfo_t *info, void *data)
{
	ucontext_t *context = data;

	arch_handler_flags();
	(void)info;
	if (native.phase == ENTERING) {
		/* Behind the UD2, once it is over. */
		context->uc_mcontext.gregs[REG_RIP] += 2;
		enter(context);
	} else if (native.phase == INSIDE) {
		leave(context);
	} else {
		struct sigaction action = {.sa_handler = SIG_DFL};

		sigaction(number, &action, NULL);
	}
}

/* ---- running --------------------------------------------------------------------------------- */

static int install(struct sigaction *old, stack_t *old_stack, struct err *err)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = native.signal_stack, .ss_size = SIGNAL_STACK};

	sigfillset(&action.sa_mask);
	if (sigaltstack(&stack, old_stack))
		return err_sys(err, errno, "sigaltstack for sequences");
	for (unsigned i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i], &action, &old[i]))
			return err_sys(err, errno, "sigaction for sequences");
	return 0;
}

/* Nothing here may be lost by the watchdog's jump. */
static bool go(void)
{
	sigjmp_buf escape;

	if (sigsetjmp(escape, 1)) {
		native.phase = IDLE;
		return false;
	}
	native.watchdog.escape = &escape;
	/* Flags that the kernel takes from no context, but leaves as they are. */
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~(FLAG_ID | FLAG_NT));
	native.phase = ENTERING;
	__asm__ volatile("ud2" ::: "memory", "cc");
	return true;
}

int native_run(const struct program *code, const struct start *start, const uint8_t *memory,
	       struct behaviour *behaviour, struct err *err)
{
	struct sigaction old[SIGNALS];
	stack_t old_stack;
	int rc;

	memcpy(native.alias, code->bytes, code->size);
	native.alias[code->size] = 0xcc;
	memcpy(native.alias + PAGE, memory, MEMORY_SIZE);
	native.code = code;
	native.start = start;
	native.behaviour = behaviour;
	memset(behaviour, 0, offsetof(struct behaviour, memory));
	rc = watchdog_arm(&native.watchdog, watchdog_seconds, err);
	if (!rc)
		rc = install(old, &old_stack, err);
	if (rc)
		return rc;
	if (!go())
		behaviour->ended = ENDED_HUNG;
	watchdog_disarm(&native.watchdog);
	for (unsigned i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &old[i], NULL);
	sigaltstack(&old_stack, NULL);
	memcpy(behaviour->memory, native.alias + PAGE, MEMORY_SIZE);
	return 0;
}

/* ---- the sandbox ----------------------------------------------------------------------------- */

static int map_page(int fd, uintptr_t address, unsigned long offset, int protection,
		    struct err *err)
{
	void *at = sys->mmap((void *)address, PAGE, protection,
			     MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, (off_t)offset);

	return at == MAP_FAILED ? err_sys(err, errno, "mmap of a page of the sandbox") : 0;
}

static int map_pages(int fd, struct err *err)
{
	int rc = map_page(fd, AT_CODE, 0, PROT_READ | PROT_EXEC, err);

	for (unsigned i = 0; i < PAGES && !rc; i++)
		rc = map_page(fd, page_address[i], PAGE * (i + 1),
			      i == PAGE_READONLY ? PROT_READ : PROT_READ | PROT_WRITE, err);
	return rc;
}

static int map_sandbox(int fd, struct err *err)
{
	void *at = sys->mmap((void *)(uintptr_t)SANDBOX, SANDBOX_SIZE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (at != (void *)(uintptr_t)SANDBOX) {
		int code = at == MAP_FAILED ? errno : EEXIST;

		if (at != MAP_FAILED)
			sys->munmap(at, SANDBOX_SIZE);
		return err_sys(err, code, "mmap of the sandbox at 0x%x", SANDBOX);
	}
	native.mapped = true;
	if (sys->ftruncate(fd, FILE_SIZE))
		return err_sys(err, errno, "ftruncate of the sandbox's file");
	native.alias = sys->mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (native.alias == MAP_FAILED) {
		native.alias = NULL;
		return err_sys(err, errno, "mmap of the sandbox's file");
	}
	memset(native.alias, 0, FILE_SIZE);
	return map_pages(fd, err);
}

int native_open(struct err *err)
{
	int fd = sys->memfd_create("sandbox", MFD_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(err, errno, "memfd_create for the sandbox");
	native.signal_stack = malloc(SIGNAL_STACK);
	rc = native.signal_stack ? map_sandbox(fd, err) : err_set(err, ENOMEM, "no memory");
	sys->close(fd);
	if (rc)
		native_close();
	return rc;
}

void native_close(void)
{
	watchdog_close(&native.watchdog);
	if (native.mapped)
		sys->munmap((void *)(uintptr_t)SANDBOX, SANDBOX_SIZE);
	if (native.alias)
		sys->munmap(native.alias, FILE_SIZE);
	free(native.signal_stack);
	memset(&native, 0, sizeof(native));
}

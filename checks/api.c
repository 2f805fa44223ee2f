/* SPDX-License-Identifier: MIT */
/* What KVM's API promises to user space beyond the guest's own instructions. */
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "checks/checks.h"

CODE(api_count, "incl %eax; incl %eax; incl %eax");
CODE(api_out, "incl %eax; outb %al, $0x80; incl %eax");

/* ---- KVM_RUN that returns at once ----------------------------------------------------------- */

static void run_immediate(struct stage *stage, unsigned n)
{
	struct kvm_regs after;

	(void)n;
	stage->regs.rax = 5;
	stage_start(stage, &api_count);
	stage_complete(stage);
	if (stage_vcpu_ioctl(stage, KVM_GET_REGS, &after, "KVM_GET_REGS"))
		return;
	expect_field(stage, "RAX, behind nothing", after.rax, 5);
	expect_field(stage, "RIP", after.rip, stage->mode == ENV_REAL16 ? 0 : STAGE_CODE);
	stage_go(stage);
	expect_end(stage);
	expect_field(stage, "RAX at the end", stage->regs.rax, 8);
}

CHECK(api_immediate,
	.name = "api/immediate-exit",
	.title = "with immediate_exit KVM_RUN fails with EINTR before the guest executes anything",
	.manual = "KVM API 5, immediate_exit",
	.in = IN_ALL,
	ONE_VCPU,
	.capability = KVM_CAP_IMMEDIATE_EXIT,
	.run = run_immediate);

/* A port that was written to is not written to again when the exit is completed by an interruption. */
static void run_completed(struct stage *stage, unsigned n)
{
	(void)n;
	stage->regs.rax = 1;
	stage_run(stage, &api_out);
	expect_port(stage, true, 0x80, 1, 1);
	stage_complete(stage);
	stage_go(stage);
	expect_end(stage);
	expect_field(stage, "RAX at the end", stage->regs.rax, 3);
}

CHECK(api_completed,
	.name = "api/completed",
	.title = "an exit is completed once, also by a KVM_RUN that returns at once",
	.manual = "KVM API 5, \"the corresponding operations are complete only after userspace has re-entered\"",
	.in = IN_ALL,
	ONE_VCPU,
	.capability = KVM_CAP_IMMEDIATE_EXIT,
	.run = run_completed);

/* ---- signals -------------------------------------------------------------------------------- */

CODE(api_spin, "1: incl %eax; testl %ebx, %ebx; jz 1b");

static void do_nothing(int signal)
{
	(void)signal;
}

/* The watchdog is such a signal; without one KVM_RUN would go on for ever. */
static void run_signal(struct stage *stage, unsigned n)
{
	double usual = watchdog_seconds;

	(void)n;
	stage->regs.rax = stage->regs.rbx = 0;
	/* Bochs keeps the host's interrupts back as well while a guest has them off. */
	stage->regs.rflags |= RFLAGS_IF;
	watchdog_seconds = 0.1;
	stage_run(stage, &api_spin);
	watchdog_seconds = usual;
	expect_hung(stage, "KVM_RUN is interrupted by the signal");
	expect_that(stage, stage->regs.rax > 0, "the guest ran until then", "RAX is still 0");
	/* What it was interrupted in goes on. */
	stage->regs.rbx = 1;
	stage_vcpu_ioctl(stage, KVM_SET_REGS, &stage->regs, "KVM_SET_REGS");
	stage_go(stage);
	expect_end(stage);
}

CHECK(api_signal,
	.name = "api/signal",
	.title = "a signal ends KVM_RUN with EINTR in the midst of the guest's loop, which goes on later",
	.manual = "KVM API 4.10 KVM_RUN, EINTR",
	.in = IN_ALL,
	ONE_VCPU,
	.run = run_signal);

static void run_mask(struct stage *stage, unsigned n)
{
	struct {
		struct kvm_signal_mask head;
		uint64_t set;
	} mask = {.head.len = 8};
	struct sigaction ignore = {.sa_handler = do_nothing}, before;
	sigset_t blocked, was;

	(void)n;
	if (stage->over)
		return;
	/* Blocked here and not in the mask for KVM_RUN: it must end that, and stay pending. */
	sigaction(SIGUSR1, &ignore, &before);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &blocked, &was);
	stage_vcpu_ioctl(stage, KVM_SET_SIGNAL_MASK, &mask, "KVM_SET_SIGNAL_MASK");
	stage_start(stage, &api_count);
	pthread_kill(pthread_self(), SIGUSR1);
	expect_that(stage,
		    sys->ioctl(stage->vcpu->fd, KVM_RUN, NULL) < 0 && errno == EINTR &&
			    stage->run->exit_reason == KVM_EXIT_INTR,
		    "EINTR and KVM_EXIT_INTR", "exit reason %u", stage->run->exit_reason);
	stage_vcpu_ioctl(stage, KVM_SET_SIGNAL_MASK, NULL, "KVM_SET_SIGNAL_MASK");
	sigpending(&blocked);
	expect_equal(stage, "the signal is pending still", (uint64_t)sigismember(&blocked, SIGUSR1), 1);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	sigaction(SIGUSR1, &before, NULL);
}

CHECK(api_mask,
	.name = "api/signal-mask",
	.title = "a signal that KVM_SET_SIGNAL_MASK lets through ends KVM_RUN, although the thread blocks it",
	.manual = "KVM API 4.21 KVM_SET_SIGNAL_MASK",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_mask);

/* ---- eventfds ------------------------------------------------------------------------------- */

CODE(api_ring, "movl $0x5678, %edx; outb %al, %dx; outw %ax, %dx; outb %al, %dx");
CODE64(api_ring_mmio, "mov $0xd0000000, %edi; movl %eax, (%rdi); movl %eax, (%rdi); movl %ebx, (%rdi)");

static uint64_t rung(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static const char *const bells[] = {"port", "port-datamatch", "mmio", "mmio-datamatch"};

NAMES_OF_LIST(bells)

static unsigned bell_in(unsigned n)
{
	return n < 2 ? IN_ALL : IN_64;
}

static void run_bell(struct stage *stage, unsigned n)
{
	bool mmio = n >= 2, match = n & 1;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct kvm_ioeventfd bell = {
		.addr = mmio ? GPA_MMIO : 0x5678,
		.len = mmio ? 4 : 1,
		.fd = fd,
		.datamatch = 7,
		.flags = (mmio ? 0u : KVM_IOEVENTFD_FLAG_PIO) |
			 (match ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0u),
	};
	unsigned exits = 0;

	stage->regs.rax = 7;
	stage->regs.rbx = 8;
	stage_vm_ioctl(stage, KVM_IOEVENTFD, &bell, "KVM_IOEVENTFD");
	stage_run(stage, mmio ? &api_ring_mmio : &api_ring);
	for (; stage->event == STAGE_EXIT && exits < 5; exits++)
		stage_go(stage);
	expect_end(stage);
	/* The word is no byte; the last store is of another value. */
	expect_equal(stage, "times that the eventfd was rung", rung(fd), mmio && !match ? 3 : 2);
	expect_equal(stage, "exits to user space", exits, mmio && !match ? 0 : 1);
	close(fd);
}

CHECK(api_bell,
	.name = "api/ioeventfd",
	.title = "an access that an ioeventfd is for rings it once and reaches nobody else; another width or value does",
	.manual = "KVM API 4.59 KVM_IOEVENTFD",
	.in = IN_ALL,
	ONE_VCPU,
	.capability = KVM_CAP_IOEVENTFD,
	CASES(bells),
	.case_in = bell_in,
	.run = run_bell);

/* ---- coalesced writes ----------------------------------------------------------------------- */

CODE64(api_coalesce, "mov $0xd0000000, %edi; movl %eax, (%rdi); movb %bl, 8(%rdi); movw %cx, 16(%rdi)");

static void run_coalesced(struct stage *stage, unsigned n)
{
	struct kvm_coalesced_mmio_zone zone = {.addr = GPA_MMIO, .size = 0x1000};
	int page = kvm_host_capability(KVM_CAP_COALESCED_MMIO);
	struct kvm_coalesced_mmio_ring *ring =
		(void *)((uint8_t *)stage->run + (size_t)page * 4096);
	const uint32_t lengths[] = {4, 1, 2}, values[] = {0x11223344, 0x55, 0x6677};

	(void)n;
	stage_vm_ioctl(stage, KVM_REGISTER_COALESCED_MMIO, &zone, "KVM_REGISTER_COALESCED_MMIO");
	stage->regs.rax = values[0];
	stage->regs.rbx = values[1];
	stage->regs.rcx = values[2];
	stage_run(stage, &api_coalesce);
	expect_end(stage);
	expect_equal(stage, "writes in the ring", ring->last - ring->first, 3);
	for (unsigned i = 0; i < 3 && !stage->over; i++) {
		const struct kvm_coalesced_mmio *write = &ring->coalesced_mmio[ring->first + i];

		expect_field(stage, "address", write->phys_addr, GPA_MMIO + 8 * i);
		expect_field(stage, "length", write->len, lengths[i]);
		expect_bytes(stage, "value", write->data, &values[i], lengths[i]);
	}
}

CHECK(api_coalesced,
	.name = "api/coalesced",
	.title = "writes to a coalesced zone are in the ring, in order, with address, length and value, and are no exits",
	.manual = "KVM API 4.116 KVM_REGISTER_COALESCED_MMIO",
	.in = IN_64,
	ONE_VCPU,
	.capability = KVM_CAP_COALESCED_MMIO,
	.run = run_coalesced);

/* ---- registers beside kvm_run --------------------------------------------------------------- */

static void run_sync(struct stage *stage, unsigned n)
{
	struct kvm_regs *shared = &stage->run->s.regs.regs;

	(void)n;
	if (!(kvm_host_capability(KVM_CAP_SYNC_REGS) & KVM_SYNC_X86_REGS)) {
		stage_skip(stage, "this KVM does not share registers");
		return;
	}
	stage_start(stage, &api_out);
	stage->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	stage_go(stage);
	expect_port(stage, true, 0x80, 1, 1);
	expect_like(stage, "RAX beside kvm_run", &shared->rax, &stage->regs.rax, sizeof(shared->rax));
	expect_like(stage, "RIP beside kvm_run", &shared->rip, &stage->regs.rip, sizeof(shared->rip));
	if (stage->over)
		return;
	shared->rax = 0x40;
	stage->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
	stage_go(stage);
	stage->run->kvm_valid_regs = 0;
	expect_end(stage);
	expect_field(stage, "RAX at the end", stage->regs.rax, 0x41);
	expect_field(stage, "kvm_dirty_regs", stage->run->kvm_dirty_regs, 0);
}

CHECK(api_sync,
	.name = "api/sync-regs",
	.title = "registers beside kvm_run are those of the guest, and changed ones get in",
	.manual = "KVM API 6.6 KVM_CAP_SYNC_REGS",
	.in = IN_64,
	ONE_VCPU,
	.capability = KVM_CAP_SYNC_REGS,
	.run = run_sync);

/* ---- what KVM must refuse ------------------------------------------------------------------- */

static const char *const refusals[] = {"vcpu-twice",	 "irqchip-after-vcpu", "sregs-lma-without-pae",
				       "sregs-cr4-reserved", "xcr-0",	       "event-number"};

NAMES_OF_LIST(refusals)

static int try_refused(struct stage *stage, unsigned n)
{
	struct kvm_xcrs xcrs = {.nr_xcrs = 1};
	struct kvm_sregs sregs = stage->sregs;
	struct kvm_vcpu_events events;
	int fd;

	switch (n) {
	case 0:
		fd = sys_ioctl(stage->vm.fd, KVM_CREATE_VCPU, NULL);
		if (fd >= 0)
			sys->close(fd);
		return fd;
	case 1:
		return sys_ioctl(stage->vm.fd, KVM_CREATE_IRQCHIP, NULL);
	case 2:
		sregs.cr4 &= ~0x20ull;
		return sys_ioctl(stage->vcpu->fd, KVM_SET_SREGS, &sregs);
	case 3:
		sregs.cr4 |= 1ull << 40;
		return sys_ioctl(stage->vcpu->fd, KVM_SET_SREGS, &sregs);
	case 4:
		/* XCR0 without x87. */
		return sys_ioctl(stage->vcpu->fd, KVM_SET_XCRS, &xcrs);
	default:
		if (stage_vcpu_ioctl(stage, KVM_GET_VCPU_EVENTS, &events, "KVM_GET_VCPU_EVENTS"))
			return 0;
		events.exception.injected = 1;
		events.exception.nr = 40;
		return sys_ioctl(stage->vcpu->fd, KVM_SET_VCPU_EVENTS, &events);
	}
}

static void run_refused(struct stage *stage, unsigned n)
{
	static const int codes[] = {EEXIST, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL};
	int rc = try_refused(stage, n), code = rc < 0 ? errno : 0;

	if (n == 4 && !stage_cpu_has(HAS_XSAVE)) {
		stage_skip(stage, "this CPU has no XSAVE");
		return;
	}
	expect_errno(stage, code, codes[n]);
	/* And the VM runs on as if nothing had been asked. */
	stage->regs.rax = 0;
	stage_run(stage, &api_count);
	expect_end(stage);
	expect_field(stage, "RAX", stage->regs.rax, 3);
}

CHECK(api_refused,
	.name = "api/refused",
	.title = "what makes no sense is refused with the documented error, and changes nothing",
	.manual = "KVM API 4.7, 4.14, 4.24, 4.32, 4.45",
	.in = ENV_GUEST,
	ONE_VCPU,
	CASES(refusals),
	.run = run_refused);

/* ---- where a virtual address is ------------------------------------------------------------- */

static void run_translate(struct stage *stage, unsigned n)
{
	struct kvm_translation there = {.linear_address = STAGE_CODE + 0x123},
			       nowhere = {.linear_address = 0xffff800000000000};

	(void)n;
	stage_run(stage, &api_count);
	expect_end(stage);
	stage_vcpu_ioctl(stage, KVM_TRANSLATE, &there, "KVM_TRANSLATE");
	expect_field(stage, "valid", there.valid, 1);
	expect_field(stage, "physical_address", there.physical_address, STAGE_CODE + 0x123);
	stage_vcpu_ioctl(stage, KVM_TRANSLATE, &nowhere, "KVM_TRANSLATE");
	expect_field(stage, "valid, of an address that is not mapped", nowhere.valid, 0);
}

CHECK(api_translate,
	.name = "api/translate",
	.title = "KVM_TRANSLATE follows the guest's page tables",
	.manual = "KVM API 4.15 KVM_TRANSLATE",
	.in = IN_64,
	ONE_VCPU,
	.run = run_translate);

/* ---- an instruction that nobody can emulate ------------------------------------------------- */

CODE64(api_unknown, "movaps %xmm0, %xmm1; mov $0xd0000000, %edi; addps (%rdi), %xmm0");

static void run_unknown(struct stage *stage, unsigned n)
{
	(void)n;
	stage_run(stage, &api_unknown);
	if (stage->event == STAGE_EXIT && stage->run->exit_reason == KVM_EXIT_MMIO) {
		stage_skip(stage, "this KVM emulates ADDPS");
		return;
	}
	if (expect_exit(stage, KVM_EXIT_INTERNAL_ERROR))
		expect_field(stage, "suberror", stage->run->internal.suberror, KVM_INTERNAL_ERROR_EMULATION);
	expect_field(stage, "RIP, of the instruction", stage->regs.rip, STAGE_CODE + 8);
}

CHECK(api_unknown,
	.name = "api/emulation-failure",
	.title = "an instruction on MMIO that KVM cannot emulate is KVM_EXIT_INTERNAL_ERROR, at its address, in ring 0",
	.manual = "KVM API 5, KVM_EXIT_INTERNAL_ERROR",
	.in = ENV_GUEST,
	ONE_VCPU,
	.run = run_unknown);

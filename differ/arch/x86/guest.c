/* SPDX-License-Identifier: MIT */
/* A sequence in a guest, on a stage whose sandbox has the pages of layout.h and no others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "differ/arch/x86/runner.h"
#include "kvm-harness/arch/x86/paging.h"
#include "kvm-harness/arch/x86/stage.h"
#include "kvm-harness/sys.h"

/* A page table in the part of low memory that a 64-bit guest leaves alone. */
#define TABLE	0xb0000ul
#define PRESENT 1ull
#define HUGE	0x200000ul
/* No instruction of a sequence makes more exits than its bytes are. */
#define EXITS_MAX 2000
/* The stub has pushed a vector and, like the CPU, an error code: in front of ip, cs, flags, rsp. */
#define FRAME_RSP 5
/* Offsets in the area of XSAVE: xmm0, and which parts are there. */
#define XSAVE_XMM     160
#define XSAVE_PRESENT 512
#define XSAVE_SSE     2u

_Static_assert(SANDBOX == STAGE_CODE, "a stage counts offsets from its code");

struct guest {
	struct guest_config config;
	struct stage stage;
	bool open;
	bool in_place; /* the segment registers are as at the beginning */
	unsigned made;
	uint8_t *pages[PAGES]; /* where this program reads and writes them */
	uint8_t shadow[MEMORY_SIZE];
};

unsigned guest_made(const struct guest *guest)
{
	return guest->made;
}

/* ---- making it ------------------------------------------------------------------------------- */

static bool is_mmio(const struct guest *guest, unsigned page)
{
	return guest->config.mmio && page != PAGE_STACK;
}

static int map_sandbox(struct guest *guest, struct err *err)
{
	uint8_t *memory = memory_host(&guest->stage.vm, 0);
	struct page_tables tables = {
		.memory = memory, .root = GPA_PAGE_TABLES, .next = TABLE, .end = TABLE + PAGE};
	uint64_t *table = (uint64_t *)(memory + TABLE);
	int rc = paging_split(&tables, 0, HUGE, err);

	if (rc)
		return rc;
	for (unsigned at = SANDBOX; at < SANDBOX + SANDBOX_SIZE; at += PAGE)
		table[at / PAGE] = 0;
	table[AT_CODE / PAGE] = AT_CODE | PAGE_USER | PRESENT;
	for (unsigned i = 0; i < PAGES; i++) {
		unsigned at = page_address[i];
		uint64_t frame = is_mmio(guest, i) ? GPA_MMIO + i * PAGE : at;

		table[at / PAGE] =
			frame | PAGE_USER | PRESENT | (i == PAGE_READONLY ? 0 : PAGE_WRITE);
		guest->pages[i] = is_mmio(guest, i) ? guest->shadow + i * PAGE : memory + at;
	}
	return 0;
}

static int make(struct guest *guest, struct err *err)
{
	const struct stage_config config = {
		.mode = guest->config.user ? ENV_GUEST_USER : ENV_GUEST,
		.substrate = guest->config.substrate,
		.instance = {.vcpus = 1},
	};
	int rc = stage_open(&guest->stage, &config, err);

	if (rc)
		return rc;
	guest->open = true;
	guest->in_place = false;
	guest->made++;
	return map_sandbox(guest, err);
}

int guest_open(const struct guest_config *config, struct guest **out, struct err *err)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	int rc;

	if (!guest)
		return err_set(err, ENOMEM, "no memory for a guest");
	guest->config = *config;
	rc = make(guest, err);
	if (rc)
		guest_close(guest);
	else
		*out = guest;
	return rc;
}

static void unmake(struct guest *guest)
{
	if (guest->open)
		stage_close(&guest->stage);
	guest->open = false;
}

void guest_close(struct guest *guest)
{
	if (!guest)
		return;
	unmake(guest);
	free(guest);
}

/* ---- before ---------------------------------------------------------------------------------- */

static void put_registers(struct kvm_regs *regs, const struct start *start)
{
	const uint64_t *gpr = start->gpr;

	*regs = (struct kvm_regs){
		.rax = gpr[RAX],
		.rbx = gpr[RBX],
		.rcx = gpr[RCX],
		.rdx = gpr[RDX],
		.rsi = gpr[RSI],
		.rdi = gpr[RDI],
		.rsp = gpr[RSP],
		.rbp = gpr[RBP],
		.r8 = gpr[R8],
		.r9 = gpr[R9],
		.r10 = gpr[R10],
		.r11 = gpr[R11],
		.r12 = gpr[R12],
		.r13 = gpr[R13],
		.r14 = gpr[R14],
		.r15 = gpr[R15],
		.rip = AT_CODE,
		.rflags = start->flags,
	};
}

/*
 * Not by KVM_SET_FPU: a fresh vCPU's SSE state counts as untouched, that call does not say
 * otherwise, and KVM then takes zeroes in the place of what was set.
 */
static int put_xmm(struct stage *stage, const struct start *start)
{
	struct kvm_xsave xsave;
	uint8_t *area = (uint8_t *)xsave.region;
	uint64_t present;

	if (stage_vcpu_ioctl(stage, KVM_GET_XSAVE, &xsave, "KVM_GET_XSAVE"))
		return -1;
	memcpy(area + XSAVE_XMM, start->xmm, sizeof(start->xmm));
	memcpy(&present, area + XSAVE_PRESENT, sizeof(present));
	present |= XSAVE_SSE;
	memcpy(area + XSAVE_PRESENT, &present, sizeof(present));
	return stage_vcpu_ioctl(stage, KVM_SET_XSAVE, &xsave, "KVM_SET_XSAVE");
}

static int take_xmm(struct stage *stage, struct behaviour *behaviour)
{
	struct kvm_xsave xsave;

	if (stage_vcpu_ioctl(stage, KVM_GET_XSAVE, &xsave, "KVM_GET_XSAVE"))
		return -1;
	memcpy(behaviour->xmm, (uint8_t *)xsave.region + XSAVE_XMM, sizeof(behaviour->xmm));
	return 0;
}

/* The end is an OUT behind the code: see the stage's ports. */
static int prepare(struct guest *guest, const struct program *code, const struct start *start,
		   const uint8_t *memory, struct err *err)
{
	struct stage *stage = &guest->stage;
	uint8_t *text = memory_host(&stage->vm, AT_CODE);
	int rc = 0;

	memcpy(text, code->bytes, code->size);
	text[code->size] = 0xe6;
	text[code->size + 1] = STAGE_PORT_END;
	for (unsigned i = 0; i < PAGES; i++)
		memcpy(guest->pages[i], memory + i * PAGE, PAGE);
	if (!guest->in_place)
		rc = arch_vcpu_set_sregs(stage->vcpu, &stage->sregs, err);
	if (rc)
		return rc;
	guest->in_place = true;
	put_registers(&stage->regs, start);
	if (stage_vcpu_ioctl(stage, KVM_SET_REGS, &stage->regs, "KVM_SET_REGS") ||
	    (code->uses_xmm && put_xmm(stage, start)))
		return err_set(err, EIO, "%s", stage->seen);
	return 0;
}

/* ---- running --------------------------------------------------------------------------------- */

/* Pages of the shadow follow each other as those in guest-physical space do. */
static bool serve(struct guest *guest)
{
	struct kvm_run *run = guest->stage.run;
	uint64_t at = run->mmio.phys_addr - GPA_MMIO;

	if (run->exit_reason != KVM_EXIT_MMIO || run->mmio.len > sizeof(run->mmio.data) ||
	    at >= MEMORY_SIZE || at + run->mmio.len > MEMORY_SIZE)
		return false;
	if (run->mmio.is_write)
		memcpy(guest->shadow + at, run->mmio.data, run->mmio.len);
	else
		memcpy(run->mmio.data, guest->shadow + at, run->mmio.len);
	return true;
}

static void take_registers(const struct stage *stage, struct behaviour *behaviour)
{
	const struct kvm_regs *regs = &stage->regs;
	const uint64_t gpr[REGS] = {
		[RAX] = regs->rax, [RBX] = regs->rbx, [RCX] = regs->rcx, [RDX] = regs->rdx,
		[RSI] = regs->rsi, [RDI] = regs->rdi, [RSP] = regs->rsp, [RBP] = regs->rbp,
		[R8] = regs->r8,   [R9] = regs->r9,   [R10] = regs->r10, [R11] = regs->r11,
		[R12] = regs->r12, [R13] = regs->r13, [R14] = regs->r14, [R15] = regs->r15,
	};

	memcpy(behaviour->gpr, gpr, sizeof(gpr));
	behaviour->flags = regs->rflags;
	behaviour->offset = (int64_t)regs->rip - (int64_t)AT_CODE;
}

static void take_trap(struct stage *stage, struct behaviour *behaviour)
{
	const void *frame = memory_host(&stage->vm, stage->regs.rsp + 8 * FRAME_RSP);
	struct kvm_sregs sregs;

	behaviour->vector = stage->trap.vector;
	behaviour->error = stage->trap.error;
	behaviour->offset = stage->trap.offset;
	behaviour->flags = stage->trap.flags;
	if (frame)
		memcpy(&behaviour->gpr[RSP], frame, 8);
	if (behaviour->vector == VECTOR_PF &&
	    !stage_vcpu_ioctl(stage, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS"))
		behaviour->address = sregs.cr2;
}

static void take_end(struct stage *stage, struct behaviour *behaviour)
{
	switch (stage->event) {
	case STAGE_END:
		behaviour->ended = ENDED_END;
		behaviour->offset = 0;
		break;
	case STAGE_TRAP:
		behaviour->ended = ENDED_TRAP;
		take_trap(stage, behaviour);
		break;
	case STAGE_INTERNAL:
		behaviour->ended = ENDED_INTERNAL;
		behaviour->detail = stage->run->internal.suberror;
		break;
	case STAGE_FAIL_ENTRY:
		behaviour->ended = ENDED_FAIL_ENTRY;
		break;
	case STAGE_SHUTDOWN:
		behaviour->ended = ENDED_SHUTDOWN;
		break;
	case STAGE_REFUSED:
		behaviour->ended = ENDED_REFUSED;
		behaviour->detail = (unsigned)stage->run_errno;
		break;
	case STAGE_EXIT:
		behaviour->ended = ENDED_EXIT;
		behaviour->detail = stage->run->exit_reason;
		break;
	default:
		behaviour->ended = ENDED_HUNG;
	}
}

static int take(struct guest *guest, const struct program *code, struct behaviour *behaviour,
		struct err *err)
{
	struct stage *stage = &guest->stage;

	take_registers(stage, behaviour);
	take_end(stage, behaviour);
	for (unsigned i = 0; i < PAGES; i++)
		memcpy(behaviour->memory + i * PAGE, guest->pages[i], PAGE);
	if (code->uses_xmm)
		take_xmm(stage, behaviour);
	return stage->broken ? err_set(err, EIO, "%s", stage->seen) : 0;
}

int guest_run(struct guest *guest, const struct program *code, const struct start *start,
	      const uint8_t *memory, struct behaviour *behaviour, struct err *err)
{
	struct stage *stage = &guest->stage;
	unsigned exits = 0;
	int rc = 0;

	memset(behaviour, 0, offsetof(struct behaviour, memory));
	if (!guest->open)
		rc = make(guest, err);
	if (!rc)
		rc = prepare(guest, code, start, memory, err);
	if (rc)
		return rc;
	do
		stage_go(stage);
	while (stage->event == STAGE_EXIT && serve(guest) && ++exits < EXITS_MAX);
	rc = take(guest, code, behaviour, err);
	/* A trap has led into ring 0 and onto another stack. */
	if (behaviour->ended == ENDED_TRAP)
		guest->in_place = false;
	else if (behaviour->ended != ENDED_END)
		unmake(guest);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "microbench/smp/runner.h"
#include "microbench/vm/state.h"

/*
 * After one exit by which the host knows that it is there, it writes to arg 0 pages, with arg 1
 * pauses behind each, for ever: until the word that all share says that it is to come out.
 */
PAYLOAD64(vm_migrate,
	"", "",
	"outb %al, $0x81\n"
	"mov " CTX(shared) ", %rdi\n"
	"1: mov " ARG(3) ", %rsi\n"
	"mov " ARG(0) ", %rcx\n"
	"2: cmpl $0, (%rdi)\n"
	"jne 6f\n"
	"test %rcx, %rcx\n"
	"jz 2b\n"
	"incq (%rsi)\n"
	"add $4096, %rsi\n"
	"mov " ARG(1) ", %rdx\n"
	"3: test %rdx, %rdx\n"
	"jz 4f\n"
	"pause\n"
	"dec %rdx\n"
	"jmp 3b\n"
	"4: dec %rcx\n"
	"jnz 2b\n"
	"jmp 1b\n"
	"6: outb %al, $0x82");

#if HOSTED
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The guest's memory that is written to; low memory and the image are migrated as well. */
#define DATA_PAGES 256
#define SLOTS	   3
#define MAX_PAGES  (IMAGE_SPACE / 4096)
/* So few pages are left that the guest is stopped for them; or it is stopped anyhow. */
#define FEW	   16
#define MAX_ROUNDS 8

/* A link of 10 Gbit/s: memory alone is faster than any guest writes, and every migration would converge. */
#define PAGE_NS 3277

/* arg 0 of the operation: pages, and pauses behind each. */
#define WRITING(pages, pauses) ((pages) | (uint64_t)(pauses) << 32)

enum { FIGURE_DOWNTIME, FIGURE_WHOLE };

struct migration {
	struct vm from, to;
	uint64_t writing;
	int figure;
	/* of the last one */
	unsigned rounds;
	uint64_t sent, left;
	uint64_t first_run; /* ticks from KVM_RUN in the other VM to its first exit */
	uint64_t link_free; /* nanoseconds of the clock: when the link has sent all that it got */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The link takes a page when it is through with the ones before. */
static void send_by_link(struct migration *migration)
{
	uint64_t now = now_ns();

	while (now < migration->link_free)
		now = now_ns();
	migration->link_free = now + PAGE_NS;
}

static const struct instance_config bare = {.vcpus = 1};

/* Both are the same, but for what is in the first one's memory; the slot of the data is small. */
static int open_vm(struct vm *vm, struct err *err)
{
	int rc = vm_open(vm, &bare, 64, true, err);

	if (rc)
		return rc;
	rc = memory_slot_add(vm, 2, GPA_TEST, DATA_PAGES * 4096, BACKING_4K, err);
	if (rc)
		vm_close(vm);
	return rc;
}

/* Until it says that it is there. */
static int start_guest(struct migration *migration, struct err *err)
{
	struct job job = {.payload = "vm_migrate", .mode = CTX_MODE_PROBE, .iterations = 1,
			  .final_exit = EXIT_KVM_IO};

	job.arg[0] = migration->writing & 0xffffffff;
	job.arg[1] = migration->writing >> 32;
	job.arg[3] = GPA_TEST;
	vcpu_run_job(&migration->from.vcpus[0], &job, 1);
	if (job.status != JOB_DONE)
		return err_set(err, EIO, "the guest that is to migrate: %s: %s",
			       job_status_name(job.status), job.detail);
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		int rc = memory_slot_flags(&migration->from, slot, KVM_MEM_LOG_DIRTY_PAGES, err);

		if (rc)
			return rc;
	}
	return 0;
}

static void copy_page(struct migration *migration, unsigned slot, uint64_t page)
{
	memcpy((char *)migration->to.slots[slot].host + page * 4096,
	       (char *)migration->from.slots[slot].host + page * 4096, 4096);
	migration->sent++;
	send_by_link(migration);
}

/* Sends what the log of one slot has, and counts it. */
static int send_slot(struct migration *migration, unsigned slot, uint64_t *pages, struct err *err)
{
	uint64_t bitmap[MAX_PAGES / 64] = {0};
	struct kvm_dirty_log log = {.slot = slot, .dirty_bitmap = bitmap};

	if (sys_ioctl(migration->from.fd, KVM_GET_DIRTY_LOG, &log))
		return err_sys(err, errno, "ioctl KVM_GET_DIRTY_LOG");
	for (unsigned word = 0; word < MAX_PAGES / 64; word++)
		for (uint64_t bits = bitmap[word]; bits; bits &= bits - 1, ++*pages)
			copy_page(migration, slot,
				  word * 64u + (unsigned)__builtin_ctzll(bits));
	return 0;
}

static int send_dirty(struct migration *migration, uint64_t *pages, struct err *err)
{
	*pages = 0;
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		int rc = send_slot(migration, slot, pages, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* Everything once, then what has changed meanwhile, until that is little or does not get less. */
static int copy_running(struct migration *migration, struct err *err)
{
	uint64_t pages = 0;
	int rc = 0;

	migration->sent = 0;
	for (unsigned slot = 0; slot < SLOTS; slot++)
		for (uint64_t page = 0; page < migration->from.slots[slot].size / 4096; page++)
			copy_page(migration, slot, page);
	for (migration->rounds = 1; migration->rounds < MAX_ROUNDS; migration->rounds++) {
		rc = send_dirty(migration, &pages, err);
		if (rc || pages <= FEW)
			break;
	}
	return rc;
}

/* Every page is the same on both sides: else the log has missed one. */
static int compare(const struct migration *migration, struct err *err)
{
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		const struct vm_slot *from = &migration->from.slots[slot];
		const char *to = migration->to.slots[slot].host;

		for (size_t at = 0; at < from->size; at += 4096)
			if (memcmp((const char *)from->host + at, to + at, 4096))
				return err_set(err, EIO,
					       "the page at 0x%" PRIx64 " was written to and is not in the dirty log",
					       from->gpa + at);
	}
	return 0;
}

/* On the other side, until the guest has come out by itself: it lives. */
static int resume(struct migration *migration, struct err *err)
{
	struct kvm_run *run = migration->to.vcpus[0].run;

	*(uint32_t *)memory_host(&migration->to, GPA_SHARED) = 1;
	while (sys->ioctl(migration->to.vcpus[0].fd, KVM_RUN, NULL) < 0)
		if ((errno != EINTR && errno != EAGAIN) || (sys_stop && *sys_stop))
			return err_sys(err, errno, "ioctl KVM_RUN behind a migration");
	if (run->exit_reason != KVM_EXIT_IO || run->io.port != 0x82)
		return err_set(err, EIO, "the guest did not run on behind its migration: exit %u",
			       run->exit_reason);
	return 0;
}

static int switch_over(struct migration *migration, struct runner *runner, uint64_t *ticks,
		       struct err *err)
{
	uint64_t before = ticks_now(), checked, compared, kicked;
	struct vcpu_state state;
	int rc = runner_kick(runner, &kicked, err);

	if (!rc)
		rc = send_dirty(migration, &migration->left, err);
	if (!rc)
		rc = state_save(&migration->from.vcpus[0], &state, err);
	if (!rc)
		rc = state_restore(&migration->to.vcpus[0], &state, err);
	if (rc)
		return rc;
	/* Comparing is ours, and not in the figure. */
	checked = ticks_now();
	rc = compare(migration, err);
	compared = ticks_now();
	if (!rc)
		rc = resume(migration, err);
	migration->first_run = ticks_now() - compared;
	*ticks = checked - before + migration->first_run;
	return rc;
}

static int migrate(struct migration *migration, uint64_t *ticks, struct err *err)
{
	struct runner runner = {.vcpu = &migration->from.vcpus[0]};
	uint64_t before, running = 0, downtime = 0;
	int rc = start_guest(migration, err);

	if (!rc)
		rc = runner_start(&runner, err);
	if (rc)
		return rc;
	runner_go(&runner);
	before = ticks_now();
	rc = copy_running(migration, err);
	running = ticks_now() - before;
	if (!rc)
		rc = switch_over(migration, &runner, &downtime, err);
	runner_stop(&runner);
	*ticks = migration->figure == FIGURE_WHOLE ? running + downtime : downtime;
	return rc;
}

static int once(void *data, uint64_t *ticks, struct err *err)
{
	struct migration *migration = data;
	int rc = open_vm(&migration->from, err);

	if (rc)
		return rc;
	rc = open_vm(&migration->to, err);
	if (!rc) {
		rc = migrate(migration, ticks, err);
		vm_close(&migration->to);
	}
	vm_close(&migration->from);
	return rc;
}

static int host(struct instance *instance, struct payload_ctx *ctx, struct err *err)
{
	struct migration *migration = calloc(1, sizeof(*migration));
	int rc;

	(void)instance;
	if (!migration)
		return err_set(err, ENOMEM, "no memory for a migration");
	migration->writing = ctx->arg[0];
	migration->figure = (int)ctx->arg[1];
	rc = host_sum(ctx, once, migration, err);
	ctx->out_ax = migration->rounds;
	ctx->out_bx = migration->sent;
	ctx->out_cx = migration->left;
	ctx->out_dx = migration->first_run;
	free(migration);
	return rc;
}

static void check(const struct probe_view *view, struct finding *finding)
{
	bool converges = view->ctx->out_ax < MAX_ROUNDS;

	/* The number of rounds is no property of KVM: it is not compared between runs. */
	finding->verdict = "migrates";
	snprintf(finding->note, sizeof(finding->note),
		 "%s; rounds: %" PRIu64 ", pages: %" PRIu64 ", %" PRIu64
		 " of them with the guest stopped; first KVM_RUN: %" PRIu64 " ticks",
		 converges ? "converges" : "does not converge", view->ctx->out_ax,
		 view->ctx->out_bx, view->ctx->out_cx, view->ctx->out_dx);
}
#endif

BENCHMARK(vm_migrate,
	.name = "vm/migrate",
	.title = "a guest that writes moves into another VM (pre-copy)",
	.what = "All of its memory is copied while it runs, then round by round what it has written to meanwhile (the "
		"dirty log), until that is little, by a link of 10 Gbit/s; it is stopped, the rest and the vCPU's state follow, and it runs on "
		"in the other VM. Downtime is from the kick that stops it to its first exit there; every page is compared.",
	.rows = "87 106",
	.environments = ENV_HOST,
	.needs = NEED_SMP | NEED_FRESH,
	.axes = {{"writes", 0, {{"none", WRITING(0, 0)}, {"1m-slowly", WRITING(DATA_PAGES, 200)},
				{"1m-fast", WRITING(DATA_PAGES, 0)}}},
		 {"figure", 1, {{"downtime", FIGURE_DOWNTIME}, {"whole", FIGURE_WHOLE}}}},
	/* Each makes two VMs and waits for a link: a run of all operations would be half of these. */
	.max_iterations = 1,
	.check = check,
	.host = host);

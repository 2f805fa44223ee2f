/* SPDX-License-Identifier: MIT */
/* The exit loop over scripted exits: what goes on, what ends a job, and what is said about it. */
#include "fake_kvm.h"

#include "kvm-harness/benchmark.h"
#include "kvm-harness/image.h"

static struct vm vm;
static struct job job;
static double usual_seconds;

/* An operation that declares the one kind of exit. */
static struct benchmark declaring(uint32_t exit)
{
	return (struct benchmark){
		.name = "test/operation",
		.expect = {{SUBSTRATE_VMX, .user = exit, .user_count = 1}},
	};
}

static int begin_bits(unsigned bits)
{
	const struct instance_config config = {.vcpus = 1};

	fake_reset(NULL);
	usual_seconds = watchdog_seconds;
	job = (struct job){
		.payload = "base_empty", .iterations = 16, .mode = CTX_MODE_BATCH, .arg = {7, 8}};
	return vm_open(&vm, &config, bits, false, NULL);
}

static int begin(void **state)
{
	(void)state;
	return begin_bits(64);
}

static int end(void **state)
{
	vm_close(&vm);
	watchdog_seconds = usual_seconds;
	fake_assert_clean();
	return fake_teardown(state);
}

static void run(const struct fake_step *script, unsigned n)
{
	fake_find(FAKE_VCPU, 0)->step = 0;
	fake_play(script, n);
	vcpu_run_job(&vm.vcpus[0], &job, 77);
}

static void assert_broken(enum job_status status, const char *const *words)
{
	assert_int_equal(job.status, status);
	for (; *words; words++)
		if (!strstr(job.detail, *words))
			fail_msg("'%s' is missing in: %s", *words, job.detail);
	assert_null(strchr(job.detail, '\n'));
}
#define ASSERT_BROKEN(status, ...) assert_broken(status, (const char *const[]){__VA_ARGS__, NULL})

/* ---- jobs that come back --------------------------------------------------------------------- */

static void done(void **state)
{
	(void)state;
	run(NULL, 0);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(job.ticks, 16 * 110);
	assert_int_equal(job.done_iterations, 16);
	assert_true(job.host_before <= job.host_after);
	for (unsigned i = 0; i < JOB_EXITS; i++)
		assert_int_equal(job.exits[i], 0);
	/* The clock was started once and is off again. */
	assert_int_equal(fake.timers_set, 1);
	assert_int_equal(vm.vcpus[0].run->immediate_exit, 0);
}

static struct payload_ctx seen;

static void looking_guest(struct payload_ctx *ctx, unsigned vcpu)
{
	const struct image *image = image_for(vm.bits);
	const struct image_symbol *symbol = image_find(image, job.payload);

	seen = *ctx;
	/* The operation is there when the guest comes to it. */
	assert_memory_equal(fake_guest_memory(fake_find(FAKE_VM, 0), symbol->address),
			    image->start +
				    (symbol->address - image_address(image, "payload_start")),
			    symbol->size);
	fake_guest(ctx, vcpu);
}

/* What the payload finds in its context is the job, and nothing of the job before. */
static void context(void **state)
{
	(void)state;
	vm.vcpus[0].ctx->fault_count = 3;
	vm.vcpus[0].ctx->done = 77;
	vm.vcpus[0].ctx->irq_count = 9;
	fake.guest = looking_guest;
	run(NULL, 0);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(seen.abi, CTX_ABI);
	assert_int_equal(seen.mode, CTX_MODE_BATCH);
	assert_int_equal(seen.iterations, 16);
	assert_int_equal(seen.token, 77);
	assert_int_equal(seen.arg[0], 7);
	assert_int_equal(seen.arg[1], 8);
	assert_int_equal(seen.entry, image_address(image_for(64), "base_empty"));
	assert_int_equal(seen.shared, GPA_SHARED);
	assert_int_equal(seen.fault_count, 0);
	assert_int_equal(seen.irq_count, 0);
	assert_int_equal(seen.done, 0);
	assert_ptr_equal(job.ctx, memory_host(&vm, GPA_CTX));
}

/* A far pointer: the operation's own segment, offset 0. */
static void context_real_mode(void **state)
{
	(void)state;
	fake.guest = looking_guest;
	run(NULL, 0);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(seen.entry & 0xffffffff, 0);
	assert_int_equal(seen.entry >> 32 << 4, image_address(image_for(16), "base_empty"));
}

static void no_such_payload(void **state)
{
	(void)state;
	job.payload = "base_nothing";
	run(NULL, 0);
	ASSERT_BROKEN(JOB_BROKEN, "64-bit", "base_nothing");
	assert_int_equal(fake_find(FAKE_VCPU, 0)->runs, 0);
}

static void wrong_token(struct payload_ctx *ctx, unsigned vcpu)
{
	fake_guest(ctx, vcpu);
	ctx->done = 76;
}

static void wrong_count(struct payload_ctx *ctx, unsigned vcpu)
{
	fake_guest(ctx, vcpu);
	ctx->done_iterations = 15;
}

static void faulting(struct payload_ctx *ctx, unsigned vcpu)
{
	(void)vcpu;
	ctx->done = ctx->token;
	ctx->fault_count = 1;
	ctx->fault_vector = 13;
	ctx->fault_error = 0x42;
	ctx->fault_ip = 0x40001000;
}

static void guests_that_do_not_do_it(void **state)
{
	(void)state;
	fake.guest = wrong_token;
	run(NULL, 0);
	ASSERT_BROKEN(JOB_BROKEN, "token 76", "77");

	fake.guest = wrong_count;
	run(NULL, 0);
	ASSERT_BROKEN(JOB_BROKEN, "15 iterations", "16");

	fake.guest = faulting;
	run(NULL, 0);
	assert_int_equal(job.status, JOB_FAULTED);
	assert_int_equal(job.ctx->fault_vector, 13);
	assert_int_equal(job.ctx->fault_error, 0x42);

	/* The next job is not the worse for it. */
	fake.guest = NULL;
	run(NULL, 0);
	assert_int_equal(job.status, JOB_DONE);
}

/* ---- declared exits -------------------------------------------------------------------------- */

static const struct fake_step out80 = {
	.reason = KVM_EXIT_IO, .port = 0x80, .direction = KVM_EXIT_IO_OUT, .size = 2};
static const struct fake_step mmio_read = {.reason = KVM_EXIT_MMIO, .address = GPA_MMIO, .size = 4};
static const struct fake_step mmio_write = {
	.reason = KVM_EXIT_MMIO, .address = GPA_MMIO + 8, .size = 1, .is_write = true};
static const struct fake_step halt = {.reason = KVM_EXIT_HLT};

static void exits_are_counted(void **state)
{
	const struct fake_step script[] = {out80, halt, out80, mmio_read, out80, mmio_write};
	struct benchmark benchmark = declaring(KVM_EXIT_IO);

	(void)state;
	benchmark.expect[1] = (struct expect){SUBSTRATE_SVM, .user = KVM_EXIT_HLT, .user_count = 1};
	benchmark.expect[2] =
		(struct expect){SUBSTRATE_PVM, .user = KVM_EXIT_MMIO, .user_count = 1};
	job.benchmark = &benchmark;
	run(script, 6);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(job.exits[KVM_EXIT_IO], 3);
	assert_int_equal(job.exits[KVM_EXIT_HLT], 1);
	assert_int_equal(job.exits[KVM_EXIT_MMIO], 2);
	/* Counts belong to their job. */
	run(NULL, 0);
	assert_int_equal(job.exits[KVM_EXIT_IO], 0);
}

/* A port with a declaration of its own must not be taken for the end, nor the end for the port. */
static void other_ports_do_not_end_a_job(void **state)
{
	const struct fake_step script[] = {
		{.reason = KVM_EXIT_IO, .port = PORT_DONE ^ 1, .direction = 1, .size = 1},
		{.reason = KVM_EXIT_IO, .port = 0x1234, .direction = 1, .size = 4},
	};
	struct benchmark benchmark = declaring(KVM_EXIT_IO);

	(void)state;
	job.benchmark = &benchmark;
	run(script, 2);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(job.exits[KVM_EXIT_IO], 2);
}

static void reads_get_the_pattern(void **state)
{
	static const uint8_t pattern[] = {0xa5, 0xb6, 0xc7, 0xd8};
	struct benchmark benchmark = declaring(KVM_EXIT_IO);
	struct fake_fd *vcpu = fake_find(FAKE_VCPU, 0);

	(void)state;
	job.benchmark = &benchmark;
	for (uint8_t size = 1; size <= 4; size *= 2) {
		const struct fake_step in = {.reason = KVM_EXIT_IO,
					     .port = 0x80,
					     .size = size,
					     .direction = KVM_EXIT_IO_IN};

		run(&in, 1);
		assert_int_equal(job.status, JOB_DONE);
		assert_memory_equal(vcpu->seen, pattern, size);
		/* Not a byte beside the operand. */
		for (unsigned i = size; i < 8; i++)
			assert_int_equal(vcpu->seen[i], 0x77);
	}
	benchmark = declaring(KVM_EXIT_MMIO);
	run(&mmio_read, 1);
	assert_int_equal(job.status, JOB_DONE);
	assert_memory_equal(vcpu->seen, pattern, 4);
	/* What the guest writes is left alone. */
	run(&mmio_write, 1);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(vcpu->seen[0], 0x77);
}

static void ends_by_an_exit(void **state)
{
	static const uint32_t reasons[] = {KVM_EXIT_SHUTDOWN, KVM_EXIT_HLT, KVM_EXIT_SYSTEM_EVENT};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		job.final_exit = fake.final_exit = reasons[i];
		run(NULL, 0);
		assert_int_equal(job.status, JOB_DONE);
		assert_int_equal(job.done_iterations, 16);
		assert_int_equal(job.ticks, job.host_after - job.host_before);
		assert_int_equal(job.exits[reasons[i]], 0);
	}
}

/* ---- the operation's own hook ---------------------------------------------------------------- */

static unsigned hook_calls;
static int hook_answer;

static int hook(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	assert_ptr_equal(vcpu, &vm.vcpus[0]);
	assert_ptr_equal(run, vcpu->run);
	hook_calls++;
	return hook_answer < 0 ? err_sys(err, -hook_answer, "ioctl KVM_EXAMPLE") : hook_answer;
}

/* A KVM whose run page makes no sense: the data of an IN lies behind it. */
static int misplace(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	(void)vcpu;
	(void)err;
	run->io.direction = KVM_EXIT_IO_IN;
	run->io.data_offset = FAKE_RUN_SIZE - 4;
	return 0;
}

static void hooks(void **state)
{
	const struct fake_step script[] = {out80, halt};
	struct benchmark benchmark = declaring(KVM_EXIT_IO);

	(void)state;
	benchmark.on_exit = hook;
	job.benchmark = &benchmark;
	hook_calls = 0;
	hook_answer = 1; /* handled, whatever it is */
	run(script, 2);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(hook_calls, 2);
	assert_int_equal(job.exits[KVM_EXIT_HLT], 1);

	hook_answer = 0; /* as without a hook */
	run(script, 2);
	ASSERT_BROKEN(JOB_UNEXPECTED, "HLT");

	/* What the hook called has failed: nothing is wrong with the exit. */
	hook_answer = -EIO;
	run(script, 1);
	ASSERT_BROKEN(JOB_BROKEN, "ioctl KVM_EXAMPLE: Input/output error");

	benchmark.on_exit = misplace;
	run(script, 1);
	ASSERT_BROKEN(JOB_UNEXPECTED, "kvm_run has its I/O data outside of itself");
}

/* ---- exits that nobody declared -------------------------------------------------------------- */

/* The guest stands in the text of an operation: its bytes are quoted. */
static uint64_t stand_at(uint64_t linear)
{
	struct fake_fd *vcpu = fake_find(FAKE_VCPU, 0);

	vcpu->regs.rip = vm.bits == 64 ? linear : linear - vcpu->sregs.cs.base;
	return linear;
}

static void undeclared(void **state)
{
	static const struct fake_step in = {
		.reason = KVM_EXIT_IO, .port = 0x3f8, .size = 1, .direction = KVM_EXIT_IO_IN};
	static const struct fake_step known = {.reason = KVM_EXIT_DEBUG};
	static const struct fake_step unknown = {.reason = 4711};
	struct benchmark benchmark = declaring(KVM_EXIT_HYPERCALL);

	(void)state;
	stand_at(GPA_IMAGE + 0x1000);
	for (int with = 0; with < 2; with++) {
		/* Without a declaration at all, and with one of something else. */
		job.benchmark = with ? &benchmark : NULL;
		run(&out80, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "IO", "port 0x80", "out", "2 bytes", "40001000",
			      "bytes there: ");
		run(&in, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "port 0x3f8", " in", "1 bytes");
		run(&mmio_read, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "MMIO", "0xd0000000", "read", "4 bytes");
		run(&mmio_write, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "MMIO", "0xd0000008", "write", "1 bytes");
		run(&halt, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "HLT");
		run(&known, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "DEBUG", "4");
		run(&unknown, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "4711", "unknown");
		assert_int_equal(fake_find(FAKE_VCPU, 0)->step, 1);
	}
}

/* A reason beyond the table is counted in its last place, not behind it. */
static void unknown_but_handled(void **state)
{
	static const struct fake_step unknown = {.reason = 4711};
	struct benchmark benchmark = declaring(KVM_EXIT_IO);

	(void)state;
	benchmark.on_exit = hook;
	hook_answer = 1;
	job.benchmark = &benchmark;
	run(&unknown, 1);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(job.exits[JOB_EXITS - 1], 1);
}

static void internal_errors(void **state)
{
	const struct fake_step emulation = {.reason = KVM_EXIT_INTERNAL_ERROR,
					    .suberror = 1,
					    .ndata = 3,
					    .data = {0x1122, 0xabcdef, 3}};
	const struct fake_step strange = {
		.reason = KVM_EXIT_INTERNAL_ERROR, .suberror = 999, .ndata = 4000};

	(void)state;
	stand_at(GPA_IMAGE + 0x1234);
	run(&emulation, 1);
	ASSERT_BROKEN(JOB_INTERNAL, "internal error 1", "EMULATION", "1122", "abcdef", "40001234");
	/* More data than there is room for is no reason to read on. */
	run(&strange, 1);
	ASSERT_BROKEN(JOB_INTERNAL, "internal error 999", "unknown");
}

static void failed_entry(void **state)
{
	const struct fake_step step = {.reason = KVM_EXIT_FAIL_ENTRY,
				       .hardware_reason = 0x80000021};

	(void)state;
	run(&step, 1);
	ASSERT_BROKEN(JOB_FAIL_ENTRY, "0x80000021");
}

static void triple_fault(void **state)
{
	const struct fake_step step = {.reason = KVM_EXIT_SHUTDOWN};
	struct benchmark benchmark = declaring(KVM_EXIT_IO);

	(void)state;
	job.benchmark = &benchmark;
	run(&step, 1);
	ASSERT_BROKEN(JOB_SHUTDOWN, "triple fault");
}

static void failed_run(void **state)
{
	const struct fake_step step = {.error = EFAULT};

	(void)state;
	run(&step, 1);
	ASSERT_BROKEN(JOB_BROKEN, "KVM_RUN", "Bad address");
	assert_int_equal(vm.vcpus[0].watchdog.expired, 0);
}

static void failed_watchdog(void **state)
{
	static const char *const calls[] = {"timer_create", "timer_settime"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		fake.calls = 0;
		fake.fail_at = 1;
		fake.fail_error = EAGAIN;
		run(NULL, 0);
		ASSERT_BROKEN(JOB_BROKEN, calls[i]);
		/* A guest without a watchdog is not entered. */
		assert_int_equal(fake_find(FAKE_VCPU, 0)->runs, 0);
		/* Make the timer for the second pass. */
		fake.fail_at = 0;
		run(NULL, 0);
		assert_int_equal(job.status, JOB_DONE);
		fake_find(FAKE_VCPU, 0)->runs = 0;
	}
}

/* ---- hangs ----------------------------------------------------------------------------------- */

static void hang(void **state)
{
	static const uint8_t loop[8] = {0x0f, 0x01, 0xc1, 0xeb, 0xfe, 0x90, 0x90, 0xcc};
	const struct fake_step script[] = {{.error = EINTR}, {.error = EINTR, .expire = true}};
	uint64_t at = stand_at(vm.bits == 16 ? GPA_IMAGE16 + 0x2000 : GPA_IMAGE + 0x2000);
	char ip[24];

	(void)state;
	watchdog_seconds = 1.5;
	memcpy(memory_host(&vm, at), loop, sizeof(loop));
	snprintf(ip, sizeof(ip), ":%llx", (unsigned long long)fake_find(FAKE_VCPU, 0)->regs.rip);
	run(script, 2);
	ASSERT_BROKEN(JOB_HUNG, "1.5 s", ip, "0f 01 c1 eb fe 90 90 cc");
	/* The vCPU can be entered again, if only to be looked at. */
	assert_int_equal(vm.vcpus[0].run->immediate_exit, 0);
}

/* KVM has no room for a thread of its own, say: not the guest is at fault. */
static void never_entered(void **state)
{
	const struct fake_step script[] = {{.error = EAGAIN}, {.error = EINTR, .expire = true}};

	(void)state;
	run(script, 2);
	ASSERT_BROKEN(JOB_BROKEN, "KVM_RUN", "vCPU 0", "Resource temporarily unavailable",
		      "pids.max");
}

/* A signal of another origin: nothing happened. */
static void interrupted_but_not_expired(void **state)
{
	const struct fake_step script[] = {
		{.error = EINTR}, {.error = EAGAIN}, {.reason = KVM_EXIT_INTR}, {.error = EINTR}};

	(void)state;
	run(script, 4);
	assert_int_equal(job.status, JOB_DONE);
	assert_int_equal(fake_find(FAKE_VCPU, 0)->runs, 5);
	assert_int_equal(job.exits[KVM_EXIT_IO], 0);
}

/* The expiry of one job does not end the next one. */
static void expiry_is_forgotten(void **state)
{
	const struct fake_step script[] = {{.error = EINTR, .expire = true}};
	const struct fake_step later[] = {{.error = EINTR}};

	(void)state;
	run(script, 1);
	assert_int_equal(job.status, JOB_HUNG);
	run(later, 1);
	assert_int_equal(job.status, JOB_DONE);
}

/* ---- places ---------------------------------------------------------------------------------- */

static void place_without_registers(void **state)
{
	(void)state;
	fake.fail_request = KVM_GET_REGS;
	fake.request_error = EIO;
	run(&halt, 1);
	ASSERT_BROKEN(JOB_UNEXPECTED, "HLT", "unknown place");
}

static void place_without_memory(void **state)
{
	(void)state;
	stand_at(GPA_MMIO);
	run(&halt, 1);
	ASSERT_BROKEN(JOB_UNEXPECTED, "HLT", "d0000000");
	assert_null(strstr(job.detail, "bytes there"));
}

/* A guest that ran off the end of its memory must not take this program with it. */
static void place_at_the_end_of_memory(void **state)
{
	(void)state;
	for (unsigned left = 1; left <= 9; left++) {
		((uint8_t *)memory_host(&vm, LOW_MEMORY_SIZE - 1))[0] = 0x5a;
		stand_at(LOW_MEMORY_SIZE - left);
		run(&halt, 1);
		ASSERT_BROKEN(JOB_UNEXPECTED, "HLT", "bytes there");
		assert_int_equal(!!strstr(job.detail, "5a"), left <= 8);
	}
}

static int begin32(void **state)
{
	(void)state;
	return begin_bits(32);
}

static int begin16(void **state)
{
	(void)state;
	return begin_bits(16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(done, begin, end),
		cmocka_unit_test_setup_teardown(done, begin32, end),
		cmocka_unit_test_setup_teardown(done, begin16, end),
		cmocka_unit_test_setup_teardown(context, begin, end),
		cmocka_unit_test_setup_teardown(context_real_mode, begin16, end),
		cmocka_unit_test_setup_teardown(no_such_payload, begin, end),
		cmocka_unit_test_setup_teardown(guests_that_do_not_do_it, begin, end),
		cmocka_unit_test_setup_teardown(exits_are_counted, begin, end),
		cmocka_unit_test_setup_teardown(other_ports_do_not_end_a_job, begin, end),
		cmocka_unit_test_setup_teardown(reads_get_the_pattern, begin, end),
		cmocka_unit_test_setup_teardown(ends_by_an_exit, begin, end),
		cmocka_unit_test_setup_teardown(hooks, begin, end),
		cmocka_unit_test_setup_teardown(undeclared, begin, end),
		cmocka_unit_test_setup_teardown(unknown_but_handled, begin, end),
		cmocka_unit_test_setup_teardown(internal_errors, begin, end),
		cmocka_unit_test_setup_teardown(failed_entry, begin, end),
		cmocka_unit_test_setup_teardown(triple_fault, begin, end),
		cmocka_unit_test_setup_teardown(failed_run, begin, end),
		cmocka_unit_test_setup_teardown(failed_watchdog, begin, end),
		cmocka_unit_test_setup_teardown(hang, begin, end),
		cmocka_unit_test_setup_teardown(never_entered, begin, end),
		cmocka_unit_test_setup_teardown(hang, begin32, end),
		cmocka_unit_test_setup_teardown(hang, begin16, end),
		cmocka_unit_test_setup_teardown(interrupted_but_not_expired, begin, end),
		cmocka_unit_test_setup_teardown(expiry_is_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(place_without_registers, begin, end),
		cmocka_unit_test_setup_teardown(place_without_memory, begin, end),
		cmocka_unit_test_setup_teardown(place_at_the_end_of_memory, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

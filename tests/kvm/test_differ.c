/* SPDX-License-Identifier: MIT */
/*
 * The differential tester on a real /dev/kvm, with faults that are planted between this program and
 * KVM: a guest whose code has a BSWAP comes back with something wrong. Each is found, and minimised
 * to that BSWAP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "differ/arch/x86/sequence.h"
#include "differ/campaign.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"
#include "measure/machine.h"

enum plant {
	PLANT_NOTHING,
	PLANT_REGISTER,
	PLANT_FLAG,
	PLANT_MEMORY,
	PLANT_OFFSET,
	PLANT_HANG,
	PLANT_INTERNAL,
};

static struct {
	enum plant plant;
	uint8_t *memory; /* the guest's, from 0 on */
	bool due;	 /* the run that just came back is to be wrong */
} planted;

static struct differ_set set;
static struct machine machine;

/* 0f c8 .. 0f cf; whatever else has these bytes has the fault as well. */
static bool has_bswap(void)
{
	const uint8_t *code = planted.memory + AT_CODE;

	/* Up to the OUT that ends it. */
	for (unsigned i = 0; i < 200 && !(code[i] == 0xe6 && code[i + 1] == 0xe4); i++)
		if (code[i] == 0x0f && code[i + 1] >> 3 == 0xc8 >> 3)
			return true;
	return false;
}

static void after_run(struct kvm_run *run)
{
	planted.due = planted.plant && planted.memory && has_bswap();
	if (!planted.due)
		return;
	if (planted.plant == PLANT_MEMORY)
		planted.memory[AT_LAST + 0x800] ^= 1;
	if (planted.plant == PLANT_INTERNAL && run) {
		run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
		run->internal.suberror = 1;
	}
}

static void after_get_regs(struct kvm_regs *regs)
{
	if (!planted.due)
		return;
	if (planted.plant == PLANT_REGISTER)
		regs->r9 ^= 0x100;
	if (planted.plant == PLANT_FLAG)
		regs->rflags ^= FLAG_OF;
	/* A stub has pushed a vector and an error code in front of it. */
	if (planted.plant == PLANT_OFFSET && regs->rsp >= GPA_STACKS + 0x1000 &&
	    regs->rsp < GPA_STACKS + 0x2000)
		planted.memory[regs->rsp + 16] ^= 1;
}

static struct kvm_run *the_run;
static int vcpu_fd = -1;

static void *planting_mmap(void *address, size_t size, int protection, int flags, int fd,
			   off_t offset)
{
	void *at = sys_real.mmap(address, size, protection, flags, fd, offset);

	if (fd == vcpu_fd && !offset)
		the_run = at;
	return at;
}

static int planting_ioctl(int fd, unsigned long request, void *argument)
{
	int rc;

	if (request == KVM_RUN && planted.plant == PLANT_HANG && planted.memory && has_bswap()) {
		/* As a guest that spins does: until the watchdog's signals come. */
		struct timespec nap = {.tv_nsec = 1000000};

		return nanosleep(&nap, NULL) ? -1 : (errno = EINTR, -1);
	}
	rc = sys_real.ioctl(fd, request, argument);
	if (request == KVM_CREATE_VCPU)
		vcpu_fd = rc;
	if (request == KVM_SET_USER_MEMORY_REGION) {
		const struct kvm_userspace_memory_region *region = argument;

		if (!region->guest_phys_addr && region->memory_size)
			planted.memory = (uint8_t *)(uintptr_t)region->userspace_addr;
	}
	if (request == KVM_RUN && !rc)
		after_run(the_run);
	if (request == KVM_GET_REGS && !rc)
		after_get_regs(argument);
	return rc;
}

static int setup(void **state)
{
	struct err err = {0};

	(void)state;
	memset(&planted, 0, sizeof(planted));
	memset(&set, 0, sizeof(set));
	if (!machine.kernel[0])
		machine_probe("", &machine, &err);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sys = &sys_real;
	watchdog_seconds = 1.0;
	differ_set_clear(&set);
	return 0;
}

static void run_with(enum plant plant, uint64_t count, unsigned places)
{
	static struct sys planting;
	const struct differ_options options = {
		.seed = 11,
		.count = count,
		.length = 8,
		.places = places,
		.substrate = machine.substrate,
	};
	struct kvm_host *host;
	struct err err = {0};

	if (kvm_host_get(&host, &err)) {
		print_message("# SKIP: %s\n", err.text);
		skip();
	}
	planting = sys_real;
	planting.ioctl = planting_ioctl;
	planting.mmap = planting_mmap;
	planted.plant = plant;
	sys = &planting;
	if (differ_run(&options, &set, &err))
		fail_msg("%s", err.text);
	assert_true(differ_compared(&set));
}

#define PLACES_TWO (1u << PLACE_NATIVE | 1u << PLACE_USER)

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void expect_one(const char *differs)
{
	assert_true(set.n_findings > 0);
	for (size_t i = 0; i < set.n_findings; i++) {
		assert_int_equal(set.findings[i].status, STATUS_FAIL);
		assert_string_equal(set.findings[i].differs, differs);
		assert_string_equal(set.findings[i].reference, "native");
		assert_string_equal(set.findings[i].environment, "guest-user");
		if (lines_of(set.findings[i].code) != 1 || !strstr(set.findings[i].code, "bswap"))
			fail_msg("not minimised: %s", set.findings[i].code);
	}
}

static void nothing_differs(void **state)
{
	(void)state;
	run_with(PLANT_NOTHING, 3000, PLACES_TWO);
	assert_int_equal(set.n_findings, 0);
	assert_int_equal(set.differing, 0);
	assert_true(set.places[0].to_the_end > 2000);
	assert_int_equal(set.places[0].to_the_end, set.places[1].to_the_end);
}

static void a_wrong_register(void **state)
{
	(void)state;
	run_with(PLANT_REGISTER, 1000, PLACES_TWO);
	expect_one("register");
}

static void a_wrong_flag(void **state)
{
	(void)state;
	run_with(PLANT_FLAG, 1000, PLACES_TWO);
	expect_one("flags");
}

static void a_wrong_byte(void **state)
{
	(void)state;
	run_with(PLANT_MEMORY, 1000, PLACES_TWO);
	expect_one("memory");
}

/* It needs a fault beside the BSWAP. */
static void a_wrong_offset(void **state)
{
	unsigned shortest = 100;

	(void)state;
	run_with(PLANT_OFFSET, 3000, PLACES_TWO);
	assert_true(set.n_findings > 0);
	for (size_t i = 0; i < set.n_findings; i++) {
		unsigned lines = lines_of(set.findings[i].code);

		assert_string_equal(set.findings[i].differs, "offset");
		assert_non_null(strstr(set.findings[i].code, "bswap"));
		if (lines < shortest)
			shortest = lines;
	}
	assert_int_equal(shortest, 2);
}

/* Neither ends the run, and the VM is made anew. */
static void a_hang(void **state)
{
	(void)state;
	watchdog_seconds = 0.05;
	run_with(PLANT_HANG, 150, PLACES_TWO);
	expect_one("end");
	assert_non_null(strstr(set.findings[0].seen, "hung"));
	assert_int_equal(set.sequences, 150);
	assert_true(set.places[1].vms > 1);
}

static void an_internal_error(void **state)
{
	(void)state;
	run_with(PLANT_INTERNAL, 300, PLACES_TWO);
	expect_one("end");
	assert_non_null(strstr(set.findings[0].seen, "KVM internal error 1"));
	assert_int_equal(set.sequences, 300);
	assert_true(set.places[1].vms > 1);
}

/* What is not known of this substrate would be a finding: none must be in a first look. */
static void everywhere(void **state)
{
	(void)state;
	run_with(PLANT_NOTHING, 500, PLACES_ALL);
	assert_int_equal(set.n_places, PLACES);
	for (size_t i = 0; i < set.n_findings; i++)
		if (set.findings[i].status != STATUS_KNOWN)
			fail_msg("%s: %s: %s", set.findings[i].environment, set.findings[i].differs,
				 set.findings[i].code);
}

static void one_alone_is_nothing_to_compare(void **state)
{
	const struct differ_options options = {
		.seed = 1, .count = 10, .length = 8, .places = 1u << PLACE_NATIVE};
	struct err err = {0};

	(void)state;
	assert_int_equal(differ_run(&options, &set, &err), 0);
	assert_false(differ_compared(&set));
	assert_int_equal(set.sequences, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_differs),
		TEST(a_wrong_register),
		TEST(a_wrong_flag),
		TEST(a_wrong_byte),
		TEST(a_wrong_offset),
		TEST(a_hang),
		TEST(an_internal_error),
		TEST(everywhere),
		TEST(one_alone_is_nothing_to_compare),
	};

	return cmocka_run_group_tests_name("differ on KVM", tests, NULL, NULL);
}

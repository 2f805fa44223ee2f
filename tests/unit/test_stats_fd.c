/* SPDX-License-Identifier: MIT */
/* KVM's binary statistics, from files made here: layout as in the kernel's api.rst. */
#include "fake_kvm.h"

#define NAME_SIZE 48

struct counter {
	const char *name;
	uint64_t value;
	unsigned size; /* values: a histogram has several */
};

static uint8_t file[8192];
static size_t file_size;
static struct vm vm;

static void put32(size_t at, uint32_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

/* gap: bytes between the parts, which the header alone tells of. */
static void make_file(const struct counter *counters, unsigned n, uint32_t name_size, uint32_t gap)
{
	uint32_t stride = 16 + name_size;
	uint32_t id = 24 + gap, desc = id + name_size + gap, data = desc + n * stride + gap;
	uint32_t offset = 0;

	memset(file, 0xcc, sizeof(file));
	put32(0, 0);
	put32(4, name_size);
	put32(8, n);
	put32(12, id);
	put32(16, desc);
	put32(20, data);
	for (unsigned i = 0; i < n; i++) {
		size_t at = desc + i * stride;
		uint16_t size = (uint16_t)counters[i].size;

		put32(at, 0);
		memset(file + at + 4, 0, 4);
		memcpy(file + at + 6, &size, sizeof(size));
		put32(at + 8, offset);
		put32(at + 12, 0);
		memset(file + at + 16, 0, name_size);
		memcpy(file + at + 16, counters[i].name, strlen(counters[i].name));
		memcpy(file + data + offset, &counters[i].value, 8);
		offset += 8 * counters[i].size;
	}
	file_size = data + offset;
	assert_true(file_size <= sizeof(file));
	fake.statistics = file;
	fake.statistics_size = file_size;
}

/* A vCPU that has not looked at its file yet. */
static int read_anew(struct vcpu_stats *stats)
{
	struct vcpu *vcpu = &vm.vcpus[0];

	if (vcpu->stats_fd >= 0)
		sys->close(vcpu->stats_fd);
	vcpu->stats_fd = -1;
	vcpu->stats_missing = false;
	return vcpu_stats_read(vcpu, stats);
}

/* "exits" stands behind names that contain it, and behind a histogram. */
static const struct counter usual[] = {
	{"pf_taken", 1, 1},
	{"halt_wait_hist", 2, 32},
	{"irq_exits", 30, 1},
	{"io_exits", 4, 1},
	{"exits", 1000, 1},
	{"signal_exits", 7, 1},
	{"exits_of_another_kind", 9, 1},
};
#define N_USUAL (sizeof(usual) / sizeof(usual[0]))

static int begin(void **state)
{
	const struct instance_config config = {.vcpus = 1};

	fake_reset(state);
	return vm_open(&vm, &config, 64, false, NULL);
}

static int end(void **state)
{
	vm_close(&vm);
	fake_assert_clean();
	return fake_teardown(state);
}

static void usual_file(void **state)
{
	struct vcpu_stats stats;

	(void)state;
	make_file(usual, N_USUAL, NAME_SIZE, 0);
	assert_int_equal(read_anew(&stats), 0);
	assert_int_equal(stats.exits, 1000);
	assert_int_equal(stats.irq_exits, 30);
	assert_int_equal(stats.signal_exits, 7);
}

/* Where things are is the header's to say. */
static void other_layouts(void **state)
{
	struct vcpu_stats stats;

	(void)state;
	for (uint32_t gap = 0; gap < 100; gap += 33)
		for (uint32_t name_size = 24; name_size < 64; name_size += 13) {
			make_file(usual, N_USUAL, name_size, gap);
			assert_int_equal(read_anew(&stats), 0);
			assert_int_equal(stats.exits, 1000);
			assert_int_equal(stats.irq_exits, 30);
			assert_int_equal(stats.signal_exits, 7);
		}
}

static void new_values_are_seen(void **state)
{
	struct counter counters[N_USUAL];
	struct vcpu_stats stats;

	(void)state;
	memcpy(counters, usual, sizeof(usual));
	make_file(counters, N_USUAL, NAME_SIZE, 0);
	assert_int_equal(vcpu_stats_read(&vm.vcpus[0], &stats), 0);
	counters[4].value = 1ull << 40;
	make_file(counters, N_USUAL, NAME_SIZE, 0);
	assert_int_equal(vcpu_stats_read(&vm.vcpus[0], &stats), 0);
	assert_int_equal(stats.exits, 1ull << 40);
	/* One descriptor serves all readings; it is the vCPU's to close. */
	assert_int_equal(fake.open_fds, 4);
}

static void missing_counters(void **state)
{
	static const struct counter only_exits[] = {{"exits", 5, 1}};
	static const struct counter no_exits[] = {{"irq_exits", 5, 1}};
	struct vcpu_stats stats = {9, 9, 9};

	(void)state;
	make_file(only_exits, 1, NAME_SIZE, 0);
	assert_int_equal(read_anew(&stats), 0);
	assert_int_equal(stats.exits, 5);
	assert_int_equal(stats.irq_exits, 0);
	assert_int_equal(stats.signal_exits, 0);

	make_file(no_exits, 1, NAME_SIZE, 0);
	assert_int_equal(read_anew(&stats), -ENOTSUP);
	make_file(usual, 0, NAME_SIZE, 0);
	assert_int_equal(read_anew(&stats), -ENOTSUP);
}

/* Cut at every length: either the number, or none. */
static void short_files(void **state)
{
	static const struct counter two[] = {{"other", 1, 1}, {"exits", 1000, 1}};
	struct vcpu_stats stats;

	(void)state;
	make_file(two, 2, NAME_SIZE, 0);
	for (size_t size = 0; size < file_size; size++) {
		fake.statistics_size = size;
		assert_int_equal(read_anew(&stats), -ENOTSUP);
	}
	fake.statistics_size = file_size;
	assert_int_equal(read_anew(&stats), 0);
	assert_int_equal(stats.exits, 1000);
}

static void failed_reads(void **state)
{
	struct vcpu_stats stats;
	unsigned failures = 0;

	(void)state;
	make_file(usual, N_USUAL, NAME_SIZE, 0);
	for (unsigned n = 1;; n++) {
		fake.calls = 0;
		fake.fail_at = n;
		fake.fail_error = EIO;
		if (read_anew(&stats))
			failures++;
		else if (fake.calls < n)
			break;
		else /* Only what would be subtracted was lost. */
			assert_int_equal(stats.exits, 1000);
	}
	/* The descriptor, the header, five names, the value. */
	assert_int_equal(failures, 8);
}

/* Before Linux 5.14. */
static void no_statistics(void **state)
{
	struct vcpu_stats stats = {9, 9, 9};

	(void)state;
	assert_int_equal(read_anew(&stats), -ENOTSUP);
	assert_int_equal(stats.exits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(usual_file, begin, end),
		cmocka_unit_test_setup_teardown(other_layouts, begin, end),
		cmocka_unit_test_setup_teardown(new_values_are_seen, begin, end),
		cmocka_unit_test_setup_teardown(missing_counters, begin, end),
		cmocka_unit_test_setup_teardown(short_files, begin, end),
		cmocka_unit_test_setup_teardown(failed_reads, begin, end),
		cmocka_unit_test_setup_teardown(no_statistics, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

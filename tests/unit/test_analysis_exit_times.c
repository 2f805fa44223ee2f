/* SPDX-License-Identifier: MIT */
#include "tests/unit/test_analysis.h"

#include "analysis/exit_times.h"

#define VMX 1
#define SVM 2

static struct exit_times *times;

static int begin(void **state)
{
	(void)state;
	times = exit_times_new();
	return times ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(times);
	return 0;
}

static void add(uint64_t ns, uint32_t tid, enum exit_record_kind kind, uint32_t code)
{
	struct exit_record record = {
		.ns = ns,
		.tid = tid,
		.kind = kind,
		.isa = kind == RECORD_EXIT ? VMX : 0,
		.code = code,
	};

	exit_times_add(times, &record);
}

static const struct exit_row *row(enum exit_row_kind kind, uint32_t code)
{
	for (size_t i = 0; i < times->n_rows; i++)
		if (times->rows[i].kind == kind && times->rows[i].code == code)
			return &times->rows[i];
	return NULL;
}

/* count exits, of which timed took sum_ns together. */
static void assert_row(enum exit_row_kind kind, uint32_t code, uint64_t count, uint64_t timed,
		       uint64_t sum_ns)
{
	const struct exit_row *found = row(kind, code);

	assert_non_null(found);
	assert_int_equal(found->count, count);
	assert_int_equal(found->times.total, timed);
	assert_int_equal(found->times.sum, sum_ns);
}

static void test_exit_to_entry(void **state)
{
	(void)state;
	add(100, 7, RECORD_EXIT, 10);
	add(350, 7, RECORD_ENTRY, 0);
	add(1000, 7, RECORD_EXIT, 10);
	add(1100, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 10, 2, 2, 350);
	assert_int_equal(times->unfinished, 0);
	assert_int_equal(times->records, 4);
	assert_int_equal(exit_times_wall_ns(times), 1000);
	assert_int_equal(exit_times_open(times), 0);
}

static void test_on_to_user_space(void **state)
{
	(void)state;
	add(100, 7, RECORD_EXIT, 30);
	add(150, 7, RECORD_USER_EXIT, 2);
	add(400, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 30, 1, 1, 300);
	assert_row(EXIT_ROW_USER, 2, 1, 1, 250);
	assert_int_equal(row(EXIT_ROW_USER, 2)->whole_ns, 300);
}

/* Where KVM_RUN's next call is seen, time outside of KVM ends there and the exit goes on. */
static void test_resume_ends_user_time_alone(void **state)
{
	(void)state;
	add(100, 7, RECORD_EXIT, 30);
	add(150, 7, RECORD_USER_EXIT, 2);
	add(300, 7, RECORD_RESUME, 0);
	add(400, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_USER, 2, 1, 1, 150);
	assert_row(EXIT_ROW_HARDWARE, 30, 1, 1, 300);
	assert_int_equal(row(EXIT_ROW_USER, 2)->whole_ns, 300);
	/* On substrates without exits there is nothing else. */
	add(1000, 8, RECORD_USER_EXIT, 6);
	add(1100, 8, RECORD_RESUME, 0);
	assert_row(EXIT_ROW_USER, 6, 1, 1, 100);
	assert_int_equal(row(EXIT_ROW_USER, 6)->whole_ns, 0);
}

static void test_failed_runs_are_rows_of_their_own(void **state)
{
	struct exit_record record = {
		.ns = 10, .tid = 7, .kind = RECORD_USER_EXIT, .code = 10, .error = -4};

	(void)state;
	exit_times_add(times, &record);
	add(60, 7, RECORD_ENTRY, 0);
	add(70, 7, RECORD_USER_EXIT, 4);
	assert_row(EXIT_ROW_USER_ERROR, 4, 1, 1, 50);
	assert_row(EXIT_ROW_USER, 4, 1, 0, 0);
	assert_null(row(EXIT_ROW_USER, 10));
}

static void test_vendors_are_told_apart(void **state)
{
	struct exit_record svm = {.ns = 1, .tid = 1, .kind = RECORD_EXIT, .isa = SVM, .code = 10};

	(void)state;
	exit_times_add(times, &svm);
	add(2, 2, RECORD_EXIT, 10);
	assert_int_equal(times->n_rows, 2);
	assert_int_equal(times->rows[0].isa, SVM);
	assert_int_equal(times->rows[1].isa, VMX);
}

static void test_exit_without_entry(void **state)
{
	(void)state;
	add(100, 7, RECORD_EXIT, 10);
	add(200, 7, RECORD_EXIT, 12);
	add(210, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 10, 1, 0, 0);
	assert_row(EXIT_ROW_HARDWARE, 12, 1, 1, 10);
	assert_int_equal(times->unfinished, 1);
	add(300, 7, RECORD_EXIT, 10);
	assert_int_equal(exit_times_open(times), 1);
	assert_row(EXIT_ROW_HARDWARE, 10, 2, 0, 0);
}

static void test_entry_without_exit(void **state)
{
	(void)state;
	add(100, 7, RECORD_ENTRY, 0);
	add(200, 7, RECORD_ENTRY, 0);
	assert_int_equal(times->n_rows, 0);
	assert_int_equal(times->beginless, 2);
	add(300, 7, RECORD_RESUME, 0);
	assert_int_equal(times->unfinished, 0);
}

static void test_lost_in_between(void **state)
{
	(void)state;
	add(100, 7, RECORD_EXIT, 10);
	add(110, 8, RECORD_EXIT, 10);
	add(120, 8, RECORD_USER_EXIT, 2);
	exit_times_lose(times, 5);
	add(200, 7, RECORD_ENTRY, 0);
	add(210, 8, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 10, 2, 0, 0);
	assert_row(EXIT_ROW_USER, 2, 1, 0, 0);
	assert_int_equal(row(EXIT_ROW_USER, 2)->whole_ns, 0);
	assert_int_equal(times->lost, 5);
	assert_int_equal(times->unfinished, 3);
	/* And it goes on. */
	add(300, 7, RECORD_EXIT, 10);
	add(330, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 10, 3, 1, 30);
}

static void test_two_vcpus_interleaved(void **state)
{
	(void)state;
	add(100, 7, RECORD_EXIT, 10);
	add(110, 8, RECORD_EXIT, 12);
	add(120, 7, RECORD_ENTRY, 0);
	add(130, 7, RECORD_EXIT, 12);
	add(170, 8, RECORD_ENTRY, 0);
	add(180, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 10, 1, 1, 20);
	assert_row(EXIT_ROW_HARDWARE, 12, 2, 2, 60 + 50);
	assert_int_equal(times->n_threads, 2);
	assert_int_equal(exit_times_wall_ns(times), 80 + 60);
}

static void test_time_going_backwards(void **state)
{
	(void)state;
	add(1000, 7, RECORD_EXIT, 10);
	add(900, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 10, 1, 0, 0);
	assert_int_equal(times->backwards, 1);
	assert_int_equal(exit_times_wall_ns(times), 0);
	add(1000, 7, RECORD_EXIT, 10);
	add(1000, 7, RECORD_ENTRY, 0);
	assert_row(EXIT_ROW_HARDWARE, 10, 2, 1, 0);
}

static void test_more_reasons_than_rows(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < EXIT_TIMES_ROWS + 10; i++) {
		add(i * 10, 7, RECORD_EXIT, 1000 + i);
		add(i * 10 + 5, 7, RECORD_ENTRY, 0);
	}
	assert_int_equal(times->n_rows, EXIT_TIMES_ROWS);
	assert_int_equal(times->overflow, 10);
	/* Those that have a row keep it. */
	add(100000, 7, RECORD_EXIT, 1000);
	assert_row(EXIT_ROW_HARDWARE, 1000, 2, 1, 5);
}

/* Threads come and go without end: memory stays, their time is kept, open exits are dropped. */
static void test_more_threads_than_places(void **state)
{
	const uint32_t n = 3 * EXIT_TIMES_THREADS;
	uint64_t dropped;

	(void)state;
	for (uint32_t tid = 1; tid <= n; tid++) {
		add(tid * 10, tid, RECORD_EXIT, 10);
		add(tid * 10 + 4, tid, RECORD_ENTRY, 0);
		add(tid * 10 + 7, tid, RECORD_EXIT, 12);
	}
	assert_int_equal(times->n_threads, n);
	assert_int_equal(exit_times_wall_ns(times), 7 * (uint64_t)n);
	assert_row(EXIT_ROW_HARDWARE, 10, n, n, 4 * (uint64_t)n);
	assert_row(EXIT_ROW_HARDWARE, 12, n, 0, 0);
	dropped = times->unfinished;
	assert_int_equal(dropped + exit_times_open(times), n);
	assert_true(exit_times_open(times) <= EXIT_TIMES_THREADS);
}

/* ---- brute force ----------------------------------------------------------------------------- */

#define STEPS	4000
#define THREADS 5
#define CODES	4

struct step {
	bool loss;
	struct exit_record record;
};

static struct step steps[STEPS];

struct sums {
	uint64_t count, timed, sum, whole;
};

static uint64_t unfinished, backwards;

/*
 * The end of the interval that begins at step i, or -1: searched for from scratch. ends and breaks
 * are bits of record kinds.
 */
static long find_end(size_t i, unsigned ends, unsigned breaks)
{
	for (size_t j = i + 1; j < STEPS; j++) {
		const struct exit_record *record = &steps[j].record;

		if (steps[j].loss) {
			unfinished++;
			return -1;
		}
		if (record->tid != steps[i].record.tid)
			continue;
		if (ends & 1u << record->kind)
			return (long)j;
		if (breaks & 1u << record->kind) {
			unfinished++;
			return -1;
		}
	}
	return -1;
}

static void take_interval(size_t i, long at, struct sums *sums)
{
	uint64_t from = steps[i].record.ns, to;

	sums->count++;
	if (at < 0)
		return;
	to = steps[at].record.ns;
	if (to < from) {
		backwards++;
		return;
	}
	sums->timed++;
	sums->sum += to - from;
}

/* The first user exit of the thread between the two steps. */
static const struct exit_record *first_user_exit(size_t from, size_t to)
{
	for (size_t j = from + 1; j < to; j++)
		if (steps[j].record.tid == steps[from].record.tid &&
		    steps[j].record.kind == RECORD_USER_EXIT)
			return &steps[j].record;
	return NULL;
}

static void brute_force(struct sums exits[CODES], struct sums users[CODES])
{
	unfinished = backwards = 0;
	for (size_t i = 0; i < STEPS; i++) {
		const struct exit_record *record = &steps[i].record, *user;
		long at;

		if (steps[i].loss)
			continue;
		if (record->kind == RECORD_EXIT) {
			at = find_end(i, 1u << RECORD_ENTRY, 1u << RECORD_EXIT);
			take_interval(i, at, &exits[record->code]);
			user = at < 0 ? NULL : first_user_exit(i, (size_t)at);
			if (user && steps[at].record.ns >= record->ns)
				users[user->code].whole += steps[at].record.ns - record->ns;
		} else if (record->kind == RECORD_USER_EXIT) {
			at = find_end(i, 1u << RECORD_ENTRY | 1u << RECORD_RESUME,
				      1u << RECORD_EXIT | 1u << RECORD_USER_EXIT);
			take_interval(i, at, &users[record->code]);
		}
	}
}

static void draw_steps(struct random *random)
{
	uint64_t now = 1000000;

	for (size_t i = 0; i < STEPS; i++) {
		now += random_below(random, 1000);
		steps[i] = (struct step){
			.loss = !random_below(random, 200),
			.record = {
				.ns = random_below(random, 50) ? now
							       : now - random_below(random, 5000),
				.tid = 1 + (uint32_t)random_below(random, THREADS),
				.kind = (enum exit_record_kind)random_below(random, 4),
				.code = (uint32_t)random_below(random, CODES),
			}};
		if (steps[i].record.kind == RECORD_EXIT)
			steps[i].record.isa = VMX;
	}
}

static void compare(enum exit_row_kind kind, const struct sums sums[CODES])
{
	for (uint32_t code = 0; code < CODES; code++) {
		assert_row(kind, code, sums[code].count, sums[code].timed, sums[code].sum);
		assert_int_equal(row(kind, code)->whole_ns, sums[code].whole);
	}
}

static void test_against_brute_force(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 3);
	for (unsigned round = 0; round < 20; round++) {
		struct sums exits[CODES] = {0}, users[CODES] = {0};

		draw_steps(&random);
		free(times);
		times = exit_times_new();
		assert_non_null(times);
		for (size_t i = 0; i < STEPS; i++)
			if (steps[i].loss)
				exit_times_lose(times, 1);
			else
				exit_times_add(times, &steps[i].record);
		brute_force(exits, users);
		compare(EXIT_ROW_HARDWARE, exits);
		compare(EXIT_ROW_USER, users);
		assert_int_equal(times->unfinished, unfinished);
		assert_int_equal(times->backwards, backwards);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_exit_to_entry),
		TEST(test_on_to_user_space),
		TEST(test_resume_ends_user_time_alone),
		TEST(test_failed_runs_are_rows_of_their_own),
		TEST(test_vendors_are_told_apart),
		TEST(test_exit_without_entry),
		TEST(test_entry_without_exit),
		TEST(test_lost_in_between),
		TEST(test_two_vcpus_interleaved),
		TEST(test_time_going_backwards),
		TEST(test_more_reasons_than_rows),
		TEST(test_more_threads_than_places),
		TEST(test_against_brute_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

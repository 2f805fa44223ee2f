/* SPDX-License-Identifier: MIT */
/* With a file name as its argument it also leaves a result file there, for tests/golden. */
#include "tests/unit/report_fixture.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "report/jsonl.h"

static char path[] = "/tmp/exitlab-test-XXXXXX";
static const char *keep;

static void write_instances(FILE *out, const struct result *result, struct fixture_singles *singles)
{
	struct err err;

	for (int i = 0; i < FIXTURE_INSTANCES; i++)
		assert_int_equal(jsonl_write_instance(out, result, &result->samples.instances[i],
						      &singles->op[i], &singles->twin[i], &err),
				 0);
}

/* The file as a run leaves it; its first result has samples, the others do not. */
static void write_run(FILE *out, struct result_set *set)
{
	struct fixture_singles singles;
	struct err err;

	fixture_ordinary(set);
	fixture_samples(&set->results[0], &singles);
	assert_int_equal(jsonl_write_run(out, &set->run, &err), 0);
	for (unsigned i = 0; i < set->run.n_environments; i++)
		assert_int_equal(jsonl_write_environment(out, &set->run.environments[i], &err), 0);
	write_instances(out, &set->results[0], &singles);
	for (size_t i = 0; i < set->n_results; i++)
		assert_int_equal(jsonl_write_result(out, &set->run, &set->results[i], &err), 0);
	assert_int_equal(jsonl_write_end(out, &set->run, set, &err), 0);
	fixture_singles_clear(&singles);
}

static char *run_text(struct result_set *set)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write_run(out, set);
	fclose(out);
	return text;
}

static int read_bytes(const char *bytes, size_t n, struct result_set *set, struct err *err)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	return jsonl_read(path, set, err);
}

static int read_text(const char *text, struct result_set *set, struct err *err)
{
	return read_bytes(text, strlen(text), set, err);
}

static void assert_same_histogram(const struct histogram *a, const struct histogram *b)
{
	assert_int_equal(a->total, b->total);
	assert_int_equal(a->n_bins, b->n_bins);
	if (a->n_bins)
		assert_memory_equal(a->bins, b->bins, a->n_bins * sizeof(*a->bins));
}

static void assert_same_result(const struct result *a, const struct result *b)
{
	struct result plain_a = *a, plain_b = *b;

	assert_int_equal(a->samples.n_instances, b->samples.n_instances);
	for (size_t i = 0; i < a->samples.n_instances; i++) {
		const struct instance_samples *x = &a->samples.instances[i];
		const struct instance_samples *y = &b->samples.instances[i];

		assert_int_equal(x->instance, y->instance);
		assert_true(x->point_ticks == y->point_ticks);
		assert_int_equal(x->n_batches, y->n_batches);
		for (size_t j = 0; j < x->n_batches; j++) {
			assert_int_equal(x->batches[j].iterations, y->batches[j].iterations);
			assert_int_equal(x->batches[j].op_ticks, y->batches[j].op_ticks);
			assert_int_equal(x->batches[j].twin_ticks, y->batches[j].twin_ticks);
		}
	}
	assert_same_histogram(&a->samples.single, &b->samples.single);
	assert_same_histogram(&a->samples.single_twin, &b->samples.single_twin);
	/* The rest has no pointers, and both sides began as zeroed memory. */
	memset(&plain_a.samples, 0, sizeof(plain_a.samples));
	memset(&plain_b.samples, 0, sizeof(plain_b.samples));
	assert_memory_equal(&plain_a, &plain_b, sizeof(plain_a));
}

static void test_round_trip(void **state)
{
	struct result_set set, back;
	struct err err;
	char *text = run_text(&set);

	(void)state;
	assert_int_equal(read_text(text, &back, &err), 0);
	assert_string_equal(err.text, "");
	assert_memory_equal(&set.run, &back.run, sizeof(set.run));
	assert_int_equal(set.n_results, back.n_results);
	for (size_t i = 0; i < set.n_results; i++)
		assert_same_result(&set.results[i], &back.results[i]);
	fixture_assert_has(text, "\"value\":\"0xffffffff80050033\"");
	fixture_assert_has(text, "\"p999_ticks\":1000000");
	fixture_assert_has(text, "\"timer_pair_p50_ticks\":54");
	fixture_assert_has(text, "\"counts\":{\"OK\":7,\"KNOWN\":1,");
	free(text);
	result_set_clear(&set);
	result_set_clear(&back);
}

/* Cut anywhere, a file gives what its whole lines hold, and never crashes. */
static void test_torn_anywhere(void **state)
{
	struct result_set set, back;
	struct err err;
	char *text = run_text(&set);
	size_t first = strcspn(text, "\n") + 1;
	size_t total = strlen(text);

	(void)state;
	for (size_t n = 0; n < first - 1; n += 7) {
		assert_int_equal(read_bytes(text, n, &back, &err), -EPROTO);
		assert_int_equal(err.code, EPROTO);
		result_set_clear(&back);
	}
	for (size_t n = first; n < total; n += 13) {
		bool torn = text[n - 1] != '\n' && text[n] != '\n';

		assert_int_equal(read_bytes(text, n, &back, &err), 0);
		assert_int_equal(err.code, 0);
		assert_int_equal(strstr(err.text, "torn") != NULL, torn);
		assert_true(!back.run.complete || n == total - 1);
		result_set_clear(&back);
	}
	free(text);
	result_set_clear(&set);
}

static void test_malformed(void **state)
{
#define RUN "{\"type\":\"run\",\"schema_version\":1,\"machine\":{}}\n"
#define ID \
	"\"benchmark\":\"a\",\"parameters\":\"\",\"environment\":\"native\",\"substrate\":\"vmx\""
#define RESULT	 "{\"type\":\"result\"," ID ",\"status\":\"OK\""
#define INSTANCE "{\"type\":\"instance\"," ID ",\"instance\":0"
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "holds no run record"},
		{"\n\n", "holds no run record"},
		{"hello\n", ":1: not JSON"},
		{"[1]\n", ":1: not a record"},
		{"{\"type\":\"run\"}\n", ":1: \"schema_version\" is not a number"},
		{"{\"type\":\"run\",\"schema_version\":2,\"machine\":{}}\n",
		 ":1: schema version 2, but this program reads version 1 only"},
		{"{\"type\":\"run\",\"schema_version\":1}\n", "\"machine\" is missing"},
		{"{\"type\":\"end\",\"schema_version\":1}\n", "not a run record"},
		{RUN "{\"type\":\"end\",\"schema_version\":9}\n", ":2: schema version 9"},
		{RUN RUN, ":2: a second run"},
		{RUN "{\"type\":\"result\"\n", ":2: not JSON"},
		{RUN "{\"type\":\"end\",\"elapsed_seconds\":NaN}\n", ":2: not JSON"},
		{RUN "{\"a\":1}\n", ":2: not a record"},
		{RUN "{\"type\":\"result\"," ID "}\n", "\"status\" is missing"},
		{RUN "{\"type\":\"result\"," ID ",\"status\":\"GOOD\"}\n", "no status"},
		{RUN RESULT ",\"noise\":{\"migrations\":-1}}\n", "non-negative"},
		{RUN RESULT ",\"noise\":{\"migrations\":1.5}}\n", "non-negative"},
		{RUN RESULT ",\"noise\":[]}\n", "\"noise\" is not an object"},
		{RUN RESULT ",\"estimate\":{\"kind\":\"timed\"}}\n", "\"point_ticks\""},
		{RUN RESULT ",\"estimate\":{\"kind\":\"x\"}}\n", "\"kind\""},
		{RUN RESULT ",\"proof\":{\"verdict\":\"sure\"}}\n", "\"verdict\""},
		{RUN RESULT ",\"proof\":{\"verdict\":\"proven\",\"lines\":[1]}}\n", "\"wanted\""},
		{RUN RESULT ",\"outcome\":{\"value\":7}}\n", "\"value\""},
		{RUN RESULT ",\"outcome\":{\"value\":\"0x\"}}\n", "\"value\""},
		{RUN RESULT ",\"outcome\":{\"value\":\"0x11112222333344445\"}}\n", "\"value\""},
		{RUN RESULT ",\"instance_points_ticks\":[null]}\n", "instance_points_ticks"},
		{RUN RESULT "}\n" RESULT "}\n", ":3: a second result of a in native"},
		{RUN INSTANCE "}\n" INSTANCE "}\n", "comes twice"},
		{RUN INSTANCE ",\"batches\":{\"iterations\":[1]}}\n", "differ in length"},
		{RUN INSTANCE ",\"batches\":{\"iterations\":[5000000000],\"op_ticks\":[1],\"twin_"
			      "ticks\":[1]}}\n",
		 "\"iterations\" is too large"},
		{RUN INSTANCE ",\"single\":[[1]]}\n", "[ticks, count]"},
		{RUN INSTANCE ",\"single\":[7]}\n", "[ticks, count]"},
		{RUN INSTANCE ",\"single\":[[1,9000000000000000000],[2,9000000000000000000]]}\n",
		 "too large"},
		{RUN "{\"type\":\"instance\",\"benchmark\":7}\n", "\"benchmark\" is not text"},
		{RUN "{\"type\":\"environment\",\"name\":\"a name that is too long\"}\n",
		 "longer than 15 bytes"},
		{RUN "{\"type\":\"environment\",\"name\":\"a\",\"available\":1}\n",
		 "\"available\""},
	};
	struct result_set set;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].text, &set, &err), -EPROTO);
		assert_int_equal(err.code, EPROTO);
		fixture_assert_has(err.text, cases[i].why);
		fixture_assert_has(err.text, path);
		assert_null(set.results);
	}
}

static void test_forward(void **state)
{
	static const char text[] =
		RUN "{\"type\":\"comparison\",\"schema_version\":1,\"x\":[{}]}\n" RESULT
		    ",\"new\":{\"a\":[1]},\"noise\":{\"migrations\":3,\"earthquakes\":1}}\n"
		    "{\"type\":\"result\",\"benchmark\":\"b\",\"parameters\":\"\",\"environment\":"
		    "\"guest\",\"substrate\":\"nvhe\",\"status\":\"OK\",\"payload_hash\":"
		    "\"\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\"}";
	struct result_set set;
	struct err err;

	(void)state;
	assert_int_equal(read_text(text, &set, &err), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(set.n_results, 2);
	assert_int_equal(set.results[0].noise.migrations, 3);
	assert_int_equal(set.results[1].substrate, SUBSTRATE_OTHER);
	/* Cut between characters, not within one. */
	assert_int_equal(strlen(set.results[1].payload_hash), 16);
	assert_false(set.run.complete);
	result_set_clear(&set);
}

/* Instances without a result: the run was killed while it measured. */
static void test_killed(void **state)
{
	struct fixture_singles singles;
	struct result_set set, back;
	struct err err;
	char *text = NULL;
	const struct result *native;

	(void)state;
	fixture_ordinary(&set);
	fixture_samples(&set.results[2], &singles);
	set.results[2].bytes_per_iteration = 8;
	FIXTURE_WRITE(text, jsonl_write_run(out, &set.run, &err) ||
				    (write_instances(out, &set.results[2], &singles), 0) ||
				    jsonl_write_result(out, &set.run, &set.results[0], &err));
	assert_int_equal(read_text(text, &back, &err), 0);
	assert_int_equal(back.n_results, 2);
	/* What is complete comes first. */
	assert_string_equal(back.results[0].environment, "native");
	native = &back.results[1];
	assert_string_equal(native->benchmark, "exit/cpuid");
	assert_string_equal(native->parameters, "leaf=0x1");
	assert_string_equal(native->environment, "guest");
	assert_int_equal(native->substrate, SUBSTRATE_PVM);
	assert_int_equal(native->bytes_per_iteration, 8);
	assert_int_equal(native->status, STATUS_UNSTABLE);
	assert_string_equal(native->reason, "the run was stopped before this result was complete");
	assert_int_equal(native->proof.verdict, PROOF_UNPROVEN);
	assert_true(native->estimate.valid);
	assert_true(native->estimate.point == 1234.1 + 1 / 3.0);
	assert_int_equal(native->estimate.n, FIXTURE_INSTANCES);
	assert_same_histogram(&native->samples.single, &set.results[2].samples.single);
	assert_false(back.run.complete);
	free(text);
	fixture_singles_clear(&singles);
	result_set_clear(&set);
	result_set_clear(&back);
}

/* A result record alone still has its instances' points. */
static void test_points_only(void **state)
{
	static const char text[] = RUN RESULT ",\"instance_points_ticks\":[1.5,2,1e3]}\n";
	struct result_set set;
	struct err err;

	(void)state;
	assert_int_equal(read_text(text, &set, &err), 0);
	assert_int_equal(set.results[0].samples.n_instances, 3);
	assert_int_equal(set.results[0].samples.instances[2].instance, 2);
	assert_true(set.results[0].samples.instances[1].point_ticks == 2);
	result_set_clear(&set);
}

static void test_never_nan(void **state)
{
	struct instance_samples instance = {.point_ticks = NAN};
	struct fixture_singles singles;
	struct result_set set, back;
	struct result *result;
	struct err err;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	set.run.precision = NAN;
	set.run.max_seconds = INFINITY;
	set.run.elapsed_seconds = -INFINITY;
	set.run.environments[0].sentinel_spread = NAN;
	result = &set.results[0];
	fixture_samples(result, &singles);
	result->samples.instances[1].point_ticks = NAN;
	result->estimate.lo = -INFINITY;
	result->estimate.hi = NAN;
	result->estimate.confidence = NAN;
	set.results[1].estimate.point = NAN;
	set.results[2].estimate.point = 5e-324;
	FIXTURE_WRITE(text, jsonl_write_run(out, &set.run, &err) ||
				    jsonl_write_environment(out, &set.run.environments[0], &err) ||
				    jsonl_write_instance(out, &set.results[5], &instance, NULL,
							 NULL, &err) ||
				    jsonl_write_result(out, &set.run, &set.results[0], &err) ||
				    jsonl_write_result(out, &set.run, &set.results[1], &err) ||
				    jsonl_write_result(out, &set.run, &set.results[2], &err) ||
				    jsonl_write_end(out, &set.run, &set, &err));
	fixture_assert_lacks(text, "NaN");
	fixture_assert_lacks(text, "nan");
	fixture_assert_lacks(text, "inf");
	fixture_assert_lacks(text, "null");
	assert_int_equal(read_text(text, &back, &err), 0);
	assert_true(back.results[0].estimate.valid);
	assert_true(back.results[0].estimate.lo == -HUGE_VAL);
	assert_true(back.results[0].estimate.hi == HUGE_VAL);
	assert_false(back.results[1].estimate.valid);
	free(text);
	fixture_singles_clear(&singles);
	result_set_clear(&set);
	result_set_clear(&back);
}

/* Fields cut within a character, stray bytes and control characters stay one line of JSON. */
static void test_odd_text(void **state)
{
	struct result_set set, back;
	struct err err;
	char *text = NULL;

	(void)state;
	fixture_ordinary(&set);
	COPY(set.run.arguments, "a\nb\t\"\\ \xff\xc3\xa9 \xed\xa0\x80 \xf0\x9f\x98");
	memset(set.run.cpus, 0xc3, sizeof(set.run.cpus) - 1);
	FIXTURE_WRITE(text, jsonl_write_run(out, &set.run, &err));
	assert_int_equal(strcspn(text, "\n"), strlen(text) - 1);
	assert_int_equal(read_text(text, &back, &err), 0);
	assert_string_equal(back.run.arguments, "a\nb\t\"\\ ?\xc3\xa9 ??? ???");
	assert_int_equal(strlen(back.run.cpus), sizeof(set.run.cpus) - 1);
	free(text);
	result_set_clear(&set);
	result_set_clear(&back);
}

/* A count that JSON's integers cannot hold is an error, not a wrong number or half a line. */
static void test_overflow(void **state)
{
	struct result_set set;
	struct err err;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fixture_ordinary(&set);
	set.results[0].noise.steal_ms = (uint64_t)INT64_MAX + 1;
	assert_int_equal(jsonl_write_result(out, &set.run, &set.results[0], &err), -EOVERFLOW);
	fixture_assert_has(err.text, "steal_ms");
	fclose(out);
	assert_string_equal(text, "");
	free(text);
	result_set_clear(&set);
}

static void test_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct result_set set;
	struct err err;

	(void)state;
	if (!full)
		skip();
	fixture_ordinary(&set);
	assert_int_equal(jsonl_write_run(full, &set.run, &err), -ENOSPC);
	fixture_assert_has(err.text, "cannot write the result file");
	fclose(full);
	result_set_clear(&set);
}

static void test_no_file(void **state)
{
	struct result_set set;
	struct err err;

	(void)state;
	assert_int_equal(jsonl_read("/does/not/exist", &set, &err), -ENOENT);
	fixture_assert_has(err.text, "/does/not/exist");
	assert_int_not_equal(jsonl_read("/tmp", &set, &err), 0);
	assert_int_equal(jsonl_read("/does/not/exist", &set, NULL), -ENOENT);
}

static void test_keep(void **state)
{
	struct result_set set;
	FILE *out;

	(void)state;
	if (!keep)
		return;
	out = fopen(keep, "w");
	assert_non_null(out);
	write_run(out, &set);
	fclose(out);
	result_set_clear(&set);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_torn_anywhere),
		cmocka_unit_test(test_malformed),  cmocka_unit_test(test_forward),
		cmocka_unit_test(test_killed),	   cmocka_unit_test(test_points_only),
		cmocka_unit_test(test_never_nan),  cmocka_unit_test(test_odd_text),
		cmocka_unit_test(test_overflow),   cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_no_file),	   cmocka_unit_test(test_keep),
	};

	keep = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, make_path, remove_path);
}

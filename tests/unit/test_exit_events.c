/* SPDX-License-Identifier: MIT */
/*
 * Layouts of kvm's tracepoints as kernels describe them, and records in those layouts, of both
 * vendors. The fields are those of Linux 6.18 and, for kvm_exit, also of Linux 4.19, whose way of
 * printing is spoilt here: it is not needed.
 */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm-harness/arch/x86/exit_names.h"
#include "measure/exit_events.h"
#include "measure/exit_rows.h"
#include "ring_fixture.h"

#define COMMON                                                                         \
	"format:\n"                                                                    \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const char exit_6_18[] =
	"name: kvm_exit\nID: 103\n" COMMON
	"\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 isa;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:u64 info1;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 info2;\toffset:40;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 intr_info;\toffset:48;\tsize:4;\tsigned:0;\n"
	"\tfield:u32 error_code;\toffset:52;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned int vcpu_id;\toffset:56;\tsize:4;\tsigned:0;\n"
	"\tfield:u64 requests;\toffset:64;\tsize:8;\tsigned:0;\n\n"
	"print fmt: \"vcpu %u reason %s%s%s rip 0x%lx\", REC->vcpu_id, (REC->isa == 1) ? "
	"__print_symbolic(REC->exit_reason & 0xffff, { 0, \"EXCEPTION_NMI\" }, { 10, \"CPUID\" }) "
	": "
	"__print_symbolic(REC->exit_reason, { 0x040 + 0, \"DE excp\" }, { -1, "
	"\"invalid_guest_state\" }), (REC->isa == 1 && REC->exit_reason & ~0xffff) ? \" \" : \"\", "
	"(REC->isa == 1) ? __print_flags(REC->exit_reason & ~0xffff, \" \", { 0x80000000, "
	"\"FAILED_VMENTRY\" }) : \"\", REC->guest_rip\n";

static const char exit_4_19[] =
	"name: kvm_exit\nID: 1480\n" COMMON
	"\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 isa;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:u64 info1;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 info2;\toffset:40;\tsize:8;\tsigned:0;\n\n"
	"print fmt: \"something (that is %s not understood\", made_up(REC->{\n";

static const char entry_6_18[] = "name: kvm_entry\nID: 115\n" COMMON
				 "\tfield:unsigned int vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n"
				 "\tfield:unsigned long rip;\toffset:16;\tsize:8;\tsigned:0;\n\n"
				 "print fmt: \"vcpu %u, rip 0x%lx\", REC->vcpu_id, REC->rip\n";

static const char user_6_18[] =
	"name: kvm_userspace_exit\nID: 42\n" COMMON
	"\tfield:__u32 reason;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:int errno;\toffset:12;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"reason %s (%d)\", REC->errno < 0 ? (REC->errno == -4 ? \"restart\" : "
	"\"error\") : "
	"__print_symbolic(REC->reason, { 0, \"KVM_EXIT_\" \"UNKNOWN\" }), REC->errno\n";

static const char fpu_6_18[] =
	"name: kvm_fpu\nID: 88\n" COMMON "\tfield:u32 load;\toffset:8;\tsize:4;\tsigned:0;\n\n"
	"print fmt: \"%s\", __print_symbolic(REC->load, { 0, \"unload\" }, { 1, \"load\" })\n";

static struct exit_event parsed(const char *name, enum exit_record_kind kind, const char *format)
{
	struct exit_event event = {.name = name, .kind = kind};
	struct err err = {0};

	assert_int_equal(exit_event_parse(&event, format, strlen(format), &err), 0);
	return event;
}

static void test_layouts(void **state)
{
	struct exit_event event = parsed("kvm/kvm_exit", RECORD_EXIT, exit_6_18);

	(void)state;
	assert_int_equal(event.id, 103);
	assert_int_equal(event.code, 8);
	assert_int_equal(event.isa, 24);
	assert_int_equal(event.error, EXIT_NO_FIELD);
	assert_int_equal(event.size, 28);
	/* How it is printed need not be understood. */
	event = parsed("kvm/kvm_exit", RECORD_EXIT, exit_4_19);
	assert_int_equal(event.id, 1480);
	assert_int_equal(event.isa, 24);
	event = parsed("kvm/kvm_userspace_exit", RECORD_USER_EXIT, user_6_18);
	assert_int_equal(event.code, 8);
	assert_int_equal(event.error, 12);
	event = parsed("kvm/kvm_entry", RECORD_ENTRY, entry_6_18);
	assert_int_equal(event.code, EXIT_NO_FIELD);
	event = parsed("kvm/kvm_fpu", RECORD_RESUME, fpu_6_18);
	assert_int_equal(event.id, 88);
}

static void refused(const char *name, enum exit_record_kind kind, const char *format)
{
	struct exit_event event = {.name = name, .kind = kind};
	struct err err = {0};

	assert_int_equal(exit_event_parse(&event, format, strlen(format), &err), -EPROTO);
	assert_non_null(strstr(err.text, name));
}

/* format with every `from` replaced by `to` of the same length. */
static const char *changed(const char *format, const char *from, const char *to)
{
	static char text[4096];
	char *at;

	assert_int_equal(strlen(from), strlen(to));
	snprintf(text, sizeof(text), "%s", format);
	at = strstr(text, from);
	assert_non_null(at);
	memcpy(at, to, strlen(to));
	return text;
}

static void test_layouts_that_are_refused(void **state)
{
	(void)state;
	refused("kvm/kvm_exit", RECORD_EXIT, "");
	refused("kvm/kvm_exit", RECORD_EXIT, "name: kvm_exit\nID: 1\n");
	refused("kvm/kvm_exit", RECORD_EXIT, entry_6_18);
	refused("kvm/kvm_exit", RECORD_EXIT, changed(exit_6_18, "u32 isa", "u32 xsa"));
	refused("kvm/kvm_exit", RECORD_EXIT,
		changed(exit_6_18, "exit_reason;\toffset:8;\tsize:4",
			"exit_reason;\toffset:8;\tsize:8"));
	refused("kvm/kvm_userspace_exit", RECORD_USER_EXIT,
		changed(user_6_18, "int errno", "int xrrno"));
	refused("kvm/kvm_entry", RECORD_ENTRY,
		changed(entry_6_18, "common_type;\toffset:0", "common_type;\toffset:4"));
}

/* ---- records --------------------------------------------------------------------------------- */

static struct exit_events events;

static int begin(void **state)
{
	(void)state;
	events = (struct exit_events){
		.read = {parsed("kvm/kvm_exit", RECORD_EXIT, exit_6_18),
			 parsed("kvm/kvm_entry", RECORD_ENTRY, entry_6_18),
			 parsed("kvm/kvm_userspace_exit", RECORD_USER_EXIT, user_6_18),
			 parsed("kvm/kvm_fpu", RECORD_RESUME, fpu_6_18)},
		.n_read = 4,
		.counted = {{"kvm/kvm_pio", 1}},
		.n_counted = 1,
	};
	return 0;
}

/* The raw bytes of a kvm_exit as the kernel lays them out, bytes given by hand. */
static void raw_exit(unsigned char raw[72], uint32_t reason, uint32_t isa)
{
	static const unsigned char common[8] = {103, 0, 0, 1, 0x39, 0x05, 0, 0};

	memset(raw, 0xa5, 72);
	memcpy(raw, common, sizeof(common));
	for (unsigned i = 0; i < 4; i++) {
		raw[8 + i] = (unsigned char)(reason >> 8 * i);
		raw[24 + i] = (unsigned char)(isa >> 8 * i);
	}
}

static bool decode(const unsigned char *raw, size_t n, struct exit_record *record)
{
	static _Alignas(8) unsigned char sample[256];

	made_sample(sample, 1337, 123456789, raw, n);
	return exit_events_decode(&events, (const void *)sample, record);
}

static void test_exits_of_both_vendors(void **state)
{
	struct exit_record record;
	unsigned char raw[72];

	(void)state;
	raw_exit(raw, EXIT_VMX_EPT_VIOLATION, 1);
	assert_true(decode(raw, sizeof(raw), &record));
	assert_int_equal(record.kind, RECORD_EXIT);
	assert_int_equal(record.tid, 1337);
	assert_int_equal(record.ns, 123456789);
	assert_int_equal(record.isa, 1);
	assert_int_equal(record.code, EXIT_VMX_EPT_VIOLATION);
	/* Modifiers are no part of the reason; that the entry failed is. */
	raw_exit(raw, 0x88000000u | EXIT_VMX_INVALID_STATE, 1);
	assert_true(decode(raw, sizeof(raw), &record));
	assert_int_equal(record.code, 0x80000000u | EXIT_VMX_INVALID_STATE);
	raw_exit(raw, EXIT_SVM_NPF, 2);
	assert_true(decode(raw, sizeof(raw), &record));
	assert_int_equal(record.isa, 2);
	assert_int_equal(record.code, EXIT_SVM_NPF);
	/* All bits of SVM's code belong to it. */
	raw_exit(raw, 0xffffffffu, 2);
	assert_true(decode(raw, sizeof(raw), &record));
	assert_int_equal(record.code, 0xffffffffu);
}

static void test_user_exits(void **state)
{
	static const unsigned char io[16] = {42, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0};
	static const unsigned char interrupted[16] = {42, 0, 0, 0, 1,	 0,    0,    0,
						      10, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff};
	struct exit_record record;

	(void)state;
	assert_true(decode(io, sizeof(io), &record));
	assert_int_equal(record.kind, RECORD_USER_EXIT);
	assert_int_equal(record.code, EXIT_KVM_IO);
	assert_int_equal(record.error, 0);
	assert_true(decode(interrupted, sizeof(interrupted), &record));
	assert_int_equal(record.code, EXIT_KVM_INTR);
	assert_int_equal(record.error, -EINTR);
}

static void test_records_that_are_none(void **state)
{
	static _Alignas(8) unsigned char sample[256];
	struct perf_event_header lost = {.type = PERF_RECORD_LOST, .size = 24};
	struct exit_record record;
	unsigned char raw[72];

	(void)state;
	raw_exit(raw, 10, 1);
	raw[0] = 99; /* another event's */
	assert_false(decode(raw, sizeof(raw), &record));
	raw[0] = 103;
	/* isa would lie behind its end. */
	assert_false(decode(raw, 16, &record));
	/* Its size says more than there is. */
	made_sample(sample, 1, 1, raw, 16);
	((struct exit_sample *)(void *)sample)->raw_size = 72;
	assert_false(exit_events_decode(&events, (const void *)sample, &record));
	memcpy(sample, &lost, sizeof(lost));
	assert_false(exit_events_decode(&events, (const void *)sample, &record));
	/* A sample without anything. */
	lost = (struct perf_event_header){.type = PERF_RECORD_SAMPLE, .size = 8};
	memcpy(sample, &lost, sizeof(lost));
	assert_false(exit_events_decode(&events, (const void *)sample, &record));
}

/* ---- from rings to rows ---------------------------------------------------------------------- */

static void put_raw(struct perf_event_mmap_page *page, uint32_t tid, uint64_t ns, const void *raw,
		    size_t n)
{
	unsigned char record[256];

	made_put(page, record, made_sample(record, tid, ns, raw, n));
}

static void put_exit(struct perf_event_mmap_page *page, uint32_t tid, uint64_t ns, uint32_t reason,
		     uint32_t isa)
{
	unsigned char raw[72];

	raw_exit(raw, reason, isa);
	put_raw(page, tid, ns, raw, sizeof(raw));
}

static void put_entry(struct perf_event_mmap_page *page, uint32_t tid, uint64_t ns)
{
	static const unsigned char raw[24] = {115};

	put_raw(page, tid, ns, raw, sizeof(raw));
}

static void put_user(struct perf_event_mmap_page *page, uint32_t tid, uint64_t ns, uint32_t reason)
{
	const unsigned char raw[16] = {42, 0, 0, 0, 1, 0, 0, 0, (unsigned char)reason};

	put_raw(page, tid, ns, raw, sizeof(raw));
}

static const struct trace_row *row(const struct trace_result *result, const char *name)
{
	for (size_t i = 0; i < result->n_rows; i++)
		if (!strcmp(result->rows[i].name, name))
			return &result->rows[i];
	return NULL;
}

/* A thread exits on one CPU and goes on on another: the records lie in two rings. */
static void test_migration_names_and_losses(void **state)
{
	struct perf_event_mmap_page *pages[2] = {made_ring(1 << 16), made_ring(1 << 16)};
	const uint64_t counts[EXIT_COUNTED] = {77};
	unsigned char split[256];
	struct ring rings[2];
	struct exit_stream stream;
	struct trace_result result = {0};
	static const struct perf_event_header throttle = {.type = PERF_RECORD_THROTTLE, .size = 8};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_non_null(pages[i]);
		ring_attach(&rings[i], pages[i], split);
	}
	assert_int_equal(exit_stream_init(&stream, rings, 2, &events), 0);
	put_exit(pages[0], 5, 1000, EXIT_VMX_IO_INSTRUCTION, 1);
	put_user(pages[0], 5, 1200, EXIT_KVM_IO);
	put_entry(pages[1], 5, 1900); /* moved */
	put_exit(pages[1], 5, 3000, EXIT_VMX_HLT, 1);
	put_entry(pages[0], 5, 3100); /* and back */
	exit_stream_take(&stream, 10000);
	put_exit(pages[0], 5, 20000, EXIT_VMX_HLT, 1);
	made_lost(pages[0], 12);
	put_entry(pages[0], 5, 20100);
	put_exit(pages[0], 6, 30000, EXIT_SVM_NPF, 2);
	made_put(pages[0], &throttle, sizeof(throttle));
	put_entry(pages[0], 6, 30100);
	exit_stream_take(&stream, 40000);

	assert_int_equal(exit_rows_make(&stream, &events, counts, &result), 0);
	assert_int_equal(result.lost, 12);
	assert_int_equal(result.throttled, 1);
	assert_int_equal(result.records, 9);
	assert_int_equal(result.vcpu_threads, 2);
	assert_int_equal(row(&result, "IO_INSTRUCTION")->total_ns, 900);
	assert_int_equal(row(&result, "IO_INSTRUCTION")->isa, SUBSTRATE_VMX);
	assert_int_equal(row(&result, "IO")->total_ns, 700);
	assert_int_equal(row(&result, "IO")->whole_ns, 900);
	assert_int_equal(row(&result, "IO")->kind, TRACE_ROW_USER);
	assert_int_equal(row(&result, "HLT")->count, 2);
	assert_int_equal(row(&result, "HLT")->timed, 1);
	assert_int_equal(row(&result, "HLT")->p50_ns, 100);
	assert_int_equal(row(&result, "NPF")->isa, SUBSTRATE_SVM);
	assert_int_equal(row(&result, "NPF")->timed, 0);
	assert_int_equal(row(&result, "kvm_pio")->count, 77);
	assert_int_equal(row(&result, "kvm_pio")->kind, TRACE_ROW_EVENT);
	assert_close(row(&result, "IO_INSTRUCTION")->share, 900 / (19100 + 100.0), 1e-9);
	/* Exits first, and of them what took longest. */
	assert_string_equal(result.rows[0].name, "IO_INSTRUCTION");
	trace_result_clear(&result);
	exit_stream_clear(&stream);
	free(pages[0]);
	free(pages[1]);
}

static void test_names_of_what_failed(void **state)
{
	struct perf_event_mmap_page *page = made_ring(1 << 16);
	const unsigned char interrupted[16] = {42, [8] = 10, [12] = 0xfc, 0xff, 0xff, 0xff};
	const uint64_t counts[EXIT_COUNTED] = {0};
	unsigned char split[256];
	struct ring ring;
	struct exit_stream stream;
	struct trace_result result = {0};

	(void)state;
	assert_non_null(page);
	ring_attach(&ring, page, split);
	assert_int_equal(exit_stream_init(&stream, &ring, 1, &events), 0);
	put_raw(page, 5, 100, interrupted, sizeof(interrupted));
	put_user(page, 5, 300, 200);
	put_exit(page, 5, 400, 4711, 2);
	exit_stream_take(&stream, 1000);
	assert_int_equal(exit_rows_make(&stream, &events, counts, &result), 0);
	assert_non_null(row(&result, "error EINTR"));
	assert_true(row(&result, "error EINTR")->failed);
	assert_non_null(row(&result, "reason 200"));
	assert_non_null(row(&result, "code 0x1267"));
	assert_null(row(&result, "kvm_pio"));
	trace_result_clear(&result);
	exit_stream_clear(&stream);
	free(page);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(test_layouts),
		TEST(test_layouts_that_are_refused),
		TEST(test_exits_of_both_vendors),
		TEST(test_user_exits),
		TEST(test_records_that_are_none),
		TEST(test_migration_names_and_losses),
		TEST(test_names_of_what_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

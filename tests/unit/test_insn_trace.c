/* SPDX-License-Identifier: MIT */
/*
 * The parsers of both emulators' traces, and the plugin that writes one of them: it is compiled
 * into this test, which plays QEMU.
 */
#include "tests/unit/test_analysis.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "emulated-hosts/insn_trace.h"
#include "emulated-hosts/plugin.c"

#define FIRST 0x40001010u
#define LAST  0x40001080u

/* ---- helpers ---- */

static size_t put_word(uint8_t *bytes, unsigned tag, unsigned kind, unsigned length, uint64_t rest)
{
	uint64_t word = (uint64_t)tag << 56 | (uint64_t)kind << 52 | (uint64_t)length << 48 |
			(rest & 0xffffffffffffu);

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
	return 8;
}

static size_t put_insn(uint8_t *bytes, unsigned kind, uint64_t address)
{
	return put_word(bytes, INSN_WORD_INSN, kind, 3, address);
}

/* Seven instructions, of which five lie between the readings of the clock. */
static size_t put_series(uint8_t *bytes)
{
	size_t n = put_word(bytes, INSN_WORD_BEGIN, 0, 0, 0);

	n += put_insn(bytes + n, TRACE_OTHER, 0x401000);
	n += put_insn(bytes + n, TRACE_CLOCK, FIRST);
	n += put_insn(bytes + n, TRACE_CALL, 0xffffffff81000010u);
	n += put_insn(bytes + n, TRACE_CLOCK, 0xffffffff81000020u);
	n += put_insn(bytes + n, TRACE_RETURN, 0xffffffff81000030u);
	n += put_insn(bytes + n, TRACE_CLOCK, LAST);
	n += put_insn(bytes + n, TRACE_OTHER, 0x401003);
	return n + put_word(bytes + n, INSN_WORD_END, 0, 0, 7);
}

static size_t put_header(uint8_t *bytes)
{
	memcpy(bytes, "XLTRACE1", 8);
	return 8;
}

static void assert_is_the_series(const struct trace_series *series)
{
	assert_int_equal(series->n, 5);
	assert_true(series->insns[0].address == FIRST);
	assert_int_equal(series->insns[0].kind, TRACE_CLOCK);
	assert_int_equal(series->insns[0].length, 3);
	assert_true(series->insns[1].address == 0xffffffff81000010u);
	assert_int_equal(series->insns[1].kind, TRACE_CALL);
	assert_int_equal(series->insns[3].kind, TRACE_RETURN);
	assert_true(series->insns[4].address == LAST);
	assert_false(series->cut);
	assert_int_equal(series->lost, 0);
}

/* Feeds all at once and ends. */
static int feed_all(struct insn_trace *trace, enum insn_trace_format format, const void *bytes,
		    size_t n, struct err *err)
{
	int ret;

	insn_trace_init(trace, format);
	ret = insn_trace_feed(trace, bytes, n, err);
	return ret ? ret : insn_trace_end(trace, err);
}

static void take_series(struct insn_trace *trace)
{
	struct trace_series series;

	assert_true(insn_trace_take(trace, &series));
	assert_is_the_series(&series);
	trace_series_clear(&series);
}

/* ---- QEMU ---- */

static void words_may_be_broken_anywhere(void **state)
{
	uint8_t bytes[512];
	size_t n = put_header(bytes);

	(void)state;
	n += put_series(bytes + n);
	n += put_series(bytes + n);
	for (size_t split = 0; split <= n; split++) {
		struct insn_trace trace;
		struct err err = {0};

		insn_trace_init(&trace, INSN_TRACE_QEMU);
		assert_int_equal(insn_trace_feed(&trace, bytes, split, &err), 0);
		assert_int_equal(insn_trace_feed(&trace, bytes + split, n - split, &err), 0);
		assert_int_equal(insn_trace_end(&trace, &err), 0);
		assert_int_equal(trace.n_series, 2);
		take_series(&trace);
		take_series(&trace);
		assert_int_equal(trace.n_series, 0);
		insn_trace_clear(&trace);
	}
}

static void a_series_without_an_end_is_cut(void **state)
{
	uint8_t bytes[512];
	size_t n = put_header(bytes), whole;

	(void)state;
	n += put_series(bytes + n);
	whole = n;
	n += put_series(bytes + n);
	for (size_t end = whole + 8; end < n; end++) {
		struct insn_trace trace;
		struct err err = {0};

		assert_int_equal(feed_all(&trace, INSN_TRACE_QEMU, bytes, end, &err), 0);
		assert_int_equal(trace.n_series, 2);
		take_series(&trace);
		assert_true(trace.series[0].cut);
		insn_trace_clear(&trace);
		insn_trace_clear(&trace);
	}
}

static void a_begin_inside_a_series_cuts_it(void **state)
{
	struct insn_trace trace;
	struct err err = {0};
	uint8_t bytes[512];
	size_t n = put_header(bytes);

	(void)state;
	n += put_series(bytes + n) - 8;
	n += put_series(bytes + n);
	assert_int_equal(feed_all(&trace, INSN_TRACE_QEMU, bytes, n, &err), 0);
	assert_int_equal(trace.n_series, 2);
	assert_true(trace.series[0].cut);
	assert_int_equal(trace.series[0].n, 5);
	assert_is_the_series(&trace.series[1]);
	insn_trace_clear(&trace);
}

static void instructions_that_are_missing_are_counted(void **state)
{
	struct insn_trace trace;
	struct err err = {0};
	uint8_t bytes[512];
	size_t n = put_header(bytes);

	(void)state;
	n += put_series(bytes + n);
	put_word(bytes + n - 8, INSN_WORD_END, 0, 0, 9);
	assert_int_equal(feed_all(&trace, INSN_TRACE_QEMU, bytes, n, &err), 0);
	assert_int_equal(trace.series[0].lost, 2);
	insn_trace_clear(&trace);
}

static void damaged_words_are_refused(void **state)
{
	/* Which word of a header and a series to replace, and by what. */
	static const struct {
		size_t at;
		unsigned tag, kind, length;
		uint64_t rest;
		const char *says;
	} cases[] = {
		{0, 'X', 0, 0, 0, "not the plugin's"},
		{1, INSN_WORD_INSN, 0, 3, 1, "outside"},
		{1, INSN_WORD_END, 0, 0, 0, "did not begin"},
		{3, 'x', 0, 3, 1, "neither"},
		{3, INSN_WORD_INSN, 4, 3, 1, "not an insn"},
		{3, INSN_WORD_INSN, 0, 0, 1, "not an insn"},
		{9, INSN_WORD_END, 0, 0, 6, "more instr"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct insn_trace trace;
		struct err err = {0};
		uint8_t bytes[512];
		size_t n = put_header(bytes);
		char where[32];

		n += put_series(bytes + n);
		put_word(bytes + 8 * cases[i].at, cases[i].tag, cases[i].kind, cases[i].length,
			 cases[i].rest);
		assert_int_equal(feed_all(&trace, INSN_TRACE_QEMU, bytes, n, &err), -EPROTO);
		if (strcmp(cases[i].says, "not an insn"))
			assert_non_null(strstr(err.text, cases[i].says));
		snprintf(where, sizeof(where), "at byte %zu", 8 * cases[i].at);
		assert_non_null(strstr(err.text, where));
		insn_trace_clear(&trace);
	}
}

static void an_empty_file_is_none_of_the_plugins(void **state)
{
	struct insn_trace trace;
	struct err err = {0};

	(void)state;
	assert_int_equal(feed_all(&trace, INSN_TRACE_QEMU, "", 0, &err), -EPROTO);
	insn_trace_clear(&trace);
}

static void a_series_without_the_guests_clock_is_empty(void **state)
{
	struct insn_trace trace;
	struct err err = {0};
	uint8_t bytes[512];
	size_t n = put_header(bytes);

	(void)state;
	n += put_word(bytes + n, INSN_WORD_BEGIN, 0, 0, 0);
	n += put_insn(bytes + n, TRACE_CLOCK, 0x401000);
	n += put_word(bytes + n, INSN_WORD_END, 0, 0, 1);
	assert_int_equal(feed_all(&trace, INSN_TRACE_QEMU, bytes, n, &err), 0);
	assert_int_equal(trace.n_series, 1);
	assert_int_equal(trace.series[0].n, 0);
	assert_false(trace.series[0].cut);
	insn_trace_clear(&trace);
}

static void an_endless_series_is_cut_at_the_limit(void **state)
{
	struct insn_trace trace;
	struct err err = {0};
	uint8_t bytes[16];
	size_t n = put_header(bytes);

	(void)state;
	n += put_word(bytes + n, INSN_WORD_BEGIN, 0, 0, 0);
	insn_trace_init(&trace, INSN_TRACE_QEMU);
	assert_int_equal(insn_trace_feed(&trace, bytes, n, &err), 0);
	put_insn(bytes, TRACE_CLOCK, FIRST);
	for (size_t i = 0; i < INSN_TRACE_LIMIT + 10; i++)
		assert_int_equal(insn_trace_feed(&trace, bytes, 8, &err), 0);
	put_word(bytes, INSN_WORD_END, 0, 0, INSN_TRACE_LIMIT + 10);
	assert_int_equal(insn_trace_feed(&trace, bytes, 8, &err), 0);
	assert_int_equal(trace.series[0].n, INSN_TRACE_LIMIT);
	assert_true(trace.series[0].cut);
	insn_trace_clear(&trace);
}

/* ---- Bochs ---- */

#define INSN(tick, segment, address, text, bytes)                                                \
	"(0).[" tick "] [0x000003816b62] " segment ":" address " (unk. ctxt): " text " ; " bytes \
	"\r\n"

static const char bochs_series[] =
	"Next at t=99\r\n"
	"(0) [0x000003816b62] 0033:0000000000411b62 (unk. ctxt): mov rdi, r13     ; 4c89ef\r\n"
	"Tracing enabled for CPU0\r\n" INSN("99", "0033", "0000000000411b62", "mov rdi, r13    ",
					    "4c89ef") INSN("100", "0008", "0000000040001010",
							   "rdtsc           ", "660f31")
		INSN("101", "0008", "0000000040001010", "rdtsc           ",
		     "0f31") "CPU 0: Interrupt 0xec occurred (error_code=0x0000)\r\n"
			     "\033[10;1H\033[Kconsole: a line of text\033[m\r\n" INSN(
				     "102", "0010", "ffffffff81000010",
				     "call .-26298  (0x0040b4b0)",
				     "e84699ffff") INSN("103", "0010", "ffffffff81000020", "rdtscp",
							"0f01f9")
				     INSN("104", "0010", "ffffffff81000030", "ret             ",
					  "c3") INSN("105", "0008", "0000000040001080",
						     "rdtsc           ", "0f31")
					     INSN("106", "0033", "0000000000411b9a",
						  "xchg bx, bx     ",
						  "6687db") "(0) Magic breakpoint\r\n"
							    "Next at t=107\r\n"
							    "(0) [0x000003816b9d] "
							    "0033:0000000000411b9d (unk. ctxt): "
							    "xor r12d, r12d   ; 4531e4\r\n"
							    "Tracing disabled for CPU0\r\n";

static void assert_is_bochs_series(const struct trace_series *series)
{
	assert_int_equal(series->n, 5);
	assert_true(series->insns[0].address == FIRST);
	assert_int_equal(series->insns[0].length, 2);
	assert_int_equal(series->insns[0].kind, TRACE_CLOCK);
	assert_true(series->insns[1].address == 0xffffffff81000010u);
	assert_int_equal(series->insns[1].kind, TRACE_CALL);
	assert_int_equal(series->insns[1].length, 5);
	assert_int_equal(series->insns[2].kind, TRACE_OTHER);
	assert_int_equal(series->insns[3].kind, TRACE_RETURN);
	assert_true(series->insns[4].address == LAST);
	assert_false(series->cut);
	assert_int_equal(series->lost, 0);
}

static void lines_may_be_broken_anywhere(void **state)
{
	size_t n = sizeof(bochs_series) - 1;

	(void)state;
	for (size_t split = 0; split <= n; split++) {
		struct insn_trace trace;
		struct err err = {0};

		insn_trace_init(&trace, INSN_TRACE_BOCHS);
		assert_int_equal(insn_trace_feed(&trace, bochs_series, split, &err), 0);
		assert_int_equal(insn_trace_feed(&trace, bochs_series + split, n - split, &err), 0);
		assert_int_equal(insn_trace_feed(&trace, bochs_series, n, &err), 0);
		assert_int_equal(insn_trace_end(&trace, &err), 0);
		assert_int_equal(trace.damaged, 0);
		assert_int_equal(trace.n_series, 2);
		assert_is_bochs_series(&trace.series[0]);
		assert_is_bochs_series(&trace.series[1]);
		insn_trace_clear(&trace);
	}
}

/* bochs_series with the first from in it replaced. */
static void feed_changed(struct insn_trace *trace, const char *from, const char *to)
{
	const char *at = strstr(bochs_series, from);
	char text[4096];
	struct err err = {0};
	int n;

	assert_non_null(at);
	n = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - bochs_series), bochs_series, to,
		     at + strlen(from));
	assert_int_equal(feed_all(trace, INSN_TRACE_BOCHS, text, (size_t)n, &err), 0);
}

static void damaged_lines_are_counted(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"(0).[102]", "(0).[1\033[H02]"},
		{"ffffffff81000010", "ffffffff8100\033[K0010"},
		{"ffffffff81000010", "ffffffff8100001"},
		{"; e84699ffff", "; e84699fff"},
		{"; e84699ffff", ""},
		{"; e84699ffff\r", "; e84699ffff console\r"},
		{"; e84699ffff", "; e84699ffffe84699ffffe84699ffffe8"},
		{"(0).[102]", "0).[102]"},
		{"(0).[102] [0x", "(0).[102] ["},
		{"(0).[102]", "(0).[102"},
		{"(0).[102]", "(0).[99]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct insn_trace trace;

		feed_changed(&trace, cases[i].from, cases[i].to);
		assert_int_equal(trace.damaged, 1);
		assert_int_equal(trace.n_series, 1);
		assert_int_equal(trace.series[0].n, 4);
		assert_int_equal(trace.series[0].lost, 1);
		insn_trace_clear(&trace);
	}
}

static void the_screens_text_may_stand_before_a_line(void **state)
{
	struct insn_trace trace;

	(void)state;
	feed_changed(&trace, "(0).[102]", "\033[1;1Hbooting (1) ...\033[K(0).[102]");
	assert_int_equal(trace.damaged, 0);
	assert_is_bochs_series(&trace.series[0]);
	insn_trace_clear(&trace);
	/* The word that tracing begins is not needed. */
	feed_changed(&trace, "Tracing enabled", "Tracing\033[K enabled");
	assert_int_equal(trace.n_series, 1);
	assert_is_bochs_series(&trace.series[0]);
	insn_trace_clear(&trace);
}

static void overlong_lines_are_skipped(void **state)
{
	struct insn_trace trace;
	char noise[1500], damaged[1600];

	(void)state;
	memset(noise, '#', sizeof(noise));
	noise[sizeof(noise) - 1] = '\0';
	snprintf(damaged, sizeof(damaged), "%s\r\nCPU 0: Interrupt", noise);
	feed_changed(&trace, "CPU 0: Interrupt", damaged);
	assert_int_equal(trace.damaged, 0);
	assert_is_bochs_series(&trace.series[0]);
	insn_trace_clear(&trace);
	snprintf(damaged, sizeof(damaged), "call %s", noise);
	feed_changed(&trace, "call .-26298", damaged);
	assert_int_equal(trace.damaged, 1);
	assert_int_equal(trace.series[0].lost, 1);
	insn_trace_clear(&trace);
}

static void without_the_closing_marker_it_is_cut(void **state)
{
	struct insn_trace trace;
	struct err err = {0};
	const char *marker = strstr(bochs_series, "(0).[106]");

	(void)state;
	feed_changed(&trace, "6687db", "90");
	assert_int_equal(trace.n_series, 1);
	assert_true(trace.series[0].cut);
	assert_int_equal(trace.series[0].n, 5);
	insn_trace_clear(&trace);
	assert_int_equal(feed_all(&trace, INSN_TRACE_BOCHS, bochs_series,
				  (size_t)(marker - bochs_series), &err),
			 0);
	assert_int_equal(trace.n_series, 1);
	assert_true(trace.series[0].cut);
	insn_trace_clear(&trace);
}

/* Bochs shows the last instruction when it is switched off: no series. */
static void a_single_instruction_is_no_series(void **state)
{
	static const char end[] =
		INSN("1524665209", "0033", "0000000000401adc", "out dx, al", "ee");
	struct insn_trace trace;
	struct err err = {0};

	(void)state;
	assert_int_equal(feed_all(&trace, INSN_TRACE_BOCHS, end, sizeof(end) - 1, &err), 0);
	assert_int_equal(trace.n_series, 0);
	assert_int_equal(trace.damaged, 0);
	insn_trace_clear(&trace);
}

/* While a CPU waits, time goes on without instructions. */
static void waiting_loses_nothing(void **state)
{
	static const char text[] =
		"Tracing enabled for CPU0\r\n" INSN("10", "0008", "40001010", "rdtsc", "0f31")
			INSN("11", "0010", "ffffffff81000010", "hlt", "f4")
				INSN("500", "0010", "ffffffff81000011", "nop", "90")
					INSN("502", "0008", "40001080", "rdtsc", "0f31")
						INSN("503", "0033", "0000000000411b9a",
						     "xchg bx, bx", "6687db");
	struct insn_trace trace;
	struct err err = {0};

	(void)state;
	assert_int_equal(feed_all(&trace, INSN_TRACE_BOCHS, text, sizeof(text) - 1, &err), 0);
	assert_int_equal(trace.series[0].n, 4);
	assert_int_equal(trace.series[0].lost, 1);
	insn_trace_clear(&trace);
}

/* An exit at the fetch of an instruction takes a tick: of what stands before the guest's first
 * reading, or behind its last, a profile says nothing. */
static void gaps_outside_lose_nothing(void **state)
{
	static const char text[] =
		"Tracing enabled for CPU0\r\n" INSN("7", "0010", "ffffffff81000010", "nop", "90")
			INSN("9", "0010", "ffffffff81000011", "nop", "90")
				INSN("10", "0008", "40001010", "rdtsc", "0f31")
					INSN("11", "0008", "40001080", "rdtsc", "0f31")
						INSN("13", "0010", "ffffffff81000010", "nop", "90")
							INSN("14", "0033", "0000000000411b9a",
							     "xchg bx, bx", "6687db");
	struct insn_trace trace;
	struct err err = {0};

	(void)state;
	assert_int_equal(feed_all(&trace, INSN_TRACE_BOCHS, text, sizeof(text) - 1, &err), 0);
	assert_int_equal(trace.series[0].n, 2);
	assert_int_equal(trace.series[0].lost, 0);
	insn_trace_clear(&trace);
}

/* The tick of a delivery that an exit breaks off is no instruction that was lost. */
static void a_delivery_takes_a_tick(void **state)
{
	struct insn_trace trace;

	(void)state;
	/* Most deliveries take none. */
	feed_changed(&trace, "(0).[102]", "CPU 0: Interrupt 0x51 occurred\r\n(0).[102]");
	assert_is_bochs_series(&trace.series[0]);
	insn_trace_clear(&trace);
	feed_changed(
		&trace,
		INSN("102", "0010", "ffffffff81000010", "call .-26298  (0x0040b4b0)", "e84699ffff"),
		"CPU 0: Interrupt 0x51 occurred (error_code=0x0000)\r\n");
	assert_int_equal(trace.series[0].n, 5);
	assert_int_equal(trace.series[0].lost, 0);
	assert_int_equal(trace.series[0].insns[1].kind, TRACE_EVENT);
	assert_int_equal(trace_region(trace.series[0].insns[1].address), TRACE_GUEST);
	insn_trace_clear(&trace);
}

/* Where an instruction cannot be fetched, Bochs shows none: an exit takes its place, or a fault. */
static void a_fetch_that_fails_takes_a_tick(void **state)
{
	struct insn_trace trace;

	(void)state;
	feed_changed(
		&trace,
		INSN("102", "0010", "ffffffff81000010", "call .-26298  (0x0040b4b0)", "e84699ffff"),
		"(0).[102] ??? (physical address not available)\r\n");
	assert_int_equal(trace.damaged, 0);
	assert_int_equal(trace.series[0].n, 5);
	assert_int_equal(trace.series[0].lost, 0);
	assert_int_equal(trace.series[0].insns[1].kind, TRACE_EVENT);
	insn_trace_clear(&trace);
}

static void real_mode_has_segments(void **state)
{
	static const char text[] =
		"Tracing enabled for CPU0\r\n" INSN("10", "1234", "0010", "rdtsc", "0f31")
			INSN("11", "1234", "0020", "rdtsc", "0f31")
				INSN("12", "0033", "0000000000411b9a", "xchg bx, bx", "6687db");
	struct insn_trace trace;
	struct err err = {0};

	(void)state;
	assert_int_equal(feed_all(&trace, INSN_TRACE_BOCHS, text, sizeof(text) - 1, &err), 0);
	assert_int_equal(trace.series[0].n, 2);
	assert_true(trace.series[0].insns[0].address == 0x12350);
	assert_true(trace.series[0].insns[1].address == 0x12360);
	insn_trace_clear(&trace);
}

static void the_debugger_is_told_to_trace_each_series(void **state)
{
	struct err err = {0};
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(insn_trace_bochs_commands(file, 2, &err), 0);
	fclose(file);
	assert_string_equal(text, "c\ntrace on\nc\ntrace off\nc\ntrace on\nc\ntrace off\nc\n");
	free(text);
	file = fopen("/dev/full", "w");
	assert_non_null(file);
	assert_int_equal(insn_trace_bochs_commands(file, 2, &err), -ENOSPC);
	fclose(file);
}

/* ---- the plugin ---- */

struct qemu_plugin_insn {
	uint64_t address;
	uint8_t bytes[16];
	size_t size;
	vcpu_udata_cb execute;
	void *userdata;
};

#define FAKE_INSNS 16
struct qemu_plugin_tb {
	struct qemu_plugin_insn insns[FAKE_INSNS];
	size_t n;
};

static struct {
	tb_trans_cb translate;
	udata_cb end;
} fake;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_cb cb)
{
	(void)id;
	fake.translate = cb;
}

void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, udata_cb cb, void *userdata)
{
	(void)id;
	(void)userdata;
	fake.end = cb;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, vcpu_udata_cb cb,
					    int flags, void *userdata)
{
	(void)flags;
	insn->execute = cb;
	insn->userdata = userdata;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return tb->n;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index)
{
	return (struct qemu_plugin_insn *)&tb->insns[index];
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	return insn->size;
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->address;
}

const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn)
{
	return insn->bytes;
}

static void add_insn(struct qemu_plugin_tb *tb, uint64_t address, const char *bytes, size_t size)
{
	struct qemu_plugin_insn *insn = &tb->insns[tb->n++];

	assert_true(tb->n <= FAKE_INSNS);
	insn->address = address;
	insn->size = size;
	memcpy(insn->bytes, bytes, size);
}
#define ADD(tb, address, bytes) add_insn(tb, address, bytes, sizeof(bytes) - 1)

static void execute(const struct qemu_plugin_tb *tb, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		tb->insns[i].execute(0, tb->insns[i].userdata);
}

/* The same instructions as bochs_series has, with the marker before and behind. */
static void translate(struct qemu_plugin_tb *tb)
{
	ADD(tb, 0x411b60, "\x66\x87\xdb");
	ADD(tb, 0x411b63, "\x4c\x89\xef");
	ADD(tb, FIRST, "\x0f\x31");
	ADD(tb, 0xffffffff81000010u, "\xe8\x46\x99\xff\xff");
	ADD(tb, 0xffffffff81000020u, "\x0f\x01\xf9");
	ADD(tb, 0xffffffff81000030u, "\xc3");
	ADD(tb, LAST, "\x0f\x31");
	fake.translate(0, tb);
}

static void parse_file(struct insn_trace *trace, const char *path)
{
	uint8_t bytes[4096];
	struct err err = {0};
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	assert_true(n >= 0);
	close(fd);
	assert_int_equal(feed_all(trace, INSN_TRACE_QEMU, bytes, (size_t)n, &err), 0);
}

static void what_the_plugin_writes_is_read(void **state)
{
	char path[] = "/tmp/exitlab-plugin-XXXXXX", argument[64];
	struct qemu_plugin_tb tb = {0};
	struct insn_trace trace;
	char *arguments[] = {argument};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(argument, sizeof(argument), "out=%s", path);
	assert_int_equal(qemu_plugin_install(0, NULL, 1, arguments), 0);
	translate(&tb);
	execute(&tb, 1, 7); /* no marker yet: not written */
	execute(&tb, 0, 7);
	execute(&tb, 0, 1);
	execute(&tb, 1, 7);
	execute(&tb, 0, 3); /* the machine ends within a series */
	fake.end(0, NULL);
	parse_file(&trace, path);
	unlink(path);
	assert_int_equal(trace.n_series, 2);
	assert_is_bochs_series(&trace.series[0]);
	assert_true(trace.series[1].cut);
	assert_int_equal(trace.series[1].n, 1);
	insn_trace_clear(&trace);
}

static void the_plugin_wants_a_file(void **state)
{
	char wrong[] = "file=x", nowhere[] = "out=/nonexistent/x";
	char *arguments[] = {wrong};

	(void)state;
	assert_int_equal(qemu_plugin_install(0, NULL, 0, NULL), -1);
	assert_int_equal(qemu_plugin_install(0, NULL, 1, arguments), -1);
	arguments[0] = nowhere;
	assert_int_equal(qemu_plugin_install(0, NULL, 1, arguments), -1);
}

static void the_plugin_tells_instructions_apart(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		unsigned kind;
	} cases[] = {
		{"\xe8\0\0\0\0", 5, TRACE_CALL},   {"\xff\xd0", 2, TRACE_CALL},
		{"\x41\xff\xd3", 3, TRACE_CALL},   {"\xff\x1c\x24", 3, TRACE_CALL},
		{"\xff\xe0", 2, TRACE_OTHER},	   {"\xff\xc0", 2, TRACE_OTHER},
		{"\xc3", 1, TRACE_RETURN},	   {"\xf3\xc3", 2, TRACE_RETURN},
		{"\xc2\x08\x00", 3, TRACE_RETURN}, {"\x48\xcf", 2, TRACE_RETURN},
		{"\xcf", 1, TRACE_RETURN},	   {"\x0f\x31", 2, TRACE_CLOCK},
		{"\x0f\x01\xf9", 3, TRACE_OTHER},  {"\x90", 1, TRACE_OTHER},
		{"\x41", 1, TRACE_OTHER}, /* inc %ecx outside of 64-bit code */
		{"\x66\x41", 2, TRACE_OTHER},	   {"\xf2\xff\xd0", 3, TRACE_CALL},
		{"\x48\x8b\xc3", 3, TRACE_OTHER},  {"\x66\x66\x66\x66", 4, TRACE_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(kind_of_bytes((const uint8_t *)cases[i].bytes, cases[i].size),
				 cases[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_may_be_broken_anywhere),
		cmocka_unit_test(a_series_without_an_end_is_cut),
		cmocka_unit_test(a_begin_inside_a_series_cuts_it),
		cmocka_unit_test(instructions_that_are_missing_are_counted),
		cmocka_unit_test(damaged_words_are_refused),
		cmocka_unit_test(an_empty_file_is_none_of_the_plugins),
		cmocka_unit_test(a_series_without_the_guests_clock_is_empty),
		cmocka_unit_test(an_endless_series_is_cut_at_the_limit),
		cmocka_unit_test(lines_may_be_broken_anywhere),
		cmocka_unit_test(damaged_lines_are_counted),
		cmocka_unit_test(the_screens_text_may_stand_before_a_line),
		cmocka_unit_test(overlong_lines_are_skipped),
		cmocka_unit_test(without_the_closing_marker_it_is_cut),
		cmocka_unit_test(a_single_instruction_is_no_series),
		cmocka_unit_test(waiting_loses_nothing),
		cmocka_unit_test(gaps_outside_lose_nothing),
		cmocka_unit_test(a_delivery_takes_a_tick),
		cmocka_unit_test(a_fetch_that_fails_takes_a_tick),
		cmocka_unit_test(real_mode_has_segments),
		cmocka_unit_test(the_debugger_is_told_to_trace_each_series),
		cmocka_unit_test(what_the_plugin_writes_is_read),
		cmocka_unit_test(the_plugin_wants_a_file),
		cmocka_unit_test(the_plugin_tells_instructions_apart),
	};

	return cmocka_run_group_tests_name("insn_trace", tests, NULL, NULL);
}

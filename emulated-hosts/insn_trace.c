/* SPDX-License-Identifier: MIT */
#include "emulated-hosts/insn_trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INSN_LENGTH_MAX 15

void trace_series_clear(struct trace_series *series)
{
	free(series->insns);
	*series = (struct trace_series){0};
}

void insn_trace_init(struct insn_trace *trace, enum insn_trace_format format)
{
	memset(trace, 0, sizeof(*trace));
	trace->format = format;
}

void insn_trace_clear(struct insn_trace *trace)
{
	for (size_t i = 0; i < trace->n_series; i++)
		trace_series_clear(&trace->series[i]);
	free(trace->series);
	trace_series_clear(&trace->now);
	insn_trace_init(trace, trace->format);
}

bool insn_trace_take(struct insn_trace *trace, struct trace_series *series)
{
	if (!trace->n_series)
		return false;
	*series = trace->series[0];
	trace->n_series--;
	memmove(trace->series, trace->series + 1, trace->n_series * sizeof(*trace->series));
	return true;
}

static void series_begin(struct insn_trace *trace)
{
	trace->open = true;
	trace->executed = 0;
	trace->gaps = 0;
	trace->kept = 0;
	trace->capacity = 0;
}

static int series_close(struct insn_trace *trace, bool cut, struct err *err)
{
	struct trace_series *grown =
		reallocarray(trace->series, trace->n_series + 1, sizeof(*trace->series));
	struct trace_insn *fitting;

	if (!grown)
		return err_set(err, ENOMEM, "no memory for the trace");
	trace->series = grown;
	trace->open = false;
	trace->now.n = trace->kept;
	trace->now.cut |= cut;
	fitting =
		trace->kept ? reallocarray(trace->now.insns, trace->kept, sizeof(*fitting)) : NULL;
	if (fitting)
		trace->now.insns = fitting;
	else if (!trace->kept)
		free(trace->now.insns);
	if (!trace->kept)
		trace->now.insns = NULL;
	grown[trace->n_series++] = trace->now;
	trace->now = (struct trace_series){0};
	return 0;
}

/* What comes before the guest's first reading of the clock is of no use to anybody. */
static int series_add(struct insn_trace *trace, const struct trace_insn *insn, struct err *err)
{
	struct trace_series *now = &trace->now;
	bool clock = insn->kind == TRACE_CLOCK && trace_region(insn->address) == TRACE_GUEST;

	trace->executed++;
	if ((!now->n && !clock) || now->cut)
		return 0;
	if (now->n == INSN_TRACE_LIMIT) {
		now->cut = true;
		return 0;
	}
	if (now->n == trace->capacity) {
		size_t capacity = trace->capacity ? 2 * trace->capacity : 4096;
		struct trace_insn *grown = reallocarray(now->insns, capacity, sizeof(*grown));

		if (!grown)
			return err_set(err, ENOMEM, "no memory for the trace");
		now->insns = grown;
		trace->capacity = capacity;
	}
	now->insns[now->n++] = *insn;
	if (clock) {
		trace->kept = now->n;
		now->lost = trace->gaps;
	}
	return 0;
}

static int word_failed(const struct insn_trace *trace, const char *what, struct err *err)
{
	return err_set(err, EPROTO, "the instruction trace is damaged at byte %" PRIu64 ": %s",
		       trace->offset, what);
}

static int end_word(struct insn_trace *trace, uint64_t count, struct err *err)
{
	if (!trace->open)
		return word_failed(trace, "a series ends that did not begin", err);
	if (count < trace->executed)
		return word_failed(trace, "a series has more instructions than it says", err);
	trace->now.lost = count - trace->executed;
	return series_close(trace, false, err);
}

static int insn_word(struct insn_trace *trace, uint64_t word, struct err *err)
{
	struct trace_insn insn = {
		.address = (uint64_t)((int64_t)(word << (64 - INSN_ADDRESS_BITS)) >>
				      (64 - INSN_ADDRESS_BITS)),
		.length = word >> INSN_ADDRESS_BITS & 15,
		.kind = word >> 52 & 15,
	};

	if (!trace->open)
		return word_failed(trace, "an instruction outside of a series", err);
	if (!insn.length || insn.kind >= TRACE_EVENT)
		return word_failed(trace, "not an instruction", err);
	return series_add(trace, &insn, err);
}

static int take_word(struct insn_trace *trace, uint64_t word, struct err *err)
{
	int ret;

	if (!trace->header) {
		trace->header = word == INSN_WORD_HEADER;
		return trace->header ? 0 : word_failed(trace, "this is not the plugin's file", err);
	}
	switch (word >> 56) {
	case INSN_WORD_BEGIN:
		ret = trace->open ? series_close(trace, true, err) : 0;
		series_begin(trace);
		return ret;
	case INSN_WORD_END:
		return end_word(trace, word & ((UINT64_C(1) << INSN_ADDRESS_BITS) - 1), err);
	case INSN_WORD_INSN:
		return insn_word(trace, word, err);
	default:
		return word_failed(trace, "neither a marker nor an instruction", err);
	}
}

static int feed_words(struct insn_trace *trace, const uint8_t *bytes, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t word = 0;
		int ret;

		trace->line[trace->n_line++] = bytes[i];
		if (trace->n_line < sizeof(word))
			continue;
		for (size_t j = sizeof(word); j-- > 0;)
			word = word << 8 | trace->line[j];
		trace->n_line = 0;
		ret = take_word(trace, word, err);
		if (ret)
			return ret;
		trace->offset += sizeof(word);
	}
	return 0;
}

/* Behind text if it is there, else NULL; NULL stays NULL, so that calls can be chained. */
static const char *skip(const char *at, const char *text)
{
	size_t n = strlen(text);

	return at && !strncmp(at, text, n) ? at + n : NULL;
}

/* Reads 1 to room digits; *digits may be NULL. */
static const char *number(const char *at, unsigned base, unsigned room, uint64_t *value,
			  unsigned *digits)
{
	const char *set = base == 16 ? "0123456789abcdef" : "0123456789";
	size_t n = at ? strspn(at, set) : 0;

	if (!n || n > room)
		return NULL;
	*value = 0;
	for (size_t i = 0; i < n; i++)
		*value = *value * base + (uint64_t)(strchr(set, at[i]) - set);
	if (digits)
		*digits = (unsigned)n;
	return at + n;
}

static enum trace_kind kind_of(const char *text, const char *bytes)
{
	static const char *const calls[] = {"call", "bnd call"};
	static const char *const returns[] = {"ret", "rep ret", "repz ret", "bnd ret", "iret"};

	if (!strcmp(bytes, "0f31"))
		return TRACE_CLOCK;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (skip(text, calls[i]))
			return TRACE_CALL;
	for (size_t i = 0; i < sizeof(returns) / sizeof(returns[0]); i++)
		if (skip(text, returns[i]))
			return TRACE_RETURN;
	return TRACE_OTHER;
}

struct bochs_line {
	uint64_t tick;
	struct trace_insn insn;
	const char *bytes; /* of the instruction, hexadecimal */
};

/*
 * (0).[1165699044] [0x000003816b62] 0033:0000000000411b62 (unk. ctxt): mov rdi, r13    ; 4c89ef
 *
 * The ticks count instructions; the second number is a physical address. In real mode both parts
 * of the address have four digits.
 */
static bool parse_line(const char *at, struct bochs_line *line)
{
	uint64_t ignored, segment;
	unsigned digits = 0;
	size_t n;
	const char *text;

	at = number(skip(at, "("), 10, 3, &ignored, NULL);
	at = skip(number(skip(at, ").["), 10, 18, &line->tick, NULL), "] [0x");
	at = skip(number(at, 16, 16, &ignored, NULL), "] ");
	at = skip(number(at, 16, 4, &segment, &digits), ":");
	if (digits != 4)
		return false;
	at = skip(number(at, 16, 16, &line->insn.address, &digits), " (");
	if (!at || (digits != 4 && digits != 8 && digits != 16))
		return false;
	if (digits == 4)
		line->insn.address += segment << 4;
	text = strstr(at, "): ");
	line->bytes = text ? strrchr(text, ';') : NULL;
	if (!line->bytes || !skip(line->bytes, "; "))
		return false;
	text += 3;
	line->bytes += 2;
	n = strspn(line->bytes, "0123456789abcdef");
	if (!n || n % 2 || n > 2 * INSN_LENGTH_MAX || line->bytes[n])
		return false;
	line->insn.length = (uint8_t)(n / 2);
	line->insn.kind = kind_of(text, line->bytes);
	return true;
}

/* The text of a screen may stand before it on the line. */
static const char *line_start(const char *text)
{
	const char *at = strstr(text, ").[");

	if (!at)
		return text;
	while (at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at > text && at[-1] == '(' ? at - 1 : at;
}

/* The debugger also shows where it stopped: such a line has no ticks. */
static bool looks_like_insn(const char *text)
{
	return strstr(text, ").[") || (strstr(text, " ctxt): ") && !strstr(text, ") [0x"));
}

/* What may take a tick and is no instruction: a delivery, or a fetch that ends in an exit or a
 * fault. */
static bool is_event(const char *text)
{
	return strstr(text, ": Interrupt 0x") ||
	       strstr(text, "??? (physical address not available)");
}

/*
 * The word that tracing begins may be lost among the screen's. One instruction alone is no series,
 * though: the debugger shows where the machine was when it is switched off.
 */
static bool begin_without_a_word(struct insn_trace *trace, uint64_t tick)
{
	if (tick == trace->tick + 1)
		series_begin(trace);
	trace->tick = tick;
	return trace->open;
}

/* The ticks since the last instruction, in which there was none. */
static int account_gap(struct insn_trace *trace, uint64_t tick, struct err *err)
{
	static const struct trace_insn delivery = {.kind = TRACE_EVENT};
	uint64_t gap = trace->executed && !trace->halted ? tick - trace->tick - 1 : 0;
	bool event = trace->event;

	trace->event = false;
	if (gap == 1 && event)
		return series_add(trace, &delivery, err);
	/* Before the first reading it is no matter: an exit that the fetch of an instruction takes,
	 * say. */
	if (trace->now.n)
		trace->gaps += gap;
	return 0;
}

static int take_line(struct insn_trace *trace, struct err *err)
{
	struct bochs_line line = {0};
	const char *text = (const char *)trace->line;
	int ret;

	trace->line[trace->n_line] = '\0';
	if (!trace->open && strstr(text, "Tracing enabled for CPU")) {
		series_begin(trace);
		return 0;
	}
	if (trace->open && strstr(text, "Tracing disabled for CPU"))
		return series_close(trace, true, err);
	if (trace->overlong || !parse_line(line_start(text), &line)) {
		bool event = is_event(text), damaged = !event && looks_like_insn(text);

		trace->damaged += damaged;
		trace->event = !damaged && (trace->event || event);
		return 0;
	}
	if (!trace->open && !begin_without_a_word(trace, line.tick))
		return 0;
	if (trace->executed && line.tick <= trace->tick) {
		/* Time does not go back: its digits were damaged. */
		trace->damaged++;
		trace->event = false;
		return 0;
	}
	ret = account_gap(trace, line.tick, err);
	if (ret)
		return ret;
	trace->tick = line.tick;
	trace->halted = !strcmp(line.bytes, "f4") || !strcmp(line.bytes, "0f01c9");
	ret = series_add(trace, &line.insn, err);
	if (ret || strcmp(line.bytes, "6687db"))
		return ret;
	trace->tick = UINT64_MAX; /* nothing follows it */
	return series_close(trace, false, err);
}

static int feed_lines(struct insn_trace *trace, const uint8_t *bytes, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		int ret;

		trace->offset++;
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			if (trace->n_line < INSN_TRACE_LINE)
				/* A NUL would hide what stands behind it. */
				trace->line[trace->n_line++] = bytes[i] ? bytes[i] : '?';
			else
				trace->overlong = true;
			continue;
		}
		ret = trace->n_line ? take_line(trace, err) : 0;
		trace->n_line = 0;
		trace->overlong = false;
		if (ret)
			return ret;
	}
	return 0;
}

int insn_trace_feed(struct insn_trace *trace, const void *bytes, size_t n, struct err *err)
{
	if (trace->format == INSN_TRACE_QEMU)
		return feed_words(trace, bytes, n, err);
	return feed_lines(trace, bytes, n, err);
}

int insn_trace_end(struct insn_trace *trace, struct err *err)
{
	int ret = 0;

	if (trace->format == INSN_TRACE_BOCHS)
		ret = feed_lines(trace, (const uint8_t *)"\n", 1, err);
	else if (!trace->header)
		ret = word_failed(trace, "it is empty", err);
	if (!ret && trace->open)
		ret = series_close(trace, true, err);
	return ret;
}

int insn_trace_bochs_commands(FILE *out, unsigned n, struct err *err)
{
	fputs("c\n", out);
	for (unsigned i = 0; i < n; i++)
		fputs("trace on\nc\ntrace off\nc\n", out);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the debugger's commands");
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "report/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/figure.h"
#include "report/grid.h"
#include "report/text.h"

#define WIDTH 100

static const struct grid_column columns[] = {
	{.heading = ""},
	{.heading = "reason", .minimum = 16},
	{.heading = "count", .right = true},
	{.heading = "per second", .right = true},
	{.heading = "share of\nvCPU time", .right = true},
	{.heading = "p50", .right = true},
	{.heading = "p99", .right = true},
	{.heading = "longest", .right = true, .optional = true},
};

const char *trace_kind_name(enum trace_row_kind kind)
{
	static const char *const names[] = {"exit", "user", "event"};

	return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "";
}

/* Three or four digits and a unit. */
static const char *duration(uint64_t ns, char text[FIGURE_SIZE])
{
	static const struct {
		double ns;
		const char *name;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double value = (double)ns / units[i].ns;

		if (value < 1)
			continue;
		snprintf(text, FIGURE_SIZE, "%.*f %s",
			 value < 9.995	 ? 2
			 : value < 99.95 ? 1
					 : 0,
			 value, units[i].name);
		return text;
	}
	snprintf(text, FIGURE_SIZE, "%" PRIu64 " ns", ns);
	return text;
}

static void add_time(struct grid *grid, const struct trace_row *row, uint64_t ns)
{
	char text[FIGURE_SIZE];

	grid_add(grid, row->timed ? duration(ns, text) : "-", NULL);
}

static void add_row(struct grid *grid, const struct trace_result *result,
		    const struct trace_row *row)
{
	char text[FIGURE_SIZE], share[FIGURE_SIZE];

	grid_add(grid, trace_kind_name(row->kind), NULL);
	grid_add(grid, row->name, NULL);
	grid_add(grid, figure_count(row->count, text), NULL);
	grid_add(grid,
		 result->seconds > 0 ? figure_short((double)row->count / result->seconds, text)
				     : "-",
		 NULL);
	snprintf(share, sizeof(share), "%.2f %%", 100 * row->share);
	grid_add(grid, row->timed ? share : "-", NULL);
	add_time(grid, row, row->p50_ns);
	add_time(grid, row, row->p99_ns);
	add_time(grid, row, row->max_ns);
}

static void note(FILE *out, const char *text)
{
	text_wrap(out, "", text, WIDTH);
}

static void write_heading(FILE *out, const struct trace_result *result)
{
	static const char *const ends[] = {
		[TRACE_END_TIME] = "",
		[TRACE_END_PROCESS] = ", until the process ended",
		[TRACE_END_SIGNAL] = ", until it was stopped",
		[TRACE_END_NONE] = " so far; Ctrl-C ends it",
	};
	char machine[300], text[500];

	snprintf(text, sizeof(text), "%.1f s traced%s; %s", result->seconds, ends[result->end],
		 figure_machine(&result->machine, machine, sizeof(machine)));
	note(out, text);
	putc('\n', out);
}

static const struct trace_row *find(const struct trace_result *result, enum trace_row_kind kind,
				    const char *name)
{
	for (size_t i = 0; i < result->n_rows; i++)
		if (result->rows[i].kind == kind && (!name || !strcmp(result->rows[i].name, name)))
			return &result->rows[i];
	return NULL;
}

static void write_totals(FILE *out, const struct trace_result *result)
{
	char records[FIGURE_SIZE], text[300];

	snprintf(text, sizeof(text),
		 "%" PRIu64
		 " thread%s with a vCPU, %.1f s of their time (each from its first record to "
		 "its last); %s records, %s",
		 result->vcpu_threads, result->vcpu_threads == 1 ? "" : "s", result->vcpu_seconds,
		 figure_count(result->records, records), result->lost ? "" : "none lost.");
	if (result->lost)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s LOST: counts are too low by that.",
			 figure_count(result->lost, records));
	note(out, text);
}

/* What else is missing; nothing is hidden. */
static void write_losses(FILE *out, const struct trace_result *result)
{
	const struct {
		uint64_t n;
		const char *text;
	} losses[] = {
		{result->unfinished,
		 "were counted without a time: their end was not seen, or something was "
		 "lost before it"},
		{result->backwards, "had no time: the clock went back"},
		{result->overflow, "had a reason for which there was no row left"},
		{result->foreign, "records were not understood"},
		{result->throttled, "times the kernel held events back: counts are too low"},
		{result->corrupt, "times a ring held what is no record: counts are too low"},
	};
	char number[FIGURE_SIZE], text[200];

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		if (!losses[i].n)
			continue;
		snprintf(text, sizeof(text), "%s %s.", figure_count(losses[i].n, number),
			 losses[i].text);
		note(out, text);
	}
}

static void write_meaning(FILE *out, const struct trace_result *result)
{
	if (result->machine.emulated)
		note(out,
		     "This host's processor is an emulator: counts are right, times mean nothing.");
	if (find(result, TRACE_ROW_EXIT, NULL))
		note(out,
		     "exit: until the guest runs again, time in user space and of other threads "
		     "on that CPU included.");
	else if (find(result, TRACE_ROW_EVENT, NULL) || find(result, TRACE_ROW_USER, NULL))
		note(out, result->machine.substrate == SUBSTRATE_PVM
				  ? "No exits are shown: under kvm_pvm the guest's kernel mode is "
				    "emulated and "
				    "kvm_exit never fires. Events are what KVM did instead, "
				    "counted alone."
				  : "No exits are shown: kvm_exit did not fire.");
	if (find(result, TRACE_ROW_EXIT, "HLT") || find(result, TRACE_ROW_USER, "HLT"))
		note(out, "HLT: the guest was idle; its time is mostly that of waiting for an "
			  "interrupt.");
	if (find(result, TRACE_ROW_USER, NULL))
		note(out, "user: outside of KVM, from KVM_RUN's return to the next entry; where "
			  "there are "
			  "exits, a part of theirs.");
}

static void write_cost(FILE *out, const struct trace_cost *cost)
{
	char text[400];

	if (cost->valid)
		snprintf(text, sizeof(text),
			 "Tracing lengthens an exit to user space by about %.0f ns (%.0f..%.0f, "
			 "%.0f %%), "
			 "seen on a guest of exitlab's own: %.1f records each.",
			 cost->ns, cost->lo_ns, cost->hi_ns, 100 * cost->confidence, cost->records);
	else
		snprintf(text, sizeof(text),
			 "By how much tracing lengthens an exit is not calibrated here: %s.",
			 cost->why);
	note(out, text);
}

/* "half", "a seventh", "1/23 of that". */
static const char *fraction(double ratio, char *text, size_t size)
{
	static const char *const words[] = {"half",	 "a third", "a quarter",
					    "a fifth",	 "a sixth", "a seventh",
					    "an eighth", "a ninth", "a tenth"};
	double inverse = 1 / ratio;

	if (inverse < 1.5)
		snprintf(text, size, "%.0f %% of that", 100 * ratio);
	else if (inverse < 10.5)
		snprintf(text, size, "%s", words[(unsigned)(inverse + 0.5) - 2]);
	else
		snprintf(text, size, "1/%.0f of that", inverse);
	return text;
}

static void write_price(FILE *out, const struct price *price, const char *path)
{
	char part[40], cheap[FIGURE_SIZE], dear[FIGURE_SIZE], text[700];
	double ratio = price->cheap->estimate.point / price->dear->estimate.point;

	snprintf(text, sizeof(text),
		 "- this VM spends %.3g %% of its time in %s%s; %s%s%s would cost %s %s (%s "
		 "instead of %s "
		 "ticks, %.200s)",
		 100 * price->share, price->what, price->outside ? " (outside of KVM alone)" : "",
		 price->cheap->benchmark, *price->cheap->parameters ? " " : "",
		 price->cheap->parameters, fraction(ratio, part, sizeof(part)), price->where,
		 figure_ticks(price->cheap->estimate.point, cheap),
		 figure_ticks(price->dear->estimate.point, dear), path);
	note(out, text);
}

static void write_prices(FILE *out, const struct trace_report *report)
{
	char text[700];

	if (!report->prices_path)
		return;
	putc('\n', out);
	if (report->forced) {
		snprintf(text, sizeof(text), "Prices by --force: %.500s", report->forced);
		note(out, text);
	}
	for (size_t i = 0; i < report->n_prices; i++)
		write_price(out, &report->prices[i], report->prices_path);
	if (report->n_prices)
		return;
	snprintf(text, sizeof(text),
		 "For nothing that this VM does a cheaper way is known that %.300s has measured.",
		 report->prices_path);
	note(out, text);
}

int trace_write_table(FILE *out, const struct trace_report *report, struct err *err)
{
	const struct trace_result *result = report->result;
	struct grid grid;
	int ret;

	write_heading(out, result);
	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < result->n_rows; i++)
		add_row(&grid, result, &result->rows[i]);
	ret = grid_write(out, &grid, WIDTH, report->colour);
	grid_clear(&grid);
	if (ret)
		return err_set(err, -ret, "no memory for the table");
	putc('\n', out);
	write_totals(out, result);
	write_losses(out, result);
	write_meaning(out, result);
	write_cost(out, &result->cost);
	write_prices(out, report);
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the table");
	return 0;
}

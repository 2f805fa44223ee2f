/* SPDX-License-Identifier: MIT */
/* A verdict for the systems that run gates: JUnit's XML, TAP, and annotations of a change. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/gate.h"
#include "report/xml.h"

static int finish(FILE *out, struct err *err)
{
	if (fflush(out) || ferror(out))
		return err_sys(err, errno ? errno : EIO, "cannot write the verdict");
	return 0;
}

/* Calls each row in the order of importance. */
static int for_each(FILE *out, const struct gate_report *report,
		    void (*write)(FILE *, const struct gate_row *, size_t), struct err *err)
{
	size_t *order = gate_order(report->gate);

	if (!order)
		return err_set(err, ENOMEM, "no memory for the verdict");
	for (size_t i = 0; i < report->gate->comparison->n_rows; i++)
		write(out, &report->gate->rows[order[i]], i + 1);
	free(order);
	return 0;
}

/* ---- JUnit ---- */

static void junit_row(FILE *out, const struct gate_row *row, size_t number)
{
	static const char *const elements[] = {"", "skipped", "", "skipped", "failure"};
	const char *element = elements[row->verdict];
	char label[160];

	(void)number;
	fputs("  <testcase classname=\"exitlab.gate\" name=\"", out);
	xml_put(out, gate_label(row, label, sizeof(label)));
	if (!*element) {
		fputs("\"/>\n", out);
		return;
	}
	fprintf(out, "\"><%s message=\"%s: ", element, gate_verdict_name(row->verdict));
	xml_put(out, row->why);
	fputs("\"/></testcase>\n", out);
}

int gate_write_junit(FILE *out, const struct gate_report *report, struct err *err)
{
	const size_t *counts = report->gate->counts;
	int ret;

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"exitlab gate\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
		"skipped=\"%zu\">\n",
		report->gate->comparison->n_rows, counts[GATE_REGRESSION],
		counts[GATE_NOT_JUDGED] + counts[GATE_INCONCLUSIVE]);
	ret = for_each(out, report, junit_row, err);
	fputs("  <system-out>", out);
	xml_put(out, report->gate->sentence);
	fputs("</system-out>\n</testsuite>\n", out);
	return ret ? ret : finish(out, err);
}

/* ---- TAP ---- */

/* '#' begins a directive. */
static void tap(FILE *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text < 0x20 ? ' ' : *text == '#' ? '%' : *text, out);
}

static void tap_row(FILE *out, const struct gate_row *row, size_t number)
{
	char label[160];

	fprintf(out, "%sok %zu - ", row->verdict == GATE_REGRESSION ? "not " : "", number);
	tap(out, gate_label(row, label, sizeof(label)));
	if (row->verdict == GATE_NOT_JUDGED || row->verdict == GATE_INCONCLUSIVE) {
		fprintf(out, " # SKIP %s: ", gate_verdict_name(row->verdict));
		tap(out, row->why);
	} else if (*row->why) {
		fputs("\n# ", out);
		tap(out, row->why);
	}
	putc('\n', out);
}

int gate_write_tap(FILE *out, const struct gate_report *report, struct err *err)
{
	int ret;

	fprintf(out, "TAP version 13\n1..%zu\n", report->gate->comparison->n_rows);
	ret = for_each(out, report, tap_row, err);
	fputs("# ", out);
	tap(out, report->gate->sentence);
	putc('\n', out);
	return ret ? ret : finish(out, err);
}

/* ---- annotations ---- */

static void annotation(FILE *out, const char *level, const char *title, const char *text)
{
	fprintf(out, "::%s title=", level);
	for (; *title; title++)
		if (*title == '%' || *title == '\n' || *title == '\r' || *title == ':' ||
		    *title == ',')
			fprintf(out, "%%%02X", (unsigned char)*title);
		else
			putc(*title, out);
	fputs("::", out);
	for (; *text; text++)
		if (*text == '%' || *text == '\n' || *text == '\r')
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			putc(*text, out);
	putc('\n', out);
}

static void annotate_row(FILE *out, const struct gate_row *row, size_t number)
{
	char label[160];

	(void)number;
	if (row->verdict < GATE_ADVICE)
		return;
	annotation(out, row->verdict == GATE_REGRESSION ? "error" : "warning",
		   gate_label(row, label, sizeof(label)), row->why);
}

int gate_write_annotations(FILE *out, const struct gate_report *report, struct err *err)
{
	int ret;

	annotation(out, "notice", "exitlab gate", report->gate->sentence);
	ret = for_each(out, report, annotate_row, err);
	return ret ? ret : finish(out, err);
}

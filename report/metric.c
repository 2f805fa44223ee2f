/* SPDX-License-Identifier: MIT */
#include "report/metric.h"

#include <math.h>
#include <time.h>

#include "report/figure.h"

/* Backslash, quote and newline are escaped. What would act on a terminal is not shown. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*text == '\\' || *text == '"')
			putc('\\', out);
		putc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
	}
}

void metric_family(FILE *out, const char *name, const char *unit, const char *help)
{
	fprintf(out, "# TYPE %s gauge\n", name);
	if (unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
	fprintf(out, "# HELP %s %s\n", name, help);
}

void metric_sample(FILE *out, const char *name, const struct metric_label *labels, size_t n,
		   double value)
{
	char text[FIGURE_SIZE];

	if (!isfinite(value))
		return;
	fputs(name, out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%c%s=\"", i ? ',' : '{', labels[i].name);
		put_escaped(out, labels[i].value);
		putc('"', out);
	}
	fprintf(out, "%s %s\n", n ? "}" : "", figure_exactly(value, text));
}

void metric_statuses(FILE *out, const char *name, const char *help,
		     const size_t counts[STATUS_COUNT])
{
	metric_family(out, name, NULL, help);
	for (int i = 0; i < STATUS_COUNT; i++) {
		const struct metric_label label = {"status", status_name((enum status)i)};

		metric_sample(out, name, &label, 1, (double)counts[i]);
	}
}

void metric_time(FILE *out, const char *name, const char *help, const char *utc)
{
	struct tm tm = {0};
	const char *end = strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (!end || *end)
		return;
	metric_family(out, name, "seconds", help);
	metric_sample(out, name, NULL, 0, (double)timegm(&tm));
}

void metric_finish(FILE *out)
{
	fputs("# EOF\n", out);
}

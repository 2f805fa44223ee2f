/* SPDX-License-Identifier: MIT */
/* exitlab report: a document from result files, in Markdown and HTML, with pictures. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/picture.h"
#include "cli/plot.h"
#include "cli/report_files.h"
#include "report/document/document.h"
#include "report/html.h"

#define DRAWING_MOST 4

/* Pictures that gnuplot draws just now. */
struct drawing {
	pid_t child;
	char data[PICTURE_PATH], path[PICTURE_PATH];
};

struct report {
	const struct options *options;
	const char *folder, *name, *pictures;
	bool markdown, html, template_given;
	const struct document_template *template;
	struct report_files files;
	struct drawing drawing[DRAWING_MOST];
	size_t n_drawing, n_pictures;
	bool no_gnuplot;
};

/* ---- options --------------------------------------------------------------------------------- */

static int parse_formats(struct report *report, const char *formats)
{
	for (const char *at = formats ? formats : "md,html"; *at;) {
		size_t length = strcspn(at, ",");

		if (length == 2 && !strncmp(at, "md", 2)) {
			report->markdown = true;
		} else if (length == 4 && !strncmp(at, "html", 4)) {
			report->html = true;
		} else {
			complain("--format: '%.*s' is neither md nor html", (int)length, at);
			return CODE_USAGE;
		}
		at += length + (at[length] == ',');
	}
	if (!report->markdown && !report->html) {
		complain("--format wants md, html, or both with a comma between them");
		return CODE_USAGE;
	}
	return CODE_OK;
}

static int no_template(const char *name)
{
	complain("there is no template '%s'; there are:", name);
	for (const struct document_template *one = document_templates; one->name; one++)
		fprintf(stderr, "  %-10s %s\n", one->name, one->what);
	return CODE_USAGE;
}

static int check(struct report *report)
{
	const struct options *options = report->options;
	const char *template = options->template ? options->template : "results";

	report->folder = options->output ? options->output : "report";
	report->name = options->name ? options->name : "report";
	report->pictures = options->pictures ? options->pictures : "pictures";
	if (!options->patterns.n) {
		complain("report wants result files; see exitlab report --help");
		return CODE_USAGE;
	}
	if (!*report->name || strchr(report->name, '/')) {
		complain("--name: '%s' is not the name of a file; --output is the folder", report->name);
		return CODE_USAGE;
	}
	if (*report->pictures == '/' || strstr(report->pictures, "..") || !*report->pictures) {
		complain("--pictures: '%s' is not a folder below --output", report->pictures);
		return CODE_USAGE;
	}
	report->template = document_template_find(template);
	if (!report->template)
		return no_template(template);
	return parse_formats(report, options->format);
}

/* ---- pictures -------------------------------------------------------------------------------- */

/* The oldest picture is waited for. */
static int finish_one(struct report *report, struct err *err)
{
	struct drawing *oldest = &report->drawing[0];
	int rc = picture_end(oldest->child, oldest->data, oldest->path, err);

	report->n_drawing--;
	memmove(oldest, oldest + 1, report->n_drawing * sizeof(*oldest));
	if (rc == -ENOENT)
		report->no_gnuplot = true;
	return rc;
}

static int finish_all(struct report *report, struct err *err)
{
	int rc = 0;

	while (report->n_drawing) {
		struct err other = {0};
		int one = finish_one(report, rc ? &other : err);

		rc = rc ? rc : one;
	}
	return rc;
}

/* As many at once as there are processors for. */
static size_t drawing_limit(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > DRAWING_MOST ? DRAWING_MOST : (size_t)n;
}

static int without_gnuplot(struct err *err)
{
	return err_set(err, ENOENT, "gnuplot is not installed (apt-get install gnuplot-nox).");
}

static int make_picture(void *data, const struct plot_kind *kind, const struct plot_input *input,
			const char *name, struct err *err)
{
	struct report *report = data;
	struct drawing *next = &report->drawing[report->n_drawing];
	int rc;

	if (snprintf(next->path, PICTURE_PATH, "%.2000s/%.1000s/%.200s.svg", report->folder, report->pictures,
		     name) >= PICTURE_PATH)
		return err_set(err, ENAMETOOLONG, "--output: the path is too long");
	rc = picture_data_path(next->path, next->data, err);
	if (!rc)
		rc = plot_write_data(kind, input, next->data, err);
	if (rc)
		return rc;
	report->n_pictures++;
	if (report->no_gnuplot)
		return without_gnuplot(err);
	next->child = plot_begin_drawing(kind, next->data, next->path, err);
	if (next->child < 0)
		return (int)next->child;
	report->n_drawing++;
	if (report->n_pictures == 1 || report->n_drawing == drawing_limit()) {
		/* The first one tells whether there is a gnuplot at all. */
		rc = finish_one(report, err);
		if (rc == -ENOENT)
			return without_gnuplot(err);
	}
	return rc;
}

/* ---- the document ---------------------------------------------------------------------------- */

static int make_folder(const char *path, struct err *err)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return err_sys(err, errno, "cannot make the folder %s", part);
		*at = '/';
	}
	if (mkdir(part, 0777) && errno != EEXIST)
		return err_sys(err, errno, "cannot make the folder %s", part);
	return 0;
}

static int write_file(struct report *report, const char *ending, const char *markdown, size_t size,
		      struct err *err)
{
	char path[PICTURE_PATH], links[1100];
	const struct html_options options = {report->folder, links};
	bool html = !strcmp(ending, "html");
	FILE *out;
	int rc = 0;

	snprintf(links, sizeof(links), "%.1000s/", report->pictures);
	snprintf(path, sizeof(path), "%.2000s/%.200s.%s", report->folder, report->name, ending);
	out = fopen(path, "we");
	if (!out)
		return err_sys(err, errno, "cannot write %s", path);
	if (html)
		rc = html_write(out, markdown, size, &options, err);
	else
		fwrite(markdown, 1, size, out);
	if (ferror(out) | fclose(out) && !rc)
		rc = err_sys(err, errno ? errno : EIO, "cannot write %s", path);
	if (!rc)
		printf("%s\n", path);
	return rc;
}

static int compose(struct report *report, char **markdown, size_t *size, struct err *err)
{
	struct document_input input;
	FILE *out = open_memstream(markdown, size);
	struct err drawn = {0};
	int rc;

	if (!out)
		return err_set(err, ENOMEM, "no memory for the report");
	report_files_input(&report->files, &input);
	input.title = report->options->title;
	input.author = report->options->author;
	input.pictures = report->pictures;
	input.picture_ending = ".svg";
	input.picture = make_picture;
	input.data = report;
	rc = report->template->write(out, &input, err);
	fclose(out);
	if (finish_all(report, &drawn) && !rc)
		rc = err_set(err, EIO, "%s", drawn.text);
	return rc;
}

static int make(struct report *report, struct err *err)
{
	char folder[PICTURE_PATH];
	char *markdown = NULL;
	size_t size = 0;
	int rc;

	snprintf(folder, sizeof(folder), "%.2000s/%.1000s", report->folder, report->pictures);
	rc = make_folder(folder, err);
	if (!rc)
		rc = compose(report, &markdown, &size, err);
	if (!rc && report->markdown)
		rc = write_file(report, "md", markdown, size, err);
	if (!rc && report->html)
		rc = write_file(report, "html", markdown, size, err);
	free(markdown);
	return rc;
}

int cmd_report(const struct options *options)
{
	struct report report = {.options = options};
	struct err err = {0};
	int code = check(&report);

	if (code)
		return code;
	if (report_files_read(&report.files, options->patterns.items, options->patterns.n, &err) ||
	    make(&report, &err)) {
		complain("%s", err.text);
		code = CODE_CANNOT_RUN;
	} else if (report.no_gnuplot) {
		complain("gnuplot is not installed (apt-get install gnuplot-nox): the report has tables, and the data "
			 "of %zu pictures in %s/%s",
			 report.n_pictures, report.folder, report.pictures);
	}
	report_files_clear(&report.files);
	return code;
}

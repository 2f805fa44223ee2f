/* SPDX-License-Identifier: MIT */
/*
 * A document in Markdown as one file of HTML that needs nothing beside it: pictures and their data are
 * inside. Markdown is parsed by cmark-gfm; HTML within it is dropped, but for <br> in cells.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

#include "support/err.h"

struct html_options {
	const char *folder;   /* that links of the document begin in */
	const char *pictures; /* links that begin with this are files to be taken in: "pictures/" */
};

/*
 * 0; -ENOMEM; the negative errno of a picture or of data that cannot be read, with its name; failed
 * writes are left to the stream's owner.
 */
int html_write(FILE *out, const char *markdown, size_t size, const struct html_options *options,
	       struct err *err);

#endif

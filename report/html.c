/* SPDX-License-Identifier: MIT */
#include "report/html.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/xml.h"

/* Parts of the page: "{{title}}", "{{contents}}" and "{{body}}" are put in. */
__asm__(".pushsection .rodata\n"
	"html_template:\n"
	".incbin \"report/template.html\"\n"
	".byte 0\n"
	".popsection\n");
extern const char html_template[];

struct page {
	const struct html_options *options;
	struct err *err;
	char *title;
	FILE *contents; /* a list of links to headings */
	unsigned headings;
};

/* ---- text ------------------------------------------------------------------------------------ */

static void write_base64(FILE *out, const unsigned char *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned bits = (unsigned)data[i] << 16 | (i + 1 < n ? (unsigned)data[i + 1] << 8 : 0) |
				(i + 2 < n ? data[i + 2] : 0);

		putc(digits[bits >> 18], out);
		putc(digits[bits >> 12 & 63], out);
		putc(i + 1 < n ? digits[bits >> 6 & 63] : '=', out);
		putc(i + 2 < n ? digits[bits & 63] : '=', out);
	}
}

/* All text below a node, without markup; owned by the caller. */
static char *text_of(cmark_node *node)
{
	cmark_iter *iter = cmark_iter_new(node);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	while (out && cmark_iter_next(iter) != CMARK_EVENT_DONE) {
		cmark_node *at = cmark_iter_get_node(iter);
		const char *literal = cmark_node_get_literal(at);

		if (literal && (cmark_node_get_type(at) == CMARK_NODE_TEXT || cmark_node_get_type(at) == CMARK_NODE_CODE))
			fputs(literal, out);
	}
	cmark_iter_free(iter);
	if (out)
		fclose(out);
	return text;
}

/* ---- what is put in the place of nodes --------------------------------------------------------- */

/*
 * HTML of ours. A cell of a table takes no other node that is written as it is, so the page is rendered with
 * HTML and links let through, and all that is not ours is taken out before.
 */
static cmark_node *verbatim(const char *html)
{
	cmark_node *node = cmark_node_new(CMARK_NODE_HTML_INLINE);

	cmark_node_set_literal(node, html);
	return node;
}

/* before and after in the place of the node, its children, if they stay, between them. */
static void replace(cmark_node *old, const char *before, const char *after, bool keep_children)
{
	cmark_node *child;

	cmark_node_insert_before(old, verbatim(before));
	while (keep_children && (child = cmark_node_first_child(old)))
		cmark_node_insert_before(old, child);
	if (*after)
		cmark_node_insert_before(old, verbatim(after));
	cmark_node_unlink(old);
	cmark_node_free(old);
}

/* Places in this document and on the web; no scripts. */
static bool is_safe(const char *link)
{
	return !strncmp(link, "https://", 8) || !strncmp(link, "http://", 7) || *link == '#' ||
	       !link[strcspn(link, ":")];
}

static int read_file(struct page *page, const char *link, unsigned char **data, size_t *size)
{
	char path[4096];
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", page->options->folder, link);
	in = fopen(path, "re");
	if (!in)
		return err_sys(page->err, errno, "cannot read %s", path);
	*data = NULL;
	*size = 0;
	for (size_t room = 0, n = 1; n;) {
		if (*size == room) {
			unsigned char *larger = realloc(*data, room = room ? 2 * room : 65536);

			if (!larger)
				break;
			*data = larger;
		}
		n = fread(*data + *size, 1, room - *size, in);
		*size += n;
	}
	if (ferror(in))
		err_sys(page->err, errno, "cannot read %s", path);
	fclose(in);
	return 0;
}

static const char *media_type(const char *link)
{
	static const char *const types[][2] = {
		{".svg", "image/svg+xml"}, {".png", "image/png"}, {".tsv", "text/tab-separated-values"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(link) > 4 && !strcmp(link + strlen(link) - 4, types[i][0]))
			return types[i][1];
	return "application/octet-stream";
}

/* "data:image/svg+xml;base64,...", onto out. */
static int write_data_link(struct page *page, FILE *out, const char *link)
{
	unsigned char *data;
	size_t size;
	int rc = read_file(page, link, &data, &size);

	if (rc)
		return rc;
	fprintf(out, "data:%s;base64,", media_type(link));
	write_base64(out, data, size);
	free(data);
	return 0;
}

static bool is_ours(const struct page *page, const char *link)
{
	return !strncmp(link, page->options->pictures, strlen(page->options->pictures)) && !strstr(link, "..");
}

/* The file's name, which the browser saves it under. */
static const char *base_name(const char *link)
{
	return strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
}

static int take_in(struct page *page, cmark_node *node, bool image)
{
	const char *link = cmark_node_get_url(node);
	char *before = NULL, *alt = image ? text_of(node) : NULL;
	size_t size;
	FILE *out = open_memstream(&before, &size);
	int rc;

	if (!out) {
		free(alt);
		return err_set(page->err, ENOMEM, "no memory for the page");
	}
	fputs(image ? "<img src=\"" : "<a href=\"", out);
	rc = write_data_link(page, out, link);
	fputs(image ? "\" alt=\"" : "\" download=\"", out);
	xml_put(out, image ? (alt ? alt : "") : base_name(link));
	fputs("\">", out);
	fclose(out);
	if (!rc)
		replace(node, before, image ? "" : "</a>", !image);
	free(before);
	free(alt);
	return rc;
}

/* An anchor in the heading, a line in the contents. */
static int take_heading(struct page *page, cmark_node *node)
{
	int level = cmark_node_get_heading_level(node);
	char *text = text_of(node), anchor[64];

	if (!text)
		return err_set(page->err, ENOMEM, "no memory for the page");
	if (level == 1 && !page->title) {
		page->title = text;
		return 0;
	}
	page->headings++;
	snprintf(anchor, sizeof(anchor), "<a class=\"anchor\" id=\"s%u\"></a>", page->headings);
	cmark_node_prepend_child(node, verbatim(anchor));
	if (level <= 3) {
		fprintf(page->contents, "<a class=\"level%d\" href=\"#s%u\">", level, page->headings);
		xml_put(page->contents, text);
		fputs("</a>\n", page->contents);
	}
	free(text);
	return 0;
}

static int take_node(struct page *page, cmark_node *node)
{
	cmark_node_type type = cmark_node_get_type(node);
	const char *link;

	if (type == CMARK_NODE_HTML_BLOCK || (type == CMARK_NODE_HTML_INLINE && strcmp(cmark_node_get_literal(node), "<br>"))) {
		cmark_node_unlink(node);
		cmark_node_free(node);
		return 0;
	}
	if (type != CMARK_NODE_IMAGE && type != CMARK_NODE_LINK)
		return 0;
	link = cmark_node_get_url(node);
	if (is_ours(page, link))
		return take_in(page, node, type == CMARK_NODE_IMAGE);
	if (!is_safe(link))
		cmark_node_set_url(node, "");
	return 0;
}

/* Nodes are replaced while they are walked, so they are listed before. */
static int take_nodes(struct page *page, cmark_node *document)
{
	cmark_iter *iter = cmark_iter_new(document);
	cmark_node **nodes = NULL;
	size_t n = 0, room = 0;
	cmark_event_type event;
	int rc = 0;

	while (!rc && (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		if (event != CMARK_EVENT_ENTER)
			continue;
		if (n == room) {
			cmark_node **larger = realloc(nodes, (room = room ? 2 * room : 4096) * sizeof(*nodes));

			if (!larger) {
				rc = err_set(page->err, ENOMEM, "no memory for the page");
				break;
			}
			nodes = larger;
		}
		nodes[n++] = cmark_iter_get_node(iter);
	}
	cmark_iter_free(iter);
	/* From the last on: what lies within a node is done before the node goes. */
	for (size_t i = n; i-- > 0 && !rc;)
		if (cmark_node_get_type(nodes[i]) != CMARK_NODE_HEADING)
			rc = take_node(page, nodes[i]);
	free(nodes);
	return rc;
}

/* In the order of the document, which is that of the contents. */
static int take_headings(struct page *page, cmark_node *document)
{
	int rc = 0;

	for (cmark_node *node = cmark_node_first_child(document); node && !rc; node = cmark_node_next(node))
		if (cmark_node_get_type(node) == CMARK_NODE_HEADING)
			rc = take_heading(page, node);
	return rc;
}

/* ---- the page -------------------------------------------------------------------------------- */

static void fill_template(FILE *out, const struct page *page, const char *contents, const char *body)
{
	const char *at = html_template, *next;

	for (; (next = strstr(at, "{{")); at = strstr(next, "}}") + 2) {
		fwrite(at, 1, (size_t)(next - at), out);
		if (!strncmp(next, "{{title}}", 9))
			xml_put(out, page->title ? page->title : "exitlab");
		else if (!strncmp(next, "{{contents}}", 12))
			fputs(contents, out);
		else if (!strncmp(next, "{{body}}", 8))
			fputs(body, out);
	}
	fputs(at, out);
}

static cmark_node *parse(cmark_parser *parser, const char *markdown, size_t size)
{
	cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("table"));
	cmark_parser_feed(parser, markdown, size);
	return cmark_parser_finish(parser);
}

int html_write(FILE *out, const char *markdown, size_t size, const struct html_options *options,
	       struct err *err)
{
	struct page page = {.options = options, .err = err};
	char *contents = NULL, *body;
	size_t contents_size;
	cmark_parser *parser;
	cmark_node *document;
	int rc;

	cmark_gfm_core_extensions_ensure_registered();
	page.contents = open_memstream(&contents, &contents_size);
	parser = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8);
	if (!page.contents || !parser)
		return err_set(err, ENOMEM, "no memory for the page");
	document = parse(parser, markdown, size);
	rc = take_nodes(&page, document);
	if (!rc)
		rc = take_headings(&page, document);
	fclose(page.contents);
	if (!rc) {
		body = cmark_render_html(document, CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_UNSAFE,
					 cmark_parser_get_syntax_extensions(parser));
		fill_template(out, &page, contents, body);
		free(body);
	}
	cmark_node_free(document);
	cmark_parser_free(parser);
	free(contents);
	free(page.title);
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "analysis/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_START 0x400000u
#define IMAGE_START   0x40000000u
#define IMAGE_END     0x41000000u

enum trace_region trace_region(uint64_t address)
{
	if (address >> 63)
		return TRACE_KERNEL;
	if (address < PROGRAM_START || (address >= IMAGE_START && address < IMAGE_END))
		return TRACE_GUEST;
	return TRACE_USER;
}

/* Reads one line in place, which ends the names with NULs. */
static bool parse_symbol(char *line, struct symbol *symbol, char *type)
{
	char *save = NULL, *end;
	char *address = strtok_r(line, " \t", &save);
	char *kind = strtok_r(NULL, " \t", &save);
	char *name = strtok_r(NULL, " \t", &save);
	char *module = strtok_r(NULL, " \t", &save);

	if (!name || strlen(kind) != 1 || strlen(address) > 16)
		return false;
	symbol->address = strtoull(address, &end, 16);
	if (*end || strspn(address, "0123456789abcdefABCDEF") != strlen(address))
		return false;
	*type = *kind;
	symbol->name = name;
	symbol->module = "vmlinux";
	if (!module)
		return true;
	end = module + strlen(module) - 1;
	if (*module != '[' || *end != ']' || end == module + 1)
		return false;
	*end = '\0';
	symbol->module = module + 1;
	return true;
}

static int compare_names(const char *a, const char *b)
{
	bool odd_a = strchr("_.", *a), odd_b = strchr("_.", *b);
	size_t n_a = strlen(a), n_b = strlen(b);

	if (odd_a != odd_b)
		return odd_a - odd_b;
	if (n_a != n_b)
		return n_a < n_b ? -1 : 1;
	return strcmp(a, b);
}

/* By address, and the name to use first. */
static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int names;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	names = compare_names(x->name, y->name);
	return names ? names : strcmp(x->module, y->module);
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Fills in the functions. 0, or the number of the line that is no symbol. */
static size_t read_symbols(struct symbols *symbols, bool *hidden)
{
	char *rest = symbols->text, *line, type;
	size_t number = 0;

	*hidden = false;
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct symbol *symbol = &symbols->symbols[symbols->n];

		number++;
		if (!*line)
			continue;
		if (!parse_symbol(line, symbol, &type))
			return number;
		if (!strchr("tTwW", type))
			continue;
		*hidden |= !symbol->address;
		symbols->n += trace_region(symbol->address) == TRACE_KERNEL;
	}
	return 0;
}

static void drop_aliases(struct symbols *symbols)
{
	size_t kept = 0;

	qsort(symbols->symbols, symbols->n, sizeof(*symbols->symbols), compare_symbols);
	for (size_t i = 0; i < symbols->n; i++)
		if (!kept || symbols->symbols[kept - 1].address != symbols->symbols[i].address)
			symbols->symbols[kept++] = symbols->symbols[i];
	symbols->n = kept;
}

int symbols_parse(struct symbols *symbols, const char *text, size_t size, struct err *err)
{
	size_t failed;
	bool hidden;
	int ret = 0;

	*symbols = (struct symbols){.text = strndup(text, size)};
	if (symbols->text)
		symbols->symbols = calloc(count_lines(symbols->text), sizeof(*symbols->symbols));
	if (!symbols->symbols) {
		symbols_clear(symbols);
		return err_set(err, ENOMEM, "no memory for the kernel's symbols");
	}
	failed = read_symbols(symbols, &hidden);
	if (failed)
		ret = err_set(err, EPROTO, "kallsyms: line %zu is not a symbol", failed);
	else if (!symbols->n && hidden)
		ret = err_set(err, EPERM,
			      "kallsyms: the kernel hides its addresses; read it as root with "
			      "kernel.kptr_restrict=0");
	else if (!symbols->n)
		ret = err_set(err, EPROTO, "kallsyms: has no function of the kernel");
	if (ret)
		symbols_clear(symbols);
	else
		drop_aliases(symbols);
	return ret;
}

void symbols_clear(struct symbols *symbols)
{
	free(symbols->symbols);
	free(symbols->text);
	*symbols = (struct symbols){0};
}

const struct symbol *symbols_find(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &symbols->symbols[low - 1] : NULL;
}

/* SPDX-License-Identifier: MIT */
#include "report/markdown_cell.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* An underscore within a word is no markup: kvm_pvm stays readable in the source. */
static bool acts(const char *text, size_t at)
{
	if (text[at] == '_')
		return !(at && isalnum((unsigned char)text[at - 1]) &&
			 isalnum((unsigned char)text[at + 1]));
	return strchr("\\`*[]<>|~&", text[at]) != NULL;
}

void markdown_cell(FILE *out, const char *text)
{
	for (size_t i = 0; text[i]; i++) {
		if ((unsigned char)text[i] < 0x20) {
			putc(' ', out);
			continue;
		}
		if (acts(text, i))
			putc('\\', out);
		putc(text[i], out);
	}
}

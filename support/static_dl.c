/* SPDX-License-Identifier: MIT */
/*
 * A static program loads no code when it runs: it may be the only file on its machine. The linker
 * puts this in the place of dlopen(), which SQLite would call if somebody wanted an extension.
 */
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode);

void *__wrap_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
/* The text of /proc/kallsyms. */
#include <stdint.h>

#include "analysis/symbols.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct symbols symbols = {0};
	struct err err = {0};

	if (!symbols_parse(&symbols, (const char *)data, size, &err))
		for (uint64_t at = 1; at; at <<= 1)
			symbols_find(&symbols, at | 0xffffffff80000000u);
	symbols_clear(&symbols);
	return 0;
}

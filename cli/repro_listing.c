/* SPDX-License-Identifier: MIT */
/* Guest code in a program of --save-repro, in the words of an assembler. */
#include "cli/repro_listing.h"

#include <capstone/capstone.h>
#include <inttypes.h>

static void put_line(FILE *out, uint64_t address, const uint8_t *bytes, size_t n, const char *text)
{
	fprintf(out, "\t * %6" PRIx64 ":  ", address);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%02x ", bytes[i]);
	fprintf(out, "%*s%s\n", n < 12 ? (int)(3 * (12 - n)) : 0, "", text);
}

/* Bytes that no instruction begins with are told as such, one by one: a check may mean them. */
void repro_listing(FILE *out, const uint8_t *code, size_t size, unsigned bits, uint64_t address)
{
	cs_mode mode = bits == 16 ? CS_MODE_16 : bits == 32 ? CS_MODE_32 : CS_MODE_64;
	csh handle;

	if (cs_open(CS_ARCH_X86, mode, &handle) != CS_ERR_OK)
		return;
	cs_option(handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	for (size_t at = 0; at < size;) {
		size_t n = 1;
		cs_insn *insn;
		char text[220] = "(a byte)";

		if (cs_disasm(handle, code + at, size - at, address + at, 1, &insn)) {
			n = insn->size;
			snprintf(text, sizeof(text), "%s %s", insn->mnemonic, insn->op_str);
			cs_free(insn, 1);
		}
		put_line(out, address + at, code + at, n, text);
		at += n;
	}
	cs_close(&handle);
}

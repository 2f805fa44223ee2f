/* SPDX-License-Identifier: MIT */
#include "differ/arch/x86/listing.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <string.h>

static const char *const register_names[REGS] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
};

static const struct {
	uint32_t bit;
	const char *name;
} flag_names[] = {
	{FLAG_CF, "CF"}, {FLAG_PF, "PF"}, {FLAG_AF, "AF"}, {FLAG_ZF, "ZF"}, {FLAG_SF, "SF"},
	{FLAG_IF, "IF"}, {FLAG_DF, "DF"}, {FLAG_OF, "OF"}, {0x10000, "RF"},
};

static const char *const page_names[PAGES] = {
	[PAGE_STACK] = "stack",	       [PAGE_DATA] = "data", [PAGE_DATA2] = "data",
	[PAGE_READONLY] = "read-only", [PAGE_LAST] = "data",
};

/* ---- code ------------------------------------------------------------------------------------ */

/* Capstone refuses a LOCK that faults: the rest is asked for, and the prefix put in front. */
static bool disassemble(csh handle, const struct program *code, const struct insn *insn, char *text,
			size_t size)
{
	uint8_t bytes[16];
	unsigned length = 0;
	cs_insn *decoded;
	bool whole;

	for (unsigned i = 0; i < insn->length; i++)
		if (!insn->invalid_lock || code->bytes[insn->offset + i] != 0xf0 || length < i)
			bytes[length++] = code->bytes[insn->offset + i];
	if (!cs_disasm(handle, bytes, length, AT_CODE + insn->offset, 1, &decoded))
		return false;
	whole = decoded->size == length;
	snprintf(text, size, "%s%s%s%s", insn->invalid_lock ? "lock " : "", decoded->mnemonic,
		 *decoded->op_str ? " " : "", decoded->op_str);
	cs_free(decoded, 1);
	return whole;
}

bool listing_decode(const struct program *code, const struct insn *insn, char *text, size_t size)
{
	static csh handle;
	static bool open;

	if (!open) {
		if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
			return false;
		cs_option(handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
		open = true;
	}
	return disassemble(handle, code, insn, text, size);
}

void listing_code(FILE *out, const struct program *code)
{
	for (unsigned i = 0; i < code->n; i++) {
		const struct insn *insn = &code->insns[i];
		char text[200];

		if (!listing_decode(code, insn, text, sizeof(text)))
			snprintf(text, sizeof(text), "(bytes)");
		fprintf(out, "%4x:  ", insn->offset);
		for (unsigned j = 0; j < insn->length; j++)
			fprintf(out, "%02x ", code->bytes[insn->offset + j]);
		fprintf(out, "%*s%s\n", insn->length < 12 ? 3 * (12 - insn->length) : 0, "", text);
	}
}

/* ---- states ---------------------------------------------------------------------------------- */

static void write_flags(FILE *out, uint64_t flags)
{
	fprintf(out, "flags 0x%" PRIx64, flags);
	for (unsigned i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (flags & flag_names[i].bit)
			fprintf(out, " %s", flag_names[i].name);
	fputc('\n', out);
}

static void write_registers(FILE *out, const uint64_t *gpr, uint32_t which)
{
	unsigned written = 0;

	for (unsigned i = 0; i < REGS; i++) {
		if (!(which >> i & 1))
			continue;
		fprintf(out, "%s%s 0x%" PRIx64,
			!written      ? ""
			: written % 4 ? "  "
				      : "\n",
			register_names[i], gpr[i]);
		written++;
	}
	if (written)
		fputc('\n', out);
}

static void write_xmm(FILE *out, const uint8_t xmm[XMMS][16])
{
	for (unsigned i = 0; i < XMMS; i++) {
		fprintf(out, "xmm%u ", i);
		for (unsigned j = 16; j-- > 0;)
			fprintf(out, "%02x", xmm[i][j]);
		fputc('\n', out);
	}
}

/* Sixteen bytes at most, from an offset into the pages on. */
static void write_bytes(FILE *out, const uint8_t *memory, unsigned at, unsigned n)
{
	fprintf(out, "memory 0x%x (%s):", page_address[at / PAGE] + at % PAGE,
		page_names[at / PAGE]);
	for (unsigned i = 0; i < n && at + i < MEMORY_SIZE; i++)
		fprintf(out, " %02x", memory[at + i]);
	fputc('\n', out);
}

static uint32_t not_zero(const uint64_t *gpr)
{
	uint32_t which = 0;

	for (unsigned i = 0; i < REGS; i++)
		if (gpr[i] && i != REG_BASE1 && i != REG_BASE2 && i != REG_INDEX)
			which |= 1u << i;
	return which;
}

void listing_start(FILE *out, const struct start *start, bool with_xmm)
{
	write_registers(out, start->gpr, not_zero(start->gpr));
	write_flags(out, start->flags);
	if (with_xmm)
		write_xmm(out, start->xmm);
	if (start->fill)
		fprintf(out, "memory: random words of seed 0x%" PRIx64 "\n", start->fill);
	else
		fprintf(out, "memory: zeroes\n");
}

void listing_behaviour(FILE *out, const struct program *code, const struct behaviour *behaviour,
		       const uint8_t *memory)
{
	char end[200];

	behaviour_describe(behaviour, end, sizeof(end));
	fprintf(out, "%s\n", end);
	if (behaviour->ended != ENDED_END && behaviour->ended != ENDED_TRAP)
		return;
	write_registers(out, behaviour->gpr, (1u << REGS) - 1);
	write_flags(out, behaviour->flags);
	if (code->uses_xmm)
		write_xmm(out, behaviour->xmm);
	for (unsigned at = 0; at < MEMORY_SIZE; at += 8)
		if (memcmp(memory + at, behaviour->memory + at, 8))
			write_bytes(out, behaviour->memory, at, 8);
}

void listing_difference(FILE *out, const struct comparison *comparison,
			const struct behaviour *behaviour)
{
	char end[200];

	behaviour_describe(behaviour, end, sizeof(end));
	fprintf(out, "%s\n", end);
	write_registers(out, behaviour->gpr, comparison->registers);
	if (comparison->flags)
		write_flags(out, behaviour->flags);
	if (comparison->differences >> DIFFER_XMM & 1)
		write_xmm(out, behaviour->xmm);
	if (comparison->differences >> DIFFER_MEMORY & 1)
		write_bytes(out, behaviour->memory, comparison->memory, 16);
}

/* SPDX-License-Identifier: MIT */
/* Guest code in a program of --save-repro, in the words of an assembler. */
#ifndef CLI_REPRO_LISTING_H
#define CLI_REPRO_LISTING_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* For struct repro_text: lines of a comment, an instruction each. */
void repro_listing(FILE *out, const uint8_t *code, size_t size, unsigned bits, uint64_t address);

#endif

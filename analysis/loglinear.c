/* SPDX-License-Identifier: MIT */
#include "analysis/loglinear.h"

#include <math.h>

#define SUB (1u << LOGLINEAR_SUB_BITS)

/* Octave 0 holds the values below SUB, octave k those from SUB << (k - 1) on. */
static unsigned bin_of(uint64_t value)
{
	unsigned octave, bin;

	if (value < SUB)
		return (unsigned)value;
	octave = 63u - (unsigned)__builtin_clzll(value) - LOGLINEAR_SUB_BITS + 1;
	bin = (octave << LOGLINEAR_SUB_BITS) + (unsigned)((value >> (octave - 1)) & (SUB - 1));
	return bin < LOGLINEAR_BINS ? bin : LOGLINEAR_BINS - 1;
}

static uint64_t middle_of(unsigned bin)
{
	unsigned octave = bin >> LOGLINEAR_SUB_BITS;
	uint64_t first;

	if (!octave)
		return bin;
	first = (uint64_t)(SUB + (bin & (SUB - 1))) << (octave - 1);
	return first + ((1ull << (octave - 1)) - 1) / 2;
}

void loglinear_add(struct loglinear *histogram, uint64_t value)
{
	histogram->counts[bin_of(value)]++;
	if (!histogram->total || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->total++;
	histogram->sum += value;
}

static uint64_t within(const struct loglinear *histogram, uint64_t value)
{
	return value < histogram->min	? histogram->min
	       : value > histogram->max ? histogram->max
					: value;
}

uint64_t loglinear_quantile(const struct loglinear *histogram, double p)
{
	uint64_t wanted, seen = 0;

	if (!histogram->total)
		return 0;
	wanted = p > 0 ? (uint64_t)ceil(fmin(p, 1) * (double)histogram->total) : 1;
	wanted = wanted ? wanted : 1;
	for (unsigned bin = 0; bin < LOGLINEAR_BINS - 1; bin++) {
		seen += histogram->counts[bin];
		if (seen >= wanted)
			return within(histogram, middle_of(bin));
	}
	return histogram->max;
}

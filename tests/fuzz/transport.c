/* SPDX-License-Identifier: MIT */
/* What an emulated host sends, in pieces whose sizes are of the input as well. */
#include <stdint.h>

#include "emulated-hosts/frame.h"
#include "tests/fuzz/fuzz.h"

static int take(void *data, enum frame_type type, const uint8_t *contents, size_t length)
{
	struct frame_exit exit_frame;
	uint32_t *sum = data;

	*sum = frame_crc(*sum, contents, length);
	if (type == FRAME_EXIT)
		frame_exit_decode((const char *)contents, length, &exit_frame);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame_reader reader;
	size_t step = size ? 1 + data[0] : 1;
	uint32_t sum = 0;

	reader = (struct frame_reader){.used = 0};
	for (size_t at = size ? 1 : 0; at < size; at += step)
		frame_feed(&reader, data + at, size - at < step ? size - at : step, take, &sum);
	return 0;
}

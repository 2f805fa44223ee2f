/* SPDX-License-Identifier: MIT */
/* The emulators' instruction traces: the first byte chooses whose, the second the size of pieces.
 */
#include <stdint.h>

#include "emulated-hosts/insn_trace.h"
#include "tests/fuzz/fuzz.h"

static void take_all(struct insn_trace *trace)
{
	struct trace_series series;
	struct trace_window window;
	struct err err;

	while (insn_trace_take(trace, &series)) {
		if (!trace_window_choose(series.insns, series.n, &window, &err))
			trace_window_clear(&window);
		trace_series_clear(&series);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct insn_trace trace;
	struct err err = {0};
	size_t step;
	int rc = 0;

	if (size < 2)
		return 0;
	insn_trace_init(&trace, data[0] & 1 ? INSN_TRACE_BOCHS : INSN_TRACE_QEMU);
	step = 1 + (size_t)data[1] * 8;
	for (size_t at = 2; at < size && !rc; at += step) {
		rc = insn_trace_feed(&trace, data + at, size - at < step ? size - at : step, &err);
		take_all(&trace);
	}
	if (!rc && !insn_trace_end(&trace, &err))
		take_all(&trace);
	insn_trace_clear(&trace);
	return 0;
}

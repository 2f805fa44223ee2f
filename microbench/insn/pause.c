/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD(insn_pause, "", "", "pause");

BENCHMARK(insn_pause,
	.name = "insn/pause",
	.title = "PAUSE",
	.what = "A single PAUSE must not exit; only a long loop of them may.",
	.rows = "55",
	.payload = "insn_pause",
	.environments = ENV_NATIVE | ENV_GUESTS,
	/* Many in a row are a spinning guest, which hardware may report (PLE, pause filter). */
	.max_iterations = 64,
	.control = true,
	.expect = {
		{SUBSTRATE_HARDWARE, .none = true},
		{SUBSTRATE_PVM, ENV_GUEST_USER, .none = true},
		{SUBSTRATE_PVM, .event = "kvm_emulate_insn", .event_count = 1},
	});

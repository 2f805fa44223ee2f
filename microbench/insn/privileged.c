/* SPDX-License-Identifier: MIT */
#include "microbench/bench.h"

PAYLOAD64(privileged_hlt, "", "", "hlt");
PAYLOAD64(privileged_cli, "", "", "cli");
PAYLOAD64(privileged_sti, "", "", "sti");
PAYLOAD64(privileged_lgdt, "", "", "lgdt " CTX(scratch));
PAYLOAD64(privileged_lidt, "", "", "lidt " CTX(scratch));
PAYLOAD64(privileged_lldt, "", "xorl %esi, %esi", "lldt %si");
PAYLOAD64(privileged_ltr, "", "xorl %esi, %esi", "ltr %si");
PAYLOAD64(privileged_lmsw, "", "xorl %esi, %esi", "lmsw %si");
PAYLOAD64(privileged_clts, "", "", "clts");
PAYLOAD64(privileged_mov_cr0, "", "", "mov %cr0, %rsi");
PAYLOAD64(privileged_mov_cr3, "", "", "mov %rsi, %cr3");
PAYLOAD64(privileged_rdmsr, "movl $0x1b, %ecx", "", "rdmsr");
PAYLOAD64(privileged_wbinvd, "", "", "wbinvd");
PAYLOAD64(privileged_invd, "", "", "invd");
PAYLOAD64(privileged_invlpg, "", "", "invlpg " CTX(scratch));
PAYLOAD64(privileged_swapgs, "", "", "swapgs");

BENCHMARK(insn_privileged,
	.name = "insn/privileged",
	.title = "privileged instructions in ring 3",
	.what = "Popek and Goldberg's good case: each traps in ring 3, so a hypervisor can catch it. Whatever does not "
		"is a hole in the machine.",
	.rows = "43 45 46 78",
	.environments = ENV_NATIVE | ENV_GUEST_USER,
	.classify = true,
	.control = true,
	.axes = {{"instruction", 0,
		  {{"hlt", 0, "privileged_hlt"}, {"cli", 0, "privileged_cli"}, {"sti", 0, "privileged_sti"},
		   {"lgdt", 0, "privileged_lgdt"}, {"lidt", 0, "privileged_lidt"},
		   {"lldt", 0, "privileged_lldt"}, {"ltr", 0, "privileged_ltr"},
		   {"lmsw", 0, "privileged_lmsw"}, {"clts", 0, "privileged_clts"},
		   {"mov-from-cr0", 0, "privileged_mov_cr0"}, {"mov-to-cr3", 0, "privileged_mov_cr3"},
		   {"rdmsr", 0, "privileged_rdmsr"}, {"wbinvd", 0, "privileged_wbinvd"},
		   {"invd", 0, "privileged_invd"}, {"invlpg", 0, "privileged_invlpg"},
		   {"swapgs", 0, "privileged_swapgs"}}}},
	.expect = {
		{SUBSTRATE_HARDWARE, .trap = true, .none = true},
		EXPECT_PVM_TRAP,
	});

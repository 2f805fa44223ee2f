/* SPDX-License-Identifier: MIT */
/*
 * An instruction that does nothing, and that whoever emulates the processor can see: Bochs's debugger
 * stops at it ("magic_break"), a plugin of QEMU's recognizes its bytes, 66 87 db.
 */
#ifndef KVM_HARNESS_ARCH_X86_MARKER_H
#define KVM_HARNESS_ARCH_X86_MARKER_H

static inline void marker(void)
{
	__asm__ volatile("xchgw %%bx, %%bx" ::: "memory");
}

#endif

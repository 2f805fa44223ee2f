/* SPDX-License-Identifier: MIT */
/* Selectors and places that checks compare a guest's state with. */
#ifndef ARCH_X86_MODES_H
#define ARCH_X86_MODES_H

#define SEL_KERNEL_CODE	  0x08 /* 64-bit code, ring 0 */
#define SEL_KERNEL_DATA	  0x10
#define SEL_USER_CODE	  0x1b /* 64-bit code, ring 3 */
#define SEL_USER_DATA	  0x23
#define SEL_KERNEL_CODE32 0x28 /* flat 32-bit code, ring 0 */
#define SEL_CTX		  0x30 /* 32-bit: fs, based at the context */
/* 16 bytes a vCPU; not 0x40, which is Linux's own and would look alike */
#define SEL_TSS	  0x48
#define SEL_LDT	  0x88 /* an empty one */
#define SEL_FREE  0x98 /* four entries for operations that need a descriptor */
#define GDT_LIMIT 0xb7
#define LDT_LIMIT 0x0f

/* The gate that ring 3 may use by INT n. */
#define VECTOR_USER 0x80
/* Used by operations that deliver an interrupt. */
#define VECTOR_TEST 0x51

#endif

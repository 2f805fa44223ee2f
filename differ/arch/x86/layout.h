/* SPDX-License-Identifier: MIT */
/*
 * The sandbox: where a sequence's code, stack and data lie, at the same virtual addresses in this
 * process and in the guest. What is between the pages is mapped nowhere.
 */
#ifndef DIFFER_X86_LAYOUT_H
#define DIFFER_X86_LAYOUT_H

#define SANDBOX	     0x30000u /* == STAGE_CODE: a stage's traps count offsets from there */
#define SANDBOX_SIZE 0x10000u
#define PAGE	     0x1000u

#define AT_CODE	    0x30000u
#define AT_STACK    0x33000u
#define AT_DATA	    0x35000u /* two pages that may be written ... */
#define AT_READONLY 0x37000u /* ... with one behind them that may only be read ... */
#define AT_LAST	    0x39000u /* ... and one more, with nothing behind it */
#define AT_NOTHING  0x38000u

#define STACK_START (AT_STACK + PAGE / 2)

/* The pages that are compared, in the order in which struct start and behaviour have them. */
enum page {
	PAGE_STACK,
	PAGE_DATA,
	PAGE_DATA2,
	PAGE_READONLY,
	PAGE_LAST,
	PAGES,
};
#define MEMORY_SIZE (PAGES * PAGE)

static const unsigned page_address[PAGES] = {AT_STACK, AT_DATA, AT_DATA + PAGE, AT_READONLY,
					     AT_LAST};

#endif

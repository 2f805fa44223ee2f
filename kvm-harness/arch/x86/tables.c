/* SPDX-License-Identifier: MIT */
/* What the guest's memory holds before its first instruction: page and descriptor tables. */
#include <errno.h>
#include <string.h>

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/arch/x86/paging.h"
#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"

#define DESC_CODE64_KERNEL 0x00af9b000000ffffull
#define DESC_DATA_KERNEL   0x00cf93000000ffffull
#define DESC_CODE64_USER   0x00affb000000ffffull
#define DESC_DATA_USER	   0x00cff3000000ffffull
#define DESC_CODE32_KERNEL 0x00cf9b000000ffffull
#define DESC_TSS_BUSY	   0x8bull
#define DESC_LDT	   0x82ull
#define GATE_INTERRUPT64   0x8e00u
#define GATE_INTERRUPT32   0x8e00u
#define GATE_DPL3	   0x6000u

/* A TSS with a bitmap that lets ring 3 use every port: IOPL stays 0, so that CLI still traps. */
#define TSS_SIZE  0x68
#define TSS_LIMIT (TSS_SIZE + 8192)

static uint64_t interrupt_stack(unsigned vcpu)
{
	return GPA_STACKS + vcpu * 0x2000 + 0x1000;
}

static uint64_t system_descriptor(uint64_t base, uint64_t limit, uint64_t type)
{
	return (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 | (limit >> 16 & 15) << 48 |
	       (base >> 24 & 0xff) << 56;
}

static void build_gdt(uint8_t *memory)
{
	uint64_t *gdt = (uint64_t *)(memory + GPA_GDT);

	gdt[SEL_KERNEL_CODE / 8] = DESC_CODE64_KERNEL;
	gdt[SEL_KERNEL_DATA / 8] = DESC_DATA_KERNEL;
	gdt[SEL_USER_CODE / 8] = DESC_CODE64_USER;
	gdt[SEL_USER_DATA / 8] = DESC_DATA_USER;
	gdt[SEL_KERNEL_CODE32 / 8] = DESC_CODE32_KERNEL;
	gdt[SEL_CTX / 8] = DESC_DATA_KERNEL | GPA_CTX << 16;
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++)
		gdt[SEL_TSS / 8 + 2 * i] =
			system_descriptor(GPA_TSS + i * 0x3000, TSS_LIMIT, DESC_TSS_BUSY);
	gdt[SEL_LDT / 8] = system_descriptor(GPA_GDT + 0x800, LDT_LIMIT, DESC_LDT);
}

static void build_tss(uint8_t *memory, unsigned vcpu)
{
	uint8_t *tss = memory + GPA_TSS + vcpu * 0x3000;
	uint64_t stack = interrupt_stack(vcpu) + 0x1000;
	uint64_t ctx = GPA_CTX + vcpu * CTX_BLOCK;

	memcpy(tss + 4, &stack, sizeof(stack));	   /* rsp0 */
	memcpy(tss + 0x24, &stack, sizeof(stack)); /* ist1 */
	tss[0x66] = TSS_SIZE;
	tss[TSS_LIMIT] = 0xff;
	memcpy(memory + interrupt_stack(vcpu), &ctx, sizeof(ctx));
}

/* 64-bit gates are 16 bytes and switch to ist1; 32-bit ones are 8; real mode has far pointers. */
static void build_idt(uint8_t *memory, unsigned bits)
{
	uint64_t stubs = image_address(image_for(bits), "runtime_vectors");

	for (unsigned vector = 0; vector < 256; vector++) {
		uint64_t to = stubs + 16 * vector;
		uint64_t user = vector == VECTOR_USER || vector == 3 || vector == 4 ? GATE_DPL3 : 0;

		if (bits == 64) {
			uint64_t *gate = (uint64_t *)(memory + GPA_IDT) + 2 * vector;

			gate[0] = (to & 0xffff) | SEL_KERNEL_CODE << 16 |
				  (GATE_INTERRUPT64 | user | 1) << 32 | (to >> 16 & 0xffff) << 48;
			gate[1] = to >> 32;
		} else if (bits == 32) {
			uint64_t *gate = (uint64_t *)(memory + GPA_IDT) + vector;

			*gate = (to & 0xffff) | SEL_KERNEL_CODE32 << 16 |
				(uint64_t)GATE_INTERRUPT32 << 32 | (to >> 16 & 0xffff) << 48;
		} else {
			uint32_t pointer = (uint32_t)((to - GPA_IMAGE16) | GPA_IMAGE16 >> 4 << 16);

			memcpy(memory + 4 * vector, &pointer, sizeof(pointer));
		}
	}
}

/* Identity map of 4 GiB; the image by 4 KiB pages, text not writable, data not executable. */
static int build_pages(uint8_t *memory, struct err *err)
{
	const struct image *image = image_for(64);
	uint64_t text_end = image_address(image, "payload_text_end");
	struct page_tables tables = {.memory = memory, .next = GPA_PAGE_TABLES, .end = GPA_GDT};
	uint64_t all = PAGE_WRITE | PAGE_USER | PAGE_HUGE;
	uint64_t after = GPA_IMAGE + IMAGE_SPACE;
	int rc;

	rc = paging_init(&tables, err);
	if (!rc)
		rc = paging_map(&tables, 0, 0, GPA_IMAGE, all, err);
	if (!rc)
		rc = paging_map(&tables, GPA_IMAGE, GPA_IMAGE, text_end - GPA_IMAGE, PAGE_USER,
				err);
	if (!rc)
		rc = paging_map(&tables, text_end, text_end, after - text_end,
				PAGE_USER | PAGE_WRITE | PAGE_NOEXEC, err);
	if (!rc)
		rc = paging_map(&tables, after, after, (4ull << 30) - after, all, err);
	return rc;
}

int arch_vm_tables(struct vm *vm, struct err *err)
{
	uint8_t *memory = memory_host(vm, 0);

	build_gdt(memory);
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++)
		build_tss(memory, i);
	build_idt(memory, vm->bits);
	return vm->bits == 64 ? build_pages(memory, err) : 0;
}

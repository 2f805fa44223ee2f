/* SPDX-License-Identifier: MIT */
/* Memory slots: what is there, what is not, and what changes while the guest runs. */
#include "checks/checks.h"

#define SLOT   2
#define MEMORY .instance = {.vcpus = 1, .backing = BACKING_4K}

CODE64(memory_load, "movl (%rsi), %eax");
CODE64(memory_store, "movl %eax, (%rsi)");

static uint32_t *test_memory(struct stage *stage)
{
	return memory_host(&stage->vm, GPA_TEST);
}

/* Loads a word by the guest's hand. */
static uint32_t load(struct stage *stage, uint64_t address)
{
	stage->regs.rsi = address;
	stage->regs.rax = 0;
	stage_run(stage, &memory_load);
	expect_end(stage);
	return (uint32_t)stage->regs.rax;
}

static void expect_load(struct stage *stage, const char *what, uint64_t address, uint32_t wanted)
{
	load(stage, address);
	expect_bits(stage, what, stage->regs.rax, UINT32_MAX, wanted);
}

static void store(struct stage *stage, uint64_t address, uint32_t value)
{
	stage->regs.rsi = address;
	stage->regs.rax = value;
	stage_run(stage, &memory_store);
}

static int set_slot(struct stage *stage, uint64_t gpa, uint64_t size, void *host, uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = SLOT, .flags = flags, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (uintptr_t)host};

	return stage_vm_ioctl(stage, KVM_SET_USER_MEMORY_REGION, &region,
			      "KVM_SET_USER_MEMORY_REGION");
}

/* ---- read-only ------------------------------------------------------------------------------ */

static void run_read_only(struct stage *stage, unsigned n)
{
	uint32_t *memory = test_memory(stage);

	(void)n;
	memory[1] = 0x11223344;
	/* KVM changes the flag of a slot that it has not mapped yet, and of one that it has. */
	for (unsigned round = 0; round < 2 && !stage->over; round++) {
		set_slot(stage, GPA_TEST, 0, NULL, 0);
		set_slot(stage, GPA_TEST, TEST_MEMORY_SIZE, memory, KVM_MEM_READONLY);
		expect_load(stage, "what the guest reads", GPA_TEST + 4, 0x11223344);
		store(stage, GPA_TEST + 4, 0xcafe0001);
		expect_mmio(stage, true, GPA_TEST + 4, 4);
		expect_field(stage, "what was to be written", *(uint32_t *)stage->run->mmio.data,
			     0xcafe0001);
		stage_go(stage);
		expect_end(stage);
		expect_field(stage, "memory", memory[1], 0x11223344);
	}
}

CHECK(memory_read_only,
	.name = "memory/read-only",
	.title = "read-only memory is read without an exit; a write is KVM_EXIT_MMIO and changes nothing",
	.manual = "KVM API 4.35 KVM_MEM_READONLY",
	.in = IN_64,
	MEMORY,
	.capability = KVM_CAP_READONLY_MEM,
	.run = run_read_only);

/* ---- slots that come and go ----------------------------------------------------------------- */

static void run_deleted(struct stage *stage, unsigned n)
{
	uint32_t *memory = test_memory(stage);

	(void)n;
	memory[1] = 0x55667788;
	expect_load(stage, "before", GPA_TEST + 4, 0x55667788);
	set_slot(stage, GPA_TEST, 0, NULL, 0);
	stage->regs.rsi = GPA_TEST + 4;
	stage_run(stage, &memory_load);
	expect_mmio(stage, false, GPA_TEST + 4, 4);
	memcpy(stage->run->mmio.data, "\x01\x02\x03\x04", 4);
	stage_go(stage);
	expect_end(stage);
	expect_bits(stage, "what user space answered", stage->regs.rax, UINT32_MAX, 0x04030201);
	set_slot(stage, GPA_TEST, TEST_MEMORY_SIZE, memory, 0);
	expect_load(stage, "when it is there again", GPA_TEST + 4, 0x55667788);
}

CHECK(memory_deleted,
	.name = "memory/deleted",
	.title = "memory whose slot is deleted is gone at once, and there again with the slot",
	.manual = "KVM API 4.35 KVM_SET_USER_MEMORY_REGION",
	.in = IN_64,
	MEMORY,
	.run = run_deleted);

static void run_moved(struct stage *stage, unsigned n)
{
	uint32_t *memory = test_memory(stage);
	const uint64_t there = GPA_TEST + 0x10000000;

	(void)n;
	memory[1] = 0x10203040;
	expect_load(stage, "before", GPA_TEST + 4, 0x10203040);
	set_slot(stage, there, TEST_MEMORY_SIZE, memory, 0);
	expect_load(stage, "at the new place", there + 4, 0x10203040);
	stage->regs.rsi = GPA_TEST + 4;
	stage_run(stage, &memory_load);
	expect_mmio(stage, false, GPA_TEST + 4, 4);
}

CHECK(memory_moved,
	.name = "memory/moved",
	.title = "a slot that is moved is at its new place, and no longer at the old one",
	.manual = "KVM API 4.35 KVM_SET_USER_MEMORY_REGION",
	.in = IN_64,
	MEMORY,
	.run = run_moved);

static void run_other(struct stage *stage, unsigned n)
{
	uint32_t *memory = test_memory(stage);

	(void)n;
	memory[0] = 1;
	memory[0x100000 / 4] = 2;
	expect_load(stage, "before", GPA_TEST, 1);
	/* The same place, other memory: by deleting, as there is no other way. */
	set_slot(stage, GPA_TEST, 0, NULL, 0);
	set_slot(stage, GPA_TEST, 0x100000, memory + 0x100000 / 4, 0);
	expect_load(stage, "behind the change", GPA_TEST, 2);
}

CHECK(memory_other,
	.name = "memory/replaced",
	.title = "when other memory takes a slot's place, the guest sees it at its next access",
	.manual = "KVM API 4.35 KVM_SET_USER_MEMORY_REGION",
	.in = IN_64,
	MEMORY,
	.run = run_other);

/* Twice in the guest: what is written here is read there. */
static void run_alias(struct stage *stage, unsigned n)
{
	struct kvm_userspace_memory_region region = {
		.slot = 3, .guest_phys_addr = GPA_TEST + 0x10000000, .memory_size = 0x10000,
		.userspace_addr = (uintptr_t)test_memory(stage)};

	(void)n;
	stage_vm_ioctl(stage, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
	store(stage, GPA_TEST + 0x2004, 0x99887766);
	expect_end(stage);
	expect_load(stage, "by the other address", GPA_TEST + 0x10002004, 0x99887766);
	store(stage, GPA_TEST + 0x10002004, 0x11);
	expect_end(stage);
	expect_load(stage, "and back", GPA_TEST + 0x2004, 0x11);
}

CHECK(memory_alias,
	.name = "memory/alias",
	.title = "memory that is in two slots is the same memory",
	.manual = "KVM API 4.35 KVM_SET_USER_MEMORY_REGION",
	.in = IN_64,
	MEMORY,
	.run = run_alias);

/* ---- user space changes it ------------------------------------------------------------------ */

static void run_host_write(struct stage *stage, unsigned n)
{
	volatile uint32_t *memory = test_memory(stage);

	(void)n;
	for (uint32_t i = 1; i <= 3; i++) {
		memory[0x3000 / 4] = i;
		expect_load(stage, "what user space has written", GPA_TEST + 0x3000, i);
	}
	store(stage, GPA_TEST + 0x3000, 77);
	expect_end(stage);
	expect_field(stage, "what the guest has written", memory[0x3000 / 4], 77);
}

CHECK(memory_host_write,
	.name = "memory/shared",
	.title = "user space and the guest see what the other one writes",
	.manual = "KVM API 4.35 KVM_SET_USER_MEMORY_REGION",
	.in = IN_64,
	MEMORY,
	.run = run_host_write);

static void run_given_back(struct stage *stage, unsigned n)
{
	struct err err = {0};

	(void)n;
	store(stage, GPA_TEST + 0x3000, 77);
	expect_end(stage);
	expect_load(stage, "before", GPA_TEST + 0x3000, 77);
	if (memory_give_back(test_memory(stage), TEST_MEMORY_SIZE, BACKING_4K, &err))
		stage_broken(stage, "%s", err.text);
	expect_load(stage, "behind madvise(MADV_DONTNEED)", GPA_TEST + 0x3000, 0);
	store(stage, GPA_TEST + 0x3000, 78);
	expect_end(stage);
	expect_field(stage, "what user space reads", test_memory(stage)[0x3000 / 4], 78);
}

CHECK(memory_given_back,
	.name = "memory/given-back",
	.title = "a page that the host takes away is a new one at the guest's next access, not the old one",
	.manual = "madvise(2); KVM API 4.35, \"the memory is mapped by the host's page tables\"",
	.in = IN_64,
	MEMORY,
	.run = run_given_back);

/* ---- what KVM must refuse ------------------------------------------------------------------- */

static const struct refusal {
	const char *name;
	uint32_t slot, flags;
	uint64_t gpa, size, offset; /* of the user's address */
	int code;
} refusals[] = {
	{"overlap", 3, 0, GPA_TEST + 0x1000, 0x1000, 0, EEXIST},
	{"address-unaligned", 3, 0, 0x90000800, 0x1000, 0, EINVAL},
	{"size-unaligned", 3, 0, 0x90000000, 0x800, 0, EINVAL},
	{"user-address-unaligned", 3, 0, 0x90000000, 0x1000, 0x800, EINVAL},
	{"wraps", 3, 0, 0xfffffffffffff000, 0x2000, 0, EINVAL},
	{"flag-unknown", 3, 1u << 31, 0x90000000, 0x1000, 0, EINVAL},
	{"slot-unknown", 0x7fff0000, 0, 0x90000000, 0x1000, 0, EINVAL},
	{"resized", SLOT, 0, GPA_TEST, TEST_MEMORY_SIZE / 2, 0, EINVAL},
};

NAMES_OF_ROWS(refusals)

static void run_refused(struct stage *stage, unsigned n)
{
	const struct refusal *row = &refusals[n];
	struct kvm_userspace_memory_region region = {
		.slot = row->slot, .flags = row->flags, .guest_phys_addr = row->gpa,
		.memory_size = row->size,
		.userspace_addr = (uintptr_t)test_memory(stage) + row->offset};
	int rc = sys_ioctl(stage->vm.fd, KVM_SET_USER_MEMORY_REGION, &region);
	int code = rc < 0 ? errno : 0;

	expect_errno(stage, code, row->code);
	test_memory(stage)[1] = 5;
	expect_load(stage, "memory that was there", GPA_TEST + 4, 5);
}

CHECK(memory_refused,
	.name = "memory/refused",
	.title = "a slot that makes no sense is refused, and what is there stays",
	.manual = "KVM API 4.35 KVM_SET_USER_MEMORY_REGION",
	.in = ENV_GUEST,
	MEMORY,
	CASES(refusals),
	.run = run_refused);

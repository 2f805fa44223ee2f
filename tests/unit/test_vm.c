/* SPDX-License-Identifier: MIT */
/* VMs in every mode over a fake KVM: what they start with, and what is left when a call fails. */
#include "fake_kvm.h"

#include "kvm-harness/arch/x86/modes.h"
#include "kvm-harness/image.h"

static const struct mode {
	unsigned bits;
	bool user;
} modes[] = {{64, false}, {64, true}, {32, false}, {16, false}};
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

static const struct instance_config plain = {.vcpus = 1};

static void open_vm(struct vm *vm, const struct instance_config *config, unsigned bits, bool user)
{
	struct err err = {0};

	assert_int_equal(vm_open(vm, config, bits, user, &err), 0);
	assert_string_equal(err.text, "");
}

/* Descriptor tables are the processor's business: checked as it reads them. */
static uint64_t descriptor_base(const uint64_t *gdt, unsigned selector)
{
	uint64_t low = gdt[selector / 8];

	return (low >> 16 & 0xffffff) | (low >> 56 & 0xff) << 24;
}

static uint64_t descriptor_limit(const uint64_t *gdt, unsigned selector)
{
	uint64_t low = gdt[selector / 8];

	return (low & 0xffff) | (low >> 48 & 15) << 16;
}

static void assert_in_gdt(const uint64_t *gdt, const struct kvm_segment *segment)
{
	uint64_t low = gdt[segment->selector / 8];
	uint64_t limit = descriptor_limit(gdt, segment->selector);

	assert_int_equal(low >> 47 & 1, segment->present);
	assert_int_equal(low >> 45 & 3, segment->dpl);
	assert_int_equal(low >> 44 & 1, segment->s);
	/* A task register's busy bit is the harness's to choose: emulators disagree about it. */
	assert_int_equal((low >> 40 & 15) | (segment->s ? 0 : 2),
			 segment->type | (segment->s ? 0 : 2));
	assert_int_equal(low >> 53 & 1, segment->l);
	assert_int_equal(low >> 54 & 1, segment->db);
	assert_int_equal(low >> 55 & 1, segment->g);
	assert_int_equal(descriptor_base(gdt, segment->selector), segment->base);
	assert_int_equal(segment->g ? limit << 12 | 0xfff : limit, segment->limit);
}

static void long_mode(void **state)
{
	(void)state;
	for (int user = 0; user < 2; user++) {
		const struct instance_config config = {.vcpus = 3};
		const struct image *image = image_for(64);
		struct vm vm;

		open_vm(&vm, &config, 64, user);
		for (unsigned i = 0; i < 3; i++) {
			const struct fake_fd *vcpu = fake_find(FAKE_VCPU, i);
			const struct kvm_sregs *sregs = &vcpu->sregs;
			const uint64_t *gdt;

			assert_int_equal(vcpu->index, i);
			assert_true(vcpu->regs_set && vcpu->sregs_set);
			assert_int_equal(vcpu->cpuid_nent, 40);
			assert_int_equal(vcpu->regs.rip, image_address(image, "runtime_guest"));
			assert_int_equal(vcpu->regs.rdi, GPA_CTX + i * CTX_BLOCK);
			assert_int_equal(vcpu->regs.rsp % 16, 0);
			/* Interrupts on: a guest that spins with them off can stop a machine. */
			assert_int_equal(vcpu->regs.rflags, 0x202);
			/* PG, PE; LME, LMA; PAE: or the entry fails. NX: data is not executable. */
			assert_int_equal(sregs->cr0 & 0x80010001, 0x80010001);
			assert_int_equal(sregs->efer & 0xd00, 0xd00);
			assert_int_equal(sregs->cr4 & 0x20, 0x20);
			assert_int_equal(sregs->cr4 & 0x999, 0);
			assert_int_equal(sregs->cr3 % 4096, 0);
			assert_int_equal(sregs->cs.l, 1);
			assert_int_equal(sregs->cs.db, 0);
			assert_int_equal(sregs->cs.dpl, user ? 3 : 0);
			assert_int_equal(sregs->cs.selector & 3, user ? 3 : 0);
			assert_int_equal(sregs->ss.dpl, user ? 3 : 0);
			assert_int_equal(sregs->gdt.base, GPA_GDT);
			gdt = fake_guest_memory(&fake.fds[vcpu->vm], sregs->gdt.base);
			assert_in_gdt(gdt, &sregs->cs);
			assert_in_gdt(gdt, &sregs->ds);
			assert_in_gdt(gdt, &sregs->es);
			assert_in_gdt(gdt, &sregs->ss);
			assert_in_gdt(gdt, &sregs->tr);
			assert_in_gdt(gdt, &sregs->ldt);
			assert_true(sregs->tr.selector + 15u <= sregs->gdt.limit);
			assert_true(sregs->ldt.selector + 15u <= sregs->gdt.limit);
			assert_int_equal(sregs->idt.limit, 4095);
		}
		vm_close(&vm);
	}
	fake_assert_clean();
}

/* Every gate leads to its stub, on the vCPU's own stack; the page of that stack names the context.
 */
static void long_mode_interrupts(void **state)
{
	const struct instance_config config = {.vcpus = INSTANCE_VCPUS};
	uint64_t stubs = image_address(image_for(64), "runtime_vectors");
	uint64_t stacks[INSTANCE_VCPUS];
	struct vm vm;

	(void)state;
	open_vm(&vm, &config, 64, true);
	for (unsigned vector = 0; vector < 256; vector++) {
		const uint64_t *gate = (uint64_t *)memory_host(&vm, GPA_IDT) + 2 * vector;
		uint64_t to = (gate[0] & 0xffff) | (gate[0] >> 48) << 16 | gate[1] << 32;
		bool user = vector == VECTOR_USER || vector == 3 || vector == 4;

		assert_int_equal(to, stubs + 16 * vector);
		assert_int_equal(gate[0] >> 16 & 0xffff, SEL_KERNEL_CODE);
		assert_int_equal(gate[0] >> 32 & 7, 1);
		assert_int_equal(gate[0] >> 40 & 0x9f, 0x8e);
		assert_int_equal(gate[0] >> 45 & 3, user ? 3 : 0);
	}
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++) {
		const struct kvm_sregs *sregs = &fake_find(FAKE_VCPU, i)->sregs;
		const uint8_t *tss = memory_host(&vm, sregs->tr.base);
		uint64_t rsp0, ist1, ctx;

		memcpy(&rsp0, tss + 4, 8);
		memcpy(&ist1, tss + 0x24, 8);
		assert_int_equal(rsp0, ist1);
		/* The stub masks the address of its frame to the page that holds the context's. */
		memcpy(&ctx, memory_host(&vm, (ist1 - 64) & ~0xfffull), 8);
		assert_int_equal(ctx, GPA_CTX + i * CTX_BLOCK);
		stacks[i] = ist1;
		for (unsigned j = 0; j < i; j++)
			assert_true(stacks[j] + 4096 <= ist1 || ist1 + 4096 <= stacks[j]);
		/* Ring 3 may use every port: the bitmap is within the limit and clear. */
		assert_int_equal(tss[0x66] | tss[0x67] << 8, 0x68);
		assert_true(sregs->tr.limit >= 0x68u + 0xffff / 8 + 1);
		for (unsigned port = 0; port < 8192; port++)
			assert_int_equal(tss[0x68 + port], 0);
	}
	vm_close(&vm);
	fake_assert_clean();
}

static void protected_mode(void **state)
{
	const struct instance_config config = {.vcpus = 2};
	uint64_t stubs = image_address(image_for(32), "runtime_vectors");
	struct vm vm;

	(void)state;
	open_vm(&vm, &config, 32, false);
	for (unsigned i = 0; i < 2; i++) {
		const struct fake_fd *vcpu = fake_find(FAKE_VCPU, i);
		const struct kvm_sregs *sregs = &vcpu->sregs;

		assert_int_equal(vcpu->regs.rip, image_address(image_for(32), "runtime_guest"));
		assert_int_equal(sregs->cr0 & 0x80000001, 1);
		assert_int_equal(sregs->cr4, 0);
		assert_int_equal(sregs->efer, 0);
		assert_int_equal(sregs->cs.l, 0);
		assert_int_equal(sregs->cs.db, 1);
		assert_in_gdt(memory_host(&vm, GPA_GDT), &sregs->cs);
		/* The payload reaches its context through fs. */
		assert_int_equal(sregs->fs.base, GPA_CTX + i * CTX_BLOCK);
		assert_int_equal(sregs->idt.limit, 2047);
	}
	assert_in_gdt(memory_host(&vm, GPA_GDT), &fake_find(FAKE_VCPU, 0)->sregs.fs);
	for (unsigned vector = 0; vector < 256; vector++) {
		uint64_t gate = ((uint64_t *)memory_host(&vm, GPA_IDT))[vector];

		assert_int_equal((gate & 0xffff) | (gate >> 48) << 16, stubs + 16 * vector);
		assert_int_equal(gate >> 16 & 0xffff, SEL_KERNEL_CODE32);
	}
	vm_close(&vm);
	fake_assert_clean();
}

static void real_mode(void **state)
{
	uint64_t stubs = image_address(image_for(16), "runtime_vectors");
	const struct fake_fd *vcpu;
	const struct kvm_sregs *sregs;
	const struct kvm_segment *segments[6];
	struct vm vm;

	(void)state;
	open_vm(&vm, &plain, 16, false);
	vcpu = fake_find(FAKE_VCPU, 0);
	sregs = &vcpu->sregs;
	assert_int_equal(sregs->cr0 & 0x80000001, 0);
	assert_int_equal(sregs->efer, 0);
	assert_int_equal(sregs->cs.base + vcpu->regs.rip,
			 image_address(image_for(16), "runtime_guest"));
	assert_int_equal(sregs->fs.base, GPA_CTX);
	segments[0] = &sregs->cs;
	segments[1] = &sregs->ds;
	segments[2] = &sregs->es;
	segments[3] = &sregs->fs;
	segments[4] = &sregs->gs;
	segments[5] = &sregs->ss;
	/* Without unrestricted guest, VT-x enters real mode only with exactly these. */
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(segments[i]->base, (uint64_t)segments[i]->selector << 4);
		assert_int_equal(segments[i]->limit, 0xffff);
	}
	assert_true(vcpu->regs.rsp <= 0x10000);
	assert_non_null(memory_host(&vm, sregs->ss.base + vcpu->regs.rsp - 1));
	assert_int_equal(sregs->idt.base, 0);
	assert_int_equal(sregs->idt.limit, 0x3ff);
	for (unsigned vector = 0; vector < 256; vector++) {
		uint32_t pointer = ((uint32_t *)memory_host(&vm, 0))[vector];

		assert_int_equal((pointer >> 16 << 4) + (pointer & 0xffff), stubs + 16 * vector);
	}
	vm_close(&vm);
	fake_assert_clean();
}

/* KVM refuses overlapping slots, and maps huge pages only where both addresses agree. */
static void memory_slots(void **state)
{
	(void)state;
	for (unsigned m = 0; m < N_MODES; m++) {
		const struct instance_config config = {.vcpus = 1, .backing = BACKING_THP};
		const struct image *image = image_for(modes[m].bits);
		uint64_t base = image_address(image, "payload_start");
		size_t size = (size_t)(image->end - image->start);
		const struct fake_fd *fd;
		struct vm vm;

		open_vm(&vm, &config, modes[m].bits, modes[m].user);
		fd = fake_find(FAKE_VM, 0);
		for (unsigned i = 0; i < FAKE_SLOTS; i++) {
			const struct kvm_userspace_memory_region *a = &fd->slots[i];

			assert_int_equal((a->userspace_addr ^ a->guest_phys_addr) % (2 << 20), 0);
			for (unsigned j = 0; j < i; j++) {
				const struct kvm_userspace_memory_region *b = &fd->slots[j];

				assert_true(
					a->guest_phys_addr + a->memory_size <= b->guest_phys_addr ||
					b->guest_phys_addr + b->memory_size <= a->guest_phys_addr);
			}
		}
		/* The runtime from the start, operations when they are asked for, each in its
		 * place. */
		assert_memory_equal(fake_guest_memory(fd, base), image->start,
				    image_address(image, "payload_runtime_end") - base);
		vm_load(&vm, base, size);
		assert_memory_equal(fake_guest_memory(fd, base), image->start, size);
		assert_ptr_equal(fake_guest_memory(fd, GPA_TEST), memory_host(&vm, GPA_TEST));
		assert_non_null(memory_host(&vm, GPA_TEST + TEST_MEMORY_SIZE - 1));
		assert_null(memory_host(&vm, GPA_TEST + TEST_MEMORY_SIZE));
		assert_null(memory_host(&vm, GPA_MMIO));
		assert_null(fake_guest_memory(fd, GPA_MMIO));
		vm_close(&vm);
	}
	fake_assert_clean();
}

static void renewed_slot_keeps_its_pages(void **state)
{
	const struct instance_config config = {.vcpus = 1, .backing = BACKING_4K};
	struct kvm_userspace_memory_region before;
	struct err err = {0};
	struct vm vm;

	(void)state;
	open_vm(&vm, &config, 64, false);
	before = fake_find(FAKE_VM, 0)->slots[2];
	*(uint64_t *)memory_host(&vm, GPA_TEST) = 42;
	fake_find(FAKE_VM, 0)->regions_set = 0;
	assert_int_equal(memory_slot_renew(&vm, 2, &err), 0);
	/* KVM forgets its mapping only if the slot went away in between. */
	assert_int_equal(fake_find(FAKE_VM, 0)->regions_set, 2);
	assert_memory_equal(&fake_find(FAKE_VM, 0)->slots[2], &before, sizeof(before));
	assert_int_equal(*(uint64_t *)memory_host(&vm, GPA_TEST), 42);
	fake.fail_request = KVM_SET_USER_MEMORY_REGION;
	fake.request_error = EINVAL;
	assert_int_equal(memory_slot_renew(&vm, 2, &err), -EINVAL);
	assert_non_null(strstr(err.text, "KVM_SET_USER_MEMORY_REGION"));
	vm_close(&vm);
	fake_assert_clean();
}

static void irqchip_only_when_asked(void **state)
{
	(void)state;
	for (unsigned m = 0; m < N_MODES; m++) {
		const struct instance_config with = {.vcpus = 2, .irqchip = true};
		struct vm vm;

		open_vm(&vm, &plain, modes[m].bits, modes[m].user);
		assert_false(fake_find(FAKE_VM, 0)->irqchip || fake_find(FAKE_VM, 0)->pit);
		vm_close(&vm);

		open_vm(&vm, &with, modes[m].bits, modes[m].user);
		assert_true(fake_find(FAKE_VM, 0)->irqchip && fake_find(FAKE_VM, 0)->pit);
		/* Or the second one would wait for a start-up interrupt for ever. */
		assert_true(fake_find(FAKE_VCPU, 1)->mp_set);
		assert_int_equal(fake_find(FAKE_VCPU, 1)->mp_state, KVM_MP_STATE_RUNNABLE);
		vm_close(&vm);
	}
	fake_assert_clean();
}

/* Intel's KVM puts pages of its own there: not where the guest has memory or expects none. */
static void kvm_pages_are_out_of_the_way(void **state)
{
	const struct fake_fd *fd;
	struct vm vm;

	(void)state;
	open_vm(&vm, &plain, 16, false);
	fd = fake_find(FAKE_VM, 0);
	assert_int_equal(fd->identity_map % 4096, 0);
	assert_int_equal(fd->tss_address % 4096, 0);
	assert_true(fd->identity_map < 1ull << 32 && fd->tss_address + 0x3000 <= 1ull << 32);
	assert_true(fd->identity_map + 4096 <= fd->tss_address ||
		    fd->tss_address + 0x3000 <= fd->identity_map);
	assert_null(fake_guest_memory(fd, fd->identity_map));
	for (unsigned i = 0; i < 3; i++)
		assert_null(fake_guest_memory(fd, fd->tss_address + i * 4096));
	vm_close(&vm);
	fake_assert_clean();
}

/* These do without: a KVM that refuses them runs the guest all the same. */
static bool may_fail(const char *call)
{
	return !strcmp(call, "madvise") || !strcmp(call, "KVM_SET_IDENTITY_MAP_ADDR") ||
	       !strcmp(call, "KVM_SET_TSS_ADDR") || !strcmp(call, "KVM_CHECK_EXTENSION");
}

static void assert_names_call(const struct err *err, const char *call)
{
	if (!strstr(err->text, call))
		fail_msg("the message of a failed %s does not name it: %s", call, err->text);
}

/* One call after the other fails: an error that says which, and nothing is left open. */
static void every_call_fails_once(void **state)
{
	static const int errors[] = {ENOMEM, EINVAL, EMFILE};

	(void)state;
	for (unsigned m = 0; m < N_MODES; m++)
		for (unsigned e = 0; e < sizeof(errors) / sizeof(errors[0]); e++)
			for (unsigned n = 1;; n++) {
				const struct instance_config config = {
					.vcpus = 2, .irqchip = true, .backing = BACKING_THP};
				struct err err = {0};
				struct vm vm;
				int rc;

				fake_reset(NULL);
				fake.fail_at = n;
				fake.fail_error = errors[e];
				rc = vm_open(&vm, &config, modes[m].bits, modes[m].user, &err);
				if (fake.calls < n) {
					assert_int_equal(rc, 0);
					vm_close(&vm);
					fake_assert_clean();
					assert_true(n > 20);
					break;
				}
				if (may_fail(fake.failed)) {
					assert_int_equal(rc, 0);
				} else {
					assert_true(rc < 0);
					assert_int_equal(err.code, -rc);
					assert_names_call(&err, fake.failed);
					assert_null(strchr(err.text, '\n'));
				}
				vm_close(&vm);
				vm_close(&vm);
				fake_assert_clean();
				/* NULL for the message is allowed. */
				fake_reset(NULL);
				fake.fail_at = n;
				fake.fail_error = errors[e];
				assert_int_equal(
					vm_open(&vm, &config, modes[m].bits, modes[m].user, NULL),
					rc);
				vm_close(&vm);
				fake_assert_clean();
			}
}

/* A signal that hits an ioctl is no failure. */
static void interrupted_calls_are_repeated(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 60; n++) {
		struct err err = {0};
		struct vm vm;
		int rc;

		fake_reset(NULL);
		fake.fail_at = n;
		fake.fail_error = EINTR;
		rc = vm_open(&vm, &plain, 64, false, &err);
		if (strncmp(fake.failed, "KVM_", 4) == 0)
			assert_int_equal(rc, 0);
		vm_close(&vm);
		fake_assert_clean();
	}
}

static void closed_twice(void **state)
{
	const struct instance_config config = {.vcpus = INSTANCE_VCPUS, .backing = BACKING_4K};
	struct vm vm;

	(void)state;
	open_vm(&vm, &config, 64, false);
	assert_int_equal(fake.open_fds, 2 + INSTANCE_VCPUS);
	assert_true(fake_mapped() >= TEST_MEMORY_SIZE);
	vm_close(&vm);
	assert_int_equal(fake.open_fds, 1);
	assert_int_equal(fake_mapped(), 0);
	vm_close(&vm);
	assert_int_equal(fake.bad_closes, 0);
	fake_assert_clean();
}

/* /dev/kvm is opened once for any number of VMs. */
static void shared_device(void **state)
{
	struct vm a, b;

	(void)state;
	open_vm(&a, &plain, 64, false);
	open_vm(&b, &plain, 32, false);
	assert_int_equal(fake.opens, 1);
	vm_close(&a);
	assert_non_null(fake_find(FAKE_VM, 0));
	vm_close(&b);
	fake_assert_clean();
}

static void device_error(int error, int code, const char *const *words)
{
	struct kvm_host *host;
	struct err err = {0};

	fake_reset(NULL);
	fake.open_error = error;
	assert_int_equal(kvm_host_get(&host, &err), -code);
	for (; *words; words++)
		if (!strstr(err.text, *words))
			fail_msg("'%s' is missing in: %s", *words, err.text);
	assert_int_equal(kvm_host_capability(KVM_CAP_IRQCHIP), 0);
	/* The next try may succeed: somebody loaded the module. */
	fake.open_error = 0;
	assert_int_equal(kvm_host_get(&host, &err), 0);
	assert_int_equal(kvm_host_capability(KVM_CAP_IRQCHIP), 1);
	fake_assert_clean();
}

static void no_device(void **state)
{
	(void)state;
	device_error(ENOENT, ENOENT,
		     (const char *[]){"/dev/kvm", "load kvm_intel or kvm_amd", NULL});
	device_error(EACCES, EACCES, (const char *[]){"/dev/kvm", "root", "group", NULL});
	device_error(EPERM, EACCES, (const char *[]){"/dev/kvm", "root", "group", NULL});
	device_error(EBUSY, EBUSY,
		     (const char *[]){"/dev/kvm", "another hypervisor", "stop", NULL});
	device_error(ENODEV, ENODEV, (const char *[]){"/dev/kvm", "No such device", NULL});
}

/* VT-x that VirtualBox holds shows itself here. */
static void busy_at_creation(void **state)
{
	struct err err = {0};
	struct vm vm;

	(void)state;
	fake.fail_request = KVM_CREATE_VM;
	fake.request_error = EBUSY;
	assert_int_equal(vm_open(&vm, &plain, 64, false, &err), -EBUSY);
	assert_non_null(strstr(err.text, "KVM_CREATE_VM"));
	assert_non_null(strstr(err.text, "another hypervisor"));
	fake_assert_clean();
}

static void wrong_device(void **state)
{
	struct kvm_host *host;
	struct err err = {0};

	(void)state;
	fake.api_version = 11;
	assert_int_equal(kvm_host_get(&host, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "version 11"));
	assert_non_null(strstr(err.text, "12"));
	fake_assert_clean();

	fake_reset(NULL);
	fake.run_size = 16;
	assert_int_equal(kvm_host_get(&host, &err), -EIO);
	assert_non_null(strstr(err.text, "KVM_GET_VCPU_MMAP_SIZE"));
	fake_assert_clean();
}

/* A newer KVM may know more leaves than anybody expected. */
static void many_cpuid_entries(void **state)
{
	struct err err = {0};
	struct vm vm;

	(void)state;
	fake.cpuid_entries = 500;
	open_vm(&vm, &plain, 64, false);
	assert_int_equal(fake_find(FAKE_VCPU, 0)->cpuid_nent, 500);
	vm_close(&vm);
	kvm_host_put_all();
	fake.cpuid_entries = 100000;
	assert_int_equal(vm_open(&vm, &plain, 64, false, &err), -E2BIG);
	assert_non_null(strstr(err.text, "KVM_GET_SUPPORTED_CPUID"));
	fake_assert_clean();
}

/* Most machines have no reserved huge pages: the message says where they are asked for. */
static void no_huge_pages(void **state)
{
	const struct instance_config config = {.vcpus = 1, .backing = BACKING_HUGETLB};
	struct err err = {0};
	struct vm vm;

	(void)state;
	/* The calls before the test memory are as many with any backing. */
	for (unsigned n = 1; n < 60; n++) {
		fake_reset(NULL);
		fake.fail_at = n;
		fake.fail_error = ENOMEM;
		if (vm_open(&vm, &config, 64, false, &err) && strstr(err.text, "huge page")) {
			assert_non_null(strstr(err.text, "nr_hugepages"));
			fake_assert_clean();
			return;
		}
		vm_close(&vm);
		fake_assert_clean();
	}
	fail_msg("no failure of the huge mapping was seen");
}

/* A page that was given back is there again, and empty, whatever it was a page of. */
static void memory_given_back(void **state)
{
	static const enum backing backings[] = {BACKING_4K, BACKING_THP, BACKING_MEMFD, BACKING_FILE};
	struct err err = {0};

	(void)state;
	sys = &sys_real;
	for (unsigned i = 0; i < sizeof(backings) / sizeof(backings[0]); i++) {
		uint64_t *memory = memory_map(TEST_MEMORY_SIZE, backings[i]);

		assert_non_null(memory);
		assert_int_equal(memory_supported(backings[i], false, &err), 0);
		memory[0] = memory[TEST_MEMORY_SIZE / 8 - 1] = 42;
		assert_int_equal(memory_give_back(memory, TEST_MEMORY_SIZE, backings[i], &err), 0);
		assert_int_equal(memory[0], 0);
		assert_int_equal(memory[TEST_MEMORY_SIZE / 8 - 1], 0);
		memory_unmap(memory, TEST_MEMORY_SIZE);
	}
}

/* What cannot be had says so before anything is measured, and leaves nothing behind. */
static void memory_refused(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(memory_supported(BACKING_GUEST_MEMFD, false, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "a guest alone"));
	assert_int_equal(memory_supported(BACKING_GUEST_MEMFD, true, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "Linux 6.18"));
	for (unsigned n = 1; n <= 3; n++) {
		fake_reset(NULL);
		fake.fail_at = n;
		fake.fail_error = ENOSPC;
		assert_int_equal(memory_supported(BACKING_MEMFD, false, &err), -ENOSPC);
		assert_non_null(strstr(err.text, "memfd"));
		fake_assert_clean();
	}
	/* Not a mapping that kills when it is touched. */
	fake_reset(NULL);
	if (memory_supported(BACKING_HUGETLB, false, &err))
		assert_non_null(strstr(err.text, "nr_hugepages"));
	fake_assert_clean();
}

static char undone[8];

static void undo(void *data)
{
	size_t n = strlen(undone);

	if (n < sizeof(undone) - 1)
		undone[n] = *(const char *)data;
}

/* What operations have set up goes before the VM does, the last one first; and none is forgotten. */
static void cleanups(void **state)
{
	struct err err = {0};
	struct vm vm;

	(void)state;
	memset(undone, 0, sizeof(undone));
	open_vm(&vm, &plain, 64, false);
	assert_int_equal(vm_at_close(&vm, undo, "a", &err), 0);
	assert_int_equal(vm_at_close(&vm, undo, "b", &err), 0);
	assert_string_equal(undone, "");
	vm_close(&vm);
	assert_string_equal(undone, "ba");
	vm_close(&vm);
	assert_string_equal(undone, "ba");
	fake_assert_clean();
}

static void too_many_cleanups(void **state)
{
	struct err err = {0};
	struct vm vm;

	(void)state;
	memset(undone, 0, sizeof(undone));
	open_vm(&vm, &plain, 64, false);
	for (unsigned i = 0; i < VM_CLEANUPS; i++)
		assert_int_equal(vm_at_close(&vm, undo, "a", &err), 0);
	assert_int_equal(vm_at_close(&vm, undo, "x", &err), -ENOSPC);
	assert_string_equal(undone, "x");
	assert_true(*err.text);
	vm_close(&vm);
	fake_assert_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(long_mode, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(long_mode_interrupts, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(protected_mode, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(real_mode, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(memory_slots, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(renewed_slot_keeps_its_pages, fake_reset,
						fake_teardown),
		cmocka_unit_test_setup_teardown(irqchip_only_when_asked, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(kvm_pages_are_out_of_the_way, fake_reset,
						fake_teardown),
		cmocka_unit_test_setup_teardown(every_call_fails_once, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(interrupted_calls_are_repeated, fake_reset,
						fake_teardown),
		cmocka_unit_test_setup_teardown(closed_twice, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(cleanups, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(too_many_cleanups, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(shared_device, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(no_device, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(busy_at_creation, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(wrong_device, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(many_cpuid_entries, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(no_huge_pages, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(memory_given_back, fake_reset, fake_teardown),
		cmocka_unit_test_setup_teardown(memory_refused, fake_reset, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

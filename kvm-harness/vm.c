/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/image.h"
#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

static struct kvm_host the_host = {.fd = -1};

static int host_cpuid(struct kvm_host *host, struct err *err)
{
	int deadline = sys_ioctl(host->fd, KVM_CHECK_EXTENSION,
				 (void *)(uintptr_t)KVM_CAP_TSC_DEADLINE_TIMER);

	for (unsigned n = 128; n <= 4096; n *= 2) {
		struct kvm_cpuid2 *cpuid =
			calloc(1, sizeof(*cpuid) + n * sizeof(cpuid->entries[0]));

		if (!cpuid)
			return err_set(err, ENOMEM, "no memory for the CPUID table");
		cpuid->nent = n;
		if (!sys_ioctl(host->fd, KVM_GET_SUPPORTED_CPUID, cpuid)) {
			arch_cpuid_complete(cpuid, deadline > 0);
			host->cpuid = cpuid;
			return 0;
		}
		free(cpuid);
		if (errno != E2BIG)
			break;
	}
	return err_sys(err, errno, "ioctl KVM_GET_SUPPORTED_CPUID");
}

static int host_open(struct kvm_host *host, struct err *err)
{
	int rc;

	host->fd = sys->open("/dev/kvm", O_RDWR);
	if (host->fd < 0) {
		if (errno == ENOENT)
			return err_set(err, ENOENT,
				       "/dev/kvm is absent: load kvm_intel or kvm_amd, or enable "
				       "virtualization in the firmware or in the outer hypervisor");
		if (errno == EACCES || errno == EPERM)
			return err_set(err, EACCES,
				       "/dev/kvm is not permitted: run as root or join the group "
				       "that owns it (usually kvm)");
		if (errno == EBUSY)
			return err_set(err, EBUSY,
				       "/dev/kvm is busy: another hypervisor holds the CPU's "
				       "virtualization; stop it");
		return err_sys(err, errno, "cannot open /dev/kvm");
	}
	rc = sys_ioctl(host->fd, KVM_GET_API_VERSION, NULL);
	if (rc < 0)
		return err_sys(err, errno, "%s: ioctl KVM_GET_API_VERSION",
			       errno == ENOTTY ? "/dev/kvm is not KVM's device (something else lies there)"
					       : "/dev/kvm");
	if (rc != KVM_API_VERSION)
		return err_set(err, ENOTSUP, "/dev/kvm speaks API version %d, not %d", rc,
			       KVM_API_VERSION);
	rc = sys_ioctl(host->fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
	if (rc < (int)sizeof(struct kvm_run))
		return err_sys(err, rc < 0 ? errno : EIO, "ioctl KVM_GET_VCPU_MMAP_SIZE");
	host->run_size = (size_t)rc;
	return host_cpuid(host, err);
}

int kvm_host_get(struct kvm_host **host, struct err *err)
{
	int rc;

	if (the_host.fd < 0 || !the_host.cpuid) {
		rc = host_open(&the_host, err);
		if (rc) {
			kvm_host_put_all();
			return rc;
		}
	}
	*host = &the_host;
	return 0;
}

void kvm_host_put_all(void)
{
	if (the_host.fd >= 0)
		sys->close(the_host.fd);
	the_host.fd = -1;
	free(the_host.cpuid);
	the_host.cpuid = NULL;
}

int kvm_host_capability(int capability)
{
	struct kvm_host *host;
	int rc;

	if (kvm_host_get(&host, NULL))
		return 0;
	rc = sys_ioctl(host->fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)capability);
	return rc > 0 ? rc : 0;
}

static uint64_t image_gpa(const struct vm *vm)
{
	return vm->bits == 16 ? GPA_IMAGE16 : GPA_IMAGE;
}

/* Copies the pages of [from, to) of the image that this VM does not have yet. */
static void load_pages(struct vm *vm, const struct image *image, uint64_t from, uint64_t to)
{
	uint64_t base = image_address(image, "payload_start");
	size_t size = (size_t)(image->end - image->start);

	for (size_t at = (from - base) & ~4095ul; at < to - base; at += 4096) {
		uint8_t *seen = &vm->loaded[at / 4096 / 8];
		uint8_t bit = (uint8_t)(1u << (at / 4096 % 8));

		if (*seen & bit)
			continue;
		*seen |= bit;
		memcpy(memory_host(vm, image_gpa(vm) + at), image->start + at,
		       size - at < 4096 ? size - at : 4096);
	}
}

void vm_load(struct vm *vm, uint64_t address, uint64_t size)
{
	load_pages(vm, image_for(vm->bits), address, address + size);
}

/* The runtime now; an operation's pages when it is first asked for: most VMs run few of them. */
static int load_runtime(struct vm *vm, struct err *err)
{
	const struct image *image = image_for(vm->bits);
	size_t size = (size_t)(image->end - image->start);
	size_t space = vm->bits == 16 ? LOW_MEMORY_SIZE - GPA_IMAGE16 : IMAGE_SPACE;

	if (size > space)
		return err_set(err, EFBIG, "the %u-bit payload image has %zu bytes, more than %zu",
			       vm->bits, size, space);
	load_pages(vm, image, image_address(image, "payload_start"),
		   image_address(image, "payload_runtime_end"));
	load_pages(vm, image, image_address(image, "payload_text_end"),
		   image_address(image, "payload_end"));
	return 0;
}

/* KVM creates the VM in ring 0 of the module; EBUSY here is the usual "VT-x is taken". */
static int create_vm(struct vm *vm, struct kvm_host *host, struct err *err)
{
	vm->fd = sys_ioctl(host->fd, KVM_CREATE_VM, NULL);
	if (vm->fd >= 0)
		return 0;
	if (errno == EBUSY)
		return err_set(err, EBUSY,
			       "ioctl KVM_CREATE_VM: busy: another hypervisor holds the CPU's "
			       "virtualization; stop it");
	return err_sys(err, errno, "ioctl KVM_CREATE_VM");
}

/* Only before there are vCPUs. */
static int enable_dirty_ring(struct vm *vm, struct err *err)
{
	struct kvm_enable_cap enable = {
		.cap = KVM_CAP_DIRTY_LOG_RING,
		.args = {DIRTY_RING_ENTRIES * sizeof(struct kvm_dirty_gfn)},
	};

	if (sys_ioctl(vm->fd, KVM_ENABLE_CAP, &enable))
		return err_sys(err, errno, "ioctl KVM_ENABLE_CAP of KVM_CAP_DIRTY_LOG_RING");
	return 0;
}

int vm_open(struct vm *vm, const struct instance_config *config, unsigned bits, bool user,
	    struct err *err)
{
	struct kvm_host *host;
	int rc;

	memset(vm, 0, sizeof(*vm));
	vm->fd = -1;
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++)
		vm->vcpus[i].fd = vm->vcpus[i].stats_fd = -1;
	vm->config = *config;
	vm->bits = bits;
	vm->user = user;

	if (config->vcpus > INSTANCE_VCPUS)
		return err_set(err, EINVAL, "%u vCPUs were asked for; %d is the most",
			       config->vcpus, INSTANCE_VCPUS);
	rc = kvm_host_get(&host, err);
	if (rc)
		return rc;
	rc = create_vm(vm, host, err);
	if (rc)
		goto out;
	rc = arch_vm_prepare(vm, err);
	if (rc)
		goto out;
	if (config->dirty_ring) {
		rc = enable_dirty_ring(vm, err);
		if (rc)
			goto out;
	}
	rc = memory_slot_add(vm, 0, 0, LOW_MEMORY_SIZE, BACKING_4K, err);
	if (rc)
		goto out;
	if (bits != 16) {
		rc = memory_slot_add(vm, 1, GPA_IMAGE, IMAGE_SPACE, BACKING_4K, err);
		if (rc)
			goto out;
	}
	if (config->backing != BACKING_NONE) {
		rc = memory_slot_add(vm, 2, GPA_TEST, TEST_MEMORY_SIZE, config->backing, err);
		if (rc)
			goto out;
	}
	rc = config->bare ? 0 : load_runtime(vm, err);
	if (rc)
		goto out;
	rc = arch_vm_tables(vm, err);
	if (rc)
		goto out;
	for (unsigned i = 0; i < config->vcpus; i++) {
		rc = vcpu_open(&vm->vcpus[i], vm, i, err);
		if (rc)
			goto out;
		vm->n_vcpus = i + 1;
	}
out:
	if (rc)
		vm_close(vm);
	return rc;
}

int vm_at_close(struct vm *vm, void (*function)(void *data), void *data, struct err *err)
{
	if (vm->n_cleanups == VM_CLEANUPS) {
		function(data);
		return err_set(err, ENOSPC, "an operation wants more than %d things undone",
			       VM_CLEANUPS);
	}
	vm->cleanups[vm->n_cleanups++] = (struct vm_cleanup){function, data};
	return 0;
}

static void close_fd(void *data)
{
	sys->close((int)(intptr_t)data);
}

int vm_own_fd(struct vm *vm, int fd, struct err *err)
{
	return vm_at_close(vm, close_fd, (void *)(intptr_t)fd, err);
}

void vm_close(struct vm *vm)
{
	while (vm->n_cleanups) {
		const struct vm_cleanup *cleanup = &vm->cleanups[--vm->n_cleanups];

		cleanup->function(cleanup->data);
	}
	for (unsigned i = 0; i < INSTANCE_VCPUS; i++)
		vcpu_close(&vm->vcpus[i]);
	if (vm->fd >= 0)
		sys->close(vm->fd);
	vm->fd = -1;
	memory_free_all(vm);
}

/* SPDX-License-Identifier: MIT */
#include "microbench/irq/by_port.h"
#include "microbench/irq/x2apic.h"

/*
 * The shared page is the queue: what the guest has made available at 0, what the device has used at
 * 64. arg 1 buffers are made available before the bell is rung.
 */
#define QUEUE_INIT                             \
	ENABLE_APIC                            \
	"mov " CTX(shared) ", %rsi\n"          \
	"xorl %r8d, %r8d\n"                    \
	"movl " ARG(1) ", %edi"
#define QUEUE_ADD                              \
	"incl %r8d\n"                          \
	"addl %edi, (%rsi)"

PAYLOAD64(io_virtqueue_eventfd, QUEUE_INIT, QUEUE_ADD,
	"outl %eax, $0x84\n" WAIT_FOR_COUNT(CTX(irq_count)));
PAYLOAD64(io_virtqueue_exit, QUEUE_INIT, QUEUE_ADD,
	"outb %al, $" PORT_SEND "\n" WAIT_FOR_COUNT(CTX(irq_count)));

#if HOSTED
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "microbench/io/doorbell.h"
#include "kvm-harness/thread.h"

#define GSI	      24
#define BUFFER_OFFSET 1024
#define BUFFER_SIZE   64

/* A device: its queue, and in the first variant a thread that serves it. */
struct device {
	uint8_t *queue;
	int vm_fd, bell, interrupt, end;
	unsigned long thread;
	uint8_t sink[BUFFER_SIZE];
};

static uint32_t load(const uint8_t *queue, unsigned at)
{
	return __atomic_load_n((const uint32_t *)(queue + at), __ATOMIC_ACQUIRE);
}

/* Takes what is available, a cache line each. */
static void consume(struct device *device)
{
	uint32_t used = load(device->queue, 64), available = load(device->queue, 0);

	/* The harness clears the page before a job. */
	if (used > available)
		used = 0;
	for (; used != available; used++)
		memcpy(device->sink, device->queue + BUFFER_OFFSET + used % 32 * BUFFER_SIZE,
		       BUFFER_SIZE);
	__atomic_store_n((uint32_t *)(device->queue + 64), used, __ATOMIC_RELEASE);
}

static void *serve(void *data)
{
	struct device *device = data;
	struct pollfd fds[2] = {{.fd = device->bell, .events = POLLIN},
				{.fd = device->end, .events = POLLIN}};
	uint64_t count;

	thread_pin(environment_cpu(1));
	while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
		if (read(device->bell, &count, sizeof(count)) != sizeof(count))
			continue;
		consume(device);
		count = 1;
		if (write(device->interrupt, &count, sizeof(count)) != sizeof(count))
			break;
	}
	return NULL;
}

static void end(void *data)
{
	struct device *device = data;
	uint64_t one = 1;

	if (device->thread && write(device->end, &one, sizeof(one)) == sizeof(one))
		sys->thread_join(device->thread);
	sys->close(device->end);
	free(device);
}

static int make_device(struct instance *instance, struct device **out, struct err *err)
{
	struct device *device = calloc(1, sizeof(*device));

	if (!device)
		return err_set(err, ENOMEM, "no memory for a device");
	device->vm_fd = instance->vm->fd;
	device->queue = memory_host(instance->vm, GPA_SHARED);
	device->end = eventfd(0, EFD_CLOEXEC);
	if (device->end < 0) {
		free(device);
		return err_sys(err, errno, "eventfd");
	}
	*out = device;
	return 0;
}

static int hang_interrupt(struct instance *instance, struct device *device, struct err *err)
{
	struct kvm_irqfd irqfd = {.gsi = GSI};
	int rc = by_port_route_msi(instance, GSI, err);

	if (rc)
		return rc;
	device->interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (device->interrupt < 0)
		return err_sys(err, errno, "eventfd");
	irqfd.fd = (uint32_t)device->interrupt;
	rc = vm_own_fd(instance->vm, device->interrupt, err);
	if (!rc && sys_ioctl(instance->vm->fd, KVM_IRQFD, &irqfd))
		rc = err_sys(err, errno, "ioctl KVM_IRQFD");
	return rc;
}

static int setup(struct instance *instance, const uint64_t *arg, struct err *err)
{
	struct device *device = NULL;
	int rc = make_device(instance, &device, err);

	if (rc)
		return rc;
	instance->vm->operation = device;
	if (!arg[0]) {
		rc = doorbell_hang(instance, 0x84, DOORBELL_WILDCARD, KVM_IOEVENTFD_FLAG_PIO,
				   &device->bell, err);
		if (!rc)
			rc = hang_interrupt(instance, device, err);
		if (!rc)
			rc = sys->thread_create(serve, device, &device->thread);
		if (rc > 0)
			rc = err_sys(err, rc, "pthread_create of a device");
	}
	/* The last one, and so called first: its thread uses the file descriptors. */
	if (vm_at_close(instance->vm, end, device, rc ? NULL : err))
		return -ENOSPC;
	return rc;
}

static int serve_here(struct vcpu *vcpu, struct kvm_run *run, struct err *err)
{
	struct kvm_msi msi = {.address_lo = MSI_ADDRESS, .data = VECTOR_TEST};

	if (by_port(run) <= 0)
		return 0;
	consume(vcpu->vm->operation);
	if (sys_ioctl(vcpu->vm->fd, KVM_SIGNAL_MSI, &msi) < 0)
		return err_sys(err, errno, "ioctl KVM_SIGNAL_MSI");
	return 1;
}
#endif

BENCHMARK(io_virtqueue,
	.name = "io/virtqueue",
	.title = "a request to a paravirtual device and its completion",
	.what = "The guest makes buffers available and rings; the device takes them and interrupts. By eventfds and a "
		"thread of the device's, or by an exit to user space in the vCPU's own: what vhost saves, and when.",
	.rows = "12 75",
	.environments = ENV_GUEST,
	.needs = NEED_SMP | NEED_IRQCHIP | NEED_FRESH,
	.axes = {{"by", 0, {{"eventfd", 0, "io_virtqueue_eventfd"}, {"user-exit", 1, "io_virtqueue_exit"}}},
		 {"depth", 1, {{"1", 1}, {"16", 16}}}},
	.interrupts = 1,
	.max_iterations = 64,
	.setup = setup,
	.on_exit = serve_here,
	.expect = {
		{SUBSTRATE_VMX, .when = "user-exit", .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1,
		 .user = EXIT_KVM_IO, .user_count = 1, .also = ALSO(EXIT_VMX_MSR_WRITE, EXIT_VMX_PREEMPTION_TIMER)},
		{SUBSTRATE_VMX, .reason = EXIT_VMX_IO_INSTRUCTION, .count = 1,
		 .also = ALSO(EXIT_VMX_MSR_WRITE, EXIT_VMX_PREEMPTION_TIMER, EXIT_VMX_PAUSE_INSTRUCTION)},
		{SUBSTRATE_SVM, .when = "user-exit", .reason = EXIT_SVM_IOIO, .count = 1,
		 .user = EXIT_KVM_IO, .user_count = 1, .also = ALSO(EXIT_SVM_MSR)},
		{SUBSTRATE_SVM, .reason = EXIT_SVM_IOIO, .count = 1, .also = ALSO(EXIT_SVM_MSR, EXIT_SVM_PAUSE)},
		{SUBSTRATE_PVM, .when = "user-exit", .user = EXIT_KVM_IO, .user_count = 1},
		{SUBSTRATE_PVM, .event = "kvm_pio", .event_count = 1},
	});

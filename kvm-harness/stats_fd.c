/* SPDX-License-Identifier: MIT */
/*
 * KVM's binary statistics: a descriptor table in the file says where each counter is. Layout:
 * Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD. Own structs, since old headers lack them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-harness/kvm.h"
#include "kvm-harness/sys.h"

#ifndef KVM_GET_STATS_FD
#define KVM_GET_STATS_FD _IO(KVMIO, 0xce)
#endif

struct stats_header {
	uint32_t flags, name_size, num_desc, id_offset, desc_offset, data_offset;
};

struct stats_desc {
	uint32_t flags;
	int16_t exponent;
	uint16_t size;
	uint32_t offset;
	uint32_t bucket_size;
	/* char name[header.name_size] follows */
};

/* Where a counter's value is in the file; -1 when there is none of that name. */
static off_t find_counter(int fd, const struct stats_header *header, const char *name)
{
	size_t stride = sizeof(struct stats_desc) + header->name_size;
	char *desc = calloc(1, stride + 1);
	off_t found = -1;

	if (!desc)
		return -1;
	for (uint32_t i = 0; i < header->num_desc && found < 0; i++) {
		off_t at = (off_t)(header->desc_offset + i * stride);
		struct stats_desc head;

		if (sys->pread(fd, desc, stride, at) != (ssize_t)stride)
			break;
		memcpy(&head, desc, sizeof(head));
		if (!strcmp(desc + sizeof(head), name))
			found = (off_t)(header->data_offset + head.offset);
	}
	free(desc);
	return found;
}

/* Once a vCPU: the table is long, and the counters are read around every timed batch. */
static int find_counters(struct vcpu *vcpu)
{
	static const char *const names[VCPU_COUNTERS] = {"exits", "irq_exits", "signal_exits"};
	struct stats_header header;

	vcpu->stats_fd = sys_ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	if (vcpu->stats_fd < 0 ||
	    sys->pread(vcpu->stats_fd, &header, sizeof(header), 0) != sizeof(header))
		return -ENOTSUP;
	for (unsigned i = 0; i < VCPU_COUNTERS; i++)
		vcpu->stats_at[i] = find_counter(vcpu->stats_fd, &header, names[i]);
	return 0;
}

static bool read_counter(const struct vcpu *vcpu, unsigned index, uint64_t *value)
{
	*value = 0;
	return vcpu->stats_at[index] >= 0 && sys->pread(vcpu->stats_fd, value, sizeof(*value),
							vcpu->stats_at[index]) == sizeof(*value);
}

int vcpu_stats_read(struct vcpu *vcpu, struct vcpu_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	if (vcpu->stats_missing)
		return -ENOTSUP;
	if (vcpu->stats_fd < 0 && find_counters(vcpu)) {
		vcpu->stats_missing = true;
		return -ENOTSUP;
	}
	if (!read_counter(vcpu, 0, &stats->exits))
		return -ENOTSUP;
	/* These two are for subtraction: absent means that nothing is subtracted. */
	read_counter(vcpu, 1, &stats->irq_exits);
	read_counter(vcpu, 2, &stats->signal_exits);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "measure/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm-harness/sys.h"
#include "measure/counter_sets.h"
#include "measure/pmu.h"

struct counters {
	int fds[COUNT_PARTS][COUNTED_EVENTS]; /* -1: not open */
	bool leads[COUNT_PARTS][COUNTED_EVENTS];
	/* The kernel resets counts, but not their times, which add up. */
	uint64_t enabled_ns[COUNT_PARTS][COUNTED_EVENTS], running_ns[COUNT_PARTS][COUNTED_EVENTS];
	uint32_t n_events;
};

static bool listed(const struct counted *counted, const char *encoding)
{
	for (uint32_t i = 0; i < counted->n_events; i++)
		if (!strcasecmp(counted->events[i].encoding, encoding))
			return true;
	return false;
}

static int add_event(struct counted *counted, const char *name, const char *encoding,
		     struct err *err)
{
	struct counted_event *event = &counted->events[counted->n_events];
	struct perf_event_attr attr;
	struct err why = {0};
	int rc;

	if (listed(counted, encoding))
		return 0;
	if (counted->n_events == COUNTED_EVENTS)
		return err_set(err, EINVAL, "--counters: more than %d events", COUNTED_EVENTS);
	if (strlen(name) >= sizeof(event->name) || strlen(encoding) >= sizeof(event->encoding))
		return err_set(err, EINVAL, "--counters: the name '%.40s...' is too long", name);
	memset(event, 0, sizeof(*event));
	rc = pmu_encode(encoding, &attr, &event->kind, &why);
	if (rc == -EINVAL)
		return err_set(err, EINVAL, "--counters: %s", why.text);
	if (rc)
		snprintf(event->why, sizeof(event->why), "%.399s", why.text);
	strcpy(event->name, name);
	strcpy(event->encoding, encoding);
	counted->n_events++;
	return 0;
}

static uint32_t index_of(const struct counted *counted, const char *name)
{
	uint32_t i = 0;

	while (i < counted->n_events && strcmp(counted->events[i].name, name))
		i++;
	return i;
}

static int add_set(struct counted *counted, const char *name, struct err *err)
{
	struct counter_set set;
	int rc = counter_set_load(name, &set, err);

	for (unsigned i = 0; i < set.n_events && !rc; i++)
		rc = add_event(counted, set.events[i].name, set.events[i].encoding, err);
	for (unsigned i = 0; i < set.n_ratios && !rc; i++) {
		struct counted_ratio *ratio = &counted->ratios[counted->n_ratios];
		uint32_t over = index_of(counted, set.ratios[i].over);
		uint32_t under = index_of(counted, set.ratios[i].under);

		/* An event that was there before the set has another name. */
		if (over == counted->n_events || under == counted->n_events ||
		    counted->n_ratios == COUNTED_RATIOS)
			continue;
		snprintf(ratio->name, sizeof(ratio->name), "%s", set.ratios[i].name);
		ratio->over = over;
		ratio->under = under;
		counted->n_ratios++;
	}
	counter_set_clear(&set);
	return rc;
}

int counters_parse(const char *text, struct counted *counted, struct err *err)
{
	char *copy = strdup(text), *rest = copy, *name;
	int rc = copy ? 0 : err_set(err, ENOMEM, "no memory for the names of events");

	memset(counted, 0, sizeof(*counted));
	while (!rc && (name = strsep(&rest, ",")) != NULL) {
		if (!*name)
			rc = err_set(
				err, EINVAL,
				"--counters: '%s' has an empty name; EVENT[,EVENT...], or @SET",
				text);
		else if (*name == '@')
			rc = add_set(counted, name + 1, err);
		else
			rc = add_event(counted, name, name, err);
	}
	free(copy);
	return rc;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool belongs(const struct counted_event *event, enum count_part part)
{
	return (event->kind == EVENT_HARDWARE) == (part != COUNT_ALL);
}

static void set_part(struct perf_event_attr *attr, enum count_part part)
{
	attr->exclude_host = part == COUNT_GUEST;
	attr->exclude_guest = part == COUNT_KERNEL || part == COUNT_USER;
	attr->exclude_user = part == COUNT_KERNEL;
	attr->exclude_kernel = part == COUNT_USER;
	attr->exclude_hv = attr->exclude_guest;
}

/* The group that is being filled, of each kind of event. */
struct filling {
	int leader; /* -1: none yet */
	uint32_t number;
};

/*
 * Into the group of its kind, or as the leader of the next one: where the PMU has no room for one
 * more at the same time, ratios over that border are none. Not into a group of another kind:
 * Linux 6.18 takes a software event beside tracepoints, and then counts it for a part of the time.
 */
static int open_event(const struct perf_event_attr *encoded, enum count_part part,
		      struct filling *group, bool *leads)
{
	struct perf_event_attr attr = *encoded;
	int fd = -1;

	set_part(&attr, part);
	attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	if (group->leader >= 0)
		fd = sys->perf_event_open(&attr, 0, -1, group->leader, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0 || (group->leader >= 0 && errno != EINVAL && errno != ENOSPC))
		return fd;
	attr.disabled = 1;
	fd = sys->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0) {
		group->leader = fd;
		group->number++;
		*leads = true;
	}
	return fd;
}

static void open_part(struct counters *counters, struct counted *counted, enum count_part part,
		      const struct counter_host *host)
{
	struct filling groups[EVENT_KIND_COUNT];

	/* Numbers of groups are different for each kind, and the same in each part of a PMU's. */
	for (unsigned kind = 0; kind < EVENT_KIND_COUNT; kind++)
		groups[kind] = (struct filling){-1, kind * COUNTED_EVENTS};
	for (uint32_t i = 0; i < counted->n_events; i++) {
		struct counted_event *event = &counted->events[i];
		struct filling *group = &groups[event->kind];
		struct perf_event_attr attr;
		enum event_kind kind;
		int *fd = &counters->fds[part][i];

		if (host->silent && (!strcmp(event->encoding, "kvm:kvm_exit") ||
				     !strcmp(event->encoding, "kvm:kvm_entry")))
			snprintf(event->why, sizeof(event->why),
				 "kvm_pvm has the tracepoint, and never comes through it: its "
				 "guests take "
				 "no such exits");
		if (event->why[0] || !belongs(event, part) ||
		    pmu_encode(event->encoding, &attr, &kind, NULL))
			continue;
		*fd = open_event(&attr, part, group, &counters->leads[part][i]);
		if (*fd < 0)
			counter_why(errno, event->kind, host, event->why, sizeof(event->why));
		/* Were the parts not alike, the event would be by itself. */
		else if (event->group && event->group != group->number)
			event->group = EVENT_KIND_COUNT * COUNTED_EVENTS + i;
		else
			event->group = group->number;
	}
}

int counters_open(struct counters **out, struct counted *counted, const struct counter_host *host,
		  struct err *err)
{
	struct counters *counters = calloc(1, sizeof(*counters));

	*out = counters;
	if (!counters)
		return err_set(err, ENOMEM, "no memory for counters");
	memset(counters->fds, -1, sizeof(counters->fds));
	counters->n_events = counted->n_events;
	for (unsigned part = 0; part < COUNT_PARTS; part++)
		open_part(counters, counted, part, host);
	return 0;
}

void counters_close(struct counters *counters)
{
	if (!counters)
		return;
	/* Leaders last. */
	for (unsigned part = 0; part < COUNT_PARTS; part++)
		for (uint32_t i = counters->n_events; i-- > 0;)
			if (counters->fds[part][i] >= 0)
				sys->close(counters->fds[part][i]);
	free(counters);
}

bool counters_have(const struct counters *counters, enum count_part part)
{
	for (uint32_t i = 0; i < counters->n_events; i++)
		if (counters->fds[part][i] >= 0)
			return true;
	return false;
}

/* ---- counting -------------------------------------------------------------------------------- */

static int for_groups(struct counters *counters, enum count_part part, unsigned long request,
		      const char *what, struct err *err)
{
	for (uint32_t i = 0; i < counters->n_events; i++)
		if (counters->leads[part][i] &&
		    sys_ioctl(counters->fds[part][i], request, (void *)PERF_IOC_FLAG_GROUP))
			return err_sys(err, errno, "ioctl %s", what);
	return 0;
}

int counters_begin(struct counters *counters, enum count_part part, struct err *err)
{
	int rc = for_groups(counters, part, PERF_EVENT_IOC_RESET, "PERF_EVENT_IOC_RESET", err);

	return rc ? rc
		  : for_groups(counters, part, PERF_EVENT_IOC_ENABLE, "PERF_EVENT_IOC_ENABLE", err);
}

int counters_end(struct counters *counters, enum count_part part,
		 struct counter_reading readings[COUNTED_EVENTS], struct err *err)
{
	int rc = for_groups(counters, part, PERF_EVENT_IOC_DISABLE, "PERF_EVENT_IOC_DISABLE", err);

	memset(readings, 0, COUNTED_EVENTS * sizeof(*readings));
	for (uint32_t i = 0; i < counters->n_events && !rc; i++) {
		uint64_t values[3];

		if (counters->fds[part][i] < 0)
			continue;
		if (read(counters->fds[part][i], values, sizeof(values)) != sizeof(values))
			return err_sys(err, errno, "reading a counter");
		readings[i].opened = true;
		readings[i].value = values[0];
		readings[i].enabled_ns = values[1] - counters->enabled_ns[part][i];
		readings[i].running_ns = values[2] - counters->running_ns[part][i];
		counters->enabled_ns[part][i] = values[1];
		counters->running_ns[part][i] = values[2];
	}
	return rc;
}

/* SPDX-License-Identifier: MIT */
#include "measure/pmu.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "measure/plan.h"
#include "measure/tracefs.h"

#define NAME_SIZE 128

static int begin(struct err *err)
{
	int rc = pfm_initialize();

	return rc == PFM_SUCCESS ? 0 : err_set(err, ENOTSUP, "libpfm4: %s", pfm_strerror(rc));
}

static bool get_info(int pmu, pfm_pmu_info_t *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return pfm_get_pmu_info((pfm_pmu_t)pmu, info) == PFM_SUCCESS;
}

int pmu_tables(char *text, size_t size, struct err *err)
{
	size_t used = 0;
	int rc = begin(err);

	*text = '\0';
	if (rc)
		return rc;
	for (int i = 0; i < PFM_PMU_MAX && used < size; i++) {
		pfm_pmu_info_t info;

		/* The kernel's own software events are a table of their own, on every machine. */
		if (get_info(i, &info) && info.is_present && info.type == PFM_PMU_TYPE_CORE)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
						 info.name);
	}
	pfm_terminate();
	return 0;
}

bool pmu_present(const char *pmu)
{
	bool found = false;

	if (begin(NULL))
		return false;
	for (int i = 0; i < PFM_PMU_MAX && !found; i++) {
		pfm_pmu_info_t info;

		found = get_info(i, &info) && info.is_present && !strcmp(info.name, pmu);
	}
	pfm_terminate();
	return found;
}

/* "kvm:kvm_pio" as tracefs has it, "kvm/kvm_pio"; false when name is not of that form. */
static bool as_tracepoint(const char *name, char path[NAME_SIZE])
{
	const char *colon = strchr(name, ':');

	if (!colon || colon == name || !colon[1] || strchr(colon + 1, ':') ||
	    strlen(name) >= NAME_SIZE)
		return false;
	strcpy(path, name);
	path[colon - name] = '/';
	return true;
}

static int encode_tracepoint(const char *path, struct perf_event_attr *attr, struct err *err)
{
	int tracefs = tracefs_open(err), id;

	if (tracefs < 0)
		return tracefs;
	id = tracefs_event_id(tracefs, path, err);
	close(tracefs);
	if (id < 0)
		return id;
	attr->type = PERF_TYPE_TRACEPOINT;
	attr->config = (uint64_t)id;
	return 0;
}

/*
 * Every event of every processor that libpfm4 knows: is one of that name, without PMU and
 * attributes? Else the nearest name of this machine's.
 */
struct hunt {
	const char *name;
	size_t length;
	char pmu[NAME_SIZE];	 /* the first that has it; empty */
	const char *names[4096]; /* this machine's */
	size_t n_names;
};

static void hunt_in(struct hunt *hunt, const pfm_pmu_info_t *pmu)
{
	for (int i = pmu->first_event; i != -1; i = pfm_get_event_next(i)) {
		pfm_event_info_t info;

		memset(&info, 0, sizeof(info));
		info.size = sizeof(info);
		if (pfm_get_event_info(i, PFM_OS_NONE, &info) != PFM_SUCCESS)
			continue;
		if (pmu->is_present && hunt->n_names < sizeof(hunt->names) / sizeof(hunt->names[0]))
			hunt->names[hunt->n_names++] = info.name;
		if (!hunt->pmu[0] && !strncasecmp(info.name, hunt->name, hunt->length) &&
		    !info.name[hunt->length])
			snprintf(hunt->pmu, sizeof(hunt->pmu), "%s", pmu->desc);
	}
}

static int explain_unknown(const char *name, int pfm_error, struct err *err)
{
	static struct hunt hunt; /* large */
	const char *event = strstr(name, "::"), *nearest;
	char upper[NAME_SIZE] = ""; /* as the tables have them */

	memset(&hunt, 0, sizeof(hunt));
	hunt.name = event ? event + 2 : name;
	hunt.length = strcspn(hunt.name, ":");
	for (int i = 0; i < PFM_PMU_MAX; i++) {
		pfm_pmu_info_t info;

		if (get_info(i, &info))
			hunt_in(&hunt, &info);
	}
	if (hunt.pmu[0] && pfm_error == PFM_ERR_NOTFOUND)
		return err_set(
			err, ENOENT,
			"it is an event of another processor (%s): exitlab list --events has this "
			"one's",
			hunt.pmu);
	if (pfm_error != PFM_ERR_NOTFOUND)
		return err_set(err, EINVAL, "event '%s': %s", name, pfm_strerror(pfm_error));
	for (size_t i = 0; i < hunt.length && i < sizeof(upper) - 1; i++)
		upper[i] = (char)toupper((unsigned char)hunt.name[i]);
	nearest = plan_nearest(upper, hunt.names, hunt.n_names);
	return err_set(err, EINVAL, "no event is called '%s'%s%s; see exitlab list --events", name,
		       nearest ? "; the nearest is " : "", nearest ? nearest : "");
}

static enum event_kind kind_of(const struct perf_event_attr *attr)
{
	switch (attr->type) {
	case PERF_TYPE_SOFTWARE:
		return EVENT_SOFTWARE;
	case PERF_TYPE_TRACEPOINT:
		return EVENT_TRACEPOINT;
	default:
		return EVENT_HARDWARE;
	}
}

static int encode_by_table(const char *name, struct perf_event_attr *attr, struct err *err)
{
	struct perf_event_attr full = {.size = sizeof(full)};
	pfm_perf_encode_arg_t argument = {.attr = &full, .size = sizeof(argument)};
	int rc = begin(err);

	if (rc)
		return rc;
	rc = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &argument);
	if (rc == PFM_SUCCESS) {
		attr->type = full.type;
		attr->config = full.config;
		attr->config1 = full.config1;
		attr->config2 = full.config2;
		rc = 0;
	} else {
		rc = explain_unknown(name, rc, err);
	}
	pfm_terminate();
	return rc;
}

int pmu_encode(const char *name, struct perf_event_attr *attr, enum event_kind *kind,
	       struct err *err)
{
	char path[NAME_SIZE];
	struct err why = {0};
	int rc = -ENOENT;

	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	/* libpfm4 knows tracepoints only where debugfs is mounted. */
	if (as_tracepoint(name, path))
		rc = encode_tracepoint(path, attr, &why);
	if (rc) {
		/* Without tracefs, or its module, nobody can say that there is no such tracepoint.
		 */
		bool hidden = why.code && (why.code != ENOENT || !strncmp(name, "kvm", 3));

		rc = encode_by_table(name, attr, err);
		if (rc == -EINVAL && hidden) {
			*kind = EVENT_TRACEPOINT;
			return err_set(err, why.code, "%s", why.text);
		}
	}
	*kind = kind_of(attr);
	return rc;
}

/* ---- what there is --------------------------------------------------------------------------- */

static int each_of(const pfm_pmu_info_t *pmu, pmu_event_hook hook, void *data)
{
	int rc = 0;

	for (int i = pmu->first_event; i != -1 && rc >= 0; i = pfm_get_event_next(i)) {
		pfm_event_info_t info;

		memset(&info, 0, sizeof(info));
		info.size = sizeof(info);
		if (pfm_get_event_info(i, PFM_OS_NONE, &info) == PFM_SUCCESS)
			rc = hook(data, pmu->name, info.name, info.desc);
	}
	return rc;
}

static int each_tracepoint(pmu_event_hook hook, void *data)
{
	int tracefs = tracefs_open(NULL), fd, rc = 0;
	struct dirent *entry;
	DIR *dir;

	if (tracefs < 0)
		return 0;
	fd = openat(tracefs, "events/kvm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(tracefs);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return 0;
	while (rc >= 0 && (entry = readdir(dir)) != NULL) {
		char name[sizeof(entry->d_name) + 8];

		if (strncmp(entry->d_name, "kvm", 3) && strncmp(entry->d_name, "vcpu", 4))
			continue;
		snprintf(name, sizeof(name), "kvm:%s", entry->d_name);
		rc = hook(data, "tracepoint", name, NULL);
	}
	closedir(dir);
	return rc;
}

int pmu_events(pmu_event_hook hook, void *data, struct err *err)
{
	int rc = begin(err);

	if (rc)
		return rc;
	for (int i = 0; i < PFM_PMU_MAX && rc >= 0; i++) {
		pfm_pmu_info_t info;

		/* perf_raw is a way of writing, not a list. */
		if (get_info(i, &info) && info.is_present && strcmp(info.name, "perf_raw") &&
		    (info.type == PFM_PMU_TYPE_CORE || info.type == PFM_PMU_TYPE_OS_GENERIC))
			rc = each_of(&info, hook, data);
	}
	pfm_terminate();
	return rc < 0 ? rc : each_tracepoint(hook, data);
}

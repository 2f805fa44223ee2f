/* SPDX-License-Identifier: MIT */
#include "measure/pmu.h"

#include <errno.h>
#include <perfmon/pfmlib.h>
#include <stdio.h>
#include <string.h>

int pmu_tables(char *text, size_t size, struct err *err)
{
	size_t used = 0;
	int rc = pfm_initialize();

	*text = '\0';
	if (rc != PFM_SUCCESS)
		return err_set(err, ENOTSUP, "libpfm4: %s", pfm_strerror(rc));
	for (int i = 0; i < PFM_PMU_MAX && used < size; i++) {
		pfm_pmu_info_t info;

		memset(&info, 0, sizeof(info));
		info.size = sizeof(info);
		if (pfm_get_pmu_info((pfm_pmu_t)i, &info) != PFM_SUCCESS || !info.is_present)
			continue;
		/* The kernel's own software events are a table of their own, on every machine. */
		if (info.type != PFM_PMU_TYPE_CORE)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
					 info.name);
	}
	pfm_terminate();
	return 0;
}

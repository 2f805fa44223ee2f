/* SPDX-License-Identifier: MIT */
/* Files of kernel modules and of kernels. */
#include <stdint.h>
#include <string.h>

#include "emulated-hosts/kernel.h"
#include "emulated-hosts/module.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct module module;
	struct err err = {0};
	char release[80];

	memset(&module, 0, sizeof(module));
	module_parse(data, size, &module, &err);
	kernel_release(data, size, release, sizeof(release));
	return 0;
}

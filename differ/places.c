/* SPDX-License-Identifier: MIT */
#include "differ/places.h"

#include <errno.h>
#include <string.h>

static const char *const names[PLACES] = {
	[PLACE_NATIVE] = "native",
	[PLACE_USER] = "guest-user",
	[PLACE_KERNEL] = "guest",
	[PLACE_KERNEL_MMIO] = "guest-mmio",
	[PLACE_USER_MMIO] = "guest-user-mmio",
};

const char *place_name(enum place place)
{
	return names[place];
}

bool place_is_user(enum place place)
{
	return place != PLACE_KERNEL && place != PLACE_KERNEL_MMIO;
}

bool place_is_mmio(enum place place)
{
	return PLACES_MMIO >> place & 1;
}

unsigned places_parse(const char *list, struct err *err)
{
	unsigned bits = 0;

	for (const char *at = list; at; at = strchr(at, ',')) {
		unsigned place = 0;
		size_t length;

		at += *at == ',';
		length = strcspn(at, ",");
		while (place < PLACES &&
		       (strlen(names[place]) != length || strncmp(names[place], at, length)))
			place++;
		if (place == PLACES) {
			err_set(err, EINVAL,
				"'%.*s' is not one of native, guest-user, guest, guest-mmio, "
				"guest-user-mmio",
				(int)length, at);
			return 0;
		}
		bits |= 1u << place;
	}
	return bits;
}

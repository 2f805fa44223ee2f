/* SPDX-License-Identifier: MIT */
/* The environments that are compared. */
#ifndef DIFFER_PLACES_H
#define DIFFER_PLACES_H

#include <stdbool.h>

#include "support/err.h"

/* In the order in which they are the reference: the first that is there. */
enum place {
	PLACE_NATIVE,
	PLACE_USER,
	PLACE_KERNEL,
	PLACE_KERNEL_MMIO,
	PLACE_USER_MMIO,
	PLACES,
};

#define PLACES_ALL  ((1u << PLACES) - 1)
#define PLACES_MMIO (1u << PLACE_KERNEL_MMIO | 1u << PLACE_USER_MMIO)

const char *place_name(enum place place);
/* Bits of a list such as "native,guest"; 0 and a message: one of them is unknown. */
unsigned places_parse(const char *list, struct err *err);
bool place_is_user(enum place place); /* ring 3, or what is like it */
bool place_is_mmio(enum place place);

#endif

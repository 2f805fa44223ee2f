/* SPDX-License-Identifier: MIT */
#include "support/tail.h"

#include <string.h>

size_t tail_add(char *tail, size_t size, size_t used, const char *bytes, size_t n)
{
	size_t room = size - 1;

	if (n > room) {
		bytes += n - room;
		n = room;
	}
	if (used + n > room) {
		size_t gone = used + n - room;

		memmove(tail, tail + gone, used - gone);
		used -= gone;
	}
	memcpy(tail + used, bytes, n);
	used += n;
	tail[used] = '\0';
	return used;
}

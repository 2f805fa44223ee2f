/* SPDX-License-Identifier: MIT */
/* The end of what somebody says, which is the most of use: the beginning makes room for it. */
#ifndef SUPPORT_TAIL_H
#define SUPPORT_TAIL_H

#include <stddef.h>

/*
 * Adds n bytes behind the `used` ones of a text that has room for size, a final 0 included. Returns
 * how many it has then.
 */
size_t tail_add(char *tail, size_t size, size_t used, const char *bytes, size_t n);

#endif

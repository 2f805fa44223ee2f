/* SPDX-License-Identifier: MIT */
/*
 * Errors as values: a function that can fail takes a `struct err *` that lives on its caller's
 * stack, fills in a sentence and returns a negative errno. Only cli/ prints or exits.
 */
#ifndef SUPPORT_ERR_H
#define SUPPORT_ERR_H

#include <stdarg.h>

/* One failure. code: positive errno value, 0 = none. text: a sentence without a newline. */
struct err {
	int code;
	char text[512];
};

/*
 * Stores code and the formatted sentence, which names the thing, the reason and the fix. A NULL
 * err is allowed. Returns -code, so that `return err_set(err, ENOENT, ...)` reads well.
 */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * As err_set(), and appends ": " with the words for code (strerror). For failed system calls:
 * err_sys(err, errno, "ioctl KVM_CREATE_VM").
 */
int err_sys(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

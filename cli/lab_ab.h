/* SPDX-License-Identifier: MIT */
#ifndef CLI_LAB_AB_H
#define CLI_LAB_AB_H

struct options;

/*
 * lab ab: two kernels, or builds of KVM, on the same emulated host, judged by instructions and
 * exits; with --bisect the exit code is one for `git bisect run`.
 */
int lab_ab(const struct options *options);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Failing writes of the mirror's file: the test program has its own pwrite, writev and fdatasync
 * (powercut.c), which LMDB finds before the system's. */
#pragma once
#include <stdbool.h>

/* What fails from now on, with which errno. LMDB's meta page is the only write shorter than a page.
 */
struct faults {
    int data_errno; /* 0 = works */
    int meta_errno;
    int sync_errno;
    int n; /* so many times; -1 = for ever */
};
extern struct faults faults_now;
/* Does an operation of this kind fail now? Then errno is set. */
bool faults_fail(int code);

/* SPDX-License-Identifier: Apache-2.0 */
/* A power cut: the program's own write, fsync, rename, ... keep what would have to be taken back,
 * and at the cut what was not synced is lost: all of it, or some of it, torn, out of order;
 * directory entries, too. In a process of its own (fork), which ends with it. */
#pragma once
#include <stdint.h>

/* From now on files below `dir` are watched; lost files are kept in `attic` (same file system)
 * until their loss is certain. After `n_operations` the power is cut: the process ends with
 * status 99. `seed` decides what of the unsynced gets through. */
void powercut_begin(const char *dir, const char *attic, uint64_t n_operations, uint64_t seed);
#define POWERCUT_STATUS 99

/* Bytes that pwrite and writev have written so far, power cut or not: what LMDB writes. */
extern uint64_t powercut_written;

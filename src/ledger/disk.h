/* SPDX-License-Identifier: Apache-2.0 */
/* Room on the file system that holds the data. */
#pragma once
#include "base/err.h"

#include <stdint.h>

/* As a bound: the smaller of 5 GiB and 2 % of the file system. */
#define DISK_MIN_FREE_DEFAULT UINT64_MAX

/* Is so much free where `path` is? ERR_FULL: no; the text has the figures. What cannot be asked is
 * taken as fine. */
ERR disk_check(const char *path, uint64_t min_free_bytes);

/* SPDX-License-Identifier: Apache-2.0 */
/* What the process may take of the machine. */
#pragma once
#include <stdint.h>

/* Files that the process may open, raised as far as is allowed. */
uint64_t limits_raise_files(void);
/* Files in a directory; 0 when it cannot be read. Blocks. */
uint64_t limits_count_files(const char *path);
/* How many connections clients may have of `n_files`, when the store alone may open up to
 * n_store_files: they never take a file that the store (which grows), the sources or the
 * log need. 0 = no bound. */
uint32_t limits_max_connections(uint64_t n_files, uint64_t n_store_files, uint32_t n_cores);

/* SPDX-License-Identifier: Apache-2.0 */
/* Names of this program's functions, static ones too, from its own file: for backtraces. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Map the program's table of symbols. Without one (stripped) lookups find nothing. Once, at start.
 */
void symbols_open(void);
/* The function that holds this address, and how far into it; NULL: unknown. Async-signal-safe. */
const char *symbols_find(const void *address, size_t *ret_offset);

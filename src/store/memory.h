/* SPDX-License-Identifier: Apache-2.0 */
/* The history in memory, by brute force: what the other backends are compared with in tests. Not
 * for many rows, not durable. Reads from several threads are fine while nothing writes. */
#pragma once
#include "store/store.h"

/* An empty store; store_close frees it. */
struct store *memory_new(void);

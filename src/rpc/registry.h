/* SPDX-License-Identifier: Apache-2.0 */
/* Which commands exist: those handled here, and those that are always rippled's. Fixed at compile
 * time. */
#pragma once
#include "base/slice.h"

struct method;

struct registry_entry {
    const char *name;
    uint32_t index;              /* 0..registry_count() - 1 */
    const struct method *method; /* NULL: always forwarded */
    bool cacheable;              /* a forwarded reply may be kept for a while */
};

/* NULL: no such command. Any thread. */
const struct registry_entry *registry_find(struct slice name);
uint32_t registry_count(void);
const struct registry_entry *registry_at(uint32_t index);

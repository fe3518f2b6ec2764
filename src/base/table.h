/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table from byte-string keys of one fixed length to pointers. Open addressing; keys are
 * copied into the table, values are the caller's. Not thread-safe. The hash is seeded per process,
 * so peers cannot aim at one slot. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct table; /* opaque */

struct table *table_new(size_t key_bytes);
struct table *table_free(struct table *t); /* the values stay; NULL gives NULL */
void table_freep(struct table **t);

size_t table_count(const struct table *t);
/* NULL when absent. */
void *table_get(const struct table *t, const void *key);
/* Set the value (not NULL) of a key; the value it had before, or NULL. */
void *table_put(struct table *t, const void *key, void *value);
/* Remove a key; the value it had, or NULL. */
void *table_del(struct table *t, const void *key);
void table_clear(struct table *t);

/* Every value, in no order:  size_t at = 0; while ((value = table_each(t, &at, &key)) != NULL) ...
 * *ret_key (may be NULL) points into the table, until the next change. During the walk the table
 * must not be changed, except by table_each_del, which removes the pair just given (others may then
 * be given twice). */
void *table_each(const struct table *t, size_t *at, const void **ret_key);
void table_each_del(struct table *t, size_t *at);

/* The process's seed for hash_fast. */
uint64_t table_seed(void);

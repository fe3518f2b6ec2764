/* SPDX-License-Identifier: Apache-2.0 */
/* A whole ledger state in memory: a 16-ary hash tree (etl-db 1.7) whose older versions stay
 * readable. Nodes are shared between versions and copied when changed. One thread. */
#pragma once
#include "base/hash.h"

struct state; /* a node; a version is named by its root */

/* The empty state. Every function that gives a root gives a reference; put and del take over the
 * one they are given. */
struct state *state_new(void);
struct state *state_ref(struct state *root);
struct state *state_unref(struct state *root); /* accepts NULL, returns NULL */

/* The version with this object set (copied) or removed. */
struct state *state_put(struct state *root, const struct hash256 *key, struct slice data);
struct state *state_del(struct state *root, const struct hash256 *key);

/* Borrowed from the version. */
bool state_get(const struct state *root, const struct hash256 *key, struct slice *ret);
/* First object with a key greater (less) than `key`. */
bool state_next(const struct state *root, const struct hash256 *key, struct hash256 *ret_key,
                struct slice *ret);
bool state_prev(const struct state *root, const struct hash256 *key, struct hash256 *ret_key);
struct hash256 state_hash(struct state *root);
uint64_t state_count(const struct state *root); /* walks everything */

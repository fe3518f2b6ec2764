/* SPDX-License-Identifier: Apache-2.0 */
/* A view: the state of one ledger, unchanged for as long as the view is open, whatever is applied
 * meanwhile. Opened and used on one core (by fibers) or on one thread. Cheap: views of a core share
 * one mirror snapshot. Close it before the reply is sent: an open view keeps the mirror's old pages
 * alive. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "ledger/ledgers.h"

struct view;

/* Open at ledger `seq` (0 = the newest). *ret is released by view_close.
 * Errors: ERR_NOT_FOUND (not held, or nothing held yet), ERR_IO, ERR_BUSY (too many open
 * snapshots). */
YIELDS ERR view_open(struct ledgers *l, uint32_t seq, struct view **ret);
/* By the ledger's hash. */
YIELDS ERR view_open_hash(struct ledgers *l, const struct hash256 *hash, struct view **ret);
struct view *view_close(struct view *v); /* accepts NULL */
void view_closep(struct view **v);

const struct ledger_header *view_header(const struct view *v);
static inline uint32_t view_seq(const struct view *v)
{
    return view_header(v)->seq;
}
/* Reads are answered by the history, each at the price of a round trip: read many at once. */
bool view_is_old(const struct view *v);
struct ledgers *view_ledgers(const struct view *v);
struct store *view_store(const struct view *v);

/* Bytes of the object under `key`; valid until the view is closed (in the map, or in `a`).
 * Errors: ERR_NOT_FOUND, ERR_IO, ERR_CANCELLED. */
YIELDS ERR view_get(struct view *v, const struct hash256 *key, struct arena *a, struct slice *ret);
/* n objects at once; ret[i] empty = absent. */
YIELDS ERR view_get_many(struct view *v, const struct hash256 *keys, size_t n, struct arena *a,
                         struct slice *ret);
YIELDS ERR view_exists(struct view *v, const struct hash256 *key, bool *ret);

/* Smallest key greater than `key`; with ret_object (may be NULL) its bytes, too. Works for any key.
 * Errors: ERR_NOT_FOUND at the end. */
YIELDS ERR view_next(struct view *v, const struct hash256 *key, struct arena *a,
                     struct hash256 *ret_key, struct slice *ret_object);

/* Up to n entries after `key`, ascending (one cursor walk at the newest ledger). *ret_n < n: the
 * end was reached. */
struct view_entry {
    struct hash256 key;
    struct slice object;
};
YIELDS ERR view_page(struct view *v, const struct hash256 *key, size_t n, struct arena *a,
                     struct view_entry *ret, size_t *ret_n);

/* Ledger in which the newest version at or before this ledger was written, deletions included
 * (first ledger of the history for what was loaded initially). ERR_NOT_FOUND: there never was one.
 */
YIELDS ERR view_object_seq(struct view *v, const struct hash256 *key, uint32_t *ret);

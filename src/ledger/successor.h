/* SPDX-License-Identifier: Apache-2.0 */
/* The successor rows of a ledger (etl-db 3.6), from the neighbours of its created and deleted keys
 * in the mirror. */
#pragma once
#include "ledger/merged.h"
#include "store/store.h"

/* List head and list tail as they stand in rows. */
#define SUCCESSOR_FIRST ((struct hash256){{0}})
struct hash256 successor_last(void);

struct successor_list {
    struct store_successor *rows;
    size_t n;
    size_t cap;
};

void successor_list_deinit(struct successor_list *l);
void successor_list_add(struct successor_list *l, const struct hash256 *key,
                        const struct hash256 *next);
/* Ascending by key, each row once. */
void successor_list_sort(struct successor_list *l);

/* Is this object a directory of an order book (or one that belongs to nobody)? Its key's base gets
 * a row, too. */
bool successor_is_book(struct slice object);
/* The key with its last 8 bytes zeroed. */
struct hash256 successor_base(const struct hash256 *directory);

/* A key that a ledger created or deleted. */
struct successor_change {
    struct hash256 key;
    bool created; /* else deleted */
    bool book;    /* successor_is_book of its object */
};

/* Rows for these changes; the newest state, seen in `txn`, is that after all of the ledger's.
 * Errors: ERR_IO, ERR_CORRUPT. */
ERR successor_of_changes(const struct mirror *m, const struct versions *versions, MDB_txn *txn,
                         const struct successor_change *changes, size_t n,
                         struct successor_list *ret);

/* Smallest key after `key`, or successor_last(). */
ERR successor_after(struct merged *w, const struct hash256 *key, struct hash256 *ret);

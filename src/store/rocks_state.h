/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of objects and of successors, for the reads of the state. */
#pragma once
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"

/* A version of an object. */
struct rocks_state_row {
    uint32_t seq;
    enum rocks_object_kind kind;
    struct slice payload;
};

/* Land on the newest row of `key` at or before `seq`, in an OBJECT or SUCCESSOR iterator. */
ERR rocks_state_seek(struct rocks_iter *it, const struct hash256 *key, uint32_t seq,
                     bool *ret_found);
/* The row an OBJECT iterator stands on; its payload is valid until the next move. ERR_CORRUPT. */
ERR rocks_state_row(const struct rocks_iter *it, const struct hash256 *key,
                    struct rocks_state_row *ret);
/* The object's bytes, in `a`; empty = deleted. Errors: ERR_CORRUPT, ROCKS_COLD, ... */
ERR rocks_state_data(const struct rocks_read *rd, const struct rocks_state_row *row,
                     struct arena *a, struct slice *ret);
/* ERR_CORRUPT, with a text that says what of which key. */
ERR rocks_state_damaged(const struct rocks *r, const char *what, const struct hash256 *key);

/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions as they were written into replies, remembered by each core for itself: the same few
 * are asked for again and again (an account that is polled, the newest ledger), and writing one
 * costs more than all else that a request does. What is kept was asked for twice, so that whoever
 * reads a whole history once drives nothing out; the oldest text goes first.
 *
 * What is stored of a validated ledger never changes, but it may be mended, here or by another
 * server of the same keyspace: everything is forgotten after a minute. */
#pragma once
#include "store/store.h"

struct tx_texts;
struct tables;

/* Everything that a text depends on. */
struct tx_texts_key {
    struct store_tx_pos pos;
    uint32_t form; /* which member of which reply, and how: the writer's own numbers */
    uint32_t network_id;
    const struct tables *names; /* in force when it was written */
};

/* Memory of all cores together, once it is used: `max_bytes`, but 1 MiB a core at least. */
struct tx_texts *tx_texts_new(uint32_t n_cores, size_t max_bytes);
struct tx_texts *tx_texts_free(struct tx_texts *t); /* accepts NULL */

/* Once for a request, with when it began: forgets what is a minute old. */
void tx_texts_begin(struct tx_texts *t, int64_t begun_ns);
/* The text of this core, valid until it gives way to others; false when there is none (always, off
 * the cores). */
bool tx_texts_get(struct tx_texts *t, const struct tx_texts_key *key, struct slice *ret);
void tx_texts_put(struct tx_texts *t, const struct tx_texts_key *key, struct slice text);

/* SPDX-License-Identifier: Apache-2.0 */
/* The ledgers a double serves: recorded or synthetic. The tip moves on by chain_close; older
 * ledgers stay. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "double/state.h"
#include "xrpl/account.h"
#include "xrpl/digest.h"

struct chain;
struct synth_opts;

/* One ledger, its lists encoded as the gRPC replies hold them. */
struct chain_ledger {
    struct ledger_header header;
    uint32_t n_txs;
    struct buf txs;      /* TransactionAndMetadataList */
    struct buf objects;  /* RawLedgerObjects, with kinds and neighbours */
    struct buf books;    /* book_successors */
    struct state *state; /* NULL: not kept any more */
};

/* A recording (directory with grpc/, manifest.json, ...), from its first complete state or the one
 * at `start`. Errors: ERR_IO, ERR_PARSE. */
ERR chain_open_world(const char *dir, uint32_t start, uint32_t tip, uint32_t end,
                     struct chain **ret);
/* Synthetic: `n_ahead` ledgers exist at once, further ones are made as they close; no end (end = 0)
 * or `end`. */
ERR chain_open_synth(const struct synth_opts *opts, uint32_t n_ahead, uint32_t end,
                     struct chain **ret);
struct chain *chain_close_all(struct chain *c);

uint32_t chain_first(const struct chain *c);
uint32_t chain_tip(const struct chain *c);
uint32_t chain_end(const struct chain *c); /* UINT32_MAX = none */
uint32_t chain_network_id(const struct chain *c);
/* NULL above the tip or below the first. Borrowed until the next chain_advance. */
const struct chain_ledger *chain_get(struct chain *c, uint32_t seq);
/* 0 when unknown. */
uint32_t chain_by_hash(const struct chain *c, const struct hash256 *hash);
/* Close one more ledger; false at the end. */
bool chain_advance(struct chain *c);
/* For people: an account with many objects and an ordinary one (synthetic chains); false for
 * recordings. */
bool chain_examples(const struct chain *c, struct account *ret_large, struct account *ret_small);

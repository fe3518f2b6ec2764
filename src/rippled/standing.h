/* SPDX-License-Identifier: Apache-2.0 */
/* How a source stands to what we hold: the ledgers it reported, and whether their hashes are ours.
 * One that is on another chain, or far behind, is not asked for ledgers or answers. Home core. */
#pragma once
#include "base/err.h"
#include "base/hash.h"

#include <stdbool.h>

struct source;

/* Newest reports that are remembered: a ledger becomes ours after it was reported. */
#define STANDING_REPORTS 32
/* A source that is so many ledgers behind the newest known is behind. */
#define STANDING_BEHIND 20
/* No chain is near here: who claims such a ledger is not believed. */
#define STANDING_NONSENSE 0xF0000000u

struct standing {
    struct standing_report {
        uint32_t seq; /* 0 = none */
        struct hash256 hash;
    } reports[STANDING_REPORTS];
    uint32_t next;       /* where the next report goes */
    uint32_t newest;     /* it reported; 0 = nothing yet */
    uint32_t doubt_from; /* what it claims from here on is not believed; 0 = believed */
    int64_t doubt_until_ns;
    uint32_t n_doubts; /* since it connected */
};

/* The source says that it has validated this ledger. */
void standing_reported(struct standing *s, uint32_t seq, const struct hash256 *hash);
/* It did not give a ledger that it claims: from `seq` on it is not believed, for a minute, then
 * longer and longer. */
void standing_doubt(struct standing *s, uint32_t seq);
/* Is it believed to have ledger `seq`, if it claims so? */
bool standing_believed(const struct standing *s, uint32_t seq);
/* The newest ledger it is believed to have; 0 = none. */
uint32_t standing_newest(const struct standing *s);
/* Did it report this ledger, and with which hash? */
bool standing_hash_of(const struct standing *s, uint32_t seq, struct hash256 *ret);

/* After a report: compare what it said with what we hold; tell people when its standing changes. */
YIELDS void standing_judge(struct source *s);
/* A new connection: it may be another server, or have recovered. */
void standing_reset(struct source *s);

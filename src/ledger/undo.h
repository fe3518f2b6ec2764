/* SPDX-License-Identifier: Apache-2.0 */
/* The undo window: what the newest ledgers replaced, ordered by (key, ledger). The state at a
 * recent ledger S is a mirror at M > S corrected by the records of S+1..M; records of ledgers after
 * M do no harm, as they say what M has.
 *
 * One writer (the apply thread); readers of any core read without locks. A reader is pinned while
 * it looks at the window: what was visible when it pinned stays allocated until it unpins. The
 * window may move past S meanwhile (undo_covers turns false): then what was just read may be
 * incomplete, and the history has the answer. */
#pragma once
#include "base/hash.h"
#include "base/list.h"
#include "xrpl/digest.h"

#include <stdatomic.h>

struct undo;
struct undo_run; /* before-images of one ledger, not yet visible */

struct undo_opts {
    uint64_t max_bytes;
    uint32_t max_ledgers;
    uint32_t n_slots; /* reading threads */
};

struct undo *undo_new(const struct undo_opts *opts);
struct undo *undo_free(struct undo *u); /* nobody is pinned; accepts NULL */

/* --- writer --- */

/* Empty window over a mirror at ledger `seq`: the next run is seq + 1. */
void undo_reset(struct undo *u, uint32_t seq);

/* `before`: header of the ledger before the run's. */
struct undo_run *undo_run_new(const struct ledger_header *before);
struct undo_run *undo_run_free(struct undo_run *r);
/* What was under `key`; an absent object has no bytes. Keys ascend. The bytes are copied. */
void undo_run_add(struct undo_run *r, const struct hash256 *key, struct slice before);
size_t undo_run_count(const struct undo_run *r);
const struct hash256 *undo_run_key(const struct undo_run *r, size_t i);
struct slice undo_run_before(const struct undo_run *r, size_t i); /* empty: was absent */

/* Make a run visible, as the newest; takes it. What exceeds the bounds leaves the window at the
 * other end. */
void undo_publish(struct undo *u, struct undo_run *r);
/* Take the newest n runs out again (their ledgers were not committed). */
void undo_retract(struct undo *u, size_t n);
/* Free what nobody looks at any more. */
void undo_collect(struct undo *u);

/* --- readers --- */

struct undo_pin {
    struct list link;
    uint64_t epoch;
};
/* A slot belongs to one thread; pins of a slot may end in any order. */
void undo_pin(struct undo *u, uint32_t slot, struct undo_pin *p);
void undo_unpin(struct undo *u, uint32_t slot, struct undo_pin *p);

/* Does the window reach back to ledger `seq`? Ask again after reading. */
bool undo_covers(const struct undo *u, uint32_t seq);
/* Header of ledger `seq`, if it is one the window reaches back to. Pinned. */
bool undo_header(const struct undo *u, uint32_t seq, struct ledger_header *ret);

struct undo_key; /* a key with records */
/* Key with records at or after `key`; NULL: none. Pinned. */
const struct undo_key *undo_seek(const struct undo *u, const struct hash256 *key);
const struct undo_key *undo_next(const struct undo_key *k);
const struct hash256 *undo_key(const struct undo_key *k);
/* What was under this key at ledger `seq` (*ret empty: nothing). False: not changed since. Valid
 * while pinned. */
bool undo_at(const struct undo_key *k, uint32_t seq, struct slice *ret);

uint32_t undo_max_ledgers(const struct undo *u);
uint64_t undo_bytes(const struct undo *u);   /* any thread */
uint32_t undo_ledgers(const struct undo *u); /* any thread */

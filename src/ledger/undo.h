/* SPDX-License-Identifier: Apache-2.0 */
/* The undo window: what the newest ledgers replaced, a run of versions (versions.h) for each. The
 * state at a recent ledger S is a mirror at M > S corrected by the runs of S+1..M; runs of ledgers
 * after M do no harm, as they say what M has.
 *
 * The window may move past S while a reader reads there (undo_covers turns false): then what was
 * just read may be incomplete, and the history has the answer. That holds at the newest ledger,
 * too, once it is not the newest any more: objects that were waiting (waiting.h) stay, after they
 * have been written, until nobody has an older snapshot of the file, but not longer than the
 * window. */
#pragma once
#include "ledger/versions.h"
#include "xrpl/digest.h"

struct undo;
struct undo_run; /* what one ledger changed */

struct undo_opts {
    uint64_t max_bytes; /* without what waits */
    uint32_t max_ledgers;
    uint32_t n_slots; /* reading threads */
};

struct undo *undo_new(const struct undo_opts *opts);
struct undo *undo_free(struct undo *u); /* nobody is pinned; accepts NULL */
struct versions *undo_versions(const struct undo *u);

/* --- writer --- */

/* Empty window over a mirror at ledger `seq`: the next run is seq + 1. Nothing waits. */
void undo_reset(struct undo *u, uint32_t seq);
/* The same, but what waits stays. */
void undo_rewind(struct undo *u, uint32_t seq);

/* `before`: header of the ledger before the run's. */
struct undo_run *undo_run_new(struct undo *u, const struct ledger_header *before);
/* Not to be published: what it has added is taken back, and what it replaced waits again. The run
 * made last is the first to go. Accepts NULL. */
struct undo_run *undo_run_free(struct undo_run *r);
/* The run's ledger changes an object: the new one waits. Visible at once, and of no effect on views
 * of earlier ledgers. An absent object has no bytes. Keys ascend. The bytes are copied. */
void undo_run_change(struct undo_run *r, const struct hash256 *key, struct slice before,
                     struct slice after);
/* The same, where the file has what came after. */
void undo_run_add(struct undo_run *r, const struct hash256 *key, struct slice before);
/* The file has this version, which waited, as of the run's ledger. */
void undo_run_written(struct undo_run *r, struct version *v);
size_t undo_run_count(const struct undo_run *r);
const struct hash256 *undo_run_key(const struct undo_run *r, size_t i);
struct slice undo_run_before(const struct undo_run *r, size_t i); /* empty: was absent */

/* The run's ledger is in the file: it is the newest of the window, which takes it. What exceeds the
 * bounds leaves at the other end. */
void undo_publish(struct undo *u, struct undo_run *r);
/* All snapshots that are opened from now on have the published runs: what was written and is not
 * needed any more goes. */
void undo_settle(struct undo *u);

/* --- readers --- */

/* Does the window reach back to ledger `seq`? Ask again after reading. */
bool undo_covers(const struct undo *u, uint32_t seq);
/* Header of ledger `seq`, if it is one the window reaches back to. Pinned. */
bool undo_header(const struct undo *u, uint32_t seq, struct ledger_header *ret);

uint32_t undo_max_ledgers(const struct undo *u);
uint64_t undo_bytes(const struct undo *u);   /* any thread; without what waits */
uint32_t undo_ledgers(const struct undo *u); /* any thread */

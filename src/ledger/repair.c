/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/repair.h"

#include "base/log.h"
#include "base/mem.h"
#include "ledger/compact.h"
#include "ledger/guard.h"
#include "ledger/mirror_follow.h"
#include "ledger/rebuild.h"
#include "ledger/refill.h"
#include "ledger/retree.h"
#include "rt/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* A start may spend this on the undo window; 256 ordinary ledgers take longer, and fill it as they
 * come. */
#define REFILL_NS (300 * CLOCK_MS)
/* Failures in a row before the mirror's file is taken for the reason. */
#define MANY_FAILURES 5
/* A start may spend this on looking for damage; the rest is looked at while it runs. */
#define VERIFY_NS (1 * CLOCK_S)
#define VERIFY_LAZY_NS (200 * CLOCK_MS) /* the rest when there is nothing else to do */
#define BLAME_AGAIN_NS (600 * CLOCK_S)
/* Ledgers before the newest that a rebuild goes back to, if that does not have its root. */
#define REBUILD_BACK 256
/* Views that are open when the mirror is put aside end with their requests. */
#define VIEWS_END_MS 5000

/* --- doubt --- */

/* False: that is done already. */
static bool put_aside(struct ledgers *l)
{
    if (atomic_exchange(&l->doubtful, true))
        return false;
    snap_set_shut(&l->snaps);
    return true;
}

err repair_doubt(struct ledgers *l, const char *why)
{
    char text[400];
    snprintf(text, sizeof text, "%s", why);
    if (put_aside(l))
        LOG_ERROR("%s: the mirror is put aside and made anew, the history answers meanwhile", text);
    return FAIL(ERR_IO, "%s (the mirror is made anew)", text);
}

ERR repair_note(struct ledgers *l, err e)
{
    if (e.code == ERR_CORRUPT)
        return repair_doubt(l, err_text());
    if (e.code == ERR_IO && ++l->n_failed >= MANY_FAILURES)
        return repair_doubt(l, err_text());
    return e;
}

/* --- the history's name --- */

/* The history's own name; one without gets it now (a keyspace of another program). */
static err dataset_get(struct ledgers *l, uint8_t ret[MIRROR_DATASET_BYTES])
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice id;
    err e = store_meta_get(l->store, "dataset_id", a, &id);
    if (e.code == 0 && id.n == MIRROR_DATASET_BYTES) {
        memcpy(ret, id.p, MIRROR_DATASET_BYTES);
        return OK;
    }
    if (e.code == 0)
        return FAIL(ERR_CORRUPT, "history: dataset_id has %zu bytes", id.n);
    if (e.code != ERR_NOT_FOUND)
        return e;
    return repair_new_dataset(l, ret);
}

ERR repair_new_dataset(struct ledgers *l, uint8_t ret[MIRROR_DATASET_BYTES])
{
    if (getrandom(ret, MIRROR_DATASET_BYTES, 0) != MIRROR_DATASET_BYTES)
        return FAIL(ERR_IO, "history: no random bytes for a dataset id");
    return store_meta_put(l->store, "dataset_id", slice_of(ret, MIRROR_DATASET_BYTES));
}

/* --- making it anew --- */

/* The newest span of the history; false: there is none. */
static bool newest_span(struct ledgers *l, struct store_range *ret)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    if (n)
        *ret = ranges[n - 1];
    return n != 0;
}

/* Tell of the ledgers after the tip, up to the mirror's, which are visible at once. */
static err tell_up_to(struct ledgers *l, const struct ledger_header *newest)
{
    struct ledger_header header;
    if (!tip_get(&l->tip, &header)) {
        ledgers_show(l, newest);
        return OK;
    }
    uint32_t seq = header.seq;
    ledgers_show(l, newest);
    while (++seq <= newest->seq) {
        TRY(store_header_get(l->store, seq, &header));
        ledgers_tell(l, &header);
    }
    return OK;
}

ERR repair_empty(struct ledgers *l)
{
    compact_stop(l);
    snap_set_shut(&l->snaps);
    if (!snap_set_clear(&l->snaps, VIEWS_END_MS))
        return FAIL(ERR_BUSY, "mirror: %s: open views keep it from being made anew",
                    l->mirror->path);
    return mirror_reset(l->mirror);
}

/* The newest ledgers may be the ones that the history has wrong: one of some before them may have
 * its root, and what is wrong after it is found by following. Each attempt reads the whole state.
 */
static err rebuild_newest(struct ledgers *l, const struct store_range *span)
{
    uint32_t back = 0;
    for (;;) {
        struct ledger_header header;
        err e = store_header_get(l->store, span->last - back, &header);
        if (e.code == 0) {
            TRY(repair_empty(l));
            e = rebuild_mirror(l, &header);
        }
        uint32_t next = back ? back * 4 : 1;
        if (e.code != ERR_CORRUPT || next > REBUILD_BACK || span->last - span->first < next)
            return e;
        LOG_ERROR("%s: trying ledger %u", err_text(), span->last - next);
        back = next;
    }
}

static err make_anew(struct ledgers *l)
{
    struct store_range span;
    if (!newest_span(l, &span))
        return FAIL(ERR_CORRUPT, "mirror: the history is empty");
    TRY(dataset_get(l, l->meta.dataset));
    int64_t begun = clock_now_ns();
    TRY(rebuild_newest(l, &span));
    struct ledger_header header = l->meta.header;
    ledgers_from_file(l);
    l->verify.at = HASH256_ZERO;
    l->verified = true;
    atomic_fetch_add(&l->n_rebuilt, 1);
    atomic_store(&l->doubtful, false);
    l->views_wait = false;
    snap_set_unshut(&l->snaps);
    LOG_INFO("mirror: %s: made anew at ledger %u: %llu objects in %.1f s", l->mirror->path,
             header.seq, (unsigned long long)atomic_load(&l->n_objects),
             (double)(clock_now_ns() - begun) / 1e9);
    return tell_up_to(l, &header);
}

ERR repair_mirror(struct ledgers *l)
{
    if (!atomic_load(&l->doubtful))
        return OK;
    struct ledger_header tip;
    if (l->lazy_repair && !tip_get(&l->tip, &tip))
        return FAIL(ERR_BUSY, "mirror: not made anew before the start has ended");
    if (atomic_load(&l->interrupted))
        return FAIL(ERR_CANCELLED, "mirror: stopping");
    l->n_failed = 0;
    return make_anew(l);
}

/* --- looking for damage --- */

ERR repair_scrub(struct ledgers *l, int64_t deadline_ns, bool *ret_more)
{
    bool done = false;
    *ret_more = false;
    if (!l->complete || atomic_load(&l->doubtful) || l->load)
        return OK;
    TRY(retree_due(l));
    do {
        err e = verify_part(&l->verify, &done);
        if (e.code == ERR_CORRUPT)
            return repair_doubt(l, err_text());
        TRY(e);
        l->verified |= done;
    } while (!done && clock_now_ns() < deadline_ns);
    *ret_more = !l->verified;
    return OK;
}

ERR repair_acquit(struct ledgers *l)
{
    int64_t now = clock_now_ns();
    if (l->blamed_ns && now - l->blamed_ns < BLAME_AGAIN_NS)
        return OK;
    l->blamed_ns = now;
    l->verify.at = HASH256_ZERO;
    l->verified = false;
    for (bool more = true; more;)
        TRY(repair_scrub(l, CLOCK_NEVER, &more));
    return OK;
}

/* --- the start --- */

struct meta_read {
    struct ledgers *l;
    MDB_txn *txn;
    struct mirror_meta *ret;
};

static err meta_guarded(void *arg)
{
    struct meta_read *r = arg;
    const struct mirror *m = r->l->mirror;
    uint64_t count = 0;
    TRY(mirror_check(m, mdb_txn_begin(m->env, NULL, MDB_RDONLY, &r->txn), "begin"));
    TRY(mirror_meta_get(m, r->txn, r->ret));
    TRY(tree_count(m, r->txn, &count));
    atomic_store(&r->l->n_objects, count);
    return OK;
}

static err mirror_meta_now(struct ledgers *l, struct mirror_meta *ret)
{
    struct meta_read r = {l, NULL, ret};
    err e = guard_run(meta_guarded, &r, l->mirror->path);
    if (r.txn)
        mdb_txn_abort(r.txn);
    return e;
}

/* Why the mirror cannot be brought forward; NULL: it can. An error: the history cannot say. */
static err unfit(struct ledgers *l, const struct mirror_meta *meta, const struct store_range *span,
                 const char **ret)
{
    uint8_t dataset[MIRROR_DATASET_BYTES];
    TRY(dataset_get(l, dataset));
    *ret = NULL;
    if (memcmp(meta->dataset, dataset, MIRROR_DATASET_BYTES) != 0)
        *ret = "belongs to another history";
    else if (meta->header.seq > span->last)
        *ret = "is ahead of the history: ledgers that were stored are missing there";
    else if (meta->header.seq < span->first)
        *ret = "is older than the history";
    if (*ret)
        return OK;
    struct ledger_header header;
    err e = store_header_get(l->store, meta->header.seq, &header);
    if (e.code == 0 && !hash256_eq(&header.hash, &meta->header.hash))
        *ret = "holds another ledger than the history";
    return e;
}

/* Take the mirror as it is, or doubt it. */
static err judge(struct ledgers *l, const struct store_range *span)
{
    struct mirror_meta meta;
    const char *why = NULL;
    err e = mirror_meta_now(l, &meta);
    if (e.code == ERR_VERSION) { /* after an upgrade: nothing is wrong */
        LOG_INFO("%s: it is made anew, the history answers meanwhile", err_text());
        put_aside(l);
        return OK;
    }
    if (e.code == ERR_CORRUPT) {
        err_ignore(repair_doubt(l, err_text()));
        return OK;
    }
    if (e.code == ERR_NOT_FOUND)
        why = "is empty or incomplete";
    else
        TRY(e);
    if (why == NULL)
        TRY(unfit(l, &meta, span, &why));
    if (why == NULL) {
        l->meta = meta;
        return OK;
    }
    char text[400];
    snprintf(text, sizeof text, "mirror: %s: %s", l->mirror->path, why);
    err_ignore(repair_doubt(l, text));
    return OK;
}

struct is_empty {
    const struct mirror *m;
    MDB_txn *txn;
    bool ret;
};

static err empty_guarded(void *arg)
{
    struct is_empty *r = arg;
    MDB_stat state, meta;
    TRY(mirror_check(r->m, mdb_txn_begin(r->m->env, NULL, MDB_RDONLY, &r->txn), "begin"));
    TRY(mirror_check(r->m, mdb_stat(r->txn, r->m->state, &state), "stat"));
    TRY(mirror_check(r->m, mdb_stat(r->txn, r->m->meta, &meta), "stat"));
    r->ret = state.ms_entries == 0 && meta.ms_entries == 0;
    return OK;
}

/* An empty history: whatever the mirror holds (a load that was killed) is of no use. */
static err empty_mirror(struct ledgers *l)
{
    struct is_empty r = {.m = l->mirror};
    err e = guard_run(empty_guarded, &r, l->mirror->path);
    if (r.txn)
        mdb_txn_abort(r.txn);
    return e.code == 0 && r.ret ? OK : mirror_reset(l->mirror);
}

/* The history answers until the mirror has been made anew. */
static err begin_without(struct ledgers *l, uint32_t seq)
{
    struct ledger_header header;
    TRY(store_header_get(l->store, seq, &header));
    undo_reset(l->undo, seq);
    ledgers_show(l, &header);
    return OK;
}

/* Both doubt what is damaged. Completing nodes and objects takes seconds where they come from the
 * disk: a server answers meanwhile. */
static void begin_tree(struct ledgers *l)
{
    bool more;
    if (l->lazy_repair && retree_needed(l))
        return;
    err_ignore(retree_due(l));
    int64_t until_ns = clock_now_ns() + (l->lazy_repair ? VERIFY_LAZY_NS : VERIFY_NS);
    err_ignore(repair_scrub(l, until_ns, &more));
}

ERR repair_at_open(struct ledgers *l)
{
    struct store_range span;
    if (!newest_span(l, &span))
        return empty_mirror(l);
    TRY(judge(l, &span));
    l->complete = true;
    l->nodes_due = true;
    if (!atomic_load(&l->doubtful)) {
        ledgers_from_file(l);
        begin_tree(l);
    }
    bool doubtful = atomic_load(&l->doubtful);
    bool later = l->lazy_follow || (l->lazy_repair && retree_needed(l));
    err e = later && !doubtful ? OK : mirror_follow(l, 0);
    if (atomic_load(&l->doubtful) && l->lazy_repair)
        return begin_without(l, span.last);
    if (e.code == ERR_CORRUPT && ledgers_suspect(l))
        LOG_ERROR("%s: what is before it is served", err_text()); /* the apply thread goes on */
    else if (e.code == ERR_BUSY && retree_needed(l))
        LOG_ERROR("%s: the history answers", err_text()); /* and is asked again */
    else
        TRY(e);
    l->views_wait = retree_needed(l);
    if (l->views_wait)
        snap_set_shut(&l->snaps);
    if (!l->lazy_undo)
        refill_window(l, span.first, clock_now_ns() + REFILL_NS);
    ledgers_show(l, &l->meta.header);
    return OK;
}

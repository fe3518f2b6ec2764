/* SPDX-License-Identifier: Apache-2.0 */
/* The initial load: objects go to history and mirror as they come; the tree is built at the end, by
 * one scan. The mirror has no meta record until then, so that a killed load is recognised. */
#include "base/hex.h"
#include "base/mem.h"
#include "ledger/apply.h"
#include "ledger/disk.h"
#include "ledger/ledgers_impl.h"
#include "ledger/mirror_object.h"
#include "ledger/repair.h"
#include "ledger/successor.h"

#include <stdlib.h>

#define LOAD_TXN_BYTES ((uint64_t)32 << 20)
#define TREE_BYTES_PER_OBJECT 64 /* more than kept hashes take */

struct apply_load {
    struct ledger_header header;
    uint32_t n_chains;
    struct load_chain {
        bool begun;
        struct hash256 last;
    } * chains;
    MDB_txn *txn;
    uint64_t txn_bytes;
    bool failed;
    bool descended; /* some key was not greater than all before it: then pages are looked for */
    bool any;
    struct hash256 greatest;
};

static struct apply_load *load_free(struct apply_load *o)
{
    if (o == NULL)
        return NULL;
    if (o->txn)
        mdb_txn_abort(o->txn);
    free(o->chains);
    free(o);
    return NULL;
}

/* What is in the mirror does not count before the meta record: a failure here leaves nothing but
 * used space. */
void apply_load_abort(struct ledgers *l)
{
    if (l->load == NULL)
        return;
    l->load = load_free(l->load);
    atomic_store(&l->n_loaded, 0);
    (void)mirror_clear(l->mirror).code;
}

uint64_t apply_load_count(struct ledgers *l)
{
    return atomic_load_explicit(&l->n_loaded, memory_order_relaxed);
}

ERR apply_load_begin(struct ledgers *l, const struct ledger_header *header, uint32_t n_chains)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    if (n || l->complete)
        return FAIL(ERR_EXISTS, "load: the history is not empty");
    if (n_chains == 0)
        return FAIL(ERR_INVALID, "load: no chains");
    struct hash256 hash = digest_ledger(header);
    if (!hash256_eq(&hash, &header->hash))
        return FAIL(ERR_VERIFY, "load: ledger %u does not have the hash it states", header->seq);
    apply_load_abort(l);
    TRY(disk_check(l->mirror->path, l->min_free_bytes));
    TRY(repair_empty(l));
    TRY(store_load_begin(l->store, header->seq, n_chains));
    l->load = xcalloc(1, sizeof *l->load);
    l->load->header = *header;
    l->load->n_chains = n_chains;
    l->load->chains = xcalloc(n_chains, sizeof *l->load->chains);
    return OK;
}

/* A transaction with room for some more. */
static err load_txn(struct ledgers *l)
{
    struct apply_load *o = l->load;
    if (o->txn && o->txn_bytes < LOAD_TXN_BYTES)
        return OK;
    if (o->txn)
        TRY(mirror_write_commit(l->mirror, TAKE_PTR(o->txn)));
    o->txn_bytes = 0;
    TRY(disk_check(l->mirror->path, l->min_free_bytes));
    TRY(ledgers_reserve(l, LEDGERS_RESERVE_BYTES));
    return mirror_write_begin(l->mirror, &o->txn);
}

static err check_page(const struct apply_load *o, uint32_t chain,
                      const struct store_object *objects, size_t n)
{
    if (chain >= o->n_chains)
        return FAIL(ERR_INVALID, "load: chain %u of %u", chain, o->n_chains);
    const struct load_chain *c = &o->chains[chain];
    for (size_t i = 0; i < n; i++) {
        const struct hash256 *prev = i ? &objects[i - 1].key : c->begun ? &c->last : NULL;
        if (prev && hash256_cmp(prev, &objects[i].key) >= 0)
            return FAIL(ERR_INVALID, "load: keys of chain %u do not ascend", chain);
        if (objects[i].data.n == 0)
            return FAIL(ERR_INVALID, "load: an object of chain %u is empty", chain);
    }
    return OK;
}

/* Every object of the page follows the one before it, in the chain. */
static err add_history(struct ledgers *l, uint32_t chain, const struct store_object *objects,
                       size_t n, const struct store_index_row *rows, size_t n_rows)
{
    struct load_chain *c = &l->load->chains[chain];
    CLEANUP(mem_freep) struct store_successor *successors = xmalloc((n + 1) * sizeof *successors);
    size_t n_successors = 0;
    for (size_t i = 0; i < n; i++) {
        if (c->begun)
            successors[n_successors++] = (struct store_successor){c->last, objects[i].key};
        c->begun = true;
        c->last = objects[i].key;
    }
    return store_load_add(l->store, chain, objects, n, successors, n_successors, rows, n_rows);
}

static err add_mirror(struct ledgers *l, MDB_cursor *cursor, const struct store_object *object)
{
    struct apply_load *o = l->load;
    o->descended |= o->any && hash256_cmp(&o->greatest, &object->key) >= 0;
    int rc = mirror_object_put_at(cursor, &object->key, object->data,
                                  o->descended ? MDB_NOOVERWRITE : MDB_APPEND);
    if (rc == MDB_KEYEXIST)
        return FAIL(ERR_INVALID, "load: two chains hold the same object");
    o->any = true;
    o->greatest = object->key;
    l->load->txn_bytes += 32 + object->data.n;
    return mirror_check(l->mirror, rc, "load");
}

static err add_page(struct ledgers *l, uint32_t chain, const struct store_object *objects, size_t n,
                    const struct store_index_row *rows, size_t n_rows)
{
    TRY(add_history(l, chain, objects, n, rows, n_rows));
    TRY(load_txn(l));
    MDB_cursor *cursor = NULL;
    TRY(mirror_check(l->mirror, mdb_cursor_open(l->load->txn, l->mirror->state, &cursor),
                     "open cursor"));
    err e = OK;
    for (size_t i = 0; i < n && e.code == 0; i++)
        e = add_mirror(l, cursor, &objects[i]);
    mdb_cursor_close(cursor);
    return e;
}

ERR apply_load_add(struct ledgers *l, uint32_t chain, const struct store_object *objects, size_t n,
                   const struct store_index_row *rows, size_t n_rows)
{
    struct apply_load *o = l->load;
    if (o == NULL || o->failed)
        return FAIL(ERR_INVALID, "load: none is going on");
    if (atomic_load(&l->interrupted))
        return FAIL(ERR_CANCELLED, "load: stopping");
    TRY(check_page(o, chain, objects, n));
    err e = add_page(l, chain, objects, n, rows, n_rows);
    o->failed = e.code != 0;
    if (e.code == 0)
        atomic_fetch_add_explicit(&l->n_loaded, n, memory_order_relaxed);
    return e;
}

/* --- the end --- */

/* Seen in key order: the list's ends, and the first directory of every book. */
struct scan {
    struct successor_list *rows;
    bool begun;
    struct hash256 prev;
};

static void scan_object(void *arg, const struct hash256 *key, struct slice object)
{
    struct scan *s = arg;
    if (successor_is_book(object)) {
        struct hash256 base = successor_base(key);
        bool first = !s->begun || hash256_cmp(&s->prev, &base) < 0;
        if (first && !hash256_eq(&base, key)) /* a base that is an object has its row by the list */
            successor_list_add(s->rows, &base, key);
    }
    if (!s->begun)
        successor_list_add(s->rows, &SUCCESSOR_FIRST, key);
    s->begun = true;
    s->prev = *key;
}

static err scan_all(struct ledgers *l, MDB_txn *txn, struct successor_list *rows)
{
    struct hash256 last = successor_last(), root;
    struct scan scan = {.rows = rows};
    struct tree_visitor visitor = {scan_object, &scan};
    TRY(tree_build(l->tree, txn, &visitor, &root));
    if (!scan.begun)
        successor_list_add(rows, &SUCCESSOR_FIRST, &last);
    if (!hash256_eq(&root, &l->load->header.state_hash)) {
        char text[65] = {0};
        hex_encode(hash256_slice(&root), text);
        return FAIL(ERR_VERIFY, "load: the state of ledger %u has root %s, not the header's",
                    l->load->header.seq, text);
    }
    return OK;
}

/* The last object of every chain is followed by the first one of a later chain, or by nothing. */
static err join_chains(struct ledgers *l, MDB_txn *txn, struct successor_list *rows)
{
    struct merged w = {l->mirror, undo_versions(l->undo), .seq = MERGED_NEWEST};
    TRY(mirror_check(l->mirror, mdb_cursor_open(txn, l->mirror->state, &w.cursor), "open cursor"));
    err e = OK;
    for (uint32_t i = 0; i < l->load->n_chains && e.code == 0; i++) {
        const struct load_chain *c = &l->load->chains[i];
        struct hash256 next;
        if (!c->begun)
            continue;
        e = successor_after(&w, &c->last, &next);
        if (e.code == 0)
            successor_list_add(rows, &c->last, &next);
    }
    mdb_cursor_close(w.cursor);
    return e;
}

/* The mirror gets complete in a transaction of its own, before the history says that the load is:
 * killed between both, the next start finds an empty history and drops the mirror. */
static err commit_mirror(struct ledgers *l, struct successor_list *rows)
{
    struct apply_load *o = l->load;
    if (o->txn)
        TRY(mirror_write_commit(l->mirror, TAKE_PTR(o->txn)));
    TRY(ledgers_reserve(l, LEDGERS_RESERVE_BYTES + apply_load_count(l) * TREE_BYTES_PER_OBJECT));
    TRY(mirror_write_begin(l->mirror, &o->txn));
    TRY(scan_all(l, o->txn, rows));
    TRY(join_chains(l, o->txn, rows));
    TRY(repair_new_dataset(l, l->meta.dataset));
    l->meta.header = o->header;
    l->meta.turn = mirror_turn_whole(o->header.seq);
    TRY(mirror_meta_put(l->mirror, o->txn, &l->meta));
    return mirror_write_commit(l->mirror, TAKE_PTR(o->txn));
}

static void successor_list_freep(struct successor_list *l)
{
    successor_list_deinit(l);
}

static err commit(struct ledgers *l, const struct apply_ledger *in)
{
    CLEANUP(successor_list_freep) struct successor_list rows = {0};
    TRY(commit_mirror(l, &rows));
    successor_list_sort(&rows);
    struct store_ledger ledger = {
        .header = in->header,
        .txs = in->txs,
        .tx_hashes = in->tx_hashes,
        .n_txs = in->n_txs,
        .successors = rows.rows,
        .n_successors = rows.n,
        .index_rows = in->index_rows,
        .n_index_rows = in->n_index_rows,
    };
    return store_load_commit(l->store, &ledger);
}

ERR apply_load_commit(struct ledgers *l, const struct apply_ledger *ledger)
{
    if (l->load == NULL || l->load->failed)
        return FAIL(ERR_INVALID, "load: none is going on");
    if (!hash256_eq(&ledger->header.hash, &l->load->header.hash))
        return FAIL(ERR_INVALID, "load: began with another ledger");
    err e = commit(l, ledger);
    if (e.code) {
        apply_load_abort(l);
        return e;
    }
    atomic_store(&l->n_objects, apply_load_count(l));
    l->load = load_free(l->load);
    ledgers_from_file(l);
    atomic_store(&l->doubtful, false);
    snap_set_unshut(&l->snaps);
    ledgers_show(l, &ledger->header);
    ledgers_tell(l, &ledger->header);
    return OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/near.h"

#include "ledger/guard.h"
#include "ledger/ledgers_impl.h"

struct near {
    struct snap *snap;
    const struct hash256 *key;
    bool before;
    size_t n, got;
    struct hash256 *ret;
};

static err walk(void *arg)
{
    struct near *w = arg;
    MDB_cursor *cursor = w->snap->cursor;
    MDB_val k = mirror_val(hash256_slice(w->key)), value;
    int rc = mdb_cursor_get(cursor, &k, &value, MDB_SET_RANGE); /* at or after the key */
    if (w->before)
        rc = mdb_cursor_get(cursor, &k, &value, rc == 0 ? MDB_PREV : MDB_LAST);
    else if (rc == 0 && memcmp(k.mv_data, w->key->b, 32) == 0)
        rc = mdb_cursor_get(cursor, &k, &value, MDB_NEXT);
    for (; rc == 0 && w->got < w->n;
         rc = mdb_cursor_get(cursor, &k, &value, w->before ? MDB_PREV : MDB_NEXT))
        w->ret[w->got++] = hash256_of(k.mv_data);
    return OK;
}

size_t near_keys(void *arg, const struct hash256 *key, bool before, size_t n, struct hash256 *ret)
{
    struct ledgers *l = arg;
    uint32_t slot;
    struct near w = {.key = key, .before = before, .n = n, .ret = ret};
    if (err_failed(ledgers_slot_index(l, &slot)) ||
        err_failed(snap_acquire(&l->snaps, slot, &w.snap)))
        return 0; /* a guess less */
    err e = w.snap->complete ? guard_run(walk, &w, l->mirror->path) : OK;
    snap_release(&l->snaps, slot, w.snap);
    return err_failed(e) ? 0 : w.got;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/waiting.h"

#include "ledger/mirror_object.h"

/* The next version that waits, at or behind *at, of the slice; NULL: no more. */
static struct version *next_waiting(uint32_t slice, const struct versions_key **at)
{
    struct version *v = NULL;
    while (v == NULL && *at && versions_key(*at)->b[0] == slice) {
        v = versions_waiting_at(*at);
        *at = versions_next(*at);
    }
    return v;
}

static const struct versions_key *slice_begin(const struct versions *versions, uint32_t slice)
{
    struct hash256 first = {{(uint8_t)slice}};
    return versions_seek(versions, &first);
}

static err store(const struct mirror *m, MDB_txn *txn, const struct version *v)
{
    struct slice object = versions_object(v);
    const struct hash256 *key = versions_key_of(v);
    if (object.n)
        return mirror_check(m, mirror_object_put(m, txn, key, object, 0), "write object");
    MDB_val k = mirror_val(hash256_slice(key));
    int rc = mdb_del(txn, m->state, &k, NULL);
    return rc == MDB_NOTFOUND ? OK : mirror_check(m, rc, "delete object");
}

ERR waiting_store(const struct mirror *m, const struct versions *versions, MDB_txn *txn,
                  uint32_t slice, uint64_t *ret_bytes)
{
    const struct versions_key *at = slice_begin(versions, slice);
    *ret_bytes = 0;
    for (struct version *v; (v = next_waiting(slice, &at));) {
        TRY(store(m, txn, v));
        *ret_bytes += versions_bytes_of(v);
    }
    return OK;
}

void waiting_written(const struct versions *versions, uint32_t slice, struct undo_run *newest)
{
    const struct versions_key *at = slice_begin(versions, slice);
    for (struct version *v; (v = next_waiting(slice, &at));)
        undo_run_written(newest, v);
}

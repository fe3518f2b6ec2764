/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merged.h"

#include "ledger/mirror_object.h"

ERR merged_get(const struct mirror *m, const struct versions *versions, MDB_cursor *cursor,
               uint32_t seq, const struct hash256 *key, struct slice *ret)
{
    struct slice object;
    const struct versions_key *k = versions_find(versions, key);
    if (__builtin_expect(k == NULL, 1) || !versions_at(k, seq, &object))
        return mirror_get(m, cursor, key, ret);
    if (object.n == 0)
        return (err){ERR_NOT_FOUND};
    *ret = object;
    return OK;
}

/* --- forward --- */

static void file_step(struct merged *w)
{
    w->rc = mdb_cursor_get(w->cursor, &w->key, &w->value, MDB_NEXT);
}

static bool file_is_at(const struct merged *w, const struct hash256 *key)
{
    return w->rc == 0 && w->key.mv_size == 32 && memcmp(w->key.mv_data, key->b, 32) == 0;
}

void merged_seek(struct merged *w, const struct hash256 *key, bool after)
{
    w->key = mirror_val(hash256_slice(key));
    w->rc = mdb_cursor_get(w->cursor, &w->key, &w->value, MDB_SET_RANGE);
    if (after && file_is_at(w, key))
        file_step(w);
    w->late = versions_seek(w->versions, key);
    if (after && w->late && hash256_eq(versions_key(w->late), key))
        w->late = versions_next(w->late);
}

/* <0: the file's key comes first, 0: the same key, >0: the other one's. */
static int order(const struct merged *w)
{
    if (w->late == NULL)
        return -1;
    if (w->rc != 0)
        return 1;
    return memcmp(w->key.mv_data, versions_key(w->late)->b, 32);
}

static err read_file(const struct merged *w, struct merged_entry *ret)
{
    TRY(mirror_object_read(w->mirror, &w->key, &w->value, &ret->object));
    ret->key = w->key.mv_data;
    ret->in_file = w->value.mv_data;
    return OK;
}

/* Move over the smallest key of both. */
static err step(struct merged *w, struct merged_entry *ret, bool *ret_exists)
{
    int side = order(w);
    struct slice object;
    *ret_exists = true;
    if (side < 0) {
        TRY(read_file(w, ret));
        file_step(w);
        return OK;
    }
    const struct versions_key *k = w->late;
    bool known = versions_at(k, w->seq, &object);
    w->late = versions_next(k);
    if (known) {
        *ret = (struct merged_entry){versions_key(k)->b, object, NULL};
        *ret_exists = object.n != 0;
    } else if (side == 0) {
        TRY(read_file(w, ret));
    } else {
        *ret_exists = false;
    }
    if (side == 0)
        file_step(w);
    return OK;
}

ERR merged_next(struct merged *w, struct merged_entry *ret)
{
    bool exists = false;
    while (!exists) {
        if (w->rc != 0 && w->rc != MDB_NOTFOUND)
            return mirror_check(w->mirror, w->rc, "walk");
        if (w->rc != 0 && w->late == NULL)
            return (err){ERR_NOT_FOUND};
        TRY(step(w, ret, &exists));
    }
    return OK;
}

/* --- back --- */

static err last_in_file(struct merged *w, const struct hash256 *key)
{
    w->key = mirror_val(hash256_slice(key));
    w->rc = mdb_cursor_get(w->cursor, &w->key, &w->value, MDB_SET_RANGE);
    if (w->rc != 0 && w->rc != MDB_NOTFOUND)
        return mirror_check(w->mirror, w->rc, "walk");
    w->rc = mdb_cursor_get(w->cursor, &w->key, &w->value, w->rc == 0 ? MDB_PREV : MDB_LAST);
    return w->rc == MDB_NOTFOUND ? OK : mirror_check(w->mirror, w->rc, "walk");
}

ERR merged_before(struct merged *w, const struct hash256 *key, struct merged_entry *ret)
{
    TRY(last_in_file(w, key));
    const struct versions_key *late = versions_seek_before(w->versions, key);
    for (;;) {
        struct slice object;
        int side = w->rc != 0 ? 1 : late ? memcmp(versions_key(late)->b, w->key.mv_data, 32) : -1;
        if (w->rc != 0 && late == NULL)
            return (err){ERR_NOT_FOUND};
        if (side < 0)
            return read_file(w, ret);
        const struct versions_key *k = late;
        bool known = versions_at(k, w->seq, &object);
        if (known && object.n) {
            *ret = (struct merged_entry){versions_key(k)->b, object, NULL};
            return OK;
        }
        if (!known && side == 0)
            return read_file(w, ret);
        if (side == 0) { /* deleted */
            w->rc = mdb_cursor_get(w->cursor, &w->key, &w->value, MDB_PREV);
            if (w->rc != 0 && w->rc != MDB_NOTFOUND)
                return mirror_check(w->mirror, w->rc, "walk");
        }
        late = versions_seek_before(w->versions, versions_key(k));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mirror_object.h"

#include "base/bits.h"
#include "base/crc32c.h"

#include <string.h>

static uint32_t check_of(const void *key, struct slice object)
{
    return crc32c(crc32c(0, key, 32), object.p, object.n);
}

static err damaged(const struct mirror *m)
{
    return FAIL(ERR_CORRUPT, "mirror: %s: an object does not have its checksum", m->path);
}

ERR mirror_object_read(const struct mirror *m, const MDB_val *key, const MDB_val *value,
                       struct slice *ret)
{
    if (key->mv_size != 32 || value->mv_size < MIRROR_OBJECT_CHECK_BYTES)
        return damaged(m);
    size_t n = value->mv_size - MIRROR_OBJECT_CHECK_BYTES;
    struct slice object = slice_of(value->mv_data, n);
    if (check_of(key->mv_data, object) != bits_load32(object.p + n))
        return damaged(m);
    *ret = object;
    return OK;
}

/* Into the room that LMDB has made. */
static void fill(const MDB_val *room, const struct hash256 *key, struct slice object)
{
    uint8_t *at = room->mv_data;
    if (object.n)
        memcpy(at, object.p, object.n);
    bits_store32(at + object.n, check_of(key->b, object));
}

int mirror_object_put(const struct mirror *m, MDB_txn *txn, const struct hash256 *key,
                      struct slice object, unsigned flags)
{
    MDB_val k = mirror_val(hash256_slice(key)), room = {object.n + MIRROR_OBJECT_CHECK_BYTES, NULL};
    int rc = mdb_put(txn, m->state, &k, &room, flags | MDB_RESERVE);
    if (rc == 0)
        fill(&room, key, object);
    return rc;
}

int mirror_object_put_at(MDB_cursor *cursor, const struct hash256 *key, struct slice object,
                         unsigned flags)
{
    MDB_val k = mirror_val(hash256_slice(key)), room = {object.n + MIRROR_OBJECT_CHECK_BYTES, NULL};
    int rc = mdb_cursor_put(cursor, &k, &room, flags | MDB_RESERVE);
    if (rc == 0)
        fill(&room, key, object);
    return rc;
}

/* The record at the cursor, if there is one, and on the right side (`side` as of memcmp). */
static err check_neighbour(const struct mirror *m, int rc, const MDB_val *key, const MDB_val *value,
                           const struct hash256 *absent, int side)
{
    struct slice object;
    if (rc == MDB_NOTFOUND)
        return OK;
    TRY(mirror_check(m, rc, "read a neighbour"));
    TRY(mirror_object_read(m, key, value, &object));
    int order = memcmp(key->mv_data, absent->b, 32);
    return (side < 0 ? order < 0 : order > 0) ? OK : damaged(m);
}

ERR mirror_object_absent(const struct mirror *m, MDB_cursor *cursor, int rc, MDB_val *next,
                         MDB_val *value, const struct hash256 *key)
{
    TRY(check_neighbour(m, rc, next, value, key, 1));
    rc = mdb_cursor_get(cursor, next, value, rc == 0 ? MDB_PREV : MDB_LAST);
    return check_neighbour(m, rc, next, value, key, -1);
}

ERR mirror_object_ascends(const struct mirror *m, const struct hash256 *before,
                          const struct hash256 *key)
{
    return hash256_cmp(key, before) > 0
               ? OK
               : FAIL(ERR_CORRUPT, "mirror: %s: the keys do not ascend", m->path);
}

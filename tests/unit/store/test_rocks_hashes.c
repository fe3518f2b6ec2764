/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_hashes.h"

#include "unit/store/fixture.h"
#include "xrpl/keylet.h"

#define FIRST 1000u
#define N_LEDGERS 600u

static struct hash256 hash_of(uint32_t seq)
{
    struct hash256 h = {{1}};
    bits_store32(h.b + 4, seq * 2654435761u);
    return h;
}

/* Head, the hashes of up to 256 ledgers before `seq`, tail. */
static struct slice object_at(uint32_t seq, struct arena *a)
{
    struct buf b = {0};
    buf_printf(&b, "head %u", seq);
    for (uint32_t at = seq > 1256 ? seq - 256 : FIRST; at < seq; at++)
        buf_put(&b, hash_of(at).b, 32);
    buf_put_str(&b, "tail");
    struct slice s = arena_dup(a, buf_slice(&b));
    buf_deinit(&b);
    return s;
}

static struct store_ledger ledger_at(uint32_t seq, struct store_object *object, struct arena *a)
{
    *object = (struct store_object){keylet_hashes_recent(), object_at(seq, a)};
    struct store_ledger l = {
        .header = {.seq = seq, .hash = hash_of(seq), .parent_hash = hash_of(seq - 1)}};
    l.objects = object;
    l.n_objects = l.n_unnamed = 1;
    l.unnamed = &object->key;
    return l;
}

static struct store *filled(struct arena *a)
{
    struct store *s = fixture_open(test_dir());
    struct store_object object;
    ASSERT_OK(store_load_begin(s, FIRST, 1));
    struct store_ledger l = ledger_at(FIRST, &object, a);
    ASSERT_OK(store_load_add(s, 0, &object, 1, NULL, 0, NULL, 0));
    ASSERT_OK(store_load_commit(s, &l));
    for (uint32_t seq = FIRST + 1; seq < FIRST + N_LEDGERS; seq += 3) {
        struct store_object objects[3];
        struct store_ledger ledgers[3];
        for (uint32_t i = 0; i < 3; i++)
            ledgers[i] = ledger_at(seq + i, &objects[i], a);
        ASSERT_OK(store_write(s, ledgers, 3));
        if (seq == FIRST + 301) { /* the writer forgets what it knew */
            store_close(s);
            s = fixture_open(test_dir());
        }
    }
    return s;
}

static void check(struct store *s, struct arena *a)
{
    struct hash256 key = keylet_hashes_recent();
    for (uint32_t seq = FIRST; seq < FIRST + N_LEDGERS; seq += 7) {
        struct slice got, expected = object_at(seq, a);
        uint32_t at;
        ASSERT_OK(store_objects_get(s, seq, &key, 1, a, &got, &at));
        ASSERT(slice_eq(got, expected));
        ASSERT_INT(seq == FIRST ? 0 : seq, at);
        arena_clear(a);
    }
}

static struct slice row_at(struct store *s, uint32_t seq, struct arena *a)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_read rd = {rocks_of(s), true, NULL};
    struct hash256 hashes = keylet_hashes_recent();
    struct rocks_key key = rocks_key_versioned(&hashes, seq);
    ASSERT_OK(rocks_read_get(&rd, ROCKS_CF_OBJECT, &key, &v));
    return arena_dup(a, v.bytes);
}

TEST(rocks_hashes_are_not_stored_twice)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = filled(a);
    check(s, a);
    ASSERT(row_at(s, FIRST + 1, a).n < 40);
    ASSERT(row_at(s, FIRST + 302, a).n < 40);
    ASSERT(row_at(s, FIRST + N_LEDGERS - 1, a).n < 40);
    ASSERT_OK(rocks_compact(s));
    check(s, a);
    store_close(s);
}

TEST(rocks_hashes_of_other_ledgers_are_stored_as_they_are)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = filled(a);
    struct store_object object;
    struct store_ledger l = ledger_at(FIRST + N_LEDGERS + 1, &object, a);
    struct slice got;
    object.data = arena_dup(a, slice_from(object.data, 100)); /* cut: hashes from the middle on */
    l.header.seq = rocks_ranges(rocks_of(s)).r[0].last + 1;
    object.data.n -= 4 + 32 * 3; /* the newest are missing */
    ASSERT_OK(store_write(s, &l, 1));
    ASSERT_OK(store_objects_get(s, l.header.seq, &object.key, 1, a, &got, NULL));
    ASSERT(slice_eq(got, object.data));
    ASSERT(row_at(s, l.header.seq, a).n == object.data.n + 1);
    store_close(s);
}

TEST(rocks_hashes_rows_are_distrusted)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = filled(a);
    struct rocks_read rd = {rocks_of(s), true, NULL};
    struct slice got;
    ASSERT_ERR(ERR_CORRUPT, rocks_hashes_unpack(&rd, FIRST + 300, SLICE_LIT("\x7F\x01"), a, &got));
    ASSERT_ERR(ERR_CORRUPT,
               rocks_hashes_unpack(&rd, FIRST + 300, SLICE_LIT("\x00\xFF\xFF\x01"), a, &got));
    ASSERT_ERR(ERR_CORRUPT, rocks_hashes_unpack(&rd, FIRST + 3, SLICE_LIT("\x00\x05"), a, &got));
    ASSERT_ERR(ERR_CORRUPT, rocks_hashes_unpack(&rd, 3, SLICE_LIT("\x00\x05"), a, &got));
    ASSERT_ERR(ERR_CORRUPT, rocks_hashes_unpack(&rd, FIRST, SLICE_EMPTY, a, &got));
    store_close(s);
}

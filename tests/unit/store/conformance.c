/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store/conformance.h"

#include "base/bits.h"
#include "base/mem.h"
#include "store/memory.h"
#include "unit/store/model.h"

#include <stdlib.h>

static struct hash256 key_of(uint8_t first, uint8_t last)
{
    struct hash256 key = {{first}};
    key.b[31] = last;
    return key;
}

static struct hash256 end_key(void)
{
    return (struct hash256){{[0 ... 31] = 0xFF}};
}

static struct store_object object_of(struct hash256 key, const char *text)
{
    return (struct store_object){key, slice_str(text)};
}

static struct store_ledger ledger_of(uint32_t seq)
{
    struct store_ledger l = {.header = {.seq = seq, .drops = 100}};
    bits_store32(l.header.hash.b, seq);
    return l;
}

static struct slice tx_value(void)
{
    static uint8_t value[STORE_TX_VALUE_BYTES];
    store_tx_value(&(struct hash256){{0xAB}}, 12, value);
    return slice_of(value, sizeof value);
}

/* Metadata that says TransactionIndex, and that nothing was touched. */
static struct slice meta_of(uint32_t index)
{
    static uint8_t metas[8][10];
    static int at;
    uint8_t *p = metas[at++ % 8];
    memcpy(p, "\x20\x1C....\xF8\xF1\x03\x10", 10);
    bits_store32(p + 2, index);
    return slice_of(p, 10);
}

/* Ledger 10 with objects 20.. and 40.., key 40 the last. */
static void load_two(struct store *s)
{
    struct store_object objects[] = {object_of(key_of(0x20, 1), "twenty"),
                                     object_of(key_of(0x40, 1), "forty")};
    struct store_successor list[] = {{key_of(0x20, 1), key_of(0x40, 1)},
                                     {key_of(0x40, 1), end_key()}};
    struct store_successor head = {HASH256_ZERO, key_of(0x20, 1)};
    struct store_ledger l = ledger_of(10);
    l.successors = &head;
    l.n_successors = 1;
    ASSERT_OK(store_load_begin(s, 10, 1));
    ASSERT_OK(store_load_add(s, 0, objects, 2, list, 2, NULL, 0));
    ASSERT_OK(store_load_commit(s, &l));
}

static void write_ledger(struct store *s, uint32_t seq, const struct store_object *objects,
                         size_t n_objects, const struct store_successor *list, size_t n_list)
{
    struct store_ledger l = ledger_of(seq);
    struct hash256 keys[8];
    for (size_t i = 0; i < n_objects; i++)
        keys[i] = objects[i].key;
    l.objects = objects;
    l.n_objects = l.n_unnamed = n_objects;
    l.unnamed = keys;
    l.successors = list;
    l.n_successors = n_list;
    ASSERT_OK(store_write(s, &l, 1));
}

static void expect_next(struct store *s, uint32_t seq, struct hash256 key, struct hash256 next)
{
    struct hash256 got;
    ASSERT_OK(store_next(s, seq, &key, &got));
    ASSERT(hash256_eq(&got, &next));
}

static void expect_object(struct store *s, uint32_t seq, struct hash256 key, const char *text,
                          uint32_t at)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice got;
    uint32_t got_seq;
    ASSERT_OK(store_objects_get(s, seq, &key, 1, a, &got, &got_seq));
    ASSERT_SLICE(text, got);
    ASSERT_INT(at, got_seq);
}

static void expect_range(struct store *s, uint32_t first, uint32_t last)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n;
    store_ranges(s, ranges, &n);
    ASSERT_INT(first ? 1 : 0, n);
    if (n > 0) {
        ASSERT_INT(first, ranges[0].first);
        ASSERT_INT(last, ranges[0].last);
    }
}

static void expect_empty(struct store *s)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 key = key_of(0x20, 1), *keys;
    struct ledger_header header;
    struct store_tx tx, *txs;
    struct store_txs_query all = {.first = 10, .last = 10};
    struct store_tx_locator one = {.pos = {10, 0}};
    struct store_object object;
    struct store_rows rows;
    uint16_t type;
    struct store_scan scan = {
        .index = STORE_INDEX_ACCOUNT_TX, .prefix = slice_of(key.b, 20), .limit = 10};
    size_t n;
    uint32_t seq;
    expect_range(s, 0, 0);
    expect_object(s, 10, key, "", UINT32_MAX);
    ASSERT_ERR(ERR_NOT_FOUND, store_header_get(s, 10, &header));
    ASSERT_ERR(ERR_NOT_FOUND, store_seq_by_hash(s, &key, &seq));
    ASSERT_ERR(ERR_NOT_FOUND, store_next(s, 10, &HASH256_ZERO, &key));
    ASSERT_ERR(ERR_NOT_FOUND, store_diff(s, 10, a, &keys, &n));
    ASSERT_ERR(ERR_NOT_FOUND, store_ledger_txs(s, &all, a, &txs, &n));
    ASSERT_ERR(ERR_CORRUPT, store_txs_get(s, &one, 1, a, &tx));
    ASSERT_ERR(ERR_CORRUPT, store_tx_types(s, &one, 1, &type));
    ASSERT_ERR(ERR_NOT_FOUND, store_tx_find(s, &key, a, &tx));
    ASSERT_OK(store_scan(s, &scan, a, &rows));
    ASSERT_INT(0, rows.n);
    ASSERT_OK(store_page(s, 10, &HASH256_ZERO, 1, true, a, &object, &n));
    ASSERT_INT(0, n);
}

void conformance_empty_store_answers_that_nothing_is_there(conformance_open_fn open)
{
    struct store *s = open();
    struct store_ledger l = ledger_of(1);
    expect_empty(s);
    ASSERT_ERR(ERR_INVALID, store_write(s, &l, 1));
    ASSERT_ERR(ERR_INVALID, store_load_commit(s, &l));
    store_close(s);
}

void conformance_loaded_ledger_is_read_back(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct ledger_header header;
    struct hash256 *keys, last;
    size_t n;
    uint32_t seq;
    load_two(s);
    expect_range(s, 10, 10);
    ASSERT_OK(store_header_get(s, 10, &header));
    ASSERT_INT(100, header.drops);
    ASSERT_OK(store_seq_by_hash(s, &header.hash, &seq));
    ASSERT_INT(10, seq);
    expect_object(s, 10, key_of(0x20, 1), "twenty", 0);
    expect_object(s, 10, key_of(0x20, 2), "", UINT32_MAX);
    expect_next(s, 10, HASH256_ZERO, key_of(0x20, 1));
    expect_next(s, 10, key_of(0x20, 1), key_of(0x40, 1));
    expect_next(s, 10, key_of(0x30, 0), key_of(0x40, 1));
    ASSERT_ERR(ERR_NOT_FOUND, store_next(s, 10, &(struct hash256){{0x40, [31] = 1}}, &last));
    ASSERT_OK(store_diff(s, 10, a, &keys, &n));
    ASSERT_INT(0, n);
    store_close(s);
}

void conformance_load_is_invisible_before_its_commit(conformance_open_fn open)
{
    struct store *s = open();
    struct store_object object = object_of(key_of(0x20, 1), "twenty");
    struct store_successor next = {object.key, end_key()};
    uint8_t owner[20] = {0}, place[8] = {0};
    struct store_index_row row = {STORE_INDEX_ACCOUNT_TX, slice_of(owner, 20), slice_of(place, 8),
                                  tx_value()};
    ASSERT_OK(store_load_begin(s, 10, 2));
    ASSERT_OK(store_load_add(s, 1, &object, 1, &next, 1, &row, 1));
    expect_empty(s);
    ASSERT_ERR(ERR_INVALID, store_load_add(s, 2, &object, 1, &next, 1, NULL, 0));
    store_close(s); /* in the middle of it */
}

void conformance_second_load_begin_drops_the_first_load(conformance_open_fn open)
{
    struct store *s = open();
    struct store_object object = object_of(key_of(0x10, 1), "ten");
    struct store_successor next = {object.key, end_key()};
    ASSERT_OK(store_load_begin(s, 9, 3));
    ASSERT_OK(store_load_add(s, 2, &object, 1, &next, 1, NULL, 0));
    load_two(s);
    expect_object(s, 10, object.key, "", UINT32_MAX);
    expect_next(s, 10, object.key, key_of(0x20, 1));
    ASSERT_ERR(ERR_EXISTS, store_load_begin(s, 10, 1));
    store_close(s);
}

void conformance_write_refuses_what_does_not_follow(conformance_open_fn open)
{
    struct store *s = open();
    load_two(s);
    struct store_ledger two[] = {ledger_of(11), ledger_of(13)};
    ASSERT_ERR(ERR_EXISTS, store_write(s, &(struct store_ledger){.header = {.seq = 10}}, 1));
    ASSERT_ERR(ERR_INVALID, store_write(s, &(struct store_ledger){.header = {.seq = 12}}, 1));
    ASSERT_ERR(ERR_INVALID, store_write(s, &(struct store_ledger){.header = {.seq = 9}}, 1));
    ASSERT_ERR(ERR_INVALID, store_write(s, two, 2));
    expect_range(s, 10, 10);
    struct store_index_row bad = {STORE_INDEX_ACCOUNT_TX, SLICE_LIT("short"), SLICE_LIT("12345678"),
                                  SLICE_EMPTY};
    two[1] = ledger_of(12);
    two[1].index_rows = &bad;
    two[1].n_index_rows = 1;
    ASSERT_ERR(ERR_INVALID, store_write(s, two, 2));
    two[1].n_index_rows = 0;
    struct store_tx elsewhere = {.pos = {11, 0}};
    two[1].txs = &elsewhere;
    two[1].tx_hashes = &two[1].header.hash;
    two[1].n_txs = 1;
    ASSERT_ERR(ERR_INVALID, store_write(s, two, 2));
    two[1].n_txs = 0;
    ASSERT_OK(store_write(s, two, 2));
    expect_range(s, 10, 12);
    store_close(s);
}

void conformance_writes_are_read_at_every_ledger(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 key = key_of(0x20, 1), *keys;
    size_t n;
    load_two(s);
    write_ledger(s, 11, (struct store_object[]){object_of(key, "modified")}, 1, NULL, 0);
    write_ledger(s, 12, (struct store_object[]){object_of(key, "")}, 1,
                 (struct store_successor[]){{HASH256_ZERO, key_of(0x40, 1)}}, 1);
    write_ledger(s, 13, NULL, 0, NULL, 0);
    expect_object(s, 10, key, "twenty", 0);
    expect_object(s, 11, key, "modified", 11);
    expect_object(s, 12, key, "", 12);
    expect_object(s, 13, key, "", 12);
    ASSERT_OK(store_diff(s, 11, a, &keys, &n));
    ASSERT(n == 1 && hash256_eq(&keys[0], &key));
    ASSERT_OK(store_diff(s, 13, a, &keys, &n));
    ASSERT_INT(0, n);
    store_close(s);
}

void conformance_next_passes_over_deleted_keys(conformance_open_fn open)
{
    struct store *s = open();
    struct hash256 gone = key_of(0x20, 1), got;
    load_two(s);
    write_ledger(s, 11, (struct store_object[]){object_of(gone, "")}, 1,
                 (struct store_successor[]){{HASH256_ZERO, key_of(0x40, 1)}}, 1);
    write_ledger(s, 12, (struct store_object[]){object_of(key_of(0x30, 1), "thirty")}, 1,
                 (struct store_successor[]){{HASH256_ZERO, key_of(0x30, 1)},
                                            {key_of(0x30, 1), key_of(0x40, 1)}},
                 2);
    expect_next(s, 10, HASH256_ZERO, gone);
    expect_next(s, 11, HASH256_ZERO, key_of(0x40, 1));
    expect_next(s, 11, gone,
                key_of(0x40, 1)); /* its own row is stale only from the next ledger on */
    expect_next(s, 12, gone, key_of(0x30, 1));
    expect_next(s, 12, key_of(0x25, 0), key_of(0x30, 1));
    expect_next(s, 12, key_of(0x3F, 0), key_of(0x40, 1));
    ASSERT_ERR(ERR_NOT_FOUND, store_next(s, 12, &(struct hash256){{0xFF}}, &got));
    store_close(s);
}

void conformance_next_of_an_emptied_book_is_the_next_key(conformance_open_fn open)
{
    struct store *s = open();
    struct hash256 base = key_of(0x30, 0), dir = key_of(0x30, 7), between = {{0x35}};
    load_two(s);
    write_ledger(
        s, 11, (struct store_object[]){object_of(dir, "directory")}, 1,
        (struct store_successor[]){{key_of(0x20, 1), dir}, {dir, key_of(0x40, 1)}, {base, dir}}, 3);
    write_ledger(
        s, 12, (struct store_object[]){object_of(dir, "")}, 1,
        (struct store_successor[]){{key_of(0x20, 1), key_of(0x40, 1)}, {base, key_of(0x40, 1)}}, 2);
    /* the base's row is not touched by a key outside of the book */
    write_ledger(s, 13, (struct store_object[]){object_of(between, "between")}, 1,
                 (struct store_successor[]){{key_of(0x20, 1), between}, {between, key_of(0x40, 1)}},
                 2);
    expect_next(s, 10, base, key_of(0x40, 1));
    expect_next(s, 11, base, dir);
    expect_next(s, 12, base, key_of(0x40, 1));
    expect_next(s, 13, base, between);
    store_close(s);
}

/* Rows 5:1, 5:2, 7:1 of one account, between those of its neighbours. */
static void write_account_rows(struct store *s, uint8_t owner[20])
{
    static const uint32_t places[][2] = {{5, 1}, {5, 2}, {7, 1}};
    struct store_index_row rows[9];
    uint8_t owners[3][20], suffixes[3][8];
    struct store_ledger l = ledger_of(11);
    for (size_t i = 0; i < 9; i++) {
        memcpy(owners[i / 3], owner, 20);
        owners[i / 3][19] = (uint8_t)(owner[19] + i / 3 - 1);
        bits_store32(suffixes[i % 3], places[i % 3][0]);
        bits_store32(suffixes[i % 3] + 4, places[i % 3][1]);
        rows[i] = (struct store_index_row){STORE_INDEX_ACCOUNT_TX, slice_of(owners[i / 3], 20),
                                           slice_of(suffixes[i % 3], 8), tx_value()};
    }
    l.index_rows = rows;
    l.n_index_rows = 9;
    ASSERT_OK(store_write(s, &l, 1));
}

/* `places` as "ledger:index ...". */
static void expect_scan(struct store *s, struct store_scan scan, const char *places)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf got = {0};
    struct store_rows rows;
    struct store_tx_locator at;
    ASSERT_OK(store_scan(s, &scan, a, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        ASSERT_OK(store_tx_locator_of(&rows.rows[i], &at));
        buf_printf(&got, "%s%u:%u", i ? " " : "", at.pos.ledger_seq, at.pos.index);
    }
    buf_put_u8(&got, 0);
    ASSERT_STR(places, (char *)got.p);
}

void conformance_scans_go_both_ways_from_any_place(conformance_open_fn open)
{
    struct store *s = open();
    uint8_t owner[20] = {[19] = 7}, at[8] = {0, 0, 0, 5, 0, 0, 0, 2};
    struct store_scan up = {
        .index = STORE_INDEX_ACCOUNT_TX, .prefix = slice_of(owner, 20), .limit = 10};
    load_two(s);
    write_account_rows(s, owner);
    struct store_scan down = up;
    down.backward = true;
    expect_scan(s, up, "5:1 5:2 7:1");
    expect_scan(s, down, "7:1 5:2 5:1");
    up.from = down.from = slice_of(at, 8);
    expect_scan(s, up, "7:1");
    expect_scan(s, down, "5:1");
    up.inclusive = down.inclusive = true;
    expect_scan(s, up, "5:2 7:1");
    expect_scan(s, down, "5:2 5:1");
    /* a beginning sorts before what begins with it */
    up.from = down.from = slice_of(at, 4);
    expect_scan(s, up, "5:1 5:2 7:1");
    expect_scan(s, down, "");
    up.limit = 2;
    expect_scan(s, up, "5:1 5:2");
    up.from = slice_of(at, 0);
    up.limit = 0;
    ASSERT_ERR(ERR_INVALID, store_scan(s, &up, NULL, NULL));
    store_close(s);
}

void conformance_transactions_are_found_behind_a_colliding_hash(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_tx txs[] = {{.pos = {11, 0}, .tx = SLICE_LIT("first"), .meta = meta_of(0)},
                             {.pos = {11, 300}, .tx = SLICE_LIT("second"), .meta = meta_of(300)},
                             {.pos = {11, 70000},
                              .tx = SLICE_LIT("third"),
                              .meta = meta_of(70000)}},
                    got;
    struct store_ledger l = ledger_of(11);
    struct hash256 hashes[3], unknown;
    for (size_t i = 0; i < 3; i++)
        hashes[i] = digest_tx_id(txs[i].tx);
    struct hash256 wanted = hashes[1];
    memcpy(hashes[0].b, wanted.b, 8); /* other transactions whose hashes begin like this one's */
    memcpy(hashes[2].b, wanted.b, 8);
    load_two(s);
    l.txs = txs;
    l.tx_hashes = hashes;
    l.n_txs = 3;
    ASSERT_OK(store_write(s, &l, 1));
    ASSERT_OK(store_tx_find(s, &wanted, a, &got));
    ASSERT_SLICE("second", got.tx);
    ASSERT(slice_eq(meta_of(300), got.meta));
    ASSERT_INT(300, got.pos.index);
    unknown = wanted;
    unknown.b[31] ^= 1;
    ASSERT_ERR(ERR_NOT_FOUND, store_tx_find(s, &unknown, a, &got));
    store_close(s);
}

void conformance_missing_position_is_damage(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_tx_locator missing = {.pos = {10, 0}};
    struct store_txs_query all = {.first = 10, .last = 10};
    struct store_tx tx, *txs;
    uint16_t type;
    size_t n;
    load_two(s);
    ASSERT_ERR(ERR_CORRUPT, store_txs_get(s, &missing, 1, a, &tx));
    ASSERT_ERR(ERR_CORRUPT, store_tx_types(s, &missing, 1, &type));
    ASSERT_OK(store_ledger_txs(s, &all, a, &txs, &n));
    ASSERT_INT(0, n);
    ASSERT_OK(store_txs_get(s, NULL, 0, a, NULL));
    ASSERT_OK(store_scan_many(s, NULL, 0, a, NULL));
    all.first = all.last = 9;
    ASSERT_ERR(ERR_NOT_FOUND, store_ledger_txs(s, &all, a, &txs, &n));
    store_close(s);
}

/* Transactions 0, 1, 2 of ledger 11, 5 of 12, none of 13, 0 of 14, with an account_tx row for each.
 */
static void write_txs(struct store *s)
{
    static const struct store_tx_pos places[] = {{11, 0}, {11, 1}, {11, 2}, {12, 5}, {14, 0}};
    static const uint8_t owner[20];
    size_t at = 0;
    for (uint32_t seq = 11; seq <= 14; seq++) {
        struct store_ledger l = ledger_of(seq);
        struct store_tx txs[3];
        struct hash256 hashes[3];
        struct store_index_row rows[3];
        uint8_t tx[3][8], suffixes[3][8], values[3][STORE_TX_VALUE_BYTES];
        size_t n = 0;
        for (; at < ARRAY_LEN(places) && places[at].ledger_seq == seq; at++, n++) {
            memcpy(tx[n], "\x12\x00.-.....", 8); /* TransactionType */
            tx[n][2] = (uint8_t)(seq + places[at].index);
            txs[n] = (struct store_tx){
                .pos = places[at], .tx = slice_of(tx[n], 8), .meta = meta_of(places[at].index)};
            hashes[n] = digest_tx_id(txs[n].tx);
            bits_store32(suffixes[n], seq);
            bits_store32(suffixes[n] + 4, places[at].index);
            store_tx_value(&hashes[n], tx[n][2], values[n]);
            rows[n] = (struct store_index_row){STORE_INDEX_ACCOUNT_TX, slice_of(owner, 20),
                                               slice_of(suffixes[n], 8),
                                               slice_of(values[n], STORE_TX_VALUE_BYTES)};
        }
        l.txs = txs;
        l.tx_hashes = hashes;
        l.index_rows = rows;
        l.n_txs = l.n_index_rows = n;
        ASSERT_OK(store_write(s, &l, 1));
    }
}

static void expect_txs(struct store *s, struct store_txs_query q, const char *places)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf got = {0};
    struct store_tx *txs;
    size_t n;
    ASSERT_OK(store_ledger_txs(s, &q, a, &txs, &n));
    for (size_t i = 0; i < n; i++) {
        buf_printf(&got, "%s%u:%u", i ? " " : "", txs[i].pos.ledger_seq, txs[i].pos.index);
        ASSERT_INT(8, txs[i].tx.n);
        ASSERT(slice_eq(meta_of(txs[i].pos.index), txs[i].meta));
    }
    buf_put_u8(&got, 0);
    ASSERT_STR(places, (char *)got.p);
}

void conformance_transactions_of_ledgers_come_in_order(conformance_open_fn open)
{
    struct store *s = open();
    uint32_t indexes[] = {2, 9, 0, STORE_TX_INDEX_UNKNOWN};
    struct store_txs_query q = {.first = 10, .last = 14};
    load_two(s);
    write_txs(s);
    expect_txs(s, q, "11:0 11:1 11:2 12:5 14:0");
    q.backward = true;
    expect_txs(s, q, "14:0 12:5 11:2 11:1 11:0");
    q.limit = 3;
    expect_txs(s, q, "14:0 12:5 11:2");
    q.skip = 1;
    expect_txs(s, q, "12:5 11:2 11:1");
    q.skip = 9;
    expect_txs(s, q, "");
    expect_txs(s, (struct store_txs_query){.first = 12, .last = 13}, "12:5");
    expect_txs(s, (struct store_txs_query){.first = 13, .last = 13}, "");
    expect_txs(s, (struct store_txs_query){11, 11, .indexes = indexes, .n_indexes = 4},
               "11:2 11:0");
    store_close(s);
}

void conformance_hashes_of_a_ledger_ascend(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_txs_query q = {.first = 11, .last = 11};
    struct store_tx *txs, *hashes;
    size_t n, n_hashes, n_equal = 0;
    load_two(s);
    write_txs(s);
    for (int round = 0; round < 2; round++) { /* perhaps from a cache */
        q.hashes_only = false;
        ASSERT_OK(store_ledger_txs(s, &q, a, &txs, &n));
        q.hashes_only = true;
        ASSERT_OK(store_ledger_txs(s, &q, a, &hashes, &n_hashes));
        ASSERT_INT(3, n_hashes);
        n_equal = 0;
        for (size_t i = 0; i < 3; i++) {
            ASSERT(i == 0 || hash256_cmp(&hashes[i - 1].hash, &hashes[i].hash) < 0);
            for (size_t k = 0; k < n; k++) {
                struct hash256 h = store_tx_hash(&txs[k]);
                n_equal += hash256_eq(&h, &hashes[i].hash);
            }
        }
        ASSERT_INT(3, n_equal);
    }
    store_close(s);
}

void conformance_rows_lead_to_transactions_and_types(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    static const uint8_t owner[20];
    struct store_scan scan = {
        .index = STORE_INDEX_ACCOUNT_TX, .prefix = slice_of(owner, 20), .limit = 9};
    struct store_rows rows;
    struct store_tx_locator at[5];
    struct store_tx txs[5];
    uint16_t types[5];
    load_two(s);
    write_txs(s);
    ASSERT_OK(store_scan(s, &scan, a, &rows));
    ASSERT_INT(5, rows.n);
    for (size_t i = 0; i < 5; i++)
        ASSERT_OK(store_tx_locator_of(&rows.rows[i], &at[i]));
    for (int round = 0; round < 2; round++) {
        ASSERT_OK(store_txs_get(s, at, 5, a, txs));
        ASSERT_OK(store_tx_types(s, at, 5, types));
        for (size_t i = 0; i < 5; i++) {
            ASSERT_INT(at[i].pos.ledger_seq, txs[i].pos.ledger_seq);
            ASSERT_INT(at[i].pos.index, txs[i].pos.index);
            ASSERT_INT(at[i].pos.ledger_seq + at[i].pos.index, types[i]);
            at[i].has_type = false; /* then they are read */
        }
    }
    store_close(s);
}

static void expect_typed(struct store *s, struct store_typed_scan q, const char *places,
                         uint32_t n_looked, bool at_end)
{
    static const uint8_t owner[20];
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf got = {0};
    struct store_typed_rows found;
    q.scan.index = STORE_INDEX_ACCOUNT_TX;
    q.scan.prefix = slice_of(owner, 20);
    ASSERT_OK(store_scan_typed(s, &q, a, &found));
    for (size_t i = 0; i < found.n; i++)
        buf_printf(&got, "%s%u:%u", i ? " " : "", found.at[i].pos.ledger_seq,
                   found.at[i].pos.index);
    buf_put_u8(&got, 0);
    ASSERT_STR(places, (char *)got.p);
    ASSERT_INT(n_looked, found.n_looked);
    ASSERT_INT(at_end, found.at_end);
}

/* Types of write_txs: 11:0 is 11, 11:1 is 12, 11:2 is 13, 12:5 is 17, 14:0 is 14. */
void conformance_rows_of_a_type_are_found(conformance_open_fn open)
{
    struct store *s = open();
    struct slice middle = SLICE_LIT("\0\0\0\x0B\0\0\0\x01");
    load_two(s);
    struct store_typed_scan q = {.scan.limit = 3, .type = 12, .last_ledger = 14, .look = 9};
    expect_typed(s, q, "", 0, true);
    write_txs(s);
    expect_typed(s, q, "11:1", 5, true);
    q.scan.limit = 1;
    expect_typed(s, q, "11:1", 2, false);
    q.scan.from = middle;
    expect_typed(s, q, "", 3, true);
    q.scan.inclusive = true;
    expect_typed(s, q, "11:1", 1, false);
    q = (struct store_typed_scan){.scan.limit = 3, .type = 17, .last_ledger = 11, .look = 9};
    expect_typed(s, q, "", 3, true); /* 12:5 is behind the last ledger */
    q.last_ledger = 14;
    q.look = 3;
    expect_typed(s, q, "", 3, false);
    q.look = 4;
    expect_typed(s, q, "12:5", 4, false);
    q = (struct store_typed_scan){
        .scan = {.limit = 3, .backward = true}, .type = 11, .last_ledger = 11, .look = 9};
    expect_typed(s, q, "11:0", 5, true);
    q.last_ledger = 12;
    expect_typed(s, q, "", 2, true);
    store_close(s);
}

/* An entry, a transaction and metadata with types and fields that no table has, one of a type whose
 * length nobody knows: stores read of such bytes what they need, and keep them as they are. */
void conformance_what_nobody_knows_yet_is_kept(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 key = key_of(0x30, 9), hash, *keys;
    struct store_object object = {key, SLICE_LIT("\x11\x0B\xB9\x20\xC8....\x01\x1E?????")};
    struct store_tx tx = {.pos = {11, 3},
                          .tx = SLICE_LIT("\x12\x0B\xB8\x20\xC8....\x01\x1E?????"),
                          .meta = SLICE_LIT("\x20\x1C\0\0\0\x03\xF8"
                                            "\xE3\x11\x0B\xB9\x56\x30\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09"
                                            "\xE8\x20\xC8....\x01\x1E?????\xE1\xE1"
                                            "\xF1\x03\x10\xCB")},
                    got, *all;
    struct store_ledger l = ledger_of(11);
    struct store_txs_query of_ledger = {.first = 11, .last = 11};
    struct store_tx_locator at = {.pos = tx.pos};
    uint8_t value[STORE_TX_VALUE_BYTES], suffix[8];
    static const uint8_t owner[20];
    uint16_t type;
    size_t n;
    hash = digest_tx_id(tx.tx);
    bits_store32(suffix, 11);
    bits_store32(suffix + 4, 3);
    store_tx_value(&hash, 3000, value);
    struct store_index_row row = {STORE_INDEX_ACCOUNT_TX, slice_of(owner, 20), slice_of(suffix, 8),
                                  slice_of(value, sizeof value)};
    load_two(s);
    l.objects = &object;
    l.unnamed = &key;
    l.n_objects = l.n_unnamed = 1;
    l.txs = &tx;
    l.tx_hashes = &hash;
    l.index_rows = &row;
    l.n_txs = l.n_index_rows = 1;
    ASSERT_OK(store_write(s, &l, 1));
    struct slice data;
    uint32_t seq;
    ASSERT_OK(store_objects_get(s, 11, &key, 1, a, &data, &seq));
    ASSERT(slice_eq(object.data, data));
    ASSERT_OK(store_diff(s, 11, a, &keys, &n));
    ASSERT(n == 1 && hash256_eq(&keys[0], &key));
    struct store_scan scan = {
        .index = STORE_INDEX_ACCOUNT_TX, .prefix = slice_of(owner, 20), .limit = 5};
    struct store_rows rows;
    ASSERT_OK(store_scan(s, &scan, a, &rows));
    ASSERT_INT(1, rows.n);
    ASSERT_OK(store_tx_locator_of(&rows.rows[0], &at));
    ASSERT_OK(store_tx_types(s, &at, 1, &type));
    ASSERT_INT(3000, type);
    ASSERT_OK(store_txs_get(s, &at, 1, a, &got));
    ASSERT(slice_eq(tx.tx, got.tx) && slice_eq(tx.meta, got.meta));
    ASSERT_OK(store_tx_find(s, &hash, a, &got));
    ASSERT(slice_eq(tx.meta, got.meta) && got.pos.index == 3);
    ASSERT_OK(store_ledger_txs(s, &of_ledger, a, &all, &n));
    ASSERT(n == 1 && slice_eq(tx.tx, all[0].tx) && slice_eq(tx.meta, all[0].meta));
    store_close(s);
}

void conformance_many_scans_are_one_read(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    uint8_t owner[20] = {[19] = 7}, other[20] = {[19] = 8}, token[32] = {0};
    struct store_scan scans[] = {
        {.index = STORE_INDEX_ACCOUNT_TX, .prefix = slice_of(owner, 20), .limit = 2},
        {.index = STORE_INDEX_NFT_STATE, .prefix = slice_of(token, 32), .limit = 2},
        {.index = STORE_INDEX_ACCOUNT_TX, .prefix = slice_of(other, 20), .limit = 1, .backward = 1},
    };
    struct store_rows rows[3];
    load_two(s);
    write_account_rows(s, owner);
    ASSERT_OK(store_scan_many(s, scans, 3, a, rows));
    ASSERT_INT(2, rows[0].n);
    ASSERT_INT(2, bits_load32(rows[0].rows[1].suffix.p + 4));
    ASSERT_INT(0, rows[1].n);
    ASSERT_INT(1, rows[2].n);
    ASSERT_INT(7, bits_load32(rows[2].rows[0].suffix.p));
    scans[2].limit = 0;
    ASSERT_ERR(ERR_INVALID, store_scan_many(s, scans, 3, a, rows));
    store_close(s);
}

void conformance_pages_show_the_state_of_their_ledger(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_object got[8];
    size_t n;
    load_two(s);
    for (uint32_t seq = 11; seq < 51; seq++) /* many versions of one key */
        write_ledger(s, seq, (struct store_object[]){object_of(key_of(0x20, 1), "modified")}, 1,
                     NULL, 0);
    write_ledger(s, 51, (struct store_object[]){object_of(key_of(0x20, 1), "")}, 1,
                 (struct store_successor[]){{HASH256_ZERO, key_of(0x40, 1)}}, 1);
    ASSERT_OK(store_page(s, 10, &HASH256_ZERO, 8, true, a, got, &n));
    ASSERT_INT(2, n);
    ASSERT_SLICE("twenty", got[0].data);
    ASSERT_SLICE("forty", got[1].data);
    ASSERT_OK(store_page(s, 30, &HASH256_ZERO, 1, true, a, got, &n));
    ASSERT_INT(1, n);
    ASSERT_SLICE("modified", got[0].data);
    ASSERT_OK(store_page(s, 50, &got[0].key, 8, false, a, got, &n));
    ASSERT_INT(1, n);
    ASSERT_SLICE("", got[0].data);
    ASSERT_OK(store_page(s, 51, &(struct hash256){{0x10}}, 8, true, a, got, &n));
    ASSERT_INT(1, n);
    ASSERT_INT(0x40, got[0].key.b[0]);
    ASSERT_OK(store_page(s, 51, &got[0].key, 8, true, a, got, &n));
    ASSERT_INT(0, n);
    store_close(s);
}

struct state {
    struct buf keys; /* key and size, 32 bytes each */
};

static err take_state(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                      uint64_t total)
{
    struct state *state = arg;
    ASSERT(done <= total && total > 0);
    for (size_t i = 0; i < n; i++) {
        buf_put(&state->keys, objects[i].key.b, 32);
        buf_put(&state->keys, &(struct hash256){{(uint8_t)objects[i].data.n}}, 32);
    }
    return OK;
}

static int compare_pairs(const void *a, const void *b)
{
    return memcmp(a, b, 64);
}

/* Every object once, whatever the order, at each of some ledgers. */
void conformance_whole_states_are_those_of_their_ledger(conformance_open_fn open)
{
    struct store *s = open(), *brute = memory_new();
    CLEANUP(mem_freep) struct model *m = model_new(4);
    CLEANUP(mem_freep) struct model *m2 = model_new(4);
    model_load(m, s);
    model_load(m2, brute);
    model_write(m, s, 12);
    model_write(m2, brute, 12);
    for (uint32_t seq = MODEL_FIRST; seq <= m->seq; seq += 6) {
        struct state got = {{0}}, expected = {{0}};
        ASSERT_OK(store_state(s, seq, take_state, &got));
        ASSERT_OK(store_state(brute, seq, take_state, &expected));
        qsort(got.keys.p, got.keys.n / 64, 64, compare_pairs);
        qsort(expected.keys.p, expected.keys.n / 64, 64, compare_pairs);
        ASSERT(got.keys.n > 0 && slice_eq(buf_slice(&expected.keys), buf_slice(&got.keys)));
        buf_deinit(&got.keys);
        buf_deinit(&expected.keys);
    }
    store_close(s);
    store_close(brute);
}

void conformance_repair_puts_rows_right(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 wrong = key_of(0x30, 1);
    struct store_object object = object_of(key_of(0x20, 1), "right");
    struct store_ledger l = ledger_of(11);
    static const uint8_t owner[20];
    uint8_t suffix[8] = {0, 0, 0, 11, 0, 0, 0, 1};
    struct store_index_row spurious = {STORE_INDEX_ACCOUNT_TX, slice_of(owner, 20),
                                       slice_of(suffix, 8), tx_value()};
    struct store_scan scan = {
        .index = STORE_INDEX_ACCOUNT_TX, .prefix = slice_of(owner, 20), .limit = 9};
    struct store_tx tx = {.pos = {11, 1}, .tx = SLICE_LIT("put right"), .meta = meta_of(1)}, *txs;
    struct hash256 hash = digest_tx_id(tx.tx);
    struct ledger_header header;
    size_t n;
    load_two(s);
    write_txs(s);
    write_ledger(s, 15, (struct store_object[]){object_of(wrong, "wrong")}, 1, NULL, 0);
    l.header.drops = 77;
    l.txs = &tx;
    l.tx_hashes = &hash;
    l.n_txs = 1;
    struct store_repair of_11 = {
        .put = &l, .has_header = true, .at = 11, .drop_rows = &spurious, .n_drop_rows = 1};
    ASSERT_OK(store_repair(s, &of_11));
    ASSERT_OK(store_repair(
        s, &(struct store_repair){.at = 15, .drop_objects = &wrong, .n_drop_objects = 1}));
    struct store_ledger first = {.objects = &object, .n_objects = 1};
    ASSERT_OK(store_repair(s, &(struct store_repair){.put = &first, .at = 0}));
    ASSERT_OK(store_header_get(s, 11, &header));
    ASSERT_INT(77, header.drops);
    ASSERT_OK(store_header_get(s, 12, &header));
    expect_object(s, 15, wrong, "", UINT32_MAX);
    expect_object(s, 15, object.key, "right", 0);
    expect_scan(s, scan, "11:0 11:2 12:5 14:0");
    struct store_txs_query q = {.first = 11, .last = 11};
    ASSERT_OK(store_ledger_txs(s, &q, a, &txs, &n));
    ASSERT_INT(3, n);
    ASSERT_SLICE("put right", txs[1].tx);
    ASSERT_OK(store_tx_find(s, &hash, a, &tx));
    of_11.all_txs = true; /* the others are too many */
    of_11.n_drop_rows = 0;
    ASSERT_OK(store_repair(s, &of_11));
    ASSERT_OK(store_ledger_txs(s, &q, a, &txs, &n));
    ASSERT_INT(1, n);
    ASSERT_SLICE("put right", txs[0].tx);
    expect_range(s, 10, 15);
    store_close(s);
}

void conformance_new_store_lacks_no_index_rows(conformance_open_fn open)
{
    struct store *s = open();
    struct store_range lack;
    size_t n;
    load_two(s);
    for (enum store_index i = 1; i < STORE_N_INDEXES; i++) {
        ASSERT_OK(store_index_lack(s, i, &lack, &n));
        ASSERT_INT(0, n);
        ASSERT_ERR(ERR_INVALID, store_index_add(s, i, NULL, 0, 10));
    }
    ASSERT_ERR(ERR_INVALID, store_index_lack(s, STORE_N_INDEXES, &lack, &n));
    store_close(s);
}

void conformance_meta_values_are_kept(conformance_open_fn open)
{
    struct store *s = open();
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice got;
    ASSERT_ERR(ERR_NOT_FOUND, store_meta_get(s, "network_id", a, &got));
    ASSERT_OK(store_meta_put(s, "network_id", SLICE_LIT("7")));
    ASSERT_OK(store_meta_put(s, "network_id", SLICE_LIT("1025")));
    ASSERT_OK(store_meta_get(s, "network_id", a, &got));
    ASSERT_SLICE("1025", got);
    ASSERT_OK(store_meta_get(s, "dataset_id", a, &got));
    ASSERT_INT(16, got.n);
    load_two(s);
    ASSERT_OK(store_meta_get(s, "network_id", a, &got));
    ASSERT_SLICE("1025", got);
    ASSERT_ERR(ERR_INVALID, store_meta_put(s, ".format", SLICE_LIT("x")));
    ASSERT_ERR(ERR_INVALID, store_meta_put(s, "", SLICE_LIT("x")));
    store_close(s);
}

static void random_run(conformance_open_fn open, uint64_t seed)
{
    struct store *s = open(), *brute = memory_new();
    CLEANUP(mem_freep) struct model *m = model_new(seed);
    CLEANUP(mem_freep) struct model *m2 = model_new(seed);
    model_load(m, s);
    model_load(m2, brute);
    model_compare(m, s, brute, seed, 20);
    for (int i = 0; i < 4; i++) {
        model_write(m, s, 15);
        model_write(m2, brute, 15);
        model_compare(m, s, brute, seed + 100, 40);
    }
    store_close(s);
    store_close(brute);
}

void conformance_random_ledgers_answer_as_the_model(conformance_open_fn open)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        random_run(open, seed);
}

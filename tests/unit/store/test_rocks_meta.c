/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_meta.h"

#include "store/rocks_batch.h"
#include "store/rocks_read.h"
#include "unit/store/fixture.h"
#include "unit/xrpl/golden.h"

#include <stdlib.h>

static size_t n_plain, n_packed, n_mangled;

static bool same_again(struct slice meta)
{
    CLEANUP(buf_deinit) struct buf packed = {0};
    if (!rocks_meta_pack(meta, &packed))
        return false;
    ASSERT(packed.n <= meta.n);
    CLEANUP(mem_freep) uint8_t *again = xmalloc(meta.n + 1);
    ASSERT(rocks_meta_unpack(buf_slice(&packed), again, meta.n));
    ASSERT(memcmp(again, meta.p, meta.n) == 0);
    n_plain += meta.n;
    n_packed += packed.n;
    return true;
}

static void recorded(const struct json *line, struct arena *a)
{
    ASSERT(same_again(golden_hex(line, "meta", a)));
}

TEST(rocks_meta_gives_recorded_metadata_back)
{
    ASSERT(golden_each("transactions.jsonl", recorded) > 100);
    ASSERT(n_packed * 100 < n_plain * 88);
}

/* What is packed at all comes back, whatever was done to it. */
static void mangled(const struct json *line, struct arena *a)
{
    struct slice meta = golden_hex(line, "meta", a);
    for (unsigned i = 0; i < 400; i++) {
        uint8_t *p = (uint8_t *)arena_dup(a, meta).p;
        size_t n = meta.n, at = (size_t)rand() % n, to = (size_t)rand() % n,
               k = 1 + (size_t)rand() % 40;
        k = MIN(k, n - MAX(at, to));
        switch (i % 4) {
        case 0: p[at] = (uint8_t)rand(); break;
        case 1: memmove(p + to, p + at, k); break;
        case 2: /* another field in its place */
            p[at] = (uint8_t[]){0x56, 0x58, 0xE1, 0xE7, 0xE8, 0xF1, 0x55, 0x11}[rand() % 8];
            break;
        default: n = at; break;
        }
        n_mangled += same_again(slice_of(p, n));
    }
}

TEST(rocks_meta_packs_nothing_that_would_not_come_back)
{
    srand(1);
    golden_each("transactions.jsonl", mangled);
    ASSERT(n_mangled > 1000);
}

/* A node with its hashes doubled, in front, at the end. */
static void moved(const struct json *line, struct arena *a)
{
    struct slice meta = golden_hex(line, "meta", a);
    for (size_t at = 0; at + 34 < meta.n; at++) {
        if (meta.p[at] != 0x56 && meta.p[at] != 0x58)
            continue;
        struct buf b = {0};
        buf_put(&b, meta.p, at + 33);
        buf_put_slice(&b, slice_from(meta, at));
        same_again(buf_slice(&b)); /* twice */
        buf_clear(&b);
        buf_put(&b, meta.p, at);
        buf_put_slice(&b, slice_from(meta, at + 33));
        same_again(buf_slice(&b)); /* not at all */
        for (size_t skip = 1; at + 33 + skip <= meta.n && skip < 60; skip++) {
            buf_clear(&b);
            buf_put(&b, meta.p, at);
            buf_put(&b, meta.p + at + 33, skip);
            buf_put(&b, meta.p + at, 33);
            buf_put_slice(&b, slice_from(meta, at + 33 + skip));
            same_again(buf_slice(&b)); /* later */
        }
        buf_deinit(&b);
    }
}

TEST(rocks_meta_knows_the_place_of_what_it_leaves_out)
{
    golden_each("transactions.jsonl", moved);
}

static void damaged(const struct json *line, struct arena *a)
{
    CLEANUP(buf_deinit) struct buf packed = {0};
    struct slice meta = golden_hex(line, "meta", a);
    ASSERT(rocks_meta_pack(meta, &packed));
    for (int i = 0; i < 100; i++) {
        uint8_t *out = xmalloc(meta.n), *in = xmalloc(packed.n);
        memcpy(in, packed.p, packed.n);
        in[(size_t)rand() % packed.n] ^= (uint8_t)(1 << rand() % 8);
        (void)rocks_meta_unpack(slice_of(in, packed.n), out, meta.n);
        ASSERT(!rocks_meta_unpack(slice_of(in, (size_t)rand() % packed.n), out, meta.n));
        free(out);
        free(in);
    }
}

TEST(rocks_meta_of_damaged_bytes_stays_in_its_bounds)
{
    srand(2);
    golden_each("transactions.jsonl", damaged);
}

TEST(rocks_meta_that_is_none_is_kept)
{
    ASSERT(!same_again(SLICE_EMPTY));
    ASSERT(!same_again(SLICE_LIT("meta")));
}

/* --- in a store --- */

static struct slice metas[64];
static size_t n_metas;

static void collect(const struct json *line, struct arena *a)
{
    struct slice meta = golden_hex(line, "meta", a);
    (void)a;
    if (n_metas < ARRAY_LEN(metas)) {
        uint8_t *p = xmalloc(meta.n);
        memcpy(p, meta.p, meta.n);
        metas[n_metas++] = slice_of(p, meta.n);
    }
}

static void write_them(struct store *s, uint32_t seq)
{
    static struct store_tx txs[ARRAY_LEN(metas)];
    static struct hash256 hashes[ARRAY_LEN(metas)];
    struct store_ledger l = {
        .header = {.seq = seq}, .txs = txs, .tx_hashes = hashes, .n_txs = n_metas};
    for (uint32_t i = 0; i < n_metas; i++) {
        txs[i] = (struct store_tx){.pos = {seq, i}, .tx = SLICE_LIT("tx"), .meta = metas[i]};
        hashes[i] = hash256_of((uint8_t[32]){(uint8_t)seq, (uint8_t)i});
    }
    ASSERT_OK(store_write(s, &l, 1));
}

/* As the first version of this program wrote it. */
static void put_plain_row(struct rocks *r, uint32_t seq, uint32_t index, struct slice meta)
{
    struct rocks_batch b = rocks_batch_of(r);
    struct rocks_key key = rocks_key_tx(seq, index);
    struct buf row = {0};
    buf_put(&row, "\2tx", 3);
    buf_put_slice(&row, meta);
    rocks_batch_put(&b, ROCKS_CF_TX, &key, buf_slice(&row));
    rocks_batch_put_meta(&b, ".format", SLICE_LIT("\0\0\0\1"));
    ASSERT_OK(rocks_batch_commit(&b));
    rocks_batch_deinit(&b);
    buf_deinit(&row);
}

static void check_them(struct store *s, uint32_t seq)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_tx *got;
    size_t n;
    ASSERT_OK(
        store_ledger_txs(s, &(struct store_txs_query){.first = seq, .last = seq}, a, &got, &n));
    ASSERT_INT(n_metas, n);
    for (uint32_t i = 0; i < n; i++) {
        struct store_tx one;
        ASSERT(slice_eq(got[i].meta, metas[i]) && slice_is(got[i].tx, "tx"));
        for (int again = 0; again < 2; again++) { /* the second time from what is kept */
            ASSERT_OK(store_txs_get(s, &(struct store_tx_locator){.pos = {seq, i}}, 1, a, &one));
            ASSERT(slice_eq(one.meta, metas[i]) && slice_is(one.tx, "tx"));
        }
    }
}

TEST(rocks_meta_of_an_older_store_is_read_and_the_store_becomes_a_new_one)
{
    golden_each("transactions.jsonl", collect);
    struct store *s = fixture_open(test_dir());
    ASSERT_OK(store_load_begin(s, 5, 1));
    ASSERT_OK(store_load_commit(s, &(struct store_ledger){.header = {.seq = 5}}));
    write_them(s, 6);
    for (uint32_t i = 0; i < n_metas; i++)
        put_plain_row(rocks_of(s), 6, i, metas[i]);
    store_close(s);
    s = fixture_open(test_dir());
    write_them(s, 7);
    check_them(s, 6);
    check_them(s, 7);
    struct rocks_value v = {0};
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, ".format", 7);
    ASSERT_OK(
        rocks_read_get(&(struct rocks_read){rocks_of(s), true, NULL}, ROCKS_CF_META, &key, &v));
    ASSERT_INT(ROCKS_FORMAT, bits_load32(v.bytes.p));
    rocks_read_release(&v);
    store_close(s);
}

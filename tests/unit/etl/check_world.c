/* SPDX-License-Identifier: Apache-2.0 */
#include "check_world.h"

#include "base/bits.h"
#include "base/buf.h"
#include "base/mem.h"
#include "etl/rows.h"
#include "store/memory.h"

#include <stdio.h>
#include <stdlib.h>

static struct slice keep(struct check_world *w, struct buf *b)
{
    struct slice copy = arena_dup(w->arena, buf_slice(b));
    buf_deinit(b);
    return copy;
}

/* Sequence, Balance, Account: without type and flags. */
static void put_fields(struct buf *b, size_t i, uint32_t sequence)
{
    buf_put_u8(b, 0x24);
    buf_put_be32(b, sequence);
    buf_put(b, "\x62\x40\x00\x00\x00\x00\x00\x00\x07\x81\x14", 11);
    for (int k = 0; k < 20; k++)
        buf_put_u8(b, (uint8_t)(i + 1));
}

struct slice check_world_object(struct check_world *w, size_t i, uint32_t sequence)
{
    struct buf b = {0};
    buf_put(&b, "\x11\x00\x61\x22\x00\x00\x00\x00", 8);
    put_fields(&b, i, sequence);
    return keep(w, &b);
}

static void put_node(struct check_world *w, struct buf *b, uint8_t kind, size_t i,
                     uint32_t sequence)
{
    buf_put_u8(b, kind);
    buf_put(b, "\x11\x00\x61\x56", 4);
    buf_put(b, w->keys[i].b, 32);
    buf_put_u8(b, kind == 0xE3 ? 0xE8 : 0xE7);
    put_fields(b, i, sequence);
    buf_put(b, "\xE1\xE1", 2);
}

static struct store_tx make_tx(struct check_world *w)
{
    struct buf tx = {0}, meta = {0};
    buf_put(&tx, "\x12\x00\x00\x22\x00\x00\x00\x00", 8);
    put_fields(&tx, 0, 1);
    buf_put(&meta, "\x20\x1C\x00\x00\x00\x00\xF8", 7);
    put_node(w, &meta, 0xE5, 0, 2);
    put_node(w, &meta, 0xE4, 1, 1);
    put_node(w, &meta, 0xE3, 3, 1);
    buf_put(&meta, "\xF1\x03\x10\x00", 4);
    struct store_tx t = {.pos = {11, 0}, .tx = keep(w, &tx), .meta = keep(w, &meta)};
    t.hash = digest_tx_id(t.tx);
    return t;
}

static struct hash256 root_of(const struct store_object *objects, size_t n)
{
    struct digest_leaf leaves[CHECK_WORLD_N];
    for (size_t i = 0; i < n; i++)
        leaves[i] = (struct digest_leaf){objects[i].key,
                                         digest_state_leaf(objects[i].data, &objects[i].key)};
    return digest_tree_root(leaves, n);
}

static struct ledger_header header_of(struct check_world *w, uint32_t seq,
                                      const struct store_object *state, size_t n)
{
    struct ledger_header h = {.seq = seq, .drops = 100, .state_hash = root_of(state, n)};
    if (seq > 10)
        h.parent_hash = w->headers[seq - 11].hash;
    if (seq == 11) {
        struct digest_leaf leaf = {w->tx.hash, digest_tx_leaf(w->tx.tx, w->tx.meta, &w->tx.hash)};
        h.tx_hash = digest_tree_root(&leaf, 1);
    }
    h.hash = digest_ledger(&h);
    return w->headers[seq - 10] = h;
}

static void load(struct check_world *w)
{
    struct store_object state[3];
    for (size_t i = 0; i < 3; i++)
        state[i] = (struct store_object){w->keys[i], check_world_object(w, i, 1)};
    struct store_ledger l = {.header = header_of(w, 10, state, 3)};
    ASSERT_OK(store_load_begin(w->s, 10, 1));
    struct store_successor list[] = {{HASH256_ZERO, w->keys[0]},
                                     {w->keys[0], w->keys[1]},
                                     {w->keys[1], w->keys[2]},
                                     {w->keys[2], {{[0 ... 31] = 0xFF}}}};
    ASSERT_OK(store_load_add(w->s, 0, state, 3, list, 4, NULL, 0));
    ASSERT_OK(store_load_commit(w->s, &l));
}

static void write_second(struct check_world *w)
{
    struct rows rows = {.a = w->arena};
    struct store_object changed[] = {{w->keys[0], check_world_object(w, 0, 2)},
                                     {w->keys[1], SLICE_EMPTY},
                                     {w->keys[3], check_world_object(w, 3, 1)}};
    struct store_object state[] = {
        changed[0], {w->keys[2], check_world_object(w, 2, 1)}, changed[2]};
    struct store_successor list[] = {
        {w->keys[0], w->keys[2]}, {w->keys[2], w->keys[3]}, {w->keys[3], {{[0 ... 31] = 0xFF}}}};
    ASSERT_OK(rows_add_tx(&rows, &w->tx));
    struct store_ledger l = {.header = header_of(w, 11, state, 3),
                             .txs = &w->tx,
                             .tx_hashes = &w->tx.hash,
                             .n_txs = 1,
                             .objects = changed,
                             .n_objects = 3,
                             .successors = list,
                             .n_successors = 3,
                             .index_rows = rows.v,
                             .n_index_rows = rows.n};
    ASSERT_OK(store_write(w->s, &l, 1));
    l = (struct store_ledger){.header = header_of(w, 12, state, 3)};
    ASSERT_OK(store_write(w->s, &l, 1));
}

struct check_world *check_world_new(void)
{
    return check_world_new_in(memory_new());
}

struct check_world *check_world_new_in(struct store *s)
{
    struct check_world *w = xcalloc(1, sizeof *w);
    w->arena = arena_new(0);
    w->s = s;
    for (size_t i = 0; i < CHECK_WORLD_N; i++)
        w->keys[i] = (struct hash256){{(uint8_t)(0x20 * (i + 1)), [31] = 1}};
    w->tx = make_tx(w);
    load(w);
    write_second(w);
    return w;
}

void check_world_free(struct check_world *w)
{
    store_close(w->s);
    arena_free(w->arena);
    free(w);
}

void check_world_say(void *arg, const char *line, bool mended)
{
    struct check_world *w = arg;
    size_t n = strlen(w->said);
    snprintf(w->said + n, sizeof w->said - n, "%s%s\n", line, mended ? " (mended)" : "");
}

struct check_result check_world_check(struct check_world *w, struct check_opts opts)
{
    struct check_result r;
    opts.store = w->s;
    opts.arg = w;
    opts.say = check_world_say;
    w->said[0] = 0;
    ASSERT_OK(check_run(&opts, &r));
    return r;
}

struct check_result check_world_run(struct check_world *w, bool repair)
{
    return check_world_check(w, (struct check_opts){.repair = repair, .state_every = 1});
}

void check_world_expect(struct check_world *w, const char *what, bool mendable)
{
    struct check_result r = check_world_run(w, false);
    if (strstr(w->said, what) == NULL)
        test_fail(__FILE__, __LINE__, "\"%s\" expected, it said: %s", what, w->said);
    ASSERT(r.n_wrong > 0 && r.n_mended == 0);
    r = check_world_run(w, true);
    if (mendable) {
        ASSERT(r.n_mended > 0);
        r = check_world_run(w, false);
        if (r.n_wrong > 0)
            test_fail(__FILE__, __LINE__, "after mending: %s", w->said);
    }
}

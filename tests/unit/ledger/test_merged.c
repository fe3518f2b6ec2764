/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/merged.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/mirror_object.h"
#include "ledger/view_impl.h"
#include "store/memory.h"
#include "test.h"

TEST(view_stays_right_when_the_window_passes_it)
{
    struct chain c;
    chain_init(&c, 62, 5, 300);
    for (int i = 0; i < 20; i++)
        chain_extend(&c, 50);
    struct store *s = memory_new();
    char path[256];
    snprintf(path, sizeof path, "%s/mirror", test_dir());
    struct ledgers_opts opts = {.store = s, .mirror_path = path, .undo_max_ledgers = 4};
    struct ledgers *l = NULL;
    ASSERT_OK(ledgers_open(&opts, &l));
    chain_load(&c, l, 4);
    chain_apply(&c, l, 10, 1);
    struct view *v = NULL;
    ASSERT_OK(view_open(l, 7, &v));
    ASSERT_INT(VIEW_FROM_UNDO, v->from);
    struct hash256 key = chain_at(&c, 7)->objects[20].key;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice before;
    ASSERT_OK(view_get(v, &key, a, &before));
    uint64_t random = 1;
    for (uint32_t seq = 11; seq <= 20; seq++) {
        chain_apply(&c, l, seq, 1);
        chain_probe(&c, v, &random, 50);
    }
    ASSERT_INT(VIEW_FROM_HISTORY, v->from);
    ASSERT(slice_eq(before, chain_find(chain_at(&c, 7), &key)->data));
    view_close(v);
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

/* Keys created after the view's ledger are skipped, deleted ones come back, in their order. */
TEST(walk_puts_back_what_was_there)
{
    struct chain c;
    chain_init(&c, 65, 5, 40);
    for (int i = 0; i < 10; i++)
        chain_extend(&c, 40); /* nearly everything changes */
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "mirror");
    chain_load(&c, l, 4);
    chain_apply(&c, l, 15, 5);
    for (uint32_t seq = 5; seq < 15; seq++) {
        struct view *v = NULL;
        ASSERT_OK(view_open(l, seq, &v));
        ASSERT_INT(VIEW_FROM_UNDO, v->from);
        const struct chain_ledger *want = chain_at(&c, seq);
        static struct view_entry got[200];
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        size_t n = 0;
        ASSERT(want->n < 150);
        ASSERT_OK(view_page(v, &HASH256_ZERO, 200, a, got, &n));
        ASSERT_INT(want->n, n);
        for (size_t i = 0; i < n; i++) {
            struct slice object;
            ASSERT(hash256_eq(&want->objects[i].key, &got[i].key));
            ASSERT(slice_eq(want->objects[i].data, got[i].object));
            ASSERT_OK(view_get(v, &got[i].key, a, &object));
            ASSERT(slice_eq(want->objects[i].data, object));
        }
        ASSERT_INT(VIEW_FROM_UNDO, v->from);
        view_close(v);
    }
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

/* --- against a naive model --- */

#define KEYS 120
#define SEQ 40u

/* Of each key: what the file has, and versions until SEQ - 1, SEQ, SEQ + 1 and to come; 0: nothing
 * is known, 1: absent. */
struct model {
    struct hash256 keys[KEYS];
    uint8_t file[KEYS], versions[KEYS][4];
};

/* At ledger SEQ - 1 + ahead. */
static uint8_t want(const struct model *m, size_t k, uint32_t ahead)
{
    for (size_t i = ahead + 1; i < 4; i++)
        if (m->versions[k][i])
            return m->versions[k][i] == 1 ? 0 : m->versions[k][i];
    return m->file[k];
}

static void check_walk(const struct model *m, struct merged *w, uint32_t ahead)
{
    struct merged_entry e;
    for (int at_start = 0; at_start < KEYS; at_start += 7)
        for (int after = 0; after < 2; after++) {
            merged_seek(w, &m->keys[at_start], after);
            for (size_t k = (size_t)(at_start + after); k < KEYS; k++) {
                if (want(m, k, ahead) == 0)
                    continue;
                ASSERT_OK(merged_next(w, &e));
                ASSERT(memcmp(e.key, m->keys[k].b, 32) == 0);
                ASSERT_INT(want(m, k, ahead), e.object.p[0]);
                ASSERT_INT(want(m, k, ahead) >= 100, e.in_file != NULL);
            }
            ASSERT_ERR(ERR_NOT_FOUND, merged_next(w, &e));
        }
    for (size_t k = 0; k < KEYS; k++) {
        size_t before = k;
        while (before > 0 && want(m, before - 1, ahead) == 0)
            before--;
        err found = merged_before(w, &m->keys[k], &e);
        ASSERT_INT(before ? 0 : ERR_NOT_FOUND, found.code);
        if (before) {
            ASSERT(memcmp(e.key, m->keys[before - 1].b, 32) == 0);
            ASSERT_INT(want(m, before - 1, ahead), e.object.p[0]);
        }
    }
}

static void fill(struct model *m, struct chain *random, struct mirror *mirror, MDB_txn *txn,
                 struct versions *vs)
{
    static const uint32_t untils[] = {SEQ - 1, SEQ, SEQ + 1, VERSIONS_WAITING};
    for (size_t k = 0; k < KEYS; k++) {
        m->keys[k] = (struct hash256){{(uint8_t)(2 * k + 1), (uint8_t)chain_random(random, 256)}};
        if (chain_random(random, 3)) {
            m->file[k] = (uint8_t)(100 + k);
            ASSERT_INT(0, mirror_object_put(mirror, txn, &m->keys[k], slice_of(&m->file[k], 1), 0));
        }
        for (size_t i = 0; i < 4; i++) {
            uint8_t *v = &m->versions[k][i];
            *v = chain_random(random, 3) ? 0 : (uint8_t)(1 + chain_random(random, 9));
            if (*v)
                versions_add(vs, &m->keys[k], untils[i], slice_of(v, *v > 1));
        }
    }
}

TEST(file_and_versions_are_one_list)
{
    struct chain random;
    chain_init(&random, 66, 5, 0);
    for (int round = 0; round < 20; round++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%d", test_dir(), round);
        struct mirror_opts opts = {.path = path, .max_readers = 4};
        struct mirror *mirror = NULL;
        static struct model m;
        m = (struct model){0};
        MDB_txn *txn = NULL;
        ASSERT_OK(mirror_open(&opts, &mirror));
        struct versions *vs = versions_new(1);
        ASSERT_OK(mirror_write_begin(mirror, &txn));
        fill(&m, &random, mirror, txn, vs);
        struct merged w = {mirror, vs};
        ASSERT_INT(0, mdb_cursor_open(txn, mirror->state, &w.cursor));
        for (uint32_t ahead = 0; ahead < 4; ahead++) {
            w.seq = ahead < 3 ? SEQ - 1 + ahead : MERGED_NEWEST;
            check_walk(&m, &w, ahead < 3 ? ahead : 2);
            for (size_t k = 0; k < KEYS; k++) {
                struct slice got = SLICE_EMPTY;
                err e = merged_get(mirror, vs, w.cursor, w.seq, &m.keys[k], &got);
                uint8_t is = want(&m, k, ahead < 3 ? ahead : 2);
                ASSERT_INT(is ? 0 : ERR_NOT_FOUND, e.code);
                ASSERT_INT(is, got.n ? got.p[0] : 0);
            }
        }
        mdb_cursor_close(w.cursor);
        mdb_txn_abort(txn);
        versions_free(vs);
        mirror_close(mirror);
    }
    chain_deinit(&random);
}

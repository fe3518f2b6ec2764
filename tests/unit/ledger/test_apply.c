/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/apply.h"

#include "base/mem.h"
#include "chain.h"
#include "proxy.h"
#include "store/memory.h"
#include "test.h"

#include <stdlib.h>

struct fixture {
    struct chain chain;
    struct store *store;
    struct proxy proxy; /* in front of it */
    struct ledgers *ledgers;
};

static void fixture_init(struct fixture *f, uint64_t seed)
{
    chain_init(&f->chain, seed, 10, 200);
    f->store = memory_new();
    proxy_init(&f->proxy, f->store);
    f->ledgers = chain_open(&f->proxy.base, "mirror");
    chain_load(&f->chain, f->ledgers, 4);
    for (int i = 0; i < 12; i++)
        chain_extend(&f->chain, 40);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

static uint32_t tip_seq(struct ledgers *l)
{
    struct ledger_header h;
    ASSERT(ledgers_tip(l, &h));
    return h.seq;
}

TEST(batch_shows_nothing_before_its_commit)
{
    struct fixture f;
    fixture_init(&f, 1);
    struct apply *b = NULL;
    ASSERT_OK(apply_begin(f.ledgers, &b));
    for (uint32_t seq = 11; seq <= 14; seq++) {
        struct apply_ledger in = chain_apply_ledger(chain_at(&f.chain, seq));
        ASSERT_OK(apply_add(b, &in));
        ASSERT_INT(10, tip_seq(f.ledgers));
        chain_check(&f.chain, f.ledgers, 10);
    }
    ASSERT_INT(4, apply_count(b));
    ASSERT_OK(apply_commit(b));
    ASSERT_INT(14, tip_seq(f.ledgers));
    for (uint32_t seq = 10; seq <= 14; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    fixture_deinit(&f);
}

TEST(aborted_batch_leaves_nothing)
{
    struct fixture f;
    fixture_init(&f, 2);
    struct apply *b = NULL;
    ASSERT_OK(apply_begin(f.ledgers, &b));
    struct apply_ledger in = chain_apply_ledger(chain_at(&f.chain, 11));
    ASSERT_OK(apply_add(b, &in));
    apply_abort(b);
    ASSERT_OK(apply_begin(f.ledgers, &b));
    ASSERT_OK(apply_commit(b)); /* of nothing */
    ASSERT_INT(10, tip_seq(f.ledgers));
    chain_check(&f.chain, f.ledgers, 10);
    chain_apply(&f.chain, f.ledgers, 15, 2);
    chain_check(&f.chain, f.ledgers, 15);
    fixture_deinit(&f);
}

enum damage {
    DAMAGE_SEQ,
    DAMAGE_PARENT,
    DAMAGE_HASH,
    DAMAGE_STATE_HASH,
    DAMAGE_BYTE,
    DAMAGE_MISSING,
    DAMAGE_RESURRECTED,
    N_DAMAGES
};

static const char *const expected_text[] = {
    [DAMAGE_SEQ] = "does not follow",    [DAMAGE_PARENT] = "parent hash",
    [DAMAGE_HASH] = "hash is",           [DAMAGE_STATE_HASH] = "state root",
    [DAMAGE_BYTE] = "state root",        [DAMAGE_MISSING] = "state root",
    [DAMAGE_RESURRECTED] = "state root",
};

static struct apply_ledger damaged(const struct chain_ledger *l, enum damage damage,
                                   struct store_object *objects)
{
    struct apply_ledger in = chain_apply_ledger(l);
    memcpy(objects, l->diff, l->n_diff * sizeof *objects);
    in.objects = objects;
    static uint8_t copy[8000];
    size_t i = 0;
    while (objects[i].data.n == 0 || chain_find(l - 1, &objects[i].key))
        i++;
    switch (damage) {
    case DAMAGE_SEQ: in.header.seq++; break;
    case DAMAGE_PARENT: in.header.parent_hash.b[0] ^= 1; break;
    case DAMAGE_HASH: in.header.hash.b[31] ^= 1; return in; /* as it is */
    case DAMAGE_STATE_HASH: in.header.state_hash.b[5] ^= 1; break;
    case DAMAGE_BYTE:
        memcpy(copy, objects[i].data.p, objects[i].data.n);
        copy[objects[i].data.n - 1] ^= 1;
        objects[i].data.p = copy;
        break;
    case DAMAGE_MISSING:
        memmove(objects + i, objects + i + 1, (l->n_diff - i - 1) * sizeof *objects);
        in.n_objects--;
        break;
    default:
        for (i = 0; objects[i].data.n; i++) {
        }
        objects[i].data = SLICE_LIT("still here");
    }
    in.header.hash = digest_ledger(&in.header);
    return in;
}

TEST(ledger_that_does_not_verify_is_as_if_not_added)
{
    struct fixture f;
    fixture_init(&f, 3);
    static struct store_object objects[64];
    for (enum damage d = 0; d < N_DAMAGES; d++) {
        uint32_t tip = tip_seq(f.ledgers);
        struct apply *b = NULL;
        ASSERT_OK(apply_begin(f.ledgers, &b));
        /* the first of the batch, then one in its middle */
        struct apply_ledger bad = damaged(chain_at(&f.chain, tip + 1), d, objects);
        ASSERT_ERR(ERR_VERIFY, apply_add(b, &bad));
        ASSERT(strstr(err_text(), expected_text[d]) != NULL);
        ASSERT_INT(0, apply_count(b));
        struct apply_ledger good = chain_apply_ledger(chain_at(&f.chain, tip + 1));
        if (d == DAMAGE_RESURRECTED) { /* and a failed ledger with no good one after it */
            ASSERT_OK(apply_commit(b));
            chain_check(&f.chain, f.ledgers, tip);
            break;
        }
        ASSERT_OK(apply_add(b, &good));
        bad = damaged(chain_at(&f.chain, tip + 2), d, objects);
        ASSERT_ERR(ERR_VERIFY, apply_add(b, &bad));
        ASSERT_OK(apply_commit(b));
        ASSERT_INT(tip + 1, tip_seq(f.ledgers));
        chain_check(&f.chain, f.ledgers, tip + 1);
        chain_check(&f.chain, f.ledgers, tip);
    }
    fixture_deinit(&f);
}

TEST(keys_must_ascend)
{
    struct fixture f;
    fixture_init(&f, 4);
    struct apply *b = NULL;
    ASSERT_OK(apply_begin(f.ledgers, &b));
    struct store_object objects[64];
    const struct chain_ledger *l = chain_at(&f.chain, 11);
    memcpy(objects, l->diff, l->n_diff * sizeof *objects);
    struct apply_ledger in = chain_apply_ledger(l);
    in.objects = objects;
    objects[1] = objects[0];
    ASSERT_ERR(ERR_VERIFY, apply_add(b, &in));
    in.objects = l->diff;
    ASSERT_OK(apply_add(b, &in));
    ASSERT_OK(apply_commit(b));
    fixture_deinit(&f);
}

static void commit_fails(struct fixture *f, uint32_t seq)
{
    struct apply *b = NULL;
    ASSERT_OK(apply_begin(f->ledgers, &b));
    struct apply_ledger in = chain_apply_ledger(chain_at(&f->chain, seq));
    ASSERT_OK(apply_add(b, &in));
    ASSERT_ERR(ERR_IO, apply_commit(b));
}

TEST(nothing_is_visible_when_the_history_fails)
{
    struct fixture f;
    fixture_init(&f, 5);
    chain_apply(&f.chain, f.ledgers, 12, 1);
    f.proxy.fail_write = true;
    commit_fails(&f, 13);
    ASSERT_INT(12, tip_seq(f.ledgers));
    for (uint32_t seq = 10; seq <= 12; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    f.proxy.fail_write = false;
    chain_apply(&f.chain, f.ledgers, 15, 2);
    for (uint32_t seq = 10; seq <= 15; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    fixture_deinit(&f);
}

/* The next batch begins with what the history has got. */
TEST(history_that_went_ahead_is_followed)
{
    struct fixture f;
    fixture_init(&f, 8);
    chain_apply(&f.chain, f.ledgers, 12, 1);
    f.proxy.fail_after_write = true;
    commit_fails(&f, 13);
    ASSERT_INT(12, tip_seq(f.ledgers));
    uint32_t first, last;
    ASSERT(ledgers_range(f.ledgers, &first, &last));
    ASSERT(first == 10 && last == 12);
    struct view *v = NULL;
    ASSERT_ERR(ERR_NOT_FOUND, view_open(f.ledgers, 13, &v));
    for (uint32_t seq = 10; seq <= 12; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    f.proxy.fail_after_write = false;
    struct apply *b = NULL;
    ASSERT_OK(apply_begin(f.ledgers, &b));
    ASSERT_INT(13, tip_seq(f.ledgers));
    struct apply_ledger in = chain_apply_ledger(chain_at(&f.chain, 14));
    ASSERT_OK(apply_add(b, &in));
    ASSERT_OK(apply_commit(b));
    for (uint32_t seq = 10; seq <= 14; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    fixture_deinit(&f);
}

/* The root says nothing about them, so they are not stored: not even if metadata does not name
 * them. */
TEST(unchanged_and_absent_objects_are_left_out)
{
    struct fixture f;
    fixture_init(&f, 6);
    const struct chain_ledger *l = chain_at(&f.chain, 10);
    struct store_object objects[2] = {l->objects[3], {l->objects[l->n - 1].key, SLICE_EMPTY}};
    objects[1].key.b[31] ^= 1; /* nobody has it */
    struct hash256 unnamed[] = {objects[0].key, objects[1].key};
    struct apply_ledger in = {.header = l->header, .objects = objects, .n_objects = 2};
    in.unnamed = unnamed;
    in.n_unnamed = 2;
    in.header.seq++;
    in.header.parent_hash = l->header.hash;
    in.header.hash = digest_ledger(&in.header);
    struct apply *b = NULL;
    ASSERT_OK(apply_begin(f.ledgers, &b));
    ASSERT_OK(apply_add(b, &in));
    ASSERT_OK(apply_commit(b));
    ASSERT_INT(11, tip_seq(f.ledgers));
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 *keys = NULL;
    struct slice got[2];
    uint32_t seqs[2];
    size_t n = 0;
    ASSERT_OK(store_diff(f.store, 11, a, &keys, &n));
    ASSERT_INT(0, n);
    ASSERT_OK(store_objects_get(f.store, 11, unnamed, 2, a, got, seqs));
    ASSERT_INT(0, seqs[0]);
    ASSERT(seqs[1] == UINT32_MAX);
    fixture_deinit(&f);
}

TEST(small_map_grows_while_views_come_and_go)
{
    struct fixture f = {0};
    chain_init(&f.chain, 7, 10, 3000);
    f.store = memory_new();
    char path[256];
    snprintf(path, sizeof path, "%s/small", test_dir());
    struct ledgers_opts opts = {.store = f.store, .mirror_path = path, .mirror_map_bytes = 1 << 20};
    ASSERT_OK(ledgers_open(&opts, &f.ledgers));
    chain_load(&f.chain, f.ledgers, 4);
    for (int i = 0; i < 5; i++) {
        chain_extend(&f.chain, 500);
        chain_apply(&f.chain, f.ledgers, chain_last(&f.chain), 1);
        chain_check(&f.chain, f.ledgers, chain_last(&f.chain));
    }
    fixture_deinit(&f);
}

TEST(nothing_applies_before_a_load)
{
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "mirror");
    struct apply *b = NULL;
    ASSERT_ERR(ERR_INVALID, apply_begin(l, &b));
    ledgers_close(l);
    store_close(s);
}

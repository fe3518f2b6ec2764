/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load_changes.h"

#include "../ledger/chain.h"
#include "base/mem.h"
#include "rippled/proto.h"
#include "test.h"

#include <stdio.h>

static struct ledger_spool *opened(void)
{
    char path[300];
    struct ledger_spool *s = NULL;
    snprintf(path, sizeof path, "%s/load", test_dir());
    ASSERT_OK(ledger_spool_open(path, &s));
    return s;
}

static void keep(struct ledger_spool *s, const struct chain_ledger *l)
{
    struct buf out = {0}, objects = {0};
    uint8_t header[LEDGER_HEADER_BYTES];
    digest_header_encode(&l->header, header);
    for (size_t i = 0; i < l->n_diff; i++) {
        struct proto_object p = {.data = l->diff[i].data, .key = hash256_slice(&l->diff[i].key)};
        proto_put_object(&objects, &p);
    }
    struct proto_ledger m = {.header = slice_of(header, sizeof header),
                             .has_txs = true,
                             .validated = true,
                             .objects = buf_slice(&objects),
                             .objects_included = true};
    proto_put_ledger(&out, &m);
    ASSERT_OK(ledger_spool_put(s, l->header.seq, 1, buf_slice(&out)));
    buf_deinit(&out);
    buf_deinit(&objects);
}

/* Each part of any older state, brought forward, is that part of the newest. */
TEST(states_are_brought_forward)
{
    struct chain c;
    struct ledger_spool *s = opened();
    struct load_changes *changes = NULL;
    chain_init(&c, 1, 100, 300);
    for (int i = 0; i < 9; i++)
        chain_extend(&c, 60);
    for (uint32_t seq = 101; seq <= 109; seq++)
        keep(s, chain_at(&c, seq));
    ASSERT_OK(load_changes_read(s, 100, 109, &changes));
    for (uint32_t seq = 100; seq <= 109; seq++) {
        const struct chain_ledger *old = chain_at(&c, seq), *now = chain_at(&c, 109);
        size_t at = 0, done = 0;
        bool has_after = false;
        struct hash256 after, end;
        memset(end.b, 0xFF, 32);
        while (at < old->n || !has_after) {
            CLEANUP(arena_freep) struct arena *a = arena_new(0);
            struct store_object *got = NULL;
            size_t n = MIN((size_t)(1 + chain_random(&c, 50)), old->n - at), n_got = 0;
            struct hash256 upto = at + n == old->n ? end : old->objects[at + n - 1].key;
            ASSERT_OK(load_changes_merge(changes, seq, has_after ? &after : NULL, &upto,
                                         old->objects + at, n, a, &got, &n_got));
            for (size_t i = 0; i < n_got; i++, done++) {
                ASSERT(done < now->n);
                ASSERT(hash256_eq(&got[i].key, &now->objects[done].key));
                ASSERT(slice_eq(got[i].data, now->objects[done].data));
            }
            at += n;
            after = upto;
            has_after = true;
        }
        ASSERT_INT(now->n, done);
    }
    load_changes_free(changes);
    ledger_spool_close(s);
    chain_deinit(&c);
}

TEST(a_ledger_that_is_missing_is_told)
{
    struct chain c;
    struct ledger_spool *s = opened();
    struct load_changes *changes = NULL;
    chain_init(&c, 2, 100, 50);
    for (int i = 0; i < 4; i++)
        chain_extend(&c, 10);
    keep(s, chain_at(&c, 102));
    keep(s, chain_at(&c, 103));
    ASSERT_ERR(ERR_CORRUPT, load_changes_read(s, 100, 103, &changes));
    ASSERT_ERR(ERR_CORRUPT, load_changes_read(s, 101, 104, &changes));
    ASSERT_OK(load_changes_read(s, 101, 103, &changes));
    load_changes_free(changes);
    ledger_spool_close(s);
    chain_deinit(&c);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "double/synth.h"

#include "test.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"

static struct synth *make(uint64_t seed, uint64_t n_objects, uint32_t n_changes)
{
    struct synth_opts opts = {.seed = seed,
                              .n_objects = n_objects,
                              .n_txs = 60,
                              .n_changes = n_changes,
                              .first_seq = 1000,
                              .first_close = 800000000,
                              .lines_percent = 10};
    return synth_new(&opts);
}

TEST(ledgers_are_consistent_with_their_headers_and_their_metadata)
{
    struct synth *s = make(3, 3000, 0);
    struct synth_ledger *before = synth_first(s);
    for (int i = 0; i < 30; i++) {
        struct synth_ledger *l = synth_next(s, 0);
        struct hash256 root = state_hash(l->state), hash = digest_ledger(&l->header);
        ASSERT(hash256_eq(&root, &l->header.state_hash) && hash256_eq(&hash, &l->header.hash));
        ASSERT(hash256_eq(&l->header.parent_hash, &before->header.hash));
        struct state *replayed = state_ref(before->state);
        for (uint32_t k = 0; k < l->n_changes; k++) {
            const struct synth_change *c = &l->changes[k];
            ASSERT_OK(sto_check(c->data));
            replayed =
                c->data.n ? state_put(replayed, &c->key, c->data) : state_del(replayed, &c->key);
        }
        struct hash256 again = state_hash(replayed);
        ASSERT(hash256_eq(&again, &root)); /* the difference is complete */
        state_unref(replayed);
        for (uint32_t k = 0; k < l->n_txs; k++) {
            ASSERT_OK(sto_check(l->txs[k].tx));
            ASSERT_OK(sto_check(l->txs[k].meta));
            ASSERT(txmeta_index(l->txs[k].meta) < l->n_txs);
        }
        synth_ledger_free(before);
        before = l;
    }
    synth_ledger_free(before);
    synth_free(s);
}

TEST(a_seed_gives_the_same_ledgers_again)
{
    struct synth *a = make(5, 3000, 0), *b = make(5, 3000, 0), *c = make(6, 3000, 0);
    struct synth_ledger *x = synth_next(a, 800000010), *y = synth_next(b, 800000010),
                        *z = synth_next(c, 800000010);
    ASSERT(hash256_eq(&x->header.hash, &y->header.hash) &&
           !hash256_eq(&x->header.hash, &z->header.hash));
    synth_ledger_free(x);
    synth_ledger_free(y);
    synth_ledger_free(z);
    synth_free(a);
    synth_free(b);
    synth_free(c);
}

TEST(ledgers_change_about_as_many_objects_as_asked_for)
{
    struct synth *s = make(5, 30000, 400);
    uint32_t n = 0;
    for (int i = 0; i < 10; i++) {
        struct synth_ledger *l = synth_next(s, 0);
        n += l->n_changes;
        synth_ledger_free(l);
    }
    ASSERT(n > 3000 && n < 5000);
    synth_free(s);
}

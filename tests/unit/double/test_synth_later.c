/* SPDX-License-Identifier: Apache-2.0 */
#include "double/synth_later.h"

#include "test.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"

static void expect_later(const struct synth_ledger *l)
{
    uint32_t n_of_type = 0, n_results = 0, n_unmeasured = 0;
    for (uint32_t i = 0; i < l->n_txs; i++) {
        err e = sto_check(l->txs[i].tx);
        n_of_type += sto_tx_type(l->txs[i].tx) == SYNTH_LATER_TX;
        n_results += txmeta_result(l->txs[i].meta) == SYNTH_LATER_RESULT;
        n_unmeasured += e.code == ERR_UNSUPPORTED;
        ASSERT(e.code == 0 || e.code == ERR_UNSUPPORTED);
    }
    ASSERT_INT(3, n_of_type);
    ASSERT_INT(1, n_results);
    ASSERT(n_unmeasured >= 2);
}

TEST(a_later_protocol_has_entries_transactions_fields_and_results_of_its_own)
{
    struct synth_opts opts = {.seed = 4,
                              .n_objects = 1000,
                              .n_txs = 20,
                              .first_seq = 1000,
                              .first_close = 800000000,
                              .later = true};
    struct synth *s = synth_new(&opts);
    uint32_t n_created = 0, n_deleted = 0;
    for (int i = 0; i < 100; i++) {
        struct synth_ledger *l = synth_next(s, 0);
        struct hash256 root = state_hash(l->state);
        ASSERT(hash256_eq(&root, &l->header.state_hash));
        expect_later(l);
        for (uint32_t k = 0; k < l->n_changes; k++) {
            bool is_entry = sto_entry_type(l->changes[k].data) == SYNTH_LATER_ENTRY;
            n_created += is_entry && !l->changes[k].existed;
            n_deleted += l->changes[k].data.n == 0;
        }
        synth_ledger_free(l);
    }
    ASSERT(n_created > 60 && n_deleted > 20);
    synth_free(s);
}

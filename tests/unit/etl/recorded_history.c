/* SPDX-License-Identifier: Apache-2.0 */
#include "recorded_history.h"

#include "etl/decode.h"
#include "ledger/apply.h"
#include "store/rocks.h"

void recorded_history_open(struct recorded_history *h)
{
    static char store[256], mirror[256];
    snprintf(store, sizeof store, "%s/store", test_dir());
    snprintf(mirror, sizeof mirror, "%s/mirror", test_dir());
    *h = (struct recorded_history){0};
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = store, .fast_close = true}, &h->store));
    struct ledgers_opts opts = {.store = h->store, .mirror_path = mirror, .n_cores = 1};
    ASSERT_OK(ledgers_open(&opts, &h->ledgers));
}

/* The recording has no transactions of ledger 3 under its own name: they come with `ledger-base`.
 */
static struct decode_ledger *base_of(uint32_t seq)
{
    struct recording r = recording_open("ledger-base");
    struct decode_ledger *found = NULL;
    const char *what;
    for (struct fetch_reply *reply; (reply = recording_next(&r, false)) != NULL;) {
        struct decode_ledger *d = NULL;
        ASSERT_OK(decode_ledger(reply, false, &d, &what));
        if (d->ledger.header.seq == seq)
            found = d;
        else
            decode_ledger_free(d);
    }
    ASSERT(found != NULL);
    return found;
}

void recorded_history_load(struct recorded_history *h)
{
    struct recording r = recording_open("state-3");
    struct decode_ledger *base = base_of(3);
    ASSERT_OK(apply_load_begin(h->ledgers, &base->ledger.header, 1));
    struct hash256 after;
    bool has_after = false;
    for (struct fetch_reply *reply; (reply = recording_next(&r, true)) != NULL;) {
        struct decode_page *p = NULL;
        ASSERT_OK(decode_page(reply, has_after ? &after : NULL, NULL, &p));
        ASSERT_OK(apply_load_add(h->ledgers, 0, p->objects, p->n_objects, p->rows, p->n_rows));
        after = p->last;
        has_after = true;
        decode_page_free(p);
    }
    ASSERT_OK(apply_load_commit(h->ledgers, &base->ledger));
    decode_ledger_free(base);
}

void recorded_history_apply(struct recorded_history *h, const char *kind)
{
    struct recording r = recording_open(kind);
    const char *what;
    for (struct fetch_reply *reply; (reply = recording_next(&r, false)) != NULL;) {
        struct decode_ledger *d = NULL;
        struct apply *batch = NULL;
        ASSERT_OK(decode_ledger(reply, true, &d, &what));
        ASSERT_INT(0, d->n_odd);
        ASSERT_OK(apply_begin(h->ledgers, &batch));
        ASSERT_OK(apply_add(batch, &d->ledger));
        ASSERT_OK(apply_commit(batch));
        h->n_txs += d->ledger.n_txs;
        h->n_rows += d->ledger.n_index_rows;
        h->n_unnamed += d->ledger.n_unnamed;
        decode_ledger_free(d);
    }
}

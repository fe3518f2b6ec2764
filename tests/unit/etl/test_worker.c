/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/worker.h"

#include "recording.h"
#include "world.h"

WORLD_TEST(decoding_on_the_pool_gives_what_decoding_in_place_gives)
{
    struct recording r = recording_open("ledgers-streams"),
                     same = recording_open("ledgers-streams");
    const char *what;
    (void)arg;
    for (;;) {
        struct decode_ledger *here = NULL, *there = NULL;
        struct fetch_reply *reply = recording_next(&r, false),
                           *again = recording_next(&same, false);
        if (!reply)
            break;
        ASSERT_OK(decode_ledger(reply, true, &here, &what));
        ASSERT_OK(worker_decode_ledger(again, true, &there, &what));
        ASSERT_INT(here->ledger.n_txs, there->ledger.n_txs);
        ASSERT_INT(here->ledger.n_objects, there->ledger.n_objects);
        ASSERT_INT(here->ledger.n_index_rows, there->ledger.n_index_rows);
        decode_ledger_free(here);
        decode_ledger_free(there);
    }
}

WORLD_TEST(what_is_wrong_is_told_across_the_pool)
{
    struct recording r = recording_open("ledgers-streams");
    struct fetch_reply *reply = recording_next(&r, false);
    struct decode_ledger *d = NULL;
    const char *what;
    (void)arg;
    ((uint8_t *)reply->ledger.header.p)[60] ^= 1;
    ASSERT_ERR(ERR_VERIFY, worker_decode_ledger(reply, true, &d, &what));
    ASSERT_STR("header", what);
    ASSERT(strstr(err_text(), "expected") && strstr(err_text(), "computed"));
    free(r.bytes);
}

WORLD_TEST(pages_are_decoded_on_the_pool)
{
    struct recording r = recording_open("state-3");
    struct decode_page *p = NULL;
    (void)arg;
    ASSERT_OK(worker_decode_page(recording_next(&r, true), NULL, NULL, &p));
    ASSERT(p->is_end && p->n_objects > 0);
    decode_page_free(p);
    free(r.bytes);
}

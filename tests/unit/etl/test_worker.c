/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/worker.h"

#include "etl/ledger_spool.h"
#include "etl/page_spool.h"
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

WORLD_TEST(pages_are_decoded_and_kept_on_the_pool)
{
    struct recording r = recording_open("state-3");
    struct page_spool *spool = NULL;
    struct decode_page *d = NULL;
    struct page page;
    struct page_span keys = page_spool_range(0);
    struct page_filter all = {0, UINT32_MAX, 0};
    struct fetch_reply *reply = recording_next(&r, true);
    bool disk = false;
    char path[256];
    (void)arg;
    snprintf(path, sizeof path, "%s/load", test_dir());
    reply->seq = 3;
    ASSERT_OK(page_spool_open(path, &spool));
    ASSERT_OK(worker_keep_page(reply, 7, &keys, spool, 0, &d, &disk));
    ASSERT(d->is_end);
    ASSERT(page_spool_find(spool, 0, &all, &keys, &page));
    ASSERT_INT(d->n_objects, page.n_objects);
    ASSERT_INT(3, page.seq);
    ASSERT_INT(7, page.source);
    decode_page_free(d);
    page_spool_close(spool);
    free(r.bytes);
}

WORLD_TEST(a_ledger_is_kept_if_it_continues_the_one_before_it)
{
    struct recording r = recording_open("ledgers-streams");
    struct ledger_spool *spool = NULL;
    struct decode_ledger *d = NULL;
    struct hash256 parent = {{1}};
    struct worker_keep keep = {.source_id = 1, .parent = &parent, .with_objects = true};
    const char *what;
    bool disk = false;
    char path[256];
    (void)arg;
    snprintf(path, sizeof path, "%s/load", test_dir());
    ASSERT_OK(ledger_spool_open(path, &spool));
    keep.spool = spool;
    ASSERT_ERR(ERR_VERIFY, worker_keep_ledger(recording_next(&r, false), &keep, &d, &what, &disk));
    ASSERT_STR("parent", what);
    ASSERT(!disk);
    keep.parent = NULL;
    ASSERT_OK(worker_keep_ledger(recording_next(&r, false), &keep, &d, &what, &disk));
    ASSERT(ledger_spool_has(spool, d->ledger.header.seq));
    decode_ledger_free(d);
    ledger_spool_close(spool);
    free(r.bytes);
}

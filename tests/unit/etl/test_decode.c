/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/decode.h"

#include "../rippled/recorded.h"
#include "ledger/view.h"
#include "recorded_history.h"
#include "store/rocks.h"

static void compare_state(struct recorded_history *h, const char *kind)
{
    struct recording r = recording_open(kind);
    struct view *v = NULL;
    struct hash256 at = HASH256_ZERO;
    struct arena *a = arena_new(0);
    ASSERT_OK(view_open(h->ledgers, 0, &v));
    for (struct fetch_reply *reply; (reply = recording_next(&r, true)) != NULL;) {
        struct cursor c = cursor_of(reply->data.objects);
        for (struct proto_object o; proto_next_object(&c, &o);) {
            struct slice data;
            ASSERT_OK(view_next(v, &at, a, &at, &data));
            ASSERT(slice_eq(hash256_slice(&at), o.key) && slice_eq(data, o.data));
        }
        fetch_reply_free(reply);
    }
    ASSERT_ERR(ERR_NOT_FOUND, view_next(v, &at, a, &at, NULL));
    view_close(v);
    arena_free(a);
}

TEST(the_recorded_history_is_decoded_verified_and_ends_in_the_recorded_state)
{
    struct recorded_history h;
    recorded_history_open(&h);
    recorded_history_load(&h);
    recorded_history_apply(&h, "ledgers-early");
    compare_state(&h, "state-264");
    recorded_history_apply(&h, "ledgers");
    compare_state(&h, "state-793");
    ASSERT_INT(6994, h.n_txs);
    ASSERT(h.n_rows > h.n_txs);
    ASSERT(h.n_unnamed >= 790); /* at least the skip list of each */
    ledgers_close(h.ledgers);
    store_close(h.store);
}

static struct fetch_reply *reply_of(struct slice message)
{
    struct fetch_reply *reply = xcalloc(1, sizeof *reply);
    buf_put_slice(&reply->bytes, message);
    if (err_failed(proto_read_ledger(buf_slice(&reply->bytes), &reply->ledger)))
        return fetch_reply_free(reply);
    return reply;
}

/* Whatever bit is wrong, a ledger that decodes has its header, transactions and metadata as they
 * were. */
TEST(no_damage_to_header_or_transactions_goes_unnoticed)
{
    struct recorded r = recorded_open("ledger");
    struct slice message;
    uint64_t random = 7;
    const char *what;
    size_t n_decoded = 0;
    while (recorded_next(&r, &message)) {
        struct decode_ledger *right = NULL;
        struct fetch_reply *reply = reply_of(message);
        bool with_objects = reply->ledger.objects_included;
        if (err_failed(decode_ledger(reply, with_objects, &right, &what)))
            continue; /* a variant without transactions */
        n_decoded++;
        uint8_t *copy = xmalloc(message.n);
        for (int i = 0; i < 300; i++) {
            struct decode_ledger *d = NULL;
            memcpy(copy, message.p, message.n);
            random = random * 6364136223846793005u + 1442695040888963407u;
            copy[(random >> 33) % message.n] ^= (uint8_t)(1u << (random >> 20) % 8);
            reply = reply_of(slice_of(copy, message.n));
            if (!reply || err_failed(decode_ledger(reply, with_objects, &d, &what)))
                continue;
            ASSERT(hash256_eq(&right->ledger.header.hash, &d->ledger.header.hash));
            ASSERT_INT(right->ledger.n_txs, d->ledger.n_txs);
            for (size_t j = 0; j < d->ledger.n_txs; j++)
                ASSERT(slice_eq(right->ledger.txs[j].tx, d->ledger.txs[j].tx) &&
                       slice_eq(right->ledger.txs[j].meta, d->ledger.txs[j].meta));
            decode_ledger_free(d);
        }
        free(copy);
        decode_ledger_free(right);
    }
    ASSERT(n_decoded >= 8);
}

TEST(transactions_come_out_in_the_order_of_execution)
{
    struct recorded r = recorded_open("ledger");
    struct slice message;
    const char *what;
    while (recorded_next(&r, &message)) {
        struct decode_ledger *d = NULL;
        if (err_failed(decode_ledger(reply_of(message), false, &d, &what)))
            continue;
        for (size_t i = 0; i < d->ledger.n_txs; i++)
            ASSERT_INT(i, d->ledger.txs[i].pos.index);
        decode_ledger_free(d);
    }
}

/* Pages. */

static struct fetch_reply *page_of(const char *keys, int marker)
{
    struct fetch_reply *reply = xcalloc(1, sizeof *reply);
    struct buf list = {0};
    struct hash256 key = {{0}}, mark = {{0}};
    for (; *keys; keys++) {
        key.b[0] = (uint8_t)*keys;
        struct proto_object o = {.data = SLICE_LIT("x"), .key = hash256_slice(&key)};
        proto_put_object(&list, &o);
    }
    mark.b[0] = (uint8_t)marker;
    struct proto_ledger_data m = {.objects = buf_slice(&list),
                                  .marker = marker ? hash256_slice(&mark) : SLICE_EMPTY};
    proto_put_ledger_data(&reply->bytes, &m);
    ASSERT_OK(proto_read_ledger_data(buf_slice(&reply->bytes), &reply->data));
    buf_deinit(&list);
    return reply;
}

static int decode(const char *keys, int marker, int after, int upto, struct decode_page *ret)
{
    struct hash256 a = {{(uint8_t)after}}, u = {{(uint8_t)upto}};
    struct decode_page *p = NULL;
    err e = decode_page(page_of(keys, marker), after ? &a : NULL, upto ? &u : NULL, &p);
    if (err_failed(e))
        return e.code;
    *ret = *p;
    decode_page_free(p);
    return 0;
}

TEST(a_page_goes_on_after_its_marker_and_ends_with_its_range)
{
    struct decode_page p;
    ASSERT_INT(0, decode("bcd", 'e', 'a', 'k', &p));
    ASSERT_INT(3, p.n_objects);
    ASSERT(!p.is_end && p.last.b[0] == 'e');
    ASSERT_INT(0, decode("bcd", 0, 'a', 'k', &p));
    ASSERT(p.is_end);
    ASSERT_INT(0, decode("bcd", 'k', 'a', 'k', &p)); /* the rest is beyond the range */
    ASSERT(p.is_end && p.n_objects == 3);
    ASSERT_INT(0, decode("bckl", 'm', 'a', 'k', &p)); /* the server went beyond the range */
    ASSERT(p.is_end && p.n_objects == 3);
    ASSERT_INT(0, decode("", 0, 0, 0, &p));
    ASSERT(p.is_end && p.n_objects == 0);
}

TEST(a_page_that_cannot_be_is_refused)
{
    struct decode_page p;
    ASSERT_INT(ERR_VERIFY, decode("cb", 'e', 'a', 0, &p));
    ASSERT_INT(ERR_VERIFY, decode("bb", 'e', 'a', 0, &p));
    ASSERT_INT(ERR_VERIFY, decode("abc", 'e', 'a', 0, &p)); /* not after `after` */
    ASSERT_INT(ERR_VERIFY, decode("bcd", 'c', 'a', 0, &p)); /* the marker is before the end */
    ASSERT_INT(ERR_VERIFY, decode("", 'a', 'a', 0, &p));    /* does not lead on */
}

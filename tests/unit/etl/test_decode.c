/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/decode.h"

#include "../rippled/recorded.h"
#include "ledger/view.h"
#include "recording.h"
#include "store/rocks.h"

struct history {
    struct store *store;
    struct ledgers *ledgers;
    uint64_t n_txs, n_rows, n_unnamed;
};

static void open_history(struct history *h)
{
    static char store[256], mirror[256];
    snprintf(store, sizeof store, "%s/store", test_dir());
    snprintf(mirror, sizeof mirror, "%s/mirror", test_dir());
    *h = (struct history){0};
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

static void load_state(struct history *h)
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

static void apply_kind(struct history *h, const char *kind)
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

static void compare_state(struct history *h, const char *kind)
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
    struct history h;
    open_history(&h);
    load_state(&h);
    apply_kind(&h, "ledgers-early");
    compare_state(&h, "state-264");
    apply_kind(&h, "ledgers");
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "../sto_build.h"
#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "rt/fiber.h"
#include "store/memory.h"
#include "xrpl/keylet.h"
#include "xrpl/names.h"

#include <stdlib.h>

/* --- wire --- */

struct message {
    _Atomic uint32_t refs;
    _Atomic int64_t *bytes;
    size_t n;
    char text[];
};

static void *make(struct slice payload, _Atomic int64_t *bytes)
{
    struct message *m = xmalloc(sizeof *m + payload.n + 1);
    atomic_init(&m->refs, 1);
    m->bytes = bytes;
    m->n = payload.n;
    memcpy(m->text, payload.p, payload.n);
    m->text[payload.n] = 0;
    atomic_fetch_add(bytes, (int64_t)m->n);
    return m;
}

static void *ref(void *msg)
{
    atomic_fetch_add(&((struct message *)msg)->refs, 1);
    return msg;
}

static void unref(void *msg)
{
    struct message *m = msg;
    if (m == NULL || atomic_fetch_sub(&m->refs, 1) > 1)
        return;
    atomic_fetch_sub(m->bytes, (int64_t)m->n);
    free(m);
}

static const struct feed_wire wire = {make, ref, unref};

/* --- connections --- */

static err sink_send(struct feed_sink *k, void *msg)
{
    struct stage_client *c = (struct stage_client *)k;
    struct message *m = msg;
    ASSERT(!c->closed);
    if (c->n_msgs == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->msgs = xrealloc(c->msgs, c->cap * sizeof *c->msgs);
    }
    c->msgs[c->n_msgs++] = strdup(m->text);
    c->n_queued++;
    c->queued_bytes += m->n;
    if (c->n_corks == 0 && !c->stalled)
        c->n_queued = 0, c->queued_bytes = 0;
    return OK;
}

static void sink_cork(struct feed_sink *k)
{
    ((struct stage_client *)k)->n_corks++;
}

static void sink_uncork(struct feed_sink *k)
{
    struct stage_client *c = (struct stage_client *)k;
    ASSERT(c->n_corks > 0);
    if (--c->n_corks == 0 && !c->stalled)
        c->n_queued = 0, c->queued_bytes = 0;
}

static struct feed_queue sink_queued(struct feed_sink *k)
{
    struct stage_client *c = (struct stage_client *)k;
    return (struct feed_queue){c->n_queued, c->queued_bytes};
}

static void sink_close(struct feed_sink *k, uint16_t code, const char *reason)
{
    struct stage_client *c = (struct stage_client *)k;
    c->closed = code;
    snprintf(c->reason, sizeof c->reason, "%s", reason);
}

static const struct feed_sink_ops ops = {sink_send, sink_cork, sink_uncork, sink_queued,
                                         sink_close};

void stage_client_init(struct stage *s, struct stage_client *c)
{
    *c = (struct stage_client){.sink.ops = &ops};
    c->party = (struct feed_party){.feed = s->feed, .sink.ops = &ops};
    c->party.sub = feed_sub_new(s->feed, &c->sink);
    c->call.party = &c->party;
}

void stage_client_deinit(struct stage_client *c)
{
    c->party.sub = feed_sub_close(c->party.sub);
    for (size_t i = 0; i < c->n_msgs; i++)
        free(c->msgs[i]);
    free(c->msgs);
    c->msgs = NULL;
    c->n_msgs = c->cap = 0;
}

err stage_subscribe(struct stage *s, struct stage_client *c, struct feed_request r, uint32_t first)
{
    struct feed_sub *sub = feed_sub_of(&c->call);
    r.resumes = r.resumes || first > 0;
    r.first = first ? first : feed_sub_newest(sub) + 1;
    err e = feed_sub_add(sub, &r);
    feed_sub_done(&c->call);
    return e;
}

void stage_unsubscribe(struct stage_client *c, struct feed_request r)
{
    feed_sub_remove(feed_sub_of(&c->call), &r);
    feed_sub_done(&c->call);
}

void stage_drain(struct stage_client *c, bool stalled)
{
    c->stalled = stalled;
    c->n_queued = 0;
    c->queued_bytes = 0;
    if (!c->closed)
        feed_sub_drained(c->party.sub);
}

/* --- ledgers --- */

uint64_t stage_random(struct stage *s, uint64_t below)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (s->random >> 33) % below;
}

struct account stage_account(uint32_t i)
{
    struct account a;
    memset(a.b, (int)(0x10 + i), sizeof a.b);
    return a;
}

static struct asset token(void)
{
    struct asset a = {.kind = ASSET_IOU, .issuer = stage_account(0)};
    memcpy(a.currency.b + 12, "USD", 3);
    return a;
}

struct feed_book stage_book(void)
{
    struct asset xrp = {0}, usd = token();
    return feed_request_book(&usd, &xrp, NULL);
}

static void put_drops(struct buf *b, field_id id, uint64_t drops)
{
    struct amount a = amount_drops(drops);
    sto_build_amount(b, id, &a);
}

static struct slice tx_bytes(struct stage *s, const struct stage_tx *t, uint32_t nonce)
{
    struct buf b = {0};
    struct account who = stage_account(1);
    struct amount usd;
    sto_build_u16(&b, FIELD_TransactionType, t->type);
    sto_build_u32(&b, FIELD_Sequence, nonce);
    if (t->type == TX_OfferCreate) {
        struct asset asset = token();
        ASSERT_OK(amount_canonicalize(&asset, false, 5, 0, &usd));
        put_drops(&b, FIELD_TakerPays, 100);
        sto_build_amount(&b, FIELD_TakerGets, &usd);
    }
    put_drops(&b, FIELD_Fee, 10);
    sto_build_account(&b, FIELD_Account, &who);
    return buf_slice(&b);
}

static void put_node(struct buf *nodes, field_id kind, uint16_t type, struct buf *fields)
{
    struct buf node = {0};
    struct hash256 key = {{1}};
    sto_build_u16(&node, FIELD_LedgerEntryType, type);
    sto_build_field(&node, FIELD_LedgerIndex, hash256_slice(&key));
    sto_build_nest(&node, kind == FIELD_CreatedNode ? FIELD_NewFields : FIELD_FinalFields, fields);
    sto_build_nest(nodes, kind, &node);
}

static struct slice meta_bytes(const struct stage_tx *t, uint32_t index)
{
    struct buf b = {0}, nodes = {0};
    for (uint32_t i = 0; i < STAGE_N_ACCOUNTS; i++) {
        struct buf fields = {0};
        struct account a = stage_account(i);
        if ((t->accounts & 1u << i) == 0)
            continue;
        sto_build_account(&fields, FIELD_Account, &a);
        put_node(&nodes, t->creates ? FIELD_CreatedNode : FIELD_ModifiedNode, ENTRY_AccountRoot,
                 &fields);
    }
    if (t->book) {
        struct buf fields = {0};
        struct asset asset = token();
        struct amount usd;
        ASSERT_OK(amount_canonicalize(&asset, false, 5, 0, &usd));
        put_drops(&fields, FIELD_TakerPays, 100);
        sto_build_amount(&fields, FIELD_TakerGets, &usd);
        put_node(&nodes, FIELD_CreatedNode, ENTRY_Offer, &fields);
    }
    sto_build_u32(&b, FIELD_TransactionIndex, index);
    sto_build_nest(&b, FIELD_AffectedNodes, &nodes);
    sto_build_u8(&b, FIELD_TransactionResult, 0);
    return buf_slice(&b);
}

/* Rows of the account_tx index; returns how many. */
static size_t put_rows(struct store_index_row *rows, const struct stage_tx *t, uint32_t seq,
                       uint32_t index, const struct hash256 *hash)
{
    static uint8_t accounts[STAGE_N_ACCOUNTS][20], suffixes[STAGE_MAX_TXS][8],
        values[STAGE_MAX_TXS][STORE_TX_VALUE_BYTES];
    size_t n = 0;
    bits_store32(suffixes[index], seq);
    bits_store32(suffixes[index] + 4, index);
    store_tx_value(hash, t->type, values[index]);
    for (uint32_t i = 0; i < STAGE_N_ACCOUNTS; i++) {
        struct account a = stage_account(i);
        memcpy(accounts[i], a.b, 20);
        if (t->accounts & 1u << i || (t->book && i == 0))
            rows[n++] =
                (struct store_index_row){.index = STORE_INDEX_ACCOUNT_TX,
                                         .prefix = slice_of(accounts[i], 20),
                                         .suffix = slice_of(suffixes[index], 8),
                                         .value = slice_of(values[index], sizeof values[0])};
    }
    return n;
}

void stage_add(struct stage *s, const struct stage_tx *txs, uint32_t n, bool quiet)
{
    static struct store_tx stored[STAGE_MAX_TXS];
    static struct hash256 hashes[STAGE_MAX_TXS];
    static struct store_index_row rows[STAGE_MAX_TXS * STAGE_N_ACCOUNTS];
    uint32_t seq = s->last + 1;
    ASSERT(seq - STAGE_FIRST < STAGE_MAX_LEDGERS && n <= STAGE_MAX_TXS);
    struct stage_ledger *model = &s->model[seq - STAGE_FIRST];
    model->n_txs = n;
    for (uint32_t i = 0; i < n; i++) {
        stored[i] = (struct store_tx){.pos = {seq, i},
                                      .tx = tx_bytes(s, &txs[i], seq * 1000 + i),
                                      .meta = meta_bytes(&txs[i], i)};
        hashes[i] = digest_tx_id(stored[i].tx);
        model->txs[i] = txs[i];
        model->txs[i].hash = hashes[i];
    }
    fake_set_last(s->ledgers, seq);
    struct ledger_header header;
    ASSERT(ledgers_tip(s->ledgers, &header));
    struct store_ledger l = {
        .header = header, .txs = stored, .tx_hashes = hashes, .n_txs = n, .index_rows = rows};
    for (uint32_t i = 0; i < n; i++)
        l.n_index_rows += put_rows(rows + l.n_index_rows, &txs[i], seq, i, &hashes[i]);
    if (seq == STAGE_FIRST) {
        ASSERT_OK(store_load_begin(s->store, seq, 1));
        ASSERT_OK(store_load_commit(s->store, &l));
    } else {
        ASSERT_OK(store_write(s->store, &l, 1));
    }
    for (uint32_t i = 0; i < n; i++) {
        free((void *)(uintptr_t)stored[i].tx.p);
        free((void *)(uintptr_t)stored[i].meta.p);
    }
    s->last = seq;
    if (!quiet)
        feed_publish(s->feed, seq);
}

static void add_random(struct stage *s, uint32_t n, bool quiet)
{
    static const uint16_t types[] = {TX_Payment, TX_OfferCreate, TX_TrustSet};
    static struct stage_tx txs[STAGE_MAX_TXS];
    for (uint32_t i = 0; i < n; i++) {
        txs[i].type = types[stage_random(s, ARRAY_LEN(types))];
        txs[i].accounts = (uint32_t)(stage_random(s, 1u << STAGE_N_ACCOUNTS) &
                                     stage_random(s, 1u << STAGE_N_ACCOUNTS));
        txs[i].book = txs[i].type == TX_OfferCreate && stage_random(s, 2);
    }
    stage_add(s, txs, n, quiet);
}

void stage_close(struct stage *s, uint32_t n)
{
    add_random(s, n, false);
}

void stage_quiet(struct stage *s, uint32_t n)
{
    add_random(s, n, true);
}

/* Nobody works, and nothing is left to do. */
static bool is_at_rest(const struct feed_core *fc)
{
    return !list_empty(&fc->news.waiters) && !list_empty(&fc->relay_news.waiters) &&
           list_empty(&fc->todo) && list_empty(&fc->ready) && list_empty(&fc->relayed) &&
           fc->n_busy_workers == 0 && fc->newest >= atomic_load(&fc->feed->published);
}

YIELDS void stage_settle(struct stage *s)
{
    int64_t until = clock_now_ns() + 60 * CLOCK_S;
    for (int quiet = 0; quiet < 4; quiet++) {
        if (!is_at_rest(&s->feed->cores[0]))
            quiet = 0;
        ASSERT(clock_now_ns() < until);
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS / 2));
    }
}

/* --- the model --- */

static bool has(const struct account *list, size_t n, const struct stage_tx *t)
{
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < STAGE_N_ACCOUNTS; k++) {
            struct account a = stage_account(k);
            if (account_eq(&list[i], &a) && (t->accounts & 1u << k))
                return true;
        }
    return false;
}

/* An account is also touched as the issuer of an offer's token, here account 0. */
static bool touches(const struct account *list, size_t n, const struct stage_tx *t)
{
    struct account issuer = stage_account(0);
    for (size_t i = 0; t->book && i < n; i++)
        if (account_eq(&list[i], &issuer))
            return true;
    return has(list, n, t);
}

static bool passes(const struct feed_request *r, const struct stage_tx *t)
{
    bool yes = r->n_tx_types == 0;
    for (size_t i = 0; i < r->n_tx_types; i++)
        yes = yes || r->tx_types[i] == t->type;
    return yes;
}

static void expect(const struct stage_client *c, size_t *at, const char *type, uint32_t seq,
                   const struct hash256 *hash)
{
    char hex[65] = "", index[32];
    if (*at >= c->n_msgs)
        test_fail(__FILE__, __LINE__, "%zu messages, then %s of %u is missing", *at, type, seq);
    const char *got = c->msgs[(*at)++];
    snprintf(index, sizeof index, "\"ledger_index\":%u,", seq);
    if (hash)
        hex_encode(hash256_slice(hash), hex);
    if (!strstr(got, type) || !strstr(got, index) || !strstr(got, hex))
        test_fail(__FILE__, __LINE__, "message %zu is not %s of %u (%s) but %.200s", *at - 1, type,
                  seq, hex, got);
}

void stage_expect(struct stage *s, const struct stage_client *c, const struct feed_request *r,
                  uint32_t first, uint32_t last, size_t n_before)
{
    size_t at = n_before;
    struct feed_book book = stage_book();
    bool books = r->n_books && memcmp(&r->books[0], &book, sizeof book) == 0;
    for (uint32_t seq = first; seq <= last; seq++) {
        const struct stage_ledger *l = &s->model[seq - STAGE_FIRST];
        if (r->streams & 1u << FEED_STREAM_LEDGER)
            expect(c, &at, "\"ledgerClosed\"", seq, NULL);
        for (uint32_t i = 0; i < l->n_txs; i++) {
            const struct stage_tx *t = &l->txs[i];
            if (!passes(r, t))
                continue;
            if (r->streams & 1u << FEED_STREAM_TRANSACTIONS)
                expect(c, &at, "\"transaction\"", seq, &t->hash);
            if (r->streams & 1u << FEED_STREAM_PROPOSED)
                expect(c, &at, "\"transaction\"", seq, &t->hash);
            if (touches(r->accounts, r->n_accounts, t) || touches(r->proposed, r->n_proposed, t))
                expect(c, &at, "\"transaction\"", seq, &t->hash);
            if (books && t->book)
                expect(c, &at, "\"transaction\"", seq, &t->hash);
        }
        if (r->streams & 1u << FEED_STREAM_BOOK_CHANGES)
            expect(c, &at, "\"bookChanges\"", seq, NULL);
    }
    if (at != c->n_msgs)
        test_fail(__FILE__, __LINE__, "%zu messages too many: %.200s", c->n_msgs - at, c->msgs[at]);
}

/* --- running --- */

struct run {
    void (*tune)(struct stage *s);
    void (*test)(struct stage *s);
};

static void on_wanted(void *arg)
{
    ((struct stage *)arg)->n_wanted_calls++;
}

static bool network_id(void *arg, uint32_t *ret)
{
    *ret = 21338;
    return true;
}

static void run_fiber(void *arg)
{
    struct run *r = arg;
    struct stage *s = xcalloc(1, sizeof *s);
    struct core *cores[] = {core_current()};
    s->random = 1;
    s->last = STAGE_FIRST - 1;
    s->model = xcalloc(STAGE_MAX_LEDGERS, sizeof *s->model);
    s->ledgers = fake_ledgers_new(STAGE_FIRST, STAGE_FIRST);
    s->store = memory_new();
    fake_set_store(s->ledgers, s->store);
    s->counters = counter_registry_new();
    stage_add(s, NULL, 0, true);
    s->opts = (struct feed_opts){.ledgers = s->ledgers,
                                 .cores = cores,
                                 .n_cores = 1,
                                 .wire = &wire,
                                 .counters = s->counters,
                                 .network_id = network_id,
                                 .on_wanted = on_wanted,
                                 .arg = s};
    if (r->tune)
        r->tune(s);
    s->feed = feed_new(&s->opts);
    ASSERT_OK(feed_start(s->feed));
    r->test(s);
    stage_settle(s); /* no mail on its way */
    feed_stop(s->feed);
    int64_t n_subs = s->feed->cores[0].n_subs;
    ASSERT_INT(0, n_subs);
    feed_free(s->feed);
    store_close(s->store);
    counter_registry_free(s->counters);
    free(s->model);
    free(s);
}

void stage_run(void (*tune)(struct stage *s), void (*test)(struct stage *s))
{
    struct run r = {tune, test};
    ASSERT_OK(core_run_fiber("stage", run_fiber, &r));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "double/synth.h"

#include "base/mem.h"
#include "double/synth_later.h"
#include "double/synth_model.h"

#include <stdlib.h>

#define N_GATEWAYS 50
#define TOTAL_DROPS 100000000000000000u

static void put_object(struct synth *s, enum synth_kind kind, void *obj, const struct hash256 *key)
{
    buf_clear(&s->scratch);
    synth_model_encode(s, kind, obj, &s->scratch);
    s->state = state_put(s->state, key, buf_slice(&s->scratch));
}

static void ignore_page(struct synth *s, struct synth_page *page)
{
}

static struct synth_acct *add_account(struct synth *s)
{
    struct synth_acct *a = xcalloc(1, sizeof *a);
    for (uint32_t i = 0; i < 20; i += 4) {
        uint32_t r = (uint32_t)synth_random(s);
        memcpy(a->id.b + i, &r, 4);
    }
    a->key = keylet_account(&a->id);
    a->drops = 1000000000u + synth_below(s, 1000000000);
    a->sequence = 1 + synth_below(s, 100000);
    a->dir.root_key = keylet_owner_dir(&a->id);
    a->dir.owner = a->id;
    a->pubkey[0] = 2;
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t r = synth_random(s);
        memcpy(a->pubkey + 1 + 8 * i, &r, 8);
    }
    if (s->n_accts == s->cap_accts) {
        s->cap_accts = s->cap_accts * 2 + 1024;
        s->accts = xrealloc(s->accts, s->cap_accts * sizeof(struct synth_acct *));
    }
    s->accts[s->n_accts++] = a;
    s->n_objects++;
    return a;
}

static void add_gateways(struct synth *s)
{
    s->n_gateways = N_GATEWAYS;
    s->gateways = xcalloc(s->n_gateways, sizeof *s->gateways);
    for (uint32_t i = 0; i < s->n_gateways; i++) {
        struct synth_gateway *g = &s->gateways[i];
        g->acct = add_account(s);
        for (uint32_t k = 0; k < 3; k++)
            g->currency.b[12 + k] = (uint8_t)('A' + synth_below(s, 26));
        struct asset xrp = {.kind = ASSET_XRP},
                     token = {.kind = ASSET_IOU, .currency = g->currency, .issuer = g->acct->id};
        struct hash256 base = keylet_book(&xrp, &token, NULL);
        for (uint32_t q = 0; q < SYNTH_QUALITIES; q++) {
            struct synth_dir *d = &g->books[q];
            d->is_book = true;
            d->gateway = g;
            d->quality =
                (uint64_t)(100 - 15) << 56 | (uint64_t)(1000000000000000u + q * 10000000000000u);
            d->root_key = keylet_book_quality(&base, d->quality);
        }
    }
}

static void add_line(struct synth *s, struct synth_acct *a)
{
    bool first = synth_below(s, 100) < s->opts.lines_percent;
    struct synth_gateway *g = &s->gateways[first ? 0 : synth_below(s, s->n_gateways)];
    struct synth_line *l = xcalloc(1, sizeof *l);
    l->holder = a;
    l->gateway = g;
    l->balance = (int64_t)synth_below(s, 2000000000);
    l->limit = 1000000000000;
    l->key = keylet_line(&a->id, &g->acct->id, &g->currency);
    a->line = l;
    a->owner_count++;
    s->n_objects++;
    l->holder_page = synth_model_dir_add(s, &a->dir, &l->key, ignore_page);
    l->gateway_page = synth_model_dir_add(s, &g->acct->dir, &l->key, ignore_page);
}

static void add_offer(struct synth *s, struct synth_acct *a)
{
    struct synth_dir *d = &a->line->gateway->books[synth_below(s, SYNTH_QUALITIES)];
    if (d->n_offers == SYNTH_PAGE_KEYS || a->line->balance < 2000000)
        return;
    struct synth_offer *o = xcalloc(1, sizeof *o);
    o->maker = a;
    o->dir = d;
    o->sequence = a->sequence++;
    o->micro = 1000000 + synth_below(s, (uint32_t)a->line->balance);
    o->drops = (uint64_t)o->micro * (100 + (uint64_t)(d - a->line->gateway->books)) / 100;
    o->key = keylet_offer(&a->id, o->sequence);
    a->offer = o;
    a->owner_count++;
    s->n_objects++;
    o->page = synth_model_dir_add(s, &a->dir, &o->key, ignore_page);
    synth_model_dir_add(s, d, &o->key, ignore_page);
    d->offers[d->n_offers++] = o;
}

static void put_dir(struct synth *s, struct synth_dir *d)
{
    for (struct synth_page *p = d->root; p; p = p->next)
        put_object(s, SYNTH_PAGE, p, &p->key);
}

static void put_everything(struct synth *s)
{
    struct hash256 fees = keylet_fees(), hashes = keylet_hashes_recent();
    for (uint32_t i = 0; i < s->n_accts; i++) {
        struct synth_acct *a = s->accts[i];
        put_object(s, SYNTH_ACCOUNT, a, &a->key);
        put_dir(s, &a->dir);
        if (a->line)
            put_object(s, SYNTH_LINE, a->line, &a->line->key);
        if (a->offer)
            put_object(s, SYNTH_OFFER, a->offer, &a->offer->key);
    }
    for (uint32_t i = 0; i < s->n_gateways; i++)
        for (uint32_t q = 0; q < SYNTH_QUALITIES; q++)
            put_dir(s, &s->gateways[i].books[q]);
    put_object(s, SYNTH_FEES, NULL, &fees);
    put_object(s, SYNTH_HASHES, s, &hashes);
}

struct synth *synth_new(const struct synth_opts *opts)
{
    struct synth *s = xcalloc(1, sizeof *s);
    s->opts = *opts;
    s->rng[0] = opts->seed * 0x9e3779b97f4a7c15u + 1;
    s->rng[1] = opts->seed ^ 0xd1b54a32d192ed03u;
    for (int i = 0; i < 16; i++)
        synth_random(s);
    s->state = state_new();
    s->changed = table_new(32);
    s->header = (struct ledger_header){.seq = opts->first_seq,
                                       .drops = TOTAL_DROPS,
                                       .close_time = opts->first_close,
                                       .parent_close_time = opts->first_close - 4,
                                       .close_resolution = 10};
    for (s->n_recent = 0; s->n_recent < 256; s->n_recent++) {
        uint64_t seed = synth_random(s);
        s->recent[s->n_recent] = hash_sha256(slice_of(&seed, 8));
    }
    s->header.parent_hash = s->recent[255];
    add_gateways(s);
    while (s->n_objects < opts->n_objects || s->n_accts < s->n_gateways + 100) {
        struct synth_acct *a = add_account(s);
        if (synth_below(s, 100) < 75)
            add_line(s, a);
        if (a->line && synth_below(s, 100) < 40)
            add_offer(s, a);
    }
    put_everything(s);
    if (opts->later)
        synth_later_begin(s);
    return s;
}

struct synth *synth_free(struct synth *s)
{
    if (s == NULL)
        return NULL;
    for (uint32_t i = 0; i < s->n_accts; i++) {
        synth_model_dir_free(&s->accts[i]->dir);
        free(s->accts[i]->line);
        free(s->accts[i]->offer);
        free(s->accts[i]);
    }
    for (uint32_t i = 0; i < s->n_gateways; i++)
        for (uint32_t q = 0; q < SYNTH_QUALITIES; q++)
            synth_model_dir_free(&s->gateways[i].books[q]);
    synth_later_end(s);
    free(s->accts);
    free(s->gateways);
    free(s->touched);
    table_free(s->changed);
    buf_deinit(&s->scratch);
    state_unref(s->state);
    free(s);
    return NULL;
}

static struct synth_ledger *ledger_new(struct synth *s)
{
    struct synth_ledger *l = xcalloc(1, sizeof *l);
    l->arena = arena_new(0);
    s->arena = l->arena;
    return l;
}

static void ledger_close(struct synth *s, struct synth_ledger *l)
{
    s->header.state_hash = state_hash(s->state);
    s->header.hash = digest_ledger(&s->header);
    l->header = s->header;
    l->state = state_ref(s->state);
    s->arena = NULL;
}

struct synth_ledger *synth_first(struct synth *s)
{
    struct synth_ledger *l = ledger_new(s);
    ledger_close(s, l);
    return l;
}

static int tx_by_hash(const void *a, const void *b)
{
    return hash256_cmp(&((const struct synth_tx *)a)->hash, &((const struct synth_tx *)b)->hash);
}

static int change_by_key(const void *a, const void *b)
{
    return hash256_cmp(&((const struct synth_change *)a)->key,
                       &((const struct synth_change *)b)->key);
}

static void make_txs(struct synth *s, struct synth_ledger *l)
{
    l->n_txs = s->opts.n_txs;
    l->txs = arena_array(l->arena, struct synth_tx, l->n_txs);
    struct digest_leaf *leaves = xcalloc(l->n_txs, sizeof *leaves);
    for (uint32_t i = 0; i < l->n_txs; i++)
        synth_tx_make(s, i, &l->txs[i]);
    qsort(l->txs, l->n_txs, sizeof *l->txs, tx_by_hash);
    for (uint32_t i = 0; i < l->n_txs; i++)
        leaves[i] = (struct digest_leaf){
            l->txs[i].hash, digest_tx_leaf(l->txs[i].tx, l->txs[i].meta, &l->txs[i].hash)};
    s->header.tx_hash = digest_tree_root(leaves, l->n_txs);
    free(leaves);
}

static void put_hashes(struct synth *s)
{
    struct hash256 key = keylet_hashes_recent();
    memmove(s->recent, s->recent + 1, sizeof s->recent - sizeof s->recent[0]);
    s->recent[255] = s->header.parent_hash;
    table_put(s->changed, key.b, (void *)(uintptr_t)2);
    put_object(s, SYNTH_HASHES, s, &key);
}

static void collect_changes(struct synth *s, struct synth_ledger *l)
{
    l->changes = arena_array(l->arena, struct synth_change, table_count(s->changed));
    size_t at = 0;
    const void *key;
    void *existed;
    while ((existed = table_each(s->changed, &at, &key)) != NULL) {
        struct synth_change c = {.key = hash256_of(key), .existed = (uintptr_t)existed == 2};
        bool exists = state_get(s->state, &c.key, &c.data);
        if (exists || c.existed)
            l->changes[l->n_changes++] = c;
    }
    qsort(l->changes, l->n_changes, sizeof *l->changes, change_by_key);
    table_clear(s->changed);
}

struct synth_ledger *synth_next(struct synth *s, uint32_t close_time)
{
    struct synth_ledger *l = ledger_new(s);
    struct ledger_header *h = &s->header;
    h->parent_hash = h->hash;
    h->parent_close_time = h->close_time;
    h->close_time = MAX(close_time, h->close_time + 1);
    h->seq++;
    make_txs(s, l);
    put_hashes(s);
    collect_changes(s, l);
    ledger_close(s, l);
    return l;
}

struct synth_ledger *synth_ledger_free(struct synth_ledger *l)
{
    if (l) {
        state_unref(l->state);
        arena_free(l->arena);
        free(l);
    }
    return NULL;
}

struct account synth_gateway(const struct synth *s)
{
    return s->accts[0]->id;
}

struct account synth_account(const struct synth *s, uint32_t i)
{
    return s->accts[s->n_gateways + i]->id;
}

uint32_t synth_n_accounts(const struct synth *s)
{
    return s->n_accts - s->n_gateways;
}

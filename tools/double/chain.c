/* SPDX-License-Identifier: Apache-2.0 */
#include "double/chain.h"

#include "base/mem.h"
#include "base/table.h"
#include "double/synth.h"
#include "double/world.h"
#include "rippled/proto.h"
#include "rt/clock.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#include <stdio.h>
#include <stdlib.h>

/* Synthetic chains keep the replies of so many ledgers, and the states of the newest ones and the
 * first. */
#define MAX_LEDGERS 4096
#define MAX_STATES 300

struct chain {
    struct arena *arena;
    uint32_t first, tip, end;
    uint32_t network_id;
    struct chain_ledger **ledgers; /* [seq - first]; made up to n_made */
    uint32_t n_made, cap;
    struct table *by_hash; /* hash -> seq */
    struct synth *synth;   /* NULL: recorded */
};

static void ledger_free(struct chain_ledger *l)
{
    if (l == NULL)
        return;
    buf_deinit(&l->txs);
    buf_deinit(&l->objects);
    buf_deinit(&l->books);
    state_unref(l->state);
    free(l);
}

struct chain *chain_close_all(struct chain *c)
{
    if (c == NULL)
        return NULL;
    for (uint32_t i = 0; i < c->n_made; i++)
        ledger_free(c->ledgers[i]);
    free(c->ledgers);
    table_free(c->by_hash);
    synth_free(c->synth);
    arena_free(c->arena);
    free(c);
    return NULL;
}

static void chain_freep(struct chain **c)
{
    chain_close_all(*c);
}

static struct chain *chain_new(uint32_t first)
{
    struct chain *c = xcalloc(1, sizeof *c);
    c->arena = arena_new(0);
    c->by_hash = table_new(32);
    c->first = first;
    return c;
}

static void add(struct chain *c, struct chain_ledger *l)
{
    if (c->n_made == c->cap) {
        c->cap = c->cap * 2 + 64;
        c->ledgers = xrealloc(c->ledgers, c->cap * sizeof(struct chain_ledger *));
    }
    c->ledgers[c->n_made++] = l;
    table_put(c->by_hash, l->header.hash.b, (void *)(uintptr_t)l->header.seq);
}

/* The keys beside a created or deleted one, in the ledger's own state (etl-db 1.4). */
static void put_neighbours(const struct state *state, struct proto_object *o,
                           struct hash256 near[2])
{
    struct hash256 key = hash256_of(o->key.p);
    struct slice ignored;
    if (state_prev(state, &key, &near[0]))
        o->predecessor = hash256_slice(&near[0]);
    if (state_next(state, &key, &near[1], &ignored))
        o->successor = hash256_slice(&near[1]);
}

static bool first_of_book(const struct state *state, const struct hash256 *base,
                          struct hash256 *ret)
{
    struct slice ignored;
    struct hash256 end = keylet_book_end(base);
    return state_next(state, base, ret, &ignored) && hash256_cmp(ret, &end) < 0;
}

static void put_book(struct buf *out, const struct state *before, const struct state *after,
                     const struct hash256 *key, bool created)
{
    struct hash256 base = *key, first;
    memset(base.b + 24, 0, 8);
    bool found = first_of_book(created ? after : before, &base, &first) && hash256_eq(&first, key);
    if (!found)
        return;
    bool any = first_of_book(after, &base, &first);
    proto_put_book_successor(
        out, &(struct proto_book_successor){hash256_slice(&base),
                                            any ? hash256_slice(&first) : SLICE_EMPTY});
}

static struct chain_ledger *from_synth(const struct synth_ledger *s, const struct state *before)
{
    struct chain_ledger *l = xcalloc(1, sizeof *l);
    l->header = s->header;
    l->n_txs = s->n_txs;
    l->state = state_ref(s->state);
    for (uint32_t i = 0; i < s->n_txs; i++)
        proto_put_tx(&l->txs, &(struct proto_tx){s->txs[i].tx, s->txs[i].meta});
    for (uint32_t i = 0; i < s->n_changes; i++) {
        const struct synth_change *ch = &s->changes[i];
        struct proto_object o = {.data = ch->data, .key = hash256_slice(&ch->key)};
        struct hash256 near[2];
        o.mod = ch->data.n == 0 ? PROTO_MOD_DELETED
                : ch->existed   ? PROTO_MOD_MODIFIED
                                : PROTO_MOD_CREATED;
        struct slice old = ch->data;
        if (o.mod != PROTO_MOD_MODIFIED) {
            put_neighbours(l->state, &o, near);
            if (o.mod == PROTO_MOD_DELETED)
                (void)state_get(before, &ch->key, &old);
            if (sto_entry_type(old) == ENTRY_DirectoryNode && !sto_has(old, FIELD_Owner))
                put_book(&l->books, before, l->state, &ch->key, o.mod == PROTO_MOD_CREATED);
        }
        proto_put_object(&l->objects, &o);
    }
    return l;
}

static void make_next(struct chain *c, uint32_t close_time)
{
    struct synth_ledger *s = synth_next(c->synth, close_time);
    add(c, from_synth(s, c->ledgers[c->n_made - 1]->state));
    synth_ledger_free(s);
    if (c->n_made > MAX_STATES + 1) {
        struct chain_ledger *old = c->ledgers[c->n_made - MAX_STATES - 1];
        old->state = state_unref(old->state);
    }
    if (c->n_made > MAX_LEDGERS) { /* the slot stays, the ledger is gone */
        ledger_free(c->ledgers[c->n_made - MAX_LEDGERS]);
        c->ledgers[c->n_made - MAX_LEDGERS] = NULL;
    }
}

err chain_open_synth(const struct synth_opts *opts, uint32_t n_ahead, uint32_t end,
                     struct chain **ret)
{
    struct chain *c = chain_new(opts->first_seq);
    c->synth = synth_new(opts);
    struct synth_ledger *first = synth_first(c->synth);
    add(c, from_synth(first, NULL));
    synth_ledger_free(first);
    c->tip = c->first;
    c->end = end ? end : UINT32_MAX;
    c->network_id = 31337;
    for (uint32_t i = 0; i < n_ahead && c->tip < c->end; i++) {
        make_next(c, opts->first_close + 4 * (i + 1));
        c->tip++;
    }
    *ret = c;
    return OK;
}

static struct hash256 key_of(const struct proto_object *o)
{
    return o->key.n == 32 ? hash256_of(o->key.p) : HASH256_ZERO;
}

static err apply_objects(struct slice list, struct state **state)
{
    struct cursor c = cursor_of(list);
    struct proto_object o;
    while (proto_next_object(&c, &o)) {
        struct hash256 key = key_of(&o);
        *state = o.data.n ? state_put(*state, &key, o.data) : state_del(*state, &key);
    }
    return c.failed ? FAIL(ERR_PARSE, "world: malformed objects") : OK;
}

static err read_state(const char *dir, uint32_t seq, struct arena *a, struct state **ret)
{
    char kind[32];
    struct world_record *records;
    size_t n;
    snprintf(kind, sizeof kind, "state-%u", seq);
    TRY(world_records(dir, kind, a, &records, &n));
    *ret = state_new();
    for (size_t i = 0; i < n; i++) {
        struct proto_ledger_data page;
        TRY(proto_read_ledger_data(records[i].reply, &page));
        TRY(apply_objects(page.objects, ret));
    }
    return OK;
}

static uint32_t count_txs(struct slice list)
{
    struct cursor c = cursor_of(list);
    struct proto_tx t;
    uint32_t n = 0;
    while (proto_next_tx(&c, &t))
        n++;
    return n;
}

/* The fields number 10 of a reply, as they stand. */
static void copy_books(struct slice reply, struct buf *out)
{
    struct cursor c = cursor_of(reply);
    struct proto_book_successor s;
    while (proto_next_book_successor(&c, &s))
        proto_put_book_successor(out, &s);
}

static err from_reply(struct slice reply, struct chain_ledger **ret)
{
    struct proto_ledger m;
    TRY(proto_read_ledger(reply, &m));
    struct chain_ledger *l = xcalloc(1, sizeof *l);
    if (!digest_header_decode(m.header, &l->header)) {
        free(l);
        return FAIL(ERR_PARSE, "world: a ledger without header");
    }
    buf_put_slice(&l->txs, m.txs);
    l->n_txs = count_txs(m.txs);
    buf_put_slice(&l->objects, m.objects);
    copy_books(m.book_successors, &l->books);
    *ret = l;
    return OK;
}

static err add_recorded(struct chain *c, const char *dir, const char *kind, uint32_t to)
{
    struct world_record *records;
    size_t n;
    err e = world_records(dir, kind, c->arena, &records, &n);
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    for (size_t i = 0; i < n; i++) {
        struct chain_ledger *l = NULL;
        TRY(from_reply(records[i].reply, &l));
        uint32_t next = c->first + c->n_made;
        bool wanted = l->header.seq == next && (next == c->first || l->objects.n) && next <= to;
        if (!wanted) {
            ledger_free(l);
            continue;
        }
        if (next != c->first) {
            l->state = state_ref(c->ledgers[c->n_made - 1]->state);
            TRY(apply_objects(buf_slice(&l->objects), &l->state));
        }
        add(c, l);
    }
    return OK;
}

err chain_open_world(const char *dir, uint32_t start, uint32_t tip, uint32_t end,
                     struct chain **ret)
{
    static const char *const kinds[] = {"ledger-base", "ledgers-early", "ledgers",
                                        "ledgers-streams"};
    CLEANUP(chain_freep) struct chain *c = chain_new(0);
    struct json manifest;
    TRY(world_read_json(dir, "manifest.json", c->arena, &manifest));
    const struct json *recording = json_get(&manifest, "recording"),
                      *first = json_get(recording, "first");
    const struct json *network = json_get(&manifest, "network_id");
    if (!json_is(first, JSON_INT))
        return FAIL(ERR_PARSE, "world: %s/manifest.json has no recording.first", dir);
    c->network_id = json_is(network, JSON_INT) ? (uint32_t)network->i : 0;
    c->first = start ? start : (uint32_t)first->i;
    uint32_t to = end ? end : UINT32_MAX;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        TRY(add_recorded(c, dir, kinds[i], to));
        if (i == 0 && c->n_made == 0)
            return FAIL(ERR_NOT_FOUND, "world: %s has no complete ledger %u", dir, c->first);
        if (i == 0)
            TRY(read_state(dir, c->first, c->arena, &c->ledgers[0]->state));
    }
    c->end = c->first + c->n_made - 1;
    c->tip = tip ? MIN(MAX(tip, c->first), c->end) : MIN(c->first + 1, c->end);
    *ret = TAKE_PTR(c);
    return OK;
}

uint32_t chain_first(const struct chain *c)
{
    return c->synth && c->n_made > MAX_LEDGERS ? c->first + c->n_made - MAX_LEDGERS + 1 : c->first;
}

uint32_t chain_tip(const struct chain *c)
{
    return c->tip;
}

uint32_t chain_end(const struct chain *c)
{
    return c->end;
}

uint32_t chain_network_id(const struct chain *c)
{
    return c->network_id;
}

const struct chain_ledger *chain_get(struct chain *c, uint32_t seq)
{
    return seq < c->first || seq > c->tip ? NULL : c->ledgers[seq - c->first];
}

uint32_t chain_by_hash(const struct chain *c, const struct hash256 *hash)
{
    return (uint32_t)(uintptr_t)table_get(c->by_hash, hash->b);
}

bool chain_advance(struct chain *c)
{
    if (c->tip >= c->end)
        return false;
    if (c->tip + 1 - c->first >= c->n_made)
        make_next(c, clock_ledger_s());
    c->tip++;
    return true;
}

bool chain_examples(const struct chain *c, struct account *ret_large, struct account *ret_small)
{
    if (c->synth == NULL)
        return false;
    *ret_large = synth_gateway(c->synth);
    *ret_small = synth_account(c->synth, 0);
    return true;
}

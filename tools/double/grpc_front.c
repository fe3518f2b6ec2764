/* SPDX-License-Identifier: Apache-2.0 */
#include "double/grpc_front.h"

#include "base/mem.h"
#include "rippled/proto.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "xrpl/keylet.h"

#define PAGE_OBJECTS 2048

/* Ledger that a specifier names; 0 = none that we have. */
static uint32_t resolve(struct chain *c, const struct proto_ledger_spec *spec)
{
    if (spec->which == PROTO_WHICH_SEQUENCE)
        return chain_get(c, spec->sequence) ? spec->sequence : 0;
    if (spec->which == PROTO_WHICH_HASH) {
        struct hash256 hash = spec->hash.n == 32 ? hash256_of(spec->hash.p) : HASH256_ZERO;
        uint32_t seq = chain_by_hash(c, &hash);
        return seq && chain_get(c, seq) ? seq : 0;
    }
    return chain_tip(c);
}

static void not_found(struct grpc_server_call *call, const char *text)
{
    grpc_server_reply_error(call, GRPC_CODE_NOT_FOUND, text);
}

/* The list with one object's bytes changed, one left out, or one added. */
static void spoil_objects(struct buf *list, struct slice objects, bool flip, bool drop, bool extra)
{
    struct cursor c = cursor_of(objects);
    struct proto_object o;
    bool done = false;
    while (proto_next_object(&c, &o)) {
        bool hit = !done && o.data.n > 24;
        done |= hit;
        if (hit && drop)
            continue;
        if (hit && flip) {
            struct buf copy = {0};
            buf_put_slice(&copy, o.data);
            copy.p[20] ^= 1;
            o.data = buf_slice(&copy);
            proto_put_object(list, &o);
            buf_deinit(&copy);
            continue;
        }
        proto_put_object(list, &o);
        if (hit && extra) {
            struct hash256 key = keylet_increment(&(struct hash256){{0}});
            memcpy(key.b, o.key.p, 31);
            key.b[31] = (uint8_t)(o.key.p[31] + 1);
            o.key = hash256_slice(&key);
            proto_put_object(list, &o);
        }
    }
}

static void spoil_txs(struct buf *list, struct slice txs, bool in_meta)
{
    struct cursor c = cursor_of(txs);
    struct proto_tx t;
    bool done = false;
    while (proto_next_tx(&c, &t)) {
        CLEANUP(buf_deinit) struct buf copy = {0};
        if (!done) {
            buf_put_slice(&copy, in_meta ? t.meta : t.tx);
            copy.p[copy.n / 2] ^= 1;
            *(in_meta ? &t.meta : &t.tx) = buf_slice(&copy);
            done = true;
        }
        proto_put_tx(list, &t);
    }
}

static void strip_neighbours(struct buf *list, struct slice objects)
{
    struct cursor c = cursor_of(objects);
    struct proto_object o;
    while (proto_next_object(&c, &o)) {
        o.predecessor = o.successor = SLICE_EMPTY;
        proto_put_object(list, &o);
    }
}

static void spoil_header(struct fault_set *f, uint32_t seq, struct ledger_header *h)
{
    if (fault_take(f, FAULT_PARENT, seq)) {
        h->parent_hash.b[5] ^= 1;
        h->hash = digest_ledger(h);
    }
    if (fault_take(f, FAULT_HEADER, seq))
        h->state_hash.b[7] ^= 1;
    if (fault_take(f, FAULT_HASH, seq))
        h->hash.b[3] ^= 1;
}

/* Which ledger to answer with, when the one asked for is to be another. */
static uint32_t shifted(struct grpc_front *f, uint32_t seq)
{
    if (fault_take(f->faults, FAULT_SKIP, seq) && chain_get(f->chain, seq + 1))
        return seq + 1;
    if (fault_take(f->faults, FAULT_REPEAT, seq) && chain_get(f->chain, seq - 1))
        return seq - 1;
    return seq;
}

static void build_ledger(struct grpc_front *f, const struct proto_get_ledger *q, uint32_t asked,
                         struct buf *out)
{
    uint32_t seq = shifted(f, asked);
    const struct chain_ledger *l = chain_get(f->chain, seq);
    struct ledger_header header = l->header;
    uint8_t header_bytes[LEDGER_HEADER_BYTES];
    CLEANUP(buf_deinit) struct buf objects = {0}, txs = {0}, hashes = {0};
    spoil_header(f->faults, asked, &header);
    digest_header_encode(&header, header_bytes);
    struct proto_ledger m = {.header = slice_of(header_bytes, sizeof header_bytes),
                             .validated = true,
                             .is_unlimited = true};
    if (fault_take(f->faults, FAULT_UNVALIDATED, asked))
        m.validated = false;
    if (q->transactions && q->expand) {
        m.has_txs = true;
        m.txs = buf_slice(&l->txs);
        bool meta = fault_take(f->faults, FAULT_META, asked);
        if (meta || fault_take(f->faults, FAULT_TX, asked)) {
            spoil_txs(&txs, m.txs, meta);
            m.txs = buf_slice(&txs);
        }
    } else if (q->transactions) {
        struct cursor c = cursor_of(buf_slice(&l->txs));
        struct proto_tx t;
        while (proto_next_tx(&c, &t)) {
            struct hash256 id = digest_tx_id(t.tx);
            proto_put_hash(&hashes, hash256_slice(&id));
        }
        m.has_hashes = true;
        m.hashes = buf_slice(&hashes);
    }
    if (q->get_objects) {
        bool flip = fault_take(f->faults, FAULT_OBJECT, asked),
             drop = fault_take(f->faults, FAULT_MISSING, asked);
        bool extra = fault_take(f->faults, FAULT_EXTRA, asked);
        m.has_objects = m.objects_included = m.skiplist_included = true;
        m.object_neighbors_included = q->get_object_neighbors;
        m.objects = buf_slice(&l->objects);
        if (flip || drop || extra)
            spoil_objects(&objects, m.objects, flip, drop, extra);
        else if (!q->get_object_neighbors)
            strip_neighbours(&objects, m.objects);
        if (objects.n)
            m.objects = buf_slice(&objects);
        if (q->get_object_neighbors)
            m.book_successors = buf_slice(&l->books);
    }
    proto_put_ledger(out, &m);
}

/* Faults that take the place of a reply. True: the call is answered (or never will be). */
YIELDS static bool misbehave(struct grpc_front *f, struct grpc_server_call *call, uint32_t seq)
{
    if (fault_take(f->faults, FAULT_ERROR, seq)) {
        grpc_server_reply_error(call, GRPC_CODE_INTERNAL, "injected");
        return true;
    }
    if (fault_take(f->faults, FAULT_LIMITED, seq)) {
        grpc_server_reply_error(call, GRPC_CODE_RESOURCE_EXHAUSTED,
                                "usage balance exceeds threshold");
        return true;
    }
    if (fault_take(f->faults, FAULT_NOTFOUND, seq)) {
        not_found(call, "ledgerNotFound");
        return true;
    }
    if (fault_take(f->faults, FAULT_DROP, seq)) {
        grpc_server_drop_connection(call);
        return true;
    }
    if (fault_take(f->faults, FAULT_STALL, seq)) {
        err e = fiber_sleep_until(CLOCK_NEVER); /* until the client gives up */
        (void)e;
        grpc_server_reply_error(call, GRPC_CODE_CANCELLED, "injected");
        return true;
    }
    if (fault_take(f->faults, FAULT_SLOW, seq)) {
        err e = fiber_sleep_until(clock_now_ns() + 2 * CLOCK_S);
        (void)e; /* cancelled: the reply goes nowhere */
    }
    return false;
}

YIELDS static void get_ledger(struct grpc_front *f, struct grpc_server_call *call)
{
    struct proto_get_ledger q;
    err e = proto_read_get_ledger(call->request, &q);
    if (e.code) {
        grpc_server_reply_error(call, GRPC_CODE_INVALID_ARGUMENT, err_text());
        return;
    }
    uint32_t seq = resolve(f->chain, &q.ledger);
    if (seq == 0) {
        not_found(call, "ledgerNotFound");
        return;
    }
    if (q.get_objects && seq == chain_first(f->chain)) {
        not_found(call, "parent ledger not validated");
        return;
    }
    if (misbehave(f, call, seq))
        return;
    CLEANUP(buf_deinit) struct buf out = {0};
    build_ledger(f, &q, seq, &out);
    if (fault_take(f->faults, FAULT_GARBAGE, seq))
        memset(out.p, 0xFF, MIN(out.n, (size_t)64));
    if (fault_take(f->faults, FAULT_TRUNCATED, seq))
        out.n /= 2;
    if (fault_take(f->faults, FAULT_EMPTY, seq))
        out.n = 0;
    if (fault_take(f->faults, FAULT_RESET, seq))
        grpc_server_reset_after(call, out.n / 2);
    grpc_server_reply(call, &out);
}

static void build_page(struct grpc_front *f, const struct proto_get_ledger_data *q, uint32_t seq,
                       struct buf *out)
{
    const struct state *state = chain_get(f->chain, seq)->state;
    CLEANUP(buf_deinit) struct buf objects = {0};
    struct hash256 at = q->marker.n ? hash256_of(q->marker.p) : HASH256_ZERO, next = {0}, marker;
    struct proto_ledger_data m = {.is_unlimited = true};
    struct slice data;
    bool more = q->marker.n == 0 && state_get(state, &at, &data);
    next = at;
    if (!more)
        more = state_next(state, &at, &next, &data);
    for (uint32_t n = 0; more; n++, more = state_next(state, &at, &next, &data)) {
        if (q->end_marker.n && memcmp(next.b, q->end_marker.p, 32) > 0)
            break;
        if (n == PAGE_OBJECTS) {
            marker = keylet_decrement(&next);
            m.marker = hash256_slice(&marker);
            break;
        }
        proto_put_object(&objects,
                         &(struct proto_object){.data = data, .key = hash256_slice(&next)});
        at = next;
    }
    bool flip = fault_take(f->faults, FAULT_STATE, seq),
         drop = fault_take(f->faults, FAULT_STATE_MISSING, seq);
    CLEANUP(buf_deinit) struct buf spoilt = {0};
    m.objects = buf_slice(&objects);
    if (flip || drop) {
        spoil_objects(&spoilt, m.objects, flip, drop, false);
        m.objects = buf_slice(&spoilt);
    }
    proto_put_ledger_data(out, &m);
}

YIELDS static void get_ledger_data(struct grpc_front *f, struct grpc_server_call *call)
{
    struct proto_get_ledger_data q;
    err e = proto_read_get_ledger_data(call->request, &q);
    uint32_t seq = e.code ? 0 : resolve(f->chain, &q.ledger);
    if (e.code || (q.marker.n && q.marker.n != 32) || (q.end_marker.n && q.end_marker.n != 32)) {
        grpc_server_reply_error(call, GRPC_CODE_INVALID_ARGUMENT,
                                e.code ? err_text() : "marker malformed");
        return;
    }
    if (seq == 0 || chain_get(f->chain, seq)->state == NULL) {
        not_found(call, "ledgerNotFound");
        return;
    }
    if (fault_take(f->faults, FAULT_STATE_ERROR, seq)) {
        grpc_server_reply_error(call, GRPC_CODE_INTERNAL, "injected");
        return;
    }
    if (fault_take(f->faults, FAULT_STATE_DROP, seq)) {
        grpc_server_drop_connection(call);
        return;
    }
    CLEANUP(buf_deinit) struct buf out = {0};
    build_page(f, &q, seq, &out);
    f->page_bytes += out.n;
    grpc_server_reply(call, &out);
}

/* Objects that differ between two states, ascending. */
static void diff_states(const struct state *a, const struct state *b, bool blobs, struct buf *list)
{
    struct hash256 key_a = {0}, key_b = {0};
    struct slice data_a, data_b;
    bool has_a = state_next(a, &key_a, &key_a, &data_a),
         has_b = state_next(b, &key_b, &key_b, &data_b);
    while (has_a || has_b) {
        int order = !has_a ? 1 : !has_b ? -1 : hash256_cmp(&key_a, &key_b);
        if (order != 0 || !slice_eq(data_a, data_b)) {
            const struct hash256 *key = order <= 0 ? &key_a : &key_b;
            struct proto_object o = {.key = hash256_slice(key),
                                     .data = blobs && order >= 0 ? data_b : SLICE_EMPTY};
            proto_put_object(list, &o);
        }
        if (order <= 0)
            has_a = state_next(a, &key_a, &key_a, &data_a);
        if (order >= 0)
            has_b = state_next(b, &key_b, &key_b, &data_b);
    }
}

static void get_ledger_diff(struct grpc_front *f, struct grpc_server_call *call)
{
    struct proto_get_ledger_diff q;
    err e = proto_read_get_ledger_diff(call->request, &q);
    if (e.code) {
        grpc_server_reply_error(call, GRPC_CODE_INVALID_ARGUMENT, err_text());
        return;
    }
    uint32_t base = resolve(f->chain, &q.base), desired = resolve(f->chain, &q.desired);
    if (base == 0 || chain_get(f->chain, base)->state == NULL) {
        not_found(call, "base ledger not found");
        return;
    }
    if (desired == 0 || chain_get(f->chain, desired)->state == NULL) {
        not_found(call, "desired ledger not found");
        return;
    }
    CLEANUP(buf_deinit) struct buf list = {0}, out = {0};
    diff_states(chain_get(f->chain, base)->state, chain_get(f->chain, desired)->state,
                q.include_blobs, &list);
    proto_put_ledger_diff(&out, &(struct proto_ledger_diff){buf_slice(&list)});
    grpc_server_reply(call, &out);
}

static void get_ledger_entry(struct grpc_front *f, struct grpc_server_call *call)
{
    struct proto_get_ledger_entry q;
    err e = proto_read_get_ledger_entry(call->request, &q);
    if (e.code || q.key.n != 32) {
        grpc_server_reply_error(call, GRPC_CODE_INVALID_ARGUMENT,
                                e.code ? err_text() : "index malformed");
        return;
    }
    uint32_t seq = resolve(f->chain, &q.ledger);
    struct hash256 key = hash256_of(q.key.p);
    struct slice data;
    if (seq == 0 || chain_get(f->chain, seq)->state == NULL) {
        not_found(call, "ledgerNotFound");
        return;
    }
    if (!state_get(chain_get(f->chain, seq)->state, &key, &data)) {
        not_found(call, "object not found");
        return;
    }
    CLEANUP(buf_deinit) struct buf out = {0};
    proto_put_ledger_entry(&out,
                           &(struct proto_ledger_entry){{.data = data, .key = q.key}, q.ledger});
    grpc_server_reply(call, &out);
}

void grpc_front_handle(void *arg, struct grpc_server_call *call)
{
    struct grpc_front *f = arg;
    static const struct {
        const char *path;
        void (*handle)(struct grpc_front *f, struct grpc_server_call *call);
    } methods[] = {{PROTO_PATH_GET_LEDGER, get_ledger},
                   {PROTO_PATH_GET_LEDGER_DATA, get_ledger_data},
                   {PROTO_PATH_GET_LEDGER_DIFF, get_ledger_diff},
                   {PROTO_PATH_GET_LEDGER_ENTRY, get_ledger_entry}};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (slice_is(call->path, methods[i].path)) {
            f->n_calls[i]++;
            methods[i].handle(f, call);
            return;
        }
    grpc_server_reply_error(call, GRPC_CODE_UNIMPLEMENTED, "no such method");
}

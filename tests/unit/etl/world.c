/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "base/bits.h"
#include "rippled/proto.h"
#include "rt/offload.h"
#include "store/memory.h"

#include <stdlib.h>

#define FIRST 100u

static bool is_bad(const struct world_source *s, enum world_bad bad, uint32_t seq)
{
    return s->bad == bad && s->bad_seq == seq;
}

static struct slice flipped(struct arena *a, struct slice s, size_t at)
{
    struct slice copy = arena_dup(a, s);
    ((uint8_t *)copy.p)[at % copy.n] ^= 1;
    return copy;
}

static void put_objects(const struct world_source *s, const struct chain_ledger *l, struct arena *a,
                        struct buf *list)
{
    uint32_t seq = l->header.seq;
    for (size_t i = 0; i < l->n_diff; i++) {
        size_t at = is_bad(s, WORLD_BAD_ORDER, seq) ? l->n_diff - 1 - i : i;
        const struct store_object *o = &l->diff[at];
        struct proto_object p = {.data = o->data, .key = hash256_slice(&o->key)};
        if (is_bad(s, WORLD_BAD_MISSING, seq) && i == l->n_diff / 2)
            continue;
        if (is_bad(s, WORLD_BAD_OBJECT, seq) && p.data.n)
            p.data = flipped(a, p.data, 20);
        proto_put_object(list, &p);
        if (is_bad(s, WORLD_BAD_TWICE, seq))
            proto_put_object(list, &p);
    }
}

static void put_header(const struct world_source *s, const struct chain_ledger *l, uint8_t out[150])
{
    struct ledger_header h = l->header;
    if (is_bad(s, WORLD_BAD_PARENT, h.seq)) {
        h.parent_hash.b[0] ^= 1;
        h.hash = digest_ledger(&h);
    }
    if (is_bad(s, WORLD_BAD_HEADER, h.seq))
        h.close_time++;
    digest_header_encode(&h, out);
}

static void answer_ledger(struct world_source *s, struct grpc_server_call *call)
{
    struct proto_get_ledger q;
    struct buf out = {0}, objects = {0}, txs = {0};
    struct arena *a = arena_new(0);
    uint8_t header[LEDGER_HEADER_BYTES];
    ASSERT_OK(proto_read_get_ledger(call->request, &q));
    const struct chain_ledger *l = chain_at(&s->world->chain, q.ledger.sequence);
    put_header(s, l, header);
    if (q.get_objects)
        put_objects(s, l, a, &objects);
    if (is_bad(s, WORLD_BAD_TX, l->header.seq))
        proto_put_tx(&txs, &(struct proto_tx){SLICE_LIT("x"), SLICE_LIT("y")});
    struct proto_ledger m = {.header = slice_of(header, sizeof header),
                             .has_txs = true,
                             .txs = buf_slice(&txs),
                             .validated = true,
                             .objects = buf_slice(&objects),
                             .objects_included = q.get_objects,
                             .is_unlimited = true};
    proto_put_ledger(&out, &m);
    grpc_server_reply(call, &out);
    s->n_ledgers++;
    buf_deinit(&objects);
    buf_deinit(&txs);
    arena_free(a);
}

static struct hash256 before(struct hash256 k)
{
    for (int i = 31; i >= 0 && k.b[i]-- == 0; i--)
        ;
    return k;
}

/* Counting up in the middle of a key. */
static struct hash256 a_little_behind(struct slice key, uint64_t by)
{
    struct hash256 k = key.n ? hash256_of(key.p) : HASH256_ZERO;
    if (k.b[1] == 0xFF && k.b[31] == 0xFF) { /* the end of a range */
        k = (struct hash256){{(uint8_t)(k.b[0] + 1)}};
    }
    bits_store64(k.b + 6, bits_load64(k.b + 6) + by);
    return k;
}

static void answer_made_up(struct world_source *s, struct grpc_server_call *call)
{
    struct proto_get_ledger_data q;
    struct buf out = {0}, objects = {0};
    struct proto_ledger_data m = {.is_unlimited = true};
    ASSERT_OK(proto_read_get_ledger_data(call->request, &q));
    uint32_t n = s->bad == WORLD_BAD_ENDLESS ? 2000 : 0;
    for (uint32_t i = 1; i <= n; i++) {
        struct hash256 key = a_little_behind(q.marker, i);
        struct proto_object p = {SLICE_LIT("made up"), hash256_slice(&key), 0, {0}, {0}};
        proto_put_object(&objects, &p);
    }
    struct hash256 marker = a_little_behind(q.marker, n + 1);
    m.marker = hash256_slice(&marker);
    m.objects = buf_slice(&objects);
    proto_put_ledger_data(&out, &m);
    grpc_server_reply(call, &out);
    s->n_pages++;
    buf_deinit(&objects);
}

static void answer_page(struct world_source *s, struct grpc_server_call *call)
{
    struct proto_get_ledger_data q;
    struct buf out = {0}, objects = {0};
    struct arena *a = arena_new(0);
    struct hash256 marker;
    struct proto_ledger_data m = {.is_unlimited = true};
    ASSERT_OK(proto_read_get_ledger_data(call->request, &q));
    const struct chain_ledger *l = chain_at(&s->world->chain, q.ledger.sequence);
    size_t i = 0, n = 0;
    while (q.marker.n && i < l->n && memcmp(l->objects[i].key.b, q.marker.p, 32) <= 0)
        i++;
    if (s->bad == WORLD_BAD_CIRCLE && q.marker.n && i > 0)
        i--;
    for (; i < l->n && n < s->world->page_size; i++, n++) {
        struct proto_object p = {
            l->objects[i].data, hash256_slice(&l->objects[i].key), 0, {0}, {0}};
        if (q.end_marker.n && !s->ignores_end && memcmp(p.key.p, q.end_marker.p, 32) > 0)
            break;
        if (s->bad == WORLD_BAD_PAGE && i == l->n / 2)
            p.data = flipped(a, p.data, 20);
        proto_put_object(&objects, &p);
    }
    if (i < l->n && n == s->world->page_size) {
        marker = before(l->objects[i].key);
        m.marker = hash256_slice(&marker);
    }
    m.objects = buf_slice(&objects);
    proto_put_ledger_data(&out, &m);
    grpc_server_reply(call, &out);
    s->n_pages++;
    buf_deinit(&objects);
    arena_free(a);
}

static bool beyond_last(const struct world *w, const struct grpc_server_call *call)
{
    struct proto_get_ledger q;
    return slice_is(call->path, PROTO_PATH_GET_LEDGER) &&
           !err_failed(proto_read_get_ledger(call->request, &q)) &&
           q.ledger.sequence > world_last(w);
}

static bool is_forgotten(const struct world_source *s, const struct grpc_server_call *call)
{
    struct proto_get_ledger q = {0};
    struct proto_get_ledger_data p = {0};
    if (slice_is(call->path, PROTO_PATH_GET_LEDGER))
        return !err_failed(proto_read_get_ledger(call->request, &q)) &&
               q.ledger.sequence < s->first;
    return !err_failed(proto_read_get_ledger_data(call->request, &p)) &&
           p.ledger.sequence < s->first;
}

static void answer_somehow(struct world_source *s, struct grpc_server_call *call)
{
    struct world *w = s->world;
    if (s->delay_ms &&
        err_failed(fiber_sleep_until(clock_now_ns() +
                                     CLOCK_MS * (int64_t)chain_random(&w->chain, s->delay_ms))))
        return;
    if (s->bad == WORLD_BAD_ERROR && s->bad_left > 0 && s->bad_left--)
        grpc_server_reply_error(call, GRPC_CODE_INTERNAL, "injected");
    else if (beyond_last(w, call) || is_forgotten(s, call))
        grpc_server_reply_error(call, GRPC_CODE_NOT_FOUND, "ledgerNotFound");
    else if (slice_is(call->path, PROTO_PATH_GET_LEDGER))
        answer_ledger(s, call);
    else if (s->bad == WORLD_BAD_SILENT && s->n_pages >= s->bad_left)
        grpc_server_reply_error(call, GRPC_CODE_INTERNAL, "injected");
    else if (s->bad == WORLD_BAD_EMPTY || s->bad == WORLD_BAD_ENDLESS)
        answer_made_up(s, call);
    else
        answer_page(s, call);
}

static void on_call(struct fake_source *f, struct grpc_server_call *call)
{
    struct world_source *s = f->user;
    struct world *w = s->world;
    w->n_running++;
    w->max_running = MAX(w->max_running, w->n_running);
    answer_somehow(s, call);
    w->n_running--;
}

/* What a new connection is told. */
static void say_last(struct world_source *s)
{
    s->fake.newest = world_last(s->world);
    snprintf(s->held, sizeof s->held, "%u-%u", MAX(FIRST, s->first), s->fake.newest);
}

static void on_published(void *arg, const struct ledger_header *header)
{
    struct world *w = arg;
    uint32_t n = atomic_load(&w->n_published);
    if (n < WORLD_MAX_PUBLISHED)
        w->published[n] = header->seq;
    atomic_store(&w->n_published, n + 1);
}

struct world *world_new(uint64_t seed, size_t n_objects, uint32_t n_ledgers, uint32_t n_sources)
{
    struct world *w = xcalloc(1, sizeof *w);
    chain_init(&w->chain, seed, FIRST, n_objects);
    for (uint32_t i = 1; i < n_ledgers; i++)
        chain_extend(&w->chain, 20 + chain_random(&w->chain, 60));
    w->page_size = 1 + (uint32_t)chain_random(&w->chain, 20);
    w->n_sources = n_sources;
    for (uint32_t i = 0; i < n_sources; i++) {
        struct world_source *s = &w->s[i];
        s->world = w;
        s->fake.user = s;
        s->fake.on_call = on_call;
        s->fake.network_id = 77;
        s->fake.held = s->held;
        say_last(s);
        fake_source_start(&s->fake);
    }
    w->store = memory_new();
    w->ledgers = chain_open(w->store, "mirror");
    w->counters = counter_registry_new();
    return w;
}

YIELDS void world_free(struct world *w)
{
    world_stop_following(w);
    for (uint32_t i = 0; i < w->n_sources; i++) {
        fake_source_stop(&w->s[i].fake);
    }
    ledgers_close(w->ledgers);
    store_close(w->store);
    counter_registry_free(w->counters);
    chain_deinit(&w->chain);
    free(w);
}

YIELDS void world_follow(struct world *w)
{
    struct sources_endpoint e[WORLD_SOURCES];
    for (uint32_t i = 0; i < w->n_sources; i++)
        e[i] = fake_source_endpoint(&w->s[i].fake);
    struct sources_opts so = {.endpoints = e, .n_endpoints = w->n_sources, .counters = w->counters};
    ASSERT_OK(sources_start(&so, &w->sources));
    w->opts.ledgers = w->ledgers;
    w->opts.store = w->store;
    w->opts.sources = w->sources;
    w->opts.counters = w->counters;
    ledgers_off_published(w->ledgers, on_published, w); /* of an earlier time */
    ledgers_on_published(w->ledgers, on_published, w);
    ASSERT_OK(etl_start(&w->opts, &w->etl));
}

YIELDS void world_stop_following(struct world *w)
{
    w->etl = etl_stop(w->etl);
    w->sources = sources_stop(w->sources);
}

YIELDS void world_restart(struct world *w)
{
    world_stop_following(w);
    ledgers_close(w->ledgers);
    w->ledgers = chain_open(w->store, "mirror");
    world_follow(w);
}

void world_extend(struct world *w)
{
    chain_extend(&w->chain, 20 + chain_random(&w->chain, 60));
    for (uint32_t i = 0; i < w->n_sources; i++) {
        say_last(&w->s[i]);
        fake_source_close_ledger(&w->s[i].fake, MAX(FIRST, w->s[i].first), world_last(w));
    }
}

void world_forget(struct world *w, uint32_t first)
{
    for (uint32_t i = 0; i < w->n_sources; i++) {
        w->s[i].first = first;
        say_last(&w->s[i]);
        fake_source_close_ledger(&w->s[i].fake, first, world_last(w));
    }
}

uint32_t world_last(const struct world *w)
{
    return chain_last(&w->chain);
}

uint32_t world_tip(struct world *w)
{
    struct ledger_header h;
    return ledgers_tip(w->ledgers, &h) ? h.seq : 0;
}

enum etl_state world_state(struct world *w)
{
    struct etl_info info;
    etl_get_info(w->etl, &info);
    return info.state;
}

YIELDS void world_check(struct world *w, uint32_t first)
{
    EVENTUALLY(world_tip(w) == world_last(w));
    EVENTUALLY(atomic_load(&w->n_published) == world_last(w) - first + 1);
    for (uint32_t i = 0; i < atomic_load(&w->n_published); i++)
        ASSERT_INT(first + i, w->published[i]);
    for (uint32_t seq = first; seq <= world_last(w); seq++) {
        struct ledger_header h;
        ASSERT_OK(store_header_get(w->store, seq, &h));
        ASSERT(hash256_eq(&h.hash, &chain_at(&w->chain, seq)->header.hash));
    }
    chain_check(&w->chain, w->ledgers, world_last(w));
}

int64_t world_count(struct world *w, const char *name)
{
    struct buf text = {0};
    int64_t sum = 0;
    counter_render(w->counters, &text);
    buf_put_u8(&text, 0);
    char *rest = (char *)text.p;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        if (!strncmp(line, name, strlen(name)))
            sum += strtoll(strrchr(line, ' '), NULL, 10);
    buf_deinit(&text);
    return sum;
}

void world_run(void (*fn)(void *arg))
{
    ASSERT_OK(offload_start(&(struct offload_opts){.n_threads = 2}));
    ASSERT_OK(core_run_fiber("test", fn, NULL));
    offload_stop();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_ledger.h"

#include "base/bits.h"
#include "base/mem.h"
#include "json/json.h"
#include "ledger/view.h"
#include "test.h"

#include <stdlib.h>

#define MAX_OBJECTS 4096

struct object {
    struct hash256 key;
    struct slice data;
    uint32_t from, to;
};

struct ledgers {
    uint32_t first, last;
    struct store *store;
    int fail_reads;
    size_t n;
    struct object objects[MAX_OBJECTS]; /* ascending keys */
};

struct view {
    struct ledgers *l;
    struct ledger_header header;
};

struct hash256 fake_hash(uint32_t seq)
{
    struct hash256 h = {{0xAB}};
    bits_store32(h.b + 28, seq);
    return h;
}

static struct ledger_header header_of(uint32_t seq)
{
    return (struct ledger_header){.seq = seq,
                                  .drops = 100000000000000000u,
                                  .hash = fake_hash(seq),
                                  .parent_hash = fake_hash(seq - 1),
                                  .close_time = FAKE_CLOSE_TIME(seq),
                                  .parent_close_time = FAKE_CLOSE_TIME(seq - 1),
                                  .close_resolution = 10};
}

static void *kept_all[1 << 15];
static size_t n_kept;

void *fake_keep(void *p)
{
    ASSERT(n_kept < ARRAY_LEN(kept_all));
    kept_all[n_kept++] = p;
    return p;
}

void fake_free_kept(void)
{
    while (n_kept > 0)
        free(kept_all[--n_kept]);
}

struct ledgers *fake_ledgers_new(uint32_t first, uint32_t last)
{
    struct ledgers *l = fake_keep(xcalloc(1, sizeof *l));
    l->first = first;
    l->last = last;
    return l;
}

void fake_put(struct ledgers *l, const struct hash256 *key, struct slice object, uint32_t from,
              uint32_t to)
{
    ASSERT(l->n < MAX_OBJECTS);
    size_t i = l->n++;
    for (; i > 0 && hash256_cmp(&l->objects[i - 1].key, key) > 0; i--)
        l->objects[i] = l->objects[i - 1];
    l->objects[i] = (struct object){*key, object, from, to};
}

void fake_drop(struct ledgers *l, const struct hash256 *key)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++)
        if (!hash256_eq(&l->objects[i].key, key))
            l->objects[kept++] = l->objects[i];
    l->n = kept;
}

void fake_set_store(struct ledgers *l, struct store *s)
{
    l->store = s;
}

void fake_set_last(struct ledgers *l, uint32_t last)
{
    l->last = last;
}

void fake_fail_reads(struct ledgers *l, int code)
{
    l->fail_reads = code;
}

/* ledger/ledgers.h */

bool ledgers_range(struct ledgers *l, uint32_t *ret_first, uint32_t *ret_last)
{
    *ret_first = l->first;
    *ret_last = l->last;
    return l->first != 0;
}

const char *ledgers_range_text(struct ledgers *l, struct arena *a)
{
    return l->first ? arena_printf(a, "%u-%u", l->first, l->last) : "empty";
}

bool ledgers_tip(struct ledgers *l, struct ledger_header *ret)
{
    *ret = header_of(l->last);
    return l->first != 0;
}

bool ledgers_tip_close_time(struct ledgers *l, uint32_t *ret)
{
    struct ledger_header tip;
    if (!ledgers_tip(l, &tip))
        return false;
    *ret = tip.close_time;
    return true;
}

struct store *ledgers_store(struct ledgers *l)
{
    return l->store;
}

void ledgers_get_stats(struct ledgers *l, struct ledgers_stats *ret)
{
    *ret = (struct ledgers_stats){.n_objects = l->n};
}

err ledgers_open(const struct ledgers_opts *opts, struct ledgers **ret)
{
    return FAIL(ERR_UNSUPPORTED, "fake: not opened like this");
}

struct ledgers *ledgers_close(struct ledgers *l)
{
    return NULL; /* kept */
}

/* ledger/view.h */

err view_open(struct ledgers *l, uint32_t seq, struct view **ret)
{
    if (seq == 0)
        seq = l->last;
    if (l->first == 0 || seq < l->first || seq > l->last)
        return FAIL(ERR_NOT_FOUND, "fake: ledger %u is not held", seq);
    struct view *v = xcalloc(1, sizeof *v);
    v->l = l;
    v->header = header_of(seq);
    *ret = v;
    return OK;
}

err view_open_hash(struct ledgers *l, const struct hash256 *hash, struct view **ret)
{
    for (uint32_t seq = l->first; seq <= l->last; seq++) {
        struct hash256 h = fake_hash(seq);
        if (hash256_eq(&h, hash))
            return view_open(l, seq, ret);
    }
    return FAIL(ERR_NOT_FOUND, "fake: no ledger of this hash");
}

struct view *view_close(struct view *v)
{
    free(v);
    return NULL;
}

void view_closep(struct view **v)
{
    *v = view_close(*v);
}

const struct ledger_header *view_header(const struct view *v)
{
    return &v->header;
}

bool view_is_old(const struct view *v)
{
    (void)v;
    return false;
}

struct ledgers *view_ledgers(const struct view *v)
{
    return v->l;
}

struct store *view_store(const struct view *v)
{
    return v->l->store;
}

static bool lives(const struct view *v, const struct object *o)
{
    return o->from <= v->header.seq && v->header.seq <= o->to;
}

err view_get(struct view *v, const struct hash256 *key, struct arena *a, struct slice *ret)
{
    if (v->l->fail_reads)
        return FAIL(v->l->fail_reads, "fake: told to fail");
    for (size_t i = 0; i < v->l->n; i++) {
        const struct object *o = &v->l->objects[i];
        if (!hash256_eq(&o->key, key) || !lives(v, o))
            continue;
        *ret = o->data;
        return OK;
    }
    return FAIL(ERR_NOT_FOUND, "fake: no such object");
}

err view_get_many(struct view *v, const struct hash256 *keys, size_t n, struct arena *a,
                  struct slice *ret)
{
    for (size_t i = 0; i < n; i++) {
        err e = view_get(v, &keys[i], a, &ret[i]);
        if (e.code == ERR_NOT_FOUND)
            ret[i] = SLICE_EMPTY;
        else
            TRY(e);
    }
    return OK;
}

err view_exists(struct view *v, const struct hash256 *key, bool *ret)
{
    struct slice object;
    err e = view_get(v, key, NULL, &object);
    *ret = !err_failed(e);
    return e.code == ERR_NOT_FOUND ? OK : e;
}

err view_page(struct view *v, const struct hash256 *key, size_t n, struct arena *a,
              struct view_entry *ret, size_t *ret_n)
{
    size_t k = 0;
    for (size_t i = 0; i < v->l->n && k < n; i++) {
        const struct object *o = &v->l->objects[i];
        if (hash256_cmp(&o->key, key) > 0 && lives(v, o))
            ret[k++] = (struct view_entry){o->key, o->data};
    }
    *ret_n = k;
    return OK;
}

err view_next(struct view *v, const struct hash256 *key, struct arena *a, struct hash256 *ret_key,
              struct slice *ret_object)
{
    struct view_entry e;
    size_t n;
    TRY(view_page(v, key, 1, a, &e, &n));
    if (n == 0)
        return FAIL(ERR_NOT_FOUND, "fake: the end");
    *ret_key = e.key;
    if (ret_object)
        *ret_object = e.object;
    return OK;
}

err view_object_seq(struct view *v, const struct hash256 *key, uint32_t *ret)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < v->l->n; i++) {
        const struct object *o = &v->l->objects[i];
        if (!hash256_eq(&o->key, key) || o->from > v->header.seq)
            continue;
        newest = MAX(newest, o->to < v->header.seq ? o->to + 1 : o->from);
    }
    if (newest == 0)
        return FAIL(ERR_NOT_FOUND, "fake: never was one");
    *ret = newest;
    return OK;
}

/* client */

struct client fake_client(struct rpc_server *s, enum rpc_transport transport)
{
    fake_keep(s);
    return (struct client){.server = s,
                           .request = {.transport = transport, .client_ip = "192.0.2.7"}};
}

const char *client_ask(struct client *c, const char *text)
{
    struct arena *a = arena_new(0);
    struct buf out = {0};
    rpc_request_parse(&c->request, slice_str(text), a);
    ASSERT_OK(rpc_handle(c->server, &c->request, a, &out, &c->status, &c->content_type));
    arena_free(a);
    buf_put_u8(&out, 0);
    return fake_keep(out.p);
}

const char *client_at(const char *reply, const char *path)
{
    struct arena *a = fake_keep(arena_new(0));
    struct json root;
    ASSERT_OK(json_parse(slice_str(reply), NULL, a, &root, NULL));
    const struct json *v = &root;
    while (v && *path) {
        size_t n = strcspn(path, ".");
        struct slice key = slice_of(path, n);
        if (v->type == JSON_ARRAY) {
            size_t i = strtoul(path, NULL, 10);
            v = i < v->n ? &v->items[i] : NULL;
        } else {
            v = json_get_slice(v, key);
        }
        path += n + (path[n] == '.');
    }
    return v ? arena_strdup(a, v->raw) : "";
}

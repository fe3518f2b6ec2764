/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_data: the whole state of a ledger, page by page (rpc-a 20). */
#include "base/mem.h"
#include "rpc/header_json.h"
#include "rpc/method.h"
#include "store/store.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

#define MAX_JSON 256
#define MAX_BINARY 2048
#define CHUNK 64 /* entries a step; bounds the stack and the time between breaths */

struct args {
    bool binary, out_of_order;
    struct param_u32 limit;
    struct param_type type;
    bool has_key; /* marker as text */
    struct hash256 key;
    struct param_u32 diff_marker; /* marker as a number */
};

static err check_marker(struct call *c, const struct param *p, const struct json *v)
{
    struct args *args = c->args;
    if (v->type == JSON_STRING) {
        args->has_key = true;
        return param_hex(v->s, args->key.b, 32)
                   ? OK
                   : rpc_error(c, RPC_INVALID_PARAMS, "markerMalformed");
    }
    args->diff_marker.set = param_u32(v, &args->diff_marker.v);
    return args->diff_marker.set ? OK : rpc_error(c, RPC_INVALID_PARAMS, NULL);
}

static const struct param params[] = {
    PARAM_BOOL("binary", struct args, binary, .doc = "Return the objects' bytes in hex"),
    PARAM_BOOL("out_of_order", struct args, out_of_order,
               .doc = "Walk the keys of the newest ledger"),
    PARAM_LEDGER,
    PARAM_LIMIT("limit", struct args, limit, 1, MAX_JSON, MAX_BINARY,
                .doc = "Objects to look at; without `binary` at most 256, with it by default 2048"),
    PARAM_CHECK("marker", .check = check_marker, .doc = "Where the page before this one ended"),
    PARAM_ENTRY_TYPE("type", struct args, type, .doc = "Only objects of this type"),
    PARAM_END,
};

static err put_object(struct call *c, const struct args *args, const struct hash256 *key,
                      struct slice object)
{
    if (object.n == 0 || (args->type.set && sto_entry_type(object) != args->type.v))
        return OK;
    if (!args->binary)
        return render_entry(c->w, object, key);
    jw_obj_begin(c->w);
    jw_kv_hex(c->w, "data", object);
    jw_kv_hex(c->w, "index", hash256_slice(key));
    jw_obj_end(c->w);
    return OK;
}

static void put_key_marker(struct call *c, const struct hash256 *key)
{
    jw_key(c->w, "marker");
    jw_hex(c->w, hash256_slice(key));
}

/* Entries after *key, in chunks, so that neither memory nor the core is taken for long. *key
 * becomes the last. */
struct walk {
    struct view *keys;    /* whose keys are walked */
    struct view *objects; /* whose objects are shown; the same, but for out_of_order */
    struct hash256 key;
    uint32_t limit;
    uint32_t n; /* walked so far */
    bool at_end;
};

static err put_chunk(struct call *c, const struct args *args, struct walk *w)
{
    struct view_entry entries[CHUNK];
    size_t want = MIN(ARRAY_LEN(entries), (size_t)(w->limit - w->n)), n;
    struct arena_pos pos = arena_mark(c->arena);
    TRY(view_page(w->keys, &w->key, want, c->arena, entries, &n));
    for (size_t i = 0; i < n; i++) {
        struct slice object = entries[i].object;
        if (w->objects != w->keys) {
            err e = view_get(w->objects, &entries[i].key, c->arena, &object);
            if (e.code == ERR_NOT_FOUND)
                continue;
            TRY(e);
        }
        TRY(put_object(c, args, &entries[i].key, object));
    }
    if (n)
        w->key = entries[n - 1].key;
    w->n += (uint32_t)n;
    w->at_end = n < want;
    arena_rewind(c->arena, pos);
    return OK;
}

static err put_walk(struct call *c, const struct args *args, struct walk *w)
{
    jw_key(c->w, "state");
    jw_arr_begin(c->w);
    while (w->n < w->limit && !w->at_end) {
        TRY(put_chunk(c, args, w));
        TRY(call_breathe(c));
    }
    jw_arr_end(c->w);
    return OK;
}

static err put_in_order(struct call *c, const struct args *args, uint32_t limit)
{
    struct walk w = {.keys = c->view, .objects = c->view, .key = args->key, .limit = limit};
    struct hash256 next;
    TRY(put_walk(c, args, &w));
    if (w.at_end || w.n == 0)
        return OK;
    err e = view_next(c->view, &w.key, c->arena, &next, NULL);
    if (e.code == ERR_NOT_FOUND) /* nothing follows */
        return OK;
    TRY(e);
    put_key_marker(c, &w.key);
    return OK;
}

/* The keys of the newest ledger; what the selected one lacks of them is left out. */
static err put_newest_keys(struct call *c, const struct args *args, uint32_t limit)
{
    CLEANUP(view_closep) struct view *newest = NULL;
    TRY(view_open(c->ledgers, 0, &newest));
    struct walk w = {.keys = newest, .objects = c->view, .limit = limit};
    TRY(put_walk(c, args, &w));
    if (w.at_end)
        jw_kv_u64(c->w, "marker", view_seq(newest));
    else
        put_key_marker(c, &w.key);
    return OK;
}

/* What ledger `seq` deleted and the selected one still has. */
static err put_deleted_in(struct call *c, const struct args *args, uint32_t seq)
{
    CLEANUP(view_closep) struct view *after = NULL;
    struct hash256 *keys;
    size_t n;
    err e = view_open(c->ledgers, seq, &after);
    if (seq == 0 || e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    TRY(store_diff(view_store(after), seq, c->arena, &keys, &n));
    for (size_t i = 0; i < n; i++) {
        bool exists;
        struct slice object;
        TRY(view_exists(after, &keys[i], &exists));
        if (exists)
            continue;
        TRY(call_get(c, &keys[i], &object));
        TRY(put_object(c, args, &keys[i], object));
        TRY(call_breathe(c));
    }
    return OK;
}

static err put_deleted(struct call *c, const struct args *args)
{
    uint32_t seq = args->diff_marker.v;
    jw_key(c->w, "state");
    jw_arr_begin(c->w);
    TRY(put_deleted_in(c, args, seq));
    jw_arr_end(c->w);
    if (seq > view_seq(c->view))
        jw_kv_u64(c->w, "marker", seq - 1);
    return OK;
}

static err put_page(struct call *c, const struct args *args, uint32_t limit)
{
    if (!args->out_of_order)
        return put_in_order(c, args, limit);
    jw_kv_bool(c->w, "cache_full", true); /* the mirror always holds everything */
    return args->diff_marker.set ? put_deleted(c, args) : put_newest_keys(c, args, limit);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    bool exists = true;
    if (args->out_of_order && args->has_key)
        return rpc_error(c, RPC_INVALID_PARAMS, "outOfOrderMarkerNotInt");
    if (!args->out_of_order && args->diff_marker.set)
        return rpc_error(c, RPC_INVALID_PARAMS, "markerNotString");
    TRY(call_open_ledger(c));
    if (args->has_key)
        TRY(view_exists(c->view, &args->key, &exists));
    if (!exists)
        return rpc_error(c, RPC_INVALID_PARAMS, "markerDoesNotExist");
    call_put_ledger(c);
    if (!args->has_key && !args->diff_marker.set) {
        jw_key(c->w, "ledger");
        jw_obj_begin(c->w);
        header_json_put(c->w, view_header(c->view), c->api_version, args->binary);
        jw_obj_end(c->w);
    }
    uint32_t max = args->binary ? MAX_BINARY : MAX_JSON;
    return put_page(c, args, args->limit.set ? MIN(args->limit.v, max) : max);
}

const struct method ledger_data_method = {
    .name = "ledger_data",
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"ledger", NULL},
    .run = run,
    .doc = "The objects of a ledger's state, page by page.",
};

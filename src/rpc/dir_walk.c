/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/dir_walk.h"

#include "base/hex.h"

#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#include <stdio.h>

/* The keys as they are collected. */
struct collector {
    struct call *c;
    const struct dir_walk *walk;
    struct hash256 *keys;
    size_t n, cap;
    uint64_t page; /* of the key added last, as the marker will name it */
    bool full;
};

static err grow(struct collector *k)
{
    size_t cap = k->cap ? 2 * k->cap : 64;
    struct hash256 *keys = arena_try(k->c->arena, cap * sizeof *keys);
    if (!keys)
        return FAIL(ERR_LIMIT, "rpc: a directory is too large to be collected");
    if (k->n)
        memcpy(keys, k->keys, k->n * sizeof *keys);
    k->keys = keys;
    k->cap = cap;
    return OK;
}

/* Append a page's keys, from index `from`; stops at the limit. */
static err collect(struct collector *k, struct slice indexes, size_t from, uint64_t page)
{
    for (size_t i = from; i + 32 <= indexes.n && !k->full; i += 32) {
        if (k->n == k->cap)
            TRY(grow(k));
        k->keys[k->n++] = hash256_of(indexes.p + i);
        k->page = page;
        k->full = k->walk->limit && k->n >= k->walk->limit;
    }
    return OK;
}

static err read_page(struct collector *k, uint64_t page, struct slice *ret)
{
    struct hash256 key = keylet_dir_page(&k->walk->root, page);
    return call_get(k->c, &key, ret);
}

static struct slice indexes_of(struct slice page)
{
    struct slice list;
    return sto_get(page, FIELD_Indexes, &list) ? list : SLICE_EMPTY;
}

/* Follow the pages after `object`, which is page `page` of the directory and collected already. */
static err follow(struct collector *k, struct slice object, uint64_t page)
{
    const char *lost = k->walk->page_lost ? k->walk->page_lost : "Owner directory not found.";
    while (!k->full && object.n) {
        page = sto_u64(object, FIELD_IndexNext, 0);
        if (page == 0)
            return OK;
        TRY(call_breathe(k->c));
        TRY(read_page(k, page, &object));
        if (object.n == 0 && k->walk->has_marker)
            return rpc_error(k->c, RPC_INVALID_PARAMS, lost);
        TRY(collect(k, indexes_of(object), 0, page));
    }
    return OK;
}

static err from_start(struct collector *k)
{
    struct slice object;
    TRY(read_page(k, 0, &object));
    if (object.n == 0)
        return OK;
    TRY(collect(k, indexes_of(object), 0, 0));
    return follow(k, object, 0);
}

static err from_marker(struct collector *k)
{
    struct slice object;
    TRY(read_page(k, k->walk->page, &object));
    struct slice list = object.n ? indexes_of(object) : SLICE_EMPTY;
    size_t at = 0;
    while (at + 32 <= list.n && memcmp(list.p + at, k->walk->marker.b, 32) != 0)
        at += 32;
    if (at + 32 > list.n)
        return rpc_error(k->c, RPC_INVALID_PARAMS, "Invalid marker.");
    TRY(collect(k, list, at + 32, k->walk->page));
    return follow(k, object, k->walk->page);
}

err dir_walk_keys(struct call *c, const struct dir_walk *walk, struct dir_result *ret)
{
    struct collector k = {.c = c, .walk = walk};
    TRY(walk->has_marker ? from_marker(&k) : from_start(&k));
    *ret = (struct dir_result){.keys = k.keys, .n = k.n, .more = k.full};
    if (k.full) {
        ret->last = k.keys[k.n - 1];
        ret->last_page = k.page;
    }
    return OK;
}

err dir_walk_objects(struct call *c, const struct dir_walk *walk, struct dir_result *ret)
{
    struct dir_result r;
    TRY(dir_walk_keys(c, walk, &r));
    r.objects = arena_try(c->arena, (r.n ? r.n : 1) * sizeof *r.objects);
    if (!r.objects)
        return FAIL(ERR_LIMIT, "rpc: a directory is too large to be read");
    if (r.n)
        TRY(view_get_many(c->view, r.keys, r.n, c->arena, r.objects));
    for (size_t i = 0; i < r.n; i++)
        if (r.objects[i].n == 0)
            return FAIL(ERR_CORRUPT, "rpc: a directory names an object that does not exist");
    *ret = r;
    return OK;
}

void dir_walk_from(struct dir_walk *walk, const struct param_marker *marker)
{
    walk->has_marker = marker->set && !hash256_is_zero(&marker->key);
    walk->marker = marker->key;
    walk->page = marker->set ? marker->page : 0;
}

void dir_walk_put_marker(struct call *c, const struct hash256 *key, uint64_t page)
{
    char text[96];
    hex_encode(hash256_slice(key), text);
    int n = snprintf(text + 64, sizeof text - 64, ",%llu", (unsigned long long)page);
    jw_key(c->w, "marker");
    jw_ascii(c->w, text, 64 + (size_t)n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/owner_walk.h"

#include "base/hex.h"
#include "base/mem.h"
#include "rpc/put.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#include <stdio.h>

struct owner_walk owner_walk_of(struct call *c, const struct account *owner, uint32_t limit,
                                const struct param_marker *marker)
{
    struct hash256 root = keylet_owner_dir(owner);
    struct walk_mark mark;
    bool behind = marker && marker->set;
    if (behind)
        mark = (struct walk_mark){marker->key, marker->page};
    return (struct owner_walk){.c = c,
                               .whole = limit == 0,
                               .dir = walk_dir_of(c->view, &root, limit, behind ? &mark : NULL)};
}

YIELDS static err each_of(struct owner_walk *w, const struct walk_batch *b, uint16_t type,
                          owner_walk_fn fn, void *arg)
{
    for (size_t i = 0; i < b->n && !w->enough; i++)
        if (type == 0 || sto_entry_type(b->objects[i]) == type)
            TRY(fn(w, arg, &b->keys[i], b->objects[i]));
    return OK;
}

YIELDS ERR owner_walk_each(struct owner_walk *w, uint16_t type, owner_walk_fn fn, void *arg)
{
    CLEANUP(arena_freep) struct arena *scratch = w->whole ? arena_new(0) : NULL;
    while (w->dir.end == WALK_GOING && !w->enough) {
        struct walk_batch b;
        TRY(call_breathe(w->c));
        TRY(walk_dir_next(&w->dir, scratch ? scratch : w->c->arena, &b));
        TRY(owner_walk_check(w->c, w->dir.end));
        TRY(each_of(w, &b, type, fn, arg));
        if (scratch)
            arena_clear(scratch);
    }
    return OK;
}

err owner_walk_reply(struct call *c, const struct owner_walk_page *page)
{
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &page->account->v, RPC_ACT_NOT_FOUND, &root));
    put_echo(c, "account");
    call_put_ledger(c);
    jw_kv_u64(c->w, "limit", page->limit->v);
    jw_key(c->w, page->list);
    jw_arr_begin(c->w);
    struct owner_walk walk = owner_walk_of(c, &page->account->v, page->limit->v, page->marker);
    TRY(owner_walk_each(&walk, page->type, page->put, page->arg));
    jw_arr_end(c->w);
    owner_walk_put_marker(&walk);
    return OK;
}

void owner_walk_put_marker(const struct owner_walk *w)
{
    if (w->dir.end == WALK_FULL)
        owner_walk_put_mark(w->c, &w->dir.last, NULL);
}

err owner_walk_check(struct call *c, enum walk_end end)
{
    if (end == WALK_BAD_MARK)
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid marker.");
    if (end == WALK_PAGE_LOST)
        return rpc_error(c, RPC_INVALID_PARAMS, "Owner directory not found.");
    return OK;
}

static size_t mark_text(const struct walk_mark *mark, char *out, size_t room)
{
    hex_encode(hash256_slice(&mark->key), out);
    int n = snprintf(out + 64, room - 64, ",%llu,", (unsigned long long)mark->page);
    return 64 + (size_t)n;
}

void owner_walk_put_mark(struct call *c, const struct walk_mark *mark,
                         const struct walk_mark *inside)
{
    char text[256];
    size_t n = mark_text(mark, text, sizeof text);
    if (inside)
        n += mark_text(inside, text + n, sizeof text - n);
    n += (size_t)snprintf(text + n, sizeof text - n, "%u", view_seq(c->view));
    jw_key(c->w, "marker");
    jw_ascii(c->w, text, n);
}

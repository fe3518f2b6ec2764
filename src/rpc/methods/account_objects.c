/* SPDX-License-Identifier: Apache-2.0 */
/* account_objects: everything an account owns in the ledger (rpc-a 9): its NFT pages, then what its
 * directory lists. */
#include "base/mem.h"
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "rpc/sponsor.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

/* Page number of markers that point into the NFT pages. */
#define NFT_PAGE_MARK UINT32_MAX

struct args {
    struct param_account account;
    struct param_u32 limit;
    struct param_type type;
    struct param_marker marker;
    bool deletion_blockers_only;
    const struct json *sponsored_given; /* NULL = both */
    bool sponsored;
};

/* Types that no account owns. */
static err check_type(struct call *c, const struct param *p, const struct json *v)
{
    static const uint16_t rejected[] = {ENTRY_Amendments, ENTRY_DirectoryNode, ENTRY_FeeSettings,
                                        ENTRY_LedgerHashes, ENTRY_NegativeUNL};
    (void)p, (void)v;
    const struct args *args = c->args;
    for (size_t i = 0; i < ARRAY_LEN(rejected); i++)
        if (args->type.v == rejected[i])
            return rpc_error(c, RPC_INVALID_PARAMS, "Invalid field 'type'.");
    return OK;
}

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account"),
    PARAM_LEDGER,
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400,
                .doc = "Objects of the account to look at"),
    PARAM_ENTRY_TYPE("type", struct args, type, .check = check_type,
                     .doc = "Only objects of this type"),
    PARAM_MARKER("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_BOOL("deletion_blockers_only", struct args, deletion_blockers_only,
               .doc = "Only objects that stand in the way of deleting the account"),
    PARAM_ANY("sponsored", struct args, sponsored_given),
    PARAM_BOOL("sponsored", struct args, sponsored,
               .doc = "Only objects whose reserve somebody else pays, or (false) none of them"),
    PARAM_END,
};

static bool is_wanted(const struct args *args, uint16_t type)
{
    return (!args->type.set || type == args->type.v) &&
           (!args->deletion_blockers_only || sponsor_blocks_deletion(type));
}

static bool fits_sponsored(const struct args *args, struct slice object)
{
    struct account sponsor;
    return !args->sponsored_given ||
           sponsor_of(object, &args->account.v, &sponsor) == args->sponsored;
}

static err put_object(struct call *c, const struct args *args, const struct hash256 *key,
                      struct slice object)
{
    if (!is_wanted(args, sto_entry_type(object)) || !fits_sponsored(args, object))
        return OK;
    return render_entry(c->w, object, key);
}

static err put_listed(struct owner_walk *w, void *arg, const struct hash256 *key,
                      struct slice object)
{
    return put_object(w->c, arg, key, object);
}

/* The NFT pages from `from` (NULL: all), each counting against *left. *ret_next: the page that
 * comes when the limit is reached, zeros when there is none. */
static err put_nft_pages(struct call *c, const struct args *args, const struct hash256 *from,
                         uint32_t *left, struct hash256 *ret_next)
{
    struct walk_nft walk = walk_nft_of(c->view, &args->account.v, from);
    while (walk.end == WALK_GOING && *left) {
        struct hash256 key;
        struct slice page;
        TRY(call_breathe(c));
        TRY(walk_nft_next(&walk, c->arena, &key, &page));
        if (walk.end == WALK_BAD_MARK)
            return owner_walk_check(c, walk.end);
        if (page.n == 0)
            break;
        TRY(put_object(c, args, &key, page));
        --*left;
    }
    *ret_next = walk.next;
    return OK;
}

static err put_directory(struct call *c, struct args *args, uint32_t limit,
                         const struct param_marker *marker)
{
    struct owner_walk walk = owner_walk_of(c, &args->account.v, limit, marker);
    TRY(owner_walk_each(&walk, 0, put_listed, args));
    jw_arr_end(c->w);
    owner_walk_put_marker(&walk);
    return OK;
}

/* Does something stand in the directory that comes behind the NFT pages? No directory lists these,
 * so that who asks only for them has seen all. */
static err anything_behind(struct call *c, const struct args *args, bool *ret)
{
    struct hash256 root = keylet_owner_dir(&args->account.v);
    struct walk_dir walk = walk_dir_of(c->view, &root, 1, NULL);
    struct walk_batch b = {.n = 0};
    *ret = false;
    if (args->type.set && args->type.v == ENTRY_NFTokenPage)
        return OK;
    while (walk.end == WALK_GOING && b.n == 0)
        TRY(walk_dir_keys(&walk, c->arena, &b));
    *ret = b.n > 0;
    return OK;
}

/* NFT pages, then, with what is left of the limit, the directory. */
static err put_all(struct call *c, struct args *args, const struct hash256 *from)
{
    struct walk_mark next = {.page = NFT_PAGE_MARK};
    uint32_t left = args->limit.v;
    TRY(put_nft_pages(c, args, from, &left, &next.key));
    bool more = !hash256_is_zero(&next.key);
    if (!more)
        TRY(anything_behind(c, args, &more));
    if (left && more)
        return put_directory(c, args, left, NULL);
    jw_arr_end(c->w);
    if (more)
        owner_walk_put_mark(c, &next, NULL);
    return OK;
}

static err put_objects(struct call *c, struct args *args)
{
    const struct param_marker *marker = &args->marker;
    bool in_pages = marker->set && marker->page == NFT_PAGE_MARK && !hash256_is_zero(&marker->key);
    if (marker->set && !in_pages)
        return put_directory(c, args, args->limit.v, marker);
    if (in_pages && memcmp(marker->key.b, args->account.v.b, sizeof args->account.v.b) != 0)
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid marker.");
    if (!is_wanted(args, ENTRY_NFTokenPage))
        return put_directory(c, args, args->limit.v, NULL);
    return put_all(c, args, in_pages ? &marker->key : NULL);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    call_put_ledger(c);
    jw_kv_u64(c->w, "limit", args->limit.v);
    put_echo(c, "account");
    jw_key(c->w, "account_objects");
    jw_arr_begin(c->w);
    return put_objects(c, args);
}

const struct method account_objects_method = {
    .name = "account_objects",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The ledger objects that an account owns, page by page.",
};

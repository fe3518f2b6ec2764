/* SPDX-License-Identifier: Apache-2.0 */
/* account_sponsoring: what an account pays the reserve of for others (XLS-68, which leaves it to
 * servers of this kind): its sponsorships, and what the accounts named there own and it pays for.
 * These are the directories of the sponsor and, behind each sponsorship, of its sponsee. Nothing in
 * the ledger leads to what is paid for without a sponsorship, but for what stands in the sponsor's
 * own directory.
 *
 * A marker is "<key>,<page>,<ledger>" of the sponsor's directory, as everywhere; or, inside of a
 * sponsee's, key and page of the sponsorship and then the same three of that directory. */
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "rpc/sponsor.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

struct args {
    struct param_account account;
    struct param_type type;
    bool deletion_blockers_only;
    struct param_u32 limit;
    struct param_text marker;
    bool is_inside;
    struct param_marker outer, inner; /* the parts of `marker` */
};

/* "<key>,<page>" or "<key>,<page>,<key>,<page>", each perhaps with ",<ledger>". */
static err read_marker(struct call *c, const struct param *p, const struct json *v)
{
    static const struct param one[] = {
        PARAM_MARKER("outer", struct args, outer),
        PARAM_MARKER("inner", struct args, inner),
        PARAM_END,
    };
    struct args *args = c->args;
    size_t n_commas = 0, second = v->s.n;
    for (size_t i = 0; i < v->s.n; i++)
        if (v->s.p[i] == ',' && ++n_commas == 2)
            second = i;
    if (n_commas == 2) /* no inner one, but a ledger */
        second = v->s.n;
    struct json_member members[2] = {
        {SLICE_LIT("outer"), {.type = JSON_STRING, .s = slice_of(v->s.p, second)}},
        {SLICE_LIT("inner"), {.type = JSON_STRING, .s = slice_from(v->s, second + 1)}}};
    struct json object = {.type = JSON_OBJECT, .n = second < v->s.n ? 2 : 1, .members = members};
    args->is_inside = object.n == 2;
    return param_check(c, one, &object);
}

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the sponsor"),
    PARAM_LEDGER,
    PARAM_BOOL("deletion_blockers_only", struct args, deletion_blockers_only,
               .doc = "Only objects that stand in the way of deleting their owner"),
    PARAM_ENTRY_TYPE("type", struct args, type, .doc = "Only objects of this type"),
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400, .doc = "Objects to look at"),
    PARAM_STRING("marker", struct args, marker, .check = read_marker,
                 .wrong_type = {RPC_INVALID_PARAMS, "markerNotString"},
                 .doc = "Where the page before this one ended"),
    PARAM_END,
};

static err put_object(struct call *c, const struct hash256 *key, struct slice object)
{
    const struct args *args = c->args;
    uint16_t type = sto_entry_type(object);
    bool wanted = (!args->type.set || args->type.v == type) &&
                  (!args->deletion_blockers_only || sponsor_blocks_deletion(type));
    return wanted ? render_entry(c->w, object, key) : OK;
}

/* --- the directory of a sponsee --- */

static err put_of_sponsee(struct owner_walk *w, void *arg, const struct hash256 *key,
                          struct slice object)
{
    const struct args *args = w->c->args;
    struct account sponsee;
    (void)arg;
    return sponsor_pays(object, &args->account.v, &sponsee) ? put_object(w->c, key, object) : OK;
}

static err put_root(struct call *c, const struct account *sponsee)
{
    const struct args *args = c->args;
    struct hash256 key = keylet_account(sponsee);
    struct account ignored;
    struct slice root;
    TRY(call_get(c, &key, &root));
    if (root.n == 0 || !sponsor_pays(root, &args->account.v, &ignored))
        return OK;
    return put_object(c, &key, root);
}

/* The account itself, then what it owns; from `after` on. *ret_last: where the limit ended it
 * (*ret_full). */
static err put_sponsee(struct call *c, struct slice sponsorship, const struct param_marker *after,
                       struct walk_mark *ret_last, bool *ret_full)
{
    const struct args *args = c->args;
    struct account sponsee;
    *ret_full = false;
    if (!sto_account(sponsorship, FIELD_Sponsee, &sponsee))
        return OK;
    if (!after)
        TRY(put_root(c, &sponsee));
    struct owner_walk inner = owner_walk_of(c, &sponsee, args->limit.v, after);
    TRY(owner_walk_each(&inner, 0, put_of_sponsee, NULL));
    *ret_last = inner.dir.last;
    *ret_full = inner.dir.end == WALK_FULL;
    return OK;
}

/* --- the directory of the sponsor --- */

struct outer {
    struct walk_mark sponsorship, inside; /* where the limit ended a sponsee's directory */
    bool full;
};

static bool is_own_sponsorship(const struct args *args, struct slice object)
{
    struct account owner;
    return sto_entry_type(object) == ENTRY_Sponsorship &&
           sto_account(object, FIELD_Owner, &owner) && account_eq(&owner, &args->account.v);
}

/* Something of a sponsee that stands in this directory, too, comes with the sponsee. */
static err put_own(struct call *c, const struct hash256 *key, struct slice object)
{
    const struct args *args = c->args;
    struct account sponsee;
    struct slice sponsorship;
    if (!sponsor_pays(object, &args->account.v, &sponsee))
        return OK;
    struct hash256 by = keylet_sponsorship(&args->account.v, &sponsee);
    TRY(call_get(c, &by, &sponsorship));
    return sponsorship.n ? OK : put_object(c, key, object);
}

static err put_of_sponsor(struct owner_walk *w, void *arg, const struct hash256 *key,
                          struct slice object)
{
    struct outer *o = arg;
    if (!is_own_sponsorship(w->c->args, object))
        return put_own(w->c, key, object);
    TRY(put_object(w->c, key, object));
    TRY(put_sponsee(w->c, object, NULL, &o->inside, &o->full));
    o->sponsorship = (struct walk_mark){*key, sto_u64(object, FIELD_OwnerNode, 0)};
    w->enough = o->full;
    return OK;
}

/* Go on inside of the sponsee's directory that the marker names. */
static err put_inside(struct call *c, struct outer *o)
{
    const struct args *args = c->args;
    struct slice sponsorship;
    TRY(call_get(c, &args->outer.key, &sponsorship));
    if (sponsorship.n == 0 || !is_own_sponsorship(args, sponsorship))
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid marker.");
    o->sponsorship = (struct walk_mark){args->outer.key, args->outer.page};
    return put_sponsee(c, sponsorship, &args->inner, &o->inside, &o->full);
}

static err put_list(struct call *c)
{
    const struct args *args = c->args;
    struct outer o = {.full = false};
    struct owner_walk walk =
        owner_walk_of(c, &args->account.v, args->limit.v, args->marker.set ? &args->outer : NULL);
    if (args->is_inside)
        TRY(put_inside(c, &o));
    if (!o.full)
        TRY(owner_walk_each(&walk, 0, put_of_sponsor, &o));
    jw_arr_end(c->w);
    if (o.full)
        owner_walk_put_mark(c, &o.sponsorship, &o.inside);
    else
        owner_walk_put_marker(&walk);
    return OK;
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    put_echo(c, "account");
    call_put_ledger(c);
    jw_kv_u64(c->w, "limit", args->limit.v);
    jw_key(c->w, "sponsored_objects");
    jw_arr_begin(c->w);
    return put_list(c);
}

const struct method account_sponsoring_method = {
    .name = "account_sponsoring",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "What an account pays the reserve of for others.",
};

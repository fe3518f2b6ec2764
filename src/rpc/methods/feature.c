/* SPDX-License-Identifier: Apache-2.0 */
/* feature: the amendments known here, and which are enabled (rpc-a 16). */
#include "base/mem.h"
#include "rpc/method.h"
#include "xrpl/keylet.h"
#include "xrpl/names.h"
#include "xrpl/sto.h"

#include <pthread.h>
#include <stdlib.h>

/* What is listed, and as what, is part of the API (rpc-a 25.2). The protocol's own table says
 * something else of a few: these it supports, but the API does not handle them, ... */
static const char *const unhandled[] = {
    "Batch",           "DynamicMPT",         "InvariantsV1_1",       "NonFungibleTokensV1",
    "fixNFTokenDirV1", "fixNFTokenNegOffer", "PermissionDelegation", "PermissionDelegationV1_1",
};
/* ... and these are later than the protocol release that the API describes. */
static const char *const unlisted[] = {
    "BatchV1_1",
    "ConfidentialTransfer",
    "LendingProtocolV1_1",
    "fixCleanup3_3_0",
};

struct args {
    struct param_text feature;
};

static err refuse_vetoed(struct call *c, const struct param *p, const struct json *v)
{
    return rpc_error(c, RPC_NO_PERMISSION,
                     "The admin portion of feature API is not available through Clio.");
}

static const struct param params[] = {
    PARAM_STRING("feature", struct args, feature,
                 .doc = "Name, or id in upper-case hex, of the one to return"),
    PARAM_CHECK("vetoed", .check = refuse_vetoed, .doc = "Must not be given"),
    PARAM_LEDGER,
    PARAM_END,
};

struct entry {
    const char *name;
    struct hash256 id;
    bool supported;
};

static struct entry *entries; /* ascending by id; made once */
static size_t n_entries;
static pthread_once_t entries_once = PTHREAD_ONCE_INIT;

static int by_id(const void *a, const void *b)
{
    return hash256_cmp(&((const struct entry *)a)->id, &((const struct entry *)b)->id);
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void make_entries(void)
{
    size_t n;
    const struct names_amendment *known = names_amendments(&n);
    entries = xcalloc(n + 1, sizeof *entries);
    for (size_t i = 0; i < n; i++) {
        if (is_among(known[i].name, unlisted, ARRAY_LEN(unlisted)))
            continue;
        bool handled = !is_among(known[i].name, unhandled, ARRAY_LEN(unhandled));
        entries[n_entries++] =
            (struct entry){known[i].name, known[i].id, known[i].supported && handled};
    }
    qsort(entries, n_entries, sizeof *entries, by_id);
}

static err read_enabled(struct call *c, bool *enabled)
{
    struct hash256 key = keylet_amendments();
    struct slice object, list;
    TRY(call_get(c, &key, &object));
    if (!sto_get(object, FIELD_Amendments, &list))
        return OK;
    for (size_t i = 0; i + 32 <= list.n; i += 32) {
        struct entry wanted = {.id = hash256_of(list.p + i)};
        const struct entry *e = bsearch(&wanted, entries, n_entries, sizeof *entries, by_id);
        if (e)
            enabled[e - entries] = true;
    }
    return OK;
}

static void put_entry(struct call *c, const struct entry *e, bool enabled)
{
    uint8_t id[64];
    jw_hex_digits(hash256_slice(&e->id), id);
    jw_key_n(c->w, (const char *)id, sizeof id);
    jw_obj_begin(c->w);
    jw_kv_lit(c->w, "name", e->name);
    jw_kv_bool(c->w, "enabled", enabled);
    jw_kv_bool(c->w, "supported", e->supported);
    jw_obj_end(c->w);
}

static bool matches(const struct entry *e, struct slice wanted)
{
    uint8_t id[64];
    jw_hex_digits(hash256_slice(&e->id), id);
    return slice_eq(wanted, slice_of(id, sizeof id)) || slice_is(wanted, e->name);
}

static void put_all(struct call *c, const bool *enabled)
{
    jw_key(c->w, "features");
    jw_obj_begin(c->w);
    for (size_t i = 0; i < n_entries; i++)
        put_entry(c, &entries[i], enabled[i]);
    jw_obj_end(c->w);
}

static err put_one(struct call *c, struct slice wanted, const bool *enabled)
{
    for (size_t i = 0; i < n_entries; i++) {
        if (!matches(&entries[i], wanted))
            continue;
        put_entry(c, &entries[i], enabled[i]);
        return OK;
    }
    return rpc_error(c, RPC_BAD_FEATURE, NULL);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    pthread_once(&entries_once, make_entries);
    bool *enabled = arena_zalloc(c->arena, n_entries * sizeof *enabled);
    TRY(call_open_ledger(c));
    TRY(read_enabled(c, enabled));
    if (args->feature.set)
        TRY(put_one(c, args->feature.v, enabled));
    else
        put_all(c, enabled);
    call_put_ledger(c);
    return OK;
}

const struct method feature_method = {
    .name = "feature",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The amendments known here, and which are enabled.",
};

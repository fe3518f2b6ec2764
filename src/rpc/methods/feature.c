/* SPDX-License-Identifier: Apache-2.0 */
/* feature: the amendments known here, and which are enabled (rpc-a 16). */
#include "base/mem.h"
#include "ledger/amendments.h"
#include "rpc/method.h"
#include "xrpl/names.h"

#include <pthread.h>
#include <stdlib.h>

/* What is listed, and as what, is part of the API (rpc-a 25.2). The protocol's own table says
 * something else of a few: these it supports, but the API does not handle them, ... */
static const char *const unhandled[] = {
    "Batch",           "DynamicMPT",         "InvariantsV1_1",       "NonFungibleTokensV1",
    "fixNFTokenDirV1", "fixNFTokenNegOffer", "PermissionDelegation", "PermissionDelegationV1_1",
};
/* ... and these are later than the protocol release that the API describes: listed once the ledger
 * has them. */
static const char *const unlisted[] = {
    "BatchV1_1",    "ConfidentialTransfer", "LendingProtocolV1_1", "Sponsor",
    "fixBatchV1_2", "fixCleanup3_3_0",      "fixCleanup3_4_0",
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
    const char *name; /* NULL: not known */
    struct hash256 id;
    bool supported;
    bool listed; /* also while the ledger does not have it */
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
        bool handled = !is_among(known[i].name, unhandled, ARRAY_LEN(unhandled));
        entries[n_entries++] =
            (struct entry){known[i].name, known[i].id, known[i].supported && handled,
                           !is_among(known[i].name, unlisted, ARRAY_LEN(unlisted))};
    }
    qsort(entries, n_entries, sizeof *entries, by_id);
}

static const struct entry *find(const struct hash256 *id)
{
    struct entry wanted = {.id = *id};
    return bsearch(&wanted, entries, n_entries, sizeof *entries, by_id);
}

static void put_entry(struct call *c, const struct entry *e, bool enabled)
{
    char id[65] = {0};
    jw_hex_digits(hash256_slice(&e->id), (uint8_t *)id);
    jw_key_n(c->w, id, 64);
    jw_obj_begin(c->w);
    jw_kv_lit(c->w, "name", e->name ? e->name : id);
    jw_kv_bool(c->w, "enabled", enabled);
    jw_kv_bool(c->w, "supported", e->supported);
    jw_obj_end(c->w);
}

/* What the ledger has and nobody here knows is shown under its id: it may be newer than this
 * program, or long retired. */
static void put_unknown(struct call *c, const struct hash256 *id)
{
    put_entry(c, &(struct entry){.id = *id}, true);
}

static void put_all(struct call *c, const struct amendments *enabled)
{
    jw_key(c->w, "features");
    jw_obj_begin(c->w);
    for (size_t i = 0; i < n_entries; i++) {
        bool on = amendments_have(enabled, &entries[i].id);
        if (on || entries[i].listed)
            put_entry(c, &entries[i], on);
    }
    for (size_t i = 0; i < enabled->n; i++)
        if (!find(&enabled->ids[i]))
            put_unknown(c, &enabled->ids[i]);
    jw_obj_end(c->w);
}

static bool matches(const struct hash256 *id, struct slice wanted)
{
    uint8_t hex[64];
    jw_hex_digits(hash256_slice(id), hex);
    return slice_eq(wanted, slice_of(hex, sizeof hex));
}

static err put_one(struct call *c, struct slice wanted, const struct amendments *enabled)
{
    for (size_t i = 0; i < n_entries; i++) {
        if (!matches(&entries[i].id, wanted) && !slice_is(wanted, entries[i].name))
            continue;
        put_entry(c, &entries[i], amendments_have(enabled, &entries[i].id));
        return OK;
    }
    for (size_t i = 0; i < enabled->n; i++) {
        if (!matches(&enabled->ids[i], wanted))
            continue;
        put_unknown(c, &enabled->ids[i]);
        return OK;
    }
    return rpc_error(c, RPC_BAD_FEATURE, NULL);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct amendments enabled;
    pthread_once(&entries_once, make_entries);
    TRY(call_open_ledger(c));
    TRY(amendments_read(c->view, c->arena, &enabled));
    if (args->feature.set)
        TRY(put_one(c, args->feature.v, &enabled));
    else
        put_all(c, &enabled);
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

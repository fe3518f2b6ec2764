/* SPDX-License-Identifier: Apache-2.0 */
/* server_definitions: the protocol's tables in rippled's form, those that were learned from a
 * source or a file among them. */
#include "rpc/method.h"
#include "xrpl/tables.h"

struct args {
    struct param_hash256 hash;
};

#define BAD_HASH                                                                                   \
    {                                                                                              \
        RPC_INVALID_PARAMS, "Invalid field 'hash'."                                                \
    }
static const struct param params[] = {
    PARAM_HASH256("hash", struct args, hash, .bad = BAD_HASH, .wrong_type = BAD_HASH,
                  .doc =
                      "Hash of the answer that the client has: if it is still the same, only the "
                      "hash is returned"),
    PARAM_END,
};

static bool is_same(struct call *c, const struct args *args, const struct tables *t)
{
    uint8_t hex[64];
    jw_hex_digits(hash256_slice(&args->hash.v), hex);
    return args->hash.set && slice_is(slice_of(hex, sizeof hex), t->definitions_hash);
}

static err run(struct call *c)
{
    const struct tables *t = tables_of(c->w);
    if (!is_same(c, c->args, t)) {
        buf_put(c->w->out, t->definitions.p + 1, t->definitions.n - 2); /* without its braces */
        c->w->comma = true;
    }
    jw_kv_lit(c->w, "hash", t->definitions_hash);
    return OK;
}

const struct method server_definitions_method = {
    .name = "server_definitions",
    .flags = METHOD_LOCAL | METHOD_NO_LEDGER,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The protocol's tables: fields, types, formats, flags, results.",
};

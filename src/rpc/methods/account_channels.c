/* SPDX-License-Identifier: Apache-2.0 */
/* account_channels: the payment channels that an account pays into (rpc-a 2). */
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "rpc/put.h"
#include "xrpl/sto.h"

struct args {
    struct param_account account, destination;
    struct param_u32 limit;
    struct param_marker marker;
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account that pays"),
    PARAM_ACCOUNT("destination_account", struct args, destination,
                  .wrong_type = {RPC_INVALID_PARAMS, NULL}, .doc = "Only channels to this account"),
    PARAM_LEDGER_HASH,
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400,
                .doc = "Objects of the account to look at"),
    PARAM_LEDGER_INDEX,
    PARAM_MARKER("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_END,
};

static void put_public_key(struct call *c, struct slice channel)
{
    struct slice key;
    if (!sto_get(channel, FIELD_PublicKey, &key) || key.n != 33 ||
        (key.p[0] != 0xED && key.p[0] != 2 && key.p[0] != 3))
        return;
    char text[56];
    size_t n = account_pubkey_to_text(key, text);
    jw_key(c->w, "public_key");
    jw_ascii(c->w, text, n);
    jw_kv_hex(c->w, "public_key_hex", key);
}

static err put_channel(struct owner_walk *w, void *arg, const struct hash256 *key,
                       struct slice channel)
{
    const struct args *args = arg;
    struct call *c = w->c;
    struct account source, destination;
    if (!sto_account(channel, FIELD_Account, &source) ||
        !sto_account(channel, FIELD_Destination, &destination))
        return FAIL(ERR_CORRUPT, "rpc: a payment channel has no accounts");
    if (!account_eq(&source, &args->account.v) ||
        (args->destination.set && !account_eq(&destination, &args->destination.v)))
        return OK;
    jw_obj_begin(c->w);
    call_put_hash(c, "channel_id", key);
    call_put_account(c, "account", &source);
    call_put_account(c, "destination_account", &destination);
    TRY(put_amount(c, "amount", channel, FIELD_Amount));
    TRY(put_amount(c, "balance", channel, FIELD_Balance));
    jw_kv_u64(c->w, "settle_delay", sto_u32(channel, FIELD_SettleDelay, 0));
    put_public_key(c, channel);
    put_u32(c, "expiration", channel, FIELD_Expiration);
    put_u32(c, "cancel_after", channel, FIELD_CancelAfter);
    put_u32(c, "source_tag", channel, FIELD_SourceTag);
    put_u32(c, "destination_tag", channel, FIELD_DestinationTag);
    jw_obj_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct owner_walk_page page = {.account = &args->account,
                                   .limit = &args->limit,
                                   .marker = &args->marker,
                                   .type = ENTRY_PayChannel,
                                   .list = "channels",
                                   .put = put_channel,
                                   .arg = args};
    return owner_walk_reply(c, &page);
}

const struct method account_channels_method = {
    .name = "account_channels",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The payment channels whose source is the account, page by page.",
};

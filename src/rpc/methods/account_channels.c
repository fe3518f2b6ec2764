/* SPDX-License-Identifier: Apache-2.0 */
/* account_channels: the payment channels that an account pays into (rpc-a 2). */
#include "base/bits.h"
#include "rpc/method.h"
#include "rpc/owner_walk.h"
#include "xrpl/render.h"
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

/* What is shown of a channel, found in one pass; what it lacks is empty. */
struct channel {
    struct slice account, destination, amount, balance, public_key;
    struct slice settle_delay, expiration, cancel_after, source_tag, destination_tag;
};

static bool read_channel(struct slice object, struct channel *ret)
{
    struct sto_iter it = sto_iter_of(object);
    struct sto_field f;
    *ret = (struct channel){.account = SLICE_EMPTY};
    while (sto_next(&it, &f)) {
        switch (f.id) {
        case FIELD_Account: ret->account = f.value; break;
        case FIELD_Destination: ret->destination = f.value; break;
        case FIELD_Amount: ret->amount = f.value; break;
        case FIELD_Balance: ret->balance = f.value; break;
        case FIELD_PublicKey: ret->public_key = f.value; break;
        case FIELD_SettleDelay: ret->settle_delay = f.value; break;
        case FIELD_Expiration: ret->expiration = f.value; break;
        case FIELD_CancelAfter: ret->cancel_after = f.value; break;
        case FIELD_SourceTag: ret->source_tag = f.value; break;
        case FIELD_DestinationTag: ret->destination_tag = f.value; break;
        default: break;
        }
    }
    return !it.failed && ret->account.n == 20 && ret->destination.n == 20;
}

/* The channels' list; most of an account's channels have the same key, whose text costs two
 * digests.
 */
struct list {
    const struct args *args;
    uint8_t key[33];
    char key_text[56];
    size_t key_text_n; /* 0: no key seen yet */
};

static void put_public_key(struct call *c, struct list *l, struct slice key)
{
    if (key.n != sizeof l->key || (key.p[0] != 0xED && key.p[0] != 2 && key.p[0] != 3))
        return;
    if (l->key_text_n == 0 || memcmp(l->key, key.p, key.n) != 0) {
        l->key_text_n = account_pubkey_to_text(key, l->key_text);
        memcpy(l->key, key.p, key.n);
    }
    jw_key(c->w, "public_key");
    jw_ascii(c->w, l->key_text, l->key_text_n);
    jw_kv_hex(c->w, "public_key_hex", key);
}

static err put_amount_of(struct call *c, const char *key, struct slice wire)
{
    struct sto_field field = {.id = FIELD_Amount, .value = wire};
    jw_key(c->w, key);
    if (wire.n == 0 || err_failed(render_field_value(c->w, &field)))
        return FAIL(ERR_CORRUPT, "rpc: a payment channel has no valid %s", key);
    return OK;
}

static void put_number(struct call *c, const char *key, struct slice value)
{
    if (value.n != 4)
        return;
    jw_key(c->w, key);
    jw_u64(c->w, bits_load32(value.p));
}

static err put_channel(struct owner_walk *w, void *arg, const struct hash256 *key,
                       struct slice object)
{
    struct list *l = arg;
    struct call *c = w->c;
    struct channel ch;
    if (!read_channel(object, &ch))
        return FAIL(ERR_CORRUPT, "rpc: a payment channel has no accounts");
    struct account source = account_of(ch.account.p), destination = account_of(ch.destination.p);
    if (!account_eq(&source, &l->args->account.v) ||
        (l->args->destination.set && !account_eq(&destination, &l->args->destination.v)))
        return OK;
    jw_obj_begin(c->w);
    call_put_hash(c, "channel_id", key);
    call_put_account(c, "account", &source);
    call_put_account(c, "destination_account", &destination);
    TRY(put_amount_of(c, "amount", ch.amount));
    TRY(put_amount_of(c, "balance", ch.balance));
    jw_kv_u64(c->w, "settle_delay", ch.settle_delay.n == 4 ? bits_load32(ch.settle_delay.p) : 0);
    put_public_key(c, l, ch.public_key);
    put_number(c, "expiration", ch.expiration);
    put_number(c, "cancel_after", ch.cancel_after);
    put_number(c, "source_tag", ch.source_tag);
    put_number(c, "destination_tag", ch.destination_tag);
    jw_obj_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct list list = {.args = args};
    struct owner_walk_page page = {.account = &args->account,
                                   .limit = &args->limit,
                                   .marker = &args->marker,
                                   .type = ENTRY_PayChannel,
                                   .list = "channels",
                                   .put = put_channel,
                                   .arg = &list};
    return owner_walk_reply(c, &page);
}

const struct method account_channels_method = {
    .name = "account_channels",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The payment channels whose source is the account, page by page.",
};

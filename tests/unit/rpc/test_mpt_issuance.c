/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/mpt_issuance.h"

#include "base/hex.h"
#include "test.h"
#include "token_world.h"
#include "xrpl/keylet.h"

static struct call call_of(struct token_world *t)
{
    return (struct call){.arena = fake_keep(arena_new(1 << 16)), .ledgers = t->w->ledgers};
}

static struct param_hash192 by_id(struct token_world *t)
{
    struct param_hash192 p = {.set = true};
    ASSERT(hex_decode(slice_str(t->issuance_hex), p.v.b, 24));
    return p;
}

TEST(an_issuance_is_the_same_by_its_id_and_by_its_key)
{
    struct token_world *t = token_world_new();
    struct call c = call_of(t);
    struct param_hash192 id = by_id(t), key = {.set = true, .by_key = true};
    struct mpt_id found;
    key.key = mpt_issuance_key(&id);
    struct hash256 same = mpt_issuance_key(&key);
    ASSERT(hash256_eq(&key.key, &same));
    ASSERT_OK(mpt_issuance_id(&c, &id, &found));
    ASSERT(memcmp(found.b, id.v.b, 24) == 0);
    memset(&found, 0, sizeof found);
    ASSERT_OK(mpt_issuance_id(&c, &key, &found)); /* in the newest ledger */
    ASSERT(memcmp(found.b, id.v.b, 24) == 0);
    ASSERT_OK(view_open(c.ledgers, 12, &c.view));
    memset(&found, 0, sizeof found);
    ASSERT_OK(mpt_issuance_id(&c, &key, &found));
    ASSERT(memcmp(found.b, id.v.b, 24) == 0);
    c.view = view_close(c.view);
}

TEST(an_issuance_that_is_gone_is_found_where_it_was_last)
{
    struct token_world *t = token_world_new();
    struct call c = call_of(t);
    struct param_hash192 id = by_id(t), key = {.set = true, .by_key = true};
    struct mpt_id found;
    key.key = mpt_issuance_key(&id);
    ASSERT_OK(view_open(c.ledgers, 12, &c.view));
    struct slice object;
    ASSERT_OK(view_get(c.view, &key.key, c.arena, &object));
    c.view = view_close(c.view);
    fake_drop(c.ledgers, &key.key);
    fake_put(c.ledgers, &key.key, object, 10, 20);
    ASSERT_OK(mpt_issuance_id(&c, &key, &found));
    ASSERT(memcmp(found.b, id.v.b, 24) == 0);
}

TEST(what_is_no_issuance_is_not_found)
{
    struct token_world *t = token_world_new();
    struct call c = call_of(t);
    struct param_hash192 key = {.set = true, .by_key = true, .key = keylet_fees()};
    struct mpt_id found;
    ASSERT_ERR(ERR_INVALID, mpt_issuance_id(&c, &key, &found));
    ASSERT_INT(RPC_OBJECT_NOT_FOUND, c.fault.code);
    key.key.b[0] ^= 1;
    ASSERT_ERR(ERR_INVALID, mpt_issuance_id(&c, &key, &found));
    ASSERT_INT(RPC_OBJECT_NOT_FOUND, c.fault.code);
}

TEST(methods_take_an_issuance_by_its_key)
{
    struct token_world *t = token_world_new();
    struct param_hash192 id = by_id(t);
    struct hash256 key = mpt_issuance_key(&id);
    char hex[65] = "", want[64];
    hex_encode(hash256_slice(&key), hex);
    snprintf(want, sizeof want, "\"%s\"", t->issuance_hex);
    ASSERT_AT(want, small_world_ask(t->w, "mpt_holders", "\"mpt_issuance_id\":\"%s\"", hex),
              "result.mpt_issuance_id");
    ASSERT_AT(want,
              small_world_ask(t->w, "mptoken_issuance_history", "\"mpt_issuance_id\":\"%s\"", hex),
              "result.mpt_issuance_id");
    ASSERT_AT("[]",
              small_world_ask(t->w, "account_tx", "\"account\":\"%s\",\"mpt_issuance_id\":\"%s\"",
                              t->w->bob, hex),
              "result.transactions");
    ASSERT_AT("\"MPTokenIssuance\"",
              small_world_ask(t->w, "ledger_entry", "\"mpt_issuance\":\"%s\"", hex),
              "result.node.LedgerEntryType");
    struct account bob;
    ASSERT(account_from_text(slice_str(t->w->bob), &bob));
    ASSERT_AT("\"MPToken\"",
              small_world_ask(t->w, "ledger_entry",
                              "\"mptoken\":{\"account\":\"%s\",\"mpt_issuance_id\":\"%s\"}",
                              t->w->bob, hex),
              "result.node.LedgerEntryType");
    key = keylet_fees();
    hex_encode(hash256_slice(&key), hex);
    ASSERT_AT("\"unexpectedLedgerType\"",
              small_world_ask(t->w, "ledger_entry", "\"mpt_issuance\":\"%s\"", hex),
              "result.error");
    ASSERT_AT("\"objectNotFound\"",
              small_world_ask(t->w, "mptoken_issuance_history", "\"mpt_issuance_id\":\"%s\"", hex),
              "result.error");
}

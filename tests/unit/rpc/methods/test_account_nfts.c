/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "owner_world.h"
#include "test.h"

static const char *ask(struct owner_world *o, const char *account, const char *more)
{
    return small_world_ask(o->w, "account_nfts", "\"account\":\"%s\"%s", account, more);
}

TEST(account_nfts_shows_tokens_and_what_their_ids_say)
{
    struct owner_world *o = owner_world_new(true);
    const char *reply = ask(o, o->w->alice, "");
    ASSERT_AT("8", reply, "result.account_nfts.0.Flags");
    ASSERT_AT("3", reply, "result.account_nfts.0.TransferFee");
    ASSERT_AT("50", reply, "result.account_nfts.0.nft_serial");
    ASSERT_AT("\"6162\"", reply, "result.account_nfts.0.URI");
    ASSERT_AT("", reply, "result.account_nfts.1.URI");
    ASSERT_AT("", reply, "result.account_nfts.2");
    ASSERT_AT("100", reply, "result.limit");
}

TEST(account_nfts_of_an_account_without_pages_is_empty)
{
    struct owner_world *o = owner_world_new(false);
    ASSERT_AT("[]", ask(o, o->w->alice, ""), "result.account_nfts");
}

TEST(account_nfts_goes_on_at_the_page_of_its_marker)
{
    struct owner_world *o = owner_world_new(true);
    char hex[65] = "", more[128];
    hex_encode(hash256_slice(&o->nft_pages[11]), hex);
    snprintf(more, sizeof more, ",\"marker\":\"%.64s\"", hex);
    const char *reply = ask(o, o->w->bob, more);
    ASSERT_AT("22", reply, "result.account_nfts.0.nft_serial");
    ASSERT_AT("", reply, "result.account_nfts.2");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_AT("\"Marker matches Page ID from another Account\"", ask(o, o->w->alice, more),
              "result.error_message");
    hex_encode(hash256_slice(&o->entries[0]), hex);
    snprintf(more, sizeof more, ",\"marker\":\"%.64s\"", hex);
    ASSERT_AT("\"Marker matches Page ID from another Account\"", ask(o, o->w->alice, more),
              "result.error_message");
    ASSERT_AT("\"Marker field does not match any valid Page ID\"",
              ask(o, o->w->alice, ",\"marker\":\"0\""), "result.error_message");
    ASSERT_AT("\"markerMalformed\"", ask(o, o->w->alice, ",\"marker\":\"12,3\""),
              "result.error_message");
}

TEST(account_nfts_lists_pages_from_the_highest_down)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, o->w->bob, "");
    ASSERT_AT("0", reply, "result.account_nfts.0.nft_serial");
    ASSERT_AT("23", reply, "result.account_nfts.23.nft_serial");
    ASSERT_AT("", reply, "result.account_nfts.24");
}

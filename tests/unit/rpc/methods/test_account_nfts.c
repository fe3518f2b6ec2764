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

/* Where the page before ended, inside a page of the ledger. */
TEST(account_nfts_counts_tokens_and_goes_on_behind_the_last_one)
{
    struct owner_world *o = owner_world_new(true);
    const char *reply = ask(o, o->w->bob, ",\"limit\":21");
    ASSERT_AT("20", reply, "result.account_nfts.20.nft_serial");
    ASSERT_AT("", reply, "result.account_nfts.21");
    char more[160];
    snprintf(more, sizeof more, ",\"marker\":%s", client_at(reply, "result.marker"));
    reply = ask(o, o->w->bob, more);
    ASSERT_AT("21", reply, "result.account_nfts.0.nft_serial");
    ASSERT_AT("23", reply, "result.account_nfts.2.nft_serial");
    ASSERT_AT("", reply, "result.account_nfts.3");
    ASSERT_AT("", reply, "result.marker");
    /* a token that is not his */
    ASSERT_AT("\"Marker field does not match any valid Page ID\"", ask(o, o->w->alice, more),
              "result.error_message");
    more[14] = more[14] == '9' ? '8' : '9';
    ASSERT_AT("\"Marker field does not match any valid Page ID\"", ask(o, o->w->bob, more),
              "result.error_message");
    /* nothing follows */
    reply = ask(o, o->w->bob, ",\"limit\":24");
    ASSERT_AT("23", reply, "result.account_nfts.23.nft_serial");
    ASSERT_AT("", reply, "result.marker");
}

TEST(account_nfts_lists_pages_from_the_highest_down)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, o->w->bob, "");
    ASSERT_AT("0", reply, "result.account_nfts.0.nft_serial");
    ASSERT_AT("23", reply, "result.account_nfts.23.nft_serial");
    ASSERT_AT("", reply, "result.account_nfts.24");
}

/* An old fault of rippled left ledgers in which the page at the end is missing. */
TEST(account_nfts_finds_pages_though_the_last_one_is_missing)
{
    struct owner_world *o = owner_world_new(false);
    fake_drop(o->w->ledgers, &o->nft_pages[0]);
    const char *reply = ask(o, o->w->bob, "");
    ASSERT_AT("2", reply, "result.account_nfts.0.nft_serial");
    ASSERT_AT("23", reply, "result.account_nfts.21.nft_serial");
    ASSERT_AT("", reply, "result.account_nfts.22");
}

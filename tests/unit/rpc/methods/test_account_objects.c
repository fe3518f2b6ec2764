/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "owner_world.h"
#include "test.h"
#include "xrpl/keylet.h"

static const char *ask(struct owner_world *o, const char *account, const char *more)
{
    return small_world_ask(o->w, "account_objects", "\"account\":\"%s\"%s", account, more);
}

TEST(account_objects_lists_nft_pages_then_the_directory)
{
    struct owner_world *o = owner_world_new(true);
    const char *reply = ask(o, o->w->alice, "");
    ASSERT_AT("\"NFTokenPage\"", reply, "result.account_objects.0.LedgerEntryType");
    ASSERT_AT("\"RippleState\"", reply, "result.account_objects.1.LedgerEntryType");
    ASSERT_AT("\"RippleState\"", reply, "result.account_objects.16.LedgerEntryType");
    ASSERT_AT("", reply, "result.account_objects.17");
    ASSERT_AT("", reply, "result.marker");
}

TEST(account_objects_counts_nft_pages_against_the_limit)
{
    struct owner_world *o = owner_world_new(true);
    const char *reply = ask(o, o->w->alice, ",\"limit\":10");
    char hex[65] = "", want[80];
    hex_encode(hash256_slice(&o->entries[8]), hex);
    snprintf(want, sizeof want, "\"%.64s,1,30\"", hex);
    ASSERT_AT(want, reply, "result.marker");
    ASSERT_AT("\"Offer\"", reply, "result.account_objects.9.LedgerEntryType");
    ASSERT_AT("", reply, "result.account_objects.10");
}

TEST(account_objects_does_not_count_nft_pages_that_a_type_excludes)
{
    struct owner_world *o = owner_world_new(true);
    const char *reply = ask(o, o->w->alice, ",\"limit\":10,\"type\":\"state\"");
    char hex[65] = "", want[80];
    hex_encode(hash256_slice(&o->entries[9]), hex);
    snprintf(want, sizeof want, "\"%.64s,1,30\"", hex);
    ASSERT_AT(want, reply, "result.marker");
    ASSERT_AT("\"RippleState\"", reply, "result.account_objects.7.LedgerEntryType");
    ASSERT_AT("", reply, "result.account_objects.8");
    /* with the pages alone the directory has nothing to add */
    reply = ask(o, o->w->alice, ",\"limit\":10,\"type\":\"nft_page\"");
    ASSERT_AT("\"NFTokenPage\"", reply, "result.account_objects.0.LedgerEntryType");
    ASSERT_AT("", reply, "result.account_objects.1");
    ASSERT_AT("", reply, "result.marker");
    /* a marker into the pages leads to the begin of the directory */
    hex_encode(hash256_slice(&o->nft_pages[3]), hex);
    char more[128];
    snprintf(more, sizeof more, ",\"type\":\"state\",\"marker\":\"%.64s,4294967295\"", hex);
    ASSERT_AT("[]", ask(o, o->w->bob, more), "result.account_objects");
    ASSERT_AT("\"Invalid marker.\"", ask(o, o->w->alice, more), "result.error_message");
}

TEST(account_objects_goes_on_inside_the_nft_pages)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, o->w->bob, ",\"limit\":10");
    char hex[65] = "", want[96], more[128];
    hex_encode(hash256_slice(&o->nft_pages[10]), hex);
    snprintf(want, sizeof want, "\"%.64s,4294967295,30\"", hex);
    ASSERT_AT(want, reply, "result.marker");
    snprintf(more, sizeof more, ",\"limit\":10,\"marker\":%s", want);
    reply = ask(o, o->w->bob, more);
    ASSERT_AT("\"NFTokenPage\"", reply, "result.account_objects.1.LedgerEntryType");
    ASSERT_AT("", reply, "result.account_objects.2");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_AT("\"Invalid marker.\"", ask(o, o->w->alice, more),
              "result.error_message"); /* foreign */
    snprintf(more, sizeof more, ",\"marker\":\"%.40s%024d,4294967295\"", hex, 7);
    ASSERT_AT("\"Invalid marker.\"", ask(o, o->w->bob, more), "result.error_message");
}

TEST(account_objects_ends_exactly_after_the_last_nft_page)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, o->w->bob, ",\"limit\":12"); /* he has no directory */
    ASSERT_AT("\"NFTokenPage\"", reply, "result.account_objects.11.LedgerEntryType");
    ASSERT_AT("", reply, "result.marker");
    char more[128];
    snprintf(more, sizeof more, ",\"limit\":12,\"marker\":\"%064d,4294967295\"", 0);
    reply = ask(o, o->w->bob, more);
    ASSERT_AT("[]", reply, "result.account_objects");
    ASSERT_AT("", reply, "result.marker");
    /* from there on, pages of the directory have their own numbers (rpc-a Q4) */
    reply = ask(o, o->w->alice, more);
    char hex[65] = "", want[80];
    hex_encode(hash256_slice(&o->entries[11]), hex);
    snprintf(want, sizeof want, "\"%.64s,5,30\"", hex);
    ASSERT_AT(want, reply, "result.marker");
}

TEST(account_objects_gives_a_marker_when_the_directory_follows_the_nft_pages)
{
    struct owner_world *o = owner_world_new(false);
    struct hash256 root = keylet_owner_dir(&o->bob);
    fake_put(o->w->ledgers, &root,
             SLICE_LIT("\x11\x00\x64\x01\x13\x20" /* one key */
                       "0123456789abcdef0123456789abcdef"),
             10, 30);
    char want[90];
    snprintf(want, sizeof want, "\"%064d,4294967295,30\"", 0);
    ASSERT_AT(want, ask(o, o->w->bob, ",\"limit\":12"), "result.marker");
}

TEST(account_objects_knows_what_blocks_a_deletion)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, o->w->bob, ",\"deletion_blockers_only\":true,\"limit\":12");
    ASSERT_AT("\"NFTokenPage\"", reply, "result.account_objects.11.LedgerEntryType");
    static const struct {
        uint16_t type;
        bool blocks;
    } types[] = {{0x0043, true},  {0x0084, true},  {0x0088, true},  {0x0089, true},
                 {0x0085, false}, {0x006F, false}, {0x0037, false}, {0x0054, false}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        uint8_t object[3] = {0x11, (uint8_t)(types[i].type >> 8), (uint8_t)types[i].type};
        fake_drop(o->w->ledgers, &o->entries[0]);
        fake_put(o->w->ledgers, &o->entries[0], slice_of(object, 3), 10, 30);
        reply = ask(o, o->w->alice, ",\"deletion_blockers_only\":true");
        bool shown = strcmp(client_at(reply, "result.account_objects.0.LedgerEntryType"),
                            "\"RippleState\"") != 0;
        ASSERT_INT(types[i].blocks, shown);
    }
}

TEST(account_objects_filters_types)
{
    struct owner_world *o = owner_world_new(true);
    ASSERT_AT("\"Offer\"", ask(o, o->w->alice, ",\"type\":\"Offer\""),
              "result.account_objects.0.LedgerEntryType");
    const char *reply = ask(o, o->w->alice, ",\"type\":\"offer\",\"deletion_blockers_only\":true");
    ASSERT_AT("[]", reply, "result.account_objects");
    reply = ask(o, o->w->alice, ",\"deletion_blockers_only\":true");
    ASSERT_AT("", reply, "result.account_objects.16");
    ASSERT_AT("\"RippleState\"", reply, "result.account_objects.15.LedgerEntryType");
    ASSERT_AT("[]", ask(o, o->w->alice, ",\"type\":\"account\""), "result.account_objects");
    const char *const rejected[] = {"amendments", "directory", "fee",         "hashes",
                                    "nunl",       "none",      "LedgerHashes"};
    for (int i = 0; i < 7; i++) {
        char more[48];
        snprintf(more, sizeof more, ",\"type\":\"%s\"", rejected[i]);
        ASSERT_AT("\"Invalid field 'type'.\"", ask(o, o->w->alice, more), "result.error_message");
    }
}

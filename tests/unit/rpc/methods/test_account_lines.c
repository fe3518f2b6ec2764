/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "owner_world.h"
#include "test.h"

static const char *ask(struct owner_world *o, const char *more)
{
    return small_world_ask(o->w, "account_lines", "\"account\":\"%s\"%s", o->w->alice, more);
}

TEST(account_lines_shows_each_line_from_the_account_s_side)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, "");
    char peer[48];
    for (int i = 0; i < OWNER_N_LINES; i++) {
        char path[64], want[16];
        snprintf(path, sizeof path, "result.lines.%d.account", i);
        snprintf(peer, sizeof peer, "\"%s\"", o->peers[i]);
        ASSERT_AT(peer, reply, path);
        snprintf(path, sizeof path, "result.lines.%d.balance", i);
        snprintf(want, sizeof want, "\"%d\"", i - 4);
        ASSERT_AT(want, reply, path);
        snprintf(path, sizeof path, "result.lines.%d.quality_in", i);
        snprintf(want, sizeof want, "%d", 100 + i);
        ASSERT_AT(want, reply, path);
    }
    ASSERT_AT("\"2\"", reply, "result.lines.3.limit");
    ASSERT_AT("\"3\"", reply, "result.lines.4.limit_peer");
    ASSERT_AT("\"USD\"", reply, "result.lines.4.currency");
    ASSERT_AT("true", reply, "result.lines.0.freeze");
    ASSERT_AT("true", reply, "result.lines.1.no_ripple");
    ASSERT_AT("", reply, "result.lines.2.no_ripple");
    ASSERT_AT("true", reply, "result.lines.9.peer_authorized");
    ASSERT_AT("true", reply, "result.lines.9.deep_freeze_peer");
    ASSERT_AT("", reply, "result.lines.9.authorized");
    ASSERT_AT("200", reply, "result.limit");
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("", reply, "result.marker");
}

TEST(account_lines_filters_by_peer_and_by_reserve)
{
    struct owner_world *o = owner_world_new(false);
    char more[96];
    snprintf(more, sizeof more, ",\"peer\":\"%s\"", o->peers[7]);
    const char *reply = ask(o, more);
    ASSERT_AT("\"3\"", reply, "result.lines.0.balance");
    ASSERT_AT("", reply, "result.lines.1");
    reply = ask(o, ",\"ignore_default\":true");
    ASSERT_AT("\"-4\"", reply, "result.lines.0.balance");
    ASSERT_AT("\"-2\"", reply, "result.lines.1.balance");
}

TEST(account_lines_goes_on_after_a_marker)
{
    struct owner_world *o = owner_world_new(false);
    const char *reply = ask(o, ",\"limit\":1"); /* raised to 10 */
    ASSERT_AT("10", reply, "result.limit");
    ASSERT_AT("\"3\"", reply, "result.lines.7.balance");
    ASSERT_AT("", reply, "result.lines.8");
    char hex[65] = "", want[80], more[120];
    hex_encode(hash256_slice(&o->entries[9]), hex);
    snprintf(want, sizeof want, "\"%.64s,1,30\"", hex);
    ASSERT_AT(want, reply, "result.marker");
    snprintf(more, sizeof more, ",\"marker\":%s", want);
    reply = ask(o, more);
    ASSERT_AT("\"4\"", reply, "result.lines.0.balance");
    ASSERT_AT("\"5\"", reply, "result.lines.1.balance");
    ASSERT_AT("", reply, "result.lines.2");
    ASSERT_AT("", reply, "result.marker");
}

/* Ledger 30 is the newest; 12 stands for the one of the first page. */
TEST(account_lines_goes_on_in_the_ledger_of_its_marker)
{
    struct owner_world *o = owner_world_new(false);
    const struct {
        const char *more, *ledger, *error;
    } cases[] = {
        {"\"", "30", ""}, /* as the reference gives them */
        {",12\"", "12", ""},
        {",12\",\"ledger_index\":\"validated\"", "12", ""},
        {",12\",\"ledger_index\":20", "20", ""},
        {",12\",\"ledger_index\":\"20\"", "20", ""},
        {",12,5\"", "30", ""},
        {",9\"", "", "\"lgrNotFound\""},
        {",31\"", "", "\"lgrNotFound\""},
        {",0\"", "", "\"lgrNotFound\""},
        {",99999999999\"", "", "\"lgrNotFound\""},
        {",99999999999\",\"ledger_index\":20", "20", ""},
    };
    char hex[65] = "", more[200];
    hex_encode(hash256_slice(&o->entries[9]), hex);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(more, sizeof more, ",\"marker\":\"%.64s,1%s", hex, cases[i].more);
        const char *reply = ask(o, more);
        ASSERT_AT(cases[i].error, reply, "result.error");
        ASSERT_AT(cases[i].ledger, reply, "result.ledger_index");
    }
}

TEST(account_lines_refuses_markers_that_are_not_its_own)
{
    struct owner_world *o = owner_world_new(false);
    char hex[65] = "", more[120];
    hex_encode(hash256_slice(&o->entries[9]), hex);
    const char *const pages[] = {"0", "5", "2", "4294967295", "18446744073709551615"};
    for (int i = 0; i < 5; i++) {
        snprintf(more, sizeof more, ",\"marker\":\"%.64s,%s\"", hex, pages[i]);
        ASSERT_AT("\"Invalid marker.\"", ask(o, more), "result.error_message");
    }
    snprintf(more, sizeof more, ",\"marker\":\"%.63s,1\"", hex);
    ASSERT_AT("\"Malformed cursor.\"", ask(o, more), "result.error_message");
    ASSERT_AT("\"markerNotString\"", ask(o, ",\"marker\":1"), "result.error_message");
    ASSERT_AT("\"-4\"", ask(o, ",\"marker\":\"0,7\""), "result.lines.0.balance");
}

TEST(account_lines_names_what_is_wrong_with_accounts)
{
    struct owner_world *o = owner_world_new(false);
    ASSERT_AT("35", small_world_ask(o->w, "account_lines", "\"account\":5"), "result.error_code");
    ASSERT_AT("35", ask(o, ",\"peer\":5"), "result.error_code");
    ASSERT_AT("\"Required field 'account' missing\"",
              small_world_ask(o->w, "account_lines", "%s", ""), "result.error_message");
    const char *reply = small_world_ask(o->w, "account_lines", "\"account\":\"%s\"", o->w->nobody);
    ASSERT_AT("\"actNotFound\"", reply, "result.error");
}

TEST(account_lines_that_cannot_be_read_are_not_left_out)
{
    struct owner_world *o = owner_world_new(false);
    fake_fail_reads(o->w->ledgers, ERR_IO);
    ASSERT_AT("\"internal\"", ask(o, ""), "result.error");
    fake_fail_reads(o->w->ledgers, ERR_TIMEOUT);
    ASSERT_AT("\"tooBusy\"", ask(o, ""), "result.error");
}

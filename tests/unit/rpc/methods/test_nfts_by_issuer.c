/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "token_world.h"

static const char *ask(struct token_world *t, const char *more)
{
    return small_world_ask(t->w, "nfts_by_issuer", "\"issuer\":\"%s\"%s", t->w->alice, more);
}

/* Serials of the tokens shown, as "1 3". */
static const char *shown(const char *reply)
{
    static char text[64];
    char path[64];
    text[0] = 0;
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "result.nfts.%d.nft_serial", i);
        const char *serial = client_at(reply, path);
        if (*serial)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", serial);
    }
    return text;
}

TEST(nfts_by_issuer_lists_by_taxon_and_token_burned_ones_too)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, "");
    ASSERT_STR("3 1 2", shown(reply));
    ASSERT_AT("true", reply, "result.nfts.1.is_burned");
    ASSERT_AT("", reply, "result.nfts.1.validated");
    ASSERT_AT("50", reply, "result.limit");
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_AT("", reply, "result.nft_taxon");
}

TEST(nfts_by_issuer_keeps_to_a_taxon)
{
    struct token_world *t = token_world_new();
    ASSERT_STR("3 1", shown(ask(t, ",\"nft_taxon\":5")));
    ASSERT_AT("5", ask(t, ",\"nft_taxon\":5"), "result.nft_taxon");
    ASSERT_STR("2", shown(ask(t, ",\"nft_taxon\":7")));
    ASSERT_STR("", shown(ask(t, ",\"nft_taxon\":6")));
    ASSERT_AT("", ask(t, ",\"nft_taxon\":5,\"limit\":3"), "result.marker");
}

TEST(nfts_by_issuer_goes_on_at_its_marker)
{
    struct token_world *t = token_world_new();
    char more[160];
    for (int limit = 1; limit <= 2; limit++) {
        char all[64] = "", marker[80] = "";
        do {
            snprintf(more, sizeof more, ",\"limit\":%d%s%s", limit, *marker ? ",\"marker\":" : "",
                     marker);
            const char *reply = ask(t, more);
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s ", shown(reply));
            snprintf(marker, sizeof marker, "%s", client_at(reply, "result.marker"));
        } while (*marker);
        ASSERT_STR("3 1 2 ", all);
    }
}

TEST(nfts_by_issuer_takes_only_markers_of_its_list)
{
    struct token_world *t = token_world_new();
    char more[160], foreign[65];
    snprintf(foreign, sizeof foreign, "%s", t->token_hex[1]);
    foreign[10] = foreign[10] == '0' ? '1' : '0'; /* of another issuer */
    snprintf(more, sizeof more, ",\"marker\":\"%s\"", foreign);
    ASSERT_AT("\"Invalid marker.\"", ask(t, more), "result.error_message");
    ASSERT_STR("3 1 2", shown(ask(t, ",\"marker\":\"0\"")));
    snprintf(more, sizeof more, ",\"marker\":\"%s\"", t->token_hex[1]); /* taxon 7: the last */
    ASSERT_STR("", shown(ask(t, more)));
    snprintf(more, sizeof more, ",\"nft_taxon\":7,\"marker\":\"%s\"", t->token_hex[1]);
    ASSERT_STR("", shown(ask(t, more)));
    ASSERT_AT("[]", ask(t, more), "result.nfts");
    snprintf(more, sizeof more, ",\"nft_taxon\":5,\"marker\":\"%s\"", t->token_hex[1]);
    ASSERT_AT("\"Invalid marker.\"", ask(t, more), "result.error_message");
}

TEST(nfts_by_issuer_refuses_a_taxon_that_does_not_fit)
{
    struct token_world *t = token_world_new();
    ASSERT_AT("\"invalidParams\"", ask(t, ",\"nft_taxon\":4294967301"), "result.error");
    ASSERT_AT("\"invalidParams\"", ask(t, ",\"nft_taxon\":-1"), "result.error");
}

TEST(nfts_by_issuer_leaves_out_what_a_ledger_does_not_know_yet)
{
    struct token_world *t = token_world_new();
    const char *reply = ask(t, ",\"ledger_index\":19,\"limit\":2");
    ASSERT_STR("1", shown(reply)); /* the others are not known there */
    ASSERT_AT("", reply, "result.marker");
    reply = ask(t, ",\"ledger_index\":19,\"limit\":1");
    ASSERT_STR("1", shown(reply));
    ASSERT_AT("", reply, "result.marker"); /* to nothing */
    reply = small_world_ask(t->w, "nfts_by_issuer", "\"issuer\":\"%s\"", t->w->nobody);
    ASSERT_AT("\"actNotFound\"", reply, "result.error");
    ASSERT_AT("\"Account not found.\"", reply, "result.error_message");
    reply = small_world_ask(t->w, "nfts_by_issuer", "\"issuer\":\"%s\"", t->w->bob);
    ASSERT_AT("[]", reply, "result.nfts");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "golden.h"
#include "test.h"
#include "xrpl/txmeta_impl.h"

static bool holds_hex(const struct json *v, const void *p, size_t n)
{
    uint8_t bytes[64];
    return json_is(v, JSON_STRING) && n <= sizeof bytes && hex_decode(v->s, bytes, n) &&
           memcmp(bytes, p, n) == 0;
}

static size_t n_page_tokens, n_entry_holders;

static void entry_as_in_its_json(const struct json *line, struct arena *a)
{
    struct slice o = golden_hex(line, "hex", a);
    const struct json *entry = json_get(line, "json"), *tokens = json_get(entry, "NFTokens");
    struct hash256 key = hash256_of(golden_hex(line, "key", a).p);
    struct txmeta_nft *list;
    size_t n;
    ASSERT_OK(txmeta_page_nfts(&key, o, a, &list, &n));
    ASSERT_INT(tokens ? tokens->n : 0, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct json *token = json_get(&tokens->items[i], "NFToken"),
                          *uri = json_get(token, "URI");
        ASSERT(holds_hex(json_get(token, "NFTokenID"), list[i].token.b, 32));
        ASSERT(list[i].has_state && list[i].has_uri && !list[i].links && !list[i].is_burned);
        ASSERT(memcmp(list[i].owner.b, key.b, 20) == 0);
        ASSERT_INT(uri ? uri->s.n / 2 : 0, list[i].uri.n);
    }
    n_page_tokens += n;
    struct txmeta_holder h;
    bool is_token = json_is_string(json_get(entry, "LedgerEntryType"), "MPToken");
    ASSERT(txmeta_entry_holder(o, &h) == is_token);
    ASSERT(!is_token || holds_hex(json_get(entry, "MPTokenIssuanceID"), h.issuance.b, 24));
    n_entry_holders += is_token;
}

TEST(objects_of_the_first_ledger_give_the_records_that_their_json_shows)
{
    golden_each("entries.jsonl", entry_as_in_its_json);
    ASSERT(n_page_tokens > 1 && n_entry_holders > 0);
}

static size_t n_deleted;

/* Tokens of deleted offers are distinct and ascending. */
static void deleted_offers(const struct json *line, struct arena *a)
{
    struct slice meta = golden_hex(line, "meta", a);
    struct buf ids = {0};
    size_t n = txmeta_tokens_of_deleted_offers(meta, &ids);
    for (size_t i = 1; i < n; i++)
        ASSERT(memcmp(ids.p + 32 * (i - 1), ids.p + 32 * i, 32) < 0);
    n_deleted += n;
    buf_deinit(&ids);
}

TEST(tokens_of_deleted_offers_are_distinct)
{
    golden_each("transactions.jsonl", deleted_offers);
    ASSERT(n_deleted > 0);
}

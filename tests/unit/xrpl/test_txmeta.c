/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/txmeta.h"

#include "base/hex.h"
#include "base/mem.h"
#include "golden.h"
#include "json_same.h"
#include "test.h"
#include "xrpl/keylet.h"

#include <stdlib.h>

static struct buf out;

static bool holds_hex(const struct json *v, const void *p, size_t n)
{
    uint8_t bytes[64];
    return json_is(v, JSON_STRING) && n <= sizeof bytes && hex_decode(v->s, bytes, n) &&
           memcmp(bytes, p, n) == 0;
}

static void check_accounts(const struct json *line, struct slice meta, struct arena *a)
{
    const struct json *expected = json_get(line, "accounts");
    struct account *accounts;
    size_t n;
    ASSERT_OK(txmeta_accounts(meta, a, &accounts, &n));
    ASSERT_INT(expected->n, n);
    for (uint32_t i = 0; i < n; i++)
        ASSERT(holds_hex(&expected->items[i], accounts[i].b, 20));
}

static const struct txmeta_nft *find_nft(const struct txmeta_nft *list, size_t n,
                                         const struct json *token)
{
    for (size_t i = 0; i < n; i++)
        if (holds_hex(token, list[i].token.b, 32))
            return &list[i];
    test_fail(__FILE__, __LINE__, "no record of token %.*s", SLICE_FMT(token->s));
}

static void check_nfts(const struct json *line, struct slice tx, struct slice meta, struct arena *a)
{
    const struct json *tokens = json_get(line, "tokens"), *states = json_get(line, "states"),
                      *uris = json_get(line, "uris");
    struct txmeta_nft *list;
    size_t n;
    ASSERT_OK(txmeta_nfts(tx, meta, a, &list, &n));
    ASSERT_INT(tokens->n, n);
    for (uint32_t i = 0; i < n; i++)
        ASSERT(list[i].links && holds_hex(&tokens->items[i], list[i].token.b, 32));
    for (uint32_t i = 0; i < states->n; i++) {
        const struct json *row = states->items[i].items;
        const struct txmeta_nft *nft = find_nft(list, n, &row[0]);
        ASSERT(nft->has_state && holds_hex(&row[1], nft->owner.b, 20) &&
               nft->is_burned == row[2].b);
    }
    for (uint32_t i = 0; i < uris->n; i++) {
        const struct json *row = uris->items[i].items;
        const struct txmeta_nft *nft = find_nft(list, n, &row[0]);
        ASSERT(nft->has_uri && row[1].s.n == 2 * nft->uri.n);
        ASSERT(nft->uri.n == 0 || nft->uri.n > 64 || holds_hex(&row[1], nft->uri.p, nft->uri.n));
    }
}

static void index_as_recorded(const struct json *line, struct arena *a)
{
    struct slice tx = golden_hex(line, "tx", a), meta = golden_hex(line, "meta", a);
    check_accounts(line, meta, a);
    check_nfts(line, tx, meta, a);
}

TEST(golden_transactions_give_the_recorded_index_rows)
{
    golden_each("transactions.jsonl", index_as_recorded);
    if (getenv("KLEIO_XRPL_GOLDENS"))
        printf("txmeta: index rows of %zu stored transactions\n",
               golden_each("indexes.jsonl", index_as_recorded));
}

static size_t n_holders;

static void holders_are_the_created_tokens(const struct json *line, struct arena *a)
{
    struct slice tx = golden_hex(line, "tx", a), meta = golden_hex(line, "meta", a);
    struct txmeta_holder *list;
    struct account account;
    size_t n;
    ASSERT_OK(txmeta_holders(meta, a, &list, &n));
    n_holders += n;
    if (n == 0 || sto_tx_type(tx) != TX_MPTokenAuthorize)
        return;
    ASSERT_INT(1, n);
    /* its own, or that of the holder whom the issuer authorises */
    ASSERT(sto_account(tx, FIELD_Holder, &account) || sto_account(tx, FIELD_Account, &account));
    ASSERT(account_eq(&account, &list[0].holder));
    struct slice id;
    ASSERT(sto_get(tx, FIELD_MPTokenIssuanceID, &id) && memcmp(id.p, list[0].issuance.b, 24) == 0);
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct hash256 issuance = keylet_mpt_issuance(&list[0].issuance);
    struct hash256 key = keylet_mptoken(&issuance, &account);
    bool found = false;
    while (txmeta_next(&it, &node))
        found |= node.kind != TXMETA_DELETED && hash256_eq(&node.key, &key);
    ASSERT(found);
}

TEST(an_authorisation_makes_its_account_a_holder)
{
    golden_each("transactions.jsonl", holders_are_the_created_tokens);
    ASSERT(n_holders > 0);
}

static void truncated_bytes_do_no_harm(const struct json *line, struct arena *a)
{
    struct slice tx = golden_hex(line, "tx", a), meta = golden_hex(line, "meta", a);
    struct txmeta_show show = {.api_version = 2, .ledger_seq = 1, .nft_synthetic = true};
    struct arena_pos mark = arena_mark(a);
    for (size_t n = 0; n < meta.n; n += 1 + meta.n / 40) {
        CLEANUP(mem_freep) uint8_t *exact = xmalloc(n ? n : 1);
        memcpy(exact, meta.p, n);
        struct slice cut = slice_of(exact, n);
        struct account *accounts;
        struct txmeta_nft *nfts;
        struct txmeta_holder *holders;
        size_t count;
        ASSERT_OK(txmeta_accounts(cut, a, &accounts, &count));
        ASSERT_OK(txmeta_nfts(tx, cut, a, &nfts, &count));
        ASSERT_OK(txmeta_holders(cut, a, &holders, &count));
        arena_rewind(a, mark);
        buf_clear(&out);
        struct jw w = jw_to(&out);
        (void)err_failed(
            txmeta_render_meta(&w, tx, cut, &show)); /* damaged or not: it must be JSON */
        struct json v;
        ASSERT_OK(json_parse(buf_slice(&out), NULL, a, &v, NULL));
    }
}

TEST(truncated_metadata_gives_no_crash_and_valid_json)
{
    golden_each("transactions.jsonl", truncated_bytes_do_no_harm);
}

TEST(a_ctid_packs_ledger_index_and_network)
{
    char text[17];
    ASSERT(txmeta_ctid(0x1234567, 0x89, 0xABCD, text));
    ASSERT_STR("C12345670089ABCD", text);
    ASSERT(txmeta_ctid(0x0FFFFFFF, 0xFFFF, 0xFFFF, text));
    ASSERT_STR("CFFFFFFFFFFFFFFF", text);
    ASSERT(!txmeta_ctid(0x10000000, 0, 0, text));
    ASSERT(!txmeta_ctid(0, 0x10000, 0, text));
    ASSERT(!txmeta_ctid(0, 0, 0x10000, text));
}

TEST(index_and_result_are_those_of_the_metadata)
{
    uint8_t room[16];
    ASSERT(hex_decode(SLICE_LIT("201C00000001031000"), room, 9));
    struct slice meta = slice_of(room, 9);
    ASSERT_INT(1, txmeta_index(meta));
    ASSERT_INT(0, txmeta_result(meta));
    ASSERT_INT(255, txmeta_result(SLICE_EMPTY));
}

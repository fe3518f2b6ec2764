/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/txmeta.h"

#include "base/hex.h"
#include "base/mem.h"
#include "golden.h"
#include "json_same.h"
#include "test.h"
#include "xrpl/keylet.h"

#include <stdlib.h>
#include <time.h>

static struct buf out;

static bool is_true(const struct json *v)
{
    return json_is(v, JSON_BOOL) && v->b;
}

static struct txmeta_show show_of(const struct json *line)
{
    return (struct txmeta_show){.api_version = (uint32_t)json_get(line, "api")->i,
                                .ledger_seq = (uint32_t)json_get(line, "ledger")->i,
                                .close_time = (uint32_t)json_get(line, "close")->i,
                                .nft_synthetic = is_true(json_get(line, "nft"))};
}

static void transaction_as_recorded(const struct json *line, struct arena *a)
{
    struct slice tx = golden_hex(line, "tx", a), meta = golden_hex(line, "meta", a);
    struct txmeta_show show = show_of(line);
    char what[80];
    snprintf(what, sizeof what, "%.64s", (const char *)json_get(line, "hash")->s.p);
    buf_clear(&out);
    struct jw w = jw_to(&out);
    jw_obj_begin(&w);
    ASSERT_OK(txmeta_render_tx_members(&w, tx, &show));
    jw_obj_end(&w);
    json_same_assert(what, json_get(line, "tx_json")->raw, buf_slice(&out));
    buf_clear(&out);
    w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert(what, json_get(line, "meta_json")->raw, buf_slice(&out));
}

TEST(golden_transactions_are_rendered_as_recorded)
{
    size_t n = golden_each("transactions.jsonl", transaction_as_recorded);
    printf("txmeta: %zu recorded transactions\n", n);
    ASSERT(n > 100);
}

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
               nft->is_burned == is_true(&row[2]));
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

static struct slice bytes(const char *hex, uint8_t *room)
{
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), room, n));
    return slice_of(room, n);
}

TEST(delivered_amount_of_old_payments_is_unavailable)
{
    uint8_t a[64], b[64];
    struct slice tx = bytes("120000614000000000000005", a), meta = bytes("201C00000001031000", b);
    struct txmeta_show show = {.api_version = 1, .ledger_seq = 4594094, .close_time = 446000000};
    struct jw w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert("old",
                     SLICE_LIT("{\"TransactionIndex\":1,\"TransactionResult\":\"tesSUCCESS\","
                               "\"delivered_amount\":\"unavailable\"}"),
                     buf_slice(&out));
    show.close_time++;
    buf_clear(&out);
    w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert("by time",
                     SLICE_LIT("{\"TransactionIndex\":1,\"TransactionResult\":\"tesSUCCESS\","
                               "\"delivered_amount\":\"5\"}"),
                     buf_slice(&out));
    show = (struct txmeta_show){.api_version = 1, .ledger_seq = 4594095};
    buf_clear(&out);
    w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert("by ledger",
                     SLICE_LIT("{\"TransactionIndex\":1,\"TransactionResult\":\"tesSUCCESS\","
                               "\"delivered_amount\":\"5\"}"),
                     buf_slice(&out));
    ASSERT_INT(1, txmeta_index(meta));
    ASSERT_INT(0, txmeta_result(meta));
    ASSERT_INT(255, txmeta_result(SLICE_EMPTY));
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

static double total_ns;
static size_t n_rendered, n_bytes;

static void time_one(const struct json *line, struct arena *a)
{
    struct slice tx = golden_hex(line, "tx", a), meta = golden_hex(line, "meta", a);
    struct txmeta_show show = show_of(line);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (int i = 0; i < 20; i++) {
        buf_clear(&out);
        struct jw w = jw_to(&out);
        jw_obj_begin(&w);
        ASSERT_OK(txmeta_render_tx_members(&w, tx, &show));
        jw_key(&w, "meta");
        ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
        jw_obj_end(&w);
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    total_ns += ((double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec)) / 20;
    n_rendered++;
    n_bytes += tx.n + meta.n;
}

TEST(a_transaction_with_metadata_is_rendered_in_microseconds)
{
    golden_each("transactions.jsonl", time_one);
    printf("txmeta: %.0f ns per transaction with metadata (%zu bytes)\n",
           total_ns / (double)n_rendered, n_bytes / n_rendered);
    ASSERT(total_ns / (double)n_rendered <
           1e6); /* a bound that only a blunder exceeds; the figure is for people */
}

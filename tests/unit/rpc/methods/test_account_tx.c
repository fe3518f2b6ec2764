/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/core.h"
#include "small_world.h"
#include "store/store.h"
#include "test.h"

#define ISSUANCE "0000000100112233445566778899AABBCCDDEEFF00112233"

static const char *ask(struct small_world *w, const char *more)
{
    return small_world_ask(w, "account_tx", "\"account\":\"%s\"%s", w->alice, more);
}

/* Ledgers of the transactions shown, as "30 20 12 12". */
static const char *ledgers_shown(const char *reply)
{
    static char text[64];
    char path[64];
    text[0] = 0;
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "result.transactions.%d.ledger_index", i);
        const char *seq = client_at(reply, path);
        if (*seq)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", seq);
    }
    return text;
}

TEST(account_tx_goes_backward_or_forward)
{
    struct small_world *w = small_world_new();
    const char *reply = ask(w, ",\"binary\":true");
    ASSERT_STR("30 20 12 12", ledgers_shown(reply));
    ASSERT_AT("10", reply, "result.ledger_index_min");
    ASSERT_AT("30", reply, "result.ledger_index_max");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_AT("", reply, "result.limit");
    ASSERT_STR("12 12 20 30", ledgers_shown(ask(w, ",\"binary\":true,\"forward\":true")));
}

TEST(account_tx_goes_on_at_its_marker)
{
    struct small_world *w = small_world_new();
    const char *reply = ask(w, ",\"binary\":true,\"limit\":3");
    ASSERT_STR("30 20 12", ledgers_shown(reply));
    ASSERT_AT("{\"ledger\":12,\"seq\":1}", reply, "result.marker");
    ASSERT_AT("3", reply, "result.limit");
    reply = ask(w, ",\"binary\":true,\"limit\":3,\"marker\":{\"ledger\":12,\"seq\":1}");
    ASSERT_STR("12", ledgers_shown(reply));
    ASSERT_AT("", reply, "result.marker");
    reply = ask(w, ",\"binary\":true,\"limit\":4");
    ASSERT_AT("", reply, "result.marker"); /* nothing follows */
    reply = ask(
        w, ",\"binary\":true,\"limit\":1,\"forward\":true,\"marker\":{\"ledger\":12,\"seq\":1}");
    ASSERT_STR("20", ledgers_shown(reply));
}

TEST(account_tx_keeps_to_its_range)
{
    struct small_world *w = small_world_new();
    const char *reply =
        ask(w, ",\"binary\":true,\"ledger_index_min\":13,\"ledger_index_max\":29,\"limit\":2");
    ASSERT_STR("20", ledgers_shown(reply));
    ASSERT_AT("", reply, "result.marker");
    ASSERT_STR(
        "20",
        ledgers_shown(ask(
            w,
            ",\"binary\":true,\"forward\":true,\"ledger_index_min\":13,\"ledger_index_max\":29")));
    ASSERT_STR("20", ledgers_shown(ask(w, ",\"binary\":true,\"ledger_index\":20")));
    ASSERT_STR("12 12", ledgers_shown(ask(
                            w, ",\"binary\":true,\"ledger_index_max\":19,\"ledger_index\":20")));
    ASSERT_STR(
        "30 20 12 12",
        ledgers_shown(ask(w, ",\"binary\":true,\"ledger_index_min\":-1,\"ledger_index_max\":-5")));
}

TEST(account_tx_refuses_bad_ranges)
{
    struct small_world *w = small_world_new();
    static const struct {
        const char *more, *error, *message;
    } cases[] = {
        {",\"ledger_index_min\":31", "\"lgrIdxsInvalid\"", "\"Ledger indexes invalid.\""},
        {",\"ledger_index_max\":9", "\"lgrIdxsInvalid\"", "\"Ledger indexes invalid.\""},
        {",\"ledger_index_min\":-5", "\"lgrIdxsInvalid\"", "\"Ledger indexes invalid.\""},
        {",\"api_version\":2,\"ledger_index_min\":9", "\"lgrIdxMalformed\"",
         "\"ledgerSeqMinOutOfRange\""},
        {",\"api_version\":2,\"ledger_index_max\":31", "\"lgrIdxMalformed\"",
         "\"ledgerSeqMaxOutOfRange\""},
        {",\"api_version\":2,\"ledger_index_min\":20,\"ledger_index_max\":19",
         "\"invalidLgrRange\"", "\"Ledger range is invalid.\""},
        {",\"api_version\":2,\"ledger_index_min\":20,\"ledger_index\":20", "\"invalidParams\"",
         "\"containsLedgerSpecifierAndRange\""},
        {",\"ledger_index\":31", "\"lgrNotFound\"", "\"ledgerNotFound\""},
        {",\"marker\":5", "\"invalidParams\"", "\"invalidMarker\""},
        {",\"marker\":{\"seq\":1}", "\"invalidParams\"", "\"Required field 'ledger' missing\""},
        {",\"marker\":{\"ledger\":-1,\"seq\":1}", "\"invalidParams\"", "\"Invalid parameters.\""},
        {",\"tx_type\":\"nope\"", "\"invalidParams\"", "\"Invalid field 'tx_type'.\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *reply = ask(w, cases[i].more);
        ASSERT_AT(cases[i].error, reply, "result.error");
        ASSERT_AT(cases[i].message, reply, "result.error_message");
    }
}

TEST(account_tx_fills_the_page_with_what_passes)
{
    struct small_world *w = small_world_new();
    const char *reply = ask(w, ",\"binary\":true,\"limit\":3,\"tx_type\":\"offercreate\"");
    ASSERT_STR("12", ledgers_shown(reply));
    ASSERT_AT("", reply, "result.marker");
    reply = ask(w, ",\"binary\":true,\"limit\":2,\"tx_type\":\"Payment\"");
    ASSERT_STR("30 20", ledgers_shown(reply));
    ASSERT_AT("{\"ledger\":20,\"seq\":0}", reply, "result.marker");
    reply = ask(w, ",\"binary\":true,\"tx_type\":\"Payment\",\"marker\":{\"ledger\":20,\"seq\":0}");
    ASSERT_STR("12", ledgers_shown(reply));
    ASSERT_AT("", reply, "result.marker");
    ASSERT_AT("[]", ask(w, ",\"tx_type\":\"OfferCancel\""), "result.transactions");
}

static void expect_refused(struct small_world *w, const char *more, const char *error,
                           const char *message)
{
    const char *reply = ask(w, more);
    ASSERT_AT(error, reply, "result.error");
    ASSERT_AT(message, reply, "result.error_message");
}

TEST(account_tx_refuses_a_delegate_that_is_none)
{
    struct small_world *w = small_world_new();
    static const char is_needed[] = "\"Field 'delegate_filter' is required but missing.\"",
                      is_one_of[] =
                          "\"Field 'delegate_filter' value must be 'actor' or 'authorizer'.\"",
                      is_account[] = "\"Field 'counter_party' value must be a valid account.\"",
                      invalid[] = "\"invalidParams\"";
    expect_refused(w, ",\"delegate\":5", invalid, "\"delegateNotObject\"");
    expect_refused(w, ",\"delegate\":\"actor\"", invalid, "\"delegateNotObject\"");
    expect_refused(w, ",\"delegate\":{}", invalid, is_needed);
    expect_refused(w, ",\"delegate\":{\"delegate_filter\":\"signer\"}", invalid, is_one_of);
    expect_refused(w, ",\"delegate\":{\"delegate_filter\":1}", invalid, is_one_of);
    expect_refused(w, ",\"delegate\":{\"delegate_filter\":\"actor\",\"counter_party\":\"x\"}",
                   "\"actMalformed\"", is_account);
    expect_refused(w, ",\"delegate\":{\"delegate_filter\":\"actor\",\"counter_party\":1}",
                   "\"actMalformed\"", is_account);
    ASSERT_AT("[]", ask(w, ",\"delegate\":{\"delegate_filter\":\"actor\"}"), "result.transactions");
}

TEST(account_tx_refuses_an_issuance_that_is_none)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"invalidParams\"", ask(w, ",\"mpt_issuance_id\":5"), "result.error");
    ASSERT_AT("\"invalidParams\"", ask(w, ",\"mpt_issuance_id\":\"00\""), "result.error");
    ASSERT_AT("[]", ask(w, ",\"mpt_issuance_id\":\"" ISSUANCE "\""), "result.transactions");
}

TEST(account_tx_shows_entries_as_the_version_says)
{
    struct small_world *w = small_world_new();
    const char *reply = ask(w, ",\"limit\":1");
    ASSERT_AT("30", reply, "result.transactions.0.tx.inLedger");
    ASSERT_AT("\"C000001E0000535A\"", reply, "result.transactions.0.tx.ctid");
    ASSERT_AT("800000300", reply, "result.transactions.0.tx.date");
    ASSERT(*client_at(reply, "result.transactions.0.tx.hash"));
    ASSERT_AT("\"1234\"", reply, "result.transactions.0.meta.delivered_amount");
    reply = ask(w, ",\"limit\":1,\"api_version\":2");
    ASSERT_AT("", reply, "result.transactions.0.tx_json.inLedger");
    ASSERT_AT("30", reply, "result.transactions.0.ledger_index");
    ASSERT(*client_at(reply, "result.transactions.0.hash") &&
           *client_at(reply, "result.transactions.0.ledger_hash"));
    reply = small_world_ask(w, "account_tx", "\"account\":\"%s\"", w->nobody);
    ASSERT_AT("[]", reply, "result.transactions");
}

/* A store of which only the indexes can be read. */
static struct store *indexes_of;

static err scan_of(struct store *s, const struct store_scan *scans, size_t n, struct arena *a,
                   struct store_rows *ret)
{
    (void)s;
    return store_scan_many(indexes_of, scans, n, a, ret);
}

static err refuse_to_read(struct store *s, const struct store_tx_locator *at, size_t n,
                          struct arena *a, struct store_tx *ret)
{
    (void)s;
    (void)at;
    (void)n;
    (void)a;
    (void)ret;
    return FAIL(ERR_IO, "test: no transaction may be read");
}

static const struct store_ops index_ops = {.scan = scan_of, .txs_get = refuse_to_read};

static void ask_again(void *arg)
{
    struct small_world *w = arg;
    static const char *const more[] = {"", ",\"api_version\":2", ",\"forward\":true,\"limit\":3"};
    const char *first[3], *second;
    for (size_t i = 0; i < 3; i++) {
        first[i] = ask(w, more[i]);
        second = ask(w, more[i]);
        ASSERT_STR(first[i], second);
    }
    struct store indexes = {&index_ops};
    indexes_of = w->store;
    fake_set_store(w->ledgers, &indexes);
    for (size_t i = 0; i < 3; i++)
        ASSERT_STR(first[i], ask(w, more[i]));
    ASSERT_AT("\"internal\"", ask(w, ",\"binary\":true"), "result.error");
    ASSERT_AT("\"internal\"", ask(w, ",\"delegate\":{\"delegate_filter\":\"actor\"}"),
              "result.error");
    fake_set_store(w->ledgers, w->store);
}

TEST(account_tx_remembers_how_it_wrote_a_transaction)
{
    struct small_world *w = small_world_new();
    ASSERT_OK(core_run_fiber("test", ask_again, w));
}

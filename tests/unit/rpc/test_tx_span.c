/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_span.h"

#include "small_world.h"
#include "test.h"

/* The span of ledgers 10..30 that parameters select: "low..high", or the error's message. */
static const char *span(uint32_t version, enum tx_span_rule rule, int min, int max, int ledger)
{
    struct small_world *w = small_world_new();
    struct call c = {
        .arena = fake_keep(arena_new(1 << 12)), .ledgers = w->ledgers, .api_version = version};
    struct tx_span_args args = {.min = {min != -1, min}, .max = {max != -1, max}};
    struct tx_rows rows = {0};
    static char text[80];
    c.ledger.index_given = ledger != -1; /* 0: by name */
    c.ledger.index_is_seq = ledger > 0;
    c.ledger.index = (uint32_t)ledger;
    if (err_failed(tx_span_select(&c, &args, rule, &rows)))
        snprintf(text, sizeof text, "%d %s", (int)c.fault.code,
                 c.fault.message ? c.fault.message : "");
    else
        snprintf(text, sizeof text, "%u..%u", rows.low, rows.high);
    c.view = view_close(c.view);
    return text;
}

TEST(a_span_is_narrowed_or_refused_as_rule_and_version_say)
{
    ASSERT_STR("10..30", span(1, TX_SPAN_BY_VERSION, -1, -1, -1));
    ASSERT_STR("12..20", span(1, TX_SPAN_BY_VERSION, 12, 20, -1));
    ASSERT_STR("12..20", span(2, TX_SPAN_BY_VERSION, 12, 20, -1));
    ASSERT_STR("12..20", span(1, TX_SPAN_STRICT, 12, 20, -1));
    ASSERT_STR("10..30", span(1, TX_SPAN_BY_VERSION, 5, 35, -1));
    ASSERT_STR("58 ledgerSeqMinOutOfRange", span(2, TX_SPAN_BY_VERSION, 5, 35, -1));
    ASSERT_STR("58 ledgerSeqMinOutOfRange", span(1, TX_SPAN_STRICT, 5, 35, -1));
    ASSERT_STR("58 ledgerSeqMaxOutOfRange", span(1, TX_SPAN_STRICT, 30, 31, -1));
    ASSERT_STR("58 ledgerSeqMaxOutOfRange", span(1, TX_SPAN_STRICT, 10, 9, -1));
    ASSERT_STR("58 ledgerSeqMinOutOfRange", span(1, TX_SPAN_STRICT, -2, -1, -1));
    ASSERT_STR("57 ", span(1, TX_SPAN_BY_VERSION, 20, 19, -1));
    ASSERT_STR("79 ", span(2, TX_SPAN_BY_VERSION, 20, 19, -1));
    ASSERT_STR("57 ", span(2, TX_SPAN_STRICT, 20, 19, -1));
}

TEST(a_ledger_beside_a_range_is_refused_or_loses)
{
    ASSERT_STR("20..20", span(1, TX_SPAN_BY_VERSION, -1, -1, 20));
    ASSERT_STR("20..20", span(1, TX_SPAN_STRICT, -1, -1, 20));
    ASSERT_STR("30..30", span(1, TX_SPAN_BY_VERSION, -1, -1, 0));
    ASSERT_STR("10..30", span(1, TX_SPAN_STRICT, -1, -1, 0));
    ASSERT_STR("12..30", span(1, TX_SPAN_BY_VERSION, 12, -1, 20));
    ASSERT_STR("31 containsLedgerSpecifierAndRange", span(2, TX_SPAN_BY_VERSION, 12, -1, 20));
    ASSERT_STR("31 containsLedgerSpecifierAndRange", span(1, TX_SPAN_STRICT, 12, -1, 20));
    ASSERT_STR("31 containsLedgerSpecifierAndRange", span(2, TX_SPAN_BY_VERSION, -1, 12, 0));
    ASSERT_STR("12..30", span(2, TX_SPAN_STRICT, 12, -1, 0));
    ASSERT_STR("21 ledgerNotFound", span(2, TX_SPAN_STRICT, -1, -1, 31));
}

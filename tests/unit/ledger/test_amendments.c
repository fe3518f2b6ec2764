/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/amendments.h"

#include "base/hex.h"
#include "market.h"
#include "sto_build.h"
#include "test.h"
#include "xrpl/keylet.h"

TEST(the_ledger_says_which_amendments_it_has_in_any_order)
{
    struct market m;
    struct buf b = {0};
    struct hash256 ids[] = {{{9}}, {{1}}, {{5}}}, other = {{4}}, key = keylet_amendments();
    struct amendments found;
    market_init(&m);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Amendments);
    sto_build_field(&b, FIELD_Amendments, slice_of(ids, sizeof ids));
    market_add(&m, &key, &b);
    market_open(&m);
    ASSERT_OK(amendments_read(m.view, m.arena, &found));
    ASSERT_INT(3, found.n);
    for (size_t i = 0; i < 3; i++)
        ASSERT(amendments_have(&found, &ids[i]));
    ASSERT(!amendments_have(&found, &other));
    ASSERT_INT(1, found.ids[0].b[0]);
    ASSERT_INT(9, found.ids[2].b[0]);
    market_deinit(&m);
    buf_deinit(&b);
}

TEST(a_ledger_without_the_object_or_the_list_has_no_amendments)
{
    struct market m;
    struct hash256 id = {{1}}, key = keylet_amendments();
    struct amendments found;
    market_init(&m);
    market_open(&m);
    ASSERT_OK(amendments_read(m.view, m.arena, &found));
    ASSERT(found.n == 0 && !amendments_have(&found, &id));
    market_deinit(&m);
    struct buf b = {0};
    market_init(&m);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Amendments);
    market_add(&m, &key, &b);
    market_open(&m);
    ASSERT_OK(amendments_read(m.view, m.arena, &found));
    ASSERT_INT(0, found.n);
    market_deinit(&m);
    buf_deinit(&b);
}

TEST(something_else_in_the_place_of_the_amendments_is_damage)
{
    struct market m;
    struct buf b = {0};
    struct hash256 key = keylet_amendments();
    struct amendments found;
    market_init(&m);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_FeeSettings);
    market_add(&m, &key, &b);
    market_open(&m);
    ASSERT_ERR(ERR_CORRUPT, amendments_read(m.view, m.arena, &found));
    market_deinit(&m);
    buf_deinit(&b);
}

TEST(an_amendment_is_found_by_its_name)
{
    struct market m;
    struct buf b = {0};
    struct hash256 key = keylet_amendments(), ids[2] = {{{9}}};
    bool enabled;
    /* DynamicMPT */
    ASSERT(hex_decode(SLICE_LIT("58E92F338758479C06084E1B6BA366BAD8F75E5329A7F0EEAFFFDA51E5106B7F"),
                      ids[1].b, 32));
    market_init(&m);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Amendments);
    sto_build_field(&b, FIELD_Amendments, slice_of(ids, sizeof ids));
    market_add(&m, &key, &b);
    market_open(&m);
    ASSERT_OK(amendments_enabled(m.view, m.arena, "DynamicMPT", &enabled));
    ASSERT(enabled);
    ASSERT_OK(amendments_enabled(m.view, m.arena, "fixFrozenLPTokenTransfer", &enabled));
    ASSERT(!enabled);
    market_deinit(&m);
    buf_deinit(&b);
}

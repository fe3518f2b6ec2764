/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/sponsor.h"

#include "owner_world.h"
#include "test.h"

static struct account of_byte(uint8_t byte)
{
    struct account a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static void put_account(struct buf *b, field_id id, const struct account *a)
{
    small_world_field(b, id, slice_of(a->b, 20));
}

TEST(an_entry_names_who_pays_for_it)
{
    struct buf b = {0};
    struct account payer = of_byte(1), owner = of_byte(2), got;
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_Check);
    put_account(&b, FIELD_Account, &owner);
    ASSERT(!sponsor_of(buf_slice(&b), &owner, &got));
    ASSERT(!sponsor_pays(buf_slice(&b), &payer, &got));
    put_account(&b, FIELD_Sponsor, &payer);
    ASSERT(sponsor_of(buf_slice(&b), &owner, &got) && account_eq(&got, &payer));
    ASSERT(sponsor_pays(buf_slice(&b), &payer, &got) && account_eq(&got, &owner));
    ASSERT(!sponsor_pays(buf_slice(&b), &owner, &got));
    buf_deinit(&b);
}

TEST(each_end_of_a_trust_line_may_have_a_payer)
{
    struct buf b = {0};
    struct account payer = of_byte(9), low = of_byte(1), high = of_byte(2), got;
    uint8_t wire[AMOUNT_WIRE_MAX];
    struct amount of_low = owner_amount('U', &low, 1), of_high = owner_amount('U', &high, 1);
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_RippleState);
    small_world_field(&b, FIELD_LowLimit, slice_of(wire, amount_encode(&of_low, wire)));
    small_world_field(&b, FIELD_HighLimit, slice_of(wire, amount_encode(&of_high, wire)));
    put_account(&b, FIELD_HighSponsor, &payer);
    ASSERT(!sponsor_of(buf_slice(&b), &low, &got));
    ASSERT(sponsor_of(buf_slice(&b), &high, &got) && account_eq(&got, &payer));
    ASSERT(sponsor_pays(buf_slice(&b), &payer, &got) && account_eq(&got, &high));
    ASSERT(!sponsor_pays(buf_slice(&b), &low, &got));
    buf_deinit(&b);
}

TEST(what_blocks_deletion)
{
    ASSERT(sponsor_blocks_deletion(ENTRY_Vault) && sponsor_blocks_deletion(ENTRY_Sponsorship));
    ASSERT(!sponsor_blocks_deletion(ENTRY_Offer) && !sponsor_blocks_deletion(0xFFFF));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/sponsor.h"

#include "base/mem.h"
#include "xrpl/amount.h"
#include "xrpl/sto.h"

/* The account at one end of a trust line: the issuer of its limit. */
static bool end_of_line(struct slice line, field_id limit, struct account *ret)
{
    struct slice value;
    struct amount amount;
    if (!sto_get(line, limit, &value) || err_failed(amount_decode(value, &amount)) ||
        amount.asset.kind != ASSET_IOU)
        return false;
    *ret = amount.asset.issuer;
    return true;
}

bool sponsor_of(struct slice entry, const struct account *owner, struct account *ret)
{
    struct account low;
    if (sto_entry_type(entry) != ENTRY_RippleState)
        return sto_account(entry, FIELD_Sponsor, ret);
    bool is_low = end_of_line(entry, FIELD_LowLimit, &low) && account_eq(&low, owner);
    return sto_account(entry, is_low ? FIELD_LowSponsor : FIELD_HighSponsor, ret);
}

static bool pays_end(struct slice line, const struct account *sponsor, field_id by, field_id limit,
                     struct account *ret_for)
{
    struct account who;
    return sto_account(line, by, &who) && account_eq(&who, sponsor) &&
           end_of_line(line, limit, ret_for);
}

bool sponsor_pays(struct slice entry, const struct account *sponsor, struct account *ret_for)
{
    struct account who;
    *ret_for = (struct account){0};
    if (sto_entry_type(entry) == ENTRY_RippleState)
        return pays_end(entry, sponsor, FIELD_LowSponsor, FIELD_LowLimit, ret_for) ||
               pays_end(entry, sponsor, FIELD_HighSponsor, FIELD_HighLimit, ret_for);
    if (!sto_account(entry, FIELD_Sponsor, &who) || !account_eq(&who, sponsor))
        return false;
    if (!sto_account(entry, FIELD_Owner, ret_for))
        (void)sto_account(entry, FIELD_Account, ret_for); /* some entries name neither */
    return true;
}

bool sponsor_blocks_deletion(uint16_t type)
{
    static const uint16_t blockers[] = {ENTRY_Check,
                                        ENTRY_Escrow,
                                        ENTRY_PayChannel,
                                        ENTRY_RippleState,
                                        ENTRY_NFTokenPage,
                                        ENTRY_Bridge,
                                        ENTRY_XChainOwnedClaimID,
                                        ENTRY_XChainOwnedCreateAccountClaimID,
                                        ENTRY_Loan,
                                        ENTRY_MPTokenIssuance,
                                        ENTRY_MPToken,
                                        ENTRY_PermissionedDomain,
                                        ENTRY_Vault,
                                        ENTRY_LoanBroker,
                                        ENTRY_Sponsorship};
    for (size_t i = 0; i < ARRAY_LEN(blockers); i++)
        if (blockers[i] == type)
            return true;
    return false;
}

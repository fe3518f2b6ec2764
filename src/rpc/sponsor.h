/* SPDX-License-Identifier: Apache-2.0 */
/* Who pays the reserve of ledger entries for others (XLS-68), and which entries stand in the way of
 * deleting an account. */
#pragma once
#include "xrpl/account.h"

/* Who pays for the entry in the place of `owner`: for a trust line the sponsor of this end. False:
 * nobody does. */
bool sponsor_of(struct slice entry, const struct account *owner, struct account *ret);
/* Does `sponsor` pay for the entry, whoever's it is? Then *ret_for is for whom, as far as the entry
 * says (zeros: it does not). */
bool sponsor_pays(struct slice entry, const struct account *sponsor, struct account *ret_for);

/* Entries of this LedgerEntryType keep their owner from being deleted. */
bool sponsor_blocks_deletion(uint16_t type);

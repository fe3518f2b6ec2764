/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of ledger objects: where each kind of object stands in the state (SHA-512 half of a name
 * space and fields; table: rpc-a 1.16). */
#pragma once
#include "base/hash.h"
#include "xrpl/account.h"

struct hash256 keylet_account(const struct account *a);
struct hash256 keylet_dir_page(const struct hash256 *root,
                               uint64_t page); /* page 0 = the root itself */
struct hash256 keylet_owner_dir(const struct account *a);
struct hash256 keylet_line(const struct account *a, const struct account *b,
                           const struct currency *c);
struct hash256 keylet_offer(const struct account *a, uint32_t sequence);
/* Base of an order book, last 8 bytes zero. `domain` NULL = open book. XRP and IOU assets. */
struct hash256 keylet_book(const struct asset *pays, const struct asset *gets,
                           const struct hash256 *domain);
struct hash256 keylet_book_quality(const struct hash256 *base, uint64_t quality);
struct hash256 keylet_book_end(const struct hash256 *base); /* base + 2^64 */
uint64_t keylet_quality(const struct hash256 *directory);
struct hash256 keylet_escrow(const struct account *owner, uint32_t sequence);
struct hash256 keylet_amendments(void);
struct hash256 keylet_fees(void);
struct hash256 keylet_negative_unl(void);
struct hash256 keylet_hashes_recent(void);
struct hash256 keylet_hashes(uint32_t ledger_seq); /* the page of its 65,536 range */
struct hash256 keylet_ticket(const struct account *a, uint32_t ticket_sequence);
struct hash256 keylet_signer_list(const struct account *a);
struct hash256 keylet_pay_channel(const struct account *src, const struct account *dst,
                                  uint32_t sequence);
struct hash256 keylet_check(const struct account *a, uint32_t sequence);
struct hash256 keylet_deposit_preauth(const struct account *owner,
                                      const struct account *authorized);
/* One credential of a set: the issuer and the type's bytes. */
struct keylet_credential {
    struct account issuer;
    struct slice type;
};
/* `set` is sorted in place (issuer, type). */
struct hash256 keylet_deposit_preauth_credentials(const struct account *owner,
                                                  struct keylet_credential *set, size_t n);
struct hash256 keylet_nft_offer(const struct account *owner, uint32_t sequence);
struct hash256 keylet_nft_buys(const struct hash256 *token);
struct hash256 keylet_nft_sells(const struct hash256 *token);
struct hash256 keylet_nft_page(const struct account *owner, const uint8_t low96[12]);
struct hash256 keylet_nft_page_min(const struct account *owner);
struct hash256 keylet_nft_page_max(const struct account *owner);
struct hash256 keylet_amm(const struct asset *a, const struct asset *b); /* any order */
struct currency keylet_amm_lp_currency(const struct asset *a, const struct asset *b);
struct hash256 keylet_bridge(const struct account *door, const struct currency *issue_currency);
struct keylet_bridge_sides {
    struct account locking_door;
    struct asset locking_issue;
    struct account issuing_door;
    struct asset issuing_issue;
};
struct hash256 keylet_xchain_claim_id(const struct keylet_bridge_sides *b, uint64_t id);
struct hash256 keylet_xchain_create_account_claim_id(const struct keylet_bridge_sides *b,
                                                     uint64_t count);
struct hash256 keylet_did(const struct account *a);
struct hash256 keylet_oracle(const struct account *a, uint32_t document_id);
struct mpt_id keylet_mpt_id(uint32_t sequence, const struct account *issuer);
struct hash256 keylet_mpt_issuance(const struct mpt_id *id);
struct hash256 keylet_mptoken(const struct hash256 *issuance_key, const struct account *holder);
struct hash256 keylet_credential(const struct account *subject, const struct account *issuer,
                                 struct slice type);
struct hash256 keylet_permissioned_domain(const struct account *a, uint32_t sequence);
struct hash256 keylet_delegate(const struct account *a, const struct account *authorized);
struct hash256 keylet_sponsorship(const struct account *sponsor, const struct account *sponsee);
struct hash256 keylet_vault(const struct account *owner, uint32_t sequence);
struct hash256 keylet_loan_broker(const struct account *owner, uint32_t sequence);
struct hash256 keylet_loan(const struct hash256 *broker_key, uint32_t sequence);

/* key + 1 and key - 1 as 256-bit numbers (wrapping). */
struct hash256 keylet_increment(const struct hash256 *key);
struct hash256 keylet_decrement(const struct hash256 *key);

/* Parts of an NFTokenID. */
struct nft_parts {
    uint16_t flags;
    uint16_t transfer_fee;
    struct account issuer;
    uint32_t taxon; /* unscrambled */
    uint32_t serial;
};
struct nft_parts keylet_nft_parts(const struct hash256 *token);

/* SPDX-License-Identifier: Apache-2.0 */
/* The small world, in which alice owns things: 16 entries on three pages of her directory, and NFT
 * pages. In this order: trust lines 0..7, an offer, a channel she pays into and one she is paid by,
 * an escrow of 7 EUR, an MPT issuance, an MPT, trust lines 8 and 9.
 *
 * Line i is with peer i, whose address is below alice's for even i and above it for odd i.
 * Currencies: i < 5 USD, else EUR. Alice's balance is i - 4 (line 4: zero); her limit is 2, the
 * peer's 3. Flags of her side: reserve on all but line 1, no-ripple on lines 0 and 1, freeze on
 * line 0; of the other side: authorized and deep freeze on line 9. */
#pragma once
#include "small_world.h"
#include "xrpl/amount.h"

#define OWNER_N_LINES 10
#define OWNER_N_ENTRIES 16
#define OWNER_N_NFT_PAGES 12

struct owner_world {
    struct small_world *w;
    struct account alice, bob;
    char peers[OWNER_N_LINES][40];
    struct hash256 entries[OWNER_N_ENTRIES];
    struct hash256 nft_pages[OWNER_N_NFT_PAGES]; /* from the highest down; of bob: */
};

/* bob has no directory but OWNER_N_NFT_PAGES pages of two NFTs each; alice has one NFT page when
 * `alice_has_nfts`. */
struct owner_world *owner_world_new(bool alice_has_nfts);
/* The i-th peer's account. */
struct account owner_peer(unsigned i);
/* Bytes of line i. In memory that stays. */
struct slice owner_line(unsigned i);
struct amount owner_amount(char currency, const struct account *issuer, int64_t value);

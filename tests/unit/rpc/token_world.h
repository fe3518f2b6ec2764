/* SPDX-License-Identifier: Apache-2.0 */
/* The small world (ledgers 10..30) with tokens of alice:
 *
 * - token 0, taxon 5: alice's from the first ledger on, bob's from 15, burned by him in 25. URI
 *   AB01, in ledger 28 CD. Touched by transactions 12:0, 12:1, 20:0, 30:0.
 * - token 1, taxon 7: bob's from 20 on, no URI.
 * - token 2, taxon 5: alice's from 28 on.
 * - buy offers for token 0: TOKEN_N_OFFERS, 6 on a page, amounts 1000, 1001, ... drops; the first
 *   one with destination and expiration. One sell offer, in EUR.
 * - an MPT issuance with holders bob (500), nobody (only in ledgers 10..12) and a third (flag 1, no
 *   amount), in this order: nobody, bob, third. */
#pragma once
#include "small_world.h"

#define TOKEN_N 3
#define TOKEN_N_OFFERS 120

struct token_world {
    struct small_world *w;
    struct hash256 tokens[TOKEN_N];
    char token_hex[TOKEN_N][65];
    struct hash256 offers[TOKEN_N_OFFERS];
    char offer_hex[TOKEN_N_OFFERS][65];
    char issuance_hex[49];
};

struct token_world *token_world_new(void);

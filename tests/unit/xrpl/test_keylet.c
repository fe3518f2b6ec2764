/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "base/hex.h"
#include "xrpl/amount.h"
#include "xrpl/keylet.h"

static void assert_key(const char *hex, struct hash256 key)
{
    char text[65] = {0};
    hex_encode(hash256_slice(&key), text);
    ASSERT_STR(hex, text);
}

static struct account account_text(const char *text)
{
    struct account a;
    ASSERT(account_from_text(slice_str(text), &a));
    return a;
}

static struct account first(void)
{
    return account_text("rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn");
}

static struct account second(void)
{
    return account_text("rLEsXccBGNR3UPuPu2hUXPjziKC3qKSBun");
}

static struct asset usd_of_first(void)
{
    struct asset a = {.kind = ASSET_IOU, .issuer = first()};
    ASSERT(currency_from_text(SLICE_LIT("USD"), &a.currency));
    return a;
}

TEST(singletons_have_their_keys)
{
    assert_key("7DB0788C020F02780A673DC74757F23823FA3014C1866E72CC4CD8B226CD6EF4",
               keylet_amendments());
    assert_key("4BC50C9B0D8515D3EAAE1E74B29A95804346C491EE1A95BF25E4AAB854A6A651", keylet_fees());
    assert_key("2E8A59AA9D3B5B186B0B9E0F62E6C02587CA74A4D778938E957B6357D364B244",
               keylet_negative_unl());
    assert_key("B4979A36CDC7F3D3D5C31A4EAE2AC7D7209DDA877588B9AFC66799692AB0D66B",
               keylet_hashes_recent());
}

TEST(an_accounts_objects_have_their_keys)
{
    struct account a = first(), b = second();
    struct asset usd = usd_of_first();
    struct hash256 dir = keylet_owner_dir(&a);
    assert_key("13F1A95D7AAB7108D5CE7EEAF504B2894B8C674E6D68499076441C4837282BF8",
               keylet_account(&a));
    assert_key("3B9C0CE77FCE7BCEE1A68F1E26AC467AF326239D0D816CE705E4A0E2DAD03F6D", dir);
    assert_key("3B9C0CE77FCE7BCEE1A68F1E26AC467AF326239D0D816CE705E4A0E2DAD03F6D",
               keylet_dir_page(&dir, 0));
    assert_key("6D6729ED5E4CC0ED3555139DE3F823273F59B709496CA3F84B7CAA2D52559520",
               keylet_dir_page(&dir, 1));
    assert_key("F3A94BD98F8DA209A498858B01B443EA2E2FE412EE2B0961429303B1FEEEE986",
               keylet_offer(&a, 7));
    assert_key("9BD78813B596E40327F43984BC1F30D922CA46757847D5E2E6AAF4807DB271FA",
               keylet_line(&a, &b, &usd.currency));
    assert_key("9BD78813B596E40327F43984BC1F30D922CA46757847D5E2E6AAF4807DB271FA",
               keylet_line(&b, &a, &usd.currency));
    assert_key("A9C28A28B85CD533217F5C0A0C7767666B093FA58A0F2D80026FCC4CD932DDC7",
               keylet_signer_list(&a));
}

TEST(a_book_and_its_qualities_have_their_keys)
{
    struct asset usd = usd_of_first(), xrp = {0};
    struct hash256 base = keylet_book(&usd, &xrp, NULL);
    assert_key("43B83ADC452B85FCBADA6CAEAC5181C255A213630D58FFD40000000000000000", base);
    struct hash256 at_two = keylet_book_quality(&base, 0x55071AFD498D0000u);
    assert_key("43B83ADC452B85FCBADA6CAEAC5181C255A213630D58FFD455071AFD498D0000", at_two);
    ASSERT_INT(0x55071AFD498D0000, keylet_quality(&at_two));
    assert_key("43B83ADC452B85FCBADA6CAEAC5181C255A213630D58FFD50000000000000000",
               keylet_book_end(&base));
}

TEST(a_pool_has_one_key_and_one_currency_in_any_order)
{
    struct asset usd = usd_of_first(), xrp = {0};
    assert_key("CAA00DBC62557892BCD1632268B1FBA53FE6103F29CB63FD795301814486C2B4",
               keylet_amm(&xrp, &usd));
    assert_key("CAA00DBC62557892BCD1632268B1FBA53FE6103F29CB63FD795301814486C2B4",
               keylet_amm(&usd, &xrp));
    struct currency c = keylet_amm_lp_currency(&usd, &xrp);
    char text[CURRENCY_TEXT_MAX];
    currency_to_text(&c, text);
    ASSERT_STR("03930D02208264E2E40EC1B0C09E4DB96EE197B1", text);
}

TEST(a_set_of_credentials_has_one_key_in_any_order)
{
    struct account owner = first();
    struct keylet_credential one[3] = {
        {first(), SLICE_LIT("b")}, {first(), SLICE_LIT("ab")}, {second(), SLICE_LIT("a")}};
    struct keylet_credential other[3] = {one[2], one[0], one[1]};
    struct hash256 a = keylet_deposit_preauth_credentials(&owner, one, 3);
    struct hash256 b = keylet_deposit_preauth_credentials(&owner, other, 3);
    ASSERT(hash256_eq(&a, &b));
    ASSERT_SLICE("ab", one[0].type);
    struct hash256 c = keylet_deposit_preauth_credentials(&owner, one, 2);
    ASSERT(!hash256_eq(&a, &c));
}

TEST(neighbouring_keys_carry_and_borrow)
{
    struct hash256 k = {.b = {[30] = 0xFF, [31] = 0xFF}}, zero = {0};
    struct hash256 up = keylet_increment(&k);
    assert_key("0000000000000000000000000000000000000000000000000000000000010000", up);
    struct hash256 down = keylet_decrement(&up);
    ASSERT(hash256_eq(&k, &down));
    struct hash256 last = keylet_decrement(&zero);
    assert_key("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", last);
    struct hash256 wrapped = keylet_increment(&last);
    ASSERT(hash256_is_zero(&wrapped));
}

TEST(token_pages_span_the_owners_range)
{
    struct account a = first();
    assert_key("4B4E9C06F24296074F7BC48F92A97916C6DC5EA9000000000000000000000000",
               keylet_nft_page_min(&a));
    assert_key("4B4E9C06F24296074F7BC48F92A97916C6DC5EA9FFFFFFFFFFFFFFFFFFFFFFFF",
               keylet_nft_page_max(&a));
}

TEST(a_token_id_tells_its_parts)
{
    struct hash256 token;
    ASSERT(hex_decode(SLICE_LIT("000813884A70CC7A16A6A7E93D6F91934CCC9CC7313C75560CCB83F40000005A"),
                      token.b, 32));
    struct nft_parts p = keylet_nft_parts(&token);
    struct account issuer;
    ASSERT(hex_decode(SLICE_LIT("4A70CC7A16A6A7E93D6F91934CCC9CC7313C7556"), issuer.b, 20));
    ASSERT_INT(8, p.flags);
    ASSERT_INT(5000, p.transfer_fee);
    ASSERT(account_eq(&issuer, &p.issuer));
    ASSERT_INT(0x5A, p.serial);
    ASSERT_INT(1, p.taxon);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "base/hex.h"
#include "xrpl/account.h"

static struct account account_hex(const char *hex)
{
    struct account a;
    ASSERT(hex_decode(slice_str(hex), a.b, sizeof a.b));
    return a;
}

static void assert_text(const char *hex, const char *text)
{
    struct account a = account_hex(hex), back;
    char out[ACCOUNT_TEXT_MAX];
    for (int round = 0; round < 2; round++) { /* computed, then remembered */
        ASSERT_INT(strlen(text), account_to_text(&a, out));
        ASSERT_STR(text, out);
    }
    ASSERT(account_from_text(slice_str(text), &back));
    ASSERT(account_eq(&a, &back));
    ASSERT(account_from_text_lenient(slice_str(text), &back));
    ASSERT(account_eq(&a, &back));
}

TEST(accounts_have_their_known_texts)
{
    assert_text("4B4E9C06F24296074F7BC48F92A97916C6DC5EA9", "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn");
    assert_text("D31252CF902EF8DD8451243869B38667CBD89DF3", "rLEsXccBGNR3UPuPu2hUXPjziKC3qKSBun");
    assert_text("0000000000000000000000000000000000000000", "rrrrrrrrrrrrrrrrrrrrrhoLvTp");
    assert_text("0000000000000000000000000000000000000001", "rrrrrrrrrrrrrrrrrrrrBZbvji");
    assert_text("B5F762798A53D543A014CAF8B297CFF8F2F937E8", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh");
}

TEST(accounts_that_meet_in_one_memo_keep_their_own_text)
{
    char first[ACCOUNT_TEXT_MAX], text[ACCOUNT_TEXT_MAX];
    struct account a = account_hex("4B4E9C06F24296074F7BC48F92A97916C6DC5EA9"), back;
    account_to_text(&a, first);
    for (int i = 0; i < 256; i++) {
        struct account b = a;
        b.b[0] = (uint8_t)i; /* not part of the memo's place */
        account_to_text(&b, text);
        ASSERT(account_from_text(slice_str(text), &back));
        ASSERT(account_eq(&b, &back));
    }
    account_to_text(&a, text);
    ASSERT_STR(first, text);
}

TEST(random_accounts_come_back)
{
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        struct account a, back;
        for (size_t i = 0; i < sizeof a.b; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            a.b[i] = (uint8_t)(seed >> 56);
        }
        char text[ACCOUNT_TEXT_MAX];
        size_t n = account_to_text(&a, text);
        ASSERT_INT(n, strlen(text));
        ASSERT(account_from_text(slice_of(text, n), &back));
        ASSERT(account_eq(&a, &back));
    }
}

#define KEY_HEX "0330E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD020"
#define KEY_TEXT "aBQG8RQAzjs1eTKFEAQXr2gS4utcDiEC9wmi7pfUPTi27VCahwgw"

TEST(a_public_key_names_its_account)
{
    uint8_t key[33];
    struct account a;
    char text[56];
    ASSERT(hex_decode(SLICE_LIT(KEY_HEX), key, 33));
    struct account expected = account_from_pubkey(slice_of(key, 33));
    char r[ACCOUNT_TEXT_MAX];
    account_to_text(&expected, r);
    ASSERT_STR("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", r);
    ASSERT(account_from_text_lenient(SLICE_LIT(KEY_HEX), &a) && account_eq(&a, &expected));
    ASSERT(account_from_text_lenient(SLICE_LIT(KEY_TEXT), &a) && account_eq(&a, &expected));
    ASSERT(!account_from_text(SLICE_LIT(KEY_TEXT), &a));
    ASSERT(!account_from_text(SLICE_LIT(KEY_HEX), &a));
    ASSERT_INT(strlen(KEY_TEXT), account_pubkey_to_text(slice_of(key, 33), text));
    ASSERT_STR(KEY_TEXT, text);
    ASSERT_INT(0, account_pubkey_to_text(slice_of(key, 32), text));
}

TEST(hex_keys_need_a_known_first_byte)
{
    struct account a, b;
    ASSERT(account_from_text_lenient(
        SLICE_LIT("ED"
                  "30E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD020"),
        &a));
    ASSERT(account_from_text_lenient(
        SLICE_LIT("ed"
                  "30e7fc9d56bb25d6893ba3f317ae5bcf33b3291bd63db32654a313222f7fd020"),
        &b));
    ASSERT(account_eq(&a, &b));
    ASSERT(!account_from_text_lenient(
        SLICE_LIT("04"
                  "30E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD020"),
        &a));
    ASSERT(!account_from_text_lenient(
        SLICE_LIT("03"
                  "30E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD0"),
        &a));
}

TEST(a_hex_key_of_65_digits_has_a_first_byte_of_one_digit)
{
    struct account a, b;
    ASSERT(account_from_text_lenient(SLICE_LIT(KEY_HEX), &a));
    ASSERT(account_from_text_lenient(slice_from(SLICE_LIT(KEY_HEX), 1), &b));
    ASSERT(account_eq(&a, &b));
}

TEST(what_is_not_an_account_is_refused)
{
    static const char *bad[] = {"",
                                "r",
                                "xxx",
                                "0x4B4E",
                                "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jp",
                                "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpm",
                                "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn\n",
                                "4B4E9C06F24296074F7BC48F92A97916C6DC5EA9",
                                "\xff\xfe",
                                "rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2J0n"};
    struct account a;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ASSERT(!account_from_text(slice_str(bad[i]), &a));
        ASSERT(!account_from_text_lenient(slice_str(bad[i]), &a));
    }
}

static void assert_currency(const char *hex, const char *text)
{
    struct currency c, back;
    char out[CURRENCY_TEXT_MAX];
    ASSERT(hex_decode(slice_str(hex), c.b, sizeof c.b));
    ASSERT_INT(strlen(text), currency_to_text(&c, out));
    ASSERT_STR(text, out);
    if (strcmp(text, "1") == 0)
        return; /* is printed, but not read */
    ASSERT(currency_from_text(slice_str(text), &back));
    ASSERT(memcmp(&c, &back, sizeof c) == 0);
}

TEST(currencies_have_their_texts)
{
    assert_currency("0000000000000000000000000000000000000000", "XRP");
    assert_currency("0000000000000000000000000000000000000001", "1");
    assert_currency("0000000000000000000000005553440000000000", "USD");
    assert_currency("0000000000000000000000007872700000000000", "xrp");
    assert_currency("0000000000000000000000003C3E290000000000", "<>)");
    assert_currency("0000000000000000000000005852500000000000",
                    "0000000000000000000000005852500000000000");
    assert_currency("000000000000000000000000555344000000000A",
                    "000000000000000000000000555344000000000A");
    assert_currency("0100000000000000000000005553440000000000",
                    "0100000000000000000000005553440000000000");
    assert_currency("00000000000000000000000055532D0000000000",
                    "00000000000000000000000055532D0000000000");
    assert_currency("03930D02208264E2E40EC1B0C09E4DB96EE197B1",
                    "03930D02208264E2E40EC1B0C09E4DB96EE197B1");
}

TEST(currency_parsing_follows_the_forms)
{
    struct currency c;
    ASSERT(currency_from_text(SLICE_EMPTY, &c) && currency_is_xrp(&c));
    ASSERT(currency_from_text(SLICE_LIT("XRP"), &c) && currency_is_xrp(&c));
    ASSERT(currency_from_text(SLICE_LIT("0"), &c) && currency_is_xrp(&c));
    ASSERT(currency_from_text(SLICE_LIT("xrp"), &c) && !currency_is_xrp(&c));
    ASSERT(currency_from_text(SLICE_LIT("03930d02208264e2e40ec1b0c09e4db96ee197b1"), &c));
    static const char *bad[] = {"1",
                                "US",
                                "USDX",
                                "U-D",
                                "U\"D",
                                "U D",
                                "03930D02208264E2E40EC1B0C09E4DB96EE197B",
                                "03930D02208264E2E40EC1B0C09E4DB96EE197B1F",
                                "03930D02208264E2E40EC1B0C09E4DB96EE197Bg"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT(!currency_from_text(slice_str(bad[i]), &c));
    ASSERT(!currency_from_text(slice_of("U\0D", 3), &c));
}

TEST(assets_are_equal_by_what_their_kind_uses)
{
    struct asset xrp = {0}, usd = {.kind = ASSET_IOU}, mpt = {.kind = ASSET_MPT};
    usd.currency.b[12] = 'U';
    usd.issuer.b[0] = 1;
    mpt.mpt.b[3] = 1;
    struct asset other = usd;
    ASSERT(asset_eq(&xrp, &xrp) && asset_eq(&usd, &other) && asset_eq(&mpt, &mpt));
    ASSERT(!asset_eq(&xrp, &usd) && !asset_eq(&usd, &mpt));
    other.issuer.b[0] = 2;
    ASSERT(!asset_eq(&usd, &other));
}

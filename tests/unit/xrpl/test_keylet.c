/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "base/hex.h"
#include "xrpl/amount.h"
#include "xrpl/keylet.h"

#include <stdlib.h>

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

TEST(books_of_mpts_are_named_by_their_ids)
{
    struct asset usd = usd_of_first(), xrp = {0}, mpt = {.kind = ASSET_MPT},
                 other = {.kind = ASSET_MPT};
    memset(mpt.mpt.b, 0x11, sizeof mpt.mpt.b);
    memset(other.mpt.b, 0x22, sizeof other.mpt.b);
    struct account issuer = first();
    struct currency c = usd.currency;
    uint8_t space[2] = {0, 'B'};
    struct slice pays_usd[] = {slice_of(space, 2), slice_of(c.b, 20), slice_of(mpt.mpt.b, 24),
                               slice_of(issuer.b, 20)},
                 gets_usd[] = {slice_of(space, 2), slice_of(mpt.mpt.b, 24), slice_of(c.b, 20),
                               slice_of(issuer.b, 20)},
                 both[] = {slice_of(space, 2), slice_of(mpt.mpt.b, 24), slice_of(other.mpt.b, 24)};
    struct hash256 key = hash_sha512half(pays_usd, 4), got = keylet_book(&usd, &mpt, NULL);
    ASSERT(memcmp(key.b, got.b, 24) == 0 && keylet_quality(&got) == 0);
    key = hash_sha512half(gets_usd, 4), got = keylet_book(&mpt, &usd, NULL);
    ASSERT(memcmp(key.b, got.b, 24) == 0);
    key = hash_sha512half(both, 3), got = keylet_book(&mpt, &other, NULL);
    ASSERT(memcmp(key.b, got.b, 24) == 0);
    got = keylet_book(&xrp, &mpt, NULL);
    ASSERT(memcmp(key.b, got.b, 24) != 0);
}

TEST(a_sponsorship_is_named_by_who_pays_for_whom)
{
    struct account a = first(), b = second();
    uint8_t space[2] = {0, 0x3E};
    struct slice parts[] = {slice_of(space, 2), slice_of(a.b, 20), slice_of(b.b, 20)};
    struct hash256 key = hash_sha512half(parts, 3), got = keylet_sponsorship(&a, &b);
    ASSERT(hash256_eq(&key, &got));
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

/* A recorded object: the parts of its key (bytes decoded, numbers beside them), the key last. */
#define PARTS_MAX 10
struct sample {
    const char *kind;
    struct slice part[PARTS_MAX];
    uint64_t number[PARTS_MAX];
    size_t n;
};

static void add_part(struct sample *s, char *word)
{
    ASSERT(s->n < PARTS_MAX);
    s->number[s->n] = strtoull(word, NULL, 10);
    size_t n = strlen(word) / 2;
    uint8_t *bytes = (uint8_t *)word;
    for (size_t i = 0; i < n; i++)
        if (!hex_decode(slice_of(word + 2 * i, 2), bytes + i, 1))
            n = 0;
    s->part[s->n++] = slice_of(bytes, n);
}

static struct account account_at(const struct sample *s, size_t i)
{
    ASSERT_INT(20, s->part[i].n);
    return account_of(s->part[i].p);
}

static struct currency currency_at(const struct sample *s, size_t i)
{
    struct currency c;
    ASSERT_INT(20, s->part[i].n);
    memcpy(c.b, s->part[i].p, 20);
    return c;
}

static struct hash256 hash_at(const struct sample *s, size_t i)
{
    ASSERT_INT(32, s->part[i].n);
    return hash256_of(s->part[i].p);
}

static struct asset asset_at(const struct sample *s, size_t i)
{
    struct asset a = {.kind = ASSET_IOU};
    struct slice p = s->part[i];
    if (p.n == 24) {
        a.kind = ASSET_MPT;
        memcpy(a.mpt.b, p.p, 24);
        return a;
    }
    ASSERT_INT(40, p.n);
    memcpy(a.currency.b, p.p, 20);
    a.issuer = account_of(p.p + 20);
    if (currency_is_xrp(&a.currency))
        a.kind = ASSET_XRP;
    return a;
}

static uint32_t u32_at(const struct sample *s, size_t i)
{
    return (uint32_t)s->number[i];
}

static struct hash256 of_account(const struct sample *s)
{
    struct account a = account_at(s, 0);
    return keylet_account(&a);
}
static struct hash256 of_owner_dir(const struct sample *s)
{
    struct account a = account_at(s, 0);
    return keylet_owner_dir(&a);
}
static struct hash256 of_did(const struct sample *s)
{
    struct account a = account_at(s, 0);
    return keylet_did(&a);
}
static struct hash256 of_signer_list(const struct sample *s)
{
    struct account a = account_at(s, 0);
    return keylet_signer_list(&a);
}

#define OF_ACCOUNT_AND_NUMBER(kind, keylet_fn)                                                     \
    static struct hash256 of_##kind(const struct sample *s)                                        \
    {                                                                                              \
        struct account a = account_at(s, 0);                                                       \
        return keylet_fn(&a, u32_at(s, 1));                                                        \
    }
OF_ACCOUNT_AND_NUMBER(offer, keylet_offer)
OF_ACCOUNT_AND_NUMBER(escrow, keylet_escrow)
OF_ACCOUNT_AND_NUMBER(ticket, keylet_ticket)
OF_ACCOUNT_AND_NUMBER(check, keylet_check)
OF_ACCOUNT_AND_NUMBER(nft_offer, keylet_nft_offer)
OF_ACCOUNT_AND_NUMBER(oracle, keylet_oracle)
OF_ACCOUNT_AND_NUMBER(domain, keylet_permissioned_domain)
OF_ACCOUNT_AND_NUMBER(vault, keylet_vault)

static struct hash256 of_amendments(const struct sample *s)
{
    return keylet_amendments();
}
static struct hash256 of_fees(const struct sample *s)
{
    return keylet_fees();
}
static struct hash256 of_negative_unl(const struct sample *s)
{
    return keylet_negative_unl();
}
static struct hash256 of_hashes_recent(const struct sample *s)
{
    return keylet_hashes_recent();
}
static struct hash256 of_hashes(const struct sample *s)
{
    return keylet_hashes(u32_at(s, 0));
}
static struct hash256 of_dir_page(const struct sample *s)
{
    struct hash256 root = hash_at(s, 0);
    return keylet_dir_page(&root, s->number[1]);
}
static struct hash256 of_nft_buys(const struct sample *s)
{
    struct hash256 token = hash_at(s, 0);
    return keylet_nft_buys(&token);
}
static struct hash256 of_nft_sells(const struct sample *s)
{
    struct hash256 token = hash_at(s, 0);
    return keylet_nft_sells(&token);
}
static struct hash256 of_book(const struct sample *s)
{
    struct asset pays = asset_at(s, 0), gets = asset_at(s, 1);
    struct hash256 domain = s->part[2].n ? hash_at(s, 2) : HASH256_ZERO;
    struct hash256 base = keylet_book(&pays, &gets, s->part[2].n ? &domain : NULL);
    return keylet_book_quality(&base, s->number[3]);
}
static struct hash256 of_line(const struct sample *s)
{
    struct account a = account_at(s, 0), b = account_at(s, 1);
    struct currency c = currency_at(s, 2);
    return keylet_line(&a, &b, &c);
}
static struct hash256 of_pay_channel(const struct sample *s)
{
    struct account a = account_at(s, 0), b = account_at(s, 1);
    return keylet_pay_channel(&a, &b, u32_at(s, 2));
}
static struct hash256 of_deposit_preauth(const struct sample *s)
{
    struct account a = account_at(s, 0), b = account_at(s, 1);
    return keylet_deposit_preauth(&a, &b);
}
static struct hash256 of_deposit_preauth_set(const struct sample *s)
{
    struct account owner = account_at(s, 0);
    struct keylet_credential set[PARTS_MAX];
    size_t n = s->n - 2;
    for (size_t i = 0; i < n; i++)
        set[i] = (struct keylet_credential){account_of(s->part[i + 1].p),
                                            slice_from(s->part[i + 1], 20)};
    return keylet_deposit_preauth_credentials(&owner, set, n);
}
static struct hash256 of_amm(const struct sample *s)
{
    struct asset a = asset_at(s, 0), b = asset_at(s, 1);
    struct currency shares = currency_at(s, 2), computed = keylet_amm_lp_currency(&b, &a);
    ASSERT(memcmp(&shares, &computed, sizeof shares) == 0);
    return keylet_amm(&b, &a);
}
static struct hash256 of_bridge(const struct sample *s)
{
    struct account door = account_at(s, 0);
    struct currency c = currency_at(s, 1);
    return keylet_bridge(&door, &c);
}
static struct keylet_bridge_sides sides_of(const struct sample *s)
{
    return (struct keylet_bridge_sides){account_at(s, 0), asset_at(s, 1), account_at(s, 2),
                                        asset_at(s, 3)};
}
static struct hash256 of_claim_id(const struct sample *s)
{
    struct keylet_bridge_sides sides = sides_of(s);
    return keylet_xchain_claim_id(&sides, s->number[4]);
}
static struct hash256 of_create_claim_id(const struct sample *s)
{
    struct keylet_bridge_sides sides = sides_of(s);
    return keylet_xchain_create_account_claim_id(&sides, s->number[4]);
}
static struct hash256 of_issuance(const struct sample *s)
{
    struct account issuer = account_at(s, 1);
    struct mpt_id id = keylet_mpt_id(u32_at(s, 0), &issuer);
    return keylet_mpt_issuance(&id);
}
static struct hash256 of_mptoken(const struct sample *s)
{
    struct mpt_id id;
    struct account holder = account_at(s, 1);
    ASSERT_INT(sizeof id.b, s->part[0].n);
    memcpy(id.b, s->part[0].p, sizeof id.b);
    struct hash256 issuance = keylet_mpt_issuance(&id);
    return keylet_mptoken(&issuance, &holder);
}
static struct hash256 of_credential(const struct sample *s)
{
    struct account subject = account_at(s, 0), issuer = account_at(s, 1);
    return keylet_credential(&subject, &issuer, s->part[2]);
}
static struct hash256 of_delegate(const struct sample *s)
{
    struct account a = account_at(s, 0), b = account_at(s, 1);
    return keylet_delegate(&a, &b);
}

static const struct kind {
    const char *name;
    struct hash256 (*key)(const struct sample *s);
} kinds[] = {
#define KIND(name)                                                                                 \
    {                                                                                              \
#name, of_##name                                                                           \
    }
    KIND(account),
    KIND(amendments),
    KIND(amm),
    KIND(book),
    KIND(bridge),
    KIND(check),
    KIND(claim_id),
    KIND(create_claim_id),
    KIND(credential),
    KIND(delegate),
    KIND(deposit_preauth),
    KIND(deposit_preauth_set),
    KIND(did),
    KIND(dir_page),
    KIND(domain),
    KIND(escrow),
    KIND(fees),
    KIND(hashes),
    KIND(hashes_recent),
    KIND(issuance),
    KIND(line),
    KIND(mptoken),
    KIND(negative_unl),
    KIND(nft_buys),
    KIND(nft_offer),
    KIND(nft_sells),
    KIND(offer),
    KIND(oracle),
    KIND(owner_dir),
    KIND(pay_channel),
    KIND(signer_list),
    KIND(ticket),
    KIND(vault),
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

/* Check one line; returns which kind it was. */
static size_t check_sample(char *line)
{
    struct sample s = {.kind = strsep(&line, " ")};
    for (char *word; (word = strsep(&line, " ")) != NULL;)
        add_part(&s, word);
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].name, s.kind) != 0)
            continue;
        struct hash256 expected = hash_at(&s, s.n - 1), key = kinds[i].key(&s);
        if (!hash256_eq(&expected, &key))
            test_fail(__FILE__, __LINE__, "another key for a recorded %s", s.kind);
        return i;
    }
    test_fail(__FILE__, __LINE__, "unknown kind %s", s.kind);
}

TEST(recorded_objects_have_their_keys)
{
    char *text = test_read_file(test_source_path("tests/data/xrpl/keylets.txt"), NULL),
         *rest = text, *line;
    size_t n_seen[N_KINDS] = {0};
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line != 0 && *line != '#')
            n_seen[check_sample(line)]++;
    for (size_t i = 0; i < N_KINDS; i++)
        if (n_seen[i] == 0)
            test_fail(__FILE__, __LINE__, "no sample of a %s", kinds[i].name);
    free(text);
}

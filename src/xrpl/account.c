/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/account.h"

#include "base/bits.h"
#include "base/hex.h"
#include "xrpl/base58.h"

#define PUBKEY_BYTES 33

bool account_is_zero(const struct account *a)
{
    static const struct account zero;
    return account_eq(a, &zero);
}

/* Texts of accounts seen lately: a reply names the same few accounts again and again, and a text
 * costs two digests. Direct-mapped, one per thread (nothing is shared), pages appear as they are
 * used: at most 256 KiB a thread. */
struct memo {
    struct account account;
    uint8_t n; /* 0 = unused */
    char text[ACCOUNT_TEXT_MAX];
};
#define N_MEMOS 4096
static _Thread_local struct memo memos[N_MEMOS];

size_t account_to_text(const struct account *a, char out[ACCOUNT_TEXT_MAX])
{
    struct memo *m = &memos[bits_load32(a->b + 8) % N_MEMOS];
    if (m->n == 0 || !account_eq(&m->account, a)) {
        char text[BASE58_TEXT_MAX];
        m->n = (uint8_t)base58_encode(BASE58_ACCOUNT, slice_of(a->b, sizeof a->b), text);
        memcpy(m->text, text, sizeof m->text);
        m->account = *a;
    }
    memcpy(out, m->text, ACCOUNT_TEXT_MAX);
    return m->n;
}

bool account_from_text(struct slice text, struct account *ret)
{
    struct account a;
    if (!base58_decode(text, BASE58_ACCOUNT, a.b, sizeof a.b))
        return false;
    *ret = a;
    return true;
}

static bool is_pubkey(const uint8_t key[PUBKEY_BYTES])
{
    return key[0] == 0xED || key[0] == 0x02 || key[0] == 0x03;
}

/* 66 digits, or 65: then the first one is a byte of its own. */
static bool pubkey_from_hex(struct slice text, uint8_t key[PUBKEY_BYTES])
{
    if (text.n == 2 * PUBKEY_BYTES)
        return hex_decode(text, key, PUBKEY_BYTES);
    if (text.n != 2 * PUBKEY_BYTES - 1 || hex_digit(text.p[0]) < 0)
        return false;
    key[0] = (uint8_t)hex_digit(text.p[0]);
    return hex_decode(slice_from(text, 1), key + 1, PUBKEY_BYTES - 1);
}

bool account_from_text_lenient(struct slice text, struct account *ret)
{
    uint8_t key[PUBKEY_BYTES];
    if ((pubkey_from_hex(text, key) && is_pubkey(key)) ||
        (base58_decode(text, BASE58_ACCOUNT_PUBLIC, key, sizeof key) && is_pubkey(key))) {
        *ret = account_from_pubkey(slice_of(key, sizeof key));
        return true;
    }
    return account_from_text(text, ret);
}

struct account account_from_pubkey(struct slice key33)
{
    struct hash256 inner = hash_sha256(key33);
    struct account a;
    hash_ripemd160(hash256_slice(&inner), a.b);
    return a;
}

size_t account_pubkey_to_text(struct slice key33, char out[56])
{
    return key33.n == PUBKEY_BYTES ? base58_encode(BASE58_ACCOUNT_PUBLIC, key33, out) : 0;
}

/* a-z A-Z 0-9 and < > ( ) { } [ ] | ? ! @ # $ % ^ & * */
static bool is_currency_char(uint8_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != 0 && strchr("<>(){}[]|?!@#$%^&*", c) != NULL;
}

static bool is_code(const uint8_t *p)
{
    return is_currency_char(p[0]) && is_currency_char(p[1]) && is_currency_char(p[2]);
}

/* Everything but bytes 12..14, where the three characters of a code stand, is zero. */
static bool is_code_layout(const struct currency *c)
{
    static const uint8_t zero[12];
    return memcmp(c->b, zero, 12) == 0 && memcmp(c->b + 15, zero, 5) == 0;
}

bool currency_is_xrp(const struct currency *c)
{
    static const struct currency zero;
    return memcmp(c, &zero, sizeof zero) == 0;
}

static size_t put_text(char *out, const char *text, size_t n)
{
    memcpy(out, text, n);
    out[n] = 0;
    return n;
}

size_t currency_to_text(const struct currency *c, char out[CURRENCY_TEXT_MAX])
{
    static const struct currency none = {.b = {[19] = 1}};
    const char *code = (const char *)c->b + 12;
    if (is_code_layout(c) && is_code(c->b + 12) && memcmp(code, "XRP", 3) != 0)
        return put_text(out, code, 3);
    if (currency_is_xrp(c))
        return put_text(out, "XRP", 3);
    if (memcmp(c, &none, sizeof none) == 0)
        return put_text(out, "1", 1);
    hex_encode(slice_of(c->b, sizeof c->b), out);
    out[40] = 0;
    return 40;
}

bool currency_from_text(struct slice text, struct currency *ret)
{
    struct currency c = {0};
    bool good = text.n == 0 || slice_is(text, "XRP") || slice_is(text, "0");
    if (!good && text.n == 3 && is_code(text.p)) {
        memcpy(c.b + 12, text.p, 3);
        good = true;
    }
    if (!good && !hex_decode(text, c.b, sizeof c.b))
        return false;
    *ret = c;
    return true;
}

bool asset_eq(const struct asset *a, const struct asset *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case ASSET_XRP: return true;
    case ASSET_IOU:
        return memcmp(&a->currency, &b->currency, sizeof a->currency) == 0 &&
               account_eq(&a->issuer, &b->issuer);
    case ASSET_MPT: return memcmp(&a->mpt, &b->mpt, sizeof a->mpt) == 0;
    }
    return false;
}

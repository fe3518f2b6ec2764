/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_frame.h"

#include "base/bits.h"
#include "base/utf8.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/random.h>

size_t ws_frame_head(uint8_t out[WS_FRAME_MAX_HEAD], enum ws_frame_op op, bool fin, uint64_t n,
                     const uint8_t *mask)
{
    uint8_t mask_bit = mask ? 0x80 : 0;
    size_t at = 2;
    out[0] = (uint8_t)((fin ? 0x80 : 0) | op);
    if (n < 126) {
        out[1] = (uint8_t)(mask_bit | n);
    } else if (n <= 0xffff) {
        out[1] = mask_bit | 126;
        bits_store16(out + 2, (uint16_t)n);
        at = 4;
    } else {
        out[1] = mask_bit | 127;
        bits_store64(out + 2, n);
        at = 10;
    }
    if (mask) {
        memcpy(out + at, mask, 4);
        at += 4;
    }
    return at;
}

void ws_frame_build(struct buf *out, enum ws_frame_op op, struct slice payload, const uint8_t *mask)
{
    uint8_t *to = buf_reserve(out, WS_FRAME_MAX_HEAD + payload.n);
    size_t head = ws_frame_head(to, op, true, payload.n, mask);
    to += head;
    if (mask)
        for (size_t i = 0; i < payload.n; i++)
            to[i] = payload.p[i] ^ mask[i & 3];
    else if (payload.n)
        memcpy(to, payload.p, payload.n);
    buf_advance(out, head + payload.n);
}

void ws_frame_accept_key(struct slice key, char out[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, 1.3 */
    struct buf text = {0};
    uint8_t digest[SHA_DIGEST_LENGTH];
    buf_put_slice(&text, key);
    buf_put_str(&text, guid);
    SHA1(text.p, text.n, digest);
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
    buf_deinit(&text);
}

void ws_frame_random(void *p, size_t n)
{
    uint8_t *at = p;
    while (n) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0)
            abort(); /* only with a kernel that lacks it */
        at += got;
        n -= (size_t)got;
    }
}

void ws_frame_new_key(char out[25])
{
    uint8_t nonce[16];
    ws_frame_random(nonce, sizeof nonce);
    EVP_EncodeBlock((unsigned char *)out, nonce, sizeof nonce);
}

bool ws_frame_code_valid(uint16_t code)
{
    if (code >= 3000 && code <= 4999)
        return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

size_t ws_frame_utf8_prefix(struct slice s, bool *ret_bad)
{
    size_t i = 0;
    *ret_bad = false;
    while (i < s.n) {
        uint64_t eight;
        if (s.n - i >= 8) {
            memcpy(&eight, s.p + i, 8);
            if ((eight & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        size_t len = utf8_step(s.p + i, s.p + s.n);
        *ret_bad = len == 0;
        if (len == 0 || len == UTF8_CUT)
            return i;
        i += len;
    }
    return i;
}

bool ws_frame_utf8_valid(struct slice s)
{
    bool bad;
    return ws_frame_utf8_prefix(s, &bad) == s.n;
}

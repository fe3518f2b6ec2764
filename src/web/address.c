/* SPDX-License-Identifier: Apache-2.0 */
#include "web/address.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>

/* A NUL-terminated copy without zone; false when it is too long to be an address. */
static bool copy(struct slice text, char out[ADDRESS_BYTES])
{
    const uint8_t *zone = text.n ? memchr(text.p, '%', text.n) : NULL;
    size_t n = zone ? (size_t)(zone - text.p) : text.n;
    if (n == 0 || n >= ADDRESS_BYTES || memchr(text.p, 0, n))
        return false;
    memcpy(out, text.p, n);
    out[n] = 0;
    return true;
}

bool address_canonical(struct slice text, char out[ADDRESS_BYTES])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char plain[ADDRESS_BYTES];
    struct in_addr v4;
    struct in6_addr v6;
    if (!copy(text, plain))
        return false;
    if (inet_pton(AF_INET, plain, &v4) == 1)
        return inet_ntop(AF_INET, &v4, out, ADDRESS_BYTES) != NULL;
    if (inet_pton(AF_INET6, plain, &v6) != 1)
        return false;
    if (memcmp(v6.s6_addr, mapped, sizeof mapped) == 0)
        return inet_ntop(AF_INET, v6.s6_addr + 12, out, ADDRESS_BYTES) != NULL;
    return inet_ntop(AF_INET6, &v6, out, ADDRESS_BYTES) != NULL;
}

/* "", or ":" and up to five digits, or an obfuscated port (RFC 7239, 6.3). */
static bool is_port(struct slice s)
{
    if (s.n == 0)
        return true;
    if (s.p[0] != ':' || s.n < 2)
        return false;
    bool digits = s.n <= 6;
    for (size_t i = 1; i < s.n; i++)
        digits = digits && s.p[i] >= '0' && s.p[i] <= '9';
    return digits || s.p[1] == '_';
}

bool address_of_node(struct slice text, char out[ADDRESS_BYTES])
{
    if (text.n && text.p[0] == '[') {
        const uint8_t *end = memchr(text.p, ']', text.n);
        if (end == NULL || memchr(text.p, ':', (size_t)(end - text.p)) == NULL)
            return false; /* brackets are for IPv6 */
        size_t n = (size_t)(end - text.p);
        return is_port(slice_from(text, n + 1)) &&
               address_canonical(slice_of(text.p + 1, n - 1), out);
    }
    const uint8_t *colon = text.n ? memchr(text.p, ':', text.n) : NULL;
    size_t n = colon ? (size_t)(colon - text.p) : text.n;
    bool bare_v6 = colon && memchr(colon + 1, ':', text.n - n - 1) != NULL;
    if (bare_v6) /* not as the RFC wants it, but without a doubt */
        return address_canonical(text, out);
    return is_port(slice_from(text, n)) && address_canonical(slice_of(text.p, n), out);
}

void address_limits_key(const char *ip, char out[ADDRESS_BYTES])
{
    struct in6_addr v6;
    memset(out, 0, ADDRESS_BYTES);
    if (inet_pton(AF_INET6, ip, &v6) != 1) {
        memcpy(out, ip, strnlen(ip, ADDRESS_BYTES - 1));
        return;
    }
    memset(v6.s6_addr + 8, 0, 8);
    if (inet_ntop(AF_INET6, &v6, out, ADDRESS_BYTES - 4))
        memcpy(out + strlen(out), "/64", 4);
}

bool address_is_loopback(const char *ip)
{
    return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

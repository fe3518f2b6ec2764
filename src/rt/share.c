/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/share.h"

#include "base/bits.h"

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

static uint64_t secret;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_secret(void)
{
    if (getrandom(&secret, sizeof secret, 0) != sizeof secret)
        secret = (uintptr_t)&secret; /* an early boot: better than none */
    secret |= 1;
}

/* What clients are told apart by. */
static uint64_t network_of(const struct sockaddr *addr)
{
    if (addr->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)addr;
        return in->sin_addr.s_addr;
    }
    if (addr->sa_family != AF_INET6)
        return 0;
    const struct sockaddr_in6 *in6 = (const void *)addr;
    uint32_t v4;
    memcpy(&v4, in6->sin6_addr.s6_addr + 12, sizeof v4);
    return IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) ? v4 : bits_load64(in6->sin6_addr.s6_addr);
}

uint16_t share_of(const struct sockaddr *addr)
{
    pthread_once(&once, make_secret);
    uint64_t h = network_of(addr) * secret;
    h = (h ^ h >> 32) * secret;
    return (uint16_t)(1 + (h >> 40) % (SHARE_N - 1));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/share.h"

#include "test.h"

#include <arpa/inet.h>
#include <string.h>

static uint16_t of4(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(1)};
    ASSERT_INT(1, inet_pton(AF_INET, text, &in.sin_addr));
    return share_of((struct sockaddr *)&in);
}

static uint16_t of6(const char *text)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(2)};
    ASSERT_INT(1, inet_pton(AF_INET6, text, &in6.sin6_addr));
    return share_of((struct sockaddr *)&in6);
}

TEST(share_is_one_for_an_address_or_a_network)
{
    ASSERT_INT(of4("203.0.113.7"), of4("203.0.113.7"));
    ASSERT_INT(of4("203.0.113.7"), of6("::ffff:203.0.113.7"));
    ASSERT_INT(of6("2001:db8:1:2::1"), of6("2001:db8:1:2:ffff::9"));
}

TEST(share_tells_addresses_apart_and_is_never_our_own)
{
    bool seen[SHARE_N] = {false};
    int n = 0;
    for (int i = 0; i < 4096; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.1.%d.%d", i / 256, i % 256);
        uint16_t share = of4(text);
        n += !seen[share];
        seen[share] = true;
    }
    ASSERT(!seen[SHARE_OWN]);
    ASSERT(n > 1600); /* of 2,047 */
}

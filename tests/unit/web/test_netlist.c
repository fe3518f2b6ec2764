/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "web/netlist.h"

static bool has(const char *entry, const char *ip)
{
    struct netlist *l = netlist_new();
    ASSERT(netlist_add(l, entry));
    bool found = netlist_has(l, ip);
    netlist_free(l);
    return found;
}

TEST(addresses_match_themselves_only)
{
    ASSERT(has("10.0.0.1", "10.0.0.1") && !has("10.0.0.1", "10.0.0.2"));
    ASSERT(has("::1", "::1") && !has("::1", "::2") && !has("::1", "127.0.0.1"));
}

TEST(networks_match_by_their_bits)
{
    ASSERT(has("10.0.0.0/8", "10.255.3.4") && !has("10.0.0.0/8", "11.0.0.0"));
    ASSERT(has("10.0.0.128/25", "10.0.0.129") && !has("10.0.0.128/25", "10.0.0.127"));
    ASSERT(has("0.0.0.0/0", "1.2.3.4") && !has("0.0.0.0/0", "::2"));
    ASSERT(has("fe80::/10", "febf::1") && !has("fe80::/10", "fec0::1"));
}

TEST(mapped_addresses_count_as_ipv4)
{
    ASSERT(has("10.0.0.0/8", "::ffff:10.1.2.3"));
}

TEST(what_is_no_network_is_refused)
{
    static const char *const bad[] = {"",       "example.com", "10.0.0.1/",  "10.0.0.1/33",
                                      "::/129", "10.0.0.1/-1", "10.0.0.1/8x"};
    struct netlist *l = netlist_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ASSERT(!netlist_add(l, bad[i]));
    ASSERT_INT(0, netlist_count(l));
    ASSERT(!netlist_has(l, "10.0.0.1") && !netlist_has(l, "not an address"));
    netlist_free(l);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "web/address.h"

#include "test.h"

static const char *canonical(const char *text)
{
    static char out[ADDRESS_BYTES];
    return address_canonical(slice_str(text), out) ? out : "no";
}

static const char *node(const char *text)
{
    static char out[ADDRESS_BYTES];
    return address_of_node(slice_str(text), out) ? out : "no";
}

TEST(an_address_has_one_form)
{
    ASSERT_STR("10.0.0.1", canonical("10.0.0.1"));
    ASSERT_STR("10.0.0.1", canonical("::ffff:10.0.0.1"));
    ASSERT_STR("10.0.0.1", canonical("::FFFF:0a00:0001"));
    ASSERT_STR("2001:db8::1", canonical("2001:0DB8:0:0:0:0:0:1"));
    ASSERT_STR("fe80::1", canonical("fe80::1%eth0"));
    ASSERT_STR("::1", canonical("0:0:0:0:0:0:0:1"));
}

TEST(what_is_no_address_has_none)
{
    static const char *const bad[] = {"",
                                      "10.0.0",
                                      "10.0.0.1:80",
                                      "[::1]",
                                      "010.0.0.1",
                                      "127.1",
                                      "localhost",
                                      "::1 ",
                                      "1.2.3.4x",
                                      "::ffff:1.2.3",
                                      "%eth0",
                                      "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_STR("no", canonical(bad[i]));
    char out[ADDRESS_BYTES];
    ASSERT(!address_canonical(slice_of("1.2.3.4\0", 8), out));
}

TEST(ports_and_brackets_are_taken_off)
{
    ASSERT_STR("10.0.0.1", node("10.0.0.1"));
    ASSERT_STR("10.0.0.1", node("10.0.0.1:8080"));
    ASSERT_STR("10.0.0.1", node("10.0.0.1:_hidden"));
    ASSERT_STR("::1", node("[::1]"));
    ASSERT_STR("2001:db8::1", node("[2001:DB8::1]:443"));
    ASSERT_STR("2001:db8::1", node("2001:db8::1"));
    static const char *const bad[] = {
        "",           "unknown", "_secret",         "10.0.0.1:", "[::1",
        "[10.0.0.1]", "[::1]x",  "10.0.0.1:123456", "::1]",      "10.0.0.1:80x",
        ":80",        "[]",      "[::1]:"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_STR("no", node(bad[i]));
}

static const char *key_of(const char *ip)
{
    static char out[ADDRESS_BYTES];
    address_limits_key(ip, out);
    return out;
}

TEST(limits_are_kept_by_address_and_by_network_of_ipv6)
{
    ASSERT_STR("10.0.0.1", key_of("10.0.0.1"));
    ASSERT_STR("2001:db8:1:2::/64", key_of("2001:db8:1:2:3:4:5:6"));
    ASSERT_STR("2001:db8:1:2::/64", key_of("2001:db8:1:2::ffff"));
    ASSERT_STR("2001:db8:1:3::/64", key_of("2001:db8:1:3::ffff"));
    ASSERT_STR("ffff:ffff:ffff:ffff::/64", key_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    ASSERT_STR("::/64", key_of("::1"));
    ASSERT_STR("no address", key_of("no address"));
    ASSERT_STR("", key_of(""));
}

TEST(loopback_is_this_machine)
{
    ASSERT(address_is_loopback("127.0.0.1") && address_is_loopback("127.9.9.9") &&
           address_is_loopback("::1"));
    ASSERT(!address_is_loopback("12.0.0.1") && !address_is_loopback("::2"));
}

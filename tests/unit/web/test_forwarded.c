/* SPDX-License-Identifier: Apache-2.0 */
#include "web/forwarded.h"

#include "test.h"

static const char *client(const char *value)
{
    static char out[ADDRESS_BYTES];
    return forwarded_client(slice_str(value), out) ? out : "no";
}

static const char *x_client(const char *value)
{
    static char out[ADDRESS_BYTES];
    return forwarded_x_client(slice_str(value), out) ? out : "no";
}

TEST(the_last_element_counts)
{
    ASSERT_STR("9.9.9.9", client("for=9.9.9.9"));
    ASSERT_STR("8.8.8.8", client("for=127.0.0.1;proto=http, FOR=\"8.8.8.8\";by=x"));
    ASSERT_STR("8.8.8.8", client("by=_x ; For=8.8.8.8:1234 ;host=\"a,b;for=127.0.0.1\""));
    ASSERT_STR("2001:db8:cafe::17", client("for=\"[2001:DB8:cafe::17]:4711\""));
    ASSERT_STR("1.2.3.4", client("for=\"1.2.\\3.4\""));
    ASSERT_STR("1.2.3.4", client(", ,for=1.2.3.4"));
}

TEST(nothing_but_a_name_of_its_own_is_for)
{
    ASSERT_STR("no", client("host=for=127.0.0.1"));
    ASSERT_STR("no", client("host=\"for=127.0.0.1\""));
    ASSERT_STR("no", client("xfor=127.0.0.1"));
    ASSERT_STR("no", client("for=8.8.8.8;for=127.0.0.1"));
    ASSERT_STR("no", client("for=8.8.8.8, by=x"));
    ASSERT_STR("no", client("for=8.8.8.8,"));
    ASSERT_STR("no", client("for=unknown"));
    ASSERT_STR("no", client("for=\"_gazonk\""));
}

TEST(what_is_malformed_names_nobody)
{
    static const char *const bad[] = {"",
                                      "for",
                                      "for=",
                                      "for=\"8.8.8.8",
                                      "for=8.8.8.8 x",
                                      "for=\"8.8.8.8\"x",
                                      "for =8.8.8.8",
                                      "for= 8.8.8.8",
                                      "for=\"8.8.8.8\\",
                                      "\"x\"=1,for=8.8.8.8x",
                                      "for=(8.8.8.8)",
                                      "a b, for=8.8.8.8"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_STR("no", client(bad[i]));
    char long_one[400];
    snprintf(long_one, sizeof long_one, "for=\"%0200d8.8.8.8\"", 0);
    ASSERT_STR("no", client(long_one));
}

TEST(of_x_forwarded_for_the_last_item_counts)
{
    ASSERT_STR("9.9.9.9", x_client("9.9.9.9"));
    ASSERT_STR("8.8.8.8", x_client("127.0.0.1, 8.8.8.8 "));
    ASSERT_STR("8.8.8.8", x_client("127.0.0.1,8.8.8.8:80"));
    ASSERT_STR("2001:db8::1", x_client("1.2.3.4, 2001:db8::1"));
    ASSERT_STR("no", x_client("8.8.8.8,"));
    ASSERT_STR("no", x_client("unknown"));
    ASSERT_STR("no", x_client(""));
}

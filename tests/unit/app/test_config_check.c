/* SPDX-License-Identifier: Apache-2.0 */
#include "app/config_check.h"
#include "base/arena.h"
#include "base/mem.h"
#include "test.h"

static bool fits(const char *constraint, enum config_type type, const char *json_text)
{
    struct config_key_info key = {"k", type, "", constraint, "", ""};
    struct arena *a = arena_new(0);
    struct json v;
    char why[200];
    ASSERT_OK(json_parse(slice_str(json_text), NULL, a, &v, NULL));
    bool r = config_check_value(&key, &v, why, sizeof why);
    arena_free(a);
    return r;
}

TEST(integers_are_not_taken_from_strings_or_fractions)
{
    ASSERT(fits("int 1 3", CONFIG_TYPE_INT, "3"));
    ASSERT(!fits("int 1 3", CONFIG_TYPE_INT, "4"));
    ASSERT(!fits("int 1 3", CONFIG_TYPE_INT, "\"3\""));
    ASSERT(!fits("int 1 3", CONFIG_TYPE_INT, "3.0"));
    ASSERT(fits("seconds", CONFIG_TYPE_DOUBLE, "3"));
    ASSERT(fits("seconds", CONFIG_TYPE_DOUBLE, "0.25") &&
           fits("seconds", CONFIG_TYPE_DOUBLE, "1e8"));
    ASSERT(!fits("seconds", CONFIG_TYPE_DOUBLE, "1e10"));
    ASSERT(!fits("seconds", CONFIG_TYPE_DOUBLE, "100000001"));
    ASSERT(!fits("seconds", CONFIG_TYPE_DOUBLE, "-0.001"));
    ASSERT(fits("secret", CONFIG_TYPE_STRING, "\"x\"") &&
           !fits("secret", CONFIG_TYPE_STRING, "\"\""));
    ASSERT(fits("origin", CONFIG_TYPE_STRING, "\"https://a.example:8080\""));
    ASSERT(fits("origin", CONFIG_TYPE_STRING, "\"*\""));
    ASSERT(!fits("origin", CONFIG_TYPE_STRING, "\"https://a.example/\""));
    ASSERT(!fits("origin", CONFIG_TYPE_STRING, "\"a.example\""));
    ASSERT(!fits("origin", CONFIG_TYPE_STRING, "\"https://A.example\""));
}

TEST(hosts_addresses_and_networks_are_told_apart)
{
    ASSERT(fits("ip", CONFIG_TYPE_STRING, "\"::1\"") &&
           !fits("ip", CONFIG_TYPE_STRING, "\"example.com\""));
    ASSERT(fits("host", CONFIG_TYPE_STRING, "\"a-b.example\"") &&
           !fits("host", CONFIG_TYPE_STRING, "\"-a.example\""));
    ASSERT(!fits("host", CONFIG_TYPE_STRING, "\"a..b\"") &&
           !fits("host", CONFIG_TYPE_STRING, "\"\""));
    ASSERT(fits("network", CONFIG_TYPE_STRING, "\"fe80::/10\"") &&
           !fits("network", CONFIG_TYPE_STRING, "\"10.0.0.0/\""));
    ASSERT(!fits("host", CONFIG_TYPE_STRING, "\"a\\u0000b\""));
}

TEST(ports_in_strings_are_whole_numbers)
{
    ASSERT(fits("portstring", CONFIG_TYPE_STRING, "\"65535\""));
    ASSERT(!fits("portstring", CONFIG_TYPE_STRING, "\"65536\"") &&
           !fits("portstring", CONFIG_TYPE_STRING, "\"0\""));
    ASSERT(!fits("portstring", CONFIG_TYPE_STRING, "\"12a\"") &&
           !fits("portstring", CONFIG_TYPE_STRING, "\"-1\""));
}

TEST(enumerations_match_whole_words)
{
    ASSERT(fits("enum sync async none", CONFIG_TYPE_STRING, "\"async\""));
    ASSERT(!fits("enum sync async none", CONFIG_TYPE_STRING, "\"syn\""));
    ASSERT(!fits("enum sync async none", CONFIG_TYPE_STRING, "\"\""));
}

TEST(the_nearest_key_is_found_by_edit_distance)
{
    struct config_key_info keys[] = {{.path = "server.port"}, {.path = "log.level"}};
    ASSERT_STR("server.port", config_check_nearest("server.prt", keys, 2));
    ASSERT(config_check_nearest("completely_different_thing", keys, 2) == NULL);
}

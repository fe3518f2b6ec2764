/* SPDX-License-Identifier: Apache-2.0 */
#include "app/preflight.h"

#include "base/mem.h"
#include "test.h"

#include <stdio.h>

/* What is wrong with a configuration; "" if nothing. Valid until the next call. */
static const char *problems_of(const char *server_ip, const char *members)
{
    static char text[8192];
    static struct buf problems;
    struct config *c = NULL;
    buf_clear(&problems);
    snprintf(text, sizeof text, "{\"server\":{\"ip\":\"%s\",\"port\":1}%s%s}", server_ip,
             members[0] ? "," : "", members);
    ASSERT_OK(config_parse("test", slice_str(text), &problems, &c));
    bool fine = preflight_check(c, &problems);
    ASSERT(fine == (problems.n == 0));
    config_free(c);
    buf_put_u8(&problems, 0);
    problems.n--;
    return (const char *)problems.p;
}

static bool tells(const char *server_ip, const char *members, const char *what)
{
    const char *problems = problems_of(server_ip, members);
    return strstr(problems, what) != NULL || (fprintf(stderr, "%s\n", problems), false);
}

static const char *in_test_dir(const char *format)
{
    static char text[1024];
    snprintf(text, sizeof text, format, test_dir(), test_dir());
    return text;
}

TEST(a_right_configuration_has_no_problems_and_nothing_is_made)
{
    char path[512];
    ASSERT_STR("", problems_of("127.0.0.1",
                               in_test_dir("\"read_only\":true,\"database\":{\"rocksdb\":{\"path\":"
                                           "\"%s/a/b\"}},\"log\":{\"directory\":\"%s/l/m\"}")));
    snprintf(path, sizeof path, "%s/a", test_dir());
    ASSERT(fopen(path, "r") == NULL);
    ASSERT_STR("", problems_of("127.0.0.1", "\"allow_no_etl\":true"));
}

TEST(what_a_start_would_refuse_is_told_all_at_once)
{
    ASSERT(tells("127.0.0.1", "", "etl_sources: at least one"));
    ASSERT(tells("192.0.2.1", "\"read_only\":true", "server.ip: 192.0.2.1: Cannot assign"));
    ASSERT(tells("127.0.0.1", "\"read_only\":true,\"dos_guard\":{\"whitelist\":[\"host.invalid\"]}",
                 "dos_guard.whitelist: host.invalid"));
    ASSERT(tells("127.0.0.1",
                 "\"read_only\":true,\"database\":{\"rocksdb\":{\"path\":\"/dev/null/x\"}}",
                 "database.rocksdb.path: /dev/null"));
    ASSERT(tells("127.0.0.1", "\"read_only\":true,\"log\":{\"directory\":\"/dev/null/x\"}",
                 "log.directory: /dev/null"));
    const char *two = problems_of("192.0.2.1", "");
    ASSERT(strstr(two, "etl_sources") && strstr(two, "server.ip"));
}

TEST(more_sources_than_there_may_be_are_told)
{
    static char text[8000] = "\"etl_sources\":[";
    for (int i = 0; i < 65; i++)
        strcat(text, i ? ",{\"ip\":\"h\",\"ws_port\":\"1\",\"grpc_port\":\"2\"}"
                       : "{\"ip\":\"h\",\"ws_port\":\"1\",\"grpc_port\":\"2\"}");
    strcat(text, "]");
    ASSERT(tells("127.0.0.1", text, "etl_sources: 65 are given, 64 may be"));
}

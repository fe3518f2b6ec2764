/* SPDX-License-Identifier: Apache-2.0 */
#include "app/config.h"
#include "test.h"

#include <stdlib.h>

#define SERVER "\"server\": {\"ip\": \"127.0.0.1\", \"port\": 51233}"

static struct buf problems;

/* Text of all problems with a configuration; "" when it is fine. */
static const char *problems_of(const char *text)
{
    struct config *c = NULL;
    buf_clear(&problems);
    err e = config_parse("f.json", slice_str(text), &problems, &c);
    ASSERT(err_failed(e) == (problems.n != 0));
    ASSERT((c == NULL) == err_failed(e));
    config_free(c);
    buf_put_u8(&problems, 0);
    return (const char *)problems.p;
}

static bool mentions(const char *text, const char *part)
{
    if (strstr(text, part))
        return true;
    fprintf(stderr, "\"%s\" not in: %s\n", part, text);
    return false;
}

static struct config *parsed(const char *text)
{
    struct config *c = NULL;
    buf_clear(&problems);
    ASSERT_OK(config_parse("f.json", slice_str(text), &problems, &c));
    return c;
}

TEST(defaults_hold_where_the_file_is_silent)
{
    struct config *c = parsed("{" SERVER "}");
    ASSERT_INT(51233, config_int(c, CONFIG_SERVER_PORT));
    ASSERT_STR("127.0.0.1", config_str(c, CONFIG_SERVER_IP));
    ASSERT_INT(20, config_int(c, CONFIG_DOS_REQUESTS));
    ASSERT(config_double(c, CONFIG_FORWARD_TIMEOUT) == 10);
    ASSERT(!config_given(c, CONFIG_DOS_REQUESTS) && config_has(c, CONFIG_DOS_REQUESTS));
    ASSERT(!config_has(c, CONFIG_START_SEQUENCE));
    ASSERT(config_str(c, CONFIG_LOG_DIRECTORY) == NULL);
    ASSERT_INT(0, config_count(c, CONFIG_SOURCE_IP));
    config_free(c);
}

TEST(values_of_the_file_win)
{
    struct config *c =
        parsed("{" SERVER ", \"dos_guard\": {\"max_requests\": 7, \"sweep_interval\": 0.5},"
               "\"read_only\": true, /* why not */ \"start_sequence\": 5 // more\n}");
    ASSERT_INT(7, config_int(c, CONFIG_DOS_REQUESTS));
    ASSERT(config_double(c, CONFIG_DOS_SWEEP) == 0.5);
    ASSERT(config_bool(c, CONFIG_READ_ONLY));
    ASSERT_INT(5, config_int(c, CONFIG_START_SEQUENCE));
    config_free(c);
}

TEST(arrays_of_objects_and_of_strings_keep_their_elements_together)
{
    struct config *c = parsed(
        "{" SERVER
        ", \"etl_sources\": [{\"ip\": \"a.example\", \"ws_port\": \"1\", \"grpc_port\": \"2\"},"
        "{\"grpc_port\": \"4\", \"ip\": \"::1\", \"ws_port\": \"3\"}], \"dos_guard\": "
        "{\"whitelist\": [\"10.0.0.0/8\", \"::1\"]}}");
    ASSERT_INT(2, config_count(c, CONFIG_SOURCE_WS_PORT));
    ASSERT_STR("::1", config_str_at(c, CONFIG_SOURCE_IP, 1));
    ASSERT_STR("4", config_str_at(c, CONFIG_SOURCE_GRPC_PORT, 1));
    ASSERT(config_str_at(c, CONFIG_SOURCE_IP, 2) == NULL);
    ASSERT_INT(2, config_count(c, CONFIG_DOS_WHITELIST));
    ASSERT_STR("10.0.0.0/8", config_str_at(c, CONFIG_DOS_WHITELIST, 0));
    config_free(c);
}

TEST(a_misspelt_key_is_named_with_its_line_and_the_nearest_key)
{
    const char *text = problems_of("{\n \"server\": {\"ip\": \"127.0.0.1\",\n \"prot\": 51233}}");
    ASSERT(mentions(text, "f.json:3: server.prot: unknown key; did you mean server.port?"));
    ASSERT(mentions(text, "server.port: is required"));
    ASSERT(mentions(problems_of("{" SERVER ", \"zzzzzzzzzzzzzzzzzzzzz\": 1}"),
                    "zzzzzzzzzzzzzzzzzzzzz: unknown key\n"));
}

TEST(a_wrong_value_says_what_is_allowed_and_what_was_found)
{
    ASSERT(mentions(problems_of("{\"server\": {\"ip\": \"127.0.0.1\", \"port\": \"51233\"}}"),
                    "server.port: must be an integer, 1 to 65535; found \"51233\""));
    ASSERT(mentions(problems_of("{\"server\": {\"ip\": \"127.0.0.1\", \"port\": 65536}}"),
                    "found 65536"));
    ASSERT(mentions(problems_of("{\"server\": {\"ip\": \"localhost\", \"port\": 1}}"),
                    "server.ip: must be"));
    ASSERT(mentions(problems_of("{" SERVER ", \"log\": {\"level\": \"Info\"}}"),
                    "one of: trace debug info warning error fatal"));
    ASSERT(mentions(
        problems_of(
            "{" SERVER
            ", \"etl_sources\": [{\"ip\": \"x\", \"ws_port\": 6006, \"grpc_port\": \"1\"}]}"),
        "etl_sources.[].ws_port"));
    ASSERT(mentions(problems_of("{" SERVER ", \"forwarding\": {\"cache_timeout\": -1}}"),
                    "0 to 100000000"));
    ASSERT(mentions(problems_of("{" SERVER ", \"dos_guard\": {\"whitelist\": [\"10.0.0.0/33\"]}}"),
                    "whitelist"));
    ASSERT(mentions(problems_of("{" SERVER ", \"workers\": 1.0}"), "workers"));
}

TEST(all_problems_are_told_at_once)
{
    const char *text = problems_of("{\"server\": {\"ip\": 1}, \"x\": 2}");
    ASSERT(mentions(text, "server.ip") && mentions(text, "server.port") &&
           mentions(text, "x: unknown"));
}

TEST(text_that_is_not_json_is_refused_with_its_line)
{
    ASSERT(mentions(problems_of("{\n\n \"a\" 1}"), "f.json:3: not valid JSON"));
    ASSERT(mentions(problems_of("[]"), "must be a JSON object"));
    ASSERT(mentions(problems_of(""), "f.json:1"));
}

TEST(a_byte_order_mark_is_skipped)
{
    ASSERT_STR("", problems_of("\xef\xbb\xbf{" SERVER "}"));
    ASSERT(mentions(problems_of("\xef\xbb\xbf\n{x"), "f.json:2: not valid JSON"));
}

TEST(what_is_given_twice_is_refused)
{
    ASSERT(mentions(problems_of("{" SERVER ",\n\"workers\": 1,\n\"workers\": 2}"),
                    "f.json:3: not valid JSON: json: \"workers\" stands twice"));
    ASSERT(mentions(problems_of("{" SERVER ", \"log\": {\"level\": \"info\"},\n\"log\": {}}"),
                    "\"log\" stands twice"));
    ASSERT(
        mentions(problems_of("{" SERVER ",\n\"server.port\": 2}"), "server.port: is given twice"));
}

TEST(what_follows_the_object_is_refused)
{
    ASSERT(mentions(problems_of("{" SERVER "} trailing"), "text after the value"));
    ASSERT(mentions(problems_of("{" SERVER "}\n{" SERVER "}"), "f.json:2: "));
    ASSERT_STR("", problems_of("{" SERVER "} // the end\n"));
}

TEST(numbers_that_would_overflow_are_refused)
{
    ASSERT(mentions(problems_of("{" SERVER ", \"dos_guard\": {\"sweep_interval\": 1e10}}"),
                    "dos_guard.sweep_interval: must be a number, 0 to 100000000"));
    ASSERT(mentions(problems_of("{" SERVER ", \"dos_guard\": {\"sweep_interval\": 1e400}}"),
                    "number out of range"));
    ASSERT(mentions(problems_of("{" SERVER ", \"workers\": 99999999999999999999}"),
                    "workers: must be an integer"));
    ASSERT(
        mentions(problems_of("{" SERVER ", \"graceful_period\": 9223372036}"), "graceful_period"));
}

TEST(keys_that_exclude_or_need_each_other_are_checked)
{
    ASSERT(mentions(problems_of("{" SERVER ", \"ssl_cert_file\": \"x\"}"),
                    "together with ssl_key_file"));
    ASSERT(mentions(
        problems_of("{\"server\": {\"ip\": \"127.0.0.1\", \"port\": 1, \"local_admin\": false}}"),
        "local_admin"));
    ASSERT(mentions(
        problems_of("{\"server\": {\"ip\": \"127.0.0.1\", \"port\": 1, \"local_admin\": true, "
                    "\"admin_password\": \"x\"}}"),
        "local_admin"));
    ASSERT(mentions(problems_of("{" SERVER ", \"api_version\": {\"min\": 3, \"max\": 2}}"),
                    "api_version"));
    ASSERT(
        mentions(problems_of("{" SERVER ", \"etl_sources\": [{\"ip\": \"x\"}]}"), "etl_sources"));
    ASSERT(mentions(
        problems_of("{" SERVER ", \"dos_guard\": {\"__ng_weights\": [{\"method\": \"ping\"}]}}"),
        "weight"));
}

TEST(keys_without_effect_are_said_only_when_the_file_gives_them)
{
    struct buf out = {0};
    struct config *c = parsed("{" SERVER ", \"cache\": {\"load\": \"none\"}}");
    config_no_effect(c, &out);
    buf_put_u8(&out, 0);
    ASSERT(mentions((char *)out.p, "cache.load has no effect"));
    ASSERT(strstr((char *)out.p, "num_diffs") == NULL);
    buf_deinit(&out);
    config_free(c);
}

TEST(the_default_configuration_listens_on_loopback)
{
    struct config *c = config_new_default();
    ASSERT(c != NULL);
    ASSERT_STR("127.0.0.1", config_str(c, CONFIG_SERVER_IP));
    ASSERT_INT(1, config_count(c, CONFIG_SOURCE_IP));
    config_free(c);
}

TEST(the_documentation_lists_every_key_as_the_program_describes_it)
{
    struct buf out = {0};
    config_describe(&out);
    buf_put_u8(&out, 0);
    char *doc = test_read_file(test_source_path("docs/config.md"), NULL);
    ASSERT_STR((char *)out.p, doc);
    free(doc);
    buf_deinit(&out);
}

TEST(a_file_that_is_missing_is_an_io_error)
{
    struct config *c = NULL;
    buf_clear(&problems);
    ASSERT_ERR(ERR_IO, config_load("/nonexistent/kleio.json", &problems, &c));
    ASSERT(mentions(err_text(), "/nonexistent/kleio.json"));
}

TEST(truncated_files_never_crash)
{
    const char *text = "{" SERVER ", \"etl_sources\": [{\"ip\": \"x\", \"ws_port\": \"1\", "
                       "\"grpc_port\": \"2\"}], \"a\": [[{}]]}";
    for (size_t n = 0; n < strlen(text); n++) {
        struct config *c = NULL;
        buf_clear(&problems);
        ASSERT_ERR(ERR_INVALID, config_parse("f", slice_of(text, n), &problems, &c));
    }
}

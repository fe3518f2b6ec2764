/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/schema.h"

#include "fake_ledger.h"
#include "test.h"

struct args {
    bool flag;
    struct param_u32 limit, number, clamped;
    struct param_i32 any_number;
    struct param_text text;
    struct param_hash256 key;
    struct param_account account;
    struct param_selector selector;
    const struct json *marker;
};

static const char *const colours[] = {"red", "green", NULL};
static const struct param members[] = {
    PARAM_U32("seq", struct args, number, .required = true),
    PARAM_BOOL("flag", struct args, flag),
    PARAM_END,
};
static const struct param table[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true, .doc = "Who"),
    PARAM_LEDGER,
    PARAM_LIMIT("limit", struct args, limit, 10, 200, 400),
    PARAM_U32("number", struct args, number, .min = 1, .max = 25),
    PARAM_U32("clamped", struct args, clamped, .min = 1, .max = UINT32_MAX),
    PARAM_I32("any_number", struct args, any_number),
    PARAM_STRING("colour", struct args, text, .names = colours, .bad = {RPC_UNKNOWN_OPTION, NULL}),
    PARAM_LOOSE_BOOL("flag", struct args, flag, .until = 1),
    PARAM_BOOL("flag", struct args, flag, .since = 2),
    PARAM_ANY("marker", struct args, marker),
    PARAM_OBJECT("marker", members),
    PARAM_SELECTOR("key", struct args, selector, NULL),
    PARAM_SELECTOR("thing", struct args, selector, members),
    PARAM_CHECK("anything"),
    PARAM_END,
};

static const char *schema(const char *key, bool forwarded)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    schema_put_field(&w, table, key, forwarded);
    buf_put_u8(&out, 0);
    return fake_keep(out.p);
}

#define MEMBERS                                                                                    \
    "{\"type\":\"object\",\"properties\":{\"seq\":{\"type\":\"integer\",\"minimum\":0,"            \
    "\"maximum\":4294967295},"                                                                     \
    "\"flag\":{\"type\":\"boolean\"}},\"required\":[\"seq\"]}"

TEST(a_field_s_schema_is_that_of_its_kind)
{
    ASSERT_STR("{\"$ref\":\"#/components/schemas/Account\"}", schema("account", false));
    ASSERT_STR("{\"type\":\"integer\",\"minimum\":1,\"default\":200,\"x-clamped-minimum\":10,"
               "\"x-clamped-maximum\":400}",
               schema("limit", false));
    ASSERT_STR("{\"type\":\"integer\",\"minimum\":1,\"maximum\":25}", schema("number", false));
    ASSERT_STR("{\"type\":\"integer\",\"minimum\":1,\"maximum\":4294967295}",
               schema("clamped", false));
    ASSERT_STR("{\"type\":\"integer\"}", schema("any_number", false));
    ASSERT_STR("{\"type\":\"string\",\"enum\":[\"red\",\"green\"]}", schema("colour", false));
    ASSERT_STR("{\"$ref\":\"#/components/schemas/Hash256\"}", schema("key", false));
    ASSERT_STR("{\"anyOf\":[{\"$ref\":\"#/components/schemas/Hash256\"}," MEMBERS "]}",
               schema("thing", false));
    ASSERT_STR("{}", schema("anything", false));
}

TEST(several_rows_of_a_field_make_one_schema)
{
    ASSERT_STR(MEMBERS, schema("marker", false));
    ASSERT_STR("{\"anyOf\":[{\"x-api-versions\":{\"until\":1}},{\"type\":\"boolean\","
               "\"x-api-versions\":{\"since\":2}}]}",
               schema("flag", false));
}

TEST(only_methods_that_may_be_forwarded_name_ledgers_of_rippled)
{
    ASSERT_STR("{\"$ref\":\"#/components/schemas/HeldLedger\"}", schema("ledger_index", false));
    ASSERT_STR("{\"$ref\":\"#/components/schemas/AnyLedger\"}", schema("ledger_index", true));
}

TEST(rows_of_a_key_are_looked_at_together)
{
    ASSERT(schema_is_required(table, "account") && !schema_is_required(table, "limit"));
    ASSERT_STR("Who", schema_doc(table, "account"));
    ASSERT(schema_doc(table, "limit") == NULL);
    size_t n_first = 0, n = 0;
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++, n++)
        n_first += schema_is_first(table, p);
    ASSERT_INT(n - 2, n_first);
}

TEST(errors_are_those_that_the_rows_can_give)
{
    enum rpc_code codes[SCHEMA_MAX_ERRORS];
    size_t n = schema_errors(table, codes);
    static const enum rpc_code expected[] = {RPC_INVALID_PARAMS, RPC_ACT_MALFORMED,
                                             RPC_LGR_NOT_FOUND, RPC_UNKNOWN_OPTION,
                                             RPC_MALFORMED_REQUEST};
    ASSERT_INT(sizeof expected / sizeof *expected, n);
    for (size_t i = 0; i < n; i++)
        ASSERT_INT(expected[i], codes[i]);
}

TEST(components_are_what_the_schemas_refer_to)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    jw_obj_begin(&w);
    schema_put_components(&w);
    jw_obj_end(&w);
    buf_put_u8(&out, 0);
    const char *text = fake_keep(out.p);
    static const char *const names[] = {"Hash160",   "Hash192",   "Hash256",    "Account",
                                        "Address",   "Issuer",    "Asset",      "Currency",
                                        "AnyLedger", "EntryType", "HeldLedger", "DirectoryMarker"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ASSERT(*client_at(text, names[i]));
    ASSERT_AT("\"^([0-9A-Fa-f]{40}|0)$\"", text, "Hash160.pattern");
}

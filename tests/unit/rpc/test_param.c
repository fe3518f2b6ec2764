/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/param.h"

#include "fake_ledger.h"
#include "rpc/call.h"
#include "test.h"

#include <stddef.h>

/* A call with nothing but what checking needs. */
struct fixture {
    struct call call;
    struct json params;
    const char *answer; /* "token: message" */
};

#define ADDRESS "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
#define KEY64 "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"

struct args {
    bool flag;
    struct param_text text;
    struct param_u32 number, limit, inner;
    struct param_i32 small;
    struct param_hash160 h160;
    struct param_hash192 h192;
    struct param_hash256 h256;
    struct param_account account;
    struct param_currency currency;
    struct param_asset_value asset;
    struct param_type type;
    struct param_marker marker;
    struct param_selector selector;
    const struct json *any;
};

static struct fixture check(const struct param *table, uint32_t version, const char *text)
{
    static struct jw w; /* of no tables of its own */
    struct fixture f = {.call.w = &w};
    f.call.arena = fake_keep(arena_new(0));
    f.call.args = arena_zalloc(f.call.arena, sizeof(struct args));
    f.call.api_version = version;
    ASSERT_OK(json_parse(slice_str(text), NULL, f.call.arena, &f.params, NULL));
    err e = param_check(&f.call, table, &f.params);
    struct call_fault *fault = &f.call.fault;
    f.answer = "fits";
    if (err_failed(e))
        f.answer = arena_printf(f.call.arena, "%s: %s", errors_token(fault->code),
                                fault->message ? fault->message : errors_message(fault->code));
    return f;
}

static const char *answer(const struct param *table, uint32_t version, const char *value)
{
    char text[512];
    snprintf(text, sizeof text, "{\"x\":%s}", value);
    return check(table, version, text).answer;
}

static struct args *values(const struct param *table, const char *value)
{
    char text[512];
    snprintf(text, sizeof text, "{\"x\":%s}", value);
    struct fixture f = check(table, 1, text);
    ASSERT_STR("fits", f.answer);
    return f.call.args;
}

#define IP "invalidParams: Invalid parameters."
#define TABLE(name, row) static const struct param name[] = {row, PARAM_END}

TEST(an_absent_field_passes_unless_it_is_required)
{
    TABLE(optional, PARAM_BOOL("x", struct args, flag));
    TABLE(needed, PARAM_BOOL("x", struct args, flag, .required = true));
    static const struct param special[] = {PARAM_BOOL("x", struct args, flag, .required = true,
                                                      .missing = {RPC_MALFORMED_REQUEST, "gone"}),
                                           PARAM_END};
    ASSERT_STR("fits", check(optional, 1, "{}").answer);
    ASSERT_STR("invalidParams: Required field 'x' missing", check(needed, 1, "{\"y\":1}").answer);
    ASSERT_STR("malformedRequest: gone", check(special, 1, "{}").answer);
}

TEST(null_is_a_value_of_the_wrong_type)
{
    TABLE(boolean, PARAM_BOOL("x", struct args, flag, .required = true));
    ASSERT_STR(IP, answer(boolean, 1, "null"));
}

TEST(booleans_are_strict_or_loose_by_version)
{
    static const struct param table[] = {PARAM_LOOSE_BOOL("x", struct args, flag, .until = 1),
                                         PARAM_BOOL("x", struct args, flag, .since = 2), PARAM_END};
    static const struct {
        const char *value;
        bool truth;
    } loose[] = {{"true", true},
                 {"false", false},
                 {"null", false},
                 {"0", false},
                 {"-3", true},
                 {"0.0", false},
                 {"0.5", true},
                 {"18446744073709551615", true},
                 {"\"\"", false},
                 {"\"false\"", true},
                 {"\"\\u0000x\"", false},
                 {"[]", false},
                 {"[0]", true},
                 {"{}", false},
                 {"{\"a\":0}", true}};
    for (size_t i = 0; i < sizeof loose / sizeof *loose; i++) {
        ASSERT_INT(loose[i].truth, values(table, loose[i].value)->flag);
        if (i > 1) {
            ASSERT_STR(IP, answer(table, 2, loose[i].value));
            ASSERT_STR(IP, answer(table, 3, loose[i].value));
        }
    }
    ASSERT_STR("fits", answer(table, 2, "true"));
}

TEST(unsigned_numbers_are_integers_that_fit)
{
    TABLE(table, PARAM_U32("x", struct args, number));
    ASSERT_INT(0, values(table, "0")->number.v);
    ASSERT_INT(4294967295, values(table, "4294967295")->number.v);
    ASSERT(values(table, "7")->number.set);
    const char *wrong[] = {"-1",         "1.0",        "1e1",
                           "\"1\"",      "true",       "18446744073709551616",
                           "4294967296", "4294967301", "18446744073709551615"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_STR(IP, answer(table, 1, wrong[i]));
    TABLE(bounded, PARAM_U32("x", struct args, number, .min = 1, .max = 25));
    ASSERT_STR(IP, answer(bounded, 1, "0"));
    ASSERT_STR(IP, answer(bounded, 1, "26"));
    ASSERT_INT(25, values(bounded, "25")->number.v);
}

TEST(signed_numbers_clamp_on_both_sides)
{
    TABLE(table, PARAM_I32("x", struct args, small));
    ASSERT_INT(INT32_MIN, values(table, "-9223372036854775808")->small.v);
    ASSERT_INT(INT32_MAX, values(table, "18446744073709551615")->small.v);
    ASSERT_INT(-1, values(table, "-1")->small.v);
    ASSERT_STR(IP, answer(table, 1, "1.5"));
}

TEST(a_limit_is_at_least_one_and_forced_into_its_bounds)
{
    TABLE(table, PARAM_LIMIT("x", struct args, limit, 10, 200, 400));
    ASSERT_INT(10, values(table, "1")->limit.v);
    ASSERT_INT(400, values(table, "401")->limit.v);
    ASSERT_INT(400, values(table, "2147483648")->limit.v);
    ASSERT_INT(400, values(table, "1000000000000")->limit.v);
    ASSERT_INT(11, values(table, "11")->limit.v);
    ASSERT_STR(IP, answer(table, 1, "0"));
    ASSERT_STR(IP, answer(table, 1, "-1"));
    ASSERT_STR(IP, answer(table, 1, "\"10\""));
    struct args *args = check(table, 1, "{}").call.args;
    ASSERT_INT(200, args->limit.v);
    ASSERT(!args->limit.set);
}

TEST(hex_has_exactly_its_length_or_is_a_zero)
{
    TABLE(h256, PARAM_HASH256("x", struct args, h256));
    TABLE(h192, PARAM_HASH192("x", struct args, h192));
    TABLE(h160, PARAM_HASH160("x", struct args, h160));
    ASSERT_INT(0xFF, values(h256, "\"" KEY64 "\"")->h256.v.b[31]);
    ASSERT(hash256_is_zero(&values(h256, "\"0\"")->h256.v));
    ASSERT_STR("invalidParams: xNotString", answer(h256, 1, "5"));
    ASSERT_STR("invalidParams: xMalformed", answer(h256, 1, "\"" KEY64 "0\""));
    ASSERT_STR("invalidParams: xMalformed", answer(h256, 1, "\"\""));
    ASSERT_STR("invalidParams: xMalformed", answer(h256, 1, "\"00\""));
    ASSERT_STR("fits", answer(h192, 1, "\"000000000000000000000000000000000000000000000001\""));
    const struct args *by_key = values(h192, "\"" KEY64 "\""); /* an issuance, by its key */
    ASSERT(by_key->h192.by_key);
    ASSERT_INT(0xFF, by_key->h192.key.b[31]);
    ASSERT_STR("invalidParams: xMalformed", answer(h192, 1, "\"" KEY64 "0\""));
    ASSERT_STR("invalidParams: xMalformed", answer(h160, 1, "\"" KEY64 "\""));
    ASSERT_STR("fits", answer(h160, 1, "\"0000000000000000000000000000000000000001\""));
    ASSERT_STR("invalidParams: xMalformed",
               answer(h160, 1, "\"000000000000000000000000000000000000000g\""));
}

TEST(accounts_are_addresses_or_public_keys)
{
    TABLE(table, PARAM_ACCOUNT("x", struct args, account));
    struct account by_address = values(table, "\"" ADDRESS "\"")->account.v;
    struct account by_key =
        values(table, "\"0330E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD020\"")
            ->account.v;
    ASSERT(account_eq(&by_address, &by_key));
    ASSERT_STR("invalidParams: xNotString", answer(table, 1, "null"));
    ASSERT_STR("actMalformed: xMalformed", answer(table, 1, "\"\""));
    ASSERT_STR("actMalformed: xMalformed", answer(table, 1, "\"" ADDRESS "x\""));
    ASSERT_STR("fits", answer(table, 1, "\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\""));
}

TEST(strict_addresses_refuse_keys_and_the_zero_account)
{
    TABLE(table, PARAM_ADDRESS("x", struct args, account));
    ASSERT_STR("fits", answer(table, 1, "\"" ADDRESS "\""));
    ASSERT_STR("invalidParams: xNotString", answer(table, 1, "5"));
    ASSERT_STR("malformedAddress: Malformed address.",
               answer(table, 1, "\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\""));
    ASSERT_STR(
        "malformedAddress: Malformed address.",
        answer(table, 1, "\"0330E7FC9D56BB25D6893BA3F317AE5BCF33B3291BD63DB32654A313222F7FD020\""));
}

TEST(issuers_may_be_hex_but_not_account_one)
{
    TABLE(table, PARAM_ISSUER("x", struct args, account));
    ASSERT_STR("fits", answer(table, 1, "\"B5F762798A53D543A014CAF8B297CFF8F2F937E8\""));
    ASSERT_STR("fits", answer(table, 1, "\"" ADDRESS "\""));
    ASSERT_STR("fits", answer(table, 1, "\"0\""));
    ASSERT_STR("invalidParams: xNotString", answer(table, 1, "1"));
    ASSERT_STR("invalidParams: Invalid field 'x', bad issuer.", answer(table, 1, "\"x\""));
    ASSERT_STR("invalidParams: Invalid field 'x', bad issuer account one.",
               answer(table, 1, "\"rrrrrrrrrrrrrrrrrrrrBZbvji\""));
}

TEST(currencies_have_three_letters_or_forty_digits)
{
    TABLE(table, PARAM_CURRENCY("x", struct args, currency));
    ASSERT_STR("fits", answer(table, 1, "\"USD\""));
    ASSERT_STR("fits", answer(table, 1, "\"XRP\""));
    ASSERT_STR("fits", answer(table, 1, "\"0158415500000000C1F76FF6ECB0BAC600000000\""));
    ASSERT_STR("invalidParams: xNotString", answer(table, 1, "1"));
    ASSERT_STR("invalidParams: xIsEmpty", answer(table, 1, "\"\""));
    ASSERT_STR("malformedCurrency: malformedCurrency", answer(table, 1, "\"U D\""));
}

TEST(assets_are_objects_of_currency_and_issuer)
{
    TABLE(table, PARAM_ASSET("x", struct args, asset));
    ASSERT_INT(ASSET_XRP, values(table, "{\"currency\":\"XRP\",\"issuer\":5}")->asset.v.kind);
    ASSERT_INT(ASSET_IOU,
               values(table, "{\"currency\":\"USD\",\"issuer\":\"" ADDRESS "\"}")->asset.v.kind);
    const char *bad[] = {
        "{}",
        "\"XRP\"",
        "{\"currency\":\"USD\"}",
        "{\"currency\":\"USD\",\"issuer\":\"x\"}",
        "{\"currency\":\"XRP\",\"issuer\":\"" ADDRESS "\"}",
        "{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrBZbvji\"}",
        "{\"currency\":\"0000000000000000000000000000000000000001\",\"issuer\":\"" ADDRESS "\"}",
        "{\"currency\":\"0000000000000000000000005852500000000000\",\"issuer\":\"" ADDRESS "\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_STR("issueMalformed: Issue is malformed.", answer(table, 1, bad[i]));
}

TEST(entry_types_go_by_short_or_canonical_name)
{
    TABLE(table, PARAM_ENTRY_TYPE("x", struct args, type));
    ASSERT_INT(0x61, values(table, "\"account\"")->type.v);
    ASSERT_INT(0x61, values(table, "\"AccountRoot\"")->type.v);
    ASSERT_INT(0x72, values(table, "\"ripplestate\"")->type.v);
    ASSERT_STR("invalidParams: Invalid field 'x', not string.", answer(table, 1, "1"));
    ASSERT_STR("invalidParams: Invalid field 'x'.", answer(table, 1, "\"Account\""));
}

TEST(markers_are_a_key_and_a_page)
{
    TABLE(table, PARAM_MARKER("x", struct args, marker));
    ASSERT_INT(0x1234, values(table, "\"" KEY64 ",4660\"")->marker.page);
    ASSERT_INT(7, values(table, "\"" KEY64 ",+7,what follows\"")->marker.page);
    ASSERT(values(table, "\"" KEY64 ",4294967296\"")->marker.page == 4294967296);
    ASSERT(values(table, "\"0,-1\"")->marker.page == UINT64_MAX);
    ASSERT_STR("invalidParams: xNotString", answer(table, 1, "1"));
    const char *bad[] = {"\"\"",
                         "\",\"",
                         "\"" KEY64 "\"",
                         "\"" KEY64 ",\"",
                         "\"" KEY64 ",x\"",
                         "\"" KEY64 ", 1\"",
                         "\"x,1\"",
                         "\"" KEY64 ",18446744073709551616\"",
                         "\"" KEY64 ",1x\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_STR("invalidParams: Malformed cursor.", answer(table, 1, bad[i]));
}

TEST(a_marker_names_the_ledger_of_its_page)
{
    TABLE(table, PARAM_MARKER("x", struct args, marker));
    const struct {
        const char *marker;
        bool names;
        uint32_t ledger;
    } cases[] = {
        {"{\"x\":\"0,7\"}", false, 0},
        {"{\"x\":\"0,7,\"}", false, 0},
        {"{\"x\":\"0,7,x\"}", false, 0},
        {"{\"x\":\"0,7,-1\"}", false, 0},
        {"{\"x\":\"0,7,5,6\"}", false, 0},
        {"{\"x\":\"0,7,0\"}", true, 0},
        {"{\"x\":\"0,7,4294967294\"}", true, 4294967294},
        {"{\"x\":\"0,7,4294967296\"}", true, UINT32_MAX},
        {"{\"x\":\"0,7,99999999999999999999999\"}", true, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f = check(table, 1, cases[i].marker);
        ASSERT_STR("fits", f.answer);
        ASSERT_INT(cases[i].names, f.call.ledger.is_marked);
        ASSERT_INT(cases[i].ledger, f.call.ledger.marked);
    }
}

TEST(members_of_objects_are_checked_by_their_own_table)
{
    static const struct param members[] = {
        PARAM_U32("a", struct args, inner, .required = true),
        PARAM_ADDRESS("b", struct args, account, .bad = {RPC_MALFORMED_OWNER, NULL}), PARAM_END};
    TABLE(table, PARAM_OBJECT("x", members));
    static const struct param covered[] = {
        PARAM_OBJECT("x", members, .bad = {RPC_MALFORMED_REQUEST, NULL}), PARAM_END};
    static const struct param kinds[] = {
        PARAM_OBJECT("x", members, .wrong_type = {RPC_INVALID_PARAMS, "no object"}), PARAM_END};
    ASSERT_INT(5, values(table, "{\"a\":5}")->inner.v);
    ASSERT_STR("invalidParams: Required field 'a' missing", answer(table, 1, "{}"));
    ASSERT_STR("malformedOwner: Malformed owner.", answer(table, 1, "{\"a\":1,\"b\":5}"));
    ASSERT_STR(IP, answer(table, 1, "[]"));
    ASSERT_STR("malformedRequest: Malformed request.", answer(covered, 1, "{}"));
    ASSERT_STR("malformedRequest: Malformed request.", answer(covered, 1, "5"));
    ASSERT_STR("invalidParams: no object", answer(kinds, 1, "5"));
    ASSERT_STR("invalidParams: Required field 'a' missing", answer(kinds, 1, "{}"));
}

TEST(selectors_are_keys_or_objects)
{
    static const struct param members[] = {PARAM_U32("a", struct args, inner, .required = true),
                                           PARAM_END};
    static const struct param table[] = {
        PARAM_SELECTOR("x", struct args, selector, members, .bad = {RPC_MALFORMED_ADDRESS, NULL}),
        PARAM_END};
    static const struct param only_key[] = {
        PARAM_SELECTOR("x", struct args, selector, NULL,
                       .wrong_type = {RPC_MALFORMED_REQUEST, NULL}),
        PARAM_END};
    ASSERT(values(table, "\"" KEY64 "\"")->selector.is_key);
    ASSERT(!values(table, "{\"a\":1}")->selector.is_key);
    ASSERT_STR("malformedAddress: Malformed address.", answer(table, 1, "\"x\""));
    ASSERT_STR("invalidParams: Required field 'a' missing", answer(table, 1, "{}"));
    ASSERT_STR("malformedRequest: Malformed request.", answer(only_key, 1, "{}"));
    ASSERT_STR("malformedRequest: Malformed request.", answer(only_key, 1, "\"x\""));
}

TEST(strings_may_be_one_of_a_list)
{
    static const char *const names[] = {"user", "gateway", NULL};
    static const struct param table[] = {PARAM_STRING("x", struct args, text, .names = names,
                                                      .bad = {RPC_INVALID_PARAMS, "role"},
                                                      .wrong_type = {RPC_INTERNAL, NULL}),
                                         PARAM_END};
    ASSERT_STR("fits", answer(table, 1, "\"gateway\""));
    ASSERT_STR("invalidParams: role", answer(table, 1, "\"gate\""));
    ASSERT_STR("internal: Internal error.", answer(table, 1, "1"));
}

TEST(the_first_failure_in_table_order_is_the_answer)
{
    static const struct param table[] = {PARAM_U32("b", struct args, number),
                                         PARAM_HASH256("a", struct args, h256), PARAM_END};
    ASSERT_STR(IP, check(table, 1, "{\"a\":1,\"b\":\"\"}").answer);
    ASSERT_STR("invalidParams: aNotString", check(table, 1, "{\"a\":1,\"b\":2}").answer);
}

static err refuse_odd(struct call *c, const struct param *p, const struct json *v)
{
    return v->i & 1 ? rpc_errorf(c, RPC_BAD_MARKET, "%s is odd", p->key) : OK;
}

TEST(a_check_of_one_s_own_runs_after_the_kind_s)
{
    static const struct param table[] = {PARAM_U32("x", struct args, number, .check = refuse_odd),
                                         PARAM_END};
    ASSERT_STR("fits", answer(table, 1, "2"));
    ASSERT_STR("badMarket: x is odd", answer(table, 1, "3"));
    ASSERT_STR(IP, answer(table, 1, "\"3\""));
}

static struct call_ledger selected(const char *text)
{
    static const struct param table[] = {PARAM_LEDGER, PARAM_END};
    struct fixture f = check(table, 1, text);
    ASSERT_STR("fits", f.answer);
    return f.call.ledger;
}

TEST(ledgers_are_selected_by_hash_sequence_or_name)
{
    ASSERT(!selected("{}").index_given);
    ASSERT(selected("{\"ledger_hash\":\"" KEY64 "\"}").hash_given);
    ASSERT_INT(12, selected("{\"ledger_index\":12}").index);
    ASSERT_INT(12, selected("{\"ledger_index\":\"12\"}").index);
    ASSERT_INT(4294967295, selected("{\"ledger_index\":4294967295}").index);
    struct call_ledger l = selected("{\"ledger_index\":\"validated\"}");
    ASSERT(l.index_given && !l.index_is_seq);
}

TEST(malformed_ledger_selections_are_refused)
{
    static const struct param table[] = {PARAM_LEDGER, PARAM_END};
    const char *bad[] = {"\"current\"",
                         "\"\"",
                         "\"-1\"",
                         "-1",
                         "4294967296",
                         "4294967301",
                         "18446744073709551615",
                         "500.0",
                         "\"500.0\"",
                         "\"12abc\"",
                         "\"0x10\"",
                         "\" 12\"",
                         "\"+12\"",
                         "\"4294967301\"",
                         "\"+5\"",
                         "\" 5\"",
                         "1.0",
                         "null",
                         "{}",
                         "true",
                         "\"4294967296\"",
                         "\"99999999999999999999x\""};
    char text[128];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "{\"ledger_index\":%s}", bad[i]);
        ASSERT_STR("invalidParams: ledgerIndexMalformed", check(table, 1, text).answer);
    }
    ASSERT_STR("invalidParams: ledger_hashNotString",
               check(table, 1, "{\"ledger_hash\":5}").answer);
    ASSERT_STR("invalidParams: ledger_hashMalformed",
               check(table, 1, "{\"ledger_hash\":\"x\"}").answer);
}

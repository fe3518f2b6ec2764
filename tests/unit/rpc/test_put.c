/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/put.h"

#include "owner_world.h"
#include "test.h"

static void expect(const char *text, struct buf *out)
{
    ASSERT_SLICE(text, buf_slice(out));
    buf_deinit(out);
}

TEST(fields_are_put_when_they_are_there)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    struct call c = {.w = &w};
    struct slice line = owner_line(0);
    put_u32(&c, "a", line, FIELD_HighQualityIn);
    put_u32(&c, "b", line, FIELD_LowQualityIn);
    put_hex(&c, "c", line, FIELD_HighQualityIn);
    put_hex(&c, "d", line, FIELD_DomainID);
    put_u64_str(&c, "e", line, FIELD_MPTAmount);
    expect("\"a\":100,\"c\":\"00000064\"", &out);
}

TEST(what_must_be_there_is_missed)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    struct call c = {.w = &w};
    ASSERT_ERR(ERR_CORRUPT, put_account(&c, "x", owner_line(0), FIELD_Account));
    ASSERT_ERR(ERR_CORRUPT, put_amount(&c, "x", owner_line(0), FIELD_TakerPays));
    ASSERT_ERR(ERR_CORRUPT, put_amount(&c, "x", owner_line(0), FIELD_Flags));
    expect("", &out);
}

TEST(only_flags_that_are_set_are_put)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    struct call c = {.w = &w};
    const struct put_flag table[] = {{1, "one"}, {2, "two"}, {4, "four"}, {0, NULL}};
    put_flags(&c, table, 5);
    expect("\"one\":true,\"four\":true", &out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/put.h"

#include "owner_world.h"
#include "sto_build.h"
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
    put_uint(&c, "a", line, FIELD_HighQualityIn);
    put_uint(&c, "b", line, FIELD_LowQualityIn);
    put_hex(&c, "c", line, FIELD_HighQualityIn);
    put_hex(&c, "d", line, FIELD_DomainID);
    put_u64_str(&c, "e", line, FIELD_MPTAmount);
    expect("\"a\":100,\"c\":\"00000064\"", &out);
}

TEST(numbers_of_any_width_are_put)
{
    struct buf out = {0}, o = {0};
    struct jw w = jw_to(&out);
    struct call c = {.w = &w};
    uint8_t scale = 255, amount[8] = {0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE};
    sto_build_u16(&o, FIELD_TransferFee, 50001);
    sto_build_u32(&o, FIELD_Flags, 4000000001u);
    sto_build_field(&o, FIELD_MaximumAmount, slice_of(amount, 8));
    sto_build_field(&o, FIELD_AssetScale, slice_of(&scale, 1));
    put_uint(&c, "a", buf_slice(&o), FIELD_TransferFee);
    put_uint(&c, "b", buf_slice(&o), FIELD_Flags);
    put_uint(&c, "c", buf_slice(&o), FIELD_AssetScale);
    put_u64_str(&c, "d", buf_slice(&o), FIELD_MaximumAmount);
    expect("\"a\":50001,\"b\":4000000001,\"c\":255,\"d\":\"9223372036854775806\"", &out);
    buf_deinit(&o);
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

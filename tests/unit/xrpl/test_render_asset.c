/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts, currencies, assets and amounts as they are written. */
#include "render_expect.h"
#include "test.h"
#include "xrpl/amount.h"
#include "xrpl/render_impl.h"

#define A20 "0000000000000000000000000000000000000000"
#define USD "0000000000000000000000005553440000000000"
#define TWO "0000000000000000000000000000000000000002"

TEST(issues_and_currencies)
{
    render_expect("0318" A20, "{\"Asset\":{\"currency\":\"XRP\"}}");
    render_expect("0318" USD "0000000000000000000000000000000000000002",
                  "{\"Asset\":{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrHeBwGj\"}}");
    render_expect(
        "0318"
        "1111111111111111111111111111111111111111"
        "0000000000000000000000000000000000000001"
        "F0000000",
        "{\"Asset\":{\"mpt_issuance_id\":\"000000F01111111111111111111111111111111111111111\"}}");
    render_expect("011A" USD, "{\"BaseAsset\":\"USD\"}");
}

TEST(amounts_name_their_asset)
{
    render_expect("61400000000000000A", "{\"Amount\":\"10\"}");
    render_expect("61000000000000000A", "{\"Amount\":\"-10\"}");
    render_expect("61D4838D7EA4C68000" USD TWO, "{\"Amount\":{\"currency\":\"USD\",\"issuer\":"
                                                "\"rrrrrrrrrrrrrrrrrrrrHeBwGj\",\"value\":\"1\"}}");
    render_expect("61"
                  "94838D7EA4C68001"
                  "1111111111111111111111111111111111111111" TWO,
                  "{\"Amount\":{\"currency\":\"1111111111111111111111111111111111111111\","
                  "\"issuer\":\"rrrrrrrrrrrrrrrrrrrrHeBwGj\",\"value\":\"-1.000000000000001\"}}");
    render_expect("61"
                  "6000000000000003E8"
                  "00000001" A20,
                  "{\"Amount\":{\"mpt_issuance_id\":\"00000001" A20 "\",\"value\":\"1000\"}}");
    render_expect_damaged("610000000000000000", "{\"Amount\":\"0000000000000000\"}");
}

TEST(accounts_of_another_length_are_shown_in_hex)
{
    render_expect("8100", "{\"Account\":\"\"}");
    render_expect("8114" A20, "{\"Account\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\"}");
    render_expect_damaged("8101AA", "{\"Account\":\"AA\"}");
}

TEST(values_can_be_written_one_after_the_other)
{
    struct jw w = render_fresh();
    struct asset xrp = {.kind = ASSET_XRP},
                 usd = {.kind = ASSET_IOU, .currency = {{[12] = 'U', 'S', 'D'}}};
    struct amount one = amount_drops(1),
                  many = {.asset = usd, .mantissa = 1500000000000000, .exponent = -15};
    jw_arr_begin(&w);
    render_account(&w, &usd.issuer);
    render_currency(&w, &usd.currency);
    render_asset(&w, &xrp);
    render_amount(&w, &one);
    render_amount(&w, &many);
    render_amount_value(&w, &many);
    jw_arr_end(&w);
    ASSERT_SLICE("[\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\",\"USD\",{\"currency\":\"XRP\"},\"1\","
                 "{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\",\"value\":\"1."
                 "5\"},\"1.5\"]",
                 buf_slice(&render_out));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/schema_results.h"

#include "fake_ledger.h"
#include "test.h"

static const char *schema(const char *method)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    schema_results_put(&w, method);
    buf_put_u8(&out, 0);
    return fake_keep(out.p);
}

static const char *components(void)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    jw_obj_begin(&w);
    schema_results_put_components(&w);
    jw_obj_end(&w);
    buf_put_u8(&out, 0);
    return fake_keep(out.p);
}

TEST(a_result_has_the_members_that_are_declared)
{
    const char *text = schema("account_lines");
    ASSERT_AT("\"array\"", text, "properties.lines.type");
    ASSERT_AT("\"#/components/schemas/Line\"", text, "properties.lines.items.$ref");
    ASSERT_AT("\"string\"", text, "properties.marker.type");
    ASSERT_AT("[\"account\",\"ledger_hash\",\"ledger_index\",\"validated\",\"limit\",\"lines\"]",
              text, "required");
    ASSERT_AT("\"object\"", schema("fee"), "type");
    text = schema("gateway_balances");
    ASSERT_AT("\"object\"", text, "properties.balances.type");
    ASSERT_AT("\"#/components/schemas/Balance\"", text,
              "properties.balances.additionalProperties.items.$ref");
    ASSERT_AT("{\"until\":1}", schema("tx"), "properties.tx.x-api-versions");
    ASSERT_AT("{\"since\":2}", schema("tx"), "properties.tx_json.x-api-versions");
}

TEST(objects_of_the_ledger_have_the_fields_of_the_protocol_s_tables)
{
    const char *text = components();
    ASSERT_AT("\"#/components/schemas/Amount\"", text, "EntryOffer.properties.TakerPays.$ref");
    ASSERT_AT("\"integer\"", text, "EntryOffer.properties.Sequence.type");
    ASSERT_AT("\"Offer\"", text, "EntryOffer.properties.LedgerEntryType.const");
    ASSERT_AT("\"#/components/schemas/Hash256\"", text,
              "EntryDirectoryNode.properties.Indexes.items.$ref");
    ASSERT(*client_at(text, "Entry.anyOf.20"));
    ASSERT_AT("\"A trust line as one of its accounts sees it\"", text, "Line.description");
}

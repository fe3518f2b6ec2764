/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/openrpc.h"

#include "fake_ledger.h"
#include "rpc/registry.h"
#include "test.h"

static const char *document(void)
{
    struct buf out = {0};
    openrpc_put(&out, "9.9");
    buf_put_u8(&out, 0);
    return fake_keep(out.p);
}

/* The member at `path` of the method's part of the document. */
static const char *of_method(const char *text, const char *name, const char *path)
{
    char whole[128];
    const struct registry_entry *e = registry_find(slice_str(name));
    ASSERT(e != NULL);
    snprintf(whole, sizeof whole, "methods.%u.%s", e->index, path);
    return client_at(text, whole);
}

TEST(the_document_has_every_command)
{
    const char *text = document();
    ASSERT_AT("\"1.3.2\"", text, "openrpc");
    ASSERT_AT("\"9.9\"", text, "info.version");
    for (uint32_t i = 0; i < registry_count(); i++) {
        char quoted[80];
        snprintf(quoted, sizeof quoted, "\"%s\"", registry_at(i)->name);
        ASSERT_STR(quoted, of_method(text, registry_at(i)->name, "name"));
        ASSERT(strlen(of_method(text, registry_at(i)->name, "summary")) > 2);
    }
    ASSERT_STR("true", of_method(text, "fee", "x-forwarded"));
    ASSERT_STR("", of_method(text, "ping", "x-forwarded"));
}

TEST(parameters_stand_in_the_order_in_which_they_are_checked)
{
    const char *text = document();
    ASSERT_STR("\"account\"", of_method(text, "account_tx", "params.0.name"));
    ASSERT_STR("true", of_method(text, "account_tx", "params.0.required"));
    ASSERT_STR("\"ledger_hash\"", of_method(text, "account_tx", "params.1.name"));
    ASSERT_STR("false", of_method(text, "account_tx", "params.1.required"));
    /* required ones first, wherever they are checked */
    ASSERT_STR("\"base_asset\"", of_method(text, "get_aggregate_price", "params.0.name"));
    ASSERT_STR("\"oracles\"", of_method(text, "get_aggregate_price", "params.2.name"));
    ASSERT_STR("\"ledger_hash\"", of_method(text, "get_aggregate_price", "params.3.name"));
    ASSERT_STR("{\"$ref\":\"#/components/errors/invalidParams\"}",
               of_method(text, "account_tx", "errors.0"));
    ASSERT_AT("31", text, "components.errors.invalidParams.code");
}

TEST(deprecated_fields_are_named_with_and_without_a_row)
{
    const char *text = document();
    ASSERT_STR("\"ident\"", of_method(text, "account_info", "params.1.name"));
    ASSERT_STR("true", of_method(text, "account_info", "params.1.deprecated"));
    ASSERT_STR("\"ledger\"", of_method(text, "account_info", "params.6.name"));
    ASSERT_STR("true", of_method(text, "account_info", "params.6.deprecated"));
    ASSERT_STR("\"strict\"", of_method(text, "account_info", "params.7.name"));
    ASSERT_STR("", of_method(text, "account_info", "params.8.name"));
}

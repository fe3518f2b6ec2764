/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/results.h"

#include "rpc/registry.h"
#include "test.h"

static bool has_shape(const char *name, size_t n)
{
    for (const struct result_shape *s = results_shapes; s->name; s++)
        if (strlen(s->name) == n && memcmp(s->name, name, n) == 0)
            return true;
    return false;
}

/* The name inside of brackets: a primitive, or something that stands in components. */
static void check_type(const char *type)
{
    static const char *const known[] = {
        "string",  "integer", "number",      "boolean", "object", "any",         "Hash256",
        "Address", "HexText", "DecimalText", "Amount",  "Entry",  "Transaction", "Metadata"};
    size_t from = strspn(type, "[{"), n = strcspn(type + from, "]}");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == n && memcmp(known[i], type + from, n) == 0)
            return;
    ASSERT(has_shape(type + from, n));
}

static void check_members(const struct result_member *m)
{
    for (; m->name; m++) {
        ASSERT(m->doc && strlen(m->doc) > 2);
        check_type(m->type);
        ASSERT(m->optional || (!m->since && !m->until));
    }
}

TEST(every_method_has_a_described_result)
{
    for (uint32_t i = 0; i < registry_count(); i++)
        if (registry_at(i)->method) {
            ASSERT(results_of(registry_at(i)->name) != NULL);
            check_members(results_of(registry_at(i)->name));
        }
    ASSERT(results_of("fee") == NULL);
    for (const struct result_shape *s = results_shapes; s->name; s++)
        check_members(s->members);
}

TEST(errors_behind_the_parameters_end_with_none)
{
    ASSERT_INT(RPC_NONE, results_errors("ping")[0]);
    ASSERT_INT(RPC_NONE, results_errors("no such method")[0]);
    bool found = false;
    for (const enum rpc_code *e = results_errors("account_info"); *e != RPC_NONE; e++)
        found |= *e == RPC_ACT_NOT_FOUND;
    ASSERT(found);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/registry.h"

#include "rpc/method.h"
#include "test.h"

TEST(every_command_is_found_by_its_name)
{
    for (uint32_t i = 0; i < registry_count(); i++) {
        const struct registry_entry *e = registry_at(i);
        ASSERT(registry_find(slice_str(e->name)) == e);
        ASSERT_INT(i, e->index);
        if (e->method)
            ASSERT_STR(e->name, e->method->name);
    }
}

TEST(what_is_no_command_is_not_found)
{
    ASSERT(registry_find(SLICE_LIT("")) == NULL);
    ASSERT(registry_find(SLICE_LIT("pin")) == NULL);
    ASSERT(registry_find(SLICE_LIT("pingg")) == NULL);
    ASSERT(registry_find(SLICE_LIT("PING")) == NULL);
}

TEST(what_is_rippled_s_has_no_method)
{
    const struct registry_entry *e = registry_find(SLICE_LIT("fee"));
    ASSERT(e && !e->method && e->cacheable);
    e = registry_find(SLICE_LIT("submit"));
    ASSERT(e && !e->method && !e->cacheable);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/symbols.h"

#include "test.h"

#include <string.h>

static int a_static_function(int x)
{
    return x * 3;
}

TEST(static_and_other_functions_have_names)
{
    size_t offset = 0;
    symbols_open();
    const char *(*volatile find)(const void *address, size_t *ret) = symbols_find;
    int (*volatile fn)(int x) = a_static_function;
    ASSERT_STR("a_static_function", symbols_find((const char *)(uintptr_t)fn + 1, &offset));
    ASSERT_INT(1, offset);
    ASSERT_STR("symbols_find", find((const void *)(uintptr_t)find, &offset));
    ASSERT_INT(0, offset);
    ASSERT(find(NULL, &offset) == NULL);
}

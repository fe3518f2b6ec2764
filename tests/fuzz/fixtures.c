/* SPDX-License-Identifier: Apache-2.0 */
#include "fixtures.h"

#include "json/json.h"
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void test_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, fmt, ap);
    abort();
}

void fixtures_expect_object(struct slice reply)
{
    struct json_opts opts = {.max_depth = 64};
    struct arena *a = arena_new(0);
    struct json v;
    if (err_failed(json_parse(reply, &opts, a, &v, NULL)) || v.type != JSON_OBJECT)
        test_fail(__FILE__, __LINE__, "no JSON object: %.*s\n", SLICE_FMT(reply));
    arena_free(a);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever text parses is written back to text that parses to the same value; memory stays in its
 * budget. */
#include "fuzz.h"

#include "base/buf.h"
#include "json/json.h"
#include "json/jw.h"
#include "json_same.h"

#include <stdio.h>
#include <stdlib.h>

static void round_trip(const struct json *v)
{
    char why[600];
    struct buf out = {0};
    struct arena *a = arena_new(0);
    struct json again;
    struct jw w = jw_to(&out);
    jw_value(&w, v);
    if (err_failed(json_parse(buf_slice(&out), NULL, a, &again, NULL)) ||
        !json_same(v, &again, why, sizeof why)) {
        fprintf(stderr, "not the same after writing: %.*s\n", SLICE_FMT(buf_slice(&out)));
        abort();
    }
    arena_free(a);
    buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new(1 << 20);
    struct json v;
    size_t at = 0;
    struct json_opts with_comments = {.allow_comments = true};
    if (!err_failed(json_parse(slice_of(p, n), NULL, a, &v, &at)))
        round_trip(&v);
    else if (at > n)
        abort();
    arena_clear(a);
    if (!err_failed(json_parse(slice_of(p, n), &with_comments, a, &v, NULL)))
        round_trip(&v);
    arena_free(a);
    return 0;
}

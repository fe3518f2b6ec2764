/* SPDX-License-Identifier: Apache-2.0 */
#include "golden.h"

#include "base/hex.h"
#include "test.h"

#include <stdlib.h>

static char *read_cases(const char *file, size_t *ret_n)
{
    char path[1024];
    const char *directory = getenv("KLEIO_XRPL_GOLDENS");
    snprintf(path, sizeof path, "%s/%s",
             directory ? directory : test_source_path("tests/data/xrpl"), file);
    return test_read_file(path, ret_n);
}

size_t golden_each(const char *file, void (*fn)(const struct json *line, struct arena *a))
{
    size_t size, n_lines = 0;
    char *text = read_cases(file, &size);
    struct arena *a = arena_new(0);
    struct json_opts opts = {.max_depth = 64};
    for (char *p = text, *next; p < text + size; p = next) {
        char *eol = memchr(p, '\n', (size_t)(text + size - p));
        next = eol ? eol + 1 : text + size;
        struct json line;
        arena_clear(a);
        ASSERT_OK(json_parse(slice_of(p, (size_t)(next - p)), &opts, a, &line, NULL));
        fn(&line, a);
        n_lines++;
    }
    arena_free(a);
    free(text);
    return n_lines;
}

struct slice golden_hex(const struct json *line, const char *member, struct arena *a)
{
    const struct json *v = json_get(line, member);
    ASSERT(json_is(v, JSON_STRING) && v->s.n % 2 == 0);
    uint8_t *out = arena_alloc(a, v->s.n / 2 + 1);
    ASSERT(hex_decode(v->s, out, v->s.n / 2));
    return slice_of(out, v->s.n / 2);
}

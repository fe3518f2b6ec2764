/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/cql/vectors.h"

#include "unit/test.h"

#include <stdlib.h>

struct vectors vectors_open(void)
{
    size_t n;
    char *text = test_read_file(test_source_path("tests/data/cql/vectors.txt"), &n);
    return (struct vectors){.text = text, .line = text, .bytes = malloc(n)};
}

static char *take(char **at, const char *ends)
{
    char *start = *at;
    size_t n = strcspn(start, ends);
    *at = start[n] ? start + n + 1 : start + n;
    start[n] = 0;
    return start;
}

bool vectors_next(struct vectors *v, char kind[16])
{
    while (*v->line) {
        v->field = take(&v->line, "\n");
        if (*v->field == '#' || *v->field == 0)
            continue;
        snprintf(kind, 16, "%s", take(&v->field, " "));
        return true;
    }
    return false;
}

int64_t vectors_number(struct vectors *v)
{
    return strtoll(take(&v->field, " "), NULL, 10);
}

struct slice vectors_bytes(struct vectors *v)
{
    const char *hex = take(&v->field, " ");
    size_t n = 0;
    unsigned byte;
    for (; hex[0] && hex[0] != '-' && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        v->bytes[n++] = (uint8_t)byte;
    return slice_of(v->bytes, n);
}

void vectors_close(struct vectors *v)
{
    free(v->text);
    free(v->bytes);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Compact a history store, so that its size can be measured. usage: compact STORE/history */
#include "rt/offload.h"
#include "store/rocks.h"

#include <stdio.h>

static err run(const char *path)
{
    struct store *s = NULL;
    TRY(rocks_open(&(struct rocks_opts){.path = path}, &s));
    err e = rocks_compact(s);
    store_close(s);
    return e;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: compact STORE/history\n");
        return 2;
    }
    err e = run(argv[1]);
    if (e.code)
        fprintf(stderr, "compact: %s\n", err_text());
    return e.code != 0;
}

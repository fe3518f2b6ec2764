/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of a history store's families, before and after it is compacted whole.
 * usage: compact STORE/history */
#include "rt/offload.h"
#include "store/rocks_options.h"

#include <stdio.h>

static void print_sizes(struct store *s, const char *when)
{
    printf("%s, MB:", when);
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        uint64_t n = 0;
        rocksdb_property_int_cf(rocks_of(s)->db, rocks_of(s)->cf[cf],
                                "rocksdb.total-sst-files-size", &n);
        printf(" %s %.1f", rocks_options_cf_name(cf), (double)n / 1e6);
    }
    printf("\n");
}

static err run(const char *path)
{
    struct store *s = NULL;
    TRY(rocks_open(&(struct rocks_opts){.path = path}, &s));
    print_sizes(s, "found");
    err e = rocks_compact(s);
    print_sizes(s, "compacted");
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

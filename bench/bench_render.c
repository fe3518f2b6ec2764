/* SPDX-License-Identifier: Apache-2.0 */
/* CPU time of writing a transaction as JSON, with its metadata and its id, as lists show it:
 * nothing of it is remembered. Lines of standard input: the transaction in hex, a space, its
 * metadata in hex. usage: bench_render [ROUNDS] */
#include "base/arena.h"
#include "base/hex.h"
#include "base/mem.h"
#include "xrpl/digest.h"
#include "xrpl/txmeta.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct pair {
    struct slice tx, meta;
};

static struct slice from_hex(struct slice hex, struct arena *a)
{
    uint8_t *bytes = arena_alloc(a, hex.n / 2 + 1);
    if (!hex_decode(hex, bytes, hex.n / 2)) {
        fprintf(stderr, "bench_render: a line is not two words of hex\n");
        exit(1);
    }
    return slice_of(bytes, hex.n / 2);
}

static size_t read_pairs(struct pair *pairs, size_t max, struct arena *a)
{
    char *line = NULL;
    size_t room = 0, n = 0;
    for (ssize_t got; n < max && (got = getline(&line, &room, stdin)) > 0; n++) {
        struct slice all = slice_of(line, (size_t)got - (line[got - 1] == '\n'));
        size_t cut = 0;
        while (cut < all.n && all.p[cut] != ' ')
            cut++;
        pairs[n].tx = from_hex(slice_of(all.p, cut), a);
        pairs[n].meta = from_hex(slice_from(all, MIN(cut + 1, all.n)), a);
    }
    free(line);
    return n;
}

static void render(struct buf *out, const struct pair *p)
{
    struct jw w = jw_to(out);
    struct txmeta_show show = {.api_version = 1, .ledger_seq = 5000000, .nft_synthetic = true};
    struct hash256 id = digest_tx_id(p->tx);
    jw_obj_begin(&w);
    jw_key(&w, "meta");
    err e = txmeta_render_meta(&w, p->tx, p->meta, &show);
    jw_key(&w, "tx");
    jw_obj_begin(&w);
    err e2 = txmeta_render_tx_members(&w, p->tx, &show);
    jw_kv_hex(&w, "hash", hash256_slice(&id));
    jw_obj_end(&w);
    jw_obj_end(&w);
    if (err_failed(e) || err_failed(e2)) {
        fprintf(stderr, "bench_render: %s\n", err_text());
        exit(1);
    }
}

int main(int argc, char **argv)
{
    enum { MAX_PAIRS = 10000 };
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 100, n_bytes = 0;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf out = {0};
    struct pair *pairs = arena_alloc(a, MAX_PAIRS * sizeof *pairs);
    size_t n = read_pairs(pairs, MAX_PAIRS, a);
    for (size_t i = 0; i < n; i++) /* names of accounts are remembered from then on, as they are in
                                      a server */
        render(&out, &pairs[i]);
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < n; i++) {
            if (i % 20 == 0)
                buf_clear(&out);
            size_t start = out.n;
            render(&out, &pairs[i]);
            n_bytes += out.n - start;
        }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    double each = (double)MAX(n * rounds, (size_t)1);
    printf("a transaction and its metadata: %.3f us, %.0f bytes of JSON, %.0f MB/s\n",
           ns / each / 1000, (double)n_bytes / each, (double)n_bytes / ns * 1000);
    return 0;
}

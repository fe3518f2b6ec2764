/* SPDX-License-Identifier: Apache-2.0 */
/* The order of keys at an old ledger, in an order book that has had very many directories: load,
 * apply and view over a history on disk. usage: bench_next DIR [directories] */
#include "base/bits.h"
#include "base/mem.h"
#include "ledger/apply.h"
#include "ledger/view.h"
#include "ledger/walk.h"
#include "rt/clock.h"
#include "store/rocks.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST 1000u
#define N_OTHERS 2000 /* objects that stay */
#define PER_LEDGER 4000
#define FEW 3        /* directories in a ledger to look at, */
#define FEW_EVERY 10 /* which is each so many'th */
#define N_ASKED 400

static void must(err e, const char *what)
{
    if (e.code == 0)
        return;
    fprintf(stderr, "bench_next: %s: %s: %s\n", what, err_name(e), err_text());
    exit(1);
}

struct world {
    struct ledger_header header;
    struct hash256 others[N_OTHERS];
    struct hash256 dirs[PER_LEDGER]; /* that exist, ascending */
    size_t n_dirs;
    uint64_t random;
    struct digest_leaf leaves[N_OTHERS + PER_LEDGER];
};

static const struct slice object = SLICE_LIT("\x11\x00\x64\x22\x00\x00\x00\x00");

static uint64_t next_random(struct world *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct hash256 book_key(uint64_t quality)
{
    struct hash256 key = {{[0 ... 23] = 0x5A}};
    bits_store64(key.b + 24, quality);
    return key;
}

static int key_order(const void *a, const void *b)
{
    return memcmp(a, b, 32); /* keys come first in everything that is sorted */
}

static void seal(struct world *w, uint32_t seq)
{
    size_t n = 0;
    for (size_t i = 0; i < N_OTHERS; i++)
        w->leaves[n++].key = w->others[i];
    for (size_t i = 0; i < w->n_dirs; i++)
        w->leaves[n++].key = w->dirs[i];
    for (size_t i = 0; i < n; i++)
        w->leaves[i].hash = digest_state_leaf(object, &w->leaves[i].key);
    qsort(w->leaves, n, sizeof w->leaves[0], key_order);
    w->header.parent_hash = w->header.hash;
    w->header.seq = seq;
    w->header.state_hash = digest_tree_root(w->leaves, n);
    w->header.hash = digest_ledger(&w->header);
}

static void load(struct world *w, struct ledgers *l)
{
    CLEANUP(mem_freep) struct store_object *objects = xcalloc(N_OTHERS, sizeof *objects);
    for (size_t i = 0; i < N_OTHERS; i++)
        for (int b = 0; b < 32; b += 8)
            bits_store64(w->others[i].b + b, next_random(w));
    qsort(w->others, N_OTHERS, sizeof w->others[0], key_order);
    for (size_t i = 0; i < N_OTHERS; i++)
        objects[i] = (struct store_object){w->others[i], object};
    seal(w, FIRST);
    must(apply_load_begin(l, &w->header, 1), "load");
    must(apply_load_add(l, 0, objects, N_OTHERS, NULL, 0), "load");
    must(apply_load_commit(l, &(struct apply_ledger){.header = w->header}), "load");
}

/* The next ledger: all directories go, n others come. */
static void turn_over(struct world *w, struct ledgers *l, size_t n)
{
    struct store_object *objects = xmalloc(2 * PER_LEDGER * sizeof *objects);
    struct hash256 *keys = xmalloc(2 * PER_LEDGER * sizeof *keys);
    struct apply_ledger in = {.objects = objects, .unnamed = keys};
    for (size_t i = 0; i < w->n_dirs; i++)
        objects[in.n_objects++] = (struct store_object){w->dirs[i], SLICE_EMPTY};
    for (w->n_dirs = 0; w->n_dirs < n; w->n_dirs++) {
        w->dirs[w->n_dirs] = book_key(next_random(w) | 1);
        objects[in.n_objects++] = (struct store_object){w->dirs[w->n_dirs], object};
    }
    qsort(w->dirs, n, sizeof w->dirs[0], key_order);
    qsort(objects, in.n_objects, sizeof *objects, key_order);
    for (; in.n_unnamed < in.n_objects; in.n_unnamed++)
        keys[in.n_unnamed] = objects[in.n_unnamed].key;
    seal(w, w->header.seq + 1);
    in.header = w->header;
    struct apply *b = NULL;
    must(apply_begin(l, &b), "begin");
    must(apply_add(b, &in), "add");
    must(apply_commit(b), "commit");
    free(objects);
    free(keys);
}

struct times {
    int64_t ns[N_ASKED];
    size_t n;
};

static void add_time(struct times *t, int64_t begun_ns)
{
    t->ns[t->n++] = clock_now_ns() - begun_ns;
}

static int time_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, struct times *t)
{
    qsort(t->ns, t->n, sizeof t->ns[0], time_order);
    printf("%-44s median %8.3f ms   p99 %8.3f ms\n", what, (double)t->ns[t->n / 2] / 1e6,
           (double)t->ns[t->n * 99 / 100] / 1e6);
}

/* At ledger `seq`: after the book's base, after keys anywhere in it, and the book from its start.
 */
static void ask(struct world *w, struct ledgers *l, uint32_t seq, struct times ret[3])
{
    struct view *v = NULL;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 base = book_key(0), next;
    must(view_open(l, seq, &v), "open");
    if (!view_is_old(v))
        must(err_plain(ERR_INVALID), "the ledger is not old");
    for (size_t i = 0; i < N_ASKED / 10; i++) {
        int64_t begun_ns = clock_now_ns();
        must(view_next(v, &base, a, &next, NULL), "next");
        add_time(&ret[0], begun_ns);
        struct hash256 any = book_key(next_random(w));
        begun_ns = clock_now_ns();
        must(view_next(v, &any, a, &next, NULL), "next");
        add_time(&ret[1], begun_ns);
        begun_ns = clock_now_ns();
        struct walk_book book = walk_book_of(v, &base, 0);
        struct walk_batch batch;
        while (book.end == WALK_GOING)
            must(walk_book_next(&book, a, &batch), "walk");
        add_time(&ret[2], begun_ns);
    }
    view_close(v);
}

static void bench(struct world *w, struct ledgers *l, uint32_t n_ledgers)
{
    CLEANUP(mem_freep) struct times *t = xcalloc(3, sizeof *t);
    load(w, l);
    for (uint32_t i = 1; i <= n_ledgers; i++)
        turn_over(w, l, i % FEW_EVERY ? PER_LEDGER : i % (2 * FEW_EVERY) ? FEW : 0);
    for (int empty = 0; empty < 2; empty++) {
        memset(t, 0, 3 * sizeof *t);
        for (uint32_t i = 0; i < 10; i++) {
            uint32_t pairs = n_ledgers / (2 * FEW_EVERY) - 1;
            uint32_t pair = (uint32_t)(next_random(w) % pairs);
            ask(w, l, FIRST + FEW_EVERY * (2 * pair + 1 + (uint32_t)empty), t);
        }
        printf("%s\n", empty ? "book empty at the ledger" : "book with three directories");
        print_times("  next of the base", &t[0]);
        print_times("  next of any key in the book", &t[1]);
        print_times("  the whole book", &t[2]);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "usage: bench_next DIR [directories]\n"), 2;
    size_t n_dirs = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    char path[2048];
    snprintf(path, sizeof path, "%s/history", argv[1]);
    struct store *s = NULL;
    must(rocks_open(&(struct rocks_opts){.path = path}, &s), "store");
    struct ledgers *l = NULL;
    snprintf(path, sizeof path, "%s/mirror", argv[1]);
    struct ledgers_opts opts = {
        .store = s, .mirror_path = path, .n_cores = 1, .undo_max_ledgers = 2, .lazy_undo = true};
    must(ledgers_open(&opts, &l), "open");
    struct world *w = xcalloc(1, sizeof *w);
    w->random = 7;
    bench(w, l, MAX((uint32_t)(n_dirs / PER_LEDGER * 10 / 9), 8u * FEW_EVERY));
    free(w);
    ledgers_close(l);
    store_close(s);
    return 0;
}

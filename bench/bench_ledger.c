/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger layer alone: load, apply, view. The history is one that forgets everything at once, so
 * that its cost is not in the figures. usage: bench_ledger DIR [objects] [changes per ledger]
 * [ledgers] [ledgers per batch] */
#include "base/mem.h"
#include "ledger/apply.h"
#include "ledger/fold.h"
#include "ledger/view.h"
#include "rt/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FIRST 1000u
#define OBJECT_BYTES 250

static void must(err e, const char *what)
{
    if (e.code == 0)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, err_name(e), err_text());
    exit(1);
}

/* --- a history without rows, but the lists of keys that a start needs --- */

struct nil_keys {
    struct hash256 *keys;
    size_t n;
};

struct nil_store {
    struct store base;
    struct nil_keys *diffs; /* of the ledgers after range.first */
    struct store_range range;
    bool any;
    uint8_t dataset[16];
    struct ledger_header newest;
};

static void nil_close(struct store *s)
{
    (void)s;
}
static err nil_meta_get(struct store *s, const char *name, struct arena *a, struct slice *ret)
{
    *ret = slice_of(((struct nil_store *)s)->dataset, 16);
    return OK;
}
static err nil_meta_put(struct store *s, const char *name, struct slice value)
{
    memcpy(((struct nil_store *)s)->dataset, value.p, MIN(value.n, (size_t)16));
    return OK;
}
static err nil_header_get(struct store *s, uint32_t seq, struct ledger_header *ret)
{
    *ret = ((struct nil_store *)s)->newest;
    return OK;
}
static void nil_ranges(struct store *s, struct store_range *ret, size_t *ret_n)
{
    struct nil_store *n = (struct nil_store *)s;
    *ret_n = n->any;
    ret[0] = n->range;
}
static err nil_load_begin(struct store *s, uint32_t seq, uint32_t n_chains)
{
    return OK;
}
static err nil_load_add(struct store *s, uint32_t chain, const struct store_object *objects,
                        size_t n_objects, const struct store_successor *successors,
                        size_t n_successors, const struct store_index_row *rows, size_t n_rows)
{
    return OK;
}
static err nil_load_commit(struct store *s, const struct store_ledger *ledger)
{
    struct nil_store *n = (struct nil_store *)s;
    n->any = true;
    n->newest = ledger->header;
    n->range = (struct store_range){ledger->header.seq, ledger->header.seq};
    return OK;
}
static void nil_keep(struct nil_store *s, const struct store_ledger *ledger)
{
    uint32_t at = ledger->header.seq - s->range.first;
    struct nil_keys k = {xmalloc((ledger->n_objects + 1) * sizeof *k.keys), ledger->n_objects};
    for (size_t i = 0; i < k.n; i++)
        k.keys[i] = ledger->objects[i].key;
    s->diffs = xrealloc(s->diffs, (at + 1) * sizeof *s->diffs);
    s->diffs[at] = k;
}
static err nil_diff(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret,
                    size_t *ret_n)
{
    struct nil_store *n = (struct nil_store *)s;
    *ret = n->diffs[seq - n->range.first].keys;
    *ret_n = n->diffs[seq - n->range.first].n;
    return OK;
}
static err nil_write(struct store *s, const struct store_ledger *ledgers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        nil_keep((struct nil_store *)s, &ledgers[i]);
    ((struct nil_store *)s)->range.last += (uint32_t)n;
    ((struct nil_store *)s)->newest = ledgers[n - 1].header;
    return OK;
}

static const struct store_ops nil_ops = {.close = nil_close,
                                         .meta_get = nil_meta_get,
                                         .meta_put = nil_meta_put,
                                         .ranges = nil_ranges,
                                         .header_get = nil_header_get,
                                         .load_begin = nil_load_begin,
                                         .load_add = nil_load_add,
                                         .load_commit = nil_load_commit,
                                         .write = nil_write,
                                         .diff = nil_diff};

/* --- a world --- */

struct item {
    struct hash256 key;
    struct hash256 leaf;
    uint32_t version; /* 0 = absent */
};

struct world {
    struct item *items; /* ascending */
    size_t n;
    uint32_t depth;       /* of the subtrees whose hashes are remembered: 16^depth of them */
    struct hash256 *subs; /* by their first nibbles */
    bool *changed;        /* since they were hashed */
    uint64_t random;
    struct ledger_header header;
};

static uint64_t next_random(struct world *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct slice item_object(const struct item *it, struct arena *a)
{
    uint8_t *p = arena_alloc(a, OBJECT_BYTES);
    memset(p, it->key.b[3], OBJECT_BYTES);
    memcpy(p, "\x11\x00\x61\x22\x00\x00\x00\x00", 8);
    memcpy(p + 100, &it->version, 4);
    return slice_of(p, OBJECT_BYTES);
}

static int item_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static size_t sub_of(const struct world *w, const struct hash256 *key)
{
    size_t at = 0;
    for (uint32_t d = 0; d < w->depth; d++)
        at = at * 16 + fold_nibble(key, d);
    return at;
}

/* The subtree that begins with this item; *ret_end: the item after it. */
static void hash_sub(struct world *w, size_t from, size_t *ret_end)
{
    static struct fold fold = {.keep_above = UINT32_MAX}; /* large */
    struct fold_sub sub;
    size_t at = sub_of(w, &w->items[from].key), i = from;
    fold_begin(&fold, w->depth);
    for (; i < w->n && sub_of(w, &w->items[i].key) == at; i++)
        if (w->changed[at] && w->items[i].version)
            must(fold_add(&fold, &w->items[i].key, &w->items[i].leaf), "fold");
    *ret_end = i;
    if (!w->changed[at])
        return;
    must(fold_end(&fold, &sub), "fold");
    w->subs[at] = sub.hash;
    w->changed[at] = false;
}

/* Subtrees have so many leaves that none is a leaf itself. */
static struct hash256 world_root(struct world *w)
{
    for (size_t i = 0; i < w->n;)
        hash_sub(w, i, &i);
    size_t n = (size_t)1 << 4 * w->depth;
    struct hash256 *level = xmalloc(n * sizeof *level), root;
    memcpy(level, w->subs, n * sizeof *level);
    for (; n > 1; n /= 16)
        for (size_t i = 0; i < n / 16; i++)
            level[i] = digest_inner(level + 16 * i);
    root = level[0];
    free(level);
    return root;
}

static void seal(struct world *w, uint32_t seq)
{
    w->header.parent_hash = w->header.hash;
    w->header.seq = seq;
    w->header.state_hash = world_root(w);
    w->header.hash = digest_ledger(&w->header);
}

static void rehash(struct world *w, struct item *it, struct arena *a)
{
    w->changed[sub_of(w, &it->key)] = true;
    if (it->version)
        it->leaf = digest_state_leaf(item_object(it, a), &it->key);
}

static void world_init(struct world *w, size_t n_objects)
{
    *w = (struct world){.random = 7, .n = n_objects + n_objects / 20};
    w->items = xcalloc(w->n, sizeof *w->items);
    while (w->n >> 4 * (w->depth + 1) >= 64)
        w->depth++;
    w->subs = xcalloc((size_t)1 << 4 * w->depth, sizeof *w->subs);
    w->changed = xcalloc((size_t)1 << 4 * w->depth, sizeof *w->changed);
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < w->n; i++) {
        struct item *it = &w->items[i];
        for (int b = 0; b < 32; b += 8) {
            uint64_t v = next_random(w);
            memcpy(it->key.b + b, &v, 8);
        }
        it->version = i % 21 != 0;
        rehash(w, it, a);
        arena_clear(a);
    }
    arena_free(a);
    qsort(w->items, w->n, sizeof *w->items, item_order);
    seal(w, FIRST);
}

/* Change n items (created, modified and deleted as they come). */
static size_t world_change(struct world *w, size_t n, struct arena *a, struct store_object *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i].key = w->items[next_random(w) % w->n].key;
    qsort(ret, n, sizeof *ret, item_order);
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        if (to && item_order(&ret[to - 1], &ret[i]) == 0)
            continue;
        struct item *it = bsearch(&ret[i].key, w->items, w->n, sizeof *it, item_order);
        uint32_t version = it->version;
        it->version = version && next_random(w) % 20 == 0 ? 0 : version + 1;
        rehash(w, it, a);
        ret[to++] = (struct store_object){it->key, it->version ? item_object(it, a) : SLICE_EMPTY};
    }
    return to;
}

/* --- measurements --- */

struct timer {
    int64_t wall, cpu;
};
static struct timer timer_start(void)
{
    return (struct timer){clock_now_ns(), clock_cpu_ns()};
}
static void timer_print(const struct timer *t, const char *what, double n, const char *unit,
                        double unit_ns)
{
    printf("%-44s cpu %9.3f %s   wall %9.3f %s\n", what,
           (double)(clock_cpu_ns() - t->cpu) / n / unit_ns, unit,
           (double)(clock_now_ns() - t->wall) / n / unit_ns, unit);
    fflush(stdout);
}

static void print_stats(struct ledgers *l)
{
    struct ledgers_stats stats;
    ledgers_get_stats(l, &stats);
    printf("mirror %.1f MB for %llu objects, window %.1f MB of %u ledgers\n",
           (double)stats.mirror_bytes / 1e6, (unsigned long long)stats.n_objects,
           (double)stats.undo_bytes / 1e6, stats.undo_ledgers);
}

static void bench_load(struct world *w, struct ledgers *l)
{
    enum { CHAINS = 16, PAGE = 512 };
    struct arena *a = arena_new(0);
    struct store_object *page = xmalloc(PAGE * sizeof *page);
    struct timer t = timer_start();
    must(apply_load_begin(l, &w->header, CHAINS), "load begin");
    size_t n_loaded = 0;
    int64_t cpu = 0, wall = 0;
    for (size_t round = 0; round <= w->n / CHAINS; round += PAGE)
        for (uint32_t chain = 0; chain < CHAINS; chain++) {
            size_t n = 0, from = chain * w->n / CHAINS, end = (chain + 1) * w->n / CHAINS;
            for (size_t i = from + round; i < MIN(end, from + round + PAGE); i++)
                if (w->items[i].version)
                    page[n++] =
                        (struct store_object){w->items[i].key, item_object(&w->items[i], a)};
            struct timer one = timer_start();
            must(apply_load_add(l, chain, page, n, NULL, 0), "load");
            cpu += clock_cpu_ns() - one.cpu;
            wall += clock_now_ns() - one.wall;
            n_loaded += n;
            arena_clear(a);
        }
    printf("%-44s cpu %9.3f us   wall %9.3f us\n", "load: insert, per object",
           (double)cpu / 1e3 / (double)n_loaded, (double)wall / 1e3 / (double)n_loaded);
    struct timer end = timer_start();
    struct apply_ledger ledger = {.header = w->header};
    must(apply_load_commit(l, &ledger), "load commit");
    timer_print(&end, "load: tree and commit, per object", (double)n_loaded, "us", 1e3);
    timer_print(&t, "load: all with making objects, per object", (double)n_loaded, "us", 1e3);
    print_stats(l);
    free(page);
    arena_free(a);
}

/* Bytes that LMDB has written, which finds these functions before the system's. (/proc/self/io
 * counts a large folio of the page cache for each page of it.) */
static uint64_t written_bytes;

ssize_t counting_pwrite(int fd, const void *p, size_t n, off_t at) __asm__("pwrite");
ssize_t counting_pwrite(int fd, const void *p, size_t n, off_t at)
{
    written_bytes += n;
    return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t counting_pwrite64(int fd, const void *p, size_t n, off_t at) __asm__("pwrite64");
ssize_t counting_pwrite64(int fd, const void *p, size_t n, off_t at)
{
    return counting_pwrite(fd, p, n, at);
}

ssize_t counting_writev(int fd, const struct iovec *v, int n) __asm__("writev");
ssize_t counting_writev(int fd, const struct iovec *v, int n)
{
    for (int i = 0; i < n; i++)
        written_bytes += v[i].iov_len;
    return syscall(SYS_writev, fd, v, n);
}

static void bench_apply(struct world *w, struct ledgers *l, size_t n_changes, uint32_t n_ledgers,
                        uint32_t per_batch)
{
    struct arena *a = arena_new(0);
    struct store_object *objects = xmalloc(n_changes * per_batch * sizeof *objects);
    int64_t cpu = 0, wall = 0, commit = 0;
    uint64_t written = written_bytes;
    for (uint32_t done = 0; done < n_ledgers; done += per_batch) {
        struct apply *b = NULL;
        for (uint32_t i = 0; i < per_batch; i++) {
            struct store_object *mine = objects + i * n_changes;
            size_t n = world_change(w, n_changes, a, mine);
            seal(w, w->header.seq + 1);
            struct apply_ledger in = {.header = w->header, .objects = mine, .n_objects = n};
            struct timer t = timer_start();
            if (i == 0)
                must(apply_begin(l, &b), "begin");
            must(apply_add(b, &in), "add");
            cpu += clock_cpu_ns() - t.cpu;
            wall += clock_now_ns() - t.wall;
        }
        struct timer t = timer_start();
        must(apply_commit(b), "commit");
        cpu += clock_cpu_ns() - t.cpu;
        wall += clock_now_ns() - t.wall;
        commit += clock_now_ns() - t.wall;
        arena_clear(a);
    }
    printf("apply: %zu changes, %u a batch, per ledger       cpu %9.3f ms   wall %9.3f ms (commit "
           "%.3f), %.2f MB written\n",
           n_changes, per_batch, (double)cpu / 1e6 / n_ledgers, (double)wall / 1e6 / n_ledgers,
           (double)commit / 1e6 / n_ledgers, (double)(written_bytes - written) / 1e6 / n_ledgers);
    free(objects);
    arena_free(a);
}

static void bench_gets(struct world *w, struct ledgers *l, uint32_t seq, const char *what)
{
    enum { N = 300000 };
    struct view *v = NULL;
    struct arena *a = arena_new(0);
    size_t found = 0;
    struct timer t = timer_start();
    for (size_t i = 0; i < N; i++) {
        struct slice object;
        must(view_open(l, seq, &v), "open");
        err e = view_get(v, &w->items[next_random(w) % w->n].key, a, &object);
        found += e.code == 0;
        view_close(v);
    }
    timer_print(&t, what, N, "ns", 1);
    if (found < N / 2)
        exit(1);
    arena_free(a);
}

static void bench_view(struct world *w, struct ledgers *l, uint32_t seq, const char *name)
{
    enum { N = 1000000, PAGE = 2048, PAGES = 200 };
    char what[64];
    struct view *v = NULL;
    struct timer t = timer_start();
    for (size_t i = 0; i < N; i++) {
        must(view_open(l, seq, &v), "open");
        view_close(v);
    }
    snprintf(what, sizeof what, "%s: open and close", name);
    timer_print(&t, what, N, "ns", 1);
    snprintf(what, sizeof what, "%s: open, random get, close", name);
    bench_gets(w, l, seq, what);
    must(view_open(l, seq, &v), "open");
    struct view_entry *page = xmalloc(PAGE * sizeof *page);
    struct arena *a = arena_new(0);
    size_t n = 0;
    t = timer_start();
    for (size_t i = 0; i < PAGES; i++)
        must(view_page(v, &w->items[next_random(w) % (w->n * 9 / 10)].key, PAGE, a, page, &n),
             "page");
    snprintf(what, sizeof what, "%s: page of 2048", name);
    timer_print(&t, what, PAGES, "us", 1e3);
    view_close(v);
    free(page);
    arena_free(a);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "usage: bench_ledger DIR [objects] [changes] [ledgers] [batch]\n"),
               2;
    size_t n_objects = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    size_t n_changes = argc > 3 ? strtoul(argv[3], NULL, 10) : 1500;
    uint32_t n_ledgers = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 8;
    uint32_t per_batch = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 4;
    struct world w;
    world_init(&w, n_objects);
    struct nil_store store = {.base = {&nil_ops}};
    struct ledgers_opts opts = {
        .store = &store.base, .mirror_path = argv[1], .n_cores = 1, .lazy_undo = true};
    struct ledgers *l = NULL;
    must(ledgers_open(&opts, &l), "open");
    bench_load(&w, l);
    bench_apply(&w, l, n_changes, n_ledgers, 1);
    bench_apply(&w, l, n_changes, n_ledgers, per_batch);
    bench_view(&w, l, 0, "newest");
    bench_view(&w, l, w.header.seq - 3, "recent");
    print_stats(l);
    ledgers_close(l);
    struct timer t = timer_start();
    must(ledgers_open(&opts, &l), "open again");
    timer_print(&t, "open again", 1, "ms", 1e6);
    ledgers_close(l);
    for (uint32_t i = 1; i <= w.header.seq - FIRST; i++)
        free(store.diffs[i].keys);
    free(store.diffs);
    free(w.items);
    free(w.subs);
    free(w.changed);
    return 0;
}

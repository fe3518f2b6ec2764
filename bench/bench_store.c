/* SPDX-License-Identifier: Apache-2.0 */
/* The history on disk: bytes a transaction, and what reads cost.
 *   bench_store KEYSPACE.jsonl[.zst] [copies]
 * SCALE=N in the environment: tables, levels, cache and memtables are N times smaller, as if the
 * store were N times larger.
 * KEYSPACE: rows of Clio's tables as JSON lines {"table", "row"} (a dump of a keyspace). The
 * ledgers are written `copies` times (default 7), each time with other accounts, keys, hashes,
 * signatures and amounts, so that the compressor finds what it would find in a real history and not
 * the same ledgers again. */
#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "json/json.h"
#include "rt/clock.h"
#include "store/rocks_hashes.h"
#include "store/rocks_options.h"
#include "store/rocks_scrub.h"
#include "xrpl/txmeta.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define BATCH 16
#define DIE(...) (fprintf(stderr, __VA_ARGS__), exit(1))
#define MUST(expr)                                                                                 \
    do {                                                                                           \
        if (err_failed(expr))                                                                      \
            DIE("bench_store: %s\n", err_text());                                                  \
    } while (0)

struct tx {
    uint32_t seq, index;
    struct hash256 hash;
    struct slice tx, meta;
};
struct version {
    uint32_t seq;
    struct hash256 key;
    struct slice data; /* of a successor: the next key */
};
struct index_row {
    uint32_t seq;
    struct store_index_row row;
};

/* Growing arrays, each sorted by ledger once read. */
struct rows {
    uint8_t *p;
    size_t n, cap, size;
};
struct dump {
    struct arena *arena;
    struct rows headers, txs, objects, successors, index;
    uint32_t first, last;
};

static void *row_add(struct rows *r, size_t size)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 1024;
        r->p = xrealloc(r->p, r->cap * size);
    }
    r->size = size;
    return r->p + r->n++ * size;
}

/* All rows begin with the ledger's sequence. */
static uint32_t row_seq(const struct rows *r, size_t i)
{
    uint32_t seq;
    memcpy(&seq, r->p + i * r->size, 4);
    return seq;
}

static struct slice hex_member(const struct json *row, const char *name, struct arena *a)
{
    const struct json *text = json_get(json_get(row, name), "hex");
    size_t n = text ? text->s.n / 2 : 0;
    uint8_t *p = arena_alloc(a, n + 1);
    if (text == NULL || !hex_decode(text->s, p, n))
        DIE("bench_store: no %s\n", name);
    return slice_of(p, n);
}

static uint32_t number_member(const struct json *row, const char *name)
{
    const struct json *v = json_get(row, name);
    if (v == NULL || v->type != JSON_INT)
        DIE("bench_store: no %s\n", name);
    return (uint32_t)v->i;
}

static void read_version(struct rows *to, const struct json *row, const char *seq, const char *data,
                         struct arena *a)
{
    struct version v = {number_member(row, seq), hash256_of(hex_member(row, "key", a).p),
                        hex_member(row, data, a)};
    *(struct version *)row_add(to, sizeof v) = v;
}

static void read_index(struct dump *d, const struct json *row, enum store_index index,
                       const char *prefix)
{
    const struct json *place = json_get(row, "seq_idx");
    uint8_t *suffix = arena_alloc(d->arena, 8);
    if (place == NULL || place->type != JSON_ARRAY || place->n != 2)
        DIE("bench_store: no seq_idx\n");
    bits_store32(suffix, (uint32_t)place->items[0].i);
    bits_store32(suffix + 4, (uint32_t)place->items[1].i);
    struct index_row r = {
        (uint32_t)place->items[0].i,
        {index, hex_member(row, prefix, d->arena), slice_of(suffix, 8), SLICE_EMPTY}};
    *(struct index_row *)row_add(&d->index, sizeof r) = r;
}

static void read_tx(struct dump *d, const struct json *row)
{
    struct tx t = {.seq = number_member(row, "ledger_sequence"),
                   .tx = hex_member(row, "transaction", d->arena),
                   .meta = hex_member(row, "metadata", d->arena)};
    t.index = txmeta_index(t.meta);
    t.hash = digest_tx_id(t.tx);
    *(struct tx *)row_add(&d->txs, sizeof t) = t;
}

static void read_line(struct dump *d, struct slice line)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json doc;
    MUST(json_parse(line, NULL, a, &doc, NULL));
    const struct json *table = json_get(&doc, "table"), *row = json_get(&doc, "row");
    if (json_is_string(table, "transactions"))
        read_tx(d, row);
    else if (json_is_string(table, "objects"))
        read_version(&d->objects, row, "sequence", "object", d->arena);
    else if (json_is_string(table, "successor"))
        read_version(&d->successors, row, "seq", "next", d->arena);
    else if (json_is_string(table, "account_tx"))
        read_index(d, row, STORE_INDEX_ACCOUNT_TX, "account");
    else if (json_is_string(table, "nf_token_transactions"))
        read_index(d, row, STORE_INDEX_NFT_TX, "token_id");
    else if (json_is_string(table, "ledgers")) {
        struct ledger_header h;
        if (!digest_header_decode(hex_member(row, "header", a), &h))
            DIE("bench_store: header\n");
        *(struct ledger_header *)row_add(&d->headers, sizeof h) = h;
    }
}

static struct slice read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        DIE("bench_store: cannot read %s\n", path);
    size_t n = (size_t)ftell(f);
    uint8_t *p = xmalloc(n + 1);
    rewind(f);
    if (fread(p, 1, n, f) != n)
        DIE("bench_store: cannot read %s\n", path);
    fclose(f);
    return slice_of(p, n);
}

static struct slice unpack(struct slice in)
{
    static const uint8_t magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    if (in.n < 4 || memcmp(in.p, magic, 4) != 0)
        return in;
    unsigned long long size = ZSTD_getFrameContentSize(in.p, in.n);
    size_t cap = size < (1ull << 32) ? (size_t)size : (size_t)1 << 28;
    uint8_t *out = xmalloc(cap);
    size_t n = ZSTD_decompress(out, cap, in.p, in.n);
    if (ZSTD_isError(n))
        DIE("bench_store: %s\n", ZSTD_getErrorName(n));
    return slice_of(out, n);
}

/* By ledger; then transactions by index, the others by key. */
static int compare_txs(const void *a, const void *b)
{
    const struct tx *x = a, *y = b;
    int c = (x->seq > y->seq) - (x->seq < y->seq);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}
static int compare_versions(const void *a, const void *b)
{
    const struct version *x = a, *y = b;
    int c = (x->seq > y->seq) - (x->seq < y->seq);
    return c ? c : hash256_cmp(&x->key, &y->key);
}
static int compare_seq(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, 4);
    memcpy(&y, b, 4);
    return (x > y) - (x < y);
}

static struct dump dump_read(const char *path)
{
    struct dump d = {.arena = arena_new(0)};
    struct slice text = unpack(read_file(path));
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        read_line(&d, slice_of(text.p, n));
        text = slice_from(text, n + 1);
    }
    if (d.headers.n < 2 || d.txs.n == 0)
        DIE("bench_store: no ledgers in %s\n", path);
    qsort(d.headers.p, d.headers.n, d.headers.size, compare_seq);
    qsort(d.txs.p, d.txs.n, d.txs.size, compare_txs);
    qsort(d.objects.p, d.objects.n, d.objects.size, compare_versions);
    qsort(d.successors.p, d.successors.n, d.successors.size, compare_versions);
    qsort(d.index.p, d.index.n, d.index.size, compare_seq);
    d.first = row_seq(&d.headers, 0);
    d.last = row_seq(&d.headers, d.headers.n - 1);
    return d;
}

/* --- another history from the same one --- */

/* n bytes that depend on the bytes there and on the copy: what was equal stays equal. */
static void scramble(uint8_t *p, size_t n, uint32_t copy)
{
    uint64_t h = copy ? hash_fast(p, n, copy) : 0;
    for (size_t i = 0; copy && i < n; i++) {
        h = h * 6364136223846793005u + 1442695040888963407u;
        p[i] = (uint8_t)(h >> 56);
    }
}

/* Book directories keep their qualities, and stay beside their base. */
static void scramble_key(uint8_t *key, uint32_t copy)
{
    struct hash256 whole = hash256_of(key);
    if (!hash256_is_zero(&whole) && !rocks_hashes_is_key(&whole))
        scramble(key, 24, copy);
}

static void scramble_fields(struct slice bytes, uint32_t copy, int depth);

static void scramble_field(const struct sto_field *f, uint32_t copy, int depth)
{
    uint8_t *p = (uint8_t *)f->value.p;
    size_t n = f->value.n;
    switch (f->id >> 16) {
    case FIELD_TYPE_HASH256: scramble_key(p, copy); break;
    case FIELD_TYPE_VECTOR256:
        for (size_t i = 0; i + 32 <= n; i += 32)
            scramble_key(p + i, copy);
        break;
    case FIELD_TYPE_ACCOUNT: scramble(p, n, copy); break;
    case FIELD_TYPE_BLOB: scramble(p, n >= 32 ? n : 0, copy); break;
    case FIELD_TYPE_AMOUNT:
        scramble(p + 6, 2, copy);
        scramble(p + 28, n == 48 ? 20 : 0, copy);
        break;
    case FIELD_TYPE_UINT32: scramble(p + 2, f->id == FIELD_Flags ? 0 : 2, copy); break;
    case FIELD_TYPE_OBJECT:
    case FIELD_TYPE_ARRAY: scramble_fields(f->value, copy, depth + 1); break;
    default: break;
    }
}

static void scramble_fields(struct slice bytes, uint32_t copy, int depth)
{
    struct sto_iter it = sto_iter_of(bytes);
    struct sto_field f;
    while (depth < 12 && sto_next(&it, &f))
        scramble_field(&f, copy, depth);
}

static struct slice other_object(struct arena *a, struct slice data, uint32_t copy)
{
    struct slice mine = arena_dup(a, data);
    if (copy)
        scramble_fields(mine, copy, 0);
    return mine;
}

static struct slice other_bytes(struct arena *a, struct slice data, uint32_t copy)
{
    struct slice mine = arena_dup(a, data);
    scramble((uint8_t *)mine.p, mine.n, copy);
    return mine;
}

/* --- writing --- */

/* Where each array stands while the ledgers are walked. */
struct walk {
    const struct dump *d;
    size_t tx, object, successor, index;
    uint32_t copy, shift; /* added to sequences */
};

static size_t count(const struct rows *r, size_t from, uint32_t seq)
{
    size_t n = 0;
    while (from + n < r->n && row_seq(r, from + n) == seq)
        n++;
    return n;
}

static void take_txs(struct walk *w, uint32_t seq, struct store_ledger *l, struct arena *a)
{
    const struct tx *from = (const struct tx *)w->d->txs.p + w->tx;
    size_t n = l->n_txs = count(&w->d->txs, w->tx, seq);
    struct store_tx *txs = arena_array(a, struct store_tx, n);
    struct hash256 *hashes = arena_array(a, struct hash256, n);
    for (size_t i = 0; i < n; i++) {
        txs[i] = (struct store_tx){.pos = {seq + w->shift, from[i].index}};
        txs[i].tx = other_object(a, from[i].tx, w->copy);
        txs[i].meta = other_object(a, from[i].meta, w->copy);
        hashes[i] = digest_tx_id(txs[i].tx);
    }
    l->txs = txs;
    l->tx_hashes = hashes;
    w->tx += n;
}

static int compare_objects(const void *a, const void *b)
{
    return hash256_cmp(a, b); /* the key comes first */
}

static void take_objects(struct walk *w, uint32_t seq, struct store_ledger *l, struct arena *a)
{
    const struct version *from = (const struct version *)w->d->objects.p + w->object;
    size_t n = l->n_objects = count(&w->d->objects, w->object, seq);
    struct store_object *objects = arena_array(a, struct store_object, n);
    for (size_t i = 0; i < n; i++) {
        objects[i] = (struct store_object){from[i].key, other_object(a, from[i].data, w->copy)};
        scramble_key(objects[i].key.b, w->copy);
    }
    qsort(objects, n, sizeof *objects, compare_objects);
    l->objects = objects;
    w->object += n;
}

static void take_successors(struct walk *w, uint32_t seq, struct store_ledger *l, struct arena *a)
{
    const struct version *from = (const struct version *)w->d->successors.p + w->successor;
    size_t n = l->n_successors = count(&w->d->successors, w->successor, seq);
    struct store_successor *rows = arena_array(a, struct store_successor, n);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (struct store_successor){from[i].key, hash256_of(from[i].data.p)};
        scramble_key(rows[i].key.b, w->copy);
        scramble_key(rows[i].next.b, w->copy);
    }
    qsort(rows, n, sizeof *rows, compare_objects);
    l->successors = rows;
    w->successor += n;
}

static struct slice tx_value(const struct store_ledger *l, struct slice suffix, struct arena *a)
{
    uint8_t *value = arena_zalloc(a, STORE_TX_VALUE_BYTES);
    for (size_t i = 0; i < l->n_txs; i++)
        if (l->txs[i].pos.index == bits_load32(suffix.p + 4))
            store_tx_value(&l->tx_hashes[i], sto_tx_type(l->txs[i].tx), value);
    return slice_of(value, STORE_TX_VALUE_BYTES);
}

static void take_index(struct walk *w, uint32_t seq, struct store_ledger *l, struct arena *a)
{
    const struct index_row *from = (const struct index_row *)w->d->index.p + w->index;
    size_t n = l->n_index_rows = count(&w->d->index, w->index, seq);
    struct store_index_row *rows = arena_array(a, struct store_index_row, n);
    for (size_t i = 0; i < n; i++) {
        struct slice suffix = arena_dup(a, from[i].row.suffix);
        bits_store32((uint8_t *)suffix.p, seq + w->shift);
        rows[i] = (struct store_index_row){
            from[i].row.index, other_bytes(a, from[i].row.prefix, w->copy), suffix,
            store_index_of_txs(from[i].row.index) ? tx_value(l, suffix, a) : SLICE_EMPTY};
    }
    l->index_rows = rows;
    w->index += n;
}

static struct store_ledger take_ledger(struct walk *w, uint32_t seq, struct arena *a)
{
    static struct hash256 skip_list = {{0xB4}};
    struct store_ledger l = {.header = ((struct ledger_header *)w->d->headers.p)[seq - w->d->first],
                             .unnamed = &skip_list,
                             .n_unnamed = 1};
    l.header.seq += w->shift;
    scramble_key(l.header.hash.b, w->copy); /* as in the objects that name it */
    scramble_key(l.header.parent_hash.b, w->copy);
    scramble(l.header.state_hash.b, 32, w->copy);
    take_txs(w, seq, &l, a);
    take_objects(w, seq, &l, a);
    take_successors(w, seq, &l, a);
    take_index(w, seq, &l, a);
    return l;
}

static void load(struct store *s, struct walk *w)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_ledger l = take_ledger(w, w->d->first, a);
    MUST(store_load_begin(s, l.header.seq, 1));
    MUST(store_load_add(s, 0, l.objects, l.n_objects, NULL, 0, NULL, 0));
    MUST(store_load_commit(s, &l));
}

/* Nanoseconds that the longest write took. */
static int64_t write_copy(struct store *s, struct walk *w)
{
    int64_t longest_ns = 0;
    for (uint32_t seq = w->d->first + 1; seq <= w->d->last;) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        static struct store_ledger ledgers[BATCH];
        size_t n = 0;
        while (n < BATCH && seq <= w->d->last)
            ledgers[n++] = take_ledger(w, seq++, a);
        int64_t start = clock_now_ns();
        MUST(store_write(s, ledgers, n));
        longest_ns = MAX(longest_ns, clock_now_ns() - start);
    }
    return longest_ns;
}

/* --- how it grows --- */

struct growth {
    const char *dir;
    int64_t start_ns, start_cpu_ns, longest_ns;        /* of one write */
    uint64_t base_bytes, base_written, base_megabytes; /* before the first copy */
    uint32_t n_throttled; /* copies after which writes waited for merges */
    uint64_t rng;
};

/* CPU time of all threads. */
static int64_t clock_process_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * CLOCK_S + t.tv_nsec;
}

static uint64_t dir_bytes(const char *path, size_t *ret_files)
{
    uint64_t sum = 0;
    *ret_files = 0;
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        static char file[PATH_MAX];
        struct stat st;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (stat(file, &st) != 0 || !S_ISREG(st.st_mode))
            continue;
        sum += (uint64_t)st.st_size;
        *ret_files += strstr(e->d_name, ".sst") != NULL;
    }
    if (dir)
        closedir(dir);
    return sum;
}

/* A number of this process: "field: N" in a file of /proc. */
static uint64_t proc_number(const char *file, const char *field)
{
    char line[256];
    uint64_t n = 0;
    FILE *f = fopen(file, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, field, strlen(field)) == 0)
            n = strtoull(line + strlen(field) + 1, NULL, 10);
    if (f)
        fclose(f);
    return n;
}

static uint64_t random_below(uint64_t *rng, uint64_t n)
{
    *rng = *rng * 6364136223846793005u + 1442695040888963407u;
    return (*rng >> 33) % n;
}

#define READS 2000

/* Half of some reads took so long at most, all but one in a hundred so long. */
struct spread {
    double p50_us, p99_us;
};

static int compare_times(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct reading {
    struct store *s;
    const struct dump *d;
    uint32_t copies;
    uint64_t *rng;
};

static struct spread time_reads(struct reading *r, void (*read)(struct reading *, struct arena *))
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    static int64_t took[READS];
    for (size_t i = 0; i < READS; i++) {
        int64_t start = clock_now_ns();
        read(r, a);
        took[i] = clock_now_ns() - start;
        arena_clear(a);
    }
    qsort(took, READS, sizeof *took, compare_times);
    return (struct spread){(double)took[READS / 2] / 1e3, (double)took[READS * 99 / 100] / 1e3};
}

/* Reads of something random in all that is stored. */
static void read_object(struct reading *r, struct arena *a)
{
    uint32_t copy = (uint32_t)random_below(r->rng, r->copies);
    const struct version *v = (const struct version *)r->d->objects.p;
    const struct version *at = &v[random_below(r->rng, r->d->objects.n)];
    struct hash256 key = at->key;
    struct slice got;
    scramble_key(key.b, copy);
    MUST(store_objects_get(r->s, at->seq + copy * (r->d->last - r->d->first), &key, 1, a, &got,
                           NULL));
}

static void read_tx_at(struct reading *r, struct arena *a)
{
    const struct tx *tx = &((const struct tx *)r->d->txs.p)[random_below(r->rng, r->d->txs.n)];
    uint32_t shift = (uint32_t)random_below(r->rng, r->copies) * (r->d->last - r->d->first);
    struct store_tx_locator at = {.pos = {tx->seq + shift, tx->index}};
    struct store_tx got;
    if (tx->seq != r->d->first) /* of the first copy alone */
        MUST(store_txs_get(r->s, &at, 1, a, &got));
}

#define PAGE 20

static void read_account_tx(struct reading *r, struct arena *a)
{
    const struct index_row *rows = (const struct index_row *)r->d->index.p;
    const struct index_row *row = &rows[random_below(r->rng, r->d->index.n)];
    uint32_t copy = (uint32_t)random_below(r->rng, r->copies);
    struct store_scan scan = {.index = row->row.index,
                              .prefix = other_bytes(a, row->row.prefix, copy),
                              .backward = true,
                              .limit = PAGE};
    struct store_rows found;
    struct store_tx_locator at[PAGE];
    struct store_tx txs[PAGE];
    MUST(store_scan(r->s, &scan, a, &found));
    for (size_t i = 0; i < found.n; i++)
        MUST(store_tx_locator_of(&found.rows[i], &at[i]));
    MUST(store_txs_get(r->s, at, found.n, a, txs));
}

static double megabytes(uint64_t bytes)
{
    return (double)bytes / 1e6;
}

static void print_growth(struct store *s, const struct dump *d, uint32_t copies, struct growth *g)
{
    struct store_stats stats;
    store_stats(s, &stats);
    size_t files, n = copies * d->txs.n;
    double seconds = (double)(clock_now_ns() - g->start_ns) / 1e9;
    uint64_t bytes = dir_bytes(g->dir, &files) - g->base_bytes;
    struct reading r = {s, d, copies, &g->rng};
    struct spread object = time_reads(&r, read_object), tx = time_reads(&r, read_tx_at),
                  page = time_reads(&r, read_account_tx);
    printf("%9zu txs %8.1f MB %5.0f bytes/tx %5zu files; written %4.1f x; %6.0f ledgers/s %6.0f "
           "txs/s, CPU %5.1f us/tx, longest write %6.1f ms, throttled after %u of %u, debt %.0f "
           "MB; p50/p99 us: object %.0f/%.0f, tx %.0f/%.0f, account_tx of %d %.0f/%.0f; %lu MB "
           "private\n",
           n, megabytes(bytes), (double)bytes / (double)n, files,
           (double)(proc_number("/proc/self/io", "write_bytes") - g->base_written) / (double)bytes,
           copies * (d->last - d->first) / seconds, (double)n / seconds,
           (double)(clock_process_ns() - g->start_cpu_ns) / 1e3 / (double)n,
           (double)g->longest_ns / 1e6, g->n_throttled, copies, megabytes(stats.debt_bytes),
           object.p50_us, object.p99_us, tx.p50_us, tx.p99_us, PAGE, page.p50_us, page.p99_us,
           (unsigned long)proc_number("/proc/self/smaps_rollup", "Private_Dirty") / 1024 -
               g->base_megabytes);
    fflush(stdout);
}

/* Doublings, and from EACH on each so many. */
#define EACH 256

static bool is_line(uint32_t copies, uint32_t all)
{
    return copies == all || copies % EACH == 0 || (copies < EACH && (copies & (copies - 1)) == 0);
}

/* How levels are filled, what merges wrote, and why writes waited. */
static void print_levels(struct store *s)
{
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        char *text =
            rocksdb_property_value_cf(rocks_of(s)->db, rocks_of(s)->cf[cf], "rocksdb.cfstats");
        fputs(text, stdout);
        rocksdb_free(text);
    }
    fflush(stdout);
}

static void write_all(struct store *s, const struct dump *d, uint32_t copies, struct growth *g)
{
    struct walk w = {.d = d};
    size_t files;
    load(s, &w);
    g->start_ns = clock_now_ns();
    g->start_cpu_ns = clock_process_ns();
    g->base_bytes = dir_bytes(g->dir, &files);
    g->base_written = proc_number("/proc/self/io", "write_bytes");
    struct walk start = w;
    for (uint32_t copy = 0; copy < copies; copy++) {
        struct store_stats stats;
        w = start;
        w.copy = copy;
        w.shift = copy * (d->last - d->first);
        g->longest_ns = MAX(g->longest_ns, write_copy(s, &w));
        store_stats(s, &stats);
        g->n_throttled += stats.throttled;
        if (is_line(copy + 1, copies))
            print_growth(s, d, copy + 1, g);
    }
    print_levels(s);
}

/* --- figures; times are CPU time of this thread, from memory --- */

static void print_sizes(struct store *s, size_t n_txs)
{
    struct store_stats stats;
    store_stats(s, &stats);
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        uint64_t n = 0;
        rocksdb_property_int_cf(rocks_of(s)->db, rocks_of(s)->cf[cf],
                                "rocksdb.total-sst-files-size", &n);
        printf("  %-12s %9.1f\n", rocks_options_cf_name(cf), (double)n / (double)n_txs);
    }
    printf("bytes a transaction %7.1f  (aim 650; Clio on Cassandra 1200, rippled 3100)\n",
           (double)stats.disk_bytes / (double)n_txs);
}

static void print_time(const char *what, int64_t ns, size_t n)
{
    printf("%-34s %9.0f ns\n", what, (double)ns / (double)n);
}

#define REPEAT 20000
#define WARM 600 /* keys: their blocks fit into the cache */

static void bench_objects(struct store *s, const struct dump *d, const char *what, size_t batch)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    const struct version *v = (const struct version *)d->objects.p;
    int64_t start = 0;
    size_t n = REPEAT / batch;
    for (size_t i = 0; i < 2 * n; i++) {
        static struct hash256 keys[200];
        static struct slice got[200];
        if (i == n)
            start = clock_cpu_ns(); /* the first round warms */
        for (size_t k = 0; k < batch; k++)
            keys[k] = v[(i % n * batch + k) % WARM * 7919 % d->objects.n].key;
        MUST(store_objects_get(s, d->last, keys, batch, a, got, NULL));
        arena_clear(a);
    }
    print_time(what, clock_cpu_ns() - start, n * batch);
}

static void bench_next(struct store *s, const struct dump *d)
{
    struct hash256 key = HASH256_ZERO;
    int64_t start = clock_cpu_ns();
    for (size_t i = 0; i < REPEAT; i++) {
        err e = store_next(s, d->last, &key, &key);
        if (e.code == ERR_NOT_FOUND)
            key = HASH256_ZERO;
        else
            MUST(e);
    }
    print_time("next, along the list", clock_cpu_ns() - start, REPEAT);
}

static void bench_txs(struct store *s, const struct dump *d)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    const struct tx *t = (const struct tx *)d->txs.p;
    int64_t start = 0;
    for (size_t i = 0; i < 200; i++) {
        static struct store_tx_locator at[200];
        static struct store_tx got[200];
        if (i == 100)
            start = clock_cpu_ns();
        for (size_t k = 0; k < 200; k++)
            at[k].pos = (struct store_tx_pos){t[k * 31 % d->txs.n].seq, t[k * 31 % d->txs.n].index};
        MUST(store_txs_get(s, at, 200, a, got));
        arena_clear(a);
    }
    print_time("txs_get of 200", clock_cpu_ns() - start, 100);
}

static void bench_find(struct store *s, const struct dump *d)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    const struct tx *t = (const struct tx *)d->txs.p;
    struct store_tx got;
    int64_t start = 0;
    for (size_t i = 0; i < 4000; i++) {
        if (i == 2000)
            start = clock_cpu_ns();
        MUST(store_tx_find(s, &t[i % 2000 * 3 % d->txs.n].hash, a, &got));
        arena_clear(a);
    }
    print_time("tx_find", clock_cpu_ns() - start, 2000);
}

static void bench_scan(struct store *s, const struct dump *d)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    const struct index_row *rows = (const struct index_row *)d->index.p;
    struct store_scan scan = {.index = STORE_INDEX_ACCOUNT_TX, .backward = true, .limit = 200};
    size_t n = 0;
    for (size_t i = 0; i < d->index.n && n < 200; i++) { /* an account that has so many */
        scan.prefix = rows[i].row.prefix;
        scan.index = rows[i].row.index;
        struct store_rows got;
        MUST(store_scan(s, &scan, a, &got));
        n = got.n;
        arena_clear(a);
    }
    int64_t start = clock_cpu_ns();
    for (size_t i = 0; i < 1000; i++) {
        struct store_rows got;
        MUST(store_scan(s, &scan, a, &got));
        n = got.n;
        arena_clear(a);
    }
    printf("(%zu rows) ", n);
    print_time("scan of 200", clock_cpu_ns() - start, 1000);
}

static void bench_scrub(struct store *s)
{
    struct store_stats before, after;
    store_stats(s, &before);
    int64_t start = clock_cpu_ns();
    size_t n_damaged = rocks_scrub_round(rocks_of(s));
    double seconds = (double)(clock_cpu_ns() - start) / 1e9;
    store_stats(s, &after);
    printf(
        "scrub of %.0f MB, %.0f MB unpacked: %.1f s of a processor, at 2 %% of one %.2f h; damage "
        "met %zu times\n",
        megabytes(after.disk_bytes), megabytes(after.n_scrubbed_bytes - before.n_scrubbed_bytes),
        seconds, seconds * 50 / 3600, n_damaged);
}

/* --- a page of a rare type --- */

#define RARE_LEDGERS 100
#define RARE_TXS 1000  /* of each; all of one account */
#define RARE_EVERY 500 /* one in so many is of the type */
#define RARE_PAGE 200

static void write_busy_account(struct store *s, uint32_t seq, const uint8_t owner[20])
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_tx *txs = arena_array(a, struct store_tx, RARE_TXS);
    struct hash256 *hashes = arena_array(a, struct hash256, RARE_TXS);
    struct store_index_row *rows = arena_array(a, struct store_index_row, RARE_TXS);
    for (uint32_t i = 0; i < RARE_TXS; i++) {
        uint8_t *bytes = arena_zalloc(a, 200), *suffix = arena_alloc(a, 8);
        uint8_t *value = arena_alloc(a, STORE_TX_VALUE_BYTES);
        uint16_t type = i % RARE_EVERY == 0 ? 7 : 0;
        bytes[0] = 0x12;
        bits_store16(bytes + 1, type);
        bits_store32(bytes + 3, seq);
        bits_store32(bytes + 7, i);
        txs[i] = (struct store_tx){{seq, i}, slice_of(bytes, 200), SLICE_LIT("meta"), {{0}}};
        hashes[i] = digest_tx_id(txs[i].tx);
        bits_store32(suffix, seq);
        bits_store32(suffix + 4, i);
        store_tx_value(&hashes[i], type, value);
        rows[i] =
            (struct store_index_row){STORE_INDEX_ACCOUNT_TX, slice_of(owner, 20),
                                     slice_of(suffix, 8), slice_of(value, STORE_TX_VALUE_BYTES)};
    }
    struct store_ledger l = {.header = {.seq = seq},
                             .txs = txs,
                             .tx_hashes = hashes,
                             .n_txs = RARE_TXS,
                             .index_rows = rows,
                             .n_index_rows = RARE_TXS};
    MUST(store_write(s, &l, 1));
}

/* As account_tx reads a page of a type. Returns the rows looked at. */
static uint32_t read_typed(struct store *s, const uint8_t owner[20], uint16_t type, size_t n_wanted)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    static struct store_tx txs[RARE_PAGE];
    struct store_typed_scan scan = {.scan = {.index = STORE_INDEX_ACCOUNT_TX,
                                             .prefix = slice_of(owner, 20),
                                             .backward = true,
                                             .limit = RARE_PAGE},
                                    .type = type,
                                    .look = RARE_LEDGERS * RARE_TXS};
    struct store_typed_rows found;
    MUST(store_scan_typed(s, &scan, a, &found));
    MUST(store_txs_get(s, found.at, found.n, a, txs));
    if (found.n != n_wanted)
        DIE("bench_store: %zu of a rare type\n", found.n);
    return found.n_looked;
}

static void time_typed(struct store *s, const char *what, uint16_t type, size_t n_wanted)
{
    static const uint8_t owner[20] = {0xAB};
    uint32_t n_rows = read_typed(s, owner, type, n_wanted);
    int64_t start = clock_cpu_ns();
    for (int i = 0; i < 10; i++)
        n_rows = read_typed(s, owner, type, n_wanted);
    printf("page of a rare type, %s, %u rows looked at: %.1f ms (aim 20)\n", what, n_rows,
           (double)(clock_cpu_ns() - start) / 1e7);
}

static void bench_rare(struct store *s)
{
    static const uint8_t owner[20] = {0xAB};
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n;
    store_ranges(s, ranges, &n);
    for (uint32_t i = 1; i <= RARE_LEDGERS; i++)
        write_busy_account(s, ranges[n - 1].last + i, owner);
    time_typed(s, "200 found", 7, RARE_PAGE);
    time_typed(s, "none found", 8, 0);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        DIE("usage: bench_store KEYSPACE.jsonl[.zst] [copies]\n");
    uint32_t copies = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 7;
    static char dir[PATH_MAX];
    struct dump d = dump_read(argv[1]);
    struct store *s;
    snprintf(dir, sizeof dir, "%s/bench-store-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(dir) == NULL)
        DIE("bench_store: mkdtemp\n");
    struct growth g = {.dir = dir, .rng = 1};
    g.base_megabytes = proc_number("/proc/self/smaps_rollup", "Private_Dirty") / 1024;
    const char *scale_text = getenv("SCALE");
    uint64_t scale = scale_text ? strtoul(scale_text, NULL, 10) : 1;
    MUST(rocks_open(&(struct rocks_opts){.path = dir,
                                         .cache_bytes = ((uint64_t)48 << 20) / scale,
                                         .file_bytes = ((uint64_t)128 << 20) / scale,
                                         .scrub_percent = -1},
                    &s));
    int64_t start = clock_now_ns();
    write_all(s, &d, copies, &g);
    printf("wrote %u ledgers, %zu transactions in %.1f s\n", copies * (d.last - d.first),
           copies * d.txs.n, (double)(clock_now_ns() - start) / 1e9);
    bench_scrub(s);
    MUST(rocks_compact(s));
    print_sizes(s, copies * d.txs.n);
    bench_objects(s, &d, "objects_get, one", 1);
    bench_objects(s, &d, "objects_get, one of 200", 200);
    bench_next(s, &d);
    bench_txs(s, &d);
    bench_find(s, &d);
    bench_scan(s, &d);
    bench_rare(s);
    store_close(s);
    printf("(the store is left in %s)\n", dir);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_scrub.h"

#include "rt/clock.h"
#include "store/rocks_batch.h"
#include "store/rocks_damage.h"
#include "store/rocks_options.h"
#include "store/rocks_read.h"
#include "store/rocks_status.h"

#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"

#define ROWS_PER_STEP 2000
#define FIRST_ROUND_NS (60 * CLOCK_S) /* after the start, at the latest */
#define KEEP_NS (300 * CLOCK_S)
#define MAX_SKIPS 64

/* Where a round stands. */
struct round {
    struct rocks *r;
    rocksdb_readoptions_t *opts;
    rocksdb_readoptions_t *filter_opts; /* reads filters, too, which `opts` does without */
    enum rocks_cf cf;
    struct rocks_key at;             /* rows before it are done */
    uint64_t named_file;             /* named last */
    bool asked;                      /* the family's files for their filters */
    char *filters[ROCKS_DAMAGE_MAX]; /* RocksDB's texts of those that are damaged */
    size_t n_filters;
    unsigned skip; /* how far the last jump over damage went, as a power of two */
    size_t n_damaged;
};

static struct round round_of(struct rocks *r)
{
    struct round s = {
        .r = r, .opts = rocks_options_new_walk(), .filter_opts = rocks_options_new_walk()};
    rocksdb_readoptions_set_fill_cache(s.filter_opts, 0);
    rocksdb_readoptions_set_fill_cache(s.opts, 0);
    rocksdb_readoptions_set_verify_checksums(s.opts, 1);
    rocksdb_readoptions_set_total_order_seek(s.opts, 1);
    return s;
}

static void round_deinit(struct round *s)
{
    rocksdb_readoptions_destroy(s->opts);
    rocksdb_readoptions_destroy(s->filter_opts);
}

static void next_family(struct round *s)
{
    s->cf++;
    s->at = (struct rocks_key){.n = 0};
    s->skip = 0;
    s->asked = false;
}

/* A bad block says nothing of where it ends: go on a little further, each time twice as far. */
static void skip_ahead(struct round *s)
{
    uint64_t head = 0, step = (uint64_t)1 << s->skip;
    struct rocks_key at = s->at;
    while (at.n < 8)
        at.b[at.n++] = 0;
    head = bits_load64(at.b);
    if (s->skip >= MAX_SKIPS - 1 || head + step < head) {
        next_family(s);
        return;
    }
    bits_store64(at.b, head + step);
    at.n = 8;
    s->at = at;
    s->skip++;
}

/* Once a file, however many of its blocks are bad. */
static void name_damage(struct round *s, const char *text)
{
    uint64_t file = rocks_damage_file(text);
    if (file != 0 && file == s->named_file)
        return;
    s->named_file = file;
    LOG_ERROR("store: %s: scrub of \"%s\": %s", s->r->path, rocks_options_cf_name(s->cf), text);
    s->n_damaged++;
    atomic_fetch_add(&s->r->scrub.n_damaged, 1);
    rocks_damage_note(s->r, text);
}

static void meet_damage(struct round *s, const char *text)
{
    if (s->skip == 0) /* else it is still the same place */
        name_damage(s, text);
    skip_ahead(s);
}

/* Ask for a key, as reads do: by the filters. RocksDB's text of a failure, or NULL. */
static char *ask_filter(struct round *s, const char *key, size_t n)
{
    char *text = NULL;
    rocksdb_iterator_t *it = rocksdb_create_iterator_cf(s->r->db, s->filter_opts, s->r->cf[s->cf]);
    rocksdb_iter_seek(it, key, n);
    rocksdb_iter_get_error(it, &text);
    rocksdb_iter_destroy(it);
    return text;
}

/* Each file's filter, once a family; a large one has several parts, which the steps come across. */
static void ask_files(struct round *s)
{
    const rocksdb_livefiles_t *live = rocksdb_livefiles(s->r->db);
    for (int i = 0; i < rocksdb_livefiles_count(live); i++) {
        size_t n;
        const char *family = rocksdb_livefiles_column_family_name(live, i);
        const char *key = rocksdb_livefiles_smallestkey(live, i, &n);
        if (rocks_options_cf_by_name(family) == s->cf) {
            char *text = ask_filter(s, key, n);
            if (text && s->n_filters < ROCKS_DAMAGE_MAX)
                s->filters[s->n_filters++] = text;
            else
                rocksdb_free(text);
        }
    }
    rocksdb_livefiles_destroy(live);
    s->asked = true;
}

static void pass_rows(struct round *s, rocksdb_iterator_t *it)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < ROWS_PER_STEP && rocksdb_iter_valid(it); i++) {
        size_t key_n, value_n;
        const char *key = rocksdb_iter_key(it, &key_n);
        rocksdb_iter_value(it, &value_n);
        bytes += key_n + value_n;
        s->at.n = 0;
        rocks_key_put(&s->at, key, MIN(key_n, (size_t)ROCKS_MAX_KEY - 1));
        rocksdb_iter_next(it);
    }
    s->at.b[s->at.n++] = 0; /* behind the last one */
    atomic_fetch_add_explicit(&s->r->scrub.n_bytes, bytes, memory_order_relaxed);
}

/* Some rows; the database is held open. */
static char *step_open(struct round *s)
{
    char *text = NULL;
    rocksdb_iterator_t *it = rocksdb_create_iterator_cf(s->r->db, s->opts, s->r->cf[s->cf]);
    rocksdb_iter_seek(it, (const char *)s->at.b, s->at.n);
    if (rocksdb_iter_valid(it)) {
        s->skip = 0;
        pass_rows(s, it);
    }
    rocksdb_iter_get_error(it, &text);
    bool end = text == NULL && !rocksdb_iter_valid(it);
    rocksdb_iter_destroy(it);
    if (text == NULL && s->at.n > 1)
        text = ask_filter(s, (const char *)s->at.b, s->at.n - 1);
    if (end && text == NULL)
        next_family(s);
    return text;
}

static void step(struct round *s)
{
    char *text = NULL;
    pthread_rwlock_rdlock(&s->r->db_lock);
    bool open = s->r->db && s->r->cf[s->cf];
    if (open && !s->asked)
        ask_files(s);
    else if (open)
        text = step_open(s);
    else
        next_family(s);
    pthread_rwlock_unlock(&s->r->db_lock);
    while (s->n_filters > 0) {
        char *bad = s->filters[--s->n_filters];
        name_damage(s, bad);
        rocksdb_free(bad);
    }
    if (text)
        meet_damage(s, text);
    rocksdb_free(text);
}

size_t rocks_scrub_round(struct rocks *r)
{
    CLEANUP(round_deinit) struct round s = round_of(r);
    while (s.cf < ROCKS_N_CFS)
        step(&s);
    atomic_fetch_add(&r->scrub.n_rounds, 1);
    return s.n_damaged;
}

/* --- where a round stands, for the next process --- */

struct slice rocks_scrub_put_place(enum rocks_cf cf, const struct rocks_key *at,
                                   uint8_t ret[ROCKS_SCRUB_PLACE])
{
    if (cf >= ROCKS_N_CFS)
        return SLICE_EMPTY;
    const char *name = rocks_options_cf_name(cf); /* numbers may change */
    size_t n = strlen(name) + 1;
    memcpy(ret, name, n);
    memcpy(ret + n, at->b, at->n);
    return slice_of(ret, n + at->n);
}

bool rocks_scrub_get_place(struct slice place, enum rocks_cf *ret_cf, struct rocks_key *ret_at)
{
    const uint8_t *end = place.n ? memchr(place.p, 0, place.n) : NULL;
    if (end == NULL)
        return false;
    struct slice key = slice_from(place, (size_t)(end + 1 - place.p));
    *ret_cf = rocks_options_cf_by_name((const char *)place.p);
    if (*ret_cf == ROCKS_N_CFS || key.n > ROCKS_MAX_KEY)
        return false;
    *ret_at = (struct rocks_key){.n = 0};
    rocks_key_put(ret_at, key.p, key.n);
    return true;
}

static ERR read_place(struct round *s)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_read rd = {s->r, true, NULL};
    struct rocks_key key = {.n = 0}, at;
    enum rocks_cf cf;
    rocks_key_put(&key, ROCKS_SCRUB_META, strlen(ROCKS_SCRUB_META));
    TRY(rocks_read_get(&rd, ROCKS_CF_META, &key, &v));
    if (v.pin && rocks_scrub_get_place(v.bytes, &cf, &at)) {
        s->cf = cf;
        s->at = at;
    }
    return OK;
}

static ERR write_place(struct round *s)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(s->r);
    uint8_t bytes[ROCKS_SCRUB_PLACE];
    rocks_batch_put_meta(&b, ROCKS_SCRUB_META, rocks_scrub_put_place(s->cf, &s->at, bytes));
    return rocks_batch_commit(&b);
}

/* A store that cannot be written now keeps the place of before. */
static void with_place(struct round *s, err (*access)(struct round *s))
{
    struct rocks *r = s->r;
    pthread_mutex_lock(&r->write_lock);
    pthread_rwlock_rdlock(&r->db_lock);
    if (r->db && !atomic_load(&r->failed) && !r->salvaging && err_failed(access(s)))
        LOG_WARN("%s", err_text());
    pthread_rwlock_unlock(&r->db_lock);
    pthread_mutex_unlock(&r->write_lock);
}

/* True: the store closes. */
static bool slow_round(struct rocks *r)
{
    CLEANUP(round_deinit) struct round s = round_of(r);
    int64_t kept_ns = clock_now_ns();
    with_place(&s, read_place);
    while (s.cf < ROCKS_N_CFS) {
        int64_t start_ns = clock_cpu_ns();
        step(&s);
        int64_t used_ns = clock_cpu_ns() - start_ns;
        if (clock_now_ns() - kept_ns >= r->scrub.keep_ns) {
            with_place(&s, write_place);
            kept_ns = clock_now_ns();
        }
        if (rocks_thread_pause(&r->scrub.thread, used_ns * 100 / r->scrub.percent - used_ns))
            return true;
    }
    with_place(&s, write_place);
    atomic_fetch_add(&r->scrub.n_rounds, 1);
    LOG_INFO("store: %s: scrubbed, damage met %zu times", r->path, s.n_damaged);
    return false;
}

static void scrub_main(struct rocks *r)
{
    int64_t pause_ns = r->scrub.first_ns;
    while (!rocks_thread_pause(&r->scrub.thread, pause_ns)) {
        int64_t start_ns = clock_now_ns();
        if (slow_round(r))
            return;
        pause_ns = MAX(start_ns + r->scrub.interval_ns - clock_now_ns(), (int64_t)0);
    }
}

void rocks_scrub_set(struct rocks *r, int percent, int64_t interval_s)
{
    r->scrub.percent = percent ? percent : ROCKS_SCRUB_PER_CENT;
    r->scrub.keep_ns = KEEP_NS;
    r->scrub.interval_ns = (interval_s ? interval_s : ROCKS_SCRUB_INTERVAL_S) * CLOCK_S;
    r->scrub.first_ns = MIN(FIRST_ROUND_NS, r->scrub.interval_ns);
}

ERR rocks_scrub_start(struct rocks *r)
{
    if (r->scrub.percent < 0)
        return OK;
    return rocks_thread_start(&r->scrub.thread, "scrub", scrub_main, r);
}

void rocks_scrub_stop(struct rocks *r)
{
    rocks_thread_stop(&r->scrub.thread);
}

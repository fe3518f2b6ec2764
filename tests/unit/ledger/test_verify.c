/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verify.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/guard.h"
#include "ledger/ledgers_impl.h"
#include "store/memory.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct chain chain;
    struct store *store;
    struct ledgers *ledgers;
};

static void fixture_init(struct fixture *f, size_t n_objects)
{
    chain_init(&f->chain, 61, 10, n_objects);
    for (int i = 0; i < 12; i++)
        chain_extend(&f->chain, 100);
    f->store = memory_new();
    f->ledgers = chain_open(f->store, "mirror");
    chain_load(&f->chain, f->ledgers, 4);
    chain_apply(&f->chain, f->ledgers, 20, 2);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

/* All parts; the number of objects seen. */
static uint64_t verify_all(struct verify *v, err *ret, uint32_t *ret_parts)
{
    bool done = false;
    uint64_t n = 0;
    *ret = OK;
    *ret_parts = 0;
    while (!done && ret->code == 0) {
        *ret = verify_part(v, &done);
        n = v->n_objects ? v->n_objects : n;
        ++*ret_parts;
    }
    return n;
}

static void init(struct verify *v, struct ledgers *l)
{
    verify_init(v, l->mirror, l->nodes, undo_versions(l->undo));
}

TEST(a_sound_mirror_is_sound)
{
    struct fixture f;
    static struct verify v; /* large; each test has a process of its own */
    err e;
    uint32_t n_parts;
    fixture_init(&f, 20000);
    init(&v, f.ledgers);
    for (int i = 0; i < 2; i++) {
        verify_all(&v, &e, &n_parts);
        ASSERT_OK(e);
        ASSERT(n_parts >= 5 && n_parts <= 256);
        chain_apply(&f.chain, f.ledgers, chain_last(&f.chain), 1);
    }
    verify_deinit(&v);
    fixture_deinit(&f);
}

TEST(small_and_empty_mirrors_are_verified)
{
    struct fixture f;
    static struct verify v; /* large; each test has a process of its own */
    err e;
    uint32_t n_parts;
    fixture_init(&f, 3);
    init(&v, f.ledgers);
    verify_all(&v, &e, &n_parts);
    ASSERT_OK(e);
    ASSERT_INT(1, n_parts);
    verify_deinit(&v);
    fixture_deinit(&f);
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "empty");
    bool done;
    init(&v, l);
    ASSERT_ERR(ERR_NOT_FOUND, verify_part(&v, &done));
    verify_deinit(&v);
    ledgers_close(l);
    store_close(s);
}

static bool damaged(struct fixture *f, void (*fn)(struct mirror *m, MDB_txn *txn))
{
    struct mirror *m = f->ledgers->mirror;
    MDB_txn *txn = NULL;
    static struct verify v; /* large; each test has a process of its own */
    err e;
    uint32_t n_parts;
    ASSERT_OK(mirror_write_begin(m, &txn));
    fn(m, txn);
    ASSERT_OK(mirror_write_commit(m, txn));
    init(&v, f->ledgers);
    verify_all(&v, &e, &n_parts);
    verify_deinit(&v);
    return e.code == ERR_CORRUPT;
}

static void at_random(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **ret, MDB_val *key, MDB_val *value)
{
    ASSERT_INT(0, mdb_cursor_open(txn, dbi, ret));
    for (long i = 0; i <= random() % 300; i++)
        ASSERT_INT(0, mdb_cursor_get(*ret, key, value, i ? MDB_NEXT : MDB_FIRST));
}

static void flip(struct mirror *m, MDB_txn *txn, MDB_dbi dbi)
{
    MDB_cursor *c;
    MDB_val key, value, changed;
    at_random(txn, dbi, &c, &key, &value);
    uint8_t *copy = memcpy(xmalloc(value.mv_size), value.mv_data, value.mv_size);
    copy[(size_t)random() % value.mv_size] ^= 1;
    changed = (MDB_val){value.mv_size, copy};
    ASSERT_INT(0, mdb_cursor_put(c, &key, &changed, MDB_CURRENT));
    mdb_cursor_close(c);
    free(copy);
}

static void flip_object(struct mirror *m, MDB_txn *txn)
{
    flip(m, txn, m->state);
}

static void flip_hash(struct mirror *m, MDB_txn *txn)
{
    flip(m, txn, m->tree);
}

static void lose_object(struct mirror *m, MDB_txn *txn)
{
    MDB_cursor *c;
    MDB_val key, value;
    at_random(txn, m->state, &c, &key, &value);
    ASSERT_INT(0, mdb_cursor_del(c, 0));
    mdb_cursor_close(c);
}

static void add_object(struct mirror *m, MDB_txn *txn)
{
    uint8_t bytes[32];
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)random();
    MDB_val key = {32, bytes}, value = {5, "hello"};
    ASSERT_INT(0, mdb_put(txn, m->state, &key, &value, 0));
}

TEST(any_change_of_an_object_or_a_hash_is_found)
{
    void (*const fns[])(struct mirror * m, MDB_txn * txn) = {flip_object, flip_hash, lose_object,
                                                             add_object};
    srandom(4);
    for (size_t i = 0; i < ARRAY_LEN(fns); i++) {
        struct fixture f;
        fixture_init(&f, 6000);
        ASSERT(damaged(&f, fns[i]));
        fixture_deinit(&f);
    }
}

/* --- the file itself --- */

static const uint8_t zero_page[4096];

static void harm_file(int fd, off_t size)
{
    uint8_t byte;
    off_t at = (off_t)((uint64_t)random() % (uint64_t)size);
    switch (random() % 4) {
    case 0: /* a bit */
    case 1:
        ASSERT(pread(fd, &byte, 1, at) == 1);
        byte ^= (uint8_t)(1 << random() % 8);
        ASSERT(pwrite(fd, &byte, 1, at) == 1);
        break;
    case 2: ASSERT(pwrite(fd, zero_page, 4096, at / 4096 * 4096) == 4096); break;
    default: ASSERT(ftruncate(fd, at) == 0);
    }
}

static void harm(const char *name)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s/data.mdb", test_dir(), name);
    int fd = open(path, O_RDWR);
    ASSERT(fd >= 0 && fstat(fd, &st) == 0);
    harm_file(fd, st.st_size);
    close(fd);
}

static struct ledgers *reopen(struct fixture *f)
{
    char path[256];
    snprintf(path, sizeof path, "%s/mirror", test_dir());
    struct ledgers_opts opts = {.store = f->store, .mirror_path = path, .n_cores = 1};
    struct ledgers *l = NULL;
    ASSERT_OK(ledgers_open(&opts, &l));
    return l;
}

TEST(a_damaged_file_is_found_at_the_start_and_never_answers)
{
    struct fixture f;
    srandom(11);
    fixture_init(&f, 2000);
    const char *wanted = getenv("KLEIO_ROUNDS");
    int rounds = wanted ? (int)strtol(wanted, NULL, 10) : 40;
    for (int i = 0; i < rounds; i++) {
        alarm(120);
        f.ledgers = ledgers_close(f.ledgers);
        for (long n = 1 + random() % 3; n > 0; n--)
            harm("mirror");
        f.ledgers = reopen(&f);
        uint32_t last = chain_last(&f.chain) - 1;
        chain_check(&f.chain, f.ledgers, f.ledgers->meta.header.seq);
        if (f.ledgers->meta.header.seq < last)
            chain_apply(&f.chain, f.ledgers, f.ledgers->meta.header.seq + 1, 1);
        chain_check(&f.chain, f.ledgers, f.ledgers->meta.header.seq);
    }
    fixture_deinit(&f);
}

/* While it is being used: answers are right or refused until the damage is found, and then right.
 */
TEST(a_file_that_is_cut_off_or_zeroed_while_in_use_does_not_end_the_process)
{
    struct fixture f;
    srandom(12);
    fixture_init(&f, 5000);
    for (int i = 0; i < 10; i++) {
        char path[256];
        struct stat st;
        snprintf(path, sizeof path, "%s/mirror/data.mdb", test_dir());
        int fd = open(path, O_RDWR);
        ASSERT(fd >= 0 && fstat(fd, &st) == 0);
        if (i % 2)
            ASSERT(ftruncate(fd, st.st_size / 3) == 0);
        else
            for (off_t at = 8192; at + 4096 <= st.st_size; at += 8192)
                ASSERT(pwrite(fd, zero_page, 4096, at) == 4096);
        close(fd);
        struct view *v = NULL;
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct hash256 key;
        ASSERT_OK(view_open(f.ledgers, 0, &v));
        for (int k = 0; k < 50; k++) {
            uint8_t *bytes = key.b;
            for (int b = 0; b < 32; b++)
                bytes[b] = (uint8_t)random();
            struct hash256 next;
            err e = view_next(v, &key, a, &next, NULL);
            ASSERT(e.code == 0 || e.code == ERR_NOT_FOUND);
        }
        view_close(v);
        bool more = true;
        while (more && !ledgers_mirror_aside(f.ledgers))
            (void)apply_check(f.ledgers, 1000000, &more).code;
        struct apply *b = NULL;
        ASSERT_OK(apply_begin(f.ledgers, &b));
        apply_abort(b);
        ASSERT(!ledgers_mirror_aside(f.ledgers));
        chain_check(&f.chain, f.ledgers, f.ledgers->meta.header.seq);
    }
    fixture_deinit(&f);
}

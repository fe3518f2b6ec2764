/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mirror_follow.h"

#include "base/mem.h"
#include "chain.h"
#include "faults.h"
#include "ledger/ledgers_impl.h"
#include "proxy.h"
#include "store/memory.h"
#include "test.h"

#include <errno.h>

#define FIRST 10

struct fixture {
    struct chain chain;
    struct store *store;
    struct proxy proxy;
    struct ledgers *ledgers;
    uint32_t told; /* the newest ledger we were told of */
};

static void note(void *arg, const struct ledger_header *header)
{
    struct fixture *f = arg;
    struct ledger_header tip;
    ASSERT_INT(f->told + 1, header->seq);
    ASSERT(hash256_eq(&chain_at(&f->chain, header->seq)->header.hash, &header->hash));
    ASSERT(ledgers_tip(f->ledgers, &tip) && tip.seq >= header->seq); /* visible before */
    f->told = header->seq;
}

static void fixture_init(struct fixture *f, uint64_t seed, uint32_t n_ledgers)
{
    *f = (struct fixture){.told = FIRST - 1};
    chain_init(&f->chain, seed, FIRST, 400);
    while (f->chain.n < n_ledgers)
        chain_extend(&f->chain, 50);
    f->store = memory_new();
    proxy_init(&f->proxy, f->store);
    f->ledgers = chain_open(&f->proxy.base, "mirror");
    ledgers_on_published(f->ledgers, note, f);
    chain_load(&f->chain, f->ledgers, 4);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

TEST(what_another_server_stores_becomes_visible_and_is_told)
{
    struct fixture f;
    fixture_init(&f, 1, 30);
    struct ledgers *reader = chain_open(f.store, "reader");
    struct fixture r = {.chain = f.chain, .ledgers = reader, .told = FIRST};
    ledgers_on_published(reader, note, &r);
    ASSERT_OK(mirror_follow(reader, 0));
    ASSERT_INT(FIRST, r.told);
    for (uint32_t last = FIRST + 7; last <= FIRST + 28; last += 7) {
        chain_apply(&f.chain, f.ledgers, last, 2);
        ASSERT_OK(mirror_follow(reader, last - 3));
        ASSERT_INT(last - 3, r.told);
        ASSERT_OK(mirror_follow(reader, 0));
        ASSERT_INT(last, r.told);
    }
    for (uint32_t seq = FIRST; seq <= FIRST + 28; seq++)
        chain_check(&f.chain, reader, seq);
    struct ledgers_stats stats;
    ledgers_get_stats(reader, &stats);
    ASSERT_INT(28, stats.undo_ledgers); /* with what was there before */
    ASSERT_INT(0, stats.reads_history);
    ledgers_off_published(reader, note, &r);
    ledgers_close(reader);
    fixture_deinit(&f);
}

struct judging {
    uint32_t refused; /* a ledger */
    uint32_t n;
};

static err judge(void *arg, const struct store_ledger *ledger)
{
    struct judging *j = arg;
    j->n++;
    return ledger->header.seq == j->refused ? FAIL(ERR_CORRUPT, "test: refused") : OK;
}

/* What the history has wrong stops those that follow, and is named; what is before it is visible,
 * and the mirror is not to blame. */
TEST(a_wrong_ledger_of_the_history_stops_following_and_is_named)
{
    struct fixture f;
    fixture_init(&f, 7, 20);
    struct proxy proxy;
    proxy_init(&proxy, f.store);
    struct ledgers *reader = chain_open(&proxy.base, "reader");
    struct fixture r = {.chain = f.chain, .ledgers = reader, .told = FIRST};
    struct judging j = {.refused = FIRST + 7};
    ledgers_on_published(reader, note, &r);
    ledgers_set_judge(reader, judge, &j);
    chain_apply(&f.chain, f.ledgers, FIRST + 10, 5);
    ASSERT_ERR(ERR_CORRUPT, mirror_follow(reader, 0));
    ASSERT_INT(FIRST + 7, ledgers_suspect(reader));
    ASSERT_INT(FIRST + 6, r.told);
    chain_check(&f.chain, reader, FIRST + 6);
    j.refused = 0;
    ASSERT_OK(mirror_follow(reader, 0));
    ASSERT_INT(FIRST + 10, r.told);
    ASSERT_INT(0, ledgers_suspect(reader));
    chain_apply(&f.chain, f.ledgers, FIRST + 15, 5);
    proxy.spoil_objects = 1;
    ASSERT_ERR(ERR_CORRUPT, mirror_follow(reader, 0));
    ASSERT_INT(FIRST + 11, ledgers_suspect(reader));
    ASSERT(strstr(err_text(), "the history has ledger 21 wrong") != NULL);
    proxy.spoil_objects = 0;
    ASSERT_OK(mirror_follow(reader, 0));
    ASSERT_INT(FIRST + 15, r.told);
    struct ledgers_stats stats;
    ledgers_get_stats(reader, &stats);
    ASSERT_INT(1, stats.n_rebuilt); /* at its first open only */
    ledgers_off_published(reader, note, &r);
    ledgers_close(reader);
    fixture_deinit(&f);
}

/* One attempt to store the next ledgers, as the apply thread makes it. */
static err attempt(struct fixture *f, uint32_t n)
{
    struct apply *b = NULL;
    struct ledger_header tip;
    TRY(apply_begin(f->ledgers, &b));
    ASSERT(ledgers_tip(f->ledgers, &tip));
    err e = OK;
    for (uint32_t seq = tip.seq + 1; e.code == 0 && seq <= tip.seq + n; seq++) {
        if (seq > chain_last(&f->chain))
            break;
        struct apply_ledger in = chain_apply_ledger(chain_at(&f->chain, seq));
        e = apply_add(b, &in);
    }
    if (e.code == 0)
        return apply_commit(b);
    apply_abort(b);
    return e;
}

static uint32_t tip_of(struct fixture *f)
{
    struct ledger_header tip;
    return ledgers_tip(f->ledgers, &tip) ? tip.seq : 0;
}

static void fault_at_random(struct fixture *f)
{
    static const int codes[] = {ENOSPC, EIO};
    faults_now = (struct faults){.n = 1 + (int)chain_random(&f->chain, 3)};
    int code = codes[chain_random(&f->chain, 2)];
    switch (chain_random(&f->chain, 6)) {
    case 0: faults_now.data_errno = code; break;
    case 1: faults_now.meta_errno = code; break;
    case 2: faults_now.sync_errno = code; break;
    case 3: f->proxy.fail_write = true; break;
    case 4: f->proxy.fail_after_write = true; break;
    default: break;
    }
}

/* Whatever fails, each ledger becomes visible once, and in order. */
TEST(each_ledger_is_told_once_whatever_fails)
{
    struct fixture f;
    fixture_init(&f, 2, 120);
    int n_failed = 0;
    for (int i = 0; i < 400 && tip_of(&f) < chain_last(&f.chain); i++) {
        uint32_t before = tip_of(&f);
        fault_at_random(&f);
        err e = attempt(&f, 1 + (uint32_t)chain_random(&f.chain, 4));
        ASSERT(e.code != ERR_VERIFY); /* nobody else is to blame */
        n_failed += e.code != 0;
        faults_now = (struct faults){0};
        f.proxy.fail_write = f.proxy.fail_after_write = false;
        ASSERT(tip_of(&f) >= before);
        ASSERT_INT(tip_of(&f), f.told);
        uint32_t old = FIRST + (uint32_t)chain_random(&f.chain, tip_of(&f) - 9);
        if (i % 4 == 0)
            chain_check(&f.chain, f.ledgers, i % 8 ? old : tip_of(&f));
    }
    chain_check(&f.chain, f.ledgers, tip_of(&f));
    ASSERT_INT(chain_last(&f.chain), f.told);
    ASSERT(n_failed > 5);
    struct ledgers_stats stats;
    ledgers_get_stats(f.ledgers, &stats);
    ASSERT(stats.n_rebuilt > 0); /* after a failed write of the meta page */
    fixture_deinit(&f);
}

/* The first attempt after a failure that the disk has got over succeeds. */
static void heals(struct faults faults, uint64_t seed)
{
    struct fixture f;
    fixture_init(&f, seed, 20);
    chain_apply(&f.chain, f.ledgers, 15, 1);
    faults_now = faults;
    err e = attempt(&f, 1);
    faults_now = (struct faults){0};
    if (e.code)
        ASSERT_OK(attempt(&f, 1));
    chain_apply(&f.chain, f.ledgers, 25, 1);
    for (uint32_t seq = FIRST; seq <= 25; seq++)
        chain_check(&f.chain, f.ledgers, seq);
    ASSERT_INT(25, f.told);
    fixture_deinit(&f);
}

TEST(a_failed_write_of_pages_is_got_over)
{
    heals((struct faults){.data_errno = ENOSPC, .n = 1}, 3);
    heals((struct faults){.data_errno = EIO, .n = 1}, 4);
}

TEST(a_failed_write_of_the_meta_page_is_got_over)
{
    heals((struct faults){.meta_errno = EIO, .n = 1}, 5);
    heals((struct faults){.meta_errno = ENOSPC, .n = 2}, 6);
    heals((struct faults){.meta_errno = EIO, .n = -1}, 7);
}

TEST(a_failed_sync_is_got_over)
{
    heals((struct faults){.sync_errno = EIO, .n = 1}, 8);
}

/* Views that were open when the mirror was put aside go on, with the history. */
TEST(open_views_survive_the_doubt)
{
    struct fixture f;
    fixture_init(&f, 9, 20);
    chain_apply(&f.chain, f.ledgers, 15, 1);
    struct view *v = NULL, *recent = NULL;
    uint64_t random = 5;
    ASSERT_OK(view_open(f.ledgers, 0, &v));
    ASSERT_OK(view_open(f.ledgers, 13, &recent));
    faults_now = (struct faults){.meta_errno = EIO, .n = -1};
    ASSERT(attempt(&f, 1).code != 0);
    ASSERT(ledgers_mirror_aside(f.ledgers));
    faults_now = (struct faults){0};
    chain_probe(&f.chain, v, &random, 200);
    chain_probe(&f.chain, recent, &random, 200);
    ASSERT(view_is_old(v) && view_is_old(recent));
    chain_check(&f.chain, f.ledgers, 15); /* a new one */
    view_close(v);
    view_close(recent);
    ASSERT_OK(mirror_follow(f.ledgers, 0));
    ASSERT_INT(16, f.told);
    ASSERT(!ledgers_mirror_aside(f.ledgers));
    ASSERT_OK(view_open(f.ledgers, 0, &v));
    ASSERT(!view_is_old(v));
    view_close(v);
    chain_check(&f.chain, f.ledgers, 16);
    fixture_deinit(&f);
}

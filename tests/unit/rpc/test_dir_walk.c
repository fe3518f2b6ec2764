/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/dir_walk.h"

#include "fake_ledger.h"
#include "rt/clock.h"
#include "test.h"
#include "xrpl/keylet.h"

/* A directory of pages 0 → 3 → 5 with 3, 2 and 1 keys; key k is k in its first byte. */
struct fixture {
    struct call c;
    struct ledgers *l;
    struct dir_walk walk;
    struct dir_result got;
};

static struct hash256 key_of(uint8_t k)
{
    return (struct hash256){{k}};
}

static void put_page(struct fixture *f, uint64_t page, uint64_t next, uint8_t first, uint8_t n)
{
    static struct buf pages[16];
    static int used;
    struct buf *b = &pages[used++];
    struct hash256 key = keylet_dir_page(&f->walk.root, page);
    buf_put(b, "\x11\x00\x64", 3);
    if (next) {
        buf_put_u8(b, 0x31); /* IndexNext */
        buf_put_be64(b, next);
    }
    buf_put(b, "\x01\x13", 2); /* Indexes */
    buf_put_u8(b, (uint8_t)(n * 32));
    for (uint8_t i = 0; i < n; i++)
        buf_put(b, key_of((uint8_t)(first + i)).b, 32);
    fake_put(f->l, &key, buf_slice(b), 1, 100);
}

static struct fixture *fixture(void)
{
    static struct fixture f;
    f.l = fake_ledgers_new(10, 30);
    f.c = (struct call){.arena = arena_new(1 << 20), .ledgers = f.l, .deadline_ns = CLOCK_NEVER};
    f.walk.root = (struct hash256){{0xD0}};
    put_page(&f, 0, 3, 1, 3);
    put_page(&f, 3, 5, 4, 2);
    put_page(&f, 5, 0, 6, 1);
    for (uint8_t k = 1; k <= 6; k++) {
        struct hash256 key = key_of(k);
        fake_put(f.l, &key, SLICE_LIT("object"), 1, 100);
    }
    ASSERT_OK(call_open_ledger(&f.c));
    return &f;
}

static void expect_keys(struct fixture *f, uint8_t first, uint8_t last)
{
    ASSERT_OK(dir_walk_objects(&f->c, &f->walk, &f->got));
    ASSERT_INT(last - first + 1, f->got.n);
    for (uint8_t i = 0; i < f->got.n; i++)
        ASSERT_INT(first + i, f->got.keys[i].b[0]);
}

static void expect_refused(struct fixture *f, const char *message)
{
    ASSERT_ERR(ERR_INVALID, dir_walk_keys(&f->c, &f->walk, &f->got));
    ASSERT_INT(RPC_INVALID_PARAMS, f->c.fault.code);
    ASSERT_STR(message, f->c.fault.message);
}

static void mark(struct fixture *f, uint8_t k, uint64_t page)
{
    struct param_marker m = {true, key_of(k), page};
    dir_walk_from(&f->walk, &m);
}

TEST(all_keys_come_in_directory_order)
{
    struct fixture *f = fixture();
    expect_keys(f, 1, 6);
    ASSERT(!f->got.more);
}

TEST(a_full_page_says_where_it_ended)
{
    struct fixture *f = fixture();
    f->walk.limit = 4;
    expect_keys(f, 1, 4);
    ASSERT(f->got.more);
    ASSERT_INT(4, f->got.last.b[0]);
    ASSERT_INT(3, f->got.last_page);
    mark(f, 4, 3);
    f->walk.limit = 2;
    expect_keys(f, 5, 6);
    ASSERT(f->got.more);
    mark(f, 6, 5);
    expect_keys(f, 7, 6);
    ASSERT(!f->got.more);
}

TEST(a_marker_must_be_on_its_page)
{
    struct fixture *f = fixture();
    mark(f, 4, 0);
    expect_refused(f, "Invalid marker.");
    mark(f, 4, 9);
    expect_refused(f, "Invalid marker.");
}

TEST(a_zero_marker_means_from_the_begin)
{
    struct fixture *f = fixture();
    mark(f, 0, 3);
    f->walk.limit = 2;
    expect_keys(f, 1, 2);
    ASSERT_INT(0, f->got.last_page);
}

TEST(no_directory_is_an_empty_one)
{
    struct fixture *f = fixture();
    f->walk.root.b[0] = 0xD1;
    expect_keys(f, 1, 0);
    ASSERT(!f->got.more);
}

TEST(a_lost_page_ends_the_walk_or_refuses_the_marker)
{
    struct fixture *f = fixture();
    f->walk.root.b[0] = 0xD2;
    put_page(f, 0, 8, 1, 2);
    expect_keys(f, 1, 2);
    mark(f, 1, 0);
    expect_refused(f, "Owner directory not found.");
}

TEST(a_key_without_object_is_damage)
{
    struct fixture *f = fixture();
    f->walk.root.b[0] = 0xD3;
    put_page(f, 0, 0, 9, 1);
    ASSERT_ERR(ERR_CORRUPT, dir_walk_objects(&f->c, &f->walk, &f->got));
}

TEST(a_directory_that_bites_its_tail_meets_the_budget)
{
    struct fixture *f = fixture();
    f->walk.root.b[0] = 0xD4;
    put_page(f, 0, 7, 1, 3);
    put_page(f, 7, 7, 1, 3);
    ASSERT_ERR(ERR_LIMIT, dir_walk_keys(&f->c, &f->walk, &f->got));
}

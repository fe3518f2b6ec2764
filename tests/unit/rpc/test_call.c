/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/call.h"

#include "fake_ledger.h"
#include "rt/clock.h"
#include "test.h"
#include "xrpl/keylet.h"

struct fixture {
    struct call c;
    struct ledgers *l;
    struct buf out;
    struct jw w;
};

static struct fixture *fixture(void)
{
    static struct fixture f;
    f.l = fake_ledgers_new(10, 30);
    f.w = jw_to(&f.out);
    f.c = (struct call){.arena = fake_keep(arena_new(1 << 16)),
                        .w = &f.w,
                        .ledgers = f.l,
                        .deadline_ns = CLOCK_NEVER,
                        .max_out_bytes = 100};
    return &f;
}

static void expect_no_ledger(struct fixture *f)
{
    ASSERT_ERR(ERR_INVALID, call_open_ledger(&f->c));
    ASSERT_INT(RPC_LGR_NOT_FOUND, f->c.fault.code);
    ASSERT_STR("ledgerNotFound", f->c.fault.message);
    ASSERT(f->c.view == NULL);
    f->c.fault = (struct call_fault){0};
}

TEST(a_ledger_is_opened_as_selected)
{
    struct fixture *f = fixture();
    ASSERT_OK(call_open_ledger(&f->c));
    ASSERT_INT(30, view_seq(f->c.view));
    f->c.ledger = (struct call_ledger){.index_given = true, .index_is_seq = true, .index = 12};
    ASSERT_OK(call_open_ledger(&f->c));
    ASSERT_INT(12, view_seq(f->c.view));
    f->c.ledger.hash_given = true;
    f->c.ledger.hash = fake_hash(20);
    ASSERT_OK(call_open_ledger(&f->c));
    ASSERT_INT(20, view_seq(f->c.view));
    f->c.view = view_close(f->c.view);
}

TEST(ledgers_that_are_not_held_are_not_found)
{
    struct fixture *f = fixture();
    uint32_t missing[] = {0, 9, 31, UINT32_MAX};
    for (int i = 0; i < 4; i++) {
        f->c.ledger = (struct call_ledger){.index_is_seq = true, .index = missing[i]};
        expect_no_ledger(f);
    }
    f->c.ledger = (struct call_ledger){.hash_given = true, .index_is_seq = true, .index = 12};
    expect_no_ledger(f);
}

TEST(an_absent_object_is_an_empty_slice)
{
    struct fixture *f = fixture();
    struct hash256 key = {{1}};
    struct slice object = SLICE_LIT("x");
    ASSERT_OK(call_open_ledger(&f->c));
    ASSERT_OK(call_get(&f->c, &key, &object));
    ASSERT_INT(0, object.n);
    fake_fail_reads(f->l, ERR_CORRUPT);
    ASSERT_ERR(ERR_CORRUPT, call_get(&f->c, &key, &object));
    f->c.view = view_close(f->c.view);
}

TEST(an_account_root_must_be_one)
{
    struct fixture *f = fixture();
    struct account a = {{1}}, b = {{2}}, none = {{3}};
    struct hash256 key_a = keylet_account(&a), key_b = keylet_account(&b);
    fake_put(f->l, &key_a, SLICE_LIT("\x11\x00\x61"), 1, 100);
    fake_put(f->l, &key_b, SLICE_LIT("\x11\x00\x72"), 1, 100);
    struct slice root;
    ASSERT_OK(call_open_ledger(&f->c));
    ASSERT_OK(call_account_root(&f->c, &a, RPC_ACT_NOT_FOUND, &root));
    ASSERT_ERR(ERR_INVALID, call_account_root(&f->c, &b, RPC_ACT_NOT_FOUND, &root));
    ASSERT_INT(RPC_DB_DESERIALIZATION, f->c.fault.code);
    ASSERT_ERR(ERR_INVALID, call_account_root(&f->c, &none, RPC_SRC_ACT_NOT_FOUND, &root));
    ASSERT_INT(RPC_SRC_ACT_NOT_FOUND, f->c.fault.code);
    f->c.view = view_close(f->c.view);
}

TEST(the_ledger_that_was_selected_is_remembered)
{
    struct fixture *f = fixture();
    ASSERT(!f->c.at.set);
    ASSERT_OK(call_open_ledger(&f->c));
    ASSERT(f->c.at.set);
    ASSERT_INT(view_seq(f->c.view), f->c.at.seq);
    struct hash256 hash = fake_hash(f->c.at.seq);
    ASSERT(hash256_eq(&hash, &f->c.at.hash));
    uint32_t selected = f->c.at.seq;
    ASSERT_OK(call_open_seq(&f->c, selected - 1)); /* looked at besides */
    ASSERT_INT(selected, f->c.at.seq);
    f->c.view = view_close(f->c.view);
}

TEST(a_call_that_takes_too_much_ends)
{
    struct fixture *f = fixture();
    ASSERT_OK(call_breathe(&f->c));
    f->c.deadline_ns = 1;
    ASSERT_ERR(ERR_TIMEOUT, call_breathe(&f->c));
    f->c.deadline_ns = CLOCK_NEVER;
    (void)arena_alloc(f->c.arena, 1 << 17);
    ASSERT_ERR(ERR_LIMIT, call_breathe(&f->c));
}

TEST(a_reply_that_grows_too_large_ends_the_call)
{
    struct fixture *f = fixture();
    buf_put(&f->out, (char[100]){0}, 100);
    ASSERT_OK(call_breathe(&f->c));
    buf_put_u8(&f->out, 0);
    ASSERT_ERR(ERR_LIMIT, call_breathe(&f->c));
    buf_deinit(&f->out);
}

TEST(long_messages_are_cut)
{
    struct fixture *f = fixture();
    ASSERT_ERR(ERR_INVALID, rpc_errorf(&f->c, RPC_INTERNAL, "%1000d", 5));
    ASSERT_INT(511, strlen(f->c.fault.message));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_rows.h"

#include "rt/clock.h"
#include "test.h"
#include "token_world.h"

/* Positions handed out, as "12:0 12:1". */
struct seen {
    char text[128];
    int fail_at; /* 0 = never */
};

static err note(struct call *c, void *arg, const struct store_tx *tx)
{
    struct seen *s = arg;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%s%u:%u", n ? " " : "", tx->pos.ledger_seq,
             tx->pos.index);
    return s->fail_at && --s->fail_at == 0 ? FAIL(ERR_IO, "test") : OK;
}

struct fixture {
    struct token_world *t;
    struct call c;
    struct tx_rows rows;
    struct seen seen;
};

static struct fixture fixture(bool forward, uint32_t low, uint32_t high, uint32_t limit)
{
    struct fixture f = {.t = token_world_new()};
    f.c = (struct call){.arena = fake_keep(arena_new(1 << 16)),
                        .ledgers = f.t->w->ledgers,
                        .deadline_ns = CLOCK_NEVER};
    f.rows = (struct tx_rows){.index = STORE_INDEX_NFT_TX,
                              .prefix = hash256_slice(&f.t->tokens[0]),
                              .low = low,
                              .high = high,
                              .forward = forward,
                              .left = limit};
    return f;
}

static const char *read_from(struct fixture *f, const struct store_tx_pos *after)
{
    tx_rows_start(&f->rows, after);
    ASSERT_OK(tx_rows_each(&f->c, &f->rows, note, &f->seen));
    return f->seen.text;
}

TEST(rows_come_in_the_order_asked_for)
{
    struct fixture back = fixture(false, 10, 30, 100), forward = fixture(true, 10, 30, 100);
    ASSERT_STR("30:0 20:0 12:1 12:0", read_from(&back, NULL));
    ASSERT_STR("12:0 12:1 20:0 30:0", read_from(&forward, NULL));
    ASSERT(!back.rows.more && !forward.rows.more);
}

TEST(the_limit_ends_the_reading_and_more_is_what_follows)
{
    struct fixture f = fixture(false, 10, 30, 3), exact = fixture(false, 10, 30, 4);
    ASSERT_STR("30:0 20:0 12:1", read_from(&f, NULL));
    ASSERT(f.rows.more);
    ASSERT(f.rows.from.ledger_seq == 12 && f.rows.from.index == 1);
    (void)read_from(&exact, NULL);
    ASSERT(!exact.rows.more);
    struct fixture span = fixture(false, 13, 30, 2); /* 12:1 follows, but not in the span */
    (void)read_from(&span, NULL);
    ASSERT(!span.rows.more);
}

TEST(the_first_row_behind_the_span_ends_the_reading_for_good)
{
    struct fixture back = fixture(false, 13, 30, 3), forward = fixture(true, 10, 19, 3);
    ASSERT_STR("30:0 20:0", read_from(&back, NULL));
    ASSERT_STR("12:0 12:1", read_from(&forward, NULL));
    ASSERT(!back.rows.more && !forward.rows.more);
}

TEST(reading_goes_on_behind_a_marker_and_never_leaves_the_span)
{
    struct store_tx_pos first = {12, 0}, second = {12, 1}, far = {UINT32_MAX, UINT32_MAX},
                        zero = {0, 0};
    struct fixture back = fixture(false, 10, 30, 9), forward = fixture(true, 10, 30, 9),
                   ahead = fixture(false, 10, 25, 2), before = fixture(true, 13, 30, 1),
                   behind = fixture(true, 10, 25, 2), beyond = fixture(false, 13, 30, 2);
    ASSERT_STR("12:0", read_from(&back, &second));
    ASSERT_STR("12:1 20:0 30:0", read_from(&forward, &first));
    ASSERT_STR("20:0 12:1", read_from(&ahead, &far));
    ASSERT(ahead.rows.more);
    ASSERT_STR("20:0", read_from(&before, &zero));
    ASSERT(before.rows.more);
    ASSERT_STR("", read_from(&behind, &far));
    ASSERT_STR("", read_from(&beyond, &zero));
    ASSERT(!behind.rows.more && !beyond.rows.more);
}

static bool in_even_ledger_index(void *arg, const struct store_tx *tx)
{
    (void)arg;
    return tx->pos.index == 0;
}

TEST(a_filter_fills_the_page_and_more_is_what_passes)
{
    struct fixture all = fixture(false, 10, 30, 9), some = fixture(false, 10, 30, 2),
                   exact = fixture(false, 10, 30, 3);
    all.rows.passes = some.rows.passes = exact.rows.passes = in_even_ledger_index;
    ASSERT_STR("30:0 20:0 12:0", read_from(&all, NULL));
    ASSERT(!all.rows.more);
    ASSERT_STR("30:0 20:0", read_from(&some, NULL));
    ASSERT(some.rows.more); /* and the next page begins behind the last row that was looked at */
    ASSERT(some.rows.from.ledger_seq == 12 && some.rows.from.index == 1);
    ASSERT_STR("30:0 20:0 12:0", read_from(&exact, NULL));
    ASSERT(!exact.rows.more);
}

TEST(a_type_is_looked_at_before_the_transaction)
{
    struct fixture f = fixture(false, 10, 30, 9), none = fixture(false, 10, 30, 9);
    f.rows.type = TX_OfferCreate + 1;
    ASSERT_STR("12:1", read_from(&f, NULL));
    ASSERT(!f.rows.more);
    none.rows.type = TX_AMMCreate + 1;
    ASSERT_STR("", read_from(&none, NULL));
    ASSERT(!none.rows.more);
}

TEST(what_the_callback_says_ends_the_reading)
{
    struct fixture f = fixture(false, 10, 30, 9);
    f.seen.fail_at = 2;
    tx_rows_start(&f.rows, NULL);
    ASSERT_ERR(ERR_IO, tx_rows_each(&f.c, &f.rows, note, &f.seen));
    ASSERT_STR("30:0 20:0", f.seen.text);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/proto.h"

#include "base/buf.h"
#include "base/mem.h"
#include "recorded.h"

/* Read with one function, write with the other: recorded messages must come back byte for byte. */
#define ROUND_TRIP(of)                                                                             \
    do {                                                                                           \
        struct recorded r = recorded_open(#of);                                                    \
        struct slice message;                                                                      \
        while (recorded_next(&r, &message)) {                                                      \
            struct proto_##of m;                                                                   \
            struct buf out = {0};                                                                  \
            ASSERT_OK(proto_read_##of(message, &m));                                               \
            proto_put_##of(&out, &m);                                                              \
            ASSERT(slice_eq(message, buf_slice(&out)));                                            \
            buf_deinit(&out);                                                                      \
        }                                                                                          \
    } while (0)

TEST(recorded_messages_are_read_and_written_unchanged)
{
    ROUND_TRIP(get_ledger);
    ROUND_TRIP(get_ledger_data);
    ROUND_TRIP(get_ledger_diff);
    ROUND_TRIP(get_ledger_entry);
    ROUND_TRIP(ledger);
    ROUND_TRIP(ledger_data);
    ROUND_TRIP(ledger_diff);
    ROUND_TRIP(ledger_entry);
}

static void walk_ledger(struct slice message, size_t *n_objects, size_t *n_txs, size_t *n_books)
{
    struct proto_ledger m;
    struct proto_object o;
    struct proto_tx t;
    struct proto_book_successor b;
    struct slice hash;
    if (err_failed(proto_read_ledger(message, &m)))
        return;
    struct cursor c = cursor_of(m.objects);
    while (proto_next_object(&c, &o))
        ++*n_objects;
    c = cursor_of(m.txs);
    while (proto_next_tx(&c, &t))
        ++*n_txs;
    c = cursor_of(m.hashes);
    while (proto_next_hash(&c, &hash))
        ;
    c = cursor_of(m.book_successors);
    while (proto_next_book_successor(&c, &b))
        ++*n_books;
}

TEST(lists_of_a_recorded_ledger_come_back_unchanged)
{
    struct recorded r = recorded_open("ledger");
    struct slice message;
    size_t n = 0;
    while (recorded_next(&r, &message)) {
        struct proto_ledger m;
        struct proto_object o;
        struct proto_tx t;
        struct buf objects = {0}, txs = {0};
        ASSERT_OK(proto_read_ledger(message, &m));
        struct cursor c = cursor_of(m.objects);
        for (; proto_next_object(&c, &o); n++) {
            ASSERT_INT(32, o.key.n);
            proto_put_object(&objects, &o);
        }
        ASSERT(!c.failed && slice_eq(m.objects, buf_slice(&objects)));
        c = cursor_of(m.txs);
        while (proto_next_tx(&c, &t))
            proto_put_tx(&txs, &t);
        ASSERT(!c.failed && slice_eq(m.txs, buf_slice(&txs)));
        buf_deinit(&objects);
        buf_deinit(&txs);
    }
    ASSERT(n > 30);
}

/* Every prefix is read without harm: exact memory, so that a sanitizer sees the first byte too
 * many. */
TEST(messages_cut_at_every_byte_are_read_without_harm)
{
    struct recorded r = recorded_open("ledger");
    struct slice message;
    size_t n_objects = 0, n_txs = 0, n_books = 0;
    while (recorded_next(&r, &message))
        for (size_t n = 0; n<message.n; n += message.n> 1500 ? 7 : 1) {
            uint8_t *exact = xmalloc(n ? n : 1);
            memcpy(exact, message.p, n);
            walk_ledger(slice_of(exact, n), &n_objects, &n_txs, &n_books);
            free(exact);
        }
    ASSERT(n_objects > 0 || n_txs > 0);
}

TEST(damaged_messages_are_read_without_harm)
{
    struct recorded r = recorded_open("ledger");
    struct slice message;
    uint64_t random = 1;
    size_t n_objects = 0, n_txs = 0, n_books = 0;
    while (recorded_next(&r, &message)) {
        for (int i = 0; i < 200; i++) {
            uint8_t *copy = xmalloc(message.n);
            memcpy(copy, message.p, message.n);
            for (int j = 0; j < 3; j++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                copy[(random >> 33) % message.n] ^= (uint8_t)(1u << (random >> 20) % 8);
            }
            walk_ledger(slice_of(copy, message.n), &n_objects, &n_txs, &n_books);
            free(copy);
        }
    }
}

TEST(of_a_ledger_specifier_the_last_member_counts)
{
    struct proto_get_ledger m;
    /* ledger { sequence: 5, hash: "ab" } */
    ASSERT_OK(proto_read_get_ledger(slice_of("\x0a\x06\x10\x05\x1a\x02"
                                             "ab",
                                             8),
                                    &m));
    ASSERT_INT(PROTO_WHICH_HASH, m.ledger.which);
    ASSERT_SLICE("ab", m.ledger.hash);
    ASSERT_INT(0, m.ledger.sequence);
}

TEST(a_zero_in_a_ledger_specifier_is_not_lost)
{
    struct proto_get_ledger m = {.ledger = {.which = PROTO_WHICH_SEQUENCE}}, back;
    struct buf out = {0};
    proto_put_get_ledger(&out, &m);
    ASSERT_OK(proto_read_get_ledger(buf_slice(&out), &back));
    ASSERT_INT(PROTO_WHICH_SEQUENCE, back.ledger.which);
    buf_deinit(&out);
}

TEST(unknown_fields_are_skipped)
{
    struct proto_ledger_data m;
    /* field 9 varint, 10 bytes, 11 fixed64, 12 fixed32, then is_unlimited */
    struct slice bytes = slice_of("\x48\x01\x52\x01x\x59"
                                  "12345678"
                                  "\x65"
                                  "1234"
                                  "\x38\x01",
                                  21);
    ASSERT_OK(proto_read_ledger_data(bytes, &m));
    ASSERT(m.is_unlimited);
}

TEST(a_list_sent_twice_or_of_another_type_is_refused)
{
    struct proto_ledger_data m;
    ASSERT_ERR(ERR_PARSE, proto_read_ledger_data(slice_of("\x1a\x00\x1a\x00", 4), &m));
    ASSERT_ERR(ERR_PARSE, proto_read_ledger_data(slice_of("\x18\x01", 2), &m));
    ASSERT_ERR(ERR_PARSE, proto_read_ledger_data(slice_of("\x3a\x00", 2), &m));
}

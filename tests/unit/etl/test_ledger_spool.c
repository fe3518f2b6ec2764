/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/ledger_spool.h"

#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <unistd.h>

static struct ledger_spool *opened(void)
{
    char path[300];
    struct ledger_spool *s = NULL;
    snprintf(path, sizeof path, "%s/load", test_dir());
    ASSERT_OK(ledger_spool_open(path, &s));
    return s;
}

static const char *file_of(uint32_t seq)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/load/ledger-%u", test_dir(), seq);
    return path;
}

static void put(struct ledger_spool *s, uint32_t seq)
{
    char text[40];
    snprintf(text, sizeof text, "the reply of ledger %u", seq);
    ASSERT_OK(ledger_spool_put(s, seq, 1000 + seq, slice_str(text)));
}

static void check(struct ledger_spool *s, uint32_t seq)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    char text[40];
    uint64_t source = 0;
    snprintf(text, sizeof text, "the reply of ledger %u", seq);
    ASSERT_OK(ledger_spool_read(s, seq, &source, &b));
    ASSERT(slice_is(buf_slice(&b), text));
    ASSERT_INT(1000 + seq, source);
}

static void expect_span(struct ledger_spool *s, uint32_t first, uint32_t last)
{
    uint32_t f, l;
    ASSERT(ledger_spool_span(s, &f, &l) == (first <= last));
    if (first > last)
        return;
    ASSERT_INT(first, f);
    ASSERT_INT(last, l);
    for (uint32_t seq = first; seq <= last; seq++)
        check(s, seq);
}

TEST(ledgers_are_there_after_a_restart)
{
    struct ledger_spool *s = opened();
    expect_span(s, 1, 0);
    for (uint32_t seq = 7; seq < 20; seq++)
        put(s, seq);
    uint64_t bytes = ledger_spool_bytes(s);
    ASSERT(bytes > 13 * 22);
    ledger_spool_close(s);
    s = opened();
    expect_span(s, 7, 19);
    ASSERT_INT(bytes, ledger_spool_bytes(s));
    ledger_spool_trim(s, 9);
    ledger_spool_cut(s, 15);
    expect_span(s, 9, 14);
    ASSERT(!ledger_spool_has(s, 15) && ledger_spool_has(s, 14) && !ledger_spool_has(s, 8));
    ASSERT(access(file_of(15), F_OK) != 0 && access(file_of(8), F_OK) != 0);
    ledger_spool_cut(s, 0);
    expect_span(s, 1, 0);
    ASSERT_INT(0, ledger_spool_bytes(s));
    ledger_spool_close(s);
}

TEST(a_ledger_that_does_not_follow_begins_anew)
{
    struct ledger_spool *s = opened();
    put(s, 3);
    put(s, 4);
    put(s, 9);
    expect_span(s, 9, 9);
    ASSERT(access(file_of(3), F_OK) != 0);
    ledger_spool_close(s);
}

TEST(behind_a_gap_only_the_newest_count)
{
    struct ledger_spool *s = opened();
    for (uint32_t seq = 3; seq < 9; seq++)
        put(s, seq);
    ledger_spool_close(s);
    unlink(file_of(5));
    s = opened();
    expect_span(s, 6, 8);
    ASSERT(access(file_of(4), F_OK) != 0);
    ledger_spool_close(s);
}

TEST(a_damaged_ledger_is_thrown_away_with_those_after_it)
{
    for (int how = 0; how < 2; how++) {
        struct ledger_spool *s = opened();
        for (uint32_t seq = 3; seq < 9; seq++)
            put(s, seq);
        FILE *f = fopen(file_of(5), "r+");
        fseek(f, how ? 30 : 10, SEEK_SET);
        fputc('!', f);
        fclose(f);
        if (how)
            ASSERT(truncate(file_of(5), 33) == 0);
        CLEANUP(buf_deinit) struct buf b = {0};
        uint64_t source;
        ASSERT_ERR(ERR_CORRUPT, ledger_spool_read(s, 5, &source, &b));
        expect_span(s, 3, 4);
        ASSERT_ERR(ERR_NOT_FOUND, ledger_spool_read(s, 5, &source, &b));
        ledger_spool_cut(s, 0);
        ledger_spool_close(s);
    }
}

TEST(parts_are_read)
{
    struct ledger_spool *s = opened();
    CLEANUP(buf_deinit) struct buf b = {0};
    put(s, 3);
    ASSERT_OK(ledger_spool_read_part(s, 3, 4, 5, &b));
    ASSERT(slice_is(buf_slice(&b), "reply"));
    ASSERT_ERR(ERR_IO, ledger_spool_read_part(s, 3, 20, 5, &b));
    ledger_spool_close(s);
}

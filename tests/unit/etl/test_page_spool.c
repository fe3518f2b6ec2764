/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/page_spool.h"

#include "../ledger/powercut.h"
#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct page_filter everything = {0, UINT32_MAX, 0};

static const char *file(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/load%s%s", test_dir(), *name ? "/" : "", name);
    return path;
}

static struct page_spool *opened(void)
{
    struct page_spool *s = NULL;
    ASSERT_OK(page_spool_open(file(""), &s));
    return s;
}

static struct ledger_header header_of(uint32_t seq)
{
    struct ledger_header h = {.seq = seq};
    h.hash = digest_ledger(&h);
    return h;
}

static struct page_spool *begun(uint32_t seq)
{
    struct page_spool *s = opened();
    struct ledger_header h = header_of(seq);
    ASSERT_OK(page_spool_begin(s, &h));
    return s;
}

/* In the range that begins with 5: the key 05nn00... */
static struct hash256 key(uint8_t nn)
{
    struct hash256 k = {{5, nn}};
    return k;
}

static struct page_span span(uint8_t after, uint8_t upto)
{
    struct page_span s = page_spool_range(5);
    if (after)
        s.after = key(after);
    if (upto)
        s.upto = key(upto);
    return s;
}

static void put(struct page_spool *s, struct page_span keys, uint32_t seq, uint64_t source)
{
    char text[60];
    struct page p = {.keys = keys, .seq = seq, .source = source, .n_objects = 3};
    snprintf(text, sizeof text, "%02x-%02x of %u from %llu", keys.after.b[1], keys.upto.b[1], seq,
             (unsigned long long)source);
    ASSERT_OK(page_spool_put(s, 5, &p, slice_str(text)));
}

static void expect_page(struct page_spool *s, struct page_span keys, uint32_t seq, uint64_t source)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    char text[60];
    struct page p;
    struct page_filter f = {seq, seq, source};
    ASSERT(page_spool_find(s, 5, &f, &keys, &p));
    ASSERT_OK(page_spool_read(s, 5, &p, &b));
    snprintf(text, sizeof text, "%02x-%02x of %u from %llu", keys.after.b[1], keys.upto.b[1], seq,
             (unsigned long long)source);
    ASSERT(slice_is(buf_slice(&b), text));
    ASSERT_INT(3, p.n_objects);
}

static void expect_gap(const struct page_spool *s, const struct page_filter *f, struct page_span g)
{
    struct page_span gap;
    ASSERT(page_spool_gap(s, 5, f, &gap));
    ASSERT(hash256_eq(&gap.after, &g.after));
    ASSERT(hash256_eq(&gap.upto, &g.upto));
}

TEST(ranges_hold_each_key_once)
{
    ASSERT(!page_spool_range(0).has_after);
    for (uint32_t i = 1; i < PAGE_SPOOL_RANGES; i++) {
        struct page_span a = page_spool_range(i - 1), b = page_spool_range(i);
        ASSERT(b.has_after && hash256_eq(&a.upto, &b.after));
    }
    struct hash256 end = page_spool_range(255).upto;
    for (int i = 0; i < 32; i++)
        ASSERT_INT(0xFF, end.b[i]);
}

TEST(a_load_goes_on_where_it_was)
{
    struct page_spool *s = begun(9);
    struct ledger_header h;
    expect_gap(s, &everything, span(0, 0));
    put(s, span(0, 0x20), 9, 1);
    put(s, span(0x20, 0x30), 9, 1);
    expect_gap(s, &everything, span(0x30, 0));
    page_spool_close(s);
    s = opened();
    ASSERT(page_spool_header(s, &h));
    ASSERT_INT(9, h.seq);
    expect_page(s, span(0, 0x20), 9, 1);
    expect_page(s, span(0x20, 0x30), 9, 1);
    expect_gap(s, &everything, span(0x30, 0));
    put(s, span(0x30, 0), 9, 1);
    struct page_span gap;
    ASSERT(!page_spool_gap(s, 5, &everything, &gap));
    ASSERT_OK(page_spool_sync(s, 5));
    page_spool_close(s);
}

TEST(gaps_between_pages_are_found_in_order)
{
    struct page_spool *s = begun(9);
    put(s, span(0x40, 0x50), 9, 1);
    put(s, span(0x10, 0x20), 9, 1);
    expect_gap(s, &everything, span(0, 0x10));
    put(s, span(0, 0x10), 9, 1);
    expect_gap(s, &everything, span(0x20, 0x40));
    put(s, span(0x20, 0x30), 9, 1);
    expect_gap(s, &everything, span(0x30, 0x40));
    put(s, span(0x30, 0x40), 9, 1);
    expect_gap(s, &everything, span(0x50, 0));
    page_spool_close(s);
}

TEST(only_pages_that_count_fill_gaps)
{
    struct page_spool *s = begun(9);
    const struct page_filter one = {9, 9, 2}, newer = {9, 20, 0}, newest = {10, 20, 0};
    put(s, span(0, 0x20), 9, 1);
    put(s, span(0x20, 0x40), 9, 2);
    put(s, span(0x40, 0), 10, 2);
    struct page_span gap;
    ASSERT(!page_spool_gap(s, 5, &newer, &gap));
    expect_gap(s, &one, span(0, 0x20));
    expect_gap(s, &newest, span(0, 0x40));
    put(s, span(0, 0x20), 9, 2); /* the same keys of another source */
    expect_gap(s, &one, span(0x40, 0));
    expect_page(s, span(0, 0x20), 9, 2);
    expect_page(s, span(0, 0x20), 9, 1);
    page_spool_close(s);
}

TEST(who_lied_is_forgotten_for_good)
{
    struct page_spool *s = begun(9);
    put(s, span(0, 0x20), 9, 1);
    put(s, span(0x20, 0x40), 9, 2);
    ASSERT_OK(page_spool_refuse(s, 1));
    for (int i = 0; i < 2; i++) {
        ASSERT(page_spool_is_refused(s, 1) && !page_spool_is_refused(s, 2));
        expect_gap(s, &everything, span(0, 0x20));
        expect_page(s, span(0x20, 0x40), 9, 2);
        page_spool_close(s);
        s = opened();
    }
    page_spool_close(s);
}

TEST(a_newer_ledger_keeps_the_pages)
{
    struct page_spool *s = begun(9);
    struct ledger_header h = header_of(12);
    put(s, span(0, 0x20), 9, 1);
    ASSERT_OK(page_spool_move(s, &h));
    page_spool_close(s);
    s = opened();
    ASSERT(page_spool_header(s, &h));
    ASSERT_INT(12, h.seq);
    expect_page(s, span(0, 0x20), 9, 1);
    page_spool_close(s);
}

TEST(another_load_and_the_end_of_one_leave_nothing)
{
    struct page_spool *s = begun(9);
    struct ledger_header h;
    put(s, span(0, 0x20), 9, 1);
    page_spool_close(s);
    s = begun(9);
    expect_gap(s, &everything, span(0, 0));
    put(s, span(0, 0x30), 9, 1);
    page_spool_end(s);
    expect_gap(s, &everything, span(0, 0));
    page_spool_close(s);
    s = opened();
    ASSERT(!page_spool_header(s, &h));
    page_spool_close(s);
    ASSERT(rmdir(file("")) == 0);
}

/* Cut at every byte, the whole pages before it stay; what is put then is there, too. */
TEST(a_torn_end_costs_only_the_torn_page)
{
    struct page_spool *s = begun(9);
    struct stat st;
    put(s, span(0, 0x20), 9, 1);
    ASSERT(stat(file("05"), &st) == 0);
    off_t one = st.st_size;
    put(s, span(0x20, 0x40), 9, 1);
    ASSERT(stat(file("05"), &st) == 0);
    page_spool_close(s);
    for (off_t size = st.st_size - 1; size >= 0; size--) {
        ASSERT(truncate(file("05"), size) == 0);
        s = opened();
        expect_gap(s, &everything, size < one ? span(0, 0) : span(0x20, 0));
        if (size == one + 5) {
            put(s, span(0x20, 0x40), 9, 1);
            page_spool_close(s);
            s = opened();
            expect_page(s, span(0x20, 0x40), 9, 1);
        }
        page_spool_close(s);
    }
}

TEST(each_flipped_byte_of_a_run_is_found)
{
    struct stat st;
    for (off_t at = 0;; at++) {
        struct page_spool *s = begun(9);
        put(s, span(0, 0x20), 9, 1);
        page_spool_close(s);
        ASSERT(stat(file("05"), &st) == 0);
        if (at >= st.st_size)
            break;
        FILE *f = fopen(file("05"), "r+");
        fseek(f, at, SEEK_SET);
        int c = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(c ^ 0x10, f);
        fclose(f);
        s = opened();
        expect_gap(s, &everything, span(0, 0));
        page_spool_close(s);
    }
}

TEST(a_page_that_rots_meanwhile_is_fetched_again)
{
    struct page_spool *s = begun(9);
    CLEANUP(buf_deinit) struct buf b = {0};
    struct page p;
    struct page_span keys = span(0, 0);
    put(s, span(0, 0x20), 9, 1);
    put(s, span(0x20, 0x40), 9, 1);
    ASSERT(page_spool_find(s, 5, &everything, &keys, &p));
    FILE *f = fopen(file("05"), "r+");
    fseek(f, (long)p.at + 110, SEEK_SET);
    fputc('#', f);
    fclose(f);
    ASSERT_ERR(ERR_CORRUPT, page_spool_read(s, 5, &p, &b));
    expect_gap(s, &everything, span(0, 0x20));
    expect_page(s, span(0x20, 0x40), 9, 1);
    page_spool_close(s);
}

TEST(a_damaged_manifest_begins_again)
{
    struct stat st;
    for (off_t at = 0;; at += 7) {
        struct page_spool *s = begun(9);
        struct ledger_header h;
        put(s, span(0, 0x20), 9, 1);
        page_spool_close(s);
        ASSERT(stat(file("manifest"), &st) == 0);
        if (at >= st.st_size)
            break;
        FILE *f = fopen(file("manifest"), "r+");
        fseek(f, at, SEEK_SET);
        int c = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(c ^ 1, f);
        fclose(f);
        if (at % 2)
            ASSERT(truncate(file("manifest"), at) == 0);
        s = opened();
        ASSERT(!page_spool_header(s, &h));
        ASSERT(access(file("05"), F_OK) != 0);
        page_spool_close(s);
    }
}

TEST(what_must_stay_free_stays_free)
{
    struct page_spool *s = begun(9);
    struct page p = {.keys = span(0, 0x20), .seq = 9, .source = 1};
    page_spool_keep_free(s, UINT64_MAX - 1);
    ASSERT_ERR(ERR_FULL, page_spool_put(s, 5, &p, SLICE_LIT("x")));
    expect_gap(s, &everything, span(0, 0));
    page_spool_keep_free(s, 0);
    put(s, span(0, 0x20), 9, 1);
    page_spool_close(s);
}

static void count(void *arg, uint32_t range, const struct page *page)
{
    ASSERT_INT(5, range);
    *(uint32_t *)arg += page->n_objects;
}

TEST(all_pages_are_told)
{
    struct page_spool *s = begun(9);
    uint32_t n = 0;
    put(s, span(0, 0x20), 9, 1);
    put(s, span(0, 0x20), 9, 2);
    page_spool_each(s, NULL, count, &n);
    ASSERT_INT(6, n);
    ASSERT(page_spool_source("a:1") == page_spool_source("a:1"));
    ASSERT(page_spool_source("a:1") != page_spool_source("a:2"));
    page_spool_close(s);
}

/* --- power cuts --- */

#define CUT_RANGES 6

static uint64_t mixed(uint64_t x)
{
    x = (x ^ 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    return (x ^ x >> 29) * 0x94d049bb133111ebu;
}

/* What a source would give for these keys: bytes that depend on them alone. */
static struct slice bytes_of(const struct page *p, struct buf *b)
{
    uint64_t x = mixed(hash_fast(p->keys.after.b, 32, hash_fast(p->keys.upto.b, 32, p->seq)));
    buf_clear(b);
    for (size_t i = 0, n = 500 + x % 9000; i < n; i += 8, x = mixed(x))
        buf_put_be64(b, x);
    return buf_slice(b);
}

/* The next page behind `after`, a part of what is missing. */
static struct page next_page(const struct page_span *gap, uint64_t *random)
{
    struct page p = {.keys = *gap, .seq = 9, .source = 1 + (*random >> 20) % 3, .n_objects = 7};
    struct hash256 upto = gap->after;
    upto.b[0] = gap->upto.b[0];
    uint32_t middle = gap->after.b[0] == gap->upto.b[0] ? gap->after.b[1] : 0;
    middle += 1 + (uint32_t)(*random >> 40) % 60;
    *random = mixed(*random);
    upto.b[1] = (uint8_t)MIN(middle, 255u);
    if (middle < 255 && hash256_cmp(&upto, &gap->upto) < 0)
        p.keys.upto = upto;
    return p;
}

static bool is_complete(const struct page_spool *s)
{
    struct page_span gap;
    for (uint32_t i = 1; i <= CUT_RANGES; i++)
        if (page_spool_gap(s, i, &everything, &gap))
            return false;
    return true;
}

static void load_on(uint64_t seed)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    struct ledger_header h = header_of(9);
    struct page_spool *s = NULL;
    struct page_span gap;
    ASSERT_OK(page_spool_open(file(""), &s));
    if (!page_spool_header(s, &h))
        ASSERT_OK(page_spool_begin(s, &h));
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 1; i <= CUT_RANGES; i++) {
            if (!page_spool_gap(s, i, &everything, &gap))
                continue;
            more = true;
            struct page p = next_page(&gap, &seed);
            ASSERT_OK(page_spool_put(s, i, &p, bytes_of(&p, &b)));
            ASSERT_OK(page_spool_sync(s, i));
        }
    }
    page_spool_close(s);
}

static void check_kept(void *arg, uint32_t range, const struct page *page)
{
    CLEANUP(buf_deinit) struct buf got = {0}, right = {0};
    ASSERT_OK(page_spool_read(arg, range, page, &got));
    ASSERT(slice_eq(buf_slice(&got), bytes_of(page, &right)));
}

/* Whatever is left by a cut is right, and the load goes on from there. KLEIO_ROUNDS, KLEIO_SEED. */
TEST(pages_survive_a_power_cut_or_are_missing_but_never_wrong)
{
    const char *text = getenv("KLEIO_ROUNDS"), *from = getenv("KLEIO_SEED");
    int rounds = text ? (int)strtol(text, NULL, 10) : 30, n_cut = 0, n_complete = 0;
    uint64_t seed = mixed(from ? strtoull(from, NULL, 10) : 5);
    char attic[300];
    snprintf(attic, sizeof attic, "%s/attic", test_dir());
    for (int i = 0; i < rounds; i++) {
        int status = 0;
        pid_t pid = fork();
        seed = mixed(seed);
        alarm(100);
        if (pid == 0) {
            powercut_begin(test_dir(), attic, 5 + seed % 60, seed);
            load_on(seed);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        ASSERT(WIFEXITED(status));
        ASSERT(WEXITSTATUS(status) == POWERCUT_STATUS || WEXITSTATUS(status) == 0);
        n_cut += WEXITSTATUS(status) == POWERCUT_STATUS;
        struct page_spool *s = opened();
        page_spool_each(s, NULL, check_kept, s);
        if (is_complete(s)) {
            n_complete++;
            page_spool_end(s);
        }
        page_spool_close(s);
    }
    ASSERT(n_cut > rounds / 3);
    ASSERT(rounds < 30 || n_complete > 0);
}

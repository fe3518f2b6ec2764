/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/index_page.h"

#include "base/hex.h"
#include "test.h"
#include "token_world.h"

/* Holders of the token world's issuance behind `after`: first bytes of their accounts, "+" when
 * more follow; the error's message. */
static const char *holders(const uint8_t *after, uint32_t limit, struct slice begin, uint32_t bytes)
{
    struct token_world *t = token_world_new();
    struct call c = {.arena = fake_keep(arena_new(1 << 16)), .ledgers = t->w->ledgers};
    uint8_t id[24];
    ASSERT(hex_decode(slice_str(t->issuance_hex), id, sizeof id));
    struct index_page_of of = {.index = STORE_INDEX_MPT_HOLDER,
                               .prefix = slice_of(id, sizeof id),
                               .begin = begin,
                               .suffix_bytes = bytes,
                               .after = after,
                               .limit = limit};
    struct index_page page;
    static char text[64];
    err e = index_page_read(&c, &of, &page);
    if (err_failed(e))
        return e.code == ERR_CORRUPT ? "corrupt" : c.fault.message;
    text[0] = 0;
    for (size_t i = 0; i < page.n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%02X ",
                 page.rows[i].suffix.p[0]);
    return page.more ? strcat(text, "+") : text;
}

TEST(a_page_of_an_index_tells_whether_a_row_follows)
{
    ASSERT_STR("09 B0 F0 ", holders(NULL, 9, SLICE_EMPTY, 20));
    ASSERT_STR("09 B0 F0 ", holders(NULL, 3, SLICE_EMPTY, 20));
    ASSERT_STR("09 B0 +", holders(NULL, 2, SLICE_EMPTY, 20));
    uint8_t first[20], last[20];
    memset(first, 0x09, sizeof first);
    memset(last, 0xF0, sizeof last);
    ASSERT_STR("B0 +", holders(first, 1, SLICE_EMPTY, 20));
    ASSERT_STR("B0 F0 ", holders(first, 2, SLICE_EMPTY, 20));
    ASSERT_STR("", holders(last, 2, SLICE_EMPTY, 20));
}

TEST(a_page_of_an_index_keeps_to_the_rows_that_begin_so)
{
    uint8_t first[20], other[20];
    memset(first, 0x09, sizeof first);
    memset(other, 0x08, sizeof other);
    ASSERT_STR("09 ", holders(NULL, 1, slice_of(first, 4), 20));
    ASSERT_STR("09 ", holders(NULL, 9, slice_of(first, 4), 20));
    ASSERT_STR("", holders(NULL, 9, slice_of(other, 4), 20));
    ASSERT_STR("Invalid marker.", holders(other, 9, slice_of(first, 4), 20));
}

TEST(markers_that_name_no_row_and_rows_of_another_size_are_told)
{
    uint8_t none[20] = {0x0A};
    ASSERT_STR("Invalid marker.", holders(none, 9, SLICE_EMPTY, 20));
    memset(none, 0xFF, sizeof none);
    ASSERT_STR("Invalid marker.", holders(none, 9, SLICE_EMPTY, 20));
    ASSERT_STR("corrupt", holders(NULL, 9, SLICE_EMPTY, 32));
}

/* A list of which only holders whose account begins with one of these bytes are shown. */
struct shown_list {
    const char *bytes;
    const struct store_entry *rows;
    char text[64];
    size_t n_looked_at;
};

static err look(struct call *c, void *arg, const struct store_entry *rows, size_t n,
                bool *ret_shown)
{
    struct shown_list *l = arg;
    (void)c;
    l->rows = rows;
    l->n_looked_at += n;
    for (size_t i = 0; i < n; i++)
        ret_shown[i] = strchr(l->bytes, rows[i].suffix.p[0]) != NULL;
    return OK;
}

static err put(struct call *c, void *arg, size_t i)
{
    struct shown_list *l = arg;
    size_t at = strlen(l->text);
    (void)c;
    snprintf(l->text + at, sizeof l->text - at, "%02X ", l->rows[i].suffix.p[0]);
    return OK;
}

/* As `holders`, of those that are shown; with the marker, if there is one. */
static const char *list(const char *bytes, uint32_t limit)
{
    struct token_world *t = token_world_new();
    struct buf out = {0};
    struct jw w = jw_to(&out);
    struct call c = {.arena = fake_keep(arena_new(1 << 16)),
                     .ledgers = t->w->ledgers,
                     .w = &w,
                     .deadline_ns = INT64_MAX};
    uint8_t id[24];
    ASSERT(hex_decode(slice_str(t->issuance_hex), id, sizeof id));
    struct index_page_of of = {.index = STORE_INDEX_MPT_HOLDER,
                               .prefix = slice_of(id, sizeof id),
                               .suffix_bytes = 20,
                               .limit = limit};
    static struct shown_list l;
    l = (struct shown_list){.bytes = bytes};
    struct index_page_end end;
    ASSERT_OK(index_page_put(&c, &of, &(struct index_page_list){look, put, &l}, &end));
    size_t at = strlen(l.text);
    if (end.more)
        snprintf(l.text + at, sizeof l.text - at, "+%02X", end.last[0]);
    return l.text;
}

TEST(a_page_is_full_and_goes_on_only_to_what_is_shown)
{
    ASSERT_STR("09 B0 F0 ", list("\x09\xB0\xF0", 3));
    ASSERT_STR("09 B0 +B0", list("\x09\xB0\xF0", 2));
    ASSERT_STR("09 ", list("\x09", 1)); /* two rows follow, none of them shown */
    ASSERT_STR("F0 ", list("\xF0", 1)); /* two rows stand before it */
    ASSERT_STR("09 +09", list("\x09\xF0", 1));
    ASSERT_STR("09 F0 ", list("\x09\xF0", 2));
    ASSERT_STR("", list("", 1));
}

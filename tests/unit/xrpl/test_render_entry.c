/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "golden.h"
#include "json_same.h"
#include "render_expect.h"
#include "test.h"
#include "xrpl/names.h"

#include <stdlib.h>
#include <time.h>

static void entry_as_recorded(const struct json *line, struct arena *a)
{
    struct hash256 key = hash256_of(golden_hex(line, "key", a).p);
    struct jw w = render_fresh();
    ASSERT_OK(render_entry(&w, golden_hex(line, "hex", a), &key));
    json_same_assert("golden entry", json_get(line, "json")->raw, buf_slice(&render_out));
}

TEST(golden_entries_are_rendered_as_recorded)
{
    size_t n = golden_each("entries.jsonl", entry_as_recorded);
    printf("render: %zu recorded entries\n", n);
    ASSERT(n > 50);
}

enum style { STYLE_REQUIRED, STYLE_OPTIONAL, STYLE_DEFAULT };
static const struct {
    uint16_t entry_type;
    field_id field;
    enum style style;
} templates[] = {
#define X(entry_type, field, style) {ENTRY_##entry_type, FIELD_##field, STYLE_##style},
#include "xrpl/entry_templates.def"
#undef X
};

static bool in_template(uint16_t type, field_id id)
{
    for (size_t i = 0; i < ARRAY_LEN(templates); i++)
        if (templates[i].entry_type == type && templates[i].field == id)
            return true;
    return id == FIELD_LedgerEntryType || id == FIELD_Flags;
}

static void fits_its_template(const struct json *line, struct arena *a)
{
    struct slice o = golden_hex(line, "hex", a);
    uint16_t type = sto_entry_type(o);
    struct sto_iter it = sto_iter_of(o);
    struct sto_field f;
    while (sto_next(&it, &f))
        if (!in_template(type, f.id))
            test_fail(__FILE__, __LINE__, "%s holds %s", names_entry_type(tables_now(), type),
                      field_info(f.id)->key);
    for (size_t i = 0; i < ARRAY_LEN(templates); i++)
        if (templates[i].entry_type == type && templates[i].style == STYLE_REQUIRED &&
            !sto_has(o, templates[i].field))
            test_fail(__FILE__, __LINE__, "%s lacks %s", names_entry_type(tables_now(), type),
                      field_info(templates[i].field)->key);
}

TEST(golden_entries_fit_the_templates_of_their_types)
{
    golden_each("entries.jsonl", fits_its_template);
}

static size_t n_shown;

static void count_time(const struct json *line, struct arena *a)
{
    struct hash256 key = hash256_of(golden_hex(line, "key", a).p);
    struct slice o = golden_hex(line, "hex", a);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (int i = 0; i < 500; i++) {
        struct jw w = render_fresh();
        ASSERT_OK(render_entry(&w, o, &key));
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    double ns = ((double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec)) / 500;
    if (getenv("KLEIO_XRPL_TIMES") && n_shown++ < 100)
        printf("%6.0f ns %5zu -> %5zu bytes %.*s\n", ns, o.n, render_out.n,
               SLICE_FMT(json_get(json_get(line, "json"), "LedgerEntryType")->s));
}

TEST(rendering_times_are_shown_on_demand)
{
    golden_each("entries.jsonl", count_time);
}

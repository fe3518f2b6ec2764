/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/txmeta.h"

#include "base/hex.h"
#include "base/mem.h"
#include "golden.h"
#include "json_same.h"
#include "test.h"

#include <time.h>

static struct buf out;

static bool is_true(const struct json *v)
{
    return json_is(v, JSON_BOOL) && v->b;
}

static struct txmeta_show show_of(const struct json *line)
{
    return (struct txmeta_show){.api_version = (uint32_t)json_get(line, "api")->i,
                                .ledger_seq = (uint32_t)json_get(line, "ledger")->i,
                                .close_time = (uint32_t)json_get(line, "close")->i,
                                .nft_synthetic = is_true(json_get(line, "nft"))};
}

static void transaction_as_recorded(const struct json *line, struct arena *a)
{
    struct slice tx = golden_hex(line, "tx", a), meta = golden_hex(line, "meta", a);
    struct txmeta_show show = show_of(line);
    char what[80];
    snprintf(what, sizeof what, "%.64s", (const char *)json_get(line, "hash")->s.p);
    buf_clear(&out);
    struct jw w = jw_to(&out);
    jw_obj_begin(&w);
    ASSERT_OK(txmeta_render_tx_members(&w, tx, &show));
    jw_obj_end(&w);
    json_same_assert(what, json_get(line, "tx_json")->raw, buf_slice(&out));
    buf_clear(&out);
    w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert(what, json_get(line, "meta_json")->raw, buf_slice(&out));
}

TEST(golden_transactions_are_rendered_as_recorded)
{
    size_t n = golden_each("transactions.jsonl", transaction_as_recorded);
    printf("txmeta: %zu recorded transactions\n", n);
    ASSERT(n > 100);
}

static struct slice bytes(const char *hex, uint8_t *room)
{
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), room, n));
    return slice_of(room, n);
}

TEST(delivered_amount_of_old_payments_is_unavailable)
{
    uint8_t a[64], b[64];
    struct slice tx = bytes("120000614000000000000005", a), meta = bytes("201C00000001031000", b);
    struct txmeta_show show = {.api_version = 1, .ledger_seq = 4594094, .close_time = 446000000};
    struct jw w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert("old",
                     SLICE_LIT("{\"TransactionIndex\":1,\"TransactionResult\":\"tesSUCCESS\","
                               "\"delivered_amount\":\"unavailable\"}"),
                     buf_slice(&out));
    show.close_time++;
    buf_clear(&out);
    w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert("by time",
                     SLICE_LIT("{\"TransactionIndex\":1,\"TransactionResult\":\"tesSUCCESS\","
                               "\"delivered_amount\":\"5\"}"),
                     buf_slice(&out));
    show = (struct txmeta_show){.api_version = 1, .ledger_seq = 4594095};
    buf_clear(&out);
    w = jw_to(&out);
    ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
    json_same_assert("by ledger",
                     SLICE_LIT("{\"TransactionIndex\":1,\"TransactionResult\":\"tesSUCCESS\","
                               "\"delivered_amount\":\"5\"}"),
                     buf_slice(&out));
}

static double total_ns;
static size_t n_rendered, n_bytes;

static void time_one(const struct json *line, struct arena *a)
{
    struct slice tx = golden_hex(line, "tx", a), meta = golden_hex(line, "meta", a);
    struct txmeta_show show = show_of(line);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (int i = 0; i < 20; i++) {
        buf_clear(&out);
        struct jw w = jw_to(&out);
        jw_obj_begin(&w);
        ASSERT_OK(txmeta_render_tx_members(&w, tx, &show));
        jw_key(&w, "meta");
        ASSERT_OK(txmeta_render_meta(&w, tx, meta, &show));
        jw_obj_end(&w);
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    total_ns += ((double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec)) / 20;
    n_rendered++;
    n_bytes += tx.n + meta.n;
}

TEST(a_transaction_with_metadata_is_rendered_in_microseconds)
{
    golden_each("transactions.jsonl", time_one);
    printf("txmeta: %.0f ns per transaction with metadata (%zu bytes)\n",
           total_ns / (double)n_rendered, n_bytes / n_rendered);
    ASSERT(total_ns / (double)n_rendered <
           1e6); /* a bound that only a blunder exceeds; the figure is for people */
}

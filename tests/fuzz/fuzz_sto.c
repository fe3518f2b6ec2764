/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: rendering gives well-formed JSON, and an error exactly when the check finds the bytes
 * malformed, or a value that cannot be decoded; metadata gives records without harm. */
#include "fuzz.h"

#include "json/json.h"
#include "xrpl/render.h"
#include "xrpl/txmeta.h"

#include <stdio.h>
#include <stdlib.h>

static void must_be_json(const struct buf *out, struct arena *a)
{
    struct json v;
    struct json_opts deep = {.max_depth = 64};
    if (err_failed(json_parse(buf_slice(out), &deep, a, &v, NULL))) {
        fprintf(stderr, "%s: %.*s\n", err_text(), SLICE_FMT(buf_slice(out)));
        abort();
    }
}

static void as_metadata(struct slice tx, struct slice meta, struct buf *out, struct arena *a)
{
    struct account *accounts;
    struct txmeta_nft *nfts;
    struct txmeta_holder *holders;
    size_t n;
    struct txmeta_show show = {.api_version = 2, .nft_synthetic = true};
    if (err_failed(txmeta_accounts(meta, a, &accounts, &n)) ||
        err_failed(txmeta_nfts(tx, meta, a, &nfts, &n)) ||
        err_failed(txmeta_holders(meta, a, &holders, &n)))
        abort();
    buf_clear(out);
    struct jw w = jw_to(out);
    (void)err_failed(txmeta_render_meta(&w, tx, meta, &show));
    must_be_json(out, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    /* The first byte is the type of the transaction to which the rest is taken to be metadata. */
    struct slice bytes = n ? slice_of(p + 1, n - 1) : SLICE_EMPTY;
    uint8_t tx[3] = {0x12, 0, n ? p[0] : 0};
    struct arena *a = arena_new(0);
    struct buf out = {0};
    struct hash256 key = HASH256_ZERO;
    struct jw w = jw_to(&out);
    err checked = sto_check(bytes), rendered = render_entry(&w, bytes, &key);
    if (checked.code == ERR_PARSE && !err_failed(rendered))
        abort();
    must_be_json(&out, a);
    as_metadata(slice_of(tx, sizeof tx), bytes, &out, a);
    as_metadata(bytes, bytes, &out, a);
    buf_deinit(&out);
    arena_free(a);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of a test's state in a spool. */
#pragma once
#include "../ledger/chain.h"
#include "etl/page_spool.h"
#include "rippled/proto.h"
#include "test.h"

/* Put the objects of a range into the spool, per_page at a time; that of index `bad` (SIZE_MAX:
 * none) with a flipped bit. */
static inline void spool_pages_put(struct page_spool *s, uint32_t range,
                                   const struct chain_ledger *l, uint64_t source, size_t per_page,
                                   size_t bad)
{
    struct page_span left = page_spool_range(range);
    size_t i = 0;
    bool more = true;
    while (left.has_after && i < l->n && hash256_cmp(&l->objects[i].key, &left.after) <= 0)
        i++;
    while (more) {
        struct buf out = {0}, objects = {0};
        struct page page = {.keys = left, .seq = l->header.seq, .source = source};
        for (; i < l->n && page.n_objects < per_page; i++, page.n_objects++) {
            static uint8_t copy[65536];
            const struct store_object *o = &l->objects[i];
            if (hash256_cmp(&o->key, &left.upto) > 0)
                break;
            ASSERT(o->data.n <= sizeof copy);
            memcpy(copy, o->data.p, o->data.n);
            copy[0] ^= i == bad;
            struct proto_object p = {
                slice_of(copy, o->data.n), hash256_slice(&o->key), 0, {0}, {0}};
            proto_put_object(&objects, &p);
        }
        if (i < l->n && page.n_objects == per_page)
            page.keys.upto = l->objects[i - 1].key;
        struct proto_ledger_data m = {.objects = buf_slice(&objects)};
        if (!hash256_eq(&page.keys.upto, &left.upto))
            m.marker = hash256_slice(&page.keys.upto);
        proto_put_ledger_data(&out, &m);
        ASSERT_OK(page_spool_put(s, range, &page, buf_slice(&out)));
        buf_deinit(&out);
        buf_deinit(&objects);
        more = page_spool_advance(&left, &page);
    }
}

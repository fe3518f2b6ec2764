/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message of a source: reading ends without harm, lists never have more elements
 * than bytes, and what was read without error is written and read again as the same. */
#include "fuzz.h"

#include "rippled/proto.h"

#include <stdlib.h>

static void must(bool ok)
{
    if (!ok)
        abort();
}

static size_t count_objects(struct slice list)
{
    struct cursor c = cursor_of(list);
    struct proto_object o;
    size_t n = 0;
    while (proto_next_object(&c, &o))
        n++;
    return n;
}

static size_t count_txs(struct slice list)
{
    struct cursor c = cursor_of(list);
    struct proto_tx t;
    size_t n = 0;
    while (proto_next_tx(&c, &t))
        n++;
    return n;
}

static void as_ledger(struct slice bytes)
{
    struct proto_ledger m, again;
    struct buf out = {0};
    if (err_failed(proto_read_ledger(bytes, &m)))
        return;
    must(count_objects(m.objects) <= bytes.n && count_txs(m.txs) <= bytes.n);
    proto_put_ledger(&out, &m);
    must(!err_failed(proto_read_ledger(buf_slice(&out), &again)));
    must(slice_eq(m.header, again.header) && slice_eq(m.objects, again.objects) &&
         slice_eq(m.txs, again.txs) && slice_eq(m.hashes, again.hashes) &&
         m.validated == again.validated);
    buf_deinit(&out);
}

static void as_page(struct slice bytes)
{
    struct proto_ledger_data m, again;
    struct buf out = {0};
    if (err_failed(proto_read_ledger_data(bytes, &m)))
        return;
    must(count_objects(m.objects) <= bytes.n);
    proto_put_ledger_data(&out, &m);
    must(!err_failed(proto_read_ledger_data(buf_slice(&out), &again)));
    must(slice_eq(m.objects, again.objects) && slice_eq(m.marker, again.marker));
    buf_deinit(&out);
}

static void as_request(struct slice bytes)
{
    struct proto_get_ledger m, again;
    struct buf out = {0};
    if (err_failed(proto_read_get_ledger(bytes, &m)))
        return;
    proto_put_get_ledger(&out, &m);
    must(!err_failed(proto_read_get_ledger(buf_slice(&out), &again)));
    must(m.ledger.which == again.ledger.which && m.ledger.sequence == again.ledger.sequence &&
         slice_eq(m.ledger.hash, again.ledger.hash) && slice_eq(m.user, again.user));
    buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct slice bytes = slice_of(p, n);
    as_ledger(bytes);
    as_page(bytes);
    as_request(bytes);
    return 0;
}

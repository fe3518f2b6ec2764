/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_memo.h"

#include "base/buf.h"
#include "base/cursor.h"
#include "store/memo.h"

/* First byte of a key. */
enum { OF_OBJECT = 'o', OF_HEAD = 'i', OF_TX = 't' };

#define HEAD_MAX_ROWS 256
#define END_TX_INDEX 0x7FFFFFFF /* no ledger has so many transactions */

/* --- objects: value = enum presence, bytes --- */

enum presence { NO_VERSION, DELETED, PRESENT };

static struct rocks_key object_key(const struct hash256 *key)
{
    struct rocks_key k = {.n = 1, .b = {OF_OBJECT}};
    rocks_key_put(&k, key->b, 32);
    return k;
}

static struct slice slice_of_key(const struct rocks_key *k)
{
    return slice_of(k->b, k->n);
}

bool rocks_memo_object_seq(struct rocks *r, const struct hash256 *key, uint32_t seq,
                           uint32_t *ret_seq)
{
    struct rocks_key k = object_key(key);
    struct slice value;
    if (!memo_get(r->memo, slice_of_key(&k), seq, NULL, &value, ret_seq))
        return false;
    if (*ret_seq == 0) /* there may be no version at all */
        return false;
    return true;
}

bool rocks_memo_object(struct rocks *r, const struct hash256 *key, uint32_t seq, struct arena *a,
                       struct slice *ret, uint32_t *ret_seq)
{
    struct rocks_key k = object_key(key);
    struct slice value;
    if (!memo_get(r->memo, slice_of_key(&k), seq, a, &value, ret_seq))
        return false;
    if (value.p[0] == NO_VERSION)
        *ret_seq = UINT32_MAX;
    *ret = slice_from(value, 1);
    return true;
}

uint32_t rocks_memo_object_epoch(struct rocks *r, const struct hash256 *key)
{
    struct rocks_key k = object_key(key);
    return memo_epoch(r->memo, slice_of_key(&k));
}

void rocks_memo_put_object(struct rocks *r, uint32_t epoch, const struct hash256 *key, uint32_t seq,
                           uint32_t row_seq, struct slice data)
{
    struct rocks_key k = object_key(key);
    bool none = row_seq == UINT32_MAX;
    uint8_t value[1024];
    if (data.n >= sizeof value || seq > atomic_load(&r->newest))
        return; /* what is to come may still change it */
    value[0] = none ? NO_VERSION : data.n == 0 ? DELETED : PRESENT;
    if (data.n)
        memcpy(value + 1, data.p, data.n);
    memo_put(r->memo, epoch, slice_of_key(&k), none ? 0 : row_seq, seq,
             slice_of(value, 1 + data.n));
}

/* --- heads of indexes: value = whether these are all rows, then suffix, length u16, value each ---
 */

static struct rocks_key head_key(enum store_index index, struct slice prefix)
{
    struct rocks_key k = {.n = 2, .b = {OF_HEAD, (uint8_t)index}};
    rocks_key_put(&k, prefix.p, prefix.n);
    return k;
}

/* Nothing of ledger `newest` stands behind this suffix, or beginning of one. */
static bool is_end_of_ledger(const struct store_scan *scan)
{
    if (scan->from.n == 4)
        return scan->inclusive && index_shape(scan->index)->suffix_bytes == 4;
    if (scan->from.n != 8)
        return false;
    uint32_t index = bits_load32(scan->from.p + 4);
    return index >= END_TX_INDEX && (index < UINT32_MAX || scan->inclusive);
}

/* All rows of the prefix that are newer than where the scan starts are of ledgers to come. */
static bool from_the_top(const struct store_scan *scan, uint32_t newest)
{
    if (scan->from.n < 4)
        return scan->from.n == 0;
    uint32_t seq = bits_load32(scan->from.p);
    return seq > newest || (seq == newest && is_end_of_ledger(scan));
}

static bool is_head_scan(const struct store_scan *scan)
{
    return scan->backward && index_shape(scan->index)->newest_first;
}

/* Counts a row of a scan backward? */
static bool counts(const struct store_scan *scan, struct slice suffix)
{
    int c = scan->from.n ? slice_cmp(suffix, scan->from) : -1;
    return c < 0 || (c == 0 && scan->inclusive);
}

bool rocks_memo_scan(struct rocks *r, const struct store_scan *scan, struct arena *a,
                     struct store_rows *ret)
{
    struct slice value;
    uint32_t low;
    if (!is_head_scan(scan))
        return false;
    struct rocks_key k = head_key(scan->index, scan->prefix);
    struct arena_pos mark = arena_mark(a);
    if (!memo_get(r->memo, slice_of_key(&k), 0, a, &value, &low))
        return false;
    struct cursor c = cursor_of(value);
    bool all = cursor_u8(&c);
    size_t n = 0, max = MIN(scan->limit, (uint32_t)HEAD_MAX_ROWS);
    struct store_entry *rows = arena_array(a, struct store_entry, max);
    while (n < max && !cursor_done(&c)) {
        struct store_entry row = {.suffix =
                                      cursor_take(&c, index_shape(scan->index)->suffix_bytes)};
        row.value = cursor_take(&c, cursor_be16(&c));
        if (counts(scan, row.suffix))
            rows[n++] = row;
    }
    if (n < scan->limit && !all) {
        arena_rewind(a, mark);
        return false;
    }
    *ret = (struct store_rows){rows, n};
    return true;
}

struct rocks_memo_head rocks_memo_head_of(struct rocks *r, const struct store_scan *scan)
{
    if (!is_head_scan(scan) || scan->limit > HEAD_MAX_ROWS)
        return (struct rocks_memo_head){false, 0};
    struct rocks_key k = head_key(scan->index, scan->prefix);
    struct rocks_memo_head head = {.epoch = memo_epoch(r->memo, slice_of_key(&k))};
    head.keep = from_the_top(scan, atomic_load(&r->newest)); /* after the epoch: see drop_rows */
    return head;
}

void rocks_memo_put_scan(struct rocks *r, struct rocks_memo_head head,
                         const struct store_scan *scan, const struct store_rows *rows)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    if (!head.keep)
        return;
    struct rocks_key k = head_key(scan->index, scan->prefix);
    buf_put_u8(&b, rows->n < scan->limit);
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->rows[i].value.n > UINT16_MAX)
            return;
        buf_put_slice(&b, rows->rows[i].suffix);
        buf_put_be16(&b, (uint16_t)rows->rows[i].value.n);
        buf_put_slice(&b, rows->rows[i].value);
    }
    memo_put(r->memo, head.epoch, slice_of_key(&k), 0, UINT32_MAX, buf_slice(&b));
}

/* Who took his epoch before this drop cannot put any more; who takes it later sees the ledger
 * published, so that a scan from the one before is none from the top. */
void rocks_memo_drop_rows(struct rocks *r, const struct store_index_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!index_shape(rows[i].index)->newest_first)
            continue;
        struct rocks_key k = head_key(rows[i].index, rows[i].prefix);
        memo_drop(r->memo, slice_of_key(&k));
    }
}

/* --- transactions --- */

static struct rocks_key tx_key(struct store_tx_pos pos)
{
    struct rocks_key k = {.n = 1, .b = {OF_TX}};
    rocks_key_put32(&k, pos.ledger_seq);
    rocks_key_put32(&k, pos.index);
    return k;
}

bool rocks_memo_tx(struct rocks *r, struct store_tx_pos pos, struct arena *a, struct slice *ret)
{
    struct rocks_key k = tx_key(pos);
    uint32_t low;
    return memo_get(r->memo, slice_of_key(&k), 0, a, ret, &low);
}

uint32_t rocks_memo_tx_epoch(struct rocks *r, struct store_tx_pos pos)
{
    struct rocks_key k = tx_key(pos);
    return memo_epoch(r->memo, slice_of_key(&k));
}

void rocks_memo_put_tx(struct rocks *r, uint32_t epoch, struct store_tx_pos pos, struct slice row)
{
    struct rocks_key k = tx_key(pos);
    memo_put(r->memo, epoch, slice_of_key(&k), 0, UINT32_MAX, row);
}

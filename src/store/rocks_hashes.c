/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_hashes.h"

#include "base/cursor.h"
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "xrpl/keylet.h"

bool rocks_hashes_is_key(const struct hash256 *key)
{
    static const uint8_t begin[4] = {0xB4, 0x97, 0x9A, 0x36}; /* spares all others the hashing */
    if (memcmp(key->b, begin, 4) != 0)
        return false;
    struct hash256 ours = keylet_hashes_recent();
    return hash256_eq(key, &ours);
}

/* Hash of a ledger in `recent`; its slots go round. */
static struct hash256 *slot(struct rocks_recent *recent, uint32_t seq)
{
    return &recent->hashes[seq % ROCKS_RECENT];
}

/* Hashes of the n ledgers from `seq` on, 32 bytes each. */
static ERR read_hashes(const struct rocks_read *rd, uint32_t seq, uint32_t n, uint8_t *out)
{
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_HEADER);
    struct rocks_key from = rocks_key_seq(seq);
    bool valid;
    TRY(rocks_iter_seek(&it, &from, &valid));
    for (uint32_t i = 0; i < n; i++) {
        struct slice key = valid ? rocks_iter_key(&it) : SLICE_EMPTY;
        struct slice row = valid ? rocks_iter_value(&it) : SLICE_EMPTY;
        if (key.n != 4 || bits_load32(key.p) != seq + i || row.n < LEDGER_HEADER_BYTES)
            return FAIL(ERR_CORRUPT, "store: %s: no header of ledger %u, whose hash is needed",
                        rd->r->path, seq + i);
        memcpy(out + 32 * (size_t)i, row.p + LEDGER_HEADER_HASHED_BYTES, 32);
        TRY(rocks_iter_step(&it, false, &valid));
    }
    return OK;
}

ERR rocks_hashes_prepare(struct rocks *r, uint32_t seq)
{
    struct rocks_recent *recent = &r->recent;
    if (recent->n > 0 && recent->last == seq - 1)
        return OK;
    struct rocks_read rd = {r, true, NULL};
    struct range_set ranges = rocks_ranges(r);
    uint32_t n = 0;
    uint8_t hashes[32 * ROCKS_RECENT / 4]; /* a quarter at a time: this is a frame */
    while (n < ROCKS_RECENT && range_set_has(&ranges, seq - 1 - n))
        n++;
    recent->n = 0;
    recent->last = seq - 1;
    while (recent->n < n) {
        uint32_t k = MIN(n - recent->n, (uint32_t)ROCKS_RECENT / 4), from = seq - recent->n - k;
        TRY(read_hashes(&rd, from, k, hashes));
        for (uint32_t i = 0; i < k; i++)
            *slot(recent, from + i) = hash256_of(hashes + 32 * i);
        recent->n += k;
    }
    return OK;
}

void rocks_hashes_add(struct rocks *r, const struct ledger_header *h)
{
    *slot(&r->recent, h->seq) = h->hash;
    r->recent.last = h->seq;
    r->recent.n = MIN(r->recent.n + 1, (uint32_t)ROCKS_RECENT);
}

/* How many hashes that end at `end` are those of the ledgers before `seq`. */
static uint32_t count_hashes(const struct rocks *r, uint32_t seq, struct slice data, size_t end)
{
    struct rocks_recent *recent = (struct rocks_recent *)&r->recent;
    uint32_t n = 0;
    while (n < recent->n && end >= 32 * ((size_t)n + 1) &&
           memcmp(data.p + end - 32 * ((size_t)n + 1), slot(recent, seq - 1 - n)->b, 32) == 0)
        n++;
    return n;
}

bool rocks_hashes_pack(const struct rocks *r, uint32_t seq, struct slice data, struct buf *ret)
{
    struct rocks_recent *recent = (struct rocks_recent *)&r->recent;
    if (recent->n == 0 || recent->last != seq - 1 || data.n < 32)
        return false;
    const uint8_t *newest = memmem(data.p, data.n, slot(recent, seq - 1)->b, 32);
    size_t end = newest ? (size_t)(newest - data.p) + 32 : 0;
    uint32_t n = count_hashes(r, seq, data, end);
    if (n == 0)
        return false;
    uint8_t numbers[2 * ROCKS_CODEC_MAX_VARINT];
    size_t before = end - 32 * (size_t)n;
    size_t at = rocks_codec_put_varint(numbers, before);
    at += rocks_codec_put_varint(numbers + at, n);
    buf_put(ret, numbers, at);
    buf_put(ret, data.p, before);
    buf_put_slice(ret, slice_from(data, end));
    return true;
}

ERR rocks_hashes_unpack(const struct rocks_read *rd, uint32_t seq, struct slice payload,
                        struct arena *a, struct slice *ret)
{
    struct cursor c = cursor_of(payload);
    uint64_t n_before = rocks_codec_take_varint(&c), n = rocks_codec_take_varint(&c);
    struct slice before = cursor_take(&c, n_before), after = cursor_rest(&c);
    if (c.failed || n > ROCKS_RECENT || n >= seq)
        return FAIL(ERR_CORRUPT, "store: %s: hashes object at %u is damaged", rd->r->path, seq);
    uint8_t *p = arena_alloc(a, before.n + 32 * n + after.n);
    *ret = slice_of(p, before.n + 32 * n + after.n);
    memcpy(p, before.p, before.n);
    TRY(read_hashes(rd, seq - (uint32_t)n, (uint32_t)n, p + before.n));
    if (after.n)
        memcpy(p + before.n + 32 * n, after.p, after.n);
    return OK;
}

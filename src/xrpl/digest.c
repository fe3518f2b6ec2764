/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/digest.h"

#include "base/bits.h"
#include "base/cursor.h"
#include "xrpl/sto_put.h"

#define DEPTH_MAX 64 /* nibbles of a key */

static struct hash256 take_hash(struct cursor *c)
{
    struct slice s = cursor_take(c, 32);
    return s.n ? hash256_of(s.p) : HASH256_ZERO;
}

bool digest_header_decode(struct slice bytes, struct ledger_header *ret)
{
    if (bytes.n != LEDGER_HEADER_BYTES)
        return false;
    struct cursor c = cursor_of(bytes);
    ret->seq = cursor_be32(&c);
    ret->drops = cursor_be64(&c);
    ret->parent_hash = take_hash(&c);
    ret->tx_hash = take_hash(&c);
    ret->state_hash = take_hash(&c);
    ret->parent_close_time = cursor_be32(&c);
    ret->close_time = cursor_be32(&c);
    ret->close_resolution = cursor_u8(&c);
    ret->close_flags = cursor_u8(&c);
    ret->hash = take_hash(&c);
    return true;
}

void digest_header_encode(const struct ledger_header *h, uint8_t out[LEDGER_HEADER_BYTES])
{
    bits_store32(out, h->seq);
    bits_store64(out + 4, h->drops);
    memcpy(out + 12, h->parent_hash.b, 32);
    memcpy(out + 44, h->tx_hash.b, 32);
    memcpy(out + 76, h->state_hash.b, 32);
    bits_store32(out + 108, h->parent_close_time);
    bits_store32(out + 112, h->close_time);
    out[116] = h->close_resolution;
    out[117] = h->close_flags;
    memcpy(out + 118, h->hash.b, 32);
}

struct hash256 digest_ledger(const struct ledger_header *h)
{
    uint8_t bytes[LEDGER_HEADER_BYTES];
    digest_header_encode(h, bytes);
    struct slice parts[] = {slice_of("LWR", 4), slice_of(bytes, LEDGER_HEADER_HASHED_BYTES)};
    return hash_sha512half(parts, 2);
}

struct hash256 digest_tx_id(struct slice tx_blob)
{
    struct slice parts[] = {slice_of("TXN", 4), tx_blob};
    return hash_sha512half(parts, 2);
}

struct hash256 digest_tx_leaf(struct slice tx_blob, struct slice meta_blob,
                              const struct hash256 *tx_id)
{
    uint8_t head[4 + 3] = "SND";
    uint8_t meta_head[3];
    struct slice parts[] = {slice_of(head, 4 + sto_put_length(tx_blob.n, head + 4)), tx_blob,
                            slice_of(meta_head, sto_put_length(meta_blob.n, meta_head)), meta_blob,
                            hash256_slice(tx_id)};
    return hash_sha512half(parts, 5);
}

struct hash256 digest_state_leaf(struct slice object, const struct hash256 *key)
{
    struct slice parts[] = {slice_of("MLN", 4), object, hash256_slice(key)};
    return hash_sha512half(parts, 3);
}

struct hash256 digest_inner(const struct hash256 children[16])
{
    struct slice parts[] = {slice_of("MIN", 4), slice_of(children, 16 * sizeof *children)};
    return hash_sha512half(parts, 2);
}

static uint32_t nibble(const struct hash256 *key, uint32_t depth)
{
    uint32_t byte = key->b[depth / 2];
    return depth % 2 ? byte & 15 : byte >> 4;
}

/* The inner node over leaves that share their first `depth` nibbles. */
static struct hash256 inner_of(const struct digest_leaf *leaves, size_t n, uint32_t depth)
{
    struct hash256 children[16] = {0};
    for (size_t from = 0; from < n;) {
        uint32_t slot = nibble(&leaves[from].key, depth);
        size_t to = from + 1;
        while (to < n && nibble(&leaves[to].key, depth) == slot)
            to++;
        children[slot] = digest_subtree(leaves + from, to - from, depth + 1);
        from = to;
    }
    return digest_inner(children);
}

/* Recursion is bounded by the key's 64 nibbles: below 50 KiB of stack, and that only with keys made
 * for it. */
struct hash256 digest_subtree(const struct digest_leaf *leaves, size_t n, uint32_t depth)
{
    if (n == 0)
        return HASH256_ZERO;
    if (n == 1 || depth >= DEPTH_MAX)
        return leaves[0].hash;
    return inner_of(leaves, n, depth);
}

struct hash256 digest_tree_root(const struct digest_leaf *leaves, size_t n)
{
    return n == 0 ? HASH256_ZERO : inner_of(leaves, n, 0);
}

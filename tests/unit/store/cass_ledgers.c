/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store/cass_ledgers.h"

#include "base/bits.h"
#include "unit/test.h"

struct hash256 cass_ledgers_key(uint8_t first, uint8_t last)
{
    struct hash256 key = {{first}};
    key.b[31] = last;
    return key;
}

struct store_ledger cass_ledgers_make(uint32_t seq, uint8_t mark)
{
    struct store_ledger l = {.header = {.seq = seq, .drops = 100}};
    bits_store32(l.header.hash.b, seq);
    l.header.hash.b[4] = mark;
    return l;
}

void cass_ledgers_load(struct store *s)
{
    struct hash256 keys[] = {
        cass_ledgers_key(0x20, 1), cass_ledgers_key(0x40, 1), {{[0 ... 31] = 0xFF}}};
    struct store_object objects[] = {{keys[0], SLICE_LIT("twenty")}, {keys[1], SLICE_LIT("forty")}};
    struct store_successor list[] = {{keys[0], keys[1]}, {keys[1], keys[2]}},
                           head = {HASH256_ZERO, keys[0]};
    struct store_ledger l = cass_ledgers_make(10, 0);
    l.successors = &head;
    l.n_successors = 1;
    ASSERT_OK(store_load_begin(s, 10, 1));
    ASSERT_OK(store_load_add(s, 0, objects, 2, list, 2, NULL, 0));
    ASSERT_OK(store_load_commit(s, &l));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/node.h"

#include "test.h"

#include <stdlib.h>

static struct fold_node random_node(void)
{
    struct fold_node n = {0};
    n.present = (uint16_t)(random() & random());
    if (random() % 4 == 0)
        n.present = (uint16_t)random();
    n.kept = (uint16_t)(n.present & random());
    for (uint32_t i = 0; i < 16; i++)
        if (n.present >> i & 1) {
            n.counts[i] = 1 + (uint32_t)random() % 5;
            memset(n.hashes[i].b, (int)(random() % 3), 32);
        }
    return n;
}

static bool equal(const struct fold_node *a, const struct fold_node *b)
{
    return a->present == b->present && a->kept == b->kept &&
           memcmp(a->counts, b->counts, sizeof a->counts) == 0 &&
           memcmp(a->hashes, b->hashes, sizeof a->hashes) == 0;
}

TEST(nodes_come_back_from_bytes)
{
    uint8_t bytes[NODE_MAX_BYTES];
    for (int i = 0; i < 2000; i++) {
        struct fold_node node = random_node(), got;
        size_t n = node_encode(&node, bytes);
        ASSERT(node_decode(slice_of(bytes, n), &got));
        ASSERT(equal(&node, &got));
        ASSERT(!node_decode(slice_of(bytes, n - 1), &got));
    }
    struct fold_node got;
    ASSERT(!node_decode(slice_of("\0\1\0\2", 4), &got)); /* keeps what is not there */
}

TEST(a_form_makes_the_stored_node_into_the_new_one)
{
    for (int i = 0; i < 20000; i++) {
        struct fold_node stored = random_node(), node = random_node(), at = stored;
        if (i % 3 == 0)
            stored = at = (struct fold_node){0};
        if (i % 5 == 0) {
            node = stored;
            node.counts[i % 16] += node.present >> i % 16 & 1;
        }
        struct node_form *f = node_form_new(&node, &stored);
        node_form_apply(f, &at);
        ASSERT(equal(&node, &at));
        if (i % 5 == 0)
            ASSERT(node_form_bytes(f) <= sizeof *f + sizeof f->children[0]);
        free(f);
    }
    ASSERT_INT(0, (int64_t)node_form_bytes(NULL));
}

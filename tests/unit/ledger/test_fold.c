/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/fold.h"

#include "base/mem.h"
#include "chain.h"
#include "test.h"

#include <stdlib.h>

struct kept {
    size_t n;
    uint32_t keep_above;
};

static err count_kept(void *arg, uint32_t depth, const struct hash256 *key,
                      const struct fold_node *node)
{
    struct kept *k = arg;
    (void)key;
    ASSERT(depth == 0 || fold_count(node) > k->keep_above);
    k->n++;
    return OK;
}

static struct fold_sub fold_all(const struct digest_leaf *leaves, size_t n, uint32_t base,
                                struct kept *kept)
{
    struct fold *f = xcalloc(1, sizeof *f);
    f->keep_above = kept->keep_above;
    f->keep = count_kept;
    f->arg = kept;
    fold_begin(f, base);
    for (size_t i = 0; i < n; i++)
        ASSERT_OK(fold_add(f, &leaves[i].key, &leaves[i].hash));
    struct fold_sub sub;
    ASSERT_OK(fold_end(f, &sub));
    free(f);
    return sub;
}

static int order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static size_t make_leaves(struct chain *c, struct digest_leaf *leaves, size_t n)
{
    for (size_t i = 0; i < n; i++)
        leaves[i] = (struct digest_leaf){chain_key(c), chain_key(c)};
    qsort(leaves, n, sizeof *leaves, order);
    size_t to = 0;
    for (size_t i = 0; i < n; i++)
        if (to == 0 || order(&leaves[to - 1], &leaves[i]) != 0)
            leaves[to++] = leaves[i];
    return to;
}

TEST(root_is_that_of_the_whole_tree)
{
    struct chain c;
    chain_init(&c, 5, 1, 0);
    static struct digest_leaf leaves[3000];
    const size_t sizes[] = {0, 1, 2, 3, 15, 16, 17, 100, 1000, 3000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t n = make_leaves(&c, leaves, sizes[i]);
        struct kept kept = {.keep_above = 32};
        struct fold_sub sub = fold_all(leaves, n, 0, &kept);
        struct hash256 want = digest_tree_root(leaves, n);
        ASSERT(hash256_eq(&want, &sub.hash));
        ASSERT_INT(n, sub.count);
        ASSERT(kept.n >= 1 && (n < 1000 || kept.n > 3));
    }
    chain_deinit(&c);
}

TEST(slot_is_nothing_a_leaf_or_a_subtree)
{
    struct chain c;
    chain_init(&c, 6, 1, 0);
    static struct digest_leaf leaves[500];
    size_t n = make_leaves(&c, leaves, 500);
    struct kept kept = {.keep_above = 1000};
    ASSERT_INT(0, fold_all(leaves, 0, 5, &kept).count);
    struct fold_sub one = fold_all(leaves, 1, 5, &kept);
    ASSERT(one.count == 1 && hash256_eq(&one.hash, &leaves[0].hash));
    for (size_t from = 0; from < n;) {
        size_t to = from + 1;
        while (to < n && fold_common(&leaves[from].key, &leaves[to].key) >= 3)
            to++;
        struct fold_sub sub = fold_all(leaves + from, to - from, 3, &kept);
        struct hash256 want = digest_subtree(leaves + from, to - from, 3);
        ASSERT(hash256_eq(&want, &sub.hash));
        ASSERT(!sub.kept);
        from = to;
    }
    ASSERT_INT(0, kept.n);
    chain_deinit(&c);
}

TEST(common_nibbles_are_counted)
{
    struct hash256 a = HASH256_ZERO, b = HASH256_ZERO;
    b.b[31] = 1;
    ASSERT_INT(63, fold_common(&a, &b));
    b.b[31] = 0x10;
    ASSERT_INT(62, fold_common(&a, &b));
    b.b[8] = 0x0F;
    ASSERT_INT(17, fold_common(&a, &b));
    b.b[0] = 0x80;
    ASSERT_INT(0, fold_common(&a, &b));
    ASSERT_INT(64, fold_common(&a, &a));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"
#include "base/hex.h"
#include "xrpl/digest.h"

#include <stdlib.h>

static void assert_hash(const char *hex, struct hash256 h)
{
    char text[65] = {0};
    hex_encode(hash256_slice(&h), text);
    ASSERT_STR(hex, text);
}

static struct digest_leaf leaf_at(const char *key_prefix, uint8_t tag)
{
    struct digest_leaf leaf = {0};
    size_t n = strlen(key_prefix) / 2;
    ASSERT(hex_decode(slice_str(key_prefix), leaf.key.b, n));
    leaf.hash.b[0] = tag;
    return leaf;
}

static struct hash256 inner_with(uint32_t slot, const struct hash256 *child, uint32_t slot2,
                                 const struct hash256 *child2)
{
    struct hash256 children[16] = {0};
    children[slot] = *child;
    if (child2)
        children[slot2] = *child2;
    return digest_inner(children);
}

TEST(no_leaves_have_a_zero_root)
{
    struct hash256 root = digest_tree_root(NULL, 0);
    ASSERT(hash256_is_zero(&root));
}

TEST(a_single_leaf_hangs_below_an_inner_root)
{
    struct digest_leaf leaf = leaf_at("A5", 1);
    struct hash256 root = digest_tree_root(&leaf, 1);
    struct hash256 expected = inner_with(0xA, &leaf.hash, 0, NULL);
    ASSERT(hash256_eq(&expected, &root));
    struct hash256 sub = digest_subtree(&leaf, 1, 1);
    ASSERT(hash256_eq(&leaf.hash, &sub));
}

TEST(leaves_with_a_common_prefix_hang_below_a_chain)
{
    struct digest_leaf leaves[] = {leaf_at("ABC1", 1), leaf_at("ABC7", 2)};
    struct hash256 h = inner_with(1, &leaves[0].hash, 7, &leaves[1].hash);
    h = inner_with(0xC, &h, 0, NULL);
    h = inner_with(0xB, &h, 0, NULL);
    struct hash256 below_root = digest_subtree(leaves, 2, 1);
    ASSERT(hash256_eq(&h, &below_root));
    h = inner_with(0xA, &h, 0, NULL);
    struct hash256 root = digest_tree_root(leaves, 2);
    ASSERT(hash256_eq(&h, &root));
}

TEST(keys_that_differ_in_the_last_digit_only_are_told_apart)
{
    struct digest_leaf leaves[2] = {0};
    leaves[0].hash.b[0] = 1;
    leaves[1].key.b[31] = 1;
    leaves[1].hash.b[0] = 2;
    struct hash256 h = inner_with(0, &leaves[0].hash, 1, &leaves[1].hash);
    for (int i = 0; i < 63; i++)
        h = inner_with(0, &h, 0, NULL);
    struct hash256 root = digest_tree_root(leaves, 2);
    ASSERT(hash256_eq(&h, &root));
}

TEST(equal_keys_do_not_recurse_beyond_the_key)
{
    struct digest_leaf leaves[3] = {0};
    struct hash256 root = digest_tree_root(leaves, 3);
    ASSERT(!hash256_is_zero(&root));
}

TEST(a_header_of_another_size_is_refused)
{
    uint8_t bytes[LEDGER_HEADER_BYTES + 1] = {0};
    struct ledger_header h;
    ASSERT(!digest_header_decode(slice_of(bytes, LEDGER_HEADER_BYTES - 1), &h));
    ASSERT(!digest_header_decode(slice_of(bytes, LEDGER_HEADER_BYTES + 1), &h));
    ASSERT(digest_header_decode(slice_of(bytes, LEDGER_HEADER_BYTES), &h));
}

TEST(a_header_comes_back_from_its_bytes)
{
    uint8_t bytes[LEDGER_HEADER_BYTES], back[LEDGER_HEADER_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 3);
    struct ledger_header h;
    ASSERT(digest_header_decode(slice_of(bytes, sizeof bytes), &h));
    ASSERT_INT(0x030A1118, h.seq);
    digest_header_encode(&h, back);
    ASSERT(memcmp(bytes, back, sizeof bytes) == 0);
}

TEST(an_amendment_has_the_hash_of_its_name)
{
    struct slice name = SLICE_LIT("AMM");
    assert_hash("8CC0774A3BF66D1D22E76BBDA8E8A232E6B6313834301B3B23E8601196AE6455",
                hash_sha512half(&name, 1));
}

/* Leaves of one ledger's tree, as the vectors' lines give them. */
struct leaves {
    struct digest_leaf *p;
    size_t n;
};

static void leaves_add(struct leaves *l, struct hash256 key, struct hash256 hash)
{
    l->p = realloc(l->p, (l->n + 1) * sizeof *l->p);
    ASSERT(l->p != NULL);
    l->p[l->n++] = (struct digest_leaf){key, hash};
}

static int compare_leaves(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash256));
}

static void assert_root(struct leaves *l, const struct hash256 *expected)
{
    if (l->n)
        qsort(l->p, l->n, sizeof *l->p, compare_leaves);
    struct hash256 root = digest_tree_root(l->p, l->n);
    ASSERT(hash256_eq(expected, &root));
    l->n = 0;
}

/* The next hex word of the line, decoded in place. */
static struct slice next_bytes(char **line)
{
    char *word = strsep(line, " ");
    ASSERT(word != NULL);
    size_t n = strlen(word) / 2;
    uint8_t *bytes = (uint8_t *)word;
    for (size_t i = 0; i < n; i++)
        ASSERT(hex_decode(slice_of(word + 2 * i, 2), bytes + i, 1));
    return slice_of(bytes, n);
}

struct ledger {
    struct ledger_header header;
    struct leaves txs;
    struct leaves state;
    int n_checked;
};

static void check_line(struct ledger *l, char *line)
{
    const char *what = strsep(&line, " ");
    if (strcmp(what, "header") == 0) {
        ASSERT(digest_header_decode(next_bytes(&line), &l->header));
    } else if (strcmp(what, "tx") == 0) {
        struct slice tx = next_bytes(&line), meta = next_bytes(&line);
        struct hash256 id = digest_tx_id(tx);
        leaves_add(&l->txs, id, digest_tx_leaf(tx, meta, &id));
    } else if (strcmp(what, "object") == 0) {
        struct hash256 key = hash256_of(next_bytes(&line).p);
        leaves_add(&l->state, key, digest_state_leaf(next_bytes(&line), &key));
    } else if (strcmp(what, "end") == 0) {
        struct hash256 hash = digest_ledger(&l->header);
        ASSERT(hash256_eq(&l->header.hash, &hash));
        assert_root(&l->txs, &l->header.tx_hash);
        if (l->state.n)
            assert_root(&l->state, &l->header.state_hash);
        l->n_checked++;
    } else {
        ASSERT(*what == '#' || *what == 0);
    }
}

TEST(recorded_ledgers_prove_themselves)
{
    char *text = test_read_file(test_source_path("tests/data/xrpl/digests.txt"), NULL),
         *rest = text, *line;
    struct ledger l = {0};
    while ((line = strsep(&rest, "\n")) != NULL)
        check_line(&l, line);
    ASSERT(l.n_checked >= 3);
    free(l.txs.p);
    free(l.state.p);
    free(text);
}

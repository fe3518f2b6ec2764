/* SPDX-License-Identifier: Apache-2.0 */
/* (All objects of the recorded history: tests/unit/etl/test_check_image.c.) */
#include "xrpl/txmeta_image.h"

#include "base/hex.h"
#include "base/mem.h"
#include "test.h"

#define TX_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TX_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define MARK_A "2500000009"
#define MARK_B "250000000A"
/* An account's fields: flags, sequence, owners; balance, account. */
#define FIRST(sequence) "220000000024000000" sequence
#define OWNERS "2D00000001"
#define REST "62400000000000000A81141CA971F236AC7274881212B7815460C3BBBF9634"

static struct arena *a;

static struct slice bytes(const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = arena_alloc(a, n + 1);
    ASSERT(hex_decode(slice_of(hex, 2 * n), p, n));
    return slice_of(p, n);
}

static struct hash256 tx_b(void)
{
    return hash256_of(bytes(TX_B).p);
}

static void is(const char *hex, struct slice image)
{
    struct slice must = bytes(hex);
    ASSERT(slice_eq(must, image));
}

TEST(a_modified_object_has_its_final_fields_and_the_mark_of_the_transaction)
{
    a = arena_new(0);
    struct hash256 tx = tx_b();
    struct slice image;
    struct txmeta_node node = {.kind = TXMETA_MODIFIED,
                               .entry_type = ENTRY_AccountRoot,
                               .fields = bytes(FIRST("02") OWNERS REST),
                               .previous = bytes("2400000001"),
                               .prior_tx = bytes(TX_A),
                               .prior_seq = 9};
    ASSERT_INT(TXMETA_IMAGE_FOLLOWS, txmeta_image_after(&node, &tx, 10, SLICE_EMPTY, a, &image));
    is("110061" FIRST("02") MARK_B OWNERS "55" TX_B REST, image);
    ASSERT_INT(TXMETA_IMAGE_LIKELY, txmeta_image_before(&node, image, a, &image));
    is("110061" FIRST("01") MARK_A OWNERS "55" TX_A REST, image);
    arena_free(a);
}

TEST(an_object_that_was_only_marked_needs_another_version)
{
    a = arena_new(0);
    struct hash256 tx = tx_b();
    struct slice image, was = bytes("110061" FIRST("01") MARK_A OWNERS "55" TX_A REST);
    struct txmeta_node node = {.kind = TXMETA_MODIFIED,
                               .entry_type = ENTRY_AccountRoot,
                               .prior_tx = bytes(TX_A),
                               .prior_seq = 9};
    ASSERT_INT(TXMETA_IMAGE_NONE, txmeta_image_after(&node, &tx, 10, SLICE_EMPTY, a, &image));
    ASSERT_INT(TXMETA_IMAGE_FOLLOWS, txmeta_image_after(&node, &tx, 10, was, a, &image));
    is("110061" FIRST("01") MARK_B OWNERS "55" TX_B REST, image);
    ASSERT_INT(TXMETA_IMAGE_LIKELY, txmeta_image_before(&node, image, a, &image));
    ASSERT(slice_eq(was, image));
    arena_free(a);
}

TEST(a_created_object_has_what_its_type_must_have)
{
    a = arena_new(0);
    struct hash256 tx = tx_b();
    struct slice image;
    struct txmeta_node node = {.kind = TXMETA_CREATED,
                               .entry_type = ENTRY_AccountRoot,
                               .fields = bytes("2400000001" REST)};
    ASSERT_INT(TXMETA_IMAGE_FOLLOWS, txmeta_image_after(&node, &tx, 10, SLICE_EMPTY, a, &image));
    is("110061" FIRST("01") MARK_B "2D00000000"
                                   "55" TX_B REST,
       image);
    ASSERT_INT(TXMETA_IMAGE_FOLLOWS, txmeta_image_before(&node, image, a, &image));
    ASSERT_INT(0, image.n);
    arena_free(a);
}

TEST(a_deleted_object_was_what_its_final_fields_say)
{
    a = arena_new(0);
    struct hash256 tx = tx_b();
    struct slice image;
    struct txmeta_node node = {.kind = TXMETA_DELETED,
                               .entry_type = ENTRY_AccountRoot,
                               .fields = bytes(FIRST("02") MARK_A OWNERS "55" TX_A REST),
                               .previous = bytes("2400000001")};
    ASSERT_INT(TXMETA_IMAGE_FOLLOWS, txmeta_image_after(&node, &tx, 10, SLICE_EMPTY, a, &image));
    ASSERT_INT(0, image.n);
    ASSERT_INT(TXMETA_IMAGE_LIKELY, txmeta_image_before(&node, image, a, &image));
    is("110061" FIRST("01") MARK_A OWNERS "55" TX_A REST, image);
    arena_free(a);
}

TEST(what_metadata_does_not_name_is_not_made_up)
{
    a = arena_new(0);
    struct hash256 tx = tx_b();
    struct slice image;
    struct txmeta_node directory = {
        .kind = TXMETA_MODIFIED, .entry_type = ENTRY_DirectoryNode, .fields = bytes("2200000000")};
    ASSERT_INT(TXMETA_IMAGE_NONE,
               txmeta_image_after(&directory, &tx, 10, bytes("110064"), a, &image));
    ASSERT_INT(TXMETA_IMAGE_NONE, txmeta_image_before(&directory, bytes("110064"), a, &image));
    struct txmeta_node odd = {
        .kind = TXMETA_CREATED, .entry_type = ENTRY_AccountRoot, .fields = bytes("240000")};
    ASSERT_INT(TXMETA_IMAGE_NONE, txmeta_image_after(&odd, &tx, 10, SLICE_EMPTY, a, &image));
    arena_free(a);
}

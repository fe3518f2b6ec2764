/* SPDX-License-Identifier: Apache-2.0 */
#include "../sto_build.h"
#include "base/mem.h"
#include "feed/feed_touch.h"
#include "test.h"

static struct account account(uint8_t byte)
{
    struct account a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static struct asset usd(uint8_t issuer)
{
    struct asset a = {.kind = ASSET_IOU, .issuer = account(issuer)};
    memcpy(a.currency.b + 12, "USD", 3);
    return a;
}

static void put_offer(struct buf *b, uint8_t issuer, bool both, const struct hash256 *domain)
{
    struct amount drops = amount_drops(7), tokens;
    struct asset asset = usd(issuer);
    ASSERT_OK(amount_canonicalize(&asset, false, 3, 0, &tokens));
    if (domain)
        sto_build_field(b, FIELD_DomainID, hash256_slice(domain));
    sto_build_amount(b, FIELD_TakerPays, &drops);
    if (both)
        sto_build_amount(b, FIELD_TakerGets, &tokens);
}

static void put_node(struct buf *nodes, field_id kind, uint16_t type, field_id part,
                     struct buf *fields, field_id part2, struct buf *fields2)
{
    struct buf node = {0};
    struct hash256 key = {{9}};
    sto_build_u16(&node, FIELD_LedgerEntryType, type);
    sto_build_field(&node, FIELD_LedgerIndex, hash256_slice(&key));
    if (part2)
        sto_build_nest(&node, part2, fields2);
    sto_build_nest(&node, part, fields);
    sto_build_nest(nodes, kind, &node);
}

static struct feed_touch touch(struct buf *nodes, struct arena *a)
{
    static struct buf meta, tx;
    buf_clear(&meta);
    buf_clear(&tx);
    struct feed_touch t = {0};
    sto_build_u16(&tx, FIELD_TransactionType, TX_OfferCreate);
    sto_build_nest(&meta, FIELD_AffectedNodes, nodes);
    ASSERT_OK(feed_touch_read(buf_slice(&tx), buf_slice(&meta), a, &t));
    return t;
}

TEST(created_offers_touch_the_book_of_their_other_side)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct buf nodes = {0}, fields = {0};
    struct asset xrp = {0}, tokens = usd(4);
    put_offer(&fields, 4, true, NULL);
    put_node(&nodes, FIELD_CreatedNode, ENTRY_Offer, FIELD_NewFields, &fields, 0, NULL);
    struct feed_touch t = touch(&nodes, a);
    struct feed_book expected = feed_request_book(&tokens, &xrp, NULL);
    ASSERT_INT(1, t.n_books);
    ASSERT(memcmp(&expected, &t.books[0], sizeof expected) == 0);
    ASSERT_INT(1, t.n_accounts); /* the issuer */
    ASSERT_INT(TX_OfferCreate, t.type);
}

TEST(modified_offers_count_by_previous_fields_and_only_with_both_amounts)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct buf nodes = {0}, final = {0}, previous = {0};
    put_offer(&final, 4, true, NULL);
    put_offer(&previous, 4, false, NULL);
    put_node(&nodes, FIELD_ModifiedNode, ENTRY_Offer, FIELD_FinalFields, &final,
             FIELD_PreviousFields, &previous);
    ASSERT_INT(0, touch(&nodes, a).n_books);
    put_offer(&final, 4, true, NULL);
    put_offer(&previous, 5, true, NULL);
    put_node(&nodes, FIELD_ModifiedNode, ENTRY_Offer, FIELD_FinalFields, &final,
             FIELD_PreviousFields, &previous);
    struct feed_touch t = touch(&nodes, a);
    struct account five = account(5);
    ASSERT_INT(1, t.n_books);
    ASSERT(account_eq(&five, &t.books[0].pays.issuer));
}

TEST(deleted_offers_keep_their_domain)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct buf nodes = {0}, fields = {0};
    struct hash256 domain = {{7}};
    put_offer(&fields, 4, true, &domain);
    put_node(&nodes, FIELD_DeletedNode, ENTRY_Offer, FIELD_FinalFields, &fields, 0, NULL);
    struct feed_touch t = touch(&nodes, a);
    ASSERT_INT(1, t.n_books);
    ASSERT_INT(1, t.books[0].has_domain);
    ASSERT(hash256_eq(&domain, &t.books[0].domain));
}

TEST(issuances_are_those_of_the_index)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct buf nodes = {0}, fields = {0};
    struct mpt_id id = {{7, [23] = 9}};
    sto_build_field(&fields, FIELD_MPTokenIssuanceID, slice_of(id.b, sizeof id.b));
    put_node(&nodes, FIELD_CreatedNode, ENTRY_MPToken, FIELD_NewFields, &fields, 0, NULL);
    struct buf meta = {0};
    struct feed_touch t;
    sto_build_nest(&meta, FIELD_AffectedNodes, &nodes);
    sto_build_u8(&meta, FIELD_TransactionResult, 0);
    ASSERT_OK(feed_touch_read(SLICE_EMPTY, buf_slice(&meta), a, &t));
    ASSERT_INT(1, t.n_issuances);
    ASSERT(memcmp(&t.issuances[0], &id, sizeof id) == 0);
    buf_deinit(&meta);
}

TEST(the_same_book_twice_is_one)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct buf nodes = {0}, fields = {0};
    for (int i = 0; i < 3; i++) {
        put_offer(&fields, 4, true, NULL);
        put_node(&nodes, FIELD_CreatedNode, ENTRY_Offer, FIELD_NewFields, &fields, 0, NULL);
    }
    ASSERT_INT(1, touch(&nodes, a).n_books);
}

TEST(the_zero_account_is_nobody)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct buf nodes = {0}, fields = {0};
    struct account zero = account(0), one = account(1);
    sto_build_account(&fields, FIELD_Account, &zero);
    sto_build_account(&fields, FIELD_Destination, &one);
    put_node(&nodes, FIELD_CreatedNode, ENTRY_AccountRoot, FIELD_NewFields, &fields, 0, NULL);
    struct feed_touch t = touch(&nodes, a);
    ASSERT_INT(1, t.n_accounts);
    ASSERT(account_eq(&one, &t.accounts[0]));
}

TEST(bytes_that_cannot_be_read_touch_nothing)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct feed_touch t;
    ASSERT_OK(feed_touch_read(SLICE_LIT("\xff\xff\xff"), SLICE_LIT("\xf8\x01"), a, &t));
    ASSERT_INT(0, t.n_accounts + t.n_books);
}

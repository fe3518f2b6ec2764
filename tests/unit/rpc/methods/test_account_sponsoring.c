/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/bits.h"
#include "small_world.h"
#include "test.h"
#include "xrpl/keylet.h"

/* Alice pays for carol: her account, and every other one of N_CHECKS checks. There is a
 * sponsorship, which stands in both directories. */
#define CAROL_BYTE 0xC0
#define N_CHECKS 24

static struct account of_byte(uint8_t byte)
{
    struct account a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static void put_account(struct buf *b, field_id id, const struct account *a)
{
    small_world_field(b, id, slice_of(a->b, 20));
}

static void put(struct small_world *w, const struct hash256 *key, struct buf *b)
{
    struct arena *kept = fake_keep(arena_new(0));
    fake_put(w->ledgers, key, arena_dup(kept, buf_slice(b)), 10, 30);
    buf_deinit(b);
}

static void put_directory(struct small_world *w, const struct account *owner,
                          const struct hash256 *keys, size_t n)
{
    struct buf b = {0};
    struct hash256 root = keylet_owner_dir(owner);
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_DirectoryNode);
    small_world_field(&b, FIELD_RootIndex, hash256_slice(&root));
    small_world_field(&b, FIELD_Indexes, slice_of(keys, n * sizeof *keys));
    put(w, &root, &b);
}

static struct hash256 sponsorship_key(void)
{
    struct account alice = of_byte(ALICE_BYTE), carol = of_byte(CAROL_BYTE);
    return keylet_sponsorship(&alice, &carol);
}

static struct small_world *world(void)
{
    struct small_world *w = small_world_new();
    struct account alice = of_byte(ALICE_BYTE), carol = of_byte(CAROL_BYTE);
    struct hash256 keys[N_CHECKS + 1] = {sponsorship_key()}, root = keylet_account(&carol);
    struct buf b = {0};
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_Sponsorship);
    put_account(&b, FIELD_Owner, &alice);
    put_account(&b, FIELD_Sponsee, &carol);
    put(w, &keys[0], &b);
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_AccountRoot);
    put_account(&b, FIELD_Account, &carol);
    put_account(&b, FIELD_Sponsor, &alice);
    put(w, &root, &b);
    for (uint32_t i = 0; i < N_CHECKS; i++) {
        keys[i + 1] = keylet_check(&carol, i);
        small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_Check);
        small_world_u32(&b, FIELD_Sequence, i);
        put_account(&b, FIELD_Account, &carol);
        if (i % 2)
            put_account(&b, FIELD_Sponsor, &alice);
        put(w, &keys[i + 1], &b);
    }
    put_directory(w, &alice, keys, 1);
    put_directory(w, &carol, keys, N_CHECKS + 1);
    return w;
}

static uint32_t count(const char *reply, const char *what)
{
    uint32_t n = 0;
    for (const char *p = reply; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static const char *ask(struct small_world *w, const char *more)
{
    return small_world_ask(w, "account_sponsoring", "\"account\":\"%s\"%s", w->alice, more);
}

TEST(account_sponsoring_shows_the_sponsorship_and_what_it_pays_for)
{
    struct small_world *w = world();
    const char *reply = ask(w, "");
    ASSERT_AT("\"Sponsorship\"", reply, "result.sponsored_objects.0.LedgerEntryType");
    ASSERT_AT("\"AccountRoot\"", reply, "result.sponsored_objects.1.LedgerEntryType");
    ASSERT_INT(N_CHECKS / 2, count(reply, "\"Check\""));
    ASSERT_INT(N_CHECKS / 2 + 2, count(reply, "\"LedgerEntryType\""));
    ASSERT_AT("200", reply, "result.limit");
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_AT("", reply, "result.marker");
    ASSERT_INT(N_CHECKS / 2, count(ask(w, ",\"type\":\"check\""), "\"LedgerEntryType\""));
    reply = ask(w, ",\"deletion_blockers_only\":true");
    ASSERT_INT(N_CHECKS / 2 + 1, count(reply, "\"LedgerEntryType\""));
}

TEST(account_sponsoring_goes_on_inside_of_a_sponsees_directory)
{
    struct small_world *w = world();
    const char *reply = ask(w, ",\"limit\":10");
    uint32_t n = count(reply, "\"LedgerEntryType\""), n_pages = 1;
    while (*client_at(reply, "result.marker")) {
        char more[300];
        snprintf(more, sizeof more, ",\"limit\":10,\"marker\":%s",
                 client_at(reply, "result.marker"));
        reply = ask(w, more);
        ASSERT_AT("", reply, "result.error");
        n += count(reply, "\"LedgerEntryType\"");
        ASSERT(++n_pages < 10);
    }
    ASSERT_INT(N_CHECKS / 2 + 2, n);
    ASSERT_INT(3, n_pages);
}

TEST(account_sponsoring_refuses_what_is_wrong)
{
    struct small_world *w = world();
    static const char *const wrong[] = {",\"marker\":5",
                                        ",\"marker\":\"\"",
                                        ",\"marker\":\"00,0,00,x\"",
                                        ",\"marker\":\"00,0,00,0\"",
                                        ",\"marker\":\"x,0\"",
                                        ",\"type\":\"nothing\"",
                                        ",\"limit\":\"1\"",
                                        ",\"deletion_blockers_only\":1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_AT("\"invalidParams\"", ask(w, wrong[i]), "result.error");
    ASSERT_AT("\"lgrNotFound\"", ask(w, ",\"marker\":\"0,0,31\""), "result.error");
    ASSERT_AT("\"lgrNotFound\"", ask(w, ",\"marker\":\"0,0,0,0,31\""), "result.error");
    ASSERT_AT("\"actNotFound\"",
              small_world_ask(w, "account_sponsoring", "\"account\":\"%s\"", w->nobody),
              "result.error");
}

TEST(account_objects_tells_what_others_pay_for)
{
    struct small_world *w = world();
    struct account carol = of_byte(CAROL_BYTE);
    char address[ACCOUNT_TEXT_MAX];
    account_to_text(&carol, address);
#define OBJECTS(more) small_world_ask(w, "account_objects", "\"account\":\"%s\"" more, address)
    ASSERT_INT(N_CHECKS, count(OBJECTS(""), "\"Check\""));
    ASSERT_INT(N_CHECKS / 2, count(OBJECTS(",\"sponsored\":true"), "\"LedgerEntryType\""));
    ASSERT_INT(N_CHECKS / 2 + 1, count(OBJECTS(",\"sponsored\":false"), "\"LedgerEntryType\""));
    ASSERT_INT(1, count(OBJECTS(",\"type\":\"sponsorship\""), "\"LedgerEntryType\""));
    ASSERT_AT("\"invalidParams\"", OBJECTS(",\"sponsored\":1"), "result.error");
}

TEST(ledger_entry_finds_a_sponsorship)
{
    struct small_world *w = world();
    struct account carol = of_byte(CAROL_BYTE);
    char address[ACCOUNT_TEXT_MAX];
    account_to_text(&carol, address);
    const char *reply = small_world_ask(w, "ledger_entry",
                                        "\"sponsorship\":{\"sponsor\":\"%s\",\"sponsee\":\"%s\"}",
                                        w->alice, address);
    ASSERT_AT("\"Sponsorship\"", reply, "result.node.LedgerEntryType");
    const char *index = client_at(reply, "result.index");
    char by_key[100];
    snprintf(by_key, sizeof by_key, "\"sponsorship\":%s", index);
    ASSERT_AT("\"Sponsorship\"", small_world_ask(w, "ledger_entry", "%s", by_key),
              "result.node.LedgerEntryType");
    ASSERT_AT("\"malformedRequest\"",
              small_world_ask(w, "ledger_entry", "\"sponsorship\":{\"sponsor\":\"%s\"}", w->alice),
              "result.error");
}

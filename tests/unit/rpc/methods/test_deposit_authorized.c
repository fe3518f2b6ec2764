/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "small_world.h"
#include "sto_build.h"
#include "test.h"
#include "xrpl/keylet.h"

#include <stdlib.h>

/* alice has lsfDepositAuth, bob does not. */
struct deposit_world {
    struct small_world *w;
    struct account alice, bob;
    int n_credentials;
};

static struct deposit_world deposit_world(void)
{
    struct deposit_world d = {.w = small_world_new()};
    memset(d.alice.b, ALICE_BYTE, 20);
    memset(d.bob.b, BOB_BYTE, 20);
    return d;
}

static void put(struct deposit_world *d, const struct hash256 *key, struct buf *b)
{
    fake_put(d->w->ledgers, key, buf_slice(b), 10, 30);
    fake_keep(b->p);
}

static void preauthorize(struct deposit_world *d, const struct hash256 *key)
{
    struct buf b = {0};
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_DepositPreauth);
    put(d, key, &b);
}

/* A credential of `subject` by alice; returns its key in hex. */
static const char *credential(struct deposit_world *d, const struct account *subject,
                              const char *type, bool accepted, uint32_t expiration)
{
    struct buf b = {0};
    struct hash256 key = keylet_credential(subject, &d->alice, slice_str(type));
    char *hex = fake_keep(calloc(1, 65));
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Credential);
    sto_build_u32(&b, FIELD_Flags, accepted ? 0x00010000 : 0);
    if (expiration)
        sto_build_u32(&b, FIELD_Expiration, expiration);
    sto_build_field(&b, FIELD_CredentialType, slice_str(type));
    sto_build_account(&b, FIELD_Issuer, &d->alice);
    sto_build_account(&b, FIELD_Subject, subject);
    put(d, &key, &b);
    hex_encode(hash256_slice(&key), hex);
    return hex;
}

static const char *ask(struct deposit_world *d, const char *from, const char *to, const char *more)
{
    return small_world_ask(d->w, "deposit_authorized",
                           "\"source_account\":\"%s\",\"destination_account\":\"%s\"%s", from, to,
                           more);
}

static const char *show(struct deposit_world *d, const char *list)
{
    static char more[2048];
    snprintf(more, sizeof more, ",\"credentials\":[%s]", list);
    return ask(d, d->w->bob, d->w->alice, more);
}

TEST(deposits_are_refused_only_by_those_who_ask_for_that)
{
    struct deposit_world d = deposit_world();
    const char *reply = ask(&d, d.w->bob, d.w->alice, "");
    ASSERT_AT("false", reply, "result.deposit_authorized");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_AT("", reply, "result.credentials");
    ASSERT_AT("true", ask(&d, d.w->alice, d.w->bob, ""), "result.deposit_authorized");
    ASSERT_AT("true", ask(&d, d.w->alice, d.w->alice, ""), "result.deposit_authorized");
    struct hash256 key = keylet_deposit_preauth(&d.alice, &d.bob);
    preauthorize(&d, &key);
    ASSERT_AT("true", ask(&d, d.w->bob, d.w->alice, ""), "result.deposit_authorized");
}

TEST(deposits_need_two_accounts)
{
    struct deposit_world d = deposit_world();
    const char *reply = ask(&d, d.w->nobody, d.w->nobody, "");
    ASSERT_AT("\"source_accountNotFound\"", reply, "result.error_message");
    ASSERT_AT("67", reply, "result.error_code");
    reply = ask(&d, d.w->bob, d.w->nobody, "");
    ASSERT_AT("\"destination_accountNotFound\"", reply, "result.error_message");
    ASSERT_AT("\"source_accountMalformed\"", ask(&d, "x", "y", ""), "result.error_message");
}

TEST(deposits_by_credentials_need_the_very_set)
{
    struct deposit_world d = deposit_world();
    char list[256];
    const char *kyc = credential(&d, &d.bob, "KYC", true, 0);
    const char *aml = credential(&d, &d.bob, "AML", true, 0);
    struct keylet_credential set[2] = {{d.alice, slice_str("KYC")}, {d.alice, slice_str("AML")}};
    struct hash256 key = keylet_deposit_preauth_credentials(&d.alice, set, 2);
    preauthorize(&d, &key);
    snprintf(list, sizeof list, "\"%s\",\"%s\"", kyc, aml);
    const char *reply = show(&d, list);
    ASSERT_AT("true", reply, "result.deposit_authorized");
    ASSERT(*client_at(reply, "result.credentials.1"));
    snprintf(list, sizeof list, "\"%s\"", kyc);
    ASSERT_AT("false", show(&d, list), "result.deposit_authorized");
    key = keylet_deposit_preauth(&d.alice, &d.bob); /* does not count beside credentials */
    preauthorize(&d, &key);
    ASSERT_AT("false", show(&d, list), "result.deposit_authorized");
}

static void refused(struct deposit_world *d, const char *message, const char *id)
{
    char list[256];
    snprintf(list, sizeof list, "\"%s\"", id);
    const char *reply = show(d, list);
    ASSERT_AT("\"badCredentials\"", reply, "result.error");
    ASSERT_AT(message, reply, "result.error_message");
}

TEST(credentials_have_to_be_good)
{
    struct deposit_world d = deposit_world();
    uint32_t parent_close = FAKE_CLOSE_TIME(29);
    char list[256];
    ASSERT_AT("\"credential array has no elements.\"", show(&d, ""), "result.error_message");
    ASSERT_AT("\"credential array too long.\"",
              show(&d, "\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\""),
              "result.error_message");
    ASSERT_AT("\"Item is not a valid uint256 type.\"", show(&d, "\"1\""), "result.error_message");
    ASSERT_AT("\"Item is not a valid uint256 type.\"", show(&d, "1"), "result.error_message");
    refused(&d, "\"credentials don't exist.\"", "0");
    refused(&d, "\"credentials aren't accepted\"", credential(&d, &d.bob, "A", false, 0));
    refused(&d, "\"credentials are expired\"", credential(&d, &d.bob, "B", true, parent_close - 1));
    refused(&d, "\"credentials don't belong to the root account\"",
            credential(&d, &d.alice, "C", true, 0));
    const char *good = credential(&d, &d.bob, "abc", true, parent_close);
    char lower[65];
    for (int i = 0; i < 65; i++)
        lower[i] = good[i] >= 'A' && good[i] <= 'F' ? (char)(good[i] + 32) : good[i];
    snprintf(list, sizeof list, "\"%s\",\"%s\"", good, lower); /* the same, though not as text */
    ASSERT_AT("\"duplicates in credentials.\"", show(&d, list), "result.error_message");
}

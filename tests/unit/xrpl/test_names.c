/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/names.h"

#include "base/mem.h"
#include "test.h"

#include <stdlib.h>
#include <time.h>

#define NOW tables_now()

static const struct {
    const char *name;
    field_id id;
} fields[] = {
#define X(name, type, nth, is_decimal) {#name, FIELD_ID(FIELD_TYPE_##type, nth)},
#include "xrpl/fields.def"
#undef X
};
static const struct {
    const char *name;
    const char *short_name;
    uint16_t code;
} entries[] = {
#define X(name, code, short_name) {#name, #short_name, code},
#include "xrpl/entry_types.def"
#undef X
};
static const struct {
    const char *name;
    uint16_t code;
} txs[] = {
#define X(name, code) {#name, code},
#include "xrpl/tx_types.def"
#undef X
};

TEST(every_name_of_the_tables_is_found_and_leads_back)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        ASSERT_INT(fields[i].id, names_field_by_name(NOW, slice_str(fields[i].name)));
        ASSERT(slice_is(names_of_info(names_field(NOW, fields[i].id)), fields[i].name));
    }
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        ASSERT_INT(entries[i].code, names_entry_by_name(NOW, slice_str(entries[i].name)));
        ASSERT_INT(entries[i].code, names_entry_by_name(NOW, slice_str(entries[i].short_name)));
        ASSERT_STR(entries[i].name, names_entry_type(NOW, entries[i].code));
        ASSERT_STR(entries[i].short_name, names_entry_short(NOW, entries[i].code));
    }
    for (size_t i = 0; i < ARRAY_LEN(txs); i++) {
        ASSERT_INT(txs[i].code, names_tx_by_name(NOW, slice_str(txs[i].name)));
        ASSERT_STR(txs[i].name, names_tx_type(NOW, txs[i].code));
    }
}

TEST(names_of_fields_are_exact)
{
    static const char *const wrong[] = {"", "balance", "Balanc", "Balance2", "zzz", "Unknown"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        ASSERT_INT(0, names_field_by_name(NOW, slice_str(wrong[i])));
    ASSERT(names_field(NOW, FIELD_ID(2, 120)) == NULL);
    ASSERT(names_field(NOW, FIELD_ID(27, 3)) == NULL);
    ASSERT(names_field(NOW, 0) == NULL);
}

TEST(types_are_found_in_any_case_short_names_are_exact)
{
    ASSERT_INT(0x61, names_entry_by_name(NOW, SLICE_LIT("account")));
    ASSERT_INT(0x61, names_entry_by_name(NOW, SLICE_LIT("ACCOUNTROOT")));
    ASSERT_INT(0, names_entry_by_name(NOW, SLICE_LIT("Account")));
    ASSERT_INT(0, names_entry_by_name(NOW, SLICE_LIT("")));
    ASSERT_INT(0, names_entry_by_name(NOW, slice_of("account\0", 8)));
    ASSERT_INT(0x66, names_entry_by_name(NOW, SLICE_LIT("aMendments")));
    ASSERT(names_entry_type(NOW, 0) == NULL && names_entry_short(NOW, 0xFFFF) == NULL);
    ASSERT_INT(0, names_tx_by_name(NOW, SLICE_LIT("payment")));
    ASSERT_INT(25, names_tx_by_name(NOW, SLICE_LIT("NFTOKENMINT")));
    ASSERT_INT(-1, names_tx_by_name(NOW, SLICE_LIT("pay")));
    ASSERT_INT(-1, names_tx_by_name(NOW, SLICE_LIT("")));
    ASSERT(names_tx_type(NOW, 0xFFFF) == NULL);
}

TEST(results_and_permissions_have_names)
{
    ASSERT_STR("tesSUCCESS", names_tx_result(NOW, 0));
    ASSERT_STR("tecNO_DELEGATE_PERMISSION", names_tx_result(NOW, 198)); /* of older servers */
    ASSERT_STR("tecNO_SPONSOR_PERMISSION", names_tx_result(NOW, 200));
    ASSERT(names_tx_result(NOW, 1) == NULL);
    ASSERT_STR("PaymentBurn", names_permission(NOW, 65546));
    ASSERT_STR("Payment", names_permission(NOW, 1));
    ASSERT(names_permission(NOW, 0) == NULL && names_permission(NOW, 1 << 20) == NULL);
}

TEST(amendments_are_known_by_the_hash_of_their_name)
{
    size_t n;
    const struct names_amendment *list = names_amendments(&n);
    ASSERT(n > 100);
    for (size_t i = 0; i < n; i++) {
        struct slice name = slice_str(list[i].name);
        struct hash256 id = hash_sha512half(&name, 1);
        ASSERT(hash256_eq(&id, &list[i].id));
    }
}

TEST(the_tables_are_of_3_4)
{
    ASSERT(strncmp(names_protocol_version(), "3.4", 3) == 0);
    ASSERT_INT(0x90, names_entry_by_name(NOW, SLICE_LIT("sponsorship")));
    ASSERT_INT(91, names_tx_by_name(NOW, SLICE_LIT("SponsorshipSet")));
    ASSERT_INT(FIELD_ID(8, 31), names_field_by_name(NOW, SLICE_LIT("Sponsee")));
    ASSERT_INT(FIELD_ID(8, 16), names_field_by_name(NOW, SLICE_LIT("HookAccount"))); /* kept */
}

static double ns_each(int64_t (*look_up)(size_t i), size_t n)
{
    struct timespec t0, t1;
    volatile int64_t sum = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
    for (int round = 0; round < 2000; round++)
        for (size_t i = 0; i < n; i++)
            sum += look_up(i);
    (void)sum;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
    return ((double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec)) /
           (2000.0 * (double)n);
}

static int64_t look_up_field(size_t i)
{
    return names_field_by_name(NOW, slice_str(fields[i].name));
}
static int64_t look_up_entry(size_t i)
{
    return names_entry_by_name(NOW, slice_str(entries[i].short_name));
}
static int64_t look_up_entry_name(size_t i)
{
    return names_entry_by_name(NOW, slice_str(entries[i].name));
}
static int64_t look_up_tx(size_t i)
{
    return names_tx_by_name(NOW, slice_str(txs[i].name));
}

TEST(look_up_times_are_shown_on_demand)
{
    if (!getenv("KLEIO_XRPL_TIMES"))
        return;
    printf("by name, ns: field %.0f, entry type %.0f (short) %.0f (whole), transaction type %.0f\n",
           ns_each(look_up_field, ARRAY_LEN(fields)), ns_each(look_up_entry, ARRAY_LEN(entries)),
           ns_each(look_up_entry_name, ARRAY_LEN(entries)), ns_each(look_up_tx, ARRAY_LEN(txs)));
}

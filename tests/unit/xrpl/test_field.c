/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/field.h"

#include "test.h"

static const struct {
    const char *name;
    field_id id;
} all[] = {
#define X(name, type, nth, is_decimal) {#name, FIELD_ID(FIELD_TYPE_##type, nth)},
#include "xrpl/fields.def"
#undef X
};
#define N_ALL (sizeof all / sizeof all[0])

TEST(every_field_is_found_by_its_number)
{
    for (size_t i = 0; i < N_ALL; i++) {
        size_t n = strlen(all[i].name);
        const struct field_info *info = field_info(all[i].id);
        ASSERT_INT(n + 3, info->key_n);
        ASSERT(info->key[0] == '"' && memcmp(info->key + 1, all[i].name, n) == 0);
        ASSERT(memcmp(info->key + 1 + n, "\":", 2) == 0);
        ASSERT_INT(all[i].id, info->id);
    }
}

TEST(well_known_fields_have_their_numbers)
{
    ASSERT_INT(1 << 16 | 1, FIELD_LedgerEntryType);
    ASSERT_INT(6 << 16 | 2, FIELD_Balance);
    ASSERT_INT(8 << 16 | 1, FIELD_Account);
    ASSERT_INT(14 << 16 | 7, FIELD_FinalFields);
    ASSERT(field_info(FIELD_MaximumAmount)->decimal);
    ASSERT(!field_info(FIELD_OwnerNode)->decimal);
    ASSERT_INT(0x61, ENTRY_AccountRoot);
    ASSERT_INT(100, TX_EnableAmendment);
}

TEST(unknown_fields_are_not_found)
{
    ASSERT(field_info(FIELD_ID(2, 120)) == NULL);
    ASSERT(field_info(FIELD_ID(27, 3)) == NULL);
    ASSERT(field_info(FIELD_ID(70000 >> 16, 70000)) == NULL);
    ASSERT(field_info(0) == NULL);
}

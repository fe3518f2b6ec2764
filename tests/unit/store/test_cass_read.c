/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

TEST(damaged_rows_are_named)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    struct ledger_header header;
    struct hash256 key = cass_ledgers_key(0x20, 1);
    struct slice got;
    cass_ledgers_load(s);
    cass_fixture_run("UPDATE %s.ledgers SET header = 0x00 WHERE sequence = 10");
    ASSERT_ERR(ERR_CORRUPT, store_header_get(s, 10, &header));
    ASSERT(strstr(err_text(), "ledgers") && strstr(err_text(), "0A"));
    cass_fixture_run("DELETE FROM %s.ledgers WHERE sequence = 10");
    ASSERT_ERR(ERR_CORRUPT, store_header_get(s, 10, &header));
    cass_fixture_run(
        "DELETE object FROM %s.objects WHERE key = "
        "0x2000000000000000000000000000000000000000000000000000000000000001 AND sequence = 10");
    ASSERT_ERR(ERR_CORRUPT, store_objects_get(s, 10, &key, 1, a, &got, NULL));
    ASSERT(strstr(err_text(), "objects") != NULL);
    store_close(s);
    cass_fixture_drop();
}

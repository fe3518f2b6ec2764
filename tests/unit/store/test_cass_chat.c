/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

/* Rows of an unfinished load may be those of a server that is loading right now. */
TEST(rows_are_not_dropped_while_another_server_is_alive)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    struct store_object object = {cass_ledgers_key(0x30, 1), SLICE_LIT("of another")};
    ASSERT_OK(store_load_begin(s, 9, 1));
    ASSERT_OK(store_load_add(s, 0, &object, 1, NULL, 0, NULL, 0));
    store_close(s);
    s = cass_fixture_open_again();
    cass_fixture_run(
        "INSERT INTO %s.nodes_chat (node_id, message) VALUES (uuid(), '{}') USING TTL 600");
    ASSERT_ERR(ERR_BUSY, store_load_begin(s, 10, 1));
    cass_fixture_run("TRUNCATE %s.nodes_chat");
    ASSERT_OK(store_load_begin(s, 10, 1));
    store_close(s);
    cass_fixture_drop();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

static err refuse(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                  uint64_t total)
{
    return n ? FAIL(ERR_CANCELLED, "enough") : OK;
}

TEST(who_takes_a_state_may_stop_it)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    cass_ledgers_load(s);
    ASSERT_ERR(ERR_CANCELLED, store_state(s, 10, refuse, NULL));
    ASSERT_STR("enough", err_text());
    store_close(s);
    cass_fixture_drop();
}

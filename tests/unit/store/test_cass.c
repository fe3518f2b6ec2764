/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cass.h"

#include "base/mem.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/conformance.h"

#define CONFORMANCE_NAME(name) cass_##name
#define CONFORMANCE_OPEN cass_fixture_open
#define CASS_TEST(name) CASS_TEST_AS(CONFORMANCE_NAME(name), name)
#define CASS_TEST_AS(full_name, name)                                                              \
    TEST(full_name)                                                                                \
    {                                                                                              \
        if (!cass_fixture_is_there())                                                              \
            return;                                                                                \
        conformance_##name(CONFORMANCE_OPEN);                                                      \
        cass_fixture_drop();                                                                       \
    }
CONFORMANCE_LIST(CASS_TEST)

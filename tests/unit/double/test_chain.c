/* SPDX-License-Identifier: Apache-2.0 */
#include "double/chain.h"

#include "double/answers.h"
#include "test.h"

TEST(the_recorded_chain_has_the_states_that_its_headers_name)
{
    struct chain *c = NULL;
    ASSERT_OK(chain_open_world(test_source_path("tests/data/world"), 0, 400, 0, &c));
    ASSERT_INT(3, chain_first(c));
    ASSERT_INT(400, chain_tip(c));
    ASSERT(chain_get(c, 401) == NULL && chain_get(c, 2) == NULL);
    ASSERT(chain_advance(c) && chain_get(c, 401) != NULL);
    for (uint32_t seq = 3; seq <= 401; seq += 50) {
        const struct chain_ledger *l = chain_get(c, seq);
        struct hash256 root = state_hash(l->state);
        ASSERT(hash256_eq(&root, &l->header.state_hash));
        ASSERT_INT(seq, chain_by_hash(c, &l->header.hash));
    }
    chain_close_all(c);
}

TEST(a_directory_without_a_recording_is_an_error)
{
    struct chain *c = NULL;
    ASSERT_ERR(ERR_NOT_FOUND, chain_open_world("/nonexistent", 0, 0, 0, &c));
}

TEST(recorded_answers_are_found_in_any_order_of_members)
{
    struct answers *answers = answers_new();
    struct arena *a = arena_new(0);
    struct json params;
    ASSERT_OK(answers_load(answers, test_source_path("tests/data/world")));
    ASSERT_OK(json_parse(SLICE_LIT("{\"api_version\":1,\"id\":77,\"command\":\"ledger_closed\"}"),
                         NULL, a, &params, NULL));
    const struct json *found = answers_find(answers, SLICE_LIT("ledger_closed"), &params);
    ASSERT(json_get(found, "ledger_hash") != NULL);
    ASSERT_OK(json_parse(SLICE_LIT("{\"api_version\":1,\"other\":1}"), NULL, a, &params, NULL));
    ASSERT(answers_find(answers, SLICE_LIT("ledger_closed"), &params) == NULL);
    arena_free(a);
    answers_free(answers);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What every backend must do. A backend's test file says CONFORMANCE_LIST(CONFORMANCE_TEST). */
#pragma once
#include "store/store.h"
#include "unit/test.h"

/* Makes an empty store; the suite closes it. */
typedef struct store *(*conformance_open_fn)(void);

#define CONFORMANCE_LIST(X)                                                                        \
    X(empty_store_answers_that_nothing_is_there)                                                   \
    X(loaded_ledger_is_read_back)                                                                  \
    X(load_is_invisible_before_its_commit)                                                         \
    X(second_load_begin_drops_the_first_load)                                                      \
    X(write_refuses_what_does_not_follow)                                                          \
    X(writes_are_read_at_every_ledger)                                                             \
    X(next_passes_over_deleted_keys)                                                               \
    X(next_of_an_emptied_book_is_the_next_key)                                                     \
    X(scans_go_both_ways_from_any_place)                                                           \
    X(transactions_are_found_behind_a_colliding_hash)                                              \
    X(missing_position_is_damage)                                                                  \
    X(transactions_of_ledgers_come_in_order)                                                       \
    X(hashes_of_a_ledger_ascend)                                                                   \
    X(rows_lead_to_transactions_and_types)                                                         \
    X(rows_of_a_type_are_found)                                                                    \
    X(what_nobody_knows_yet_is_kept)                                                               \
    X(many_scans_are_one_read)                                                                     \
    X(pages_show_the_state_of_their_ledger)                                                        \
    X(whole_states_are_those_of_their_ledger)                                                      \
    X(repair_puts_rows_right)                                                                      \
    X(new_store_lacks_no_index_rows)                                                               \
    X(meta_values_are_kept)                                                                        \
    X(random_ledgers_answer_as_the_model)

#define X(name) void conformance_##name(conformance_open_fn open);
CONFORMANCE_LIST(X)
#undef X

/* Before: CONFORMANCE_NAME(name), the test's name for this backend, and CONFORMANCE_OPEN. */
#define CONFORMANCE_TEST(name) CONFORMANCE_TEST_AS(CONFORMANCE_NAME(name), name)
#define CONFORMANCE_TEST_AS(full_name, name)                                                       \
    TEST(full_name)                                                                                \
    {                                                                                              \
        conformance_##name(CONFORMANCE_OPEN);                                                      \
    }

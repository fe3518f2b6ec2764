/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/election.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "test.h"

static struct election self_of(uint8_t id)
{
    return (struct election){.self = {.id = {id}, .etl_started = true, .cache_is_full = true}};
}

static struct election_node node_of(uint8_t id, enum election_role role)
{
    return (struct election_node){
        .id = {id}, .role = role, .etl_started = true, .cache_is_full = true};
}

TEST(messages_are_clios)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf b = {0};
    struct election e = self_of(1);
    struct election_node n = {.role = ELECTION_ROLE_WRITER};
    election_put(&e, 1782907200, &b);
    ASSERT_SLICE("{\"update_time\":\"2026-07-01T12:00:00Z\",\"db_role\":1,\"etl_started\":true,"
                 "\"cache_is_full\":true,"
                 "\"cache_is_currently_loading\":false}",
                 buf_slice(&b));
    ASSERT(election_parse(buf_slice(&b), a, &n));
    ASSERT(n.role == ELECTION_ROLE_NOT_WRITER && n.etl_started && n.cache_is_full &&
           !n.cache_is_loading);
    /* Clio up to 2.7 */
    ASSERT(election_parse(SLICE_LIT("{\"update_time\":\"2026-07-01T12:00:00Z\"}"), a, &n));
    ASSERT(n.role == ELECTION_ROLE_FALLBACK && n.etl_started);
}

TEST(garbage_is_no_message)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    static const char *const bad[] = {
        "",
        "x",
        "[]",
        "{}",
        "{\"update_time\":5}",
        "{\"update_time\":\"yesterday\"}",
        "{\"update_time\":\"2026-07-01T12:00:00Z\",\"db_role\":5}",
        "{\"update_time\":\"2026-07-01T12:00:00Z\",\"db_role\":-1}",
        "{\"update_time\":\"2026-07-01T12:00:00Z\",\"db_role\":\"1\"}",
        "{\"update_time\":\"2026-07-01T12:00:00Z\",\"etl_started\":1}"};
    struct election_node n;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ASSERT(!election_parse(slice_str(bad[i]), a, &n));
}

TEST(the_smallest_id_that_can_writes)
{
    struct election e = self_of(5);
    struct election_node others[] = {node_of(7, ELECTION_ROLE_NOT_WRITER),
                                     node_of(3, ELECTION_ROLE_NOT_WRITER)};
    ASSERT_INT(ELECTION_START_WRITING, election_decide(&e, others, 1, 0));
    ASSERT_INT(ELECTION_ROLE_WRITER, election_role_of(&e));
    ASSERT_INT(ELECTION_KEEP, election_decide(&e, others, 1, 0));
    ASSERT_INT(ELECTION_STOP_WRITING, election_decide(&e, others, 2, 0)); /* 3 is smaller */
    others[1].cache_is_full = false;
    ASSERT_INT(ELECTION_START_WRITING, election_decide(&e, others, 2, 0));
    others[1] = node_of(3, ELECTION_ROLE_READ_ONLY);
    ASSERT_INT(ELECTION_KEEP, election_decide(&e, others, 2, 0));
    e.self.cache_is_full = false; /* then 7, who has one */
    ASSERT_INT(ELECTION_STOP_WRITING, election_decide(&e, others, 2, 0));
    others[0].cache_is_full = false; /* nobody has one: it does not matter */
    ASSERT_INT(ELECTION_START_WRITING, election_decide(&e, others, 2, 0));
    e.self.etl_started = others[0].etl_started = false; /* nobody at all */
    ASSERT_INT(ELECTION_STOP_WRITING, election_decide(&e, others, 2, 0));
}

TEST(a_reader_never_writes)
{
    struct election e = self_of(1);
    e.read_only = true;
    ASSERT_INT(ELECTION_KEEP, election_decide(&e, NULL, 0, 0));
    ASSERT_INT(ELECTION_KEEP, election_stalled(&e));
    ASSERT_INT(ELECTION_ROLE_READ_ONLY, election_role_of(&e));
}

TEST(a_stall_makes_everybody_fall_back_for_an_hour)
{
    struct election a = self_of(1), b = self_of(2);
    struct election_node seen = node_of(1, ELECTION_ROLE_WRITER);
    ASSERT_INT(ELECTION_START_WRITING, election_stalled(&b)); /* nobody wrote for ten seconds */
    ASSERT_INT(ELECTION_ROLE_FALLBACK, election_role_of(&b));
    ASSERT_INT(ELECTION_KEEP, election_decide(&b, &seen, 1, 10));
    seen = node_of(2, ELECTION_ROLE_FALLBACK);
    ASSERT_INT(ELECTION_KEEP, election_decide(&a, &seen, 1, 10));
    ASSERT_INT(ELECTION_ROLE_FALLBACK, election_role_of(&a));
    ASSERT_INT(ELECTION_STOP_WRITING, election_conflicted(&b)); /* only a conflict ends it */
    ASSERT_INT(ELECTION_KEEP, election_decide(&a, &seen, 1, 3600 * CLOCK_S));
    ASSERT_INT(ELECTION_ROLE_FALLBACK, election_role_of(&a));
    ASSERT_INT(ELECTION_KEEP, election_decide(&a, &seen, 1, 3601 * CLOCK_S));
    ASSERT_INT(ELECTION_ROLE_FALLBACK_RECOVERY, election_role_of(&a));
    ASSERT_INT(ELECTION_KEEP,
               election_decide(&a, &seen, 1, 3602 * CLOCK_S)); /* b is not there yet */
    seen = node_of(1, ELECTION_ROLE_FALLBACK_RECOVERY);
    ASSERT_INT(ELECTION_KEEP, election_decide(&b, &seen, 1, 3602 * CLOCK_S));
    ASSERT_INT(ELECTION_ROLE_FALLBACK_RECOVERY, election_role_of(&b));
    seen = node_of(2, ELECTION_ROLE_FALLBACK_RECOVERY);
    ASSERT_INT(ELECTION_KEEP, election_decide(&a, &seen, 1, 3603 * CLOCK_S)); /* a did not write */
    ASSERT_INT(ELECTION_ROLE_NOT_WRITER, election_role_of(&a));
    ASSERT_INT(ELECTION_START_WRITING, election_decide(&a, &seen, 1, 3604 * CLOCK_S)); /* elected */
}

TEST(a_dataset_is_late_when_the_network_goes_on_without_it)
{
    struct election e = self_of(1);
    ASSERT(!election_is_late(&e, 0, 100, 100 * CLOCK_S)); /* the first is being loaded */
    ASSERT(!election_is_late(&e, 100, 100, 101 * CLOCK_S));
    ASSERT(!election_is_late(&e, 100, 100, 200 * CLOCK_S)); /* the network has stopped */
    ASSERT(!election_is_late(&e, 100, 0, 201 * CLOCK_S));   /* no source */
    ASSERT(!election_is_late(&e, 100, 101, 202 * CLOCK_S));
    ASSERT(!election_is_late(&e, 100, 103, 210 * CLOCK_S));
    ASSERT(election_is_late(&e, 100, 104, 211 * CLOCK_S));
    ASSERT(!election_is_late(&e, 100, 104, 212 * CLOCK_S)); /* told once */
    ASSERT(election_is_late(&e, 100, 107, 221 * CLOCK_S));
    ASSERT(!election_is_late(&e, 101, 107, 230 * CLOCK_S)); /* slow, but it goes on */
    ASSERT(!election_is_late(&e, 107, 107, 231 * CLOCK_S));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_token.h"

#include "unit/cql/vectors.h"
#include "unit/test.h"

TEST(tokens_are_those_of_another_driver)
{
    struct vectors v = vectors_open();
    char kind[16];
    int n = 0;
    while (vectors_next(&v, kind)) {
        if (strcmp(kind, "token") != 0)
            continue;
        int64_t token = cql_token_of(vectors_bytes(&v));
        ASSERT_INT(vectors_number(&v), token);
        n++;
    }
    ASSERT(n > 40);
    vectors_close(&v);
}

TEST(shards_divide_the_ring)
{
    ASSERT_INT(0, cql_token_shard(INT64_MIN, 8, 0));
    ASSERT_INT(4, cql_token_shard(0, 8, 0));
    ASSERT_INT(7, cql_token_shard(INT64_MAX, 8, 0));
    /* Scylla's usual 12 ignored bits: neighbours of the ring's 4,096 parts start again at shard 0
     */
    ASSERT_INT(0, cql_token_shard(0, 8, 12));
    ASSERT_INT(7, cql_token_shard(-1, 8, 12));
    ASSERT_INT(4, cql_token_shard((int64_t)1 << 51, 8, 12));
}

/* Those of the tests of Scylla's own driver for Python: 12 shards, 12 bits ignored. */
TEST(shards_are_those_of_scylla)
{
    static const struct {
        const char *key;
        uint32_t shard;
    } known[] = {{"a", 4}, {"b", 6}, {"c", 6}, {"e", 4}, {"100000", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ASSERT_INT(known[i].shard, cql_token_shard(cql_token_of(slice_str(known[i].key)), 12, 12));
}

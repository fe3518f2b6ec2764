/* SPDX-License-Identifier: Apache-2.0 */
#include "double/streams.h"

#include "test.h"

struct count {
    int n[STREAMS_N_KINDS];
};

static void count(void *arg, enum streams_kind kind, struct slice text)
{
    ASSERT(text.n > 10 && text.p[0] == '{');
    ((struct count *)arg)->n[kind]++;
}

TEST(recorded_streams_belong_to_the_ledger_that_closed_after_them)
{
    struct streams *s = streams_new();
    struct count all = {0}, none = {0};
    ASSERT_OK(streams_load(s, test_source_path("tests/data/world")));
    for (uint32_t seq = 794; seq <= 829; seq++) {
        struct count one = {0};
        streams_each(s, seq, count, &one);
        ASSERT_INT(1, one.n[STREAMS_VALIDATIONS]);
        for (int i = 0; i < STREAMS_N_KINDS; i++)
            all.n[i] += one.n[i];
    }
    ASSERT_INT(134, all.n[STREAMS_PROPOSED]);
    ASSERT_INT(1, all.n[STREAMS_SERVER]);
    streams_each(s, 793, count, &none);
    ASSERT_INT(0, none.n[STREAMS_VALIDATIONS]);
    streams_free(s);
}

TEST(a_recording_without_streams_is_fine)
{
    struct streams *s = streams_new();
    ASSERT_OK(streams_load(s, test_dir()));
    streams_free(s);
}

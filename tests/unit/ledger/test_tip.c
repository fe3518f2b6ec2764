/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tip.h"

#include "test.h"

#include <pthread.h>

static struct tip shared;
static _Atomic bool stop;

static void *writer(void *arg)
{
    for (uint32_t seq = 2; !stop; seq++) {
        struct ledger_header h = {.seq = seq, .drops = seq, .close_time = seq};
        memcpy(h.hash.b, &seq, 4);
        memcpy(h.hash.b + 28, &seq, 4);
        tip_set(&shared, &h);
    }
    return arg;
}

TEST(header_is_never_torn)
{
    struct ledger_header h;
    uint32_t last = 0, seq, closed;
    ASSERT(!tip_get(&shared, &h) && !tip_get_seq(&shared, &seq));
    h = (struct ledger_header){.seq = 1, .drops = 1, .close_time = 1};
    h.hash.b[0] = h.hash.b[28] = 1;
    tip_set(&shared, &h);
    pthread_t t;
    ASSERT_INT(0, pthread_create(&t, NULL, writer, NULL));
    for (int i = 0; i < 200000; i++) {
        ASSERT(tip_get(&shared, &h));
        ASSERT(h.seq >= last && h.drops == h.seq && h.close_time == h.seq);
        ASSERT(memcmp(h.hash.b, &h.seq, 4) == 0 && memcmp(h.hash.b + 28, &h.seq, 4) == 0);
        ASSERT(tip_get_seq(&shared, &seq) && seq >= h.seq);
        last = seq;
        ASSERT(tip_get_close_time(&shared, &closed) && closed >= h.close_time);
    }
    stop = true;
    pthread_join(t, NULL);
    tip_clear(&shared);
    ASSERT(!tip_get(&shared, &h) && !tip_get_seq(&shared, &seq));
}

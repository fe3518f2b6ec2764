/* SPDX-License-Identifier: Apache-2.0 */
/* What the feed costs beside the messages themselves: publishing with nobody there, and finding who
 * gets something of a ledger of 200 transactions among 100,000 subscribed accounts. CPU time of the
 * thread. On the ledgers of the unit tests. */
#include "../tests/unit/feed/stage.h"
#include "base/mem.h"

#include <time.h>

#define CONNECTIONS 1000
#define ACCOUNTS 100 /* each */
#define TXS 200
#define ROUNDS 200

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * CLOCK_S + t.tv_nsec;
}

static void publishing(struct stage *s)
{
    enum { N = 20000 };
    int64_t begun = cpu_ns();
    for (uint32_t i = 1; i <= N; i++) {
        feed_publish(s->feed, s->last + i);
        if (i % 4 == 0) /* the cores look in between */
            ASSERT_OK(fiber_yield());
    }
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    ASSERT_INT(s->last + N, s->feed->cores[0].newest);
    printf("publish, nobody subscribed: %.3f us a ledger and core\n",
           (double)(cpu_ns() - begun) / N / 1000);
}

/* Accounts that no transaction touches, but for one in a hundred connections. */
static void subscribe_all(struct stage *s, struct stage_client *clients)
{
    struct account *a = xcalloc(ACCOUNTS, sizeof *a);
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        for (uint32_t k = 0; k < ACCOUNTS; k++) {
            uint32_t number = i * ACCOUNTS + k;
            memcpy(a[k].b, &number, 4);
            memset(a[k].b + 4, 0xEE, 16);
        }
        if (i % 100 == 0)
            a[0] = stage_account(i / 100);
        stage_client_init(s, &clients[i]);
        ASSERT_OK(stage_subscribe(s, &clients[i],
                                  (struct feed_request){.accounts = a, .n_accounts = ACCOUNTS}, 0));
    }
    free(a);
}

static void finding(struct stage *s)
{
    struct stage_client *clients = xcalloc(CONNECTIONS, sizeof *clients);
    struct feed_core *fc = &s->feed->cores[0];
    int64_t touching = 0, matching = 0, n_found = 0;
    subscribe_all(s, clients);
    for (int round = 0; round < ROUNDS; round++) {
        stage_quiet(s, TXS);
        struct feed_ledger *l = feed_ledger_get(s->feed, s->last);
        ASSERT_OK(feed_ledger_load(l));
        int64_t begun = cpu_ns();
        ASSERT_OK(feed_ledger_touch(l));
        touching += cpu_ns() - begun;
        begun = cpu_ns();
        feed_live_match(fc, l);
        matching += cpu_ns() - begun;
        struct list *it;
        while ((it = list_pop_front(&fc->todo)) != NULL) {
            LIST_ENTRY(it, struct feed_sub, link)->state = FEED_STATE_LIVE;
            n_found++;
        }
        feed_ledger_unref(l);
    }
    printf("finding who gets a ledger of %d transactions, %d accounts of %d connections: %.3f ms "
           "(%.3f "
           "reading what was touched, %.3f looking up), %lld found\n",
           TXS, CONNECTIONS * ACCOUNTS, CONNECTIONS, (double)(touching + matching) / ROUNDS / 1e6,
           (double)touching / ROUNDS / 1e6, (double)matching / ROUNDS / 1e6,
           (long long)(n_found / ROUNDS));
    for (uint32_t i = 0; i < CONNECTIONS; i++)
        stage_client_deinit(&clients[i]);
    free(clients);
}

int main(void)
{
    stage_run(NULL, publishing);
    stage_run(NULL, finding);
    return 0;
}

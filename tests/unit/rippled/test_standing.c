/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/standing.h"

#include "base/counter.h"
#include "base/mem.h"
#include "fake_source.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

static struct hash256 hash_of(uint32_t seq, uint8_t chain)
{
    struct hash256 h = {{chain, 7}};
    memcpy(h.b + 20, &seq, sizeof seq);
    return h;
}

TEST(reports_are_remembered_for_a_while)
{
    struct standing s = {0};
    struct hash256 got, want;
    for (uint32_t seq = 1; seq <= 100; seq++) {
        want = hash_of(seq, 1);
        standing_reported(&s, seq, &want);
        standing_reported(&s, seq, &want); /* twice is once */
    }
    for (uint32_t seq = 101 - STANDING_REPORTS; seq <= 100; seq++) {
        want = hash_of(seq, 1);
        ASSERT(standing_hash_of(&s, seq, &got) && hash256_eq(&want, &got));
    }
    ASSERT(!standing_hash_of(&s, 100 - STANDING_REPORTS, &got));
    ASSERT(!standing_hash_of(&s, 0, &got));
}

TEST(what_is_not_believed_does_not_count)
{
    struct standing s = {.newest = 500};
    ASSERT_INT(500, standing_newest(&s));
    standing_doubt(&s, 400);
    ASSERT_INT(399, standing_newest(&s));
    ASSERT(standing_believed(&s, 399) && !standing_believed(&s, 400));
    s.doubt_until_ns = clock_now_ns(); /* for a while */
    ASSERT_INT(500, standing_newest(&s));
    int64_t first = s.doubt_until_ns;
    standing_doubt(&s, 501);
    ASSERT_INT(500, standing_newest(&s));
    ASSERT(s.doubt_until_ns > first);
}

/* --- with a source --- */

struct rig {
    struct fake_source fakes[2];
    struct sources *sources;
    uint32_t tip; /* ours, on chain 1 */
};

static uint32_t our_newest(void *arg)
{
    return ((struct rig *)arg)->tip;
}

static bool our_hash(void *arg, uint32_t seq, struct hash256 *ret)
{
    *ret = hash_of(seq, 1);
    return seq >= 100;
}

static struct rig *rig_start(uint32_t tip)
{
    struct rig *r = xcalloc(1, sizeof *r);
    struct sources_endpoint e[2];
    r->tip = tip;
    for (int i = 0; i < 2; i++) {
        fake_source_start(&r->fakes[i]);
        e[i] = fake_source_endpoint(&r->fakes[i]);
    }
    struct sources_opts opts = {
        .endpoints = e, .n_endpoints = 2, .ledgers = {our_newest, our_hash, r}};
    ASSERT_OK(sources_start(&opts, &r->sources));
    EVENTUALLY(sources_n_connected(r->sources) == 2);
    /* what they answer to the subscriptions comes before what they say */
    EVENTUALLY(r->fakes[0].n_subscribed == 1 && r->fakes[1].n_subscribed == 1);
    return r;
}

static void rig_stop(struct rig *r)
{
    sources_stop(r->sources);
    fake_source_stop(&r->fakes[0]);
    fake_source_stop(&r->fakes[1]);
    free(r);
}

static void close_ledger(struct rig *r, int i, uint32_t seq, uint8_t chain)
{
    char text[300], hex[65] = "";
    struct hash256 hash = hash_of(seq, chain);
    for (int k = 0; k < 32; k++)
        snprintf(hex + 2 * k, 3, "%02X", hash.b[k]);
    snprintf(text, sizeof text,
             "{\"type\":\"ledgerClosed\",\"ledger_index\":%u,\"ledger_hash\":\"%s\","
             "\"validated_ledgers\":\"50-%u\"}",
             seq, hex, seq);
    fake_source_say(&r->fakes[i], text);
}

static struct sources_info info_of(struct rig *r, uint32_t i)
{
    struct sources_info info[2];
    struct arena *a = arena_new(0);
    ASSERT_INT(2, sources_get_info(r->sources, a, info, 2));
    arena_free(a);
    return info[i];
}

static void another_chain(void *arg)
{
    struct rig *r = rig_start(1000);
    const char *host;
    uint16_t port;
    struct tls_client *tls;
    close_ledger(r, 0, 1000, 1);
    close_ledger(r, 1, 1000, 2);
    EVENTUALLY(info_of(r, 1).astray);
    ASSERT(!info_of(r, 0).astray && info_of(r, 0).forwarding);
    ASSERT_INT(1, sources_n_astray(r->sources));
    EVENTUALLY(fetch_holders(r->sources, 990) == FETCH_MASK(0));
    ASSERT(!sources_forward_target(r->sources, 1, &host, &port, &tls));
    ASSERT(sources_forward_target(r->sources, 0, &host, &port, &tls));
    close_ledger(r, 1, 1001, 1); /* we do not have it yet */
    close_ledger(r, 0, 1001, 1);
    r->tip = 1001;
    close_ledger(r, 1, 1002, 1);
    EVENTUALLY(!info_of(r, 1).astray);
    ASSERT_INT(0, sources_n_astray(r->sources));
    close_ledger(r, 0, 500, 3); /* the one that was forwarded to begins its chain anew */
    r->tip = 1002;
    close_ledger(r, 1, 1003, 1);
    fake_source_hang_up(&r->fakes[0]);
    EVENTUALLY(info_of(r, 1).forwarding);
    rig_stop(r);
    (void)arg;
}

TEST(a_source_on_another_chain_is_not_used)
{
    ASSERT_OK(core_run_fiber("test", another_chain, NULL));
}

static void behind(void *arg)
{
    struct rig *r = rig_start(1000);
    const char *host;
    uint16_t port;
    struct tls_client *tls;
    close_ledger(r, 0, 60, 1); /* older than what we hold: nobody can say which chain it is */
    close_ledger(r, 1, 990, 1);
    EVENTUALLY(info_of(r, 0).behind && info_of(r, 1).forwarding);
    ASSERT(!sources_forward_target(r->sources, 0, &host, &port, &tls));
    ASSERT(!info_of(r, 1).behind);
    close_ledger(r, 0, 995, 1);
    EVENTUALLY(!info_of(r, 0).behind);
    rig_stop(r);
    (void)arg;
}

TEST(nothing_is_forwarded_to_a_source_that_is_behind)
{
    ASSERT_OK(core_run_fiber("test", behind, NULL));
}

static void nonsense(void *arg)
{
    struct rig *r = rig_start(0);
    close_ledger(r, 0, UINT32_MAX, 1);
    close_ledger(r, 1, 990, 1);
    EVENTUALLY(sources_newest(r->sources) == 990);
    close_ledger(r, 0, 2000000, 1);
    EVENTUALLY(sources_newest(r->sources) == 2000000);
    uint64_t with, against;
    struct hash256 hash = hash_of(990, 1), other = hash_of(990, 2);
    sources_count_votes(r->sources, 990, &hash, &with, &against);
    ASSERT(with == FETCH_MASK(1) && against == 0);
    sources_count_votes(r->sources, 990, &other, &with, &against);
    ASSERT(with == 0 && against == FETCH_MASK(1));
    sources_disbelieve(r->sources, 0, 2000000);
    EVENTUALLY(sources_newest(r->sources) == 1999999);
    sources_disbelieve(r->sources, 0, 991);
    EVENTUALLY(sources_newest(r->sources) == 990);
    ASSERT(!(fetch_holders(r->sources, 1500) & FETCH_MASK(0)));
    ASSERT(fetch_holders(r->sources, 980) & FETCH_MASK(0));
    rig_stop(r);
    (void)arg;
}

TEST(claims_that_cannot_be_are_not_believed)
{
    ASSERT_OK(core_run_fiber("test", nonsense, NULL));
}

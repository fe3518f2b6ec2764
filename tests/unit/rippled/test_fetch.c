/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/fetch.h"

#include "base/mem.h"
#include "fake_source.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

/* How a source answers. */
enum manner { GOOD = 0, UNVALIDATED, OTHER_LEDGER, GARBAGE, NOT_FOUND, DROPS };

struct rig {
    struct fake_source fakes[2];
    enum manner manners[2];
    struct sources *sources;
    struct proto_get_ledger asked;
    struct proto_get_ledger_data asked_data;
    uint8_t marker[32];
};

static void answer_ledger(struct rig *r, enum manner manner, struct grpc_server_call *call)
{
    uint8_t header[150] = {0};
    struct buf out = {0};
    ASSERT_OK(proto_read_get_ledger(call->request, &r->asked));
    ASSERT_SLICE("ETL", r->asked.user);
    uint32_t seq = r->asked.ledger.sequence + (manner == OTHER_LEDGER);
    bits_store32(header, seq);
    struct proto_ledger m = {.header = slice_of(header, sizeof header),
                             .validated = manner != UNVALIDATED};
    proto_put_ledger(&out, &m);
    if (manner == GARBAGE)
        buf_put_u8(&out, 0x0b);
    grpc_server_reply(call, &out);
}

static void answer_page(struct rig *r, struct grpc_server_call *call)
{
    struct buf out = {0};
    ASSERT_OK(proto_read_get_ledger_data(call->request, &r->asked_data));
    ASSERT_SLICE("ETL", r->asked_data.user);
    struct proto_ledger_data m = {.marker = slice_of(r->marker, 32), .is_unlimited = true};
    proto_put_ledger_data(&out, &m);
    grpc_server_reply(call, &out);
}

static void on_call(struct fake_source *f, struct grpc_server_call *call)
{
    struct rig *r = f->user;
    enum manner manner = r->manners[f - r->fakes];
    if (manner == NOT_FOUND)
        grpc_server_reply_error(call, GRPC_CODE_NOT_FOUND, "ledgerNotFound");
    else if (manner == DROPS)
        grpc_server_drop_connection(call);
    else if (slice_is(call->path, PROTO_PATH_GET_LEDGER))
        answer_ledger(r, manner, call);
    else
        answer_page(r, call);
}

static struct rig *rig_start(const char *held0, const char *held1)
{
    struct rig *r = xcalloc(1, sizeof *r);
    struct sources_endpoint e[2];
    for (int i = 0; i < 2; i++) {
        r->fakes[i].held = i ? held1 : held0;
        r->fakes[i].newest = 9;
        r->fakes[i].on_call = on_call;
        r->fakes[i].user = r;
        fake_source_start(&r->fakes[i]);
        e[i] = fake_source_endpoint(&r->fakes[i]);
    }
    struct sources_opts opts = {.endpoints = e, .n_endpoints = 2};
    ASSERT_OK(sources_start(&opts, &r->sources));
    EVENTUALLY(sources_n_connected(r->sources) == 2);
    EVENTUALLY((fetch_holders(r->sources, 9) & FETCH_MASK(0)) || !strchr(held0, '9'));
    EVENTUALLY((fetch_holders(r->sources, 9) & FETCH_MASK(1)) || !strchr(held1, '9'));
    return r;
}

static void rig_stop(struct rig *r)
{
    sources_stop(r->sources);
    fake_source_stop(&r->fakes[0]);
    fake_source_stop(&r->fakes[1]);
    free(r);
}

/* Source that answered, or minus the error's code. */
static int fetch(struct rig *r, uint32_t seq, fetch_mask avoid)
{
    struct fetch_reply *reply = NULL;
    err e = fetch_ledger(r->sources, seq, true, avoid, &reply);
    if (err_failed(e))
        return -e.code;
    ASSERT_INT(seq, bits_load32(reply->ledger.header.p));
    int source = (int)reply->source;
    fetch_reply_free(reply);
    return source;
}

static void by_range(void *arg)
{
    struct rig *r = rig_start("1-5", "6-9");
    (void)arg;
    for (int i = 0; i < 4; i++) {
        ASSERT_INT(0, fetch(r, 5, 0));
        ASSERT_INT(1, fetch(r, 6, 0));
    }
    ASSERT(r->asked.transactions && r->asked.expand && r->asked.get_objects);
    ASSERT(!r->asked.get_object_neighbors);
    ASSERT_INT(-ERR_NOT_FOUND, fetch(r, 10, 0));
    ASSERT(fetch_holders(r->sources, 9) == FETCH_MASK(1) && !fetch_holders(r->sources, 10));
    rig_stop(r);
}

TEST(a_source_is_chosen_by_what_it_holds)
{
    ASSERT_OK(core_run_fiber("test", by_range, 0));
}

static void shared(void *arg)
{
    struct rig *r = rig_start("1-9", "1-9");
    (void)arg;
    for (int i = 0; i < 10; i++)
        ASSERT(fetch(r, 5, 0) >= 0);
    ASSERT_INT(5, r->fakes[0].n_calls);
    ASSERT_INT(5, r->fakes[1].n_calls);
    rig_stop(r);
}

TEST(sources_share_the_work)
{
    ASSERT_OK(core_run_fiber("test", shared, 0));
}

static void fails_over(void *arg)
{
    const enum manner manners[] = {UNVALIDATED, OTHER_LEDGER, GARBAGE, NOT_FOUND, DROPS};
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(manners); i++) {
        struct rig *r = rig_start("1-9", "1-9");
        r->manners[0] = manners[i];
        for (int j = 0; j < 4; j++)
            ASSERT_INT(1, fetch(r, 5, 0));
        ASSERT(r->fakes[0].n_calls <= 1); /* afterwards the other one is preferred */
        rig_stop(r);
    }
}

TEST(another_source_is_asked_when_one_fails)
{
    ASSERT_OK(core_run_fiber("test", fails_over, 0));
}

static void all_fail(void *arg)
{
    struct rig *r = rig_start("1-9", "1-9");
    (void)arg;
    r->manners[0] = r->manners[1] = NOT_FOUND;
    ASSERT_INT(-ERR_NOT_FOUND, fetch(r, 5, 0));
    ASSERT_INT(2, r->fakes[0].n_calls + r->fakes[1].n_calls);
    r->manners[0] = r->manners[1] = GARBAGE;
    ASSERT_INT(-ERR_PARSE, fetch(r, 5, 0));
    ASSERT_INT(4, r->fakes[0].n_calls + r->fakes[1].n_calls);
    rig_stop(r);
}

static uint32_t n_calls(const struct rig *r)
{
    return r->fakes[0].n_calls + r->fakes[1].n_calls;
}

static void pauses(void *arg)
{
    struct rig *r = rig_start("1-9", "1-9");
    struct fetch_reply *reply = NULL;
    (void)arg;
    r->manners[0] = r->manners[1] = GARBAGE;
    for (int i = 0; i < 3; i++)
        ASSERT_INT(-ERR_PARSE, fetch(r, 5, 0));
    ASSERT_INT(6, n_calls(r));
    ASSERT_INT(ERR_REFUSED, fetch_header(r->sources, 5, 0, &reply).code);
    int64_t begun_ns = clock_now_ns();
    ASSERT_INT(-ERR_PARSE, fetch(r, 5, 0)); /* the others' failures are remembered, too */
    ASSERT(clock_now_ns() - begun_ns > 800 * CLOCK_MS);
    ASSERT_INT(8, n_calls(r));
    r->manners[0] = r->manners[1] = GOOD;
    ASSERT(fetch(r, 5, 0) >= 0);
    ASSERT(clock_now_ns() - begun_ns > 2500 * CLOCK_MS);
    uint32_t n = n_calls(r);
    ASSERT(fetch(r, 6, 0) >= 0 && n_calls(r) == n + 1);
    rig_stop(r);
}

TEST(sources_that_fail_again_and_again_are_asked_with_growing_pauses)
{
    ASSERT_OK(core_run_fiber("test", pauses, NULL));
}

TEST(each_source_is_asked_once)
{
    ASSERT_OK(core_run_fiber("test", all_fail, NULL));
}

static void avoided(void *arg)
{
    struct rig *r = rig_start("1-9", "1-9");
    (void)arg;
    for (int i = 0; i < 3; i++) {
        ASSERT_INT(1, fetch(r, 5, FETCH_MASK(0)));
        ASSERT_INT(0, fetch(r, 5, FETCH_MASK(1)));
    }
    ASSERT_INT(-ERR_BUSY, fetch(r, 5, FETCH_MASK(0) | FETCH_MASK(1)));
    ASSERT_INT(-ERR_NOT_FOUND, fetch(r, 10, FETCH_MASK(0)));
    rig_stop(r);
}

TEST(sources_to_be_avoided_are_not_asked)
{
    ASSERT_OK(core_run_fiber("test", avoided, NULL));
}

static void blamed(void *arg)
{
    struct rig *r = rig_start("1-9", "1-9");
    (void)arg;
    sources_blame(r->sources, 0, "state");
    for (int i = 0; i < 4; i++)
        ASSERT_INT(1, fetch(r, 5, 0));
    ASSERT_INT(0, fetch(r, 5, FETCH_MASK(1))); /* better than none */
    rig_stop(r);
}

TEST(a_blamed_source_is_asked_only_if_there_is_no_other)
{
    ASSERT_OK(core_run_fiber("test", blamed, NULL));
}

static void pages(void *arg)
{
    struct rig *r = rig_start("1-9", "1-9");
    struct hash256 after = {{1}}, upto = {{2}};
    struct fetch_reply *reply = NULL;
    (void)arg;
    r->marker[0] = 7;
    struct fetch_page page = {.seq = 5, .after = &after, .upto = &upto, .avoid = FETCH_MASK(0)};
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(fetch_page(r->sources, &page, &reply));
        ASSERT_INT(1, reply->source);
        ASSERT(slice_eq(slice_of(r->marker, 32), reply->data.marker));
        reply = fetch_reply_free(reply);
    }
    ASSERT_INT(0, r->fakes[0].n_calls);
    ASSERT_INT(5, r->asked_data.ledger.sequence);
    r->manners[1] = NOT_FOUND;
    ASSERT_ERR(ERR_NOT_FOUND, fetch_page(r->sources, &page, &reply));
    ASSERT_INT(0, r->fakes[0].n_calls);
    rig_stop(r);
}

TEST(pages_can_be_asked_of_some_sources_alone)
{
    ASSERT_OK(core_run_fiber("test", pages, 0));
}

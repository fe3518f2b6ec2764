/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "rippled/fetch.h"

#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/grpc_client.h"
#include "rippled/choice.h"
#include "rippled/source.h"
#include "rt/clock.h"

#include <stdlib.h>

#define CALL_NS (30 * CLOCK_S)
/* A source that hangs must not keep the newest ledger from us while another one has it. */
#define CALL_WITH_OTHERS_NS (10 * CLOCK_S)
#define BETTER_NS (1 * CLOCK_S)
#define SLOW_FIRST_NS (2 * CLOCK_S)
#define SLOW_MAX_NS (60 * CLOCK_S)
#define HEADER_BYTES 150
/* A source that has failed so often in a row is asked by one call at a time, with growing pauses.
 */
#define MANY_FAILURES 3
#define PAUSE_FIRST_NS (1 * CLOCK_S)
#define PAUSE_MAX_NS (16 * CLOCK_S)
#define PAUSE_REFUSED_MAX_NS (4 * CLOCK_S) /* nobody listens: it may be starting */

/* A call: the same request for whichever source; `check` looks at the reply. */
struct call {
    struct sources *all;
    uint32_t seq;
    fetch_mask avoid;
    bool is_patient; /* waits for the end of a pause */
    const char *path;
    struct buf request;
    err (*check)(struct fetch_reply *reply);
};

struct fetch_reply *fetch_reply_free(struct fetch_reply *r)
{
    if (r)
        buf_deinit(&r->bytes);
    free(r);
    return NULL;
}

void fetch_reply_freep(struct fetch_reply **r)
{
    *r = fetch_reply_free(*r);
}

static bool holds(const struct source *s, uint32_t seq)
{
    return s->grpc_port && source_usable(s) && standing_believed(&s->standing, seq) &&
           ranges_has(&s->ranges, seq);
}

const char *fetch_hint(err e)
{
    bool no_grpc = e.code == ERR_PARSE || e.code == ERR_PROTOCOL || e.code == ERR_CLOSED;
    return no_grpc ? " (is grpc_port a gRPC port of rippled, and not its WebSocket port?)" : "";
}

fetch_mask fetch_holders(const struct sources *s, uint32_t seq)
{
    fetch_mask mask = 0;
    for (uint32_t i = 0; i < s->n; i++)
        if (holds(&s->list[i], seq))
            mask |= FETCH_MASK(i);
    return mask;
}

static struct grpc_client *client_of(struct source *s)
{
    if (!s->grpc) {
        struct grpc_client_opts opts = {.host = s->host, .port = s->grpc_port, .tls = s->grpc_tls};
        s->grpc = grpc_client_new(&opts);
    }
    return s->grpc;
}

static void warn_limited(const struct source *s)
{
    static struct log_limit limit = LOG_LIMIT_INIT(1);
    uint64_t dropped;
    if (log_limit_take(&limit, &dropped))
        LOG_WARN("rippled: source %s limits our requests (is_unlimited is false): put this "
                 "server's address into secure_gateway of its [port_grpc]",
                 s->name);
}

static void set_pause(struct source *s, int64_t span_ns)
{
    bool was_paused = s->paused_until_ns != 0;
    s->paused_until_ns = span_ns ? clock_now_ns() + span_ns : 0;
    if (was_paused)
        source_changed(s->all); /* others wait for its end */
}

/* Of calls that were on their way when the pause began nothing is learned but that it is over. */
static void note_pause(struct source *s, err e, bool trial)
{
    bool failed = err_failed(e) && e.code != ERR_NOT_FOUND;
    if (failed && !trial && s->n_broken >= MANY_FAILURES)
        return;
    s->n_broken = failed ? s->n_broken + 1 : 0;
    int64_t most_ns = e.code == ERR_REFUSED ? PAUSE_REFUSED_MAX_NS : PAUSE_MAX_NS;
    bool many = s->n_broken >= MANY_FAILURES;
    set_pause(s,
              many ? choice_backoff(s->n_broken - MANY_FAILURES + 1, PAUSE_FIRST_NS, most_ns) : 0);
}

static void note_result(struct source *s, err e, bool trial)
{
    note_pause(s, e, trial);
    s->n_failed = err_failed(e) ? s->n_failed + 1 : 0;
    s->slow_until_ns = 0;
    if (!err_failed(e))
        return;
    counter_inc(s->count_failed_calls);
    s->slow_until_ns = clock_now_ns() + choice_backoff(s->n_failed, SLOW_FIRST_NS, SLOW_MAX_NS);
    LOG_DEBUG("rippled: source %s: %s: %s", s->name, err_name(e), err_text());
}

static YIELDS err call_one(const struct call *call, struct source *s, int64_t span_ns,
                           struct fetch_reply **ret)
{
    CLEANUP(fetch_reply_freep) struct fetch_reply *reply = xcalloc(1, sizeof(*reply));
    struct grpc_status status = {0};
    reply->source = s->index;
    reply->seq = call->seq;
    err e = grpc_client_call(client_of(s), call->path, buf_slice(&call->request), 0,
                             clock_now_ns() + span_ns, &reply->bytes, &status);
    if (e.code == ERR_STATUS)
        return FAIL(status.code == GRPC_CODE_NOT_FOUND ? ERR_NOT_FOUND : ERR_STATUS,
                    "rippled: source %s: ledger %u: status %d: %s", s->name, call->seq, status.code,
                    status.message);
    TRY(e);
    e = call->check(reply);
    if (e.code == ERR_PARSE || e.code == ERR_VERIFY) {
        LOG_ERROR("rippled: ledger %u of source %s: %s: refused", call->seq, s->name, err_text());
        sources_blame(call->all, s->index, "reply");
    }
    TRY(e);
    *ret = TAKE_PTR(reply);
    return OK;
}

static int32_t pick(const struct call *call, fetch_mask tried)
{
    struct sources *all = call->all;
    struct choice_source choice[SOURCES_MAX];
    int64_t now_ns = clock_now_ns();
    for (uint32_t i = 0; i < all->n; i++)
        choice[i] = (struct choice_source){
            .has = holds(&all->list[i], call->seq) && all->list[i].paused_until_ns <= now_ns,
            .tried = (tried & FETCH_MASK(i)) != 0,
            .blamed_until_ns = all->list[i].blamed_until_ns,
            .slow_until_ns = all->list[i].slow_until_ns,
        };
    int32_t found = choice_pick(choice, all->n, all->next_start, now_ns);
    if (found >= 0)
        all->next_start = ((uint32_t)found + 1) % all->n;
    return found;
}

/* May another source answer it, now or soon? Sources report a ledger one after the other, so one
 * that is behind counts. */
static bool others_may(const struct call *call, fetch_mask tried)
{
    for (uint32_t i = 0; i < call->all->n; i++) {
        const struct source *s = &call->all->list[i];
        bool usable = s->grpc_port && source_usable(s);
        bool behind = ranges_last(&s->ranges) && ranges_last(&s->ranges) < call->seq;
        if (!(tried & FETCH_MASK(i)) && usable && (behind || ranges_has(&s->ranges, call->seq)))
            return true;
    }
    return false;
}

/* When the one that was picked failed lately, and others are behind: give them a moment to report
 * the ledger. *ret: one did. */
static YIELDS err await_better(const struct call *call, int32_t picked, fetch_mask tried, bool *ret)
{
    struct sources *all = call->all;
    const struct source *s = &all->list[picked];
    int64_t now = clock_now_ns(), deadline = now + BETTER_NS;
    uint64_t version = all->version;
    fetch_mask others = ~(tried | FETCH_MASK(picked));
    bool in_favour = s->blamed_until_ns <= now && s->slow_until_ns <= now;
    *ret = false;
    if (in_favour || (fetch_holders(all, call->seq) & others) || !others_may(call, ~others))
        return OK;
    while (!(fetch_holders(all, call->seq) & others)) {
        err e = sources_wait_change(all, &version, deadline);
        if (e.code == ERR_TIMEOUT)
            return OK;
        TRY(e);
    }
    *ret = true;
    return OK;
}

/* When the first of those that are left and hold it may be asked again; CLOCK_NEVER: none is left.
 */
static int64_t pause_end(const struct call *call, fetch_mask tried)
{
    int64_t end_ns = CLOCK_NEVER;
    for (uint32_t i = 0; i < call->all->n; i++) {
        const struct source *s = &call->all->list[i];
        if (!(tried & FETCH_MASK(i)) && holds(s, call->seq))
            end_ns = MIN(end_ns, s->paused_until_ns);
    }
    return end_ns;
}

/* A source that can be asked, -1 if none holds the ledger (any more). While all of them make pauses
 * a patient call waits. */
static YIELDS err await_source(const struct call *call, fetch_mask tried, int32_t *ret)
{
    uint64_t version = call->all->version;
    for (;;) {
        *ret = pick(call, tried);
        int64_t end_ns = *ret < 0 ? pause_end(call, tried) : CLOCK_NEVER;
        if (end_ns == CLOCK_NEVER)
            return OK;
        if (!call->is_patient)
            return FAIL(ERR_REFUSED, "rippled: ledger %u: who holds it failed, and has a pause",
                        call->seq);
        err e = sources_wait_change(call->all, &version, end_ns);
        if (e.code != ERR_TIMEOUT)
            TRY(e);
    }
}

/* While one call tries a source that makes pauses, no other does. Is this one? */
static bool begin_trial(struct source *s, int64_t span_ns)
{
    bool trial = s->n_broken >= MANY_FAILURES;
    if (trial)
        set_pause(s, span_ns + CLOCK_S);
    return trial;
}

static YIELDS err call_any(const struct call *call, struct fetch_reply **ret)
{
    fetch_mask tried = call->avoid;
    err newest = OK;
    bool waited = false, better;
    for (;;) {
        int32_t i;
        TRY(await_source(call, tried, &i));
        if (i >= 0 && !waited) {
            waited = true;
            TRY(await_better(call, i, tried, &better));
            if (better)
                TRY(await_source(call, tried, &i));
        }
        if (i < 0 && err_failed(newest))
            return newest;
        if (i < 0 && fetch_holders(call->all, call->seq))
            return FAIL(ERR_BUSY, "rippled: ledger %u: held only by sources to be avoided",
                        call->seq);
        if (i < 0)
            return FAIL(ERR_NOT_FOUND, "rippled: no source holds ledger %u", call->seq);
        tried |= FETCH_MASK(i);
        int64_t span_ns = others_may(call, tried) ? CALL_WITH_OTHERS_NS : CALL_NS;
        struct source *s = &call->all->list[i];
        bool trial = begin_trial(s, span_ns);
        newest = call_one(call, s, span_ns, ret);
        if (newest.code == ERR_CANCELLED) {
            if (trial)
                set_pause(s, 0);
            return newest;
        }
        note_result(s, newest, trial);
        if (!err_failed(newest))
            return OK;
    }
}

static err check_ledger(struct fetch_reply *r)
{
    TRY(proto_read_ledger(buf_slice(&r->bytes), &r->ledger));
    if (!r->ledger.validated)
        return FAIL(ERR_NOT_FOUND, "rippled: ledger %u is not validated yet", r->seq);
    if (r->ledger.header.n != HEADER_BYTES)
        return FAIL(ERR_VERIFY, "rippled: ledger %u: a header of %zu bytes", r->seq,
                    r->ledger.header.n);
    if (bits_load32(r->ledger.header.p) != r->seq)
        return FAIL(ERR_VERIFY, "rippled: ledger %u was asked for, %u came", r->seq,
                    bits_load32(r->ledger.header.p));
    return OK;
}

static err check_page(struct fetch_reply *r)
{
    TRY(proto_read_ledger_data(buf_slice(&r->bytes), &r->data));
    if (r->data.marker.n != 0 && r->data.marker.n != 32)
        return FAIL(ERR_VERIFY, "rippled: a marker of %zu bytes", r->data.marker.n);
    return OK;
}

static err reply_of(struct buf *bytes, uint32_t source, uint32_t seq,
                    err (*check)(struct fetch_reply *reply), struct fetch_reply **ret)
{
    CLEANUP(fetch_reply_freep) struct fetch_reply *reply = xcalloc(1, sizeof(*reply));
    reply->bytes = *bytes;
    *bytes = (struct buf){0};
    reply->source = source;
    reply->seq = seq;
    TRY(check(reply));
    *ret = TAKE_PTR(reply);
    return OK;
}

ERR fetch_reply_of_ledger(struct buf *bytes, uint32_t source, uint32_t seq,
                          struct fetch_reply **ret)
{
    return reply_of(bytes, source, seq, check_ledger, ret);
}

ERR fetch_reply_of_page(struct buf *bytes, uint32_t source, uint32_t seq, struct fetch_reply **ret)
{
    return reply_of(bytes, source, seq, check_page, ret);
}

YIELDS ERR fetch_header(struct sources *s, uint32_t seq, fetch_mask avoid, struct fetch_reply **ret)
{
    struct call call = {
        .all = s, .seq = seq, .avoid = avoid, .path = PROTO_PATH_GET_LEDGER, .check = check_ledger};
    struct proto_get_ledger request = {
        .ledger = {.which = PROTO_WHICH_SEQUENCE, .sequence = seq},
        .user = SLICE_LIT("ETL"),
    };
    proto_put_get_ledger(&call.request, &request);
    err e = call_any(&call, ret);
    buf_deinit(&call.request);
    return e;
}

YIELDS ERR fetch_ledger(struct sources *s, uint32_t seq, bool with_objects, fetch_mask avoid,
                        struct fetch_reply **ret)
{
    CLEANUP(fetch_reply_freep) struct fetch_reply *reply = NULL;
    struct call call = {.all = s,
                        .seq = seq,
                        .avoid = avoid,
                        .is_patient = true,
                        .path = PROTO_PATH_GET_LEDGER,
                        .check = check_ledger};
    struct proto_get_ledger request = {
        .ledger = {.which = PROTO_WHICH_SEQUENCE, .sequence = seq},
        .transactions = true,
        .expand = true,
        .get_objects = with_objects,
        .user = SLICE_LIT("ETL"),
    };
    proto_put_get_ledger(&call.request, &request);
    err e = call_any(&call, &reply);
    buf_deinit(&call.request);
    TRY(e);
    if (!reply->ledger.is_unlimited)
        warn_limited(&s->list[reply->source]);
    *ret = TAKE_PTR(reply);
    return OK;
}

YIELDS ERR fetch_page(struct sources *s, const struct fetch_page *page, struct fetch_reply **ret)
{
    CLEANUP(fetch_reply_freep) struct fetch_reply *reply = NULL;
    struct call call = {.all = s,
                        .seq = page->seq,
                        .avoid = page->avoid,
                        .is_patient = true,
                        .path = PROTO_PATH_GET_LEDGER_DATA,
                        .check = check_page};
    struct proto_get_ledger_data request = {
        .marker = page->after ? hash256_slice(page->after) : SLICE_EMPTY,
        .ledger = {.which = PROTO_WHICH_SEQUENCE, .sequence = page->seq},
        .end_marker = page->upto ? hash256_slice(page->upto) : SLICE_EMPTY,
        .user = SLICE_LIT("ETL"),
    };
    proto_put_get_ledger_data(&call.request, &request);
    err e = call_any(&call, &reply);
    buf_deinit(&call.request);
    TRY(e);
    if (!reply->data.is_unlimited)
        warn_limited(&s->list[reply->source]);
    *ret = TAKE_PTR(reply);
    return OK;
}

static err check_entry(struct fetch_reply *r)
{
    TRY(proto_read_ledger_entry(buf_slice(&r->bytes), &r->entry));
    if (r->entry.object.data.n == 0)
        return FAIL(ERR_NOT_FOUND, "rippled: ledger %u: an object without bytes", r->seq);
    return OK;
}

YIELDS ERR fetch_entry(struct sources *s, uint32_t seq, const struct hash256 *key, fetch_mask avoid,
                       struct fetch_reply **ret)
{
    struct call call = {.all = s,
                        .seq = seq,
                        .avoid = avoid,
                        .path = PROTO_PATH_GET_LEDGER_ENTRY,
                        .check = check_entry};
    struct proto_get_ledger_entry request = {
        .key = hash256_slice(key),
        .ledger = {.which = PROTO_WHICH_SEQUENCE, .sequence = seq},
    };
    proto_put_get_ledger_entry(&call.request, &request);
    err e = call_any(&call, ret);
    buf_deinit(&call.request);
    return e;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of ledger_range: which ledgers are complete. They move by lightweight transactions, so
 * that of two writers one wins (etl-db 3.9). */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/bits.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/cass_impl.h"

#include <stdlib.h>

#define COMMIT_NS (10 * CLOCK_S)
#define MAX_TRIES 20

/* A lower end than what is known: a read that came late. */
static void set_range(struct cass *c, uint32_t first, uint32_t last)
{
    uint64_t old = atomic_load(&c->range), new = (uint64_t)first << 32 | last;
    while ((uint32_t)old < last && !atomic_compare_exchange_weak(&c->range, &old, new))
        ;
}

static err take_row(struct cql_call *call, uint32_t seqs[2], uint32_t *n)
{
    struct cql_value v;
    while (*n < 2 && cql_rows_next(&call->result, &v, 1)) {
        if (v.null)
            continue;
        if (!cql_value_u32(v, &seqs[*n]) || seqs[*n] == 0)
            return FAIL(ERR_CORRUPT, "database: ledger_range holds what is no ledger");
        ++*n;
    }
    return OK;
}

/* The rows in no certain order. Serially they must be asked for one by one. Keyspaces has no serial
 * reads: there a LOCAL_QUORUM sees what a transaction did. */
static YIELDS err read_rows(struct cass *c, bool serial, uint32_t seqs[2], uint32_t *n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    static const uint8_t values[2][5] = {{0, 0, 0, 1, 0}, {0, 0, 0, 1, 1}};
    struct cql_call *calls = cass_calls(a, 2);
    size_t n_calls = serial ? 2 : 1;
    for (size_t i = 0; i < n_calls; i++) {
        calls[i].stmt = serial ? CASS_GET_RANGE_END : CASS_GET_RANGE;
        calls[i].arena = a;
        calls[i].params.consistency = !serial ? c->read_consistency
                                      : c->provider == CASS_PROVIDER_AWS_KEYSPACE
                                          ? CQL_CONSISTENCY_LOCAL_QUORUM
                                          : CQL_CONSISTENCY_SERIAL;
        if (serial) {
            calls[i].n_values = 1;
            calls[i].values = slice_of(values[i], 5);
            calls[i].key = slice_of(values[i] + 4, 1);
        }
    }
    TRY(cql_call_run(c->cluster, calls, n_calls, clock_now_ns() + c->read_timeout_ns));
    for (size_t i = 0; i < n_calls; i++)
        TRY(take_row(&calls[i], seqs, n));
    return OK;
}

#define NEAR_LEDGERS 16

/* A newer end is believed when its ledger is there: the header is written before the range moves.
 * One that is near needs no belief: who follows looks at each ledger, and puts right what another
 * server wrote wrongly. */
static YIELDS err check_end(struct cass *c, uint32_t last)
{
    static struct log_limit limit = LOG_LIMIT_INIT(60);
    struct ledger_header header;
    uint64_t n_dropped;
    uint32_t known = cass_last(c);
    if (c->unverified || last <= known || (known && last - known <= NEAR_LEDGERS))
        return OK;
    err e = cass_read_header(c, last, &header);
    if (e.code != ERR_CORRUPT)
        return e;
    if (log_limit_take(&limit, &n_dropped))
        LOG_ERROR("database: table ledger_range of keyspace %s ends with ledger %u, which is not "
                  "believed (%s): kleio check finds what is there",
                  c->keyspace, last, err_text());
    return e;
}

/* Between the first two transactions of a dataset there is one row. */
YIELDS ERR cass_read_range(struct cass *c, bool serial)
{
    uint32_t seqs[2] = {0}, n = 0;
    TRY(read_rows(c, serial, seqs, &n));
    if (n == 0) {
        if (atomic_exchange(&c->range, 0)) /* somebody emptied the tables under us */
            cass_memo_clear(c);
        return OK;
    }
    if (n == 1)
        seqs[1] = seqs[0];
    uint32_t first = MIN(seqs[0], seqs[1]), last = MAX(seqs[0], seqs[1]);
    TRY(check_end(c, last));
    if (cass_last(c) == 0)
        atomic_store(&c->range, (uint64_t)first << 32 | last);
    else
        set_range(c, first, last);
    return OK;
}

/* One transaction. *ret_applied; ERR_TIMEOUT: nobody knows. */
static YIELDS err run_once(struct cass *c, enum cass_statement stmt, struct buf *values,
                           uint16_t n_values, bool is_latest, bool *ret_applied)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    const uint8_t key[1] = {is_latest};
    struct cql_call call = {.stmt = stmt,
                            .arena = a,
                            .n_values = n_values,
                            .values = buf_slice(values),
                            .key = slice_of(key, 1),
                            .is_write = true,
                            .once = true};
    struct cql_value v[8];
    call.params.consistency = c->write_consistency;
    TRY(cql_call_run(c->cluster, &call, 1, clock_now_ns() + COMMIT_NS));
    *ret_applied = false;
    if (call.result.n_columns == 0 || call.result.n_columns > ARRAY_LEN(v) ||
        !cql_rows_next(&call.result, v, call.result.n_columns) ||
        !cql_value_bool(v[0], ret_applied))
        return FAIL(ERR_PROTOCOL,
                    "database: a lightweight transaction does not tell whether it was applied");
    return OK;
}

static YIELDS err move(struct cass *c, bool is_latest, uint32_t seq, uint32_t before,
                       bool *ret_applied)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    cql_value_put_bigint(&values, seq);
    cql_value_put_bool(&values, is_latest);
    cql_value_put_bigint(&values, before);
    return run_once(c, c->provider == CASS_PROVIDER_AWS_KEYSPACE ? CASS_COMMIT_AWS : CASS_COMMIT,
                    &values, 3, is_latest, ret_applied);
}

/* Until it is known what became of it. *ret_doubt: what is not applied may be so because an earlier
 * attempt was. */
static YIELDS err move_surely(struct cass *c, bool is_latest, uint32_t seq, uint32_t before,
                              bool *ret_applied, bool *ret_doubt)
{
    err e = OK;
    for (int i = 0; i < MAX_TRIES; i++) {
        *ret_doubt = i > 0;
        e = move(c, is_latest, seq, before, ret_applied);
        if (e.code != ERR_TIMEOUT && e.code != ERR_BUSY)
            return e;
        char text[240];
        snprintf(text, sizeof text, "%s", err_text());
        /* reading serially ends a transaction that hangs in the middle */
        if (is_latest && !err_failed(cass_read_range(c, true)) && cass_last(c) >= seq) {
            *ret_applied = cass_last(c) == seq;
            return OK;
        }
        TRY(fiber_sleep_until(clock_now_ns() + (CLOCK_MS << MIN(i, 8))));
        e = FAIL(ERR_BUSY, "%s", text);
    }
    return e;
}

/* Another writer that has stored the very same ledger is another writer. */
YIELDS ERR cass_commit(struct cass *c, uint32_t before, const struct ledger_header *last)
{
    bool applied, doubt;
    TRY(move_surely(c, true, last->seq, before, &applied, &doubt));
    if (applied) {
        set_range(c, cass_first(c), last->seq);
        return OK;
    }
    TRY(cass_read_range(c, true));
    struct ledger_header held;
    if (doubt && cass_last(c) == last->seq &&
        !err_failed(cass_header_get(&c->base, last->seq, &held)) &&
        hash256_eq(&held.hash, &last->hash))
        return OK;
    return FAIL(ERR_CONFLICT,
                "database: another server stores ledgers: the newest is %u, expected %u",
                cass_last(c), before);
}

static YIELDS err insert_first(struct cass *c, bool is_latest, uint32_t seq)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    bool applied;
    cql_value_put_bool(&values, is_latest);
    cql_value_put_bigint(&values, seq);
    err e = run_once(c, CASS_COMMIT_FIRST_AWS, &values, 2, is_latest, &applied);
    return e.code == ERR_TIMEOUT
               ? run_once(c, CASS_COMMIT_FIRST_AWS, &values, 2, is_latest, &applied)
               : e;
}

YIELDS ERR cass_commit_first(struct cass *c, uint32_t seq)
{
    bool applied = false, doubt;
    if (c->provider == CASS_PROVIDER_AWS_KEYSPACE) {
        TRY(insert_first(c, false, seq));
        TRY(insert_first(c, true, seq));
    } else {
        TRY(move_surely(c, false, seq, seq, &applied, &doubt));
        if (!applied)
            return FAIL(ERR_CONFLICT, "database: another server loaded a first ledger meanwhile");
        TRY(move_surely(c, true, seq, seq - 1, &applied, &doubt));
    }
    TRY(cass_read_range(c, true));
    if (cass_first(c) != seq)
        return FAIL(ERR_CONFLICT, "database: another server loaded ledger %u meanwhile",
                    cass_first(c));
    return OK;
}

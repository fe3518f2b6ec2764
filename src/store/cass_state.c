/* SPDX-License-Identifier: Apache-2.0 */
/* A whole state, by parallel scans of the token ring: the newest version of each key; of those that
 * changed after the ledger wanted, the version then. */
#include "base/mem.h"
#include "rt/core.h"
#include "rt/core_call.h"
#include "store/cass_impl.h"

#include <stdlib.h>

#define PARTS 1024
#define SCANS 16 /* at the same time */
#define PAGE_ROWS 1000

struct scan {
    struct cass *c;
    uint32_t seq;
    store_state_fn take;
    void *arg;
    uint32_t next_part;
    uint64_t n_done;
    bool has_failed;
    err e;
    char text[200];
};

static int64_t part_end(uint32_t part)
{
    return (int64_t)((uint64_t)INT64_MIN + (UINT64_MAX / PARTS) * part);
}

/* Versions of these keys at the ledger: they have changed since. */
static YIELDS err take_older(struct scan *s, const struct hash256 *keys, size_t n, struct arena *a)
{
    struct slice *data = arena_array(a, struct slice, n);
    struct store_object *objects = arena_array(a, struct store_object, n);
    size_t n_objects = 0;
    TRY(cass_objects_get(&s->c->base, s->seq, keys, n, a, data, NULL));
    for (size_t i = 0; i < n; i++)
        if (data[i].n)
            objects[n_objects++] = (struct store_object){keys[i], data[i]};
    return s->take(s->arg, objects, n_objects, s->n_done, PARTS);
}

static bool take_object(const struct cql_value v[3], uint32_t *ret_seq)
{
    return v[0].bytes.n == 32 && !v[2].null && cql_value_u32(v[1], ret_seq);
}

static err damaged_object(const struct cql_value v[3])
{
    return cass_damaged("objects", v[0].bytes, "a column is empty or has another size");
}

/* Keyspaces cannot be asked for one row a partition: all versions come, the newest of a key first;
 * `last` is the key that was done last, perhaps on the page before. */
static err take_versions(struct scan *s, struct cql_call *call, struct hash256 *last,
                         struct arena *a)
{
    size_t n = 0;
    struct store_object *objects = arena_array(a, struct store_object, call->result.n_rows + 1);
    struct cql_value v[3];
    while (cql_rows_next(&call->result, v, 3)) {
        uint32_t seq;
        if (!take_object(v, &seq))
            return damaged_object(v);
        struct hash256 key = hash256_of(v[0].bytes.p);
        if (seq > s->seq || hash256_eq(&key, last))
            continue;
        *last = key;
        if (v[2].bytes.n)
            objects[n++] = (struct store_object){key, v[2].bytes};
    }
    return s->take(s->arg, objects, n, s->n_done, PARTS);
}

static YIELDS err take_page(struct scan *s, struct cql_call *call, struct arena *a)
{
    size_t n = 0, n_newer = 0, n_rows = call->result.n_rows;
    struct store_object *objects = arena_array(a, struct store_object, n_rows + 1);
    struct hash256 *newer = arena_array(a, struct hash256, n_rows + 1);
    struct cql_value v[3];
    while (cql_rows_next(&call->result, v, 3)) {
        uint32_t seq;
        if (!take_object(v, &seq))
            return damaged_object(v);
        if (seq > s->seq)
            newer[n_newer++] = hash256_of(v[0].bytes.p);
        else if (v[2].bytes.n)
            objects[n++] = (struct store_object){hash256_of(v[0].bytes.p), v[2].bytes};
    }
    TRY(s->take(s->arg, objects, n, s->n_done, PARTS));
    return n_newer ? take_older(s, newer, n_newer, a) : OK;
}

static YIELDS err scan_part(struct scan *s, uint32_t part)
{
    CLEANUP(buf_deinit) struct buf values = {0}, state = {0};
    bool aws = s->c->provider == CASS_PROVIDER_AWS_KEYSPACE;
    struct hash256 last = HASH256_ZERO;
    cql_value_put_bigint(&values, part_end(part));
    cql_value_put_bigint(&values, part + 1 == PARTS ? INT64_MAX : part_end(part + 1));
    do {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct cql_call *call = cass_calls(a, 1);
        cass_call(s->c, call, aws ? CASS_SCAN_VERSIONS : CASS_SCAN_OBJECTS, a, 2, &values,
                  SLICE_EMPTY);
        call->has_token = true;
        call->token = part_end(part) + 1;
        call->patient = true;
        call->params.page_size = PAGE_ROWS;
        call->params.paging_state = buf_slice(&state);
        TRY(cql_call_run(s->c->cluster, call, 1, clock_now_ns() + 60 * CLOCK_S));
        TRY(aws ? take_versions(s, call, &last, a) : take_page(s, call, a));
        buf_clear(&state);
        buf_put_slice(&state, call->result.paging_state);
    } while (state.n);
    return OK;
}

static void scan_fiber(void *arg)
{
    struct scan *s = arg;
    while (s->next_part < PARTS && !s->has_failed) {
        err e = scan_part(s, s->next_part++);
        s->n_done++;
        if (err_failed(e) && !s->has_failed) {
            s->has_failed = true;
            s->e = e;
            snprintf(s->text, sizeof s->text, "%s", err_text());
        }
    }
}

static YIELDS err run(void *arg)
{
    struct scan *s = arg;
    struct fiber_group group;
    fiber_group_init(&group);
    for (int i = 0; i < SCANS; i++)
        fiber_group_spawn(&group, "cass state", scan_fiber, s);
    fiber_group_join(&group);
    return s->has_failed ? FAIL(s->e.code, "%s", s->text) : OK;
}

err cass_state(struct store *store, uint32_t seq, store_state_fn take, void *arg)
{
    struct scan s = {.c = cass_of(store), .seq = seq, .take = take, .arg = arg};
    if (cass_last(s.c) == 0)
        return OK;
    return core_call(cql_cluster_core(s.c->cluster), run, &s);
}

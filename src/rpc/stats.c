/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/stats.h"

#include "base/mem.h"
#include "rpc/registry.h"
#include "rt/core.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct cells {
    _Alignas(64) _Atomic uint64_t errors[STATS_N_ERRORS];
    _Atomic uint64_t *results; /* registry_count() * STATS_N_RESULTS */
};

struct stats {
    uint32_t n_cores;
    struct cells *cores; /* n_cores, and one for other threads */
};

static const char *const result_names[STATS_N_RESULTS] = {
    "finished", "errored", "failed", "forwarded", "failed_forward", "started", "duration_us"};
static const char *const error_names[STATS_N_ERRORS] = {"too_busy", "not_ready", "bad_syntax",
                                                        "unknown_command", "internal"};

struct stats *stats_new(uint32_t n_cores)
{
    struct stats *s = xcalloc(1, sizeof *s);
    s->n_cores = n_cores;
    s->cores = aligned_alloc(64, (n_cores + 1) * sizeof *s->cores);
    if (!s->cores)
        abort();
    memset(s->cores, 0, (n_cores + 1) * sizeof *s->cores);
    for (uint32_t i = 0; i <= n_cores; i++)
        s->cores[i].results =
            xcalloc((size_t)registry_count() * STATS_N_RESULTS, sizeof *s->cores[i].results);
    return s;
}

struct stats *stats_free(struct stats *s)
{
    if (!s)
        return NULL;
    for (uint32_t i = 0; i <= s->n_cores; i++)
        free((void *)s->cores[i].results);
    free(s->cores);
    free(s);
    return NULL;
}

static struct cells *mine(struct stats *s)
{
    struct core *core = core_current();
    uint32_t i = core ? core_index(core) : s->n_cores;
    return &s->cores[i < s->n_cores ? i : s->n_cores];
}

static void add(_Atomic uint64_t *cell, uint64_t n)
{
    atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

void stats_count(struct stats *s, uint32_t index, enum stats_result result, int64_t duration_ns)
{
    _Atomic uint64_t *row = mine(s)->results + (size_t)index * STATS_N_RESULTS;
    add(&row[result], 1);
    if (result <= STATS_FAILED)
        add(&row[STATS_STARTED], 1);
    if (result == STATS_FINISHED && duration_ns > 0)
        add(&row[STATS_DURATION_US], (uint64_t)duration_ns / 1000);
}

void stats_error(struct stats *s, enum stats_error error)
{
    add(&mine(s)->errors[error], 1);
}

static uint64_t result_sum(struct stats *s, uint32_t index, enum stats_result result)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i <= s->n_cores; i++)
        n += atomic_load_explicit(
            &s->cores[i].results[(size_t)index * STATS_N_RESULTS + (size_t)result],
            memory_order_relaxed);
    return n;
}

static uint64_t error_sum(struct stats *s, enum stats_error error)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i <= s->n_cores; i++)
        n += atomic_load_explicit(&s->cores[i].errors[error], memory_order_relaxed);
    return n;
}

static bool was_called(struct stats *s, uint32_t index)
{
    return result_sum(s, index, STATS_STARTED) || result_sum(s, index, STATS_FORWARDED) ||
           result_sum(s, index, STATS_FAILED_FORWARD);
}

void stats_put(struct stats *s, struct jw *w)
{
    static const enum stats_result shown[] = {
        STATS_STARTED,   STATS_FINISHED,       STATS_ERRORED,    STATS_FAILED,
        STATS_FORWARDED, STATS_FAILED_FORWARD, STATS_DURATION_US};
    jw_key(w, "rpc");
    jw_obj_begin(w);
    for (uint32_t i = 0; i < registry_count(); i++) {
        if (!was_called(s, i))
            continue;
        jw_key(w, registry_at(i)->name);
        jw_obj_begin(w);
        for (size_t k = 0; k < ARRAY_LEN(shown); k++) {
            jw_key(w, result_names[shown[k]]);
            jw_u64_str(w, result_sum(s, i, shown[k]));
        }
        jw_obj_end(w);
    }
    jw_obj_end(w);
    for (int k = 0; k < STATS_N_ERRORS; k++) {
        char key[40];
        snprintf(key, sizeof key, "%s_errors", error_names[k]);
        jw_key(w, key);
        jw_u64_str(w, error_sum(s, (enum stats_error)k));
    }
}

static void render_errors(struct stats *s, struct buf *out)
{
    buf_put_str(out, "# HELP rpc_error_total_number Total number of errors by type\n"
                     "# TYPE rpc_error_total_number counter\n");
    for (int k = 0; k < STATS_N_ERRORS; k++)
        buf_printf(out, "rpc_error_total_number{error_type=\"%s%s\"} %llu\n", error_names[k],
                   k == STATS_INTERNAL_ERROR ? "_error" : "",
                   (unsigned long long)error_sum(s, (enum stats_error)k));
}

void stats_render(struct stats *s, struct buf *out)
{
    render_errors(s, out);
    buf_put_str(out, "\n# HELP rpc_method_duration_us Total duration of calls to the method\n"
                     "# TYPE rpc_method_duration_us counter\n");
    for (uint32_t i = 0; i < registry_count(); i++)
        buf_printf(out, "rpc_method_duration_us{method=\"%s\"} %llu\n", registry_at(i)->name,
                   (unsigned long long)result_sum(s, i, STATS_DURATION_US));
    buf_put_str(out, "\n# HELP rpc_method_total_number Total number of calls to the method\n"
                     "# TYPE rpc_method_total_number counter\n");
    for (uint32_t i = 0; i < registry_count(); i++)
        for (int k = 0; k <= STATS_STARTED; k++)
            buf_printf(out, "rpc_method_total_number{method=\"%s\",status=\"%s\"} %llu\n",
                       registry_at(i)->name, result_names[k],
                       (unsigned long long)result_sum(s, i, (enum stats_result)k));
    buf_put_u8(out, '\n');
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the calls, by command. Each core counts for itself (no shared cache lines); sums
 * are made when asked. */
#pragma once
#include "base/buf.h"
#include "json/jw.h"

#include <stdint.h>

struct stats;

enum stats_result {
    STATS_FINISHED = 0, /* answered */
    STATS_ERRORED,      /* answered with an error of the request */
    STATS_FAILED,       /* answered with an error of ours */
    STATS_FORWARDED,
    STATS_FAILED_FORWARD,
    STATS_STARTED, /* the first three together */
    STATS_DURATION_US,
    STATS_N_RESULTS
};
enum stats_error {
    STATS_TOO_BUSY = 0,
    STATS_NOT_READY,
    STATS_BAD_SYNTAX,
    STATS_UNKNOWN_COMMAND,
    STATS_INTERNAL_ERROR,
    STATS_N_ERRORS
};

struct stats *stats_new(uint32_t n_cores);
struct stats *stats_free(struct stats *s);

/* Any core. `index`: of the command, in the registry. */
void stats_count(struct stats *s, uint32_t index, enum stats_result result, int64_t duration_ns);
void stats_error(struct stats *s, enum stats_error error);

/* Members of server_info's `counters`: `rpc` and the error counts. */
void stats_put(struct stats *s, struct jw *w);
/* Prometheus text. */
void stats_render(struct stats *s, struct buf *out);

/* SPDX-License-Identifier: Apache-2.0 */
/* What ingestion is doing, in words for people: which ledger, which sources, what they hold, what
 * to do. In the log when it changes and once a minute; in server_info while not all is well. */
#pragma once
#include "base/buf.h"
#include "etl/etl.h"

struct parts;
struct sources_info;

/* What there is to be told about. */
struct status_facts {
    enum etl_state state;
    uint32_t first, last;  /* held; 0 = nothing */
    uint32_t newest_known; /* that a source reported; 0 = none */
    uint32_t start_sequence;
    const struct sources_info *sources;
    uint32_t n_sources;
};

/* Why it is so, for everybody: without names of sources. "" when there is nothing to explain. */
void status_put_reason(const struct status_facts *f, struct buf *out);
/* Each source: its ports, whether it is connected, what it holds. */
void status_put_sources(const struct status_facts *f, struct buf *out);

/* The facts of the running server. The sources are in `a`. Any thread. */
struct arena;
struct status_facts status_facts_of(const struct parts *p, struct arena *a);

/* Fiber main, of core 0; `arg` is the parts. Ends when cancelled. */
YIELDS void status_watch(void *arg);

/* SPDX-License-Identifier: Apache-2.0 */
/* Several servers, ours and Clio's, on one dataset in Cassandra: each says once a second that it is
 * alive (nodes_chat), and all decide by the same rules who writes (election.h). On the core of
 * ingestion. */
#pragma once
#include "base/err.h"
#include "etl/election.h"

struct cass;
struct cluster;
struct counter_registry;
struct ledgers;

struct cluster_opts {
    struct cass *cass; /* borrowed, like the rest */
    struct ledgers *ledgers;
    struct counter_registry *counters; /* not NULL */
    bool read_only;
    bool writing; /* from the start: the dataset is empty */
    /* The newest ledger that a source has reported; 0 = none yet, or the first is being loaded. */
    uint32_t (*network_newest)(void *arg);
    /* Conflicts met so far; and how often ledgers were there that we did not write. */
    uint32_t (*n_conflicts)(void *arg);
    uint32_t (*n_foreign)(void *arg);
    /* Begin, or end, to write. On a fiber of this core; must not wait long. */
    void (*on_order)(void *arg, bool write);
    void *arg;
};

/* Start, on the current core. */
struct cluster *cluster_start(const struct cluster_opts *opts);
/* Accepts NULL, returns NULL. */
YIELDS struct cluster *cluster_stop(struct cluster *c);

struct cluster_info {
    enum election_role role;
    bool is_healthy;  /* the last round could read all messages */
    uint32_t n_nodes; /* alive, this one included */
    struct {
        char id[37];
        enum election_role role;
        bool etl_started, cache_is_full;
    } nodes[32]; /* the others, as far as there is room */
    uint32_t n_others;
};
/* Any thread. */
void cluster_get_info(struct cluster *c, struct cluster_info *ret);

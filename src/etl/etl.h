/* SPDX-License-Identifier: Apache-2.0 */
/* Ingestion: keeps the ledgers up to date from the sources. An empty store gets one ledger's whole
 * state first; then every ledger after it, in order, each verified before it is stored. Lives on
 * one core (home), with a thread for applying. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "etl/cluster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counter_registry;
struct etl;
struct ledgers;
struct sources;
struct store;

struct etl_opts {
    struct ledgers *ledgers; /* borrowed, like the next three; they outlive this */
    struct store *store;
    struct sources *sources;           /* on the same core */
    struct counter_registry *counters; /* not NULL */
    uint32_t
        start_sequence; /* first ledger of an empty store; 0 = the first that a source reports */
    uint32_t finish_sequence;   /* last ledger to be stored; 0 = go on for ever */
    uint32_t extractor_threads; /* ledgers fetched at a time; 0 = 4 */
    uint32_t num_markers; /* key ranges of the initial load, fetched side by side, 1..256; 0 = 16 */
    uint32_t min_agreeing;     /* sources that must have the same ledger; 0 = 1 */
    uint32_t max_ahead;        /* ledgers fetched and not yet applied; 0 = 64 */
    size_t max_ahead_bytes;    /* the same in memory; 0 = 64 MiB */
    uint64_t max_closed_bytes; /* of ledgers that close during the initial load, on the disk; 0 = 1
                                  GiB */
    bool read_only;            /* never write: only follow what others store */
    bool show_progress;        /* a status line on standard error while loading (a terminal) */
};

/* Start, on the current core. The store's network id, if it has one, decides which sources are used
 * from now on. Errors: ERR_IO, ERR_CORRUPT (the store's network id cannot be read). */
YIELDS ERR etl_start(const struct etl_opts *opts, struct etl **ret);
/* Everything under way is given up or finished; what is committed stays. Home core, on a fiber.
 * Accepts NULL, returns NULL. */
YIELDS struct etl *etl_stop(struct etl *e);

enum etl_state {
    ETL_STATE_NONE = 0,
    ETL_STATE_WAITING,     /* no source has reported a ledger yet, or none is connected */
    ETL_STATE_LOADING,     /* the initial load */
    ETL_STATE_CATCHING_UP, /* behind the network */
    ETL_STATE_FOLLOWING,   /* at the tip */
    ETL_STATE_GAP,         /* no source holds the next ledger */
    ETL_STATE_FORK,        /* no source has a next ledger that continues ours */
    ETL_STATE_WRONG,       /* what the sources have for the next ledger does not verify */
    ETL_STATE_FAILING,     /* the sources that hold the next ledger do not give it */
    ETL_STATE_STORE,       /* the store cannot take it */
    ETL_STATE_NETWORK,     /* all sources that answer are of another network than the store */
    ETL_STATE_FINISHED,    /* finish_sequence is stored */
    ETL_STATE_READ_ONLY,
    ETL_STATE_REPAIRING, /* the state mirror is being made anew; the history answers */
    ETL_STATE_AGREE,     /* too few sources have the same next ledger */
    ETL_STATE_BEHIND,    /* all sources are far behind what we hold */
    ETL_STATE_STANDBY,   /* another server writes the dataset: this one follows */
    ETL_STATE_DISK,      /* less free space than database.rocksdb.min_free_bytes */
    ETL_STATE_HISTORY,   /* the history has the next ledger wrong, and it is not put right yet */
    ETL_STATE_HEALING    /* what a disk has damaged of the history is being made anew */
};

/* For server_info and the status page. */
struct etl_info {
    enum etl_state state;
    const char *state_text; /* static: "waiting", "catching up", ... */
    bool is_writer;         /* this server stores ledgers */
    bool read_only;
    bool in_cluster; /* servers may share the dataset: `cluster` counts */
    struct cluster_info cluster;
    uint32_t newest_known;       /* that a source reported; 0 = none */
    int64_t last_publish_age_ns; /* -1 = nothing published since the start */
    uint64_t load_objects;       /* of the initial load, so far */
    uint32_t load_permille;      /* of the key space, about */
};
void etl_get_info(const struct etl *e, struct etl_info *ret); /* any thread */
const char *etl_state_text(enum etl_state s);
/* Ingestion cannot go on, or what is served may not be the network's ledger: a load balancer should
 * look elsewhere, and somebody should look at the log (fork, wrong data, store failure, another
 * network, sources that disagree or are far behind, a full disk, a
 * ledger that is wrong in the history). */
bool etl_state_is_bad(enum etl_state s);

/* The network id kept in the store; *ret_has false: none yet. Blocks for a moment (start only).
 * Errors: ERR_CORRUPT, ERR_IO. */
YIELDS ERR etl_stored_network(struct store *s, bool *ret_has, uint32_t *ret);

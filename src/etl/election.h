/* SPDX-License-Identifier: Apache-2.0 */
/* Who of several servers on one dataset writes it: Clio's rules and messages (etl-db 3.13), as a
 * state that is asked once a second. No input or output here. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum election_role {
    ELECTION_ROLE_READ_ONLY = 0, /* the numbers stand in messages */
    ELECTION_ROLE_NOT_WRITER,
    ELECTION_ROLE_WRITER,
    ELECTION_ROLE_FALLBACK,         /* writers are found by trying, for an hour */
    ELECTION_ROLE_FALLBACK_RECOVERY /* back to elections once nobody is in fallback */
};

/* A server as its message tells. */
struct election_node {
    uint8_t id[16];
    enum election_role role;
    bool etl_started;
    bool cache_is_full;
    bool cache_is_loading;
};

/* This server. Zero-initialise, set `self.id` and read_only. */
struct election {
    struct election_node self; /* etl_started and the cache's are the caller's to keep true */
    bool read_only;
    bool writing;
    bool fallback;
    bool recovery;
    int64_t recovery_ns; /* when fallback turns into recovery; 0 = no timer */
    uint32_t newest;     /* ledger noted, */
    int64_t progress_ns; /* and since when nobody has been late with the next */
};

enum election_order { ELECTION_KEEP = 0, ELECTION_START_WRITING, ELECTION_STOP_WRITING };

enum election_role election_role_of(const struct election *e);
const char *election_role_text(enum election_role role);

/* This server's message. `wall_s`: seconds since 1970. */
void election_put(const struct election *e, int64_t wall_s, struct buf *out);
/* Another's. False: not one. `ret->id` is not touched. Scratch in `a`. */
bool election_parse(struct slice message, struct arena *a, struct election_node *ret);

/* One round: what to do, with the servers that are alive besides this one. */
enum election_order election_decide(struct election *e, const struct election_node *others,
                                    size_t n, int64_t now_ns);
/* The newest ledgers of the dataset (0 = none yet) and of the network. Has it been behind for ten
 * seconds (up to thirteen, by the id) without a new one? A network that closes none is nobody's
 * fault, and all who took to writing then would go on with it until the next. True once for each
 * such time. */
bool election_is_late(struct election *e, uint32_t newest, uint32_t of_network, int64_t now_ns);
/* That is so: whoever should have written does not. */
enum election_order election_stalled(struct election *e);
/* Another server wrote a ledger that we wanted to write. */
enum election_order election_conflicted(struct election *e);

/* SPDX-License-Identifier: Apache-2.0 */
/* The servers we read from (Clio's `etl_sources`). Each has a WebSocket link (what it has
 * validated, streams to relay) and a gRPC client for data. They live on one core (the "home" core);
 * functions marked so may be called from any thread. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/slice.h"

#define SOURCES_MAX 64
#define SOURCES_HOST_MAX 256

struct sources;
struct json;
struct tls_client;
struct counter_registry;

/* TLS to a source. The files are read at sources_start. */
struct sources_tls {
    bool ws; /* wss:// */
    bool grpc;
    bool insecure;         /* do not verify the server */
    const char *ca_file;   /* PEM, whom to trust; NULL = the system's */
    const char *cert_file; /* PEM, ours, if it asks for one; NULL = none */
    const char *key_file;
};

struct sources_endpoint {
    const char *host;   /* address or name; resolved anew at each connect */
    uint16_t ws_port;   /* 0 = no WebSocket: never reports ledgers, cannot be forwarded to */
    uint16_t grpc_port; /* 0 = no gRPC: not used for data */
    struct sources_tls tls;
};

/* Messages of the stream that are not ours to make: passed on to subscribers as received. */
enum sources_message {
    SOURCES_MESSAGE_NONE = 0,
    SOURCES_MESSAGE_PROPOSED, /* a transaction that is not validated */
    SOURCES_MESSAGE_VALIDATION,
    SOURCES_MESSAGE_MANIFEST,
    SOURCES_MESSAGE_SERVER, /* from here on: a server's own */
    SOURCES_MESSAGE_CONSENSUS,
    SOURCES_MESSAGE_PEER_STATUS,
    SOURCES_N_MESSAGES
};

/* What we hold, for comparing: our newest ledger (0 = none), and the hash of any (false: not held).
 * On the home core; hash_at may yield. */
struct sources_ledgers {
    uint32_t (*newest)(void *arg);
    YIELDS bool (*hash_at)(void *arg, uint32_t seq, struct hash256 *ret);
    void *arg;
};

struct sources_opts {
    const struct sources_endpoint *endpoints;
    uint32_t n_endpoints; /* 0..SOURCES_MAX */
    bool has_network_id;  /* expected id; when false the first source that answers decides */
    uint32_t network_id;
    struct counter_registry *counters; /* may be NULL */
    struct sources_ledgers ledgers;    /* zero: nothing is compared */
    /* A message of a stream that is wanted (sources_want): its text, and the same parsed. What
     * several sources say comes once. Valid during the call; must not yield. On the home core. May
     * be NULL. */
    void (*on_message)(void *arg, enum sources_message kind, struct slice text,
                       const struct json *message);
    /* What a source of our network answers to server_definitions, asked when it connects with
     * another version than before. `version` may be NULL. Valid during the call. On the home core,
     * may yield (messages of this source wait). NULL = never asked. */
    void (*on_definitions)(void *arg, const char *source, const char *version, struct slice text);
    void *arg;
};

/* Can these be used? Errors: as sources_start. */
ERR sources_check(const struct sources_opts *opts);
/* Start the links on the current core, as fibers. The strings are copied. Errors: ERR_INVALID (too
 * many, no host, a file for TLS that cannot be used). */
ERR sources_start(const struct sources_opts *opts, struct sources **ret);
/* Ends the links and calls; the fetching fibers must have ended. Accepts NULL, returns NULL. */
YIELDS struct sources *sources_stop(struct sources *s);

/* Fix the network id from now on (that of a store that holds data already): sources of another
 * network are refused. Home core. */
void sources_expect_network(struct sources *s, uint32_t network_id);

/* Which streams are to be relayed from now on: bits 1 << enum sources_message. Home core. */
void sources_want(struct sources *s, uint32_t streams);

/* Greatest sequence that any source of our network reported; 0 = none yet. Any thread. */
uint32_t sources_newest(const struct sources *s);
/* Network id: expected, or as the first source reported it; false while unknown. Any thread. */
bool sources_network_id(const struct sources *s, uint32_t *ret);
uint32_t sources_count(const struct sources *s);
/* Connected sources of our network. Any thread. */
uint32_t sources_n_connected(const struct sources *s);
/* Sources that are refused because they are of another network. Any thread. */
uint32_t sources_n_refused(const struct sources *s);
/* Connected sources of our network that are on another chain than ours. Any thread. */
uint32_t sources_n_astray(const struct sources *s);
/* A source does not give ledgers that it claims: it is not believed to have `seq`, or any after it,
 * for a minute, then longer and longer. Home core. */
void sources_disbelieve(struct sources *s, uint32_t source, uint32_t seq);
/* Bits of the sources that have reported ledger `seq` lately with this hash, and with another one.
 * Home core. */
void sources_count_votes(const struct sources *s, uint32_t seq, const struct hash256 *hash,
                         uint64_t *ret_for, uint64_t *ret_against);
/* Counts ledgers that the forwarding source closed: what was cached of an older epoch is out of
 * date. Any thread. */
uint32_t sources_epoch(const struct sources *s);

/* Wait until something changed since `*version` (start with 0), and update it: a link came or went,
 * a ledger was reported. Home core. OK, ERR_TIMEOUT, ERR_CANCELLED. */
YIELDS ERR sources_wait_change(struct sources *s, uint64_t *version, int64_t deadline_ns);

/* One source for people and for server_info (etl-db 2.8). */
struct sources_info {
    char host[SOURCES_HOST_MAX];
    uint16_t ws_port;
    uint16_t grpc_port;
    bool connected;
    bool refused;    /* another network */
    bool astray;     /* another chain: its ledgers have other hashes than ours */
    bool behind;     /* by many ledgers */
    bool forwarding; /* its streams are the ones relayed */
    bool has_network_id;
    uint32_t network_id;
    int64_t last_message_ns;     /* clock_now_ns of the newest message; 0 = none yet */
    const char *validated_range; /* as reported, in the caller's arena; "N/A" until known */
    uint32_t n_wrong;            /* replies that failed verification */
};
/* Fills up to n; returns how many there are. Any thread, never waits long. */
uint32_t sources_get_info(const struct sources *s, struct arena *a, struct sources_info *ret,
                          uint32_t n);

/* "host:grpc_port" of a source, for logs and counters; lives as long as `s`. Any thread. */
const char *sources_name(const struct sources *s, uint32_t source);

/* A client's request may go to this source (it has a WebSocket port, is of our network and chain,
 * and not far behind); its address, and how to speak to it (NULL = plain). Any thread. */
bool sources_forward_target(const struct sources *s, uint32_t source, const char **ret_host,
                            uint16_t *ret_ws_port, struct tls_client **ret_tls);

/* Data of this source did not verify (`what`: a word): counted, and others are asked before it for
 * a while, longer each time (1 s .. 60 s). Home core. sources_praise ends that. */
void sources_blame(struct sources *s, uint32_t source, const char *what);
void sources_praise(struct sources *s, uint32_t source);

/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of the sources that are passed on to clients (rpc-b D.7-D.9): subscribed to while
 * somebody wants them. What is the network's (proposed transactions, validations, manifests) is
 * taken from all sources, each message once, so that a source that goes away takes nothing along;
 * what is a server's own (server, consensus, peer_status) from the forwarding source. Private to
 * src/rippled, on the home core. */
#pragma once
#include "base/slice.h"
#include "rippled/sources.h"

#include <stdbool.h>
#include <stdint.h>

struct source;

/* Messages seen lately, by a hash of what makes them equal: two halves, the older is forgotten when
 * the newer is full. Zeroed = empty. */
#define RELAY_SEEN 4096
struct relay_seen {
    uint64_t slots[2][2 * RELAY_SEEN]; /* open addressing; 0 = free */
    uint32_t n;                        /* in slots[0] */
};
/* False: it was there. */
bool relay_is_new(struct relay_seen *seen, uint64_t hash);

/* Which stream a message is of; NONE for all others. */
enum sources_message relay_kind(const struct json *message);
/* Pass a message of a stream on, if that is due. */
void relay_take(struct source *s, struct slice text, const struct json *message);
/* A link is up: subscribe to what is wanted. */
void relay_begin(struct source *s);
/* Tell all links what is wanted now. */
void relay_update(struct sources *all);
/* The message answers a request of ours about streams: nothing else in it matters. */
bool relay_is_answer(const struct source *s, const struct json *message);

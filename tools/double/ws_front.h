/* SPDX-License-Identifier: Apache-2.0 */
/* The double's API side on one port, HTTP and WebSocket: the ledger stream, server_info, recorded
 * answers, and commands to the double itself:
 *   {"command":"double_close"}                       close one more ledger
 *   {"command":"double_fault","fault":"tx@270x2"}    misbehave (fault.h); "clear": true forgets all
 * faults
 *   {"command":"double_info"}                        what it serves, what it was asked, which
 * faults were taken
 *   {"command":"double_drop"}                        drop all WebSocket connections
 *   {"command":"double_version","version":"9.0.0","definitions":{...}}   from now on that
 * build_version, and that answer to server_definitions; drops all connections
 *   {"command":"double_say","stream":"server","message":{...}}   send it to the stream's
 * subscribers Streams: ledger, and those that the recording has. path_find is answered with no
 * paths, and told so anew at each ledger. */
#pragma once
#include "double/answers.h"
#include "double/grpc_front.h"
#include "double/streams.h"

struct ws_front;

struct ws_front_opts {
    const char *ip;
    uint16_t port;
    struct grpc_front *grpc; /* borrowed: chain and faults, too */
    struct answers *answers; /* borrowed */
    struct streams *streams; /* borrowed */
    uint32_t network_id;
};

/* On the current core. */
ERR ws_front_start(const struct ws_front_opts *opts, struct ws_front **ret);
uint16_t ws_front_port(const struct ws_front *f);
YIELDS void ws_front_stop(struct ws_front *f);
/* Close the next ledger and tell the subscribers; false at the end. */
bool ws_front_close_ledger(struct ws_front *f);

/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of rippled that all clients may share for a moment (rpc-b C.5). One core only. Private to
 * src/rippled. */
#pragma once
#include "base/buf.h"

struct json;

#define FORWARD_CACHE_COMMANDS 5

struct forward_cache {
    int64_t timeout_ns; /* 0 = nothing is kept */
    struct forward_cache_entry {
        struct buf reply; /* without the id of the request that brought it */
        int64_t until_ns;
        uint32_t epoch; /* of the sources, when it was kept */
    } entries[FORWARD_CACHE_COMMANDS];
};

void forward_cache_deinit(struct forward_cache *c);
/* Entry for a request, or -1 if its reply is not for everybody: only some commands, without
 * parameters. */
int32_t forward_cache_slot(const struct forward_cache *c, const struct json *request, bool admin);
/* The reply kept; false if there is none that is fresh. Valid until the next call for this slot. */
bool forward_cache_get(const struct forward_cache *c, int32_t slot, uint32_t epoch,
                       struct slice *ret);
/* Keep a reply, unless it is an error. */
void forward_cache_put(struct forward_cache *c, int32_t slot, uint32_t epoch,
                       const struct json *reply);

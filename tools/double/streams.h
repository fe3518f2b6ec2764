/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a recording's other streams: what a rippled sent while each ledger was open. */
#pragma once
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum streams_kind {
    STREAMS_LEDGER = 0, /* not recorded: made */
    STREAMS_PROPOSED,
    STREAMS_VALIDATIONS,
    STREAMS_MANIFESTS,
    STREAMS_SERVER,
    STREAMS_CONSENSUS,
    STREAMS_PEER_STATUS,
    STREAMS_N_KINDS
};
/* By the name in requests; false when it is none. */
bool streams_by_name(struct slice name, enum streams_kind *ret);

struct streams;
struct streams *streams_new(void);
struct streams *streams_free(struct streams *s);
/* From DIR/streams.jsonl (.zst); none is fine. Errors: ERR_IO, ERR_PARSE. */
ERR streams_load(struct streams *s, const char *dir);

/* The messages of the time before ledger `seq` closed, in order. The texts live as long as `s`. */
void streams_each(const struct streams *s, uint32_t seq,
                  void (*fn)(void *arg, enum streams_kind kind, struct slice text), void *arg);

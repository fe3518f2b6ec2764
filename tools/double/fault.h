/* SPDX-License-Identifier: Apache-2.0 */
/* Misbehaviour on request: KIND@SEQ, KIND@SEQxN (N times) or KIND@SEQx* (always); SEQ may be * (any
 * ledger). */
#pragma once
#include "base/buf.h"
#include "base/slice.h"

/* X(name, what it does) */
#define FAULT_KINDS(X)                                                                             \
    X(TX, "tx", "flip a bit of a transaction")                                                     \
    X(META, "meta", "flip a bit of a transaction's metadata")                                      \
    X(OBJECT, "object", "flip a bit of a changed object")                                          \
    X(HEADER, "header", "flip a bit of the header")                                                \
    X(HASH, "hash", "a wrong ledger hash")                                                         \
    X(PARENT, "parent", "a wrong parent hash, header hash made to fit")                            \
    X(MISSING, "missing", "leave one changed object out")                                          \
    X(EXTRA, "extra", "one changed object too many")                                               \
    X(SKIP, "skip", "answer with the ledger after it")                                             \
    X(REPEAT, "repeat", "answer with the ledger before it")                                        \
    X(UNVALIDATED, "unvalidated", "say it is not validated")                                       \
    X(GARBAGE, "garbage", "a reply that is no protobuf message")                                   \
    X(TRUNCATED, "truncated", "half a reply")                                                      \
    X(EMPTY, "empty", "an empty reply")                                                            \
    X(ERROR, "error", "a gRPC error")                                                              \
    X(LIMITED, "limited", "RESOURCE_EXHAUSTED")                                                    \
    X(NOTFOUND, "notfound", "NOT_FOUND")                                                           \
    X(STALL, "stall", "never answer")                                                              \
    X(SLOW, "slow", "answer after two seconds")                                                    \
    X(RESET, "reset", "reset the stream in the middle of the reply")                               \
    X(DROP, "drop", "drop the connection")                                                         \
    X(STATE, "state", "flip a bit of an object of a GetLedgerData page")                           \
    X(STATE_MISSING, "state-missing", "leave an object of a GetLedgerData page out")               \
    X(STATE_ERROR, "state-error", "a gRPC error to GetLedgerData")                                 \
    X(STATE_DROP, "state-drop", "drop the connection at GetLedgerData")

enum fault_kind {
    FAULT_NONE = 0,
#define X(id, name, text) FAULT_##id,
    FAULT_KINDS(X)
#undef X
        FAULT_N_KINDS
};

struct fault_set;

struct fault_set *fault_set_new(void);
struct fault_set *fault_set_free(struct fault_set *f);
/* False when the text is not a fault. */
bool fault_add(struct fault_set *f, struct slice text);
void fault_clear(struct fault_set *f);
/* Is this fault due for this ledger? Counts it. */
bool fault_take(struct fault_set *f, enum fault_kind kind, uint32_t seq);
/* How often each was taken: "tx 1\nobject 2\n". */
void fault_report(const struct fault_set *f, struct buf *out);
void fault_usage(struct buf *out);

/* SPDX-License-Identifier: Apache-2.0 */
/* The double's gRPC side: GetLedger, GetLedgerData, GetLedgerDiff, GetLedgerEntry as rippled
 * answers them (etl-db 1). */
#pragma once
#include "double/chain.h"
#include "double/fault.h"
#include "net/grpc_server.h"

struct grpc_front {
    struct chain *chain;
    struct fault_set *faults;
    uint64_t n_calls[4]; /* by method, in the order above */
    uint64_t page_bytes; /* of all replies to GetLedgerData */
};

/* The handler for grpc_server_opts; `arg` is a struct grpc_front. */
YIELDS void grpc_front_handle(void *arg, struct grpc_server_call *call);

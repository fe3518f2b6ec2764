/* SPDX-License-Identifier: Apache-2.0 */
/* Where a partition stands on the ring. */
#pragma once
#include "base/slice.h"

/* The token of Murmur3Partitioner: MurmurHash3 x64_128, first half, with Cassandra's peculiarity
 * that the bytes of the tail are signed; the smallest number is never a token. */
int64_t cql_token_of(struct slice partition_key);

/* Which of a Scylla node's shards holds a token. */
uint32_t cql_token_shard(int64_t token, uint32_t n_shards, uint32_t ignore_msb);

/* SPDX-License-Identifier: Apache-2.0 */
/* A real Cassandra, if there is one: KLEIO_CASSANDRA=address:port, as tools/run-tests sets it.
 * Tests that need it say so and pass when there is none. */
#pragma once
#include "cql/cql_call.h"

/* False (and a line on standard error): there is none. */
bool real_is_there(void);
const char *real_host(void);
uint16_t real_port(void);
/* A cluster with these statements. */
struct cql_cluster *real_open(const char *keyspace, const char *const *statements, uint32_t n);
/* Run a text and fail the test if it fails. */
void real_run(struct cql_cluster *c, const char *text);
/* A keyspace of this test's own, created empty; dropped by real_drop. */
const char *real_keyspace(void);
void real_drop(struct cql_cluster *c);

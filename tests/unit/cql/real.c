/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/cql/real.h"

#include "rt/clock.h"
#include "unit/test.h"

#include <stdlib.h>
#include <unistd.h>

static char host[128], keyspace[64];
static uint16_t port;

bool real_is_there(void)
{
    const char *where = getenv("KLEIO_CASSANDRA"), *colon = where ? strrchr(where, ':') : NULL;
    if (!colon || (size_t)(colon - where) >= sizeof host) {
        fprintf(stderr, "(skipped: no KLEIO_CASSANDRA)\n");
        return false;
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    port = (uint16_t)strtoul(colon + 1, NULL, 10);
    return true;
}

const char *real_host(void)
{
    return host;
}

uint16_t real_port(void)
{
    return port;
}

struct cql_cluster *real_open(const char *name, const char *const *statements, uint32_t n)
{
    struct cql_cluster *c;
    struct cql_cluster_opts opts = {.contact_points = host,
                                    .port = port,
                                    .keyspace = name,
                                    .statements = statements,
                                    .n_statements = n};
    ASSERT_OK(cql_cluster_open(&opts, &c));
    return c;
}

void real_run(struct cql_cluster *c, const char *text)
{
    struct cql_call call = {
        .text = text, .patient = true, .params = {.consistency = CQL_CONSISTENCY_ONE}};
    ASSERT_OK(cql_call_run(c, &call, 1, clock_now_ns() + 60 * CLOCK_S));
}

const char *real_keyspace(void)
{
    static int n;
    snprintf(keyspace, sizeof keyspace, "test_%d_%d", (int)getpid(), n++);
    return keyspace;
}

void real_drop(struct cql_cluster *c)
{
    char text[128];
    snprintf(text, sizeof text, "DROP KEYSPACE IF EXISTS %s", keyspace);
    real_run(c, text);
}

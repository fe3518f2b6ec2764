/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/store/cass_fixture.h"

#include "cql/cql_call.h"
#include "rt/clock.h"
#include "unit/test.h"

#include <stdlib.h>
#include <unistd.h>

static char host[128], keyspace[64];
static uint16_t port;
static int n_keyspaces;

bool cass_fixture_is_there(void)
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

static void name_keyspace(int n)
{
    snprintf(keyspace, sizeof keyspace, "store_%d_%d", (int)getpid(), n);
}

struct cass_opts cass_fixture_opts(bool is_new)
{
    if (is_new)
        name_keyspace(n_keyspaces++);
    return (struct cass_opts){.cluster = {.contact_points = host, .port = port},
                              .keyspace = keyspace,
                              .replication_factor = 1,
                              .memo_bytes = 8 << 20,
                              .unverified = true};
}

static struct store *open_with(struct cass_opts opts)
{
    struct store *s;
    ASSERT_OK(cass_open(&opts, &s));
    return s;
}

struct store *cass_fixture_open(void)
{
    return open_with(cass_fixture_opts(true));
}

struct store *cass_fixture_open_again(void)
{
    return open_with(cass_fixture_opts(false));
}

static void run(struct cql_cluster *c, const char *text)
{
    struct cql_call call = {
        .text = text, .patient = true, .params.consistency = CQL_CONSISTENCY_ONE};
    ASSERT_OK(cql_call_run(c, &call, 1, clock_now_ns() + 60 * CLOCK_S));
}

static struct cql_cluster *connect_to(void)
{
    struct cql_cluster *c;
    struct cql_cluster_opts opts = {.contact_points = host, .port = port, .keyspace = keyspace};
    ASSERT_OK(cql_cluster_open(&opts, &c));
    return c;
}

void cass_fixture_run(const char *format)
{
    char text[1024];
    struct cql_cluster *c = connect_to();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, keyspace);
#pragma GCC diagnostic pop
    run(c, text);
    cql_cluster_close(c);
}

void cass_fixture_drop(void)
{
    char text[128];
    struct cql_cluster *c = connect_to();
    for (int i = 0; i < n_keyspaces; i++) {
        name_keyspace(i);
        snprintf(text, sizeof text, "DROP KEYSPACE IF EXISTS %s", keyspace);
        run(c, text);
    }
    cql_cluster_close(c);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Keyspace and tables: made where they are missing, checked, or said to be missing. On the
 * cluster's core. */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"
#include "base/mem.h"
#include "store/cass_impl.h"

#include <stdio.h>
#include <stdlib.h>

#define SCHEMA_NS (60 * CLOCK_S)
/* A node that missed a change asks the others once a minute. */
#define AGREE_NS (180 * CLOCK_S)

struct table {
    const char *name;
    const char *columns; /* as in CREATE TABLE */
    const char *options;
    bool optional; /* a keyspace that an older Clio made lacks it; it is only needed to write */
    bool keeps;    /* not emptied with a load that did not finish */
};

/* As etl-db 4.4; the last is our own, for small named values. */
static const struct table tables[] = {
    {"objects", "key blob, sequence bigint, object blob, PRIMARY KEY (key, sequence)",
     " WITH CLUSTERING ORDER BY (sequence DESC)"},
    {"transactions",
     "hash blob PRIMARY KEY, ledger_sequence bigint, date bigint, transaction blob, metadata blob",
     ""},
    {"ledger_transactions",
     "ledger_sequence bigint, hash blob, PRIMARY KEY (ledger_sequence, hash)", ""},
    {"successor", "key blob, seq bigint, next blob, PRIMARY KEY (key, seq)", ""},
    {"diff", "seq bigint, key blob, PRIMARY KEY (seq, key)", ""},
    {"account_tx",
     "account blob, seq_idx tuple<bigint, bigint>, hash blob, PRIMARY KEY (account, seq_idx)",
     " WITH CLUSTERING ORDER BY (seq_idx DESC)"},
    {"ledgers", "sequence bigint PRIMARY KEY, header blob", ""},
    {"ledger_hashes", "hash blob PRIMARY KEY, sequence bigint", ""},
    {"ledger_range", "is_latest boolean PRIMARY KEY, sequence bigint", "", .keeps = true},
    {"nf_tokens",
     "token_id blob, sequence bigint, owner blob, is_burned boolean, PRIMARY KEY (token_id, "
     "sequence)",
     " WITH CLUSTERING ORDER BY (sequence DESC)"},
    {"issuer_nf_tokens_v2",
     "issuer blob, taxon bigint, token_id blob, PRIMARY KEY (issuer, taxon, token_id)",
     " WITH CLUSTERING ORDER BY (taxon ASC, token_id ASC)"},
    {"nf_token_uris", "token_id blob, sequence bigint, uri blob, PRIMARY KEY (token_id, sequence)",
     " WITH CLUSTERING ORDER BY (sequence DESC)"},
    {"nf_token_transactions",
     "token_id blob, seq_idx tuple<bigint, bigint>, hash blob, PRIMARY KEY (token_id, seq_idx)",
     " WITH CLUSTERING ORDER BY (seq_idx DESC)"},
    {"mptoken_issuance_transactions",
     "mptoken_issuance_id blob, seq_idx tuple<bigint, bigint>, hash blob, PRIMARY KEY "
     "(mptoken_issuance_id, seq_idx)",
     " WITH CLUSTERING ORDER BY (seq_idx DESC)", .optional = true},
    {"account_mptoken_issuance_transactions",
     "mptoken_issuance_id blob, account blob, seq_idx tuple<bigint, bigint>, hash blob, PRIMARY "
     "KEY ((mptoken_issuance_id, account), "
     "seq_idx)",
     " WITH CLUSTERING ORDER BY (seq_idx DESC)", .optional = true},
    {"mp_token_holders", "mpt_id blob, holder blob, PRIMARY KEY (mpt_id, holder)",
     " WITH CLUSTERING ORDER BY (holder ASC)"},
    {"migrator_status", "migrator_name text PRIMARY KEY, status text", "", .optional = true,
     .keeps = true},
    {"nodes_chat", "node_id uuid PRIMARY KEY, message text", " WITH default_time_to_live = 2",
     .optional = true, .keeps = true},
    {"kleio_meta", "name text PRIMARY KEY, value blob", "", .optional = true, .keeps = true},
};

static char *text_of(const char *format, const char *name)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return xasprintf(format, name);
#pragma GCC diagnostic pop
}

void cass_schema_texts(struct cass *c)
{
    static const char *const formats[] = {
#define X(name, text) text,
        CASS_STATEMENTS(X)
#undef X
    };
    /* not understood by Keyspaces (etl-db 4.8): they must not be used there */
    static const enum cass_statement never[] = {CASS_GET_TXS, CASS_SCAN_OBJECTS, CASS_COMMIT};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        c->texts[i] = text_of(formats[i], c->name);
    for (size_t i = 0; i < ARRAY_LEN(never) && c->provider == CASS_PROVIDER_AWS_KEYSPACE; i++) {
        free(c->texts[never[i] - 1]);
        c->texts[never[i] - 1] = text_of("no such statement on AWS Keyspaces", "");
    }
}

static YIELDS err run_text(struct cass *c, const char *text, struct arena *a, struct cql_call *call)
{
    *call = (struct cql_call){.text = text,
                              .arena = a,
                              .patient = true,
                              .deadline_ns = clock_now_ns() + SCHEMA_NS,
                              .params.consistency = c->read_consistency};
    return cql_call_run(c->cluster, call, 1, clock_now_ns() + SCHEMA_NS);
}

/* A managed service allows no keyspaces to be made: whether there is one is found out later. */
static YIELDS err make_keyspace(struct cass *c, struct arena *a)
{
    struct cql_call call;
    const char *text = arena_printf(
        a,
        "CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': 'SimpleStrategy', "
        "'replication_factor': '%u'} AND durable_writes = true",
        c->keyspace, c->replication_factor);
    err e = run_text(c, text, a, &call);
    if (e.code == ERR_STATUS && call.code == CQL_ERROR_UNAUTHORIZED)
        return OK;
    return e;
}

static YIELDS err make_tables(struct cass *c, struct arena *a)
{
    struct cql_call call;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        TRY(run_text(c,
                     arena_printf(a, "CREATE TABLE IF NOT EXISTS %s%s (%s)%s", c->name,
                                  tables[i].name, tables[i].columns, tables[i].options),
                     a, &call));
    return OK;
}

/* Columns that the keyspace has, as "table.column" one after the other. */
static YIELDS err read_columns(struct cass *c, struct arena *a, struct buf *out)
{
    struct cql_call call;
    struct cql_value v[2];
    TRY(run_text(
        c,
        arena_printf(
            a,
            "SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = '%s'",
            c->keyspace),
        a, &call));
    buf_put_u8(out, '\n');
    while (cql_rows_next(&call.result, v, 2))
        buf_printf(out, "%.*s.%.*s\n", SLICE_FMT(v[0].bytes), SLICE_FMT(v[1].bytes));
    buf_put_u8(out, 0);
    return OK;
}

static bool has_column(struct cass *c, const struct buf *columns, const char *table,
                       const char *column, size_t n)
{
    char line[256];
    snprintf(line, sizeof line, "\n%s%s.%.*s\n", c->prefix, table, (int)n, column);
    return strstr((const char *)columns->p, line) != NULL;
}

/* The column names of `tables[i].columns`: the first word after the start and after each comma
 * outside of brackets. */
static bool has_table(struct cass *c, const struct buf *columns, const struct table *t,
                      struct buf *missing)
{
    bool all = true;
    int depth = 0;
    for (const char *p = t->columns; *p && strncmp(p, "PRIMARY KEY", 11) != 0;) {
        size_t n = strcspn(p, " ");
        if (!has_column(c, columns, t->name, p, n)) {
            all = false;
            buf_printf(missing, "%s%s%s.%.*s", missing->n ? ", " : "", c->prefix, t->name, (int)n,
                       p);
        }
        for (; *p && (*p != ',' || depth); p++)
            depth += *p == '<' || *p == '(' ? 1 : *p == '>' || *p == ')' ? -1 : 0;
        p += strspn(p, ", ");
    }
    return all;
}

static YIELDS err check_tables(struct cass *c, struct arena *a)
{
    CLEANUP(buf_deinit) struct buf columns = {0}, missing = {0}, unneeded = {0};
    TRY(read_columns(c, a, &columns));
    c->has_meta = c->has_mpt = true;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        bool needed = !tables[i].optional || !c->read_only;
        bool there = has_table(c, &columns, &tables[i], needed ? &missing : &unneeded);
        if (strcmp(tables[i].name, "kleio_meta") == 0)
            c->has_meta = there;
        if (strstr(tables[i].name, "mptoken"))
            c->has_mpt &= there;
    }
    buf_put_u8(&missing, 0);
    if (columns.n == 2)
        return FAIL(ERR_VERSION, "database: there is no keyspace %s: %s", c->keyspace,
                    c->read_only ? "start a server that is not read_only first, or correct "
                                   "database.cassandra.keyspace"
                                 : "it could not be made");
    if (missing.n > 1)
        return FAIL(ERR_VERSION, "database: keyspace %s lacks %.150s%s", c->keyspace,
                    (const char *)missing.p,
                    c->read_only ? ": start a server that is not read_only first" : "");
    return OK;
}

/* Clio notes here which of its migrations are done. One that is not changes rows under us. */
static YIELDS err check_migrations(struct cass *c, struct arena *a)
{
    struct cql_call call;
    struct cql_value v[2];
    TRY(run_text(c, arena_printf(a, "SELECT migrator_name, status FROM %smigrator_status", c->name),
                 a, &call));
    while (cql_rows_next(&call.result, v, 2))
        if (!slice_eq(v[1].bytes, SLICE_LIT("Migrated")))
            return FAIL(ERR_STATUS,
                        "database: Clio's migration %.*s is not done (%.*s): complete it with the "
                        "Clio that began it, or start read_only",
                        SLICE_FMT(v[0].bytes), SLICE_FMT(v[1].bytes));
    return OK;
}

YIELDS ERR cass_schema_prepare(struct cass *c)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    if (!c->read_only) {
        TRY(make_keyspace(c, a));
        /* the next statement may go to a node that has not heard of it yet */
        TRY(cql_cluster_await_schema(c->cluster, clock_now_ns() + AGREE_NS));
        TRY(make_tables(c, a));
        TRY(cql_cluster_await_schema(c->cluster, clock_now_ns() + AGREE_NS));
    }
    TRY(check_tables(c, a));
    if (!c->read_only)
        TRY(check_migrations(c, a));
    return cql_cluster_refresh(c->cluster);
}

YIELDS ERR cass_schema_has_rows(struct cass *c, bool *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    *ret = false;
    for (size_t i = 0; i < ARRAY_LEN(tables) && !*ret; i++) {
        struct cql_call call;
        if (tables[i].keeps)
            continue;
        TRY(run_text(c, arena_printf(a, "SELECT * FROM %s%s LIMIT 1", c->name, tables[i].name), a,
                     &call));
        *ret = call.result.n_rows > 0;
    }
    return OK;
}

YIELDS ERR cass_schema_truncate(struct cass *c)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        struct cql_call call;
        if (!tables[i].keeps)
            TRY(run_text(c, arena_printf(a, "TRUNCATE %s%s", c->name, tables[i].name), a, &call));
    }
    return OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of org.xrpl.rpc.v1 (etl-db 1.2), read without copies and written for requests (us)
 * and replies (doubles of rippled, tests). A list stays encoded: a slice that the proto_next_*
 * functions walk and the proto_put_* functions build, so that a reply of millions of bytes costs no
 * memory beyond itself. Pure. */
#pragma once
#include "base/cursor.h"
#include "base/err.h"
#include "base/buf.h"

#define PROTO_PATH_GET_LEDGER "/org.xrpl.rpc.v1.XRPLedgerAPIService/GetLedger"
#define PROTO_PATH_GET_LEDGER_DATA "/org.xrpl.rpc.v1.XRPLedgerAPIService/GetLedgerData"
#define PROTO_PATH_GET_LEDGER_DIFF "/org.xrpl.rpc.v1.XRPLedgerAPIService/GetLedgerDiff"
#define PROTO_PATH_GET_LEDGER_ENTRY "/org.xrpl.rpc.v1.XRPLedgerAPIService/GetLedgerEntry"

enum proto_shortcut {
    PROTO_SHORTCUT_UNSPECIFIED = 0,
    PROTO_SHORTCUT_VALIDATED = 1,
    PROTO_SHORTCUT_CLOSED = 2,
    PROTO_SHORTCUT_CURRENT = 3
};

/* LedgerSpecifier: which ledger. Nothing set = current. */
enum proto_which {
    PROTO_WHICH_NONE = 0,
    PROTO_WHICH_SHORTCUT,
    PROTO_WHICH_SEQUENCE,
    PROTO_WHICH_HASH
};
struct proto_ledger_spec {
    enum proto_which which;
    uint32_t shortcut; /* enum proto_shortcut, or what else was sent */
    uint32_t sequence;
    struct slice hash;
};

enum proto_mod {
    PROTO_MOD_UNSPECIFIED = 0,
    PROTO_MOD_CREATED = 1,
    PROTO_MOD_MODIFIED = 2,
    PROTO_MOD_DELETED = 3
};

/* RawLedgerObject. Slices are as sent: lengths are for the reader to check. */
struct proto_object {
    struct slice data; /* empty: deleted (differences only) */
    struct slice key;
    uint32_t mod; /* enum proto_mod */
    struct slice predecessor;
    struct slice successor;
};

struct proto_tx {
    struct slice tx;
    struct slice meta;
};

struct proto_book_successor {
    struct slice book_base;
    struct slice first_book; /* empty: the book has no directory any more */
};

/* Requests. */
struct proto_get_ledger {
    struct proto_ledger_spec ledger;
    bool transactions;
    bool expand;
    bool get_objects;
    struct slice client_ip;
    struct slice user;
    bool get_object_neighbors;
};

struct proto_get_ledger_data {
    struct slice marker; /* only keys greater than it */
    struct proto_ledger_spec ledger;
    struct slice end_marker; /* no keys greater than it */
    struct slice client_ip;
    struct slice user;
};

struct proto_get_ledger_diff {
    struct proto_ledger_spec base;
    struct proto_ledger_spec desired;
    bool include_blobs;
    struct slice client_ip;
};

struct proto_get_ledger_entry {
    struct slice key;
    struct proto_ledger_spec ledger;
    struct slice client_ip;
};

/* Replies. Lists: see proto_next_*. */
struct proto_ledger {
    struct slice header; /* with the trailing ledger hash */
    bool has_hashes;
    struct slice hashes; /* TransactionHashList */
    bool has_txs;
    struct slice txs; /* TransactionAndMetadataList */
    bool validated;
    bool has_objects;
    struct slice objects; /* RawLedgerObjects */
    bool skiplist_included;
    bool is_unlimited;
    bool objects_included;
    bool object_neighbors_included;
    struct slice book_successors; /* fields 10; reading gives the whole reply, which holds them
                                     among others */
};

struct proto_ledger_data {
    uint32_t ledger_index;
    struct slice ledger_hash;
    struct slice objects; /* RawLedgerObjects */
    struct slice marker;  /* empty: no more */
    bool is_unlimited;
};

struct proto_ledger_diff {
    struct slice objects; /* RawLedgerObjects */
};

struct proto_ledger_entry {
    struct proto_object object;
    struct proto_ledger_spec ledger;
};

/* Reading. Slices point into `message`. Unknown fields are skipped. ERR_PARSE: malformed, a field
 * of a wrong type, or a message sent twice where one is meant. Elements of lists are not looked at.
 */
ERR proto_read_get_ledger(struct slice message, struct proto_get_ledger *ret);
ERR proto_read_get_ledger_data(struct slice message, struct proto_get_ledger_data *ret);
ERR proto_read_get_ledger_diff(struct slice message, struct proto_get_ledger_diff *ret);
ERR proto_read_get_ledger_entry(struct slice message, struct proto_get_ledger_entry *ret);
ERR proto_read_ledger(struct slice message, struct proto_ledger *ret);
ERR proto_read_ledger_data(struct slice message, struct proto_ledger_data *ret);
ERR proto_read_ledger_diff(struct slice message, struct proto_ledger_diff *ret);
ERR proto_read_ledger_entry(struct slice message, struct proto_ledger_entry *ret);

/* Walking a list: struct cursor c = cursor_of(list); while (proto_next_object(&c, &o)) ...; if
 * (c.failed) malformed. */
bool proto_next_object(struct cursor *list, struct proto_object *ret);
bool proto_next_tx(struct cursor *list, struct proto_tx *ret);
bool proto_next_hash(struct cursor *list, struct slice *ret);
bool proto_next_book_successor(struct cursor *list, struct proto_book_successor *ret);

/* Writing: append the message to `out`. */
void proto_put_get_ledger(struct buf *out, const struct proto_get_ledger *m);
void proto_put_get_ledger_data(struct buf *out, const struct proto_get_ledger_data *m);
void proto_put_get_ledger_diff(struct buf *out, const struct proto_get_ledger_diff *m);
void proto_put_get_ledger_entry(struct buf *out, const struct proto_get_ledger_entry *m);
void proto_put_ledger(struct buf *out, const struct proto_ledger *m);
void proto_put_ledger_data(struct buf *out, const struct proto_ledger_data *m);
void proto_put_ledger_diff(struct buf *out, const struct proto_ledger_diff *m);
void proto_put_ledger_entry(struct buf *out, const struct proto_ledger_entry *m);

/* Append an element to a list. */
void proto_put_object(struct buf *list, const struct proto_object *o);
void proto_put_tx(struct buf *list, const struct proto_tx *t);
void proto_put_hash(struct buf *list, struct slice hash);
void proto_put_book_successor(struct buf *list, const struct proto_book_successor *s);

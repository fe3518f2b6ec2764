/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of row that the embedded history has, lost or wrong: found, named, and put right with a
 * source that has the ledger. (Of a keyspace: tests/system/test_mender, test_cassandra.) */
#include "etl/check.h"
#include "etl/decode.h"
#include "etl/rows.h"
#include "ledger/apply.h"
#include "recorded_history.h"
#include "store/index.h"
#include "store/rocks_batch.h"
#include "store/rocks_codec.h"
#include "store/rocks_impl.h"
#include "xrpl/keylet.h"
#include "xrpl/txmeta.h"

#define FIRST 4
#define LAST 420
#define SAID 4000

struct kinds {
    struct recorded_history h;
    struct slice replies[LAST + 1];
    struct arena *a;
    struct store_ledger *ledger; /* the one that is spoilt, as it should be */
    char said[SAID];
};

/* --- the source --- */

static struct decode_ledger *decoded(struct kinds *k, uint32_t seq)
{
    struct fetch_reply *reply = xcalloc(1, sizeof *reply);
    struct decode_ledger *d = NULL;
    const char *what;
    buf_put_slice(&reply->bytes, k->replies[seq]);
    ASSERT_OK(proto_read_ledger(buf_slice(&reply->bytes), &reply->ledger));
    ASSERT_OK(decode_ledger(reply, true, &d, &what));
    return d;
}

static void free_decoded(void *d)
{
    decode_ledger_free(d);
}

static struct store_ledger read_ledger(struct kinds *k, uint32_t seq, struct arena *a)
{
    struct decode_ledger *d = decoded(k, seq);
    arena_adopt(a, d, free_decoded);
    return (struct store_ledger){.header = d->ledger.header,
                                 .txs = d->ledger.txs,
                                 .tx_hashes = d->ledger.tx_hashes,
                                 .n_txs = d->ledger.n_txs,
                                 .objects = d->ledger.objects,
                                 .n_objects = d->ledger.n_objects,
                                 .unnamed = d->ledger.unnamed,
                                 .n_unnamed = d->ledger.n_unnamed,
                                 .index_rows = d->ledger.index_rows,
                                 .n_index_rows = d->ledger.n_index_rows};
}

static err give_ledger(void *arg, uint32_t seq, struct arena *a, struct store_ledger *ret)
{
    *ret = read_ledger(arg, seq, a);
    return OK;
}

/* --- spoiling --- */

static void repair(struct kinds *k, const struct store_repair *r)
{
    ASSERT_OK(store_repair(k->h.store, r));
}

static void delete_row(struct kinds *k, enum rocks_cf cf, const struct rocks_key *key)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(rocks_of(k->h.store));
    rocks_batch_delete(&b, cf, key);
    ASSERT_OK(rocks_batch_commit(&b));
    repair(k, &(struct store_repair){.at = k->ledger->header.seq}); /* nothing, but it forgets */
}

static bool wrong_header(struct kinds *k)
{
    struct store_ledger l = *k->ledger;
    l.header.drops++;
    repair(k, &(struct store_repair){.put = &l, .has_header = true, .at = l.header.seq});
    return true;
}

static bool no_header(struct kinds *k)
{
    struct rocks_key key = rocks_key_seq(k->ledger->header.seq);
    delete_row(k, ROCKS_CF_HEADER, &key);
    return true;
}

static struct rocks_key key_of(const struct hash256 *hash)
{
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, hash->b, 32);
    return key;
}

static bool no_ledger_hash(struct kinds *k)
{
    struct rocks_key key = key_of(&k->ledger->header.hash);
    delete_row(k, ROCKS_CF_HASH, &key);
    return true;
}

static bool no_unnamed_keys(struct kinds *k)
{
    struct store_ledger l = {.header = k->ledger->header};
    struct hash256 recent = keylet_hashes_recent();
    struct store_repair lost = {.put = &l,
                                .has_header = true,
                                .at = l.header.seq,
                                .drop_objects = &recent,
                                .n_drop_objects = 1};
    repair(k, &lost);
    return true;
}

static bool wrong_tx(struct kinds *k)
{
    struct store_tx tx = k->ledger->txs[0];
    tx.meta = slice_of(tx.meta.p, tx.meta.n - 1);
    struct store_ledger l = {.txs = &tx, .tx_hashes = &k->ledger->tx_hashes[0], .n_txs = 1};
    repair(k, &(struct store_repair){.put = &l, .at = k->ledger->header.seq});
    return true;
}

static bool no_tx(struct kinds *k)
{
    struct rocks_key key = rocks_key_tx(k->ledger->header.seq, k->ledger->txs[0].pos.index);
    delete_row(k, ROCKS_CF_TX, &key);
    return true;
}

static bool no_tx_hash(struct kinds *k)
{
    struct rocks_key key = rocks_codec_txhash_key(&k->ledger->tx_hashes[0], k->ledger->txs[0].pos);
    delete_row(k, ROCKS_CF_TXHASH, &key);
    return true;
}

static const struct store_object *object_of(struct kinds *k, enum txmeta_kind kind)
{
    struct txmeta_node node;
    for (size_t t = 0; t < k->ledger->n_txs; t++)
        for (struct txmeta_iter it = txmeta_iter_of(k->ledger->txs[t].meta);
             txmeta_next(&it, &node);)
            for (size_t i = 0; i < k->ledger->n_objects; i++)
                if (node.kind == kind && hash256_eq(&node.key, &k->ledger->objects[i].key) &&
                    (kind == TXMETA_DELETED) == (k->ledger->objects[i].data.n == 0) &&
                    node.entry_type != ENTRY_DirectoryNode)
                    return &k->ledger->objects[i];
    return NULL;
}

static bool drop_object(struct kinds *k, const struct store_object *o)
{
    struct store_repair r = {.at = k->ledger->header.seq, .n_drop_objects = 1};
    if (o == NULL)
        return false;
    r.drop_objects = &o->key;
    repair(k, &r);
    return true;
}

static bool no_created(struct kinds *k)
{
    return drop_object(k, object_of(k, TXMETA_CREATED));
}

static bool no_modified(struct kinds *k)
{
    return drop_object(k, object_of(k, TXMETA_MODIFIED));
}

static bool no_deletion(struct kinds *k)
{
    return drop_object(k, object_of(k, TXMETA_DELETED));
}

static bool no_directory(struct kinds *k)
{
    for (size_t i = 0; i < k->ledger->n_objects; i++)
        if (k->ledger->objects[i].data.n &&
            sto_entry_type(k->ledger->objects[i].data) == ENTRY_DirectoryNode)
            return drop_object(k, &k->ledger->objects[i]);
    return false;
}

static bool no_recent_hashes(struct kinds *k)
{
    struct store_object o = {keylet_hashes_recent(), SLICE_EMPTY};
    return drop_object(k, &o);
}

static bool wrong_object(struct kinds *k)
{
    const struct store_object *right = object_of(k, TXMETA_MODIFIED);
    if (right == NULL)
        return false;
    struct store_object o = {right->key, arena_dup(k->a, right->data)};
    uint8_t *bytes = (uint8_t *)(uintptr_t)o.data.p;
    bytes[o.data.n - 1] ^= 1;
    struct store_ledger l = {.objects = &o, .n_objects = 1};
    repair(k, &(struct store_repair){.put = &l, .at = k->ledger->header.seq});
    return true;
}

static bool spoil_list(struct kinds *k, bool drop)
{
    const struct store_object *o = object_of(k, TXMETA_CREATED);
    if (o == NULL)
        return false;
    struct store_successor row = {o->key, {{[0 ... 31] = 0x99}}};
    struct store_ledger l = {.successors = &row, .n_successors = 1};
    struct store_repair r = {.put = drop ? NULL : &l,
                             .at = k->ledger->header.seq,
                             .drop_successors = drop ? &o->key : NULL,
                             .n_drop_successors = drop};
    repair(k, &r);
    return true;
}

static bool no_successor(struct kinds *k)
{
    return spoil_list(k, true);
}

static bool wrong_successor(struct kinds *k)
{
    return spoil_list(k, false);
}

struct kind {
    const char *name;
    bool (*spoil)(struct kinds *k); /* false: this ledger has no such row */
    const char *says;
};

static const struct kind all[] = {
    {"a header with a wrong byte", wrong_header, "header: does not have its hash"},
    {"no header", no_header, "header: "},
    {"no way to a ledger from its hash", no_ledger_hash, "is not found by its hash"},
    {"no keys that no metadata names", no_unnamed_keys, "beside its metadata is not noted"},
    {"a transaction with wrong bytes", wrong_tx, "do not have the header's root"},
    {"no transaction", no_tx, "do not have the header's root"},
    {"no way to a transaction from its hash", no_tx_hash, "is not found by its hash"},
    {"no version of a created object", no_created, "is missing"},
    {"no version of a modified object", no_modified, "is not what the metadata says"},
    {"no deletion", no_deletion, "was deleted, but is there"},
    {"no version of a directory", no_directory, "root"},
    {"no version of the list of hashes", no_recent_hashes, "has no version of it"},
    {"an object with wrong bytes", wrong_object, "is not what the metadata says"},
    {"no row of the list of keys", no_successor, ""},
    {"a wrong row of the list of keys", wrong_successor, "what follows key"},
};

/* --- looking --- */

static void say(void *arg, const char *line, bool mended)
{
    struct kinds *k = arg;
    size_t n = strlen(k->said);
    snprintf(k->said + n, sizeof k->said - n, "%s%s\n", line, mended ? ": mended" : "");
}

static struct check_result check(struct kinds *k, bool fix)
{
    struct check_help help = {.arg = k, .ledger = give_ledger};
    uint32_t seq = k->ledger->header.seq;
    struct check_opts opts = {.store = k->h.store,
                              .repair = fix,
                              .help = &help,
                              .from = seq - 1,
                              .to = seq,
                              .state_every = CHECK_STATE_NEWEST,
                              .arg = k,
                              .say = say};
    struct check_result r;
    k->said[0] = 0;
    ASSERT_OK(check_run(&opts, &r));
    return r;
}

static void is_found_and_mended(struct kinds *k, const char *name, const char *says)
{
    struct check_result r = check(k, false);
    if (r.n_wrong == 0 || strstr(k->said, says) == NULL)
        test_fail(__FILE__, __LINE__, "%s, ledger %u: \"%s\" expected: %s", name,
                  k->ledger->header.seq, says, k->said);
    r = check(k, true);
    if (r.n_mended == 0 || r.n_mended != r.n_wrong)
        test_fail(__FILE__, __LINE__, "%s, ledger %u: not mended: %s", name, k->ledger->header.seq,
                  k->said);
    r = check(k, false);
    if (r.n_wrong)
        test_fail(__FILE__, __LINE__, "%s, ledger %u: after mending: %s", name,
                  k->ledger->header.seq, k->said);
}

/* Up to ledger `last`, or the recording's end; returns the next one. */
static uint32_t follow(struct kinds *k, const char *kind, uint32_t seq, uint32_t last)
{
    struct recording rec = recording_open(kind);
    while (seq <= last) {
        struct apply *batch = NULL;
        struct fetch_reply *reply = recording_next(&rec, false);
        if (reply == NULL)
            return seq; /* which frees the recording */
        k->replies[seq] = arena_dup(k->a, buf_slice(&reply->bytes));
        struct decode_ledger *d = decoded(k, seq++);
        ASSERT_OK(apply_begin(k->h.ledgers, &batch));
        ASSERT_OK(apply_add(batch, &d->ledger));
        ASSERT_OK(apply_commit(batch));
        decode_ledger_free(d);
        fetch_reply_free(reply);
    }
    free(rec.bytes);
    return seq;
}

static struct kinds *kinds_new(uint32_t last)
{
    struct kinds *k = xcalloc(1, sizeof *k);
    k->a = arena_new(0);
    recorded_history_open(&k->h);
    recorded_history_load(&k->h);
    uint32_t seq = follow(k, "ledgers-early", FIRST, last);
    follow(k, "ledgers", seq, last);
    ledgers_close(k->h.ledgers);
    return k;
}

static void kinds_free(struct kinds *k)
{
    store_close(k->h.store);
    arena_free(k->a);
    free(k);
}

TEST(check_finds_names_and_mends_each_kind_of_row)
{
    struct kinds *k = kinds_new(150);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        bool spoilt = false;
        for (uint32_t seq = 60 + (uint32_t)i; !spoilt && seq <= 150; seq++) {
            struct store_ledger l = read_ledger(k, seq, k->a);
            k->ledger = &l;
            spoilt = l.n_txs && all[i].spoil(k);
            if (spoilt)
                is_found_and_mended(k, all[i].name, all[i].says);
        }
        ASSERT(spoilt);
    }
    kinds_free(k);
}

/* A row of an index is lost, or leads elsewhere. */
static bool spoil_index(struct kinds *k, enum store_index index, bool drop)
{
    for (size_t i = 0; i < k->ledger->n_index_rows; i++) {
        struct store_index_row row = k->ledger->index_rows[i];
        struct store_ledger l = {.index_rows = &row, .n_index_rows = 1};
        if (row.index != index || (!drop && row.value.n == 0))
            continue;
        row.value = arena_dup(k->a, row.value);
        if (row.value.n)
            ((uint8_t *)(uintptr_t)row.value.p)[row.value.n - 1] ^= 1;
        struct store_repair r = {.put = drop ? NULL : &l,
                                 .at = k->ledger->header.seq,
                                 .drop_rows = drop ? &row : NULL,
                                 .n_drop_rows = drop};
        repair(k, &r);
        return true;
    }
    return false;
}

TEST(check_finds_names_and_mends_each_kind_of_index_row)
{
    struct kinds *k = kinds_new(LAST);
    unsigned n_kinds = 0;
    for (enum store_index index = 1; index < STORE_N_INDEXES; index++) {
        bool spoilt = false;
        for (uint32_t seq = FIRST + 1; !spoilt && seq < LAST; seq++) {
            struct store_ledger l = read_ledger(k, seq, k->a);
            k->ledger = &l;
            spoilt = spoil_index(k, index, true);
            if (spoilt)
                is_found_and_mended(k, index_shape(index)->name, index_shape(index)->name);
            if (spoilt && spoil_index(k, index, false))
                is_found_and_mended(k, index_shape(index)->name, index_shape(index)->name);
        }
        n_kinds += spoilt;
    }
    ASSERT_INT(STORE_N_INDEXES - 1, n_kinds);
    kinds_free(k);
}

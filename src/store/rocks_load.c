/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_load.h"

#include "store/rocks_batch.h"
#include "store/rocks_codec.h"
#include "store/rocks_iter.h"
#include "store/rocks_ops.h"
#include "store/rocks_options.h"
#include "store/rocks_status.h"
#include "store/rocks_write.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES ((uint64_t)128 << 20) /* then the next file begins */

/* Files of one column family of one part. */
struct sst {
    enum rocks_cf cf;
    uint32_t chain;
    rocksdb_sstfilewriter_t *writer; /* NULL: no file open */
    char **paths;                    /* of all files, the open one last */
    size_t n_paths;
};

struct rocks_load {
    uint32_t seq;
    uint32_t n_chains;
    rocksdb_envoptions_t *env;
    struct sst *ssts; /* two for each chain: objects, successors */
};

static void remove_files(struct rocks *r)
{
    CLEANUP(mem_freep) char *dir = rocks_path(r, "load");
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        CLEANUP(mem_freep) char *path = rocks_path(r, "load/%s", e->d_name);
        (void)unlink(path); /* "." and ".." refuse; anything else left is only space */
    }
    if (d)
        closedir(d);
    (void)rmdir(dir);
}

static void sst_deinit(struct sst *f)
{
    if (f->writer)
        rocksdb_sstfilewriter_destroy(f->writer);
    for (size_t i = 0; i < f->n_paths; i++)
        free(f->paths[i]);
    free(f->paths);
}

void rocks_load_forget(struct rocks *r)
{
    struct rocks_load *l = TAKE_PTR(r->load);
    if (l) {
        for (size_t i = 0; i < 2 * (size_t)l->n_chains; i++)
            sst_deinit(&l->ssts[i]);
        rocksdb_envoptions_destroy(l->env);
        free(l->ssts);
        free(l);
    }
    if (!r->read_only)
        remove_files(r);
}

static ERR drop_rows(struct rocks *r, enum rocks_cf cf)
{
    char *text = NULL;
    if (r->cf[cf]) {
        rocksdb_drop_column_family(r->db, r->cf[cf], &text);
        TRY(rocks_status(r->path, "drop a killed load", text));
        rocksdb_column_family_handle_destroy(TAKE_PTR(r->cf[cf]));
    }
    r->cf[cf] =
        rocksdb_create_column_family(r->db, r->cf_opts[cf], rocks_options_cf_name(cf), &text);
    if (text)
        r->cf[cf] = NULL;
    return rocks_status(r->path, "drop a killed load", text);
}

static ERR is_marked(struct rocks *r, bool *ret)
{
    size_t n;
    char *text = NULL;
    char *value = rocksdb_get_cf(r->db, r->get_opts[1], r->cf[ROCKS_CF_META], ROCKS_LOAD_MARK,
                                 strlen(ROCKS_LOAD_MARK), &n, &text);
    *ret = value != NULL;
    rocksdb_free(value);
    return rocks_status(r->path, "meta", text);
}

static ERR set_mark(struct rocks *r, const uint32_t *seq)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    if (seq)
        rocks_batch_put_meta(&b, ROCKS_LOAD_MARK, slice_of(seq, sizeof *seq));
    else
        rocksdb_writebatch_delete_cf(b.wb, r->cf[ROCKS_CF_META], ROCKS_LOAD_MARK,
                                     strlen(ROCKS_LOAD_MARK));
    return rocks_batch_commit(&b);
}

ERR rocks_load_drop(struct rocks *r)
{
    bool marked;
    TRY(is_marked(r, &marked));
    if (!marked)
        return OK;
    rocks_iter_pools_purge(r);
    for (enum rocks_cf cf = ROCKS_CF_META + 1; cf < ROCKS_N_CFS; cf++)
        TRY(drop_rows(r, cf));
    return set_mark(r, NULL);
}

static struct rocks_load *load_new(uint32_t seq, uint32_t n_chains)
{
    struct rocks_load *l = xcalloc(1, sizeof *l);
    l->seq = seq;
    l->n_chains = n_chains;
    l->env = rocksdb_envoptions_create();
    l->ssts = xcalloc(2 * (size_t)n_chains, sizeof *l->ssts);
    for (uint32_t i = 0; i < 2 * n_chains; i++) {
        l->ssts[i].cf = i % 2 ? ROCKS_CF_SUCCESSOR : ROCKS_CF_OBJECT;
        l->ssts[i].chain = i / 2;
    }
    return l;
}

err rocks_load_begin(struct store *s, uint32_t seq, uint32_t n_chains)
{
    struct rocks *r = rocks_of(s);
    struct range_set ranges = rocks_ranges(r);
    CLEANUP(mem_freep) char *dir = rocks_path(r, "load");
    TRY(rocks_write_check(r));
    TRY(range_set_check_first(&ranges, seq, n_chains));
    rocks_load_forget(r);
    TRY(rocks_load_drop(r));
    TRY(set_mark(r, &seq));
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        return FAIL(ERR_IO, "store: %s: %s", dir, strerror(errno));
    r->load = load_new(seq, n_chains);
    return OK;
}

static ERR sst_open(struct rocks *r, struct sst *f)
{
    char *text = NULL;
    char *path =
        rocks_path(r, "load/%u-%s-%zu.sst", f->chain, rocks_options_cf_name(f->cf), f->n_paths);
    f->paths = xrealloc(f->paths, (f->n_paths + 1) * sizeof *f->paths);
    f->paths[f->n_paths++] = path;
    rocksdb_options_t *opts = rocks_options_new_load(r, f->cf);
    f->writer = rocksdb_sstfilewriter_create(r->load->env, opts);
    rocksdb_options_destroy(opts); /* the writer has a copy */
    rocksdb_sstfilewriter_open(f->writer, path, &text);
    return rocks_status(r->path, "load", text);
}

static ERR sst_finish(struct rocks *r, struct sst *f)
{
    char *text = NULL;
    if (f->writer == NULL)
        return OK;
    rocksdb_sstfilewriter_finish(f->writer, &text);
    rocksdb_sstfilewriter_destroy(TAKE_PTR(f->writer));
    return rocks_status(r->path, "load", text);
}

static ERR sst_put(struct rocks *r, struct sst *f, const struct rocks_key *key, struct slice value)
{
    char *text = NULL;
    if (f->writer == NULL)
        TRY(sst_open(r, f));
    rocksdb_sstfilewriter_put(f->writer, (const char *)key->b, key->n, (const char *)value.p,
                              value.n, &text);
    return rocks_status(r->path, "load", text);
}

/* Asking for the size is not free: once a page is enough. */
static ERR sst_roll(struct rocks *r, struct sst *f)
{
    uint64_t n = 0;
    if (f->writer)
        rocksdb_sstfilewriter_file_size(f->writer, &n);
    return n >= FILE_BYTES ? sst_finish(r, f) : OK;
}

static ERR add_objects(struct rocks *r, struct sst *f, const struct store_object *objects, size_t n)
{
    CLEANUP(buf_deinit) struct buf row = {0};
    for (size_t i = 0; i < n; i++) {
        struct rocks_key key = rocks_key_versioned(&objects[i].key, 0);
        buf_clear(&row);
        buf_put_u8(&row, rocks_codec_object_kind(objects[i].data));
        buf_put_slice(&row, objects[i].data);
        TRY(sst_put(r, f, &key, buf_slice(&row)));
    }
    return sst_roll(r, f);
}

static ERR add_successors(struct rocks *r, struct sst *f, const struct store_successor *rows,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rocks_key key = rocks_key_versioned(&rows[i].key, 0);
        TRY(sst_put(r, f, &key, hash256_slice(&rows[i].next)));
    }
    return sst_roll(r, f);
}

static ERR add_rows(struct rocks *r, const struct store_index_row *rows, size_t n)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    TRY(rocks_batch_put_index_rows(&b, rows, n));
    return n > 0 ? rocks_batch_commit_unlogged(&b) : OK;
}

err rocks_load_add(struct store *s, uint32_t chain, const struct store_object *objects,
                   size_t n_objects, const struct store_successor *successors, size_t n_successors,
                   const struct store_index_row *rows, size_t n_rows)
{
    struct rocks *r = rocks_of(s);
    if (r->load == NULL || chain >= r->load->n_chains)
        return FAIL(ERR_INVALID, "store: no load with a part %u", chain);
    TRY(add_objects(r, &r->load->ssts[2 * chain], objects, n_objects));
    TRY(add_successors(r, &r->load->ssts[2 * chain + 1], successors, n_successors));
    return add_rows(r, rows, n_rows);
}

static ERR ingest(struct rocks *r, enum rocks_cf cf, const char *const *paths, size_t n)
{
    char *text = NULL;
    rocksdb_ingestexternalfileoptions_t *o = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(o, 1);
    rocksdb_ingest_external_file_cf(r->db, r->cf[cf], paths, n, o, &text);
    rocksdb_ingestexternalfileoptions_destroy(o);
    return rocks_status(r->path, "load", text);
}

static ERR take_in(struct rocks *r, enum rocks_cf cf)
{
    struct rocks_load *l = r->load;
    size_t n = 0;
    for (size_t i = 0; i < 2 * (size_t)l->n_chains; i++)
        n += l->ssts[i].cf == cf ? l->ssts[i].n_paths : 0;
    CLEANUP(mem_freep) const char **paths = xcalloc(n + 1, sizeof *paths);
    n = 0;
    for (size_t i = 0; i < 2 * (size_t)l->n_chains; i++)
        for (size_t k = 0; l->ssts[i].cf == cf && k < l->ssts[i].n_paths; k++)
            paths[n++] = l->ssts[i].paths[k];
    return n > 0 ? ingest(r, cf, paths, n) : OK;
}

static ERR flush(struct rocks *r, enum rocks_cf cf)
{
    char *text = NULL;
    rocksdb_flushoptions_t *o = rocksdb_flushoptions_create();
    rocksdb_flush_cf(r->db, o, r->cf[cf], &text);
    rocksdb_flushoptions_destroy(o);
    return rocks_status(r->path, "load", text);
}

static ERR take_in_parts(struct rocks *r)
{
    for (size_t i = 0; i < 2 * (size_t)r->load->n_chains; i++)
        TRY(sst_finish(r, &r->load->ssts[i]));
    TRY(take_in(r, ROCKS_CF_OBJECT));
    TRY(take_in(r, ROCKS_CF_SUCCESSOR));
    TRY(flush(r, ROCKS_CF_ACCOUNT_TX));
    return flush(r, ROCKS_CF_INDEX);
}

/* The batch that makes it a store of one ledger; the mark goes with it. */
static ERR commit_ledger(struct rocks *r, const struct store_ledger *l)
{
    struct range_set ranges = {.r = {{l->header.seq, l->header.seq}}, .n = 1};
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    rocks_batch_put_ledger(&b, l);
    rocks_batch_put_successors(&b, 0, l->successors, l->n_successors);
    TRY(rocks_batch_put_index_rows(&b, l->index_rows, l->n_index_rows));
    rocks_batch_put_ranges(&b, &ranges);
    rocksdb_writebatch_delete_cf(b.wb, r->cf[ROCKS_CF_META], ROCKS_LOAD_MARK,
                                 strlen(ROCKS_LOAD_MARK));
    TRY(rocks_batch_commit(&b));
    rocks_publish(r, &ranges);
    return OK;
}

err rocks_load_commit(struct store *s, const struct store_ledger *ledger)
{
    struct rocks *r = rocks_of(s);
    if (r->load == NULL || r->load->seq != ledger->header.seq)
        return FAIL(ERR_INVALID, "store: no load of ledger %u", ledger->header.seq);
    TRY(range_set_check_txs(ledger));
    TRY(take_in_parts(r));
    TRY(commit_ledger(r, ledger));
    rocks_load_forget(r);
    return OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_damage.h"

#include "store/rocks_batch.h"
#include "store/rocks_options.h"
#include "store/rocks_read.h"
#include "store/rocks_status.h"

#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define META_NAME ".damaged" /* numbers of files, u64 be each */
#define MAX_FILES ROCKS_DAMAGE_MAX

struct files {
    uint64_t numbers[MAX_FILES];
    size_t n;
};

static void add(struct files *f, uint64_t number)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->numbers[i] == number)
            return;
    if (f->n < MAX_FILES)
        f->numbers[f->n++] = number;
}

uint64_t rocks_damage_file(const char *text)
{
    const char *end = NULL, *p = text;
    while ((p = strstr(p, ".sst")) != NULL)
        end = p++;
    if (end == NULL)
        return 0;
    for (p = end; p > text && isdigit((unsigned char)p[-1]);)
        p--;
    return strtoull(p, NULL, 10);
}

static ERR read_known(struct rocks *r, struct files *ret)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_read rd = {r, true, NULL};
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, META_NAME, strlen(META_NAME));
    TRY(rocks_read_get(&rd, ROCKS_CF_META, &key, &v));
    for (size_t at = 0; v.pin && at + 8 <= v.bytes.n; at += 8)
        add(ret, bits_load64(v.bytes.p + at));
    return OK;
}

static ERR write_known(struct rocks *r, const struct files *f)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    uint8_t bytes[8 * MAX_FILES];
    for (size_t i = 0; i < f->n; i++)
        bits_store64(bytes + 8 * i, f->numbers[i]);
    rocks_batch_put_meta(&b, META_NAME, slice_of(bytes, 8 * f->n));
    return rocks_batch_commit(&b);
}

/* Mark the column families that have one of the files; files that are gone are forgotten. */
static void find_families(struct rocks *r, struct files *f, bool damaged[ROCKS_N_CFS])
{
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    struct files found = {.n = 0};
    for (int i = 0; i < rocksdb_livefiles_count(live); i++) {
        const char *name = rocksdb_livefiles_name(live, i);
        const char *family = rocksdb_livefiles_column_family_name(live, i);
        enum rocks_cf cf = rocks_options_cf_by_name(family);
        for (size_t k = 0; k < f->n; k++) {
            if (f->numbers[k] != rocks_damage_file(name) || cf == ROCKS_N_CFS)
                continue;
            damaged[cf] = true;
            add(&found, f->numbers[k]);
            LOG_ERROR("store: %s%s, a file of \"%s\", is damaged: what cannot be read of it is "
                      "refused, and \"%s\" is not compacted any more; look after the disk; kleio "
                      "check tells what is lost; bring the file back from a copy, or load anew",
                      r->path, name, family, family);
        }
    }
    rocksdb_livefiles_destroy(live);
    *f = found;
}

static ERR set_compactions(struct rocks *r, enum rocks_cf cf, bool damaged)
{
    static const char *const healthy[][2] = {{"disable_auto_compactions", "false"}};
    static const char *const sick[][2] = {{"disable_auto_compactions", "true"},
                                          {"level0_slowdown_writes_trigger", "1000000"},
                                          {"level0_stop_writes_trigger", "1000000"},
                                          {"soft_pending_compaction_bytes_limit", "0"},
                                          {"hard_pending_compaction_bytes_limit", "0"}};
    const char *names[ARRAY_LEN(sick)], *values[ARRAY_LEN(sick)];
    size_t n = damaged ? ARRAY_LEN(sick) : ARRAY_LEN(healthy);
    char *text = NULL;
    for (size_t i = 0; i < n; i++) {
        names[i] = damaged ? sick[i][0] : healthy[i][0];
        values[i] = damaged ? sick[i][1] : healthy[i][1];
    }
    rocksdb_set_options_cf(r->db, r->cf[cf], (int)n, names, values, &text);
    return rocks_status(r->path, "options", text);
}

ERR rocks_damage_meet(struct rocks *r, const char *text)
{
    struct files files = {.n = 0};
    bool damaged[ROCKS_N_CFS] = {false};
    if (r->read_only)
        return OK;
    TRY(read_known(r, &files));
    size_t n_known = files.n;
    if (text && strstr(text, "Corruption"))
        add(&files, rocks_damage_file(text));
    if (files.n > 0) {
        size_t n = files.n;
        find_families(r, &files, damaged);
        if (files.n != n || files.n != n_known)
            TRY(write_known(r, &files));
    }
    atomic_store(&r->n_damaged, files.n);
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        r->damaged[cf] = damaged[cf];
        TRY(set_compactions(r, cf, damaged[cf]));
    }
    return OK;
}

void rocks_damage_note(struct rocks *r, const char *text)
{
    pthread_mutex_lock(&r->write_lock);
    pthread_rwlock_rdlock(&r->db_lock);
    if (r->db && !atomic_load(&r->failed) && err_failed(rocks_damage_meet(r, text)))
        LOG_WARN("%s", err_text());
    pthread_rwlock_unlock(&r->db_lock);
    pthread_mutex_unlock(&r->write_lock);
}

size_t rocks_damage_count(struct rocks *r)
{
    return atomic_load(&r->n_damaged);
}

ERR rocks_damage_list(struct rocks *r, uint64_t ret[ROCKS_DAMAGE_MAX], size_t *ret_n)
{
    struct files files = {.n = 0};
    TRY(read_known(r, &files));
    memcpy(ret, files.numbers, files.n * sizeof *ret);
    *ret_n = files.n;
    return OK;
}

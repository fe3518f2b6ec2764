/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_options.h"

#include "store/memo.h"

#include <sys/resource.h>

#define MIB ((uint64_t)1 << 20)
#define DEFAULT_CACHE_BYTES (64 * MIB)
#define MIN_CACHE_BYTES (4 * MIB)
#define N_LEVELS 7
#define FILE_BYTES (128 * MIB)
#define MIN_OPEN_FILES 64
#define MAX_OPEN_FILES 2048
#define WRITE_BYTES_PER_S ((int64_t)96 << 20) /* of flushes and compactions */
/* Files merged at once: with random keys each merge writes most of the level below again. Writes
 * are slowed down, and stopped, only when merges are really behind: these files are small. */
#define L0_FILES 8
#define L0_SLOW_FILES 32
#define L0_STOP_FILES 64
/* Where keys ascend files do not overlap: a read asks one of them, however many there are, and they
 * need only be moved. Nobody gains by waiting until a thread has the time for that. */
#define L0_SETTLED_SLOW_FILES 512
#define L0_SETTLED_STOP_FILES 1024
/* One flush, and two merges while one is not enough: a merge of a file of full size takes many
 * seconds, for which the other families would wait, and with them the writes. */
#define BACKGROUND_JOBS 3
#define ZSTD_SETTLED 9 /* 3 % smaller than level 3, for twice the work */
#define ZSTD_MOVING 3
#define DICT_BYTES (64 << 10)
#define DICT_TRAIN_BYTES (4 << 20)  /* samples for a dictionary; of one file at a time */
#define DICT_BUFFER_BYTES (8 << 20) /* what is held back until the dictionary is made */

static const struct cf_tuning {
    const char *name;
    int prefix_bytes; /* with a bloom filter on it; 0 = none */
    bool partitioned; /* the filter is large beside the cache: read it, and the index, in parts */
    bool dictionary;  /* values have much in common */
    bool settled;     /* keys ascend with time: a block is hardly ever written a second time */
    size_t block_bytes;
} tuning[ROCKS_N_CFS] = {
    [ROCKS_CF_META] = {"default", 0, false, false, false, 4096},
    [ROCKS_CF_HEADER] = {"header", 0, true, true, true, 8192},
    [ROCKS_CF_HASH] = {"hash", 0, true, false, false, 4096},
    [ROCKS_CF_TX] = {"tx", 0, true, true, true, 16384},
    [ROCKS_CF_TXHASH] = {"txhash", ROCKS_TXHASH_PREFIX, true, false, false, 8192},
    [ROCKS_CF_ACCOUNT_TX] = {"account_tx", 20, true, false, false, 16384},
    [ROCKS_CF_OBJECT] = {"object", 32, true, true, false, 16384},
    [ROCKS_CF_SUCCESSOR] = {"successor", 32, true, true, false, 16384},
    [ROCKS_CF_INDEX] = {"index", 0, true, true, false, 16384},
};

const char *rocks_options_cf_name(enum rocks_cf cf)
{
    return tuning[cf].name;
}

enum rocks_cf rocks_options_cf_by_name(const char *name)
{
    enum rocks_cf cf = 0;
    while (cf < ROCKS_N_CFS && strcmp(tuning[cf].name, name) != 0)
        cf++;
    return cf;
}

static void set_table(struct rocks *r, const struct cf_tuning *t, rocksdb_options_t *o)
{
    rocksdb_block_based_table_options_t *b = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(b, r->cache);
    rocksdb_block_based_options_set_block_size(b, t->block_bytes);
    rocksdb_block_based_options_set_format_version(b, 5);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(b, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(b, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(b, 1);
    if (t->partitioned) {
        rocksdb_block_based_options_set_index_type(
            b, rocksdb_block_based_table_index_type_two_level_index_search);
        rocksdb_block_based_options_set_partition_filters(b, t->prefix_bytes > 0);
        rocksdb_block_based_options_set_metadata_block_size(b, 8192);
    }
    if (t->prefix_bytes > 0) {
        rocksdb_block_based_options_set_filter_policy(b,
                                                      rocksdb_filterpolicy_create_bloom_full(10));
        rocksdb_block_based_options_set_whole_key_filtering(b, 0);
    }
    rocksdb_options_set_block_based_table_factory(o, b);
    rocksdb_block_based_options_destroy(b);
}

static void set_compression(const struct cf_tuning *t, rocksdb_options_t *o)
{
    const int zstd_level = t->settled ? ZSTD_SETTLED : ZSTD_MOVING;
    const int window_bits = -14, strategy = 0;
    int levels[N_LEVELS];
    for (size_t i = 0; i < N_LEVELS; i++)
        levels[i] = i > 0 || t->settled ? rocksdb_zstd_compression : rocksdb_lz4_compression;
    rocksdb_options_set_compression_per_level(o, levels, N_LEVELS);
    /* without a dictionary: training one for each file that soon moves on costs more than it saves
     */
    rocksdb_options_set_compression_options(o, window_bits, ZSTD_MOVING, strategy, 0);
    rocksdb_options_set_bottommost_compression(o, rocksdb_zstd_compression);
    rocksdb_options_set_bottommost_compression_options(o, window_bits, zstd_level, strategy,
                                                       t->dictionary ? DICT_BYTES : 0, 1);
    if (t->dictionary) {
        rocksdb_options_set_bottommost_compression_options_zstd_max_train_bytes(o, DICT_TRAIN_BYTES,
                                                                                1);
        rocksdb_options_set_bottommost_compression_options_max_dict_buffer_bytes(
            o, DICT_BUFFER_BYTES, 1);
    }
}

rocksdb_options_t *rocks_options_new_load(struct rocks *r, enum rocks_cf cf)
{
    rocksdb_options_t *o = rocksdb_options_create();
    const struct cf_tuning *t = &tuning[cf];
    if (t->prefix_bytes > 0)
        rocksdb_options_set_prefix_extractor(
            o, rocksdb_slicetransform_create_fixed_prefix((size_t)t->prefix_bytes));
    rocksdb_options_set_compression(o, rocksdb_lz4_compression);
    set_table(r, t, o);
    return o;
}

static rocksdb_options_t *make_cf(struct rocks *r, const struct cf_tuning *t,
                                  uint64_t memtable_bytes, uint64_t file_bytes)
{
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_options_set_num_levels(o, N_LEVELS);
    rocksdb_options_set_write_buffer_size(o, memtable_bytes / 2);
    rocksdb_options_set_arena_block_size(
        o, 64 << 10); /* else each column family starts with a megabyte */
    rocksdb_options_set_level0_file_num_compaction_trigger(o, L0_FILES);
    rocksdb_options_set_level0_slowdown_writes_trigger(o, t->settled ? L0_SETTLED_SLOW_FILES
                                                                     : L0_SLOW_FILES);
    rocksdb_options_set_level0_stop_writes_trigger(o, t->settled ? L0_SETTLED_STOP_FILES
                                                                 : L0_STOP_FILES);
    rocksdb_options_set_disable_auto_compactions(o, 1); /* rocks_damage.h starts them */
    rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
    rocksdb_options_set_target_file_size_base(o, file_bytes);
    rocksdb_options_set_max_bytes_for_level_base(o, file_bytes);
    if (t->prefix_bytes > 0)
        rocksdb_options_set_prefix_extractor(
            o, rocksdb_slicetransform_create_fixed_prefix((size_t)t->prefix_bytes));
    set_compression(t, o);
    set_table(r, t, o);
    return o;
}

/* Each open table takes a descriptor and some 10 kB; sockets need descriptors, too. (A get from
 * memory only does not open a table; rocks_read_get knows.) */
int rocks_options_max_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return MIN_OPEN_FILES;
    return (int)MAX(MIN(limit.rlim_cur / 4, (rlim_t)MAX_OPEN_FILES), (rlim_t)MIN_OPEN_FILES);
}

/* So that merging leaves reads their share of the disk. */
static void set_rate_limit(rocksdb_options_t *o)
{
    const int64_t refill_us = 100 * 1000;
    const int32_t fairness = 10;
    rocksdb_ratelimiter_t *l = rocksdb_ratelimiter_create(WRITE_BYTES_PER_S, refill_us, fairness);
    rocksdb_options_set_ratelimiter(o, l);
    rocksdb_ratelimiter_destroy(l);
}

static rocksdb_options_t *make_db(uint64_t memtable_bytes)
{
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_create_missing_column_families(o, 1);
    rocksdb_options_set_paranoid_checks(o, 1);
    rocksdb_options_set_db_write_buffer_size(o, memtable_bytes);
    rocksdb_options_set_max_total_wal_size(o, 4 * memtable_bytes);
    rocksdb_options_set_max_open_files(o, rocks_options_max_open_files());
    rocksdb_options_set_skip_stats_update_on_db_open(o, 1);
    rocksdb_options_set_max_background_jobs(o, BACKGROUND_JOBS);
    set_rate_limit(o);
    rocksdb_options_set_bytes_per_sync(o, MIB);
    rocksdb_options_set_keep_log_file_num(o, 2);
    rocksdb_options_set_max_log_file_size(o, MIB);
    /* Almost nothing into the LOG file: where RocksDB is built with assertions (Debian's is), it
     * aborts when it logs a line after one that could not be written, that is, on a full disk.
     * Errors come back from the calls anyway. */
    rocksdb_options_set_info_log_level(o, 4);
    rocksdb_options_set_stats_dump_period_sec(o, 0);
    rocksdb_options_set_stats_persist_period_sec(o, 0);
    rocksdb_options_set_max_manifest_file_size(o, 16 * MIB);
    return o;
}

static void init_access(struct rocks *r)
{
    for (int disk = 0; disk < 2; disk++) {
        r->get_opts[disk] = rocksdb_readoptions_create();
        rocksdb_readoptions_set_read_tier(r->get_opts[disk], disk ? 0 : 1);
    }
    r->write_synced = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(r->write_synced, 1);
    r->write_unlogged = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(r->write_unlogged, 1);
}

void rocks_options_init(struct rocks *r, uint64_t cache_bytes, uint64_t file_bytes)
{
    uint64_t total = cache_bytes == 0 ? DEFAULT_CACHE_BYTES : MAX(cache_bytes, MIN_CACHE_BYTES);
    uint64_t memtable_bytes = total / 4, memo_bytes = total / 8;
    r->memo = memo_new(memo_bytes);
    r->cache = rocksdb_cache_create_lru(total - memtable_bytes - memo_bytes);
    r->file_bytes = file_bytes ? file_bytes : FILE_BYTES;
    r->db_opts = make_db(memtable_bytes);
    for (size_t i = 0; i < ROCKS_N_CFS; i++)
        r->cf_opts[i] = make_cf(r, &tuning[i], memtable_bytes, r->file_bytes);
    init_access(r);
}

void rocks_options_deinit(struct rocks *r)
{
    for (int disk = 0; disk < 2; disk++)
        rocksdb_readoptions_destroy(r->get_opts[disk]);
    rocksdb_writeoptions_destroy(r->write_synced);
    rocksdb_writeoptions_destroy(r->write_unlogged);
    for (size_t i = 0; i < ROCKS_N_CFS; i++)
        rocksdb_options_destroy(r->cf_opts[i]);
    rocksdb_options_destroy(r->db_opts);
    rocksdb_cache_destroy(r->cache);
    r->memo = memo_free(r->memo);
}

rocksdb_readoptions_t *rocks_options_new_walk(void)
{
    rocksdb_readoptions_t *o = rocksdb_readoptions_create();
    rocksdb_readoptions_set_ignore_range_deletions(o, 1);
    return o;
}

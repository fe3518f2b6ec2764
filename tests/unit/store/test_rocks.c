/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks.h"

#include "base/mem.h"
#include "store/rocks_batch.h"
#include "unit/store/conformance.h"
#include "unit/store/fixture.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONFORMANCE_NAME(name) rocks_##name
#define CONFORMANCE_OPEN fixture_open_new
CONFORMANCE_LIST(CONFORMANCE_TEST)

TEST(rocks_open_makes_the_directories_above)
{
    char path[512];
    snprintf(path, sizeof path, "%s/a/b/c", test_dir());
    store_close(fixture_open(path));
    store_close(fixture_open(path));
}

TEST(rocks_open_says_who_holds_the_lock)
{
    struct store *s = fixture_open(test_dir()), *other;
    ASSERT_ERR(ERR_LOCKED, rocks_open(&(struct rocks_opts){.path = test_dir()}, &other));
    ASSERT(strstr(err_text(), test_dir()) != NULL);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) { /* another process, which has not the lock of this one */
        err e = rocks_open(&(struct rocks_opts){.path = test_dir()}, &other);
        _exit(e.code == ERR_LOCKED ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    ASSERT_INT(0, status);
    store_close(s);
    store_close(fixture_open(test_dir()));
}

TEST(rocks_open_refuses_a_newer_format)
{
    struct store *s = fixture_open(test_dir()), *again;
    struct rocks_batch b = rocks_batch_of(rocks_of(s));
    uint8_t version[4] = {0, 0, 0, ROCKS_FORMAT + 1};
    rocks_batch_put_meta(&b, ".format", slice_of(version, 4));
    ASSERT_OK(rocks_batch_commit(&b));
    rocks_batch_deinit(&b);
    store_close(s);
    ASSERT_ERR(ERR_VERSION, rocks_open(&(struct rocks_opts){.path = test_dir()}, &again));
}

TEST(rocks_open_refuses_rows_it_does_not_know)
{
    struct store *s = fixture_open(test_dir()), *again;
    struct rocks *r = rocks_of(s);
    char *text = NULL;
    rocksdb_column_family_handle_destroy(
        rocksdb_create_column_family(r->db, r->cf_opts[ROCKS_CF_HEADER], "from_the_future", &text));
    ASSERT(text == NULL);
    store_close(s);
    ASSERT_ERR(ERR_VERSION, rocks_open(&(struct rocks_opts){.path = test_dir()}, &again));
    ASSERT(strstr(err_text(), "from_the_future") != NULL);
}

TEST(rocks_open_reports_a_path_that_is_no_directory)
{
    struct store *s;
    ASSERT_ERR(ERR_IO, rocks_open(&(struct rocks_opts){.path = "/dev/null/x"}, &s));
    ASSERT_ERR(ERR_INVALID, rocks_open(&(struct rocks_opts){.path = ""}, &s));
}

TEST(rocks_read_only_store_reads_and_refuses_writes)
{
    CLEANUP(mem_freep) struct model *m = model_new(5);
    struct store *s = fixture_open(test_dir());
    model_load(m, s);
    model_write(m, s, 3);
    store_close(s);
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir(), .read_only = true}, &s));
    struct store *model_store = fixture_memory(5, 3);
    model_compare(m, s, model_store, 1, 10);
    ASSERT_ERR(ERR_UNSUPPORTED, store_meta_put(s, "x", SLICE_LIT("y")));
    ASSERT_ERR(ERR_UNSUPPORTED, store_write(s, NULL, 0));
    store_close(s);
    store_close(model_store);
}

TEST(rocks_reopened_store_answers_as_the_model)
{
    CLEANUP(mem_freep) struct model *m = model_new(77);
    struct store *s = fixture_open(test_dir());
    model_load(m, s);
    for (uint32_t n = 0; n < 40; n += 8) {
        model_write(m, s, 8);
        if (n == 16)
            ASSERT_OK(rocks_compact(s));
        store_close(s);
        ASSERT_OK(
            rocks_open(&(struct rocks_opts){.path = test_dir(), .fast_close = n % 16 == 0}, &s));
    }
    struct store *model_store = fixture_memory(77, 40);
    model_compare(m, s, model_store, 7, 60);
    ASSERT_OK(rocks_compact(s));
    model_compare(m, s, model_store, 8, 60);
    struct store_stats stats;
    store_stats(s, &stats);
    ASSERT(stats.n_reads > 0 && stats.n_pending == 0 && stats.disk_bytes > 0);
    store_close(s);
    store_close(model_store);
}

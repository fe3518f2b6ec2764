/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_file.h"

#include "base/mem.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static void path_in(char path[256], const char *name)
{
    snprintf(path, 256, "%s/a/b/%s", test_dir(), name);
}

static void expect_file(const char *name, const char *text)
{
    char path[256];
    path_in(path, name);
    if (text == NULL) {
        ASSERT(access(path, F_OK) != 0);
        return;
    }
    CLEANUP(mem_freep) char *got = test_read_file(path, NULL);
    ASSERT_STR(text, got);
}

static struct log_file open_in_new_directory(uint64_t rotation_bytes, uint32_t max_files)
{
    char path[256];
    path_in(path, "");
    struct log_file f;
    ASSERT(log_file_open(&f, path, rotation_bytes, max_files));
    return f;
}

TEST(files_rotate_between_lines_and_the_oldest_goes)
{
    struct log_file f = open_in_new_directory(8, 2);
    log_file_write(&f, SLICE_LIT("one\n"));
    log_file_write(&f, SLICE_LIT("two\nthree\nfour\nfive\n"));
    log_file_close(&f);
    expect_file("kleio.log", "five\n");
    expect_file("kleio.1.log", "four\n");
    expect_file("kleio.2.log", "three\n");
    expect_file("kleio.3.log", NULL);
}

TEST(an_existing_file_is_continued_and_counts)
{
    struct log_file f = open_in_new_directory(8, 1);
    log_file_write(&f, SLICE_LIT("one\n"));
    log_file_close(&f);
    f = open_in_new_directory(8, 1);
    log_file_write(&f, SLICE_LIT("two\n"));
    expect_file("kleio.log", "one\ntwo\n");
    log_file_write(&f, SLICE_LIT("three\n"));
    log_file_close(&f);
    expect_file("kleio.log", "three\n");
    expect_file("kleio.1.log", "one\ntwo\n");
}

TEST(a_line_longer_than_the_bound_stands_alone)
{
    struct log_file f = open_in_new_directory(8, 5);
    log_file_write(&f, SLICE_LIT("a\nmuch too long\nb\n"));
    log_file_close(&f);
    expect_file("kleio.2.log", "a\n");
    expect_file("kleio.1.log", "much too long\n");
    expect_file("kleio.log", "b\n");
}

TEST(without_a_bound_one_file_grows)
{
    struct log_file f = open_in_new_directory(0, 5);
    for (int i = 0; i < 100; i++)
        log_file_write(&f, SLICE_LIT("line\n"));
    ASSERT_INT(500, f.bytes);
    log_file_close(&f);
    expect_file("kleio.1.log", NULL);
}

TEST(a_directory_that_cannot_be_made_is_an_error)
{
    struct log_file f;
    ASSERT(!log_file_open(&f, "/proc/none/log", 0, 1));
    ASSERT(strstr(err_text(), "/proc/none/log") != NULL);
}

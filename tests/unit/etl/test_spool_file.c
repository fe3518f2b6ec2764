/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/spool_file.h"

#include "base/mem.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *path_of(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", test_dir(), name);
    return path;
}

TEST(a_file_is_replaced_whole_and_read_back)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    const struct slice parts[] = {SLICE_LIT("one "), SLICE_LIT("two")}, other = SLICE_LIT("3");
    ASSERT_ERR(ERR_NOT_FOUND, spool_file_read(path_of("a"), &b));
    ASSERT_OK(spool_file_replace(path_of("a"), parts, 2, true));
    ASSERT_OK(spool_file_read(path_of("a"), &b));
    ASSERT(slice_is(buf_slice(&b), "one two"));
    ASSERT_OK(spool_file_replace(path_of("a"), &other, 1, false));
    buf_clear(&b);
    ASSERT_OK(spool_file_read(path_of("a"), &b));
    ASSERT(slice_is(buf_slice(&b), "3"));
    ASSERT(access(path_of("a.new"), F_OK) != 0);
    ASSERT_OK(spool_file_sync_names(test_dir()));
}

TEST(a_file_that_cannot_be_replaced_stays)
{
    const struct slice part = SLICE_LIT("x");
    ASSERT_ERR(ERR_NOT_FOUND, spool_file_replace(path_of("none/a"), &part, 1, true));
}

TEST(a_file_of_any_size_is_read)
{
    const size_t sizes[] = {0, 1, 4095, 4096, 4097, 300000};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        CLEANUP(mem_freep) uint8_t *bytes = xcalloc(1, sizes[i] + 1);
        CLEANUP(buf_deinit) struct buf b = {0};
        const struct slice part = slice_of(bytes, sizes[i]);
        ASSERT_OK(spool_file_replace(path_of("a"), &part, 1, false));
        ASSERT_OK(spool_file_read(path_of("a"), &b));
        ASSERT_INT(sizes[i], b.n);
    }
}

TEST(parts_are_written_one_behind_the_other)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    const struct slice parts[] = {SLICE_LIT("a"), SLICE_EMPTY, SLICE_LIT("bc")};
    int fd = open(path_of("f"), O_WRONLY | O_CREAT, 0600);
    ASSERT_OK(spool_file_put(fd, parts, 3, "f"));
    close(fd);
    ASSERT_OK(spool_file_read(path_of("f"), &b));
    ASSERT(slice_is(buf_slice(&b), "abc"));
    fd = open("/dev/full", O_WRONLY);
    ASSERT_ERR(ERR_FULL, spool_file_put(fd, parts, 3, "/dev/full"));
    close(fd);
}

TEST(a_checksum_tells_bytes_and_their_order)
{
    const struct slice ab[] = {SLICE_LIT("a"), SLICE_LIT("b")},
                       ba[] = {SLICE_LIT("b"), SLICE_LIT("a")};
    ASSERT(spool_file_checksum(ab, 2) == spool_file_checksum(ab, 2));
    ASSERT(spool_file_checksum(ab, 2) != spool_file_checksum(ba, 2));
    ASSERT(spool_file_checksum(ab, 1) != spool_file_checksum(ab, 2));
}

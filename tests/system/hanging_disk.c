/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that hangs, for LD_PRELOAD: while the file that HANGING_DISK names exists, reads of *.sst
 * wait. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_table(int fd)
{
    char link[32], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path);
    return n > 4 && memcmp(path + n - 4, ".sst", 4) == 0;
}

static void hang(int fd)
{
    const char *sign = getenv("HANGING_DISK");
    while (sign && access(sign, F_OK) == 0 && is_table(fd))
        usleep(20000);
}

ssize_t pread64(int fd, void *to, size_t n, off64_t at)
{
    static ssize_t (*real)(int, void *, size_t, off64_t);
    if (!real)
        real = (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
    hang(fd);
    return real(fd, to, n, at);
}

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    return pread64(fd, to, n, at);
}

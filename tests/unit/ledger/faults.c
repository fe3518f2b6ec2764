/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct faults faults_now;

static bool fails(int code)
{
    if (code == 0 || faults_now.n == 0)
        return false;
    if (faults_now.n > 0)
        faults_now.n--;
    errno = code;
    return true;
}

ssize_t faults_pwrite(int fd, const void *p, size_t n, off_t at) __asm__("pwrite");
ssize_t faults_pwrite(int fd, const void *p, size_t n, off_t at)
{
    if (fails(n < 4096 ? faults_now.meta_errno : faults_now.data_errno))
        return -1;
    return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t faults_pwrite64(int fd, const void *p, size_t n, off_t at) __asm__("pwrite64");
ssize_t faults_pwrite64(int fd, const void *p, size_t n, off_t at)
{
    return faults_pwrite(fd, p, n, at);
}

ssize_t faults_writev(int fd, const struct iovec *v, int n) __asm__("writev");
ssize_t faults_writev(int fd, const struct iovec *v, int n)
{
    if (fails(faults_now.data_errno))
        return -1;
    return syscall(SYS_writev, fd, v, n);
}

int faults_fdatasync(int fd) __asm__("fdatasync");
int faults_fdatasync(int fd)
{
    if (fails(faults_now.sync_errno))
        return -1;
    return (int)syscall(SYS_fdatasync, fd);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_heal.h"

#include "store/rocks_damage.h"

#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PROBE_BYTES                                                                                \
    (8 << 20) /* what opening may need at the least: manifest, log, small tables                   \
               */

static ERR probe_fd(const struct rocks *r, int fd)
{
    CLEANUP(mem_freep) char *zeros = xcalloc(1, 1 << 20);
    for (size_t n = 0; n < PROBE_BYTES; n += 1 << 20)
        if (write(fd, zeros, 1 << 20) != 1 << 20)
            return FAIL(ERR_IO, "store: %s: the disk takes no data: %s", r->path, strerror(errno));
    if (fsync(fd) != 0)
        return FAIL(ERR_IO, "store: %s: sync: %s", r->path, strerror(errno));
    return OK;
}

/* A closed database that cannot be opened answers nothing, so try the disk first. */
static ERR probe(const struct rocks *r)
{
    CLEANUP(mem_freep) char *path = rocks_path(r, "probe");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return FAIL(ERR_IO, "store: %s: %s", path, strerror(errno));
    err e = probe_fd(r, fd);
    close(fd);
    (void)unlink(path);
    return e;
}

ERR rocks_heal(struct rocks *r)
{
    if (!atomic_load(&r->failed))
        return OK;
    TRY(probe(r));
    pthread_rwlock_wrlock(&r->db_lock);
    err e = rocks_reopen(r);
    if (!err_failed(e)) {
        atomic_store(&r->failed, false);
        e = rocks_damage_meet(r, r->failure);
    }
    pthread_rwlock_unlock(&r->db_lock);
    if (err_failed(e)) {
        atomic_store(&r->failed, true);
        return e;
    }
    LOG_INFO("store: %s: opened again after a failed write", r->path);
    return OK;
}

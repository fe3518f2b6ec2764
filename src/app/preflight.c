/* SPDX-License-Identifier: Apache-2.0 */
#include "app/preflight.h"

#include "app/options.h"
#include "base/arena.h"
#include "base/mem.h"
#include "rippled/sources.h"
#include "web/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void note(struct buf *problems, err e)
{
    if (e.code)
        buf_printf(problems, "%s\n", err_text());
}

/* The nearest part of the path that exists; NULL when that is the working directory. */
static const char *existing(char *path)
{
    struct stat st;
    while (stat(path, &st) != 0 && errno == ENOENT) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return NULL;
        slash[slash == path] = 0; /* "/" itself stays */
    }
    return path;
}

/* The directory can be written, or made where it is missing. */
static err check_directory(const char *key, const char *path)
{
    CLEANUP(mem_freep) char *copy = xstrdup(path);
    const char *at = existing(copy);
    struct stat st;
    at = at ? at : ".";
    if (stat(at, &st) != 0 || access(at, W_OK | X_OK) != 0)
        return FAIL(ERR_IO, "config: %s: %s: %s", key, at, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return FAIL(ERR_IO, "config: %s: %s is not a directory", key, at);
    return OK;
}

/* The address is one of this machine's. The port may be in use by the server that runs. */
static err check_address(const char *ip)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is_v4 = inet_pton(AF_INET, ip, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, ip, &v6.sin6_addr) != 1)
        return FAIL(ERR_INVALID, "config: server.ip: %s is no address", ip);
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = fd < 0  ? -1
             : is_v4 ? bind(fd, (struct sockaddr *)&v4, sizeof v4)
                     : bind(fd, (struct sockaddr *)&v6, sizeof v6);
    err e = rc == 0 ? OK : FAIL(ERR_IO, "config: server.ip: %s: %s", ip, strerror(errno));
    if (fd >= 0)
        close(fd);
    return e;
}

static err check_sources(const struct config *c)
{
    uint32_t n = config_count(c, CONFIG_SOURCE_IP);
    if (n > SOURCES_MAX)
        return FAIL(ERR_LIMIT, "config: etl_sources: %u are given, %u may be", n, SOURCES_MAX);
    return OK;
}

bool preflight_check(const struct config *c, struct buf *ret_problems)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    size_t before = ret_problems->n;
    struct web_opts web = options_web(c, a);
    note(ret_problems, options_check(c));
    note(ret_problems, check_sources(c));
    note(ret_problems, check_address(config_str(c, CONFIG_SERVER_IP)));
    note(ret_problems, web_check_names(&web));
    note(ret_problems,
         check_directory("database.rocksdb.path", config_str(c, CONFIG_ROCKSDB_PATH)));
    if (config_str(c, CONFIG_LOG_DIRECTORY))
        note(ret_problems, check_directory("log.directory", config_str(c, CONFIG_LOG_DIRECTORY)));
    return ret_problems->n == before;
}

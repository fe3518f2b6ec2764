/* SPDX-License-Identifier: Apache-2.0 */
#include "app/reset.h"

#include "app/config.h"
#include "base/mem.h"
#include "store/rocks.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILES 16

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* What is there; -1: it cannot be opened. A store that is damaged may be thrown away, too. */
static int describe(const char *path, const char *history, FILE *out)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = NULL;
    struct store_range ranges[STORE_MAX_RANGES];
    struct store_stats stats;
    struct slice network = SLICE_EMPTY;
    size_t n = 0;
    err e = rocks_open(&(struct rocks_opts){.path = history}, &s);
    if (e.code == ERR_LOCKED) {
        fprintf(out, "kleio: %s\nkleio: stop the server first\n", err_text());
        return -1;
    }
    if (e.code) {
        fprintf(out, "%s: cannot be read (%s)\n", path, err_text());
        return 0;
    }
    store_ranges(s, ranges, &n);
    store_stats(s, &stats);
    e = store_meta_get(s, "network_id", a, &network);
    (void)e; /* none yet */
    fprintf(out, "%s: network %.*s,", path, network.n ? (int)network.n : 7,
            network.n ? (const char *)network.p : "unknown");
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s ledgers %u to %u", i ? "," : "", ranges[i].first, ranges[i].last);
    fprintf(out, "%s, %llu MiB\n", n ? "" : " no ledgers",
            (unsigned long long)(stats.disk_bytes >> 20));
    store_close(s);
    return 0;
}

static bool confirmed(FILE *in, FILE *out)
{
    char line[16] = "";
    fprintf(out, "This throws all of it away for good. Type `yes` to go on: ");
    fflush(out);
    return fgets(line, sizeof line, in) && strcmp(line, "yes\n") == 0;
}

static bool remove_tree(const char *path, FILE *out)
{
    if (nftw(path, remove_one, MAX_FILES, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return true;
    fprintf(out, "kleio: %s: %s\n", path, strerror(errno));
    return false;
}

int reset_run(const struct config *config, FILE *in, FILE *out)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    const char *path = config_str(config, CONFIG_ROCKSDB_PATH);
    const char *history = arena_printf(a, "%s/history", path);
    const char *mirror = arena_printf(a, "%s/mirror", path);
    if (access(history, F_OK) != 0 && access(mirror, F_OK) != 0) {
        fprintf(out, "%s: holds nothing\n", path);
        return 0;
    }
    if (access(history, F_OK) == 0 && describe(path, history, out) != 0)
        return 1;
    if (!confirmed(in, out)) {
        fprintf(out, "nothing was done\n");
        return 1;
    }
    if (!remove_tree(history, out) || !remove_tree(mirror, out))
        return 1;
    fprintf(out, "%s: the next start loads anew\n", path);
    return 0;
}

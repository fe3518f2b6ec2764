/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_status.h"

#include "base/mem.h"
#include "unit/store/fixture.h"

#include <dirent.h>
#include <stdlib.h>

static err status_of(const char *text)
{
    return rocks_status("/data", "thing", text ? strdup(text) : NULL);
}

TEST(rocks_status_keeps_text_path_and_subject)
{
    ASSERT_OK(status_of(NULL));
    ASSERT_ERR(ERR_IO, status_of("IO error: No space left on device: While appending to file: x"));
    ASSERT(strstr(err_text(), "/data: thing:") && strstr(err_text(), "No space left"));
    ASSERT_ERR(ERR_CORRUPT, status_of("Corruption: block checksum mismatch"));
    ASSERT_ERR(
        ERR_LOCKED,
        status_of("IO error: While lock file: /data/LOCK: Resource temporarily unavailable"));
    ASSERT_ERR(ERR_INVALID, status_of("Invalid argument: x"));
    ASSERT_ERR(ERR_IO, status_of("Something new: x"));
    ASSERT_ERR(ROCKS_COLD, status_of("Result incomplete: x"));
}

/* Flip bits in every block of the data files. */
static void damage(const char *path)
{
    FILE *f = fopen(path, "r+b");
    ASSERT(f != NULL);
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    for (long at = 20; at < n - 2000;
         at += 500) { /* footer and properties stay: the file still opens */
        fseek(f, at, SEEK_SET);
        int c = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(c ^ 0x55, f);
    }
    fclose(f);
}

static void damage_data(const char *dir)
{
    char path[1024];
    DIR *d = opendir(dir);
    for (struct dirent *e; (e = readdir(d));) {
        if (strstr(e->d_name, ".sst") == NULL)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        damage(path);
    }
    closedir(d);
}

TEST(rocks_status_names_damage_in_the_files)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(mem_freep) struct model *m = model_new(3);
    struct store *s = fixture_open(test_dir());
    size_t n_corrupt = 0;
    model_load(m, s);
    model_write(m, s, 40);
    store_close(s);
    damage_data(test_dir());
    s = fixture_open(test_dir());
    for (size_t i = 0; i < MODEL_N_KEYS; i++) {
        struct slice got;
        err e = store_objects_get(s, m->seq, &m->keys[i], 1, a, &got, NULL);
        n_corrupt += e.code == ERR_CORRUPT && strstr(err_text(), test_dir()) &&
                     strstr(err_text(), "objects");
        ASSERT(e.code == 0 || e.code == ERR_CORRUPT);
    }
    ASSERT(n_corrupt > 0);
    store_close(s);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "app/reset.h"

#include "app/config.h"
#include "base/mem.h"
#include "store/rocks.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config *config_here(void)
{
    static char text[512];
    struct buf problems = {0};
    struct config *c = NULL;
    snprintf(text, sizeof text,
             "{\"server\":{\"ip\":\"127.0.0.1\",\"port\":1},\"database\":{\"rocksdb\":{\"path\":\"%"
             "s/data\"}}}",
             test_dir());
    ASSERT_OK(config_parse("test", slice_str(text), &problems, &c));
    buf_deinit(&problems);
    return c;
}

static struct store *store_here(void)
{
    char path[512];
    struct store *s = NULL;
    snprintf(path, sizeof path, "%s/data", test_dir());
    ASSERT(mkdir(path, 0755) == 0 || access(path, F_OK) == 0);
    snprintf(path, sizeof path, "%s/data/history", test_dir());
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = path}, &s));
    return s;
}

static bool there(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s/data/history", test_dir());
    return access(path, F_OK) == 0;
}

/* The status and what it says. */
static int reset(const char *answer, char **ret_said)
{
    size_t n;
    static char empty[] = "\n";
    FILE *in = fmemopen(answer[0] ? (void *)(uintptr_t)answer : empty, strlen(answer) + 1, "r");
    FILE *out = open_memstream(ret_said, &n);
    struct config *c = config_here();
    int status = reset_run(c, in, out);
    config_free(c);
    fclose(in);
    fclose(out);
    return status;
}

TEST(a_reset_says_what_it_throws_away_and_asks)
{
    char *said = NULL;
    ASSERT_INT(0, reset("", &said));
    ASSERT(strstr(said, "holds nothing") != NULL);
    free(said);
    struct store *s = store_here();
    ASSERT_OK(store_meta_put(s, "network_id", SLICE_LIT("21")));
    ASSERT_INT(1, reset("yes\n", &said));
    ASSERT(strstr(said, "stop the server first") != NULL && there());
    free(said);
    store_close(s);
    ASSERT_INT(1, reset("no\n", &said));
    ASSERT(strstr(said, "network 21") != NULL && strstr(said, "nothing was done") && there());
    free(said);
    ASSERT_INT(0, reset("yes\n", &said));
    ASSERT(!there());
    free(said);
}

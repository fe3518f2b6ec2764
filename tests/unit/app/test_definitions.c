/* SPDX-License-Identifier: Apache-2.0 */
#include "app/definitions.h"

#include "test.h"
#include "xrpl/learn.h"
#include "xrpl/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/kleio-definitions-XXXXXX";

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    ASSERT(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* Off a fiber and without a pool the work runs in place. */
TEST(a_file_is_learned_from_and_read_again)
{
    int fd = mkstemp(path);
    ASSERT(fd >= 0);
    close(fd);
    write_file("{\"TRANSACTION_TYPES\":{\"NewThingSet\":400}}");
    ASSERT_OK(definitions_read(path));
    ASSERT_INT(400, names_tx_by_name(tables_now(), SLICE_LIT("NewThingSet")));
    ASSERT_STR(path, tables_now()->origin);
    write_file("{\"result\":{\"TRANSACTION_TYPES\":{\"Later\":401}}}");
    ASSERT_OK(definitions_read(path));
    ASSERT_INT(401, names_tx_by_name(tables_now(), SLICE_LIT("Later")));
    write_file("{\"TRANSACTION_TYPES\":{\"Payment\":402}}");
    ASSERT_ERR(ERR_INVALID, definitions_read(path));
    ASSERT_INT(2, tables_now()->generation);
    unlink(path);
    ASSERT_ERR(ERR_IO, definitions_read(path));
    ASSERT_OK(definitions_read(NULL));
}

TEST(a_file_that_does_not_end_is_refused)
{
    ASSERT_ERR(ERR_LIMIT, definitions_read((char[]){"/dev/zero"}));
    ASSERT_ERR(ERR_IO, definitions_read((char[]){"/tmp"}));
}

TEST(what_a_source_says_is_learned_or_refused)
{
    definitions_take(NULL, "host:1", "9.0.0", SLICE_LIT("{\"TRANSACTION_TYPES\":{\"New\":400}}"));
    ASSERT_STR("host:1", tables_now()->origin);
    ASSERT_STR("9.0.0", tables_now()->version);
    definitions_take(NULL, "host:2", NULL, SLICE_LIT("nonsense"));
    ASSERT_INT(1, tables_now()->generation);
}

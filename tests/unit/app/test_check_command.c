/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check_command.h"

#include "test.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

static int run(int argc, ...)
{
    char *argv[12];
    va_list ap;
    va_start(ap, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = va_arg(ap, char *);
    va_end(ap);
    argv[argc] = NULL;
    optind = 0;
    return check_command_run(argc, argv);
}

static char *write_config(char path[600])
{
    snprintf(path, 600, "%s/kleio.json", test_dir());
    FILE *f = fopen(path, "w");
    fprintf(f, "{\"database\": {\"rocksdb\": {\"path\": \"%s/store\"}}}", test_dir());
    fclose(f);
    return path;
}

TEST(check_command_refuses_what_it_does_not_know)
{
    ASSERT_INT(2, run(2, "check", "--everything"));
    ASSERT_INT(2, run(3, "check", "--from", "x"));
    ASSERT_INT(2, run(3, "check", "--from", "-1"));
    ASSERT_INT(2, run(3, "check", "--states", "0"));
    ASSERT_INT(2, run(3, "check", "--states", "some"));
    ASSERT_INT(2, run(2, "check", "extra"));
    ASSERT_INT(2, run(3, "check", "--conf", "/no/such/file"));
}

TEST(check_command_says_that_a_history_is_empty)
{
    char path[600];
    write_config(path);
    ASSERT_INT(2, run(4, "check", "--conf", path, "--repair"));
    ASSERT_INT(2, run(3, "check", "--conf", path)); /* there is a store now, and nothing in it */
}

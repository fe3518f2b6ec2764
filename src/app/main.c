/* SPDX-License-Identifier: Apache-2.0 */
/* The command line (etl-db 7.3). */
#include "app/check_command.h"
#include "app/config.h"
#include "app/preflight.h"
#include "app/reset.h"
#include "app/server.h"
#include "base/crash.h"
#include "rpc/openrpc.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static void put_usage(FILE *to)
{
    fprintf(to,
            "Kleio %s: an XRP Ledger API server\n"
            "usage: kleio [--conf] FILE [--verify] | check [--conf FILE] ... | --version | --help\n"
            "  -c, --conf FILE                configuration; without any, 127.0.0.1:51233 and a "
            "rippled on 127.0.0.1\n"
            "      --verify                   check the configuration and exit\n"
            "  -d, --config-description FILE  write the description of all keys as Markdown\n"
            "      --openrpc                  print the API as an OpenRPC document\n"
            "      --reset                    say what the store holds, and after a `yes` throw it "
            "away\n"
            "  -v, --version\n"
            "  -h, --help\n",
            SERVER_VERSION);
}

static int write_description(const char *path)
{
    struct buf text = {0};
    config_describe(&text);
    FILE *f = fopen(path, "wb");
    bool fine = f && fwrite(text.p, 1, text.n, f) == text.n;
    if (f && fclose(f) != 0)
        fine = false;
    buf_deinit(&text);
    if (!fine)
        fprintf(stderr, "kleio: %s: %s\n", path, strerror(errno));
    return fine ? 0 : 1;
}

static int put_openrpc(void)
{
    struct buf text = {0};
    openrpc_put(&text, SERVER_VERSION);
    buf_put_u8(&text, '\n');
    bool fine = fwrite(text.p, 1, text.n, stdout) == text.n && fflush(stdout) == 0;
    buf_deinit(&text);
    if (!fine)
        fprintf(stderr, "kleio: standard output: %s\n", strerror(errno));
    return fine ? 0 : 1;
}

/* What the start would refuse. */
static int verify_config(const struct config *config, const char *path)
{
    struct buf problems = {0};
    bool fine = preflight_check(config, &problems);
    if (fine)
        printf("Config %s is correct\n", path ? path : "(default)");
    else
        fprintf(stderr, "Issues found in provided config '%s':\n%.*s", path ? path : "(default)",
                (int)problems.n, (const char *)problems.p);
    buf_deinit(&problems);
    return fine ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "check") == 0)
        return check_command_run(argc - 1, argv + 1);
    enum { VERIFY = 1000, OPENRPC, RESET };
    static const struct option options[] = {
        {"conf", 1, NULL, 'c'},    {"config-description", 1, NULL, 'd'},
        {"help", 0, NULL, 'h'},    {"verify", 0, NULL, VERIFY},
        {"version", 0, NULL, 'v'}, {"openrpc", 0, NULL, OPENRPC},
        {"reset", 0, NULL, RESET}, {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool verify = false, reset = false;
    crash_install();
    for (int c; (c = getopt_long(argc, argv, "c:d:hv", options, NULL)) != -1;) {
        switch (c) {
        case 'c': path = optarg; break;
        case 'd': return write_description(optarg);
        case 'h': put_usage(stdout); return 0;
        case 'v': printf("kleio-%s\n", SERVER_VERSION); return 0;
        case OPENRPC: return put_openrpc();
        case VERIFY: verify = true; break;
        case RESET: reset = true; break;
        default: put_usage(stderr); return 1;
        }
    }
    if (path == NULL && optind < argc)
        path = argv[optind++];
    if (optind < argc) {
        fprintf(stderr, "kleio: unexpected argument '%s'\n", argv[optind]);
        put_usage(stderr);
        return 1;
    }
    struct config *config = config_load_or_say(path);
    if (config == NULL)
        return 1;
    int status = verify  ? verify_config(config, path)
                 : reset ? reset_run(config, stdin, stdout)
                         : server_run(config);
    config_free(config);
    return status;
}

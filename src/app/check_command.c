/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check_command.h"

#include "app/config.h"
#include "app/repair_help.h"
#include "app/server.h"
#include "etl/heal.h"
#include "rt/clock.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_NS (2 * CLOCK_S)

static volatile sig_atomic_t stopped;

struct command {
    const char *conf;
    const char *mirror; /* where a server of this configuration has its own, disposable data */
    const char *resume; /* file with the next ledger; NULL: none */
    struct check_opts opts;
    int64_t said_ns;
};

static void put_usage(FILE *to)
{
    fprintf(to,
            "usage: kleio check [--conf FILE] [options]\n"
            "  -c, --conf FILE   configuration that names the history\n"
            "      --repair      mend what can be derived; no server may run on the history\n"
            "      --from N      first ledger to look at (the oldest)\n"
            "      --to N        last ledger to look at (the newest)\n"
            "      --states X    ledgers whose whole state is recomputed: newest (default), none,\n"
            "                    or every Nth\n"
            "      --rate N      reads a second, about (no bound)\n"
            "      --resume FILE keep the position there, and go on from it\n");
}

static bool number(const char *text, uint32_t *ret)
{
    char *end;
    errno = 0;
    unsigned long v = strtoul(text, &end, 10);
    if (errno || *end || end == text || v > UINT32_MAX || text[0] == '-')
        return false;
    *ret = (uint32_t)v;
    return true;
}

static bool states(const char *text, uint32_t *ret)
{
    if (strcmp(text, "newest") == 0)
        *ret = CHECK_STATE_NEWEST;
    else if (strcmp(text, "none") == 0)
        *ret = CHECK_STATE_NONE;
    else
        return number(text, ret) && *ret > 0;
    return true;
}

static bool parse(struct command *c, int argc, char **argv)
{
    enum { REPAIR = 1000, FROM, TO, STATES, RATE, RESUME };
    static const struct option options[] = {
        {"conf", 1, NULL, 'c'},      {"repair", 0, NULL, REPAIR}, {"from", 1, NULL, FROM},
        {"to", 1, NULL, TO},         {"states", 1, NULL, STATES}, {"rate", 1, NULL, RATE},
        {"resume", 1, NULL, RESUME}, {NULL, 0, NULL, 0}};
    uint32_t rate = 0;
    bool fine = true;
    for (int o; fine && (o = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
        switch (o) {
        case 'c': c->conf = optarg; break;
        case REPAIR: c->opts.repair = true; break;
        case FROM: fine = number(optarg, &c->opts.from); break;
        case TO: fine = number(optarg, &c->opts.to); break;
        case STATES: fine = states(optarg, &c->opts.state_every); break;
        case RATE: fine = number(optarg, &rate); break;
        case RESUME: c->resume = optarg; break;
        default: fine = false;
        }
    }
    c->opts.max_per_s = rate;
    return fine && optind == argc;
}

/* --- the position --- */

static void read_position(struct command *c)
{
    uint32_t next;
    FILE *f = c->resume ? fopen(c->resume, "r") : NULL;
    if (f && fscanf(f, "%u", &next) == 1 && next > c->opts.from)
        c->opts.from = next;
    if (f)
        fclose(f);
}

static void write_position(const struct command *c, uint32_t next)
{
    FILE *f = c->resume ? fopen(c->resume, "w") : NULL;
    if (c->resume && (f == NULL || fprintf(f, "%u\n", next) < 0 || fclose(f) != 0))
        fprintf(stderr, "kleio: %s: %s\n", c->resume, strerror(errno));
}

/* --- what it says --- */

static void say(void *arg, const char *line, bool mended)
{
    (void)arg;
    printf("%s%s\n", line, mended ? ": mended" : "");
    fflush(stdout);
}

static bool progress(void *arg, const struct check_progress *p)
{
    struct command *c = arg;
    int64_t now_ns = clock_now_ns();
    if (now_ns - c->said_ns > PROGRESS_NS) {
        fprintf(stderr, "ledger %u of %u\n", p->seq, p->last);
        write_position(c, p->next);
        c->said_ns = now_ns;
    }
    return !stopped;
}

static int conclude(const struct command *c, const struct check_result *r)
{
    if (r->next) {
        write_position(c, r->next);
        printf("stopped; go on with --from %u\n", r->next);
    } else if (c->resume) {
        remove(c->resume);
    }
    printf(
        "%llu ledgers, %llu transactions, %llu index rows, %llu objects, %llu states: %llu wrong, "
        "%llu mended\n",
        (unsigned long long)r->n_ledgers, (unsigned long long)r->n_txs,
        (unsigned long long)r->n_rows, (unsigned long long)r->n_objects,
        (unsigned long long)r->n_states, (unsigned long long)r->n_wrong,
        (unsigned long long)r->n_mended);
    if (r->n_wrong > r->n_mended)
        return 1;
    return r->next ? 3 : 0;
}

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static err repair(struct command *c, const struct config *config, struct check_result *ret)
{
    struct repair_help help;
    bool copied = false, taken = false;
    repair_help_start(&help, config, c->opts.store);
    struct heal_opts opts = {
        .check = c->opts, .home = help.core, .sources = help.sources, .ledgers = help.ledgers};
    err e = heal_run(&opts, ret, &copied, &taken);
    repair_help_stop(&help);
    if (copied && e.code == 0)
        printf(taken ? "files were damaged: what they lost was made anew\n"
                     : "files are damaged, and not all that they lost could be made anew: nothing "
                       "has been changed\n");
    if (copied && !taken)
        ret->n_mended = 0;
    return e;
}

static int check(struct command *c, const struct config *config)
{
    struct check_result result = {0};
    char scratch[1024];
    snprintf(scratch, sizeof scratch, "%s-check-%d", c->mirror, (int)getpid());
    c->opts.scratch = scratch;
    err e = c->opts.repair ? repair(c, config, &result) : check_run(&c->opts, &result);
    store_close(c->opts.store);
    if (err_failed(e)) {
        fprintf(stderr, "kleio: %s\n", err_text());
        return 2;
    }
    return conclude(c, &result);
}

int check_command_run(int argc, char **argv)
{
    struct command c = {
        .opts = {.state_every = CHECK_STATE_NEWEST, .say = say, .progress = progress}};
    c.opts.arg = &c;
    if (!parse(&c, argc, argv)) {
        put_usage(stderr);
        return 2;
    }
    struct config *config = config_load_or_say(c.conf);
    if (config == NULL)
        return 2;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    read_position(&c);
    c.mirror =
        config_given(config, CONFIG_MIRROR_PATH) ? config_str(config, CONFIG_MIRROR_PATH) : "kleio";
    err e = server_open_history(config, !c.opts.repair, &c.opts.store);
    if (err_failed(e))
        fprintf(stderr, "kleio: %s\n", err_text());
    int status = err_failed(e) ? 2 : check(&c, config);
    config_free(config);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/progress.h"

#include "base/log.h"
#include "rt/clock.h"

#include <stdio.h>

struct progress progress_of(bool terminal, int64_t now_ns)
{
    return (struct progress){.terminal = terminal, .begun_ns = now_ns, .said_ns = now_ns};
}

static void left_text(int64_t ns, char *out, size_t n_out)
{
    long long s = ns / CLOCK_S;
    if (s < 120)
        snprintf(out, n_out, "%lld s", s);
    else if (s < 7200)
        snprintf(out, n_out, "%lld min", s / 60);
    else
        snprintf(out, n_out, "%lld h %lld min", s / 3600, s % 3600 / 60);
}

void progress_text(const struct progress *p, uint32_t seq, uint64_t n_objects, uint32_t permille,
                   int64_t now_ns, char *out, size_t n_out)
{
    int64_t elapsed = now_ns - p->begun_ns;
    double rate = elapsed > 0 ? (double)n_objects * 1e9 / (double)elapsed : 0;
    char left[40];
    if (permille == 0)
        snprintf(left, sizeof(left), "unknown time");
    else
        left_text(elapsed / permille * (1000 - permille), left, sizeof(left));
    snprintf(out, n_out,
             "load of ledger %u: %llu objects, %.0f/s, %u %% of the keys, about %s left", seq,
             (unsigned long long)n_objects, rate, permille / 10, left);
}

void progress_say(struct progress *p, uint32_t seq, uint64_t n_objects, uint32_t permille,
                  int64_t now_ns)
{
    char text[200];
    if (now_ns - p->said_ns < (p->terminal ? 1 : 10) * CLOCK_S)
        return;
    p->said_ns = now_ns;
    progress_text(p, seq, n_objects, permille, now_ns, text, sizeof(text));
    if (!p->terminal) {
        LOG_INFO("etl: %s", text);
        return;
    }
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
    p->line_open = true;
}

void progress_end(struct progress *p)
{
    if (p->line_open)
        fprintf(stderr, "\r\033[K");
    p->line_open = false;
}

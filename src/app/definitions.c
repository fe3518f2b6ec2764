/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_GENERAL
#include "app/definitions.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "rt/offload.h"
#include "xrpl/learn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One document to be taken in, on a thread of the pool. */
struct work {
    const char *path; /* read it first; NULL: `text` is there */
    const char *origin, *version;
    struct slice text;
    struct learn_news news;
};

static err read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return FAIL(ERR_IO, "definitions: %s: %s", path, strerror(errno));
    size_t n = 1;
    while (n > 0 && out->n <= LEARN_MAX_BYTES) {
        uint8_t *p = buf_reserve(out, 1 << 16);
        n = fread(p, 1, 1 << 16, f);
        buf_advance(out, n);
    }
    bool failed = ferror(f) != 0;
    fclose(f);
    return failed ? FAIL(ERR_IO, "definitions: %s: it cannot be read", path) : OK;
}

static err run(void *arg)
{
    struct work *w = arg;
    CLEANUP(buf_deinit) struct buf file = {0};
    if (w->path) {
        TRY(read_file(w->path, &file));
        w->text = buf_slice(&file);
    }
    return learn_definitions(w->text, w->origin, w->version, &w->news);
}

static void say(const struct work *w)
{
    const struct learn_news *n = &w->news;
    const char *version = w->version ? w->version : "";
    if (!learn_is_news(n))
        LOG_INFO("definitions: %s %s: nothing new (%u known here under another name)", w->origin,
                 version, n->n_renamed);
    else
        LOG_INFO("definitions: learned from %s %s: %u fields, %u types of ledger entries, %u of "
                 "transactions, %u results, %u types of values (%u known here under another name)",
                 w->origin, version, n->n_fields, n->n_entry_types, n->n_tx_types, n->n_tx_results,
                 n->n_prefixed, n->n_renamed);
}

YIELDS ERR definitions_read(void *path)
{
    if (path == NULL)
        return OK;
    struct work w = {.path = path, .origin = path};
    TRY(offload_run(run, &w));
    say(&w);
    return OK;
}

YIELDS void definitions_take(void *arg, const char *source, const char *version, struct slice text)
{
    struct work w = {.text = text, .origin = source, .version = version};
    err e = offload_run(run, &w);
    if (err_failed(e))
        LOG_WARN("definitions: those of source %s (%s) are refused: %s", source,
                 version ? version : "version unknown", err_text());
    else
        say(&w);
    (void)arg;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a source's WebSocket says, a message a line: whatever comes, what we note of it is in order,
 * and a message is relayed as it came. */
#include "base/arena.h"
#include "fuzz.h"
#include "json/json.h"
#include "rippled/link.h"
#include "rippled/source.h"
#include "rt/core.h"

#include <stdlib.h>
#include <string.h>

struct input {
    struct slice text;
    struct slice line; /* being taken */
};

static void on_message(void *arg, enum sources_message kind, struct slice text,
                       const struct json *message)
{
    const struct input *in = arg;
    if (kind <= SOURCES_MESSAGE_NONE || kind >= SOURCES_N_MESSAGES || !slice_eq(text, in->line) ||
        message->type != JSON_OBJECT)
        abort();
}

static void on_definitions(void *arg, const char *source, const char *version, struct slice text)
{
    if (text.n < 2 || text.p[0] != '{' || strlen(source) == 0)
        abort();
    (void)arg, (void)version;
}

static void expect_order(const struct source *s)
{
    const struct ranges *r = &s->ranges;
    for (uint32_t i = 0; i < r->n; i++)
        if (r->spans[i].first > r->spans[i].last ||
            (i && r->spans[i].first <= r->spans[i - 1].last))
            abort();
    if (standing_newest(&s->standing) >= STANDING_NONSENSE)
        abort();
}

static void take_lines(struct source *s, struct input *in)
{
    struct arena *scratch = arena_new(4 << 20);
    char version[SOURCE_VERSION_MAX];
    uint32_t network;
    for (struct slice rest = in->text; rest.n;) {
        const uint8_t *end = memchr(rest.p, '\n', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        in->line = slice_of(rest.p, n);
        err_ignore(link_take_message(s, in->line, scratch));
        expect_order(s);
        (void)link_network_of(in->line, scratch, &network);
        (void)link_is_for_admin(in->line, scratch);
        link_version_of(in->line, scratch, version, sizeof version);
        rest = slice_from(rest, n + 1);
    }
    arena_free(scratch);
}

static void run(void *arg)
{
    struct input *in = arg;
    struct sources_endpoint e = {.host = "192.0.2.1"}; /* no ports: nothing is connected to */
    struct sources_opts opts = {.endpoints = &e,
                                .n_endpoints = 1,
                                .on_message = on_message,
                                .on_definitions = on_definitions,
                                .arg = in};
    struct sources *all;
    if (err_failed(sources_start(&opts, &all)))
        abort();
    sources_want(all, ~0U);
    take_lines(&all->list[0], in);
    sources_stop(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct input in = {.text = slice_of(p, n)};
    if (err_failed(core_run_fiber("fuzz", run, &in)))
        abort();
    return 0;
}

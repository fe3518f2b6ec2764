/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/relay.h"

#include "base/arena.h"
#include "base/mem.h"
#include "json/json.h"
#include "rippled/source.h"
#include "test.h"

#include <stdlib.h>

static enum sources_message kind_of(const char *text)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v;
    ASSERT_OK(json_parse(slice_str(text), NULL, a, &v, NULL));
    return relay_kind(&v);
}

TEST(streams_are_known_by_their_messages)
{
    ASSERT_INT(SOURCES_MESSAGE_PROPOSED, kind_of("{\"type\":\"transaction\",\"transaction\":{}}"));
    ASSERT_INT(SOURCES_MESSAGE_NONE,
               kind_of("{\"type\":\"transaction\",\"transaction\":{},\"meta\":{}}"));
    ASSERT_INT(SOURCES_MESSAGE_VALIDATION, kind_of("{\"type\":\"validationReceived\"}"));
    ASSERT_INT(SOURCES_MESSAGE_MANIFEST, kind_of("{\"type\":\"manifestReceived\"}"));
    ASSERT_INT(SOURCES_MESSAGE_SERVER, kind_of("{\"type\":\"serverStatus\"}"));
    ASSERT_INT(SOURCES_MESSAGE_CONSENSUS, kind_of("{\"type\":\"consensusPhase\"}"));
    ASSERT_INT(SOURCES_MESSAGE_PEER_STATUS, kind_of("{\"type\":\"peerStatusChange\"}"));
    ASSERT_INT(SOURCES_MESSAGE_NONE, kind_of("{\"type\":\"ledgerClosed\"}"));
    ASSERT_INT(SOURCES_MESSAGE_NONE, kind_of("{\"type\":5}"));
}

TEST(what_was_seen_lately_is_not_new)
{
    struct relay_seen *seen = xcalloc(1, sizeof *seen);
    for (uint64_t i = 0; i < 10 * RELAY_SEEN; i++) {
        uint64_t hash = i * 0x9E3779B97F4A7C15u;
        ASSERT(relay_is_new(seen, hash));
        ASSERT(!relay_is_new(seen, hash));
        if (i >= RELAY_SEEN)
            ASSERT(!relay_is_new(seen, (i - RELAY_SEEN + 1) * 0x9E3779B97F4A7C15u));
    }
    free(seen);
}

/* Two sources that tell the same. */
struct rig {
    struct sources all;
    struct source list[2];
    char got[8][200];
    int n;
};

static void on_message(void *arg, enum sources_message kind, struct slice text,
                       const struct json *message)
{
    struct rig *r = arg;
    snprintf(r->got[r->n++], 200, "%.*s", SLICE_FMT(text));
}

static void say(struct rig *r, int source, const char *text)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v;
    ASSERT_OK(json_parse(slice_str(text), NULL, a, &v, NULL));
    relay_take(&r->list[source], slice_str(text), &v);
}

TEST(what_two_sources_say_comes_once)
{
    struct rig *r = xcalloc(1, sizeof *r);
    r->all = (struct sources){.n = 2, .list = r->list, .on_message = on_message, .arg = r};
    r->list[0].all = r->list[1].all = &r->all;
    r->list[1].index = 1;
    say(r, 0, "{\"type\":\"validationReceived\",\"signature\":\"A\",\"cookie\":1}");
    say(r, 1, "{\"type\":\"validationReceived\",\"signature\":\"A\",\"cookie\":2}");
    say(r, 1, "{\"type\":\"validationReceived\",\"signature\":\"B\"}");
    say(r, 1, "{\"transaction\":{\"hash\":\"X\"},\"engine_result\":\"tesSUCCESS\"}");
    say(r, 0, "{\"engine_result\":\"tesSUCCESS\",\"transaction\":{\"hash\":\"X\"}}");
    say(r, 0, "{\"engine_result\":\"terQUEUED\",\"transaction\":{\"hash\":\"X\"}}");
    ASSERT_INT(4, r->n);
    say(r, 1, "{\"type\":\"serverStatus\"}"); /* another server's own */
    ASSERT_INT(4, r->n);
    say(r, 0, "{\"type\":\"serverStatus\"}");
    say(r, 0, "{\"type\":\"serverStatus\"}"); /* said twice: meant twice */
    ASSERT_INT(6, r->n);
    free(r);
}

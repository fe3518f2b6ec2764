/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/link.h"

#include "base/arena.h"
#include "base/mem.h"
#include "fake_source.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

static bool network_of(const char *text, uint32_t *ret)
{
    struct arena *a = arena_new(0);
    bool ok = link_network_of(slice_str(text), a, ret);
    arena_free(a);
    return ok;
}

TEST(the_network_is_read_from_server_info)
{
    uint32_t id = 7;
    ASSERT(network_of("{\"result\":{\"info\":{\"network_id\":21338}}}", &id));
    ASSERT_INT(21338, id);
    ASSERT(network_of("{\"result\":{\"info\":{}}}", &id)); /* Mainnet does not say */
    ASSERT_INT(0, id);
    ASSERT(!network_of("{\"result\":{}}", &id));
    ASSERT(!network_of("{\"error\":\"x\"}", &id));
    ASSERT(!network_of("{\"result\":{\"info\":{\"network_id\":-1}}}", &id));
    ASSERT(!network_of("{\"result\":{\"info\":{\"network_id\":\"1\"}}}", &id));
    ASSERT(!network_of("[1]", &id));
    ASSERT(!network_of("x", &id));
}

TEST(what_only_admins_are_shown_tells_that_we_are_one)
{
    struct arena *a = arena_new(0);
    struct slice guest = SLICE_LIT("{\"result\":{\"info\":{\"peers\":3}}}");
    struct slice admin = SLICE_LIT("{\"result\":{\"info\":{\"pubkey_validator\":\"none\"}}}");
    ASSERT(!link_is_for_admin(guest, a));
    ASSERT(link_is_for_admin(admin, a));
    ASSERT(!link_is_for_admin(SLICE_LIT("x"), a));
    arena_free(a);
}

/* A source and what its link brought. */
struct rig {
    struct fake_source fake;
    struct sources *sources;
    char seen[8][100]; /* relayed messages */
    uint32_t n_seen;
};

static void on_relay(void *arg, enum sources_message kind, struct slice text,
                     const struct json *message)
{
    struct rig *r = arg;
    ASSERT(message != NULL && r->n_seen < 8);
    snprintf(r->seen[r->n_seen++], 100, "%d:%.*s", (int)kind, SLICE_FMT(text));
}

static void rig_start(struct rig *r)
{
    fake_source_start(&r->fake);
    struct sources_endpoint e = fake_source_endpoint(&r->fake);
    struct sources_opts opts = {
        .endpoints = &e, .n_endpoints = 1, .on_message = on_relay, .arg = r};
    ASSERT_OK(sources_start(&opts, &r->sources));
}

static void rig_stop(struct rig *r)
{
    sources_stop(r->sources);
    fake_source_stop(&r->fake);
    free(r);
}

static struct rig *rig_new(void)
{
    return xcalloc(1, sizeof(struct rig));
}

static void info_of(struct rig *r, struct sources_info *ret, char range[100])
{
    struct arena *a = arena_new(0);
    ASSERT_INT(1, sources_get_info(r->sources, a, ret, 1));
    snprintf(range, 100, "%s", ret->validated_range);
    arena_free(a);
}

static void follows_ledgers(void *arg)
{
    struct rig *r = rig_new();
    struct sources_info info;
    char range[100];
    (void)arg;
    r->fake.network_id = 5;
    r->fake.held = "empty";
    rig_start(r);
    info_of(r, &info, range);
    ASSERT(!info.connected && info.last_message_ns == 0);
    ASSERT_STR("N/A", range);
    EVENTUALLY(sources_n_connected(r->sources) == 1);
    EVENTUALLY((info_of(r, &info, range), !strcmp(range, "empty")));
    uint32_t id;
    ASSERT(sources_network_id(r->sources, &id));
    ASSERT_INT(5, id);
    fake_source_close_ledger(&r->fake, 3, 9);
    EVENTUALLY(sources_newest(r->sources) == 9);
    ASSERT_INT(1, sources_epoch(r->sources));
    info_of(r, &info, range);
    ASSERT_STR("3-9", range);
    ASSERT(info.connected && info.forwarding && info.last_message_ns > 0);
    ASSERT_STR("kleio|kleio|", r->fake.conns[0].headers);
    rig_stop(r);
}

TEST(the_link_reports_what_the_source_holds)
{
    ASSERT_OK(core_run_fiber("test", follows_ledgers, NULL));
}

static void relays(void *arg)
{
    struct rig *r = rig_new();
    (void)arg;
    rig_start(r);
    EVENTUALLY(sources_n_connected(r->sources) == 1);
    fake_source_say(&r->fake, "{\"type\":\"transaction\",\"transaction\":{}}");
    fake_source_say(&r->fake, "{\"type\":\"transaction\",\"transaction\":{},\"meta\":{}}");
    fake_source_say(&r->fake, "{\"type\":\"validationReceived\"}");
    fake_source_say(&r->fake, "{\"type\":\"serverStatus\"}");
    fake_source_say(&r->fake, "{\"type\":\"manifestReceived\"}");
    EVENTUALLY(r->n_seen == 4);
    ASSERT_STR("1:{\"type\":\"transaction\",\"transaction\":{}}", r->seen[0]);
    ASSERT_STR("2:{\"type\":\"validationReceived\"}", r->seen[1]);
    ASSERT_STR("4:{\"type\":\"serverStatus\"}", r->seen[2]);
    ASSERT_STR("3:{\"type\":\"manifestReceived\"}", r->seen[3]);
    rig_stop(r);
}

TEST(proposed_transactions_validations_and_manifests_are_relayed)
{
    ASSERT_OK(core_run_fiber("test", relays, NULL));
}

/* Only what is wanted is subscribed to, in a request of its own. */
static void note_commands(struct fake_source *f, struct fake_source_conn *c, struct slice text)
{
    struct rig *r = f->user;
    ASSERT(r->n_seen < 8);
    snprintf(r->seen[r->n_seen++], 100, "%.*s", SLICE_FMT(text));
    fake_source_send(c, "{\"id\":\"relay\",\"error\":\"noPermission\",\"status\":\"error\"}");
}

static void subscribes(void *arg)
{
    struct rig *r = rig_new();
    (void)arg;
    r->fake.on_command = note_commands;
    r->fake.user = r;
    rig_start(r);
    EVENTUALLY(sources_n_connected(r->sources) == 1);
    sources_want(r->sources, 1u << SOURCES_MESSAGE_PEER_STATUS);
    EVENTUALLY(r->n_seen == 1);
    sources_want(r->sources, 1u << SOURCES_MESSAGE_VALIDATION);
    EVENTUALLY(r->n_seen == 3);
    ASSERT_STR("{\"id\":\"relay\",\"command\":\"subscribe\",\"streams\":[\"peer_status\"]}",
               r->seen[0]);
    ASSERT_STR("{\"id\":\"relay\",\"command\":\"subscribe\",\"streams\":[\"validations\"]}",
               r->seen[1]);
    ASSERT_STR("{\"id\":\"relay\",\"command\":\"unsubscribe\",\"streams\":[\"peer_status\"]}",
               r->seen[2]);
    ASSERT_INT(1, sources_n_connected(r->sources)); /* refusals do not end the link */
    fake_source_hang_up(&r->fake);
    EVENTUALLY(r->n_seen == 4); /* the next link asks anew */
    rig_stop(r);
}

TEST(streams_are_subscribed_to_while_they_are_wanted)
{
    ASSERT_OK(core_run_fiber("test", subscribes, NULL));
}

static void answer_definitions(struct fake_source *f, struct fake_source_conn *c, struct slice text)
{
    f->n_calls++;
    ASSERT(memmem(text.p, text.n, "server_definitions", 18) != NULL);
    fake_source_send(c, f->n_calls == 1 ? "{\"id\":\"definitions\",\"result\":{\"FIELDS\":[]},"
                                          "\"status\":\"success\"}"
                                        : "{\"id\":\"definitions\",\"error\":\"unknownCmd\","
                                          "\"status\":\"error\"}");
}

static void on_definitions(void *arg, const char *source, const char *version, struct slice text)
{
    struct rig *r = arg;
    snprintf(r->seen[r->n_seen++], 100, "%s:%.*s", version ? version : "-", SLICE_FMT(text));
    ASSERT(strstr(source, "127.0.0.1"));
}

static void asks_definitions(void *arg)
{
    struct rig *r = rig_new();
    (void)arg;
    r->fake.on_command = answer_definitions;
    r->fake.version = "3.4.1";
    fake_source_start(&r->fake);
    struct sources_endpoint e = fake_source_endpoint(&r->fake);
    struct sources_opts opts = {
        .endpoints = &e, .n_endpoints = 1, .on_definitions = on_definitions, .arg = r};
    ASSERT_OK(sources_start(&opts, &r->sources));
    EVENTUALLY(r->n_seen == 1);
    ASSERT_STR("3.4.1:{\"FIELDS\":[]}", r->seen[0]);
    fake_source_hang_up(&r->fake); /* the same version again: not asked */
    EVENTUALLY(r->fake.n_subscribed == 2);
    r->fake.version = "3.5.0";
    fake_source_hang_up(&r->fake);
    EVENTUALLY(r->fake.n_calls == 2); /* refused: the link goes on */
    fake_source_close_ledger(&r->fake, 3, 9);
    EVENTUALLY(sources_newest(r->sources) == 9);
    ASSERT_INT(1, r->n_seen);
    rig_stop(r);
}

TEST(a_source_is_asked_for_its_definitions_once_a_version)
{
    ASSERT_OK(core_run_fiber("test", asks_definitions, NULL));
}

TEST(the_version_is_read_from_server_info)
{
    static const char *const cases[][2] = {
        {"{\"result\":{\"info\":{\"build_version\":\"3.4.1\"}}}", "3.4.1"},
        {"{\"result\":{\"info\":{\"build_version\":\"0123456789\"}}}", "0123456"},
        {"{\"result\":{\"info\":{\"build_version\":7}}}", ""},
        {"{\"result\":{}}", ""},
        {"x", ""},
    };
    struct arena *a = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char version[8];
        link_version_of(slice_str(cases[i][0]), a, version, sizeof version);
        ASSERT_STR(cases[i][1], version);
    }
    arena_free(a);
}

static void comes_back(void *arg)
{
    struct rig *r = rig_new();
    (void)arg;
    rig_start(r);
    /* connected is who has asked; the fake may not have read it yet */
    EVENTUALLY(sources_n_connected(r->sources) == 1 && r->fake.n_subscribed == 1);
    fake_source_hang_up(&r->fake);
    EVENTUALLY(sources_n_connected(r->sources) == 0);
    EVENTUALLY(sources_n_connected(r->sources) == 1 && r->fake.n_subscribed == 2);
    fake_source_say(&r->fake, "no JSON");
    EVENTUALLY(r->fake.n_subscribed == 3);
    EVENTUALLY(sources_n_connected(r->sources) == 1);
    rig_stop(r);
}

TEST(a_lost_link_is_made_again)
{
    ASSERT_OK(core_run_fiber("test", comes_back, NULL));
}

static void does_not_say(void *arg)
{
    struct rig *r = rig_new();
    (void)arg;
    r->fake.refuses_info = true;
    rig_start(r);
    EVENTUALLY(r->fake.n_infos == 2);
    ASSERT_INT(0, r->fake.n_subscribed);
    ASSERT_INT(0, sources_n_connected(r->sources));
    rig_stop(r);
}

TEST(a_source_that_does_not_tell_its_network_is_not_used)
{
    ASSERT_OK(core_run_fiber("test", does_not_say, NULL));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/forward_cache.h"

#include "json/json.h"
#include "json/jw.h"
#include "rt/clock.h"

static const char *const commands[FORWARD_CACHE_COMMANDS] = {
    "server_info", "server_state", "server_definitions", "fee", "ledger_closed"};

void forward_cache_deinit(struct forward_cache *c)
{
    for (uint32_t i = 0; i < FORWARD_CACHE_COMMANDS; i++)
        buf_deinit(&c->entries[i].reply);
}

int32_t forward_cache_slot(const struct forward_cache *c, const struct json *request, bool admin)
{
    if (admin || c->timeout_ns <= 0)
        return -1;
    for (uint32_t i = 0; i < request->n; i++) {
        struct slice key = request->members[i].key;
        if (!slice_is(key, "command") && !slice_is(key, "method") && !slice_is(key, "id"))
            return -1;
    }
    for (int32_t i = 0; i < FORWARD_CACHE_COMMANDS; i++)
        if (json_is_string(json_get(request, "command"), commands[i]))
            return i;
    return -1;
}

bool forward_cache_get(const struct forward_cache *c, int32_t slot, uint32_t epoch,
                       struct slice *ret)
{
    const struct forward_cache_entry *e = &c->entries[slot];
    if (e->reply.n == 0 || e->epoch != epoch || clock_now_ns() >= e->until_ns)
        return false;
    *ret = buf_slice(&e->reply);
    return true;
}

void forward_cache_put(struct forward_cache *c, int32_t slot, uint32_t epoch,
                       const struct json *reply)
{
    struct forward_cache_entry *e = &c->entries[slot];
    if (json_get(reply, "error"))
        return;
    buf_clear(&e->reply);
    struct jw w = jw_to(&e->reply);
    jw_obj_begin(&w);
    for (uint32_t i = 0; i < reply->n; i++) {
        if (slice_is(reply->members[i].key, "id"))
            continue;
        jw_key_escaped(&w, reply->members[i].key);
        jw_raw(&w, reply->members[i].value.raw);
    }
    jw_obj_end(&w);
    e->epoch = epoch;
    e->until_ns = clock_now_ns() + c->timeout_ns;
}

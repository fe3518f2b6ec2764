/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/election.h"

#include "json/json.h"
#include "json/jw.h"
#include "rt/clock.h"

#include <time.h>

#define RECOVERY_NS (3600 * CLOCK_S)
#define LATE_NS (10 * CLOCK_S)

enum election_role election_role_of(const struct election *e)
{
    if (e->read_only)
        return ELECTION_ROLE_READ_ONLY;
    if (e->fallback)
        return ELECTION_ROLE_FALLBACK;
    if (e->recovery)
        return ELECTION_ROLE_FALLBACK_RECOVERY;
    return e->writing ? ELECTION_ROLE_WRITER : ELECTION_ROLE_NOT_WRITER;
}

const char *election_role_text(enum election_role role)
{
    static const char *const texts[] = {"read only", "not writer", "writer", "fallback",
                                        "fallback recovery"};
    return texts[role];
}

/* Messages. */

void election_put(const struct election *e, int64_t wall_s, struct buf *out)
{
    char time[32];
    struct tm tm;
    time_t t = (time_t)wall_s;
    struct jw w = jw_to(out);
    gmtime_r(&t, &tm);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &tm);
    jw_obj_begin(&w);
    jw_key(&w, "update_time");
    jw_str(&w, slice_str(time));
    jw_key(&w, "db_role");
    jw_u64(&w, election_role_of(e));
    jw_key(&w, "etl_started");
    jw_bool(&w, e->self.etl_started);
    jw_key(&w, "cache_is_full");
    jw_bool(&w, e->self.cache_is_full);
    jw_key(&w, "cache_is_currently_loading");
    jw_bool(&w, e->self.cache_is_loading);
    jw_obj_end(&w);
}

static bool is_time(const struct json *v)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    if (!json_is(v, JSON_STRING) || v->s.n != sizeof form - 1)
        return false;
    for (size_t i = 0; i < v->s.n; i++)
        if (form[i] == 'd' ? v->s.p[i] < '0' || v->s.p[i] > '9' : v->s.p[i] != (uint8_t)form[i])
            return false;
    return true;
}

/* An absent member has its default; one of another type makes the message a bad one. */
static bool take_bool(const struct json *message, const char *key, bool absent, bool *ret)
{
    const struct json *v = json_get(message, key);
    *ret = v ? v->b : absent;
    return !v || v->type == JSON_BOOL;
}

bool election_parse(struct slice message, struct arena *a, struct election_node *ret)
{
    struct json v;
    if (err_failed(json_parse(message, NULL, a, &v, NULL)) || v.type != JSON_OBJECT ||
        !is_time(json_get(&v, "update_time")))
        return false;
    const struct json *role = json_get(&v, "db_role");
    if (role &&
        (role->type != JSON_INT || role->i < 0 || role->i > ELECTION_ROLE_FALLBACK_RECOVERY))
        return false;
    ret->role = role ? (enum election_role)role->i : ELECTION_ROLE_FALLBACK; /* as Clio up to 2.7 */
    return take_bool(&v, "etl_started", true, &ret->etl_started) &&
           take_bool(&v, "cache_is_full", true, &ret->cache_is_full) &&
           take_bool(&v, "cache_is_currently_loading", false, &ret->cache_is_loading);
}

/* Decisions. */

static enum election_order start(struct election *e)
{
    if (e->writing)
        return ELECTION_KEEP;
    e->writing = true;
    return ELECTION_START_WRITING;
}

static enum election_order stop(struct election *e)
{
    if (!e->writing)
        return ELECTION_KEEP;
    e->writing = false;
    return ELECTION_STOP_WRITING;
}

static bool any(const struct election_node *others, size_t n, enum election_role role)
{
    for (size_t i = 0; i < n; i++)
        if (others[i].role == role)
            return true;
    return false;
}

static void begin_fallback(struct election *e)
{
    e->fallback = true;
    e->recovery = false;
}

static void begin_recovery(struct election *e)
{
    e->fallback = false;
    e->recovery = true;
    e->recovery_ns = 0;
}

static enum election_order in_fallback(struct election *e, const struct election_node *others,
                                       size_t n, int64_t now_ns)
{
    if (any(others, n, ELECTION_ROLE_FALLBACK_RECOVERY) ||
        (e->recovery_ns && now_ns >= e->recovery_ns))
        begin_recovery(e);
    else if (!e->recovery_ns)
        e->recovery_ns = now_ns + RECOVERY_NS;
    return ELECTION_KEEP;
}

static bool can_write(const struct election_node *n, bool with_cache)
{
    return n->etl_started && (n->cache_is_full || !with_cache) &&
           (n->role == ELECTION_ROLE_NOT_WRITER || n->role == ELECTION_ROLE_WRITER);
}

/* The smallest id of those that can; NULL when nobody can. */
static const struct election_node *elect(const struct election_node *self,
                                         const struct election_node *others, size_t n,
                                         bool with_cache)
{
    const struct election_node *best = can_write(self, with_cache) ? self : NULL;
    for (size_t i = 0; i < n; i++)
        if (can_write(&others[i], with_cache) && (!best || memcmp(others[i].id, best->id, 16) < 0))
            best = &others[i];
    return best;
}

enum election_order election_decide(struct election *e, const struct election_node *others,
                                    size_t n, int64_t now_ns)
{
    e->self.role = election_role_of(e);
    switch (e->self.role) {
    case ELECTION_ROLE_READ_ONLY: return stop(e);
    case ELECTION_ROLE_FALLBACK: return in_fallback(e, others, n, now_ns);
    case ELECTION_ROLE_FALLBACK_RECOVERY:
        if (any(others, n, ELECTION_ROLE_FALLBACK))
            return ELECTION_KEEP;
        e->recovery = false;
        return stop(e); /* an election as usual in the next round */
    default: break;
    }
    if (any(others, n, ELECTION_ROLE_FALLBACK)) {
        begin_fallback(e);
        e->recovery_ns = now_ns + RECOVERY_NS;
        return ELECTION_KEEP;
    }
    const struct election_node *elected = elect(&e->self, others, n, true);
    if (!elected)
        elected = elect(&e->self, others, n, false);
    return elected == &e->self ? start(e) : stop(e);
}

bool election_is_late(struct election *e, uint32_t newest, uint32_t of_network, int64_t now_ns)
{
    if (newest != e->newest || newest == 0 || of_network <= newest) {
        e->newest = newest;
        e->progress_ns = now_ns;
    }
    int64_t turn_ns = (e->self.id[7] % 4) * CLOCK_S; /* not all at once */
    if (now_ns - e->progress_ns < LATE_NS + turn_ns)
        return false;
    e->progress_ns = now_ns;
    return true;
}

enum election_order election_stalled(struct election *e)
{
    enum election_order order = e->read_only ? ELECTION_KEEP : start(e);
    begin_fallback(e);
    return order;
}

enum election_order election_conflicted(struct election *e)
{
    begin_fallback(e);
    return stop(e);
}

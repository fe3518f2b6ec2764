/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/heal.h"

#include "base/log.h"
#include "base/mem.h"
#include "etl/decode.h"
#include "ledger/view.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/core_call.h"
#include "rt/fiber.h"

#define CALL_NS (60 * CLOCK_S)

/* --- sources: asked on their core, looked at here --- */

struct question {
    struct sources *sources;
    uint32_t seq;
    const struct hash256 *key; /* NULL: the whole ledger */
    bool with_objects;         /* of it */
    fetch_mask avoid;
    struct fetch_reply *reply;
};

static YIELDS err ask(void *arg)
{
    struct question *q = arg;
    if (q->key)
        return fetch_entry(q->sources, q->seq, q->key, q->avoid, &q->reply);
    return fetch_ledger(q->sources, q->seq, q->with_objects, q->avoid, &q->reply);
}

struct blame {
    struct sources *sources;
    uint32_t source;
    const char *what;
};

static err blame(void *arg)
{
    const struct blame *b = arg;
    sources_blame(b->sources, b->source, b->what);
    return OK;
}

static void free_ledger(void *d)
{
    decode_ledger_free(d);
}

static void free_reply(void *r)
{
    fetch_reply_free(r);
}

static void take_ledger(struct decode_ledger *d, struct arena *a, struct store_ledger *ret)
{
    const struct apply_ledger *l = &d->ledger;
    *ret = (struct store_ledger){.header = l->header,
                                 .txs = l->txs,
                                 .tx_hashes = l->tx_hashes,
                                 .n_txs = l->n_txs,
                                 .objects = l->objects,
                                 .n_objects = l->n_objects,
                                 .unnamed = l->unnamed,
                                 .n_unnamed = l->n_unnamed};
    arena_adopt(a, d, free_ledger);
}

/* Sources cannot tell what the first ledger that they hold changed; if it is our first, too, that
 * is in no row. */
static bool does_without_objects(const struct heal_opts *o, const struct question *q)
{
    struct store_range held[STORE_MAX_RANGES];
    size_t n;
    store_ranges(o->check.store, held, &n);
    return q->with_objects && n > 0 && held[0].first == q->seq;
}

/* From whichever source gives one that verifies. */
static err ledger(void *arg, uint32_t seq, struct arena *a, struct store_ledger *ret)
{
    const struct heal_opts *o = arg;
    struct question q = {.sources = o->sources, .seq = seq, .with_objects = true};
    for (;;) {
        struct decode_ledger *d = NULL;
        const char *what = "";
        q.reply = NULL;
        err e = core_call(o->home, ask, &q);
        if (e.code && does_without_objects(o, &q)) {
            q.with_objects = false;
            continue;
        }
        TRY(e);
        uint32_t source = q.reply->source;
        e = decode_ledger(q.reply, q.with_objects, &d, &what);
        if (e.code == 0) {
            take_ledger(d, a, ret);
            return OK;
        }
        if (e.code != ERR_VERIFY && e.code != ERR_PARSE)
            return e; /* not the source's fault */
        LOG_ERROR("etl: repair: ledger %u of source %s: %s: refused", seq,
                  sources_name(o->sources, source), err_text());
        struct blame b = {o->sources, source, what};
        err_ignore(core_call(o->home, blame, &b));
        q.avoid |= FETCH_MASK(source);
    }
}

static err object(void *arg, uint32_t seq, const struct hash256 *key, struct arena *a,
                  struct slice *ret)
{
    const struct heal_opts *o = arg;
    struct question q = {.sources = o->sources, .seq = seq, .key = key};
    TRY(core_call(o->home, ask, &q));
    arena_adopt(a, q.reply, free_reply);
    *ret = q.reply->entry.object.data;
    return OK;
}

/* --- the mirror --- */

static err state(void *arg, const struct hash256 *after, size_t n, struct arena *a,
                 struct ledger_header *ret_header, struct store_object *ret, size_t *ret_n)
{
    const struct heal_opts *o = arg;
    CLEANUP(view_closep) struct view *v = NULL;
    struct view_entry *entries = arena_array(a, struct view_entry, n);
    TRY(view_open(o->ledgers, 0, &v));
    if (!ledgers_mirror_aside(o->ledgers))
        TRY(view_page(v, after, n, a, entries, ret_n));
    if (view_is_old(v) || ledgers_mirror_aside(o->ledgers))
        return FAIL(ERR_NOT_FOUND, "etl: repair: there is no mirror");
    for (size_t i = 0; i < *ret_n; i++)
        ret[i] = (struct store_object){entries[i].key, arena_dup(a, entries[i].object)};
    *ret_header = *view_header(v);
    return OK;
}

/* --- all of it --- */

ERR heal_run(const struct heal_opts *opts, struct check_result *ret, bool *ret_copied,
             bool *ret_taken)
{
    struct heal_opts o = *opts;
    struct check_help help = {.arg = &o};
    struct store *original = o.check.store, *copy = NULL;
    if (o.home && o.sources) {
        help.ledger = ledger;
        help.object = object;
    }
    if (o.ledgers)
        help.state = state;
    o.check.help = &help;
    o.check.repair = true;
    *ret_taken = false;
    struct store_lost lost;
    err e = store_salvage(original, &copy, &lost);
    *ret_copied = e.code == 0;
    if (e.code == ERR_NOT_FOUND || e.code == ERR_UNSUPPORTED)
        return check_run(&o.check, ret);
    TRY(e);
    o.check.store = copy;
    o.check.for_nothing = true;
    o.check.lost = o.only_lost ? &lost : NULL;
    e = check_run(&o.check, ret);
    bool take = e.code == 0 && ret->n_wrong == ret->n_mended && ret->next == 0;
    err ended = store_salvage_end(original, copy, take);
    *ret_taken = take && ended.code == 0;
    return e.code ? e : ended;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_impl.h"
#include "feed/feed_touch.h"

#include "base/mem.h"

#include <stdlib.h>

/* Key of a core's entries: who, and what. */
struct entry_key {
    uint64_t sub_id;
    uint8_t key[];
};

static size_t key_bytes(enum feed_kind kind)
{
    return kind == FEED_KIND_BOOK ? sizeof(struct feed_book) : sizeof(struct account);
}

static const void *key_of(const struct feed_topic *t)
{
    return t->kind == FEED_KIND_BOOK ? (const void *)&t->key.book : (const void *)&t->key.account;
}

static void entry_key(const struct feed_sub *s, enum feed_kind kind, const void *key,
                      uint8_t out[8 + sizeof(struct feed_book)])
{
    memcpy(out, &s->id, 8);
    memcpy(out + 8, key, key_bytes(kind));
}

static void topic_init(struct feed_topic *t, enum feed_kind kind, enum feed_stream stream)
{
    list_init(&t->entries);
    t->kind = kind;
    t->stream = stream;
}

void feed_topic_init_core(struct feed_core *fc)
{
    for (uint32_t i = 0; i < FEED_N_STREAMS; i++)
        topic_init(&fc->streams[i], FEED_KIND_STREAM, i);
    for (uint32_t kind = FEED_KIND_ACCOUNT; kind < FEED_N_KINDS; kind++) {
        fc->topics[kind] = table_new(key_bytes(kind));
        fc->entries[kind] = table_new(8 + key_bytes(kind));
    }
}

void feed_topic_deinit_core(struct feed_core *fc)
{
    for (uint32_t kind = FEED_KIND_ACCOUNT; kind < FEED_N_KINDS; kind++) {
        table_free(fc->topics[kind]); /* empty: every subscriber has ended */
        table_free(fc->entries[kind]);
    }
}

struct feed_entry *feed_topic_entry(struct feed_core *fc, const struct feed_sub *s,
                                    enum feed_kind kind, const void *key)
{
    uint8_t whole[8 + sizeof(struct feed_book)];
    entry_key(s, kind, key, whole);
    return table_get(fc->entries[kind], whole);
}

struct feed_topic *feed_topic_get(struct feed_core *fc, enum feed_kind kind, const void *key)
{
    return table_get(fc->topics[kind], key);
}

/* --- filters --- */

struct feed_filter *feed_topic_filter(const struct feed_request *r)
{
    if (r->n_tx_types == 0 && r->n_issuances == 0)
        return NULL;
    struct feed_filter *f = xcalloc(1, sizeof *f);
    f->refs = 1;
    f->n_types = (uint32_t)r->n_tx_types;
    f->n_issuances = (uint32_t)r->n_issuances;
    f->types = xmalloc(r->n_tx_types * sizeof *f->types + 1);
    f->issuances = xmalloc(r->n_issuances * sizeof *f->issuances + 1);
    if (f->n_types)
        memcpy(f->types, r->tx_types, r->n_tx_types * sizeof *f->types);
    if (f->n_issuances)
        memcpy(f->issuances, r->issuances, r->n_issuances * sizeof *f->issuances);
    return f;
}

void feed_topic_filter_unref(struct feed_filter *f)
{
    if (f == NULL || --f->refs > 0)
        return;
    free(f->types);
    free(f->issuances);
    free(f);
}

bool feed_topic_passes(const struct feed_filter *f, const struct feed_touch *t)
{
    if (f == NULL)
        return true;
    bool type = f->n_types == 0, issuance = f->n_issuances == 0;
    for (uint32_t i = 0; i < f->n_types && !type; i++)
        type = f->types[i] == t->type;
    for (uint32_t i = 0; i < f->n_issuances && !issuance; i++)
        for (uint32_t k = 0; k < t->n_issuances && !issuance; k++)
            issuance = memcmp(&f->issuances[i], &t->issuances[k], sizeof(struct mpt_id)) == 0;
    return type && issuance;
}

/* --- entries --- */

static bool is_of_ledgers(const struct feed_topic *t)
{
    return t->kind != FEED_KIND_STREAM || (1u << t->stream & FEED_LEDGER_STREAMS) != 0;
}

/* Proposed transactions are relayed, whatever else their topic has. */
static bool is_relayed(const struct feed_topic *t)
{
    return t->kind == FEED_KIND_PROPOSED ||
           (t->kind == FEED_KIND_STREAM &&
            (t->stream == FEED_STREAM_PROPOSED || !is_of_ledgers(t)));
}

static void tell_wanted(struct feed *f)
{
    if (f->opts.on_wanted)
        f->opts.on_wanted(f->opts.arg);
}

static void count(struct feed_entry *e, int32_t n)
{
    struct feed_sub *s = e->sub;
    struct feed_core *fc = s->fc;
    struct feed_topic *t = e->topic;
    t->n += (uint32_t)n;
    s->n_of[t->kind] += (uint32_t)n;
    if (is_of_ledgers(t)) {
        s->n_ledger_entries += (uint32_t)n;
        fc->n_ledger_entries += (uint32_t)n;
    }
    _Atomic int64_t *all =
        t->kind == FEED_KIND_STREAM ? &fc->feed->n_streams[t->stream] : &fc->feed->n_kinds[t->kind];
    int64_t before = atomic_fetch_add(all, n);
    if (is_relayed(t) && (before == 0 || before + n == 0))
        tell_wanted(fc->feed);
}

/* What may change of an entry: its filter, and from where. */
static void set(struct feed_entry *e, const struct feed_entry *like)
{
    struct feed_sub *s = e->sub;
    struct feed_filter *old = e->filter;
    if (like->filter)
        like->filter->refs++;
    s->n_filtered += (like->filter != NULL) - (uint32_t)(old != NULL);
    s->fc->n_filtered += (like->filter != NULL) - (uint32_t)(old != NULL);
    s->n_resuming += like->resumes - (uint32_t)e->resumes;
    e->filter = like->filter;
    e->from = like->from;
    e->resumes = like->resumes;
    feed_topic_filter_unref(old);
}

static struct feed_topic *topic_of(struct feed_core *fc, enum feed_kind kind,
                                   enum feed_stream stream, const void *key)
{
    if (kind == FEED_KIND_STREAM)
        return &fc->streams[stream];
    struct feed_topic *t = feed_topic_get(fc, kind, key);
    if (t)
        return t;
    t = xcalloc(1, sizeof *t);
    topic_init(t, kind, FEED_N_STREAMS);
    if (kind == FEED_KIND_BOOK)
        memcpy(&t->key.book, key, sizeof t->key.book);
    else
        memcpy(&t->key.account, key, sizeof t->key.account);
    table_put(fc->topics[kind], key, t);
    return t;
}

static struct feed_entry *find(const struct feed_sub *s, enum feed_kind kind,
                               enum feed_stream stream, const void *key)
{
    return kind == FEED_KIND_STREAM ? s->streams[stream] : feed_topic_entry(s->fc, s, kind, key);
}

static struct feed_entry *entry_new(struct feed_sub *s, struct feed_topic *t)
{
    struct feed_entry *e = xcalloc(1, sizeof *e);
    e->sub = s;
    e->topic = t;
    list_push_back(&t->entries, &e->in_topic);
    list_push_back(&s->entries, &e->in_sub);
    if (t->kind == FEED_KIND_STREAM) {
        s->streams[t->stream] = e;
    } else {
        uint8_t whole[8 + sizeof(struct feed_book)];
        entry_key(s, t->kind, key_of(t), whole);
        table_put(s->fc->entries[t->kind], whole, e);
    }
    return e;
}

void feed_topic_add(struct feed_sub *s, enum feed_kind kind, enum feed_stream stream,
                    const void *key, const struct feed_entry *like)
{
    struct feed_entry *e = find(s, kind, stream, key);
    if (e) {
        struct feed_entry changed = *like;
        if (!like->resumes) { /* goes on where it is */
            changed.from = e->from;
            changed.resumes = e->resumes;
        }
        set(e, &changed);
        return;
    }
    e = entry_new(s, topic_of(s->fc, kind, stream, key));
    set(e, like);
    count(e, 1);
}

/* Nobody is subscribed, and nobody's cursor stands in it. */
static void free_if_unused(struct feed_core *fc, struct feed_topic *t)
{
    if (t->kind == FEED_KIND_STREAM || !list_empty(&t->entries))
        return;
    table_del(fc->topics[t->kind], key_of(t));
    free(t);
}

void feed_topic_remove(struct feed_entry *e)
{
    struct feed_sub *s = e->sub;
    struct feed_topic *t = e->topic;
    static const struct feed_entry none;
    set(e, &none);
    count(e, -1);
    list_unlink(&e->in_topic);
    list_unlink(&e->in_sub);
    if (t->kind == FEED_KIND_STREAM) {
        s->streams[t->stream] = NULL;
    } else {
        uint8_t whole[8 + sizeof(struct feed_book)];
        entry_key(s, t->kind, key_of(t), whole);
        table_del(s->fc->entries[t->kind], whole);
    }
    free(e);
    free_if_unused(s->fc, t);
}

struct feed_entry *feed_topic_next(struct feed_topic *t, struct feed_entry *cursor)
{
    struct list *at = cursor->topic ? cursor->in_topic.next : t->entries.next;
    while (at != &t->entries && LIST_ENTRY(at, struct feed_entry, in_topic)->sub == NULL)
        at = at->next; /* another's cursor */
    if (cursor->topic)
        list_unlink(&cursor->in_topic);
    cursor->topic = NULL;
    if (at == &t->entries)
        return NULL;
    cursor->topic = t;
    list_insert_before(at->next, &cursor->in_topic);
    return LIST_ENTRY(at, struct feed_entry, in_topic);
}

void feed_topic_cursor_end(struct feed_core *fc, struct feed_topic *t, struct feed_entry *cursor)
{
    if (cursor->topic)
        list_unlink(&cursor->in_topic);
    cursor->topic = NULL;
    free_if_unused(fc, t);
}

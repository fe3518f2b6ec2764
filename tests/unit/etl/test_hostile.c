/* SPDX-License-Identifier: Apache-2.0 */
/* What no hash of a reply covers is not believed: neighbours, books, order, kinds of changes,
 * changes that change nothing; objects that are doubled, left out, or there although they were
 * deleted. */
#include "etl/check.h"
#include "etl/decode.h"
#include "ledger/apply.h"
#include "recorded_history.h"

#define LAST 60
#define MAX_OBJECTS 600

struct lie {
    struct arena *a;
    struct proto_ledger m; /* the reply: */
    struct proto_object objects[MAX_OBJECTS];
    size_t n;
    struct store_object known; /* an object of the state that the ledger does not change */
};

/* --- harmless: the result is what it should be --- */

static bool neighbours(struct lie *l)
{
    for (size_t i = 0; i < l->n; i++) {
        l->objects[i].predecessor = l->objects[(i + 1) % l->n].key;
        l->objects[i].successor = i % 2 ? l->objects[i].key : SLICE_LIT("short");
    }
    l->m.object_neighbors_included = true;
    return l->n > 1;
}

static bool books(struct lie *l)
{
    static struct buf list;
    buf_clear(&list);
    for (size_t i = 0; i < l->n; i++)
        proto_put_book_successor(
            &list,
            &(struct proto_book_successor){l->objects[i].key, i % 2 ? SLICE_EMPTY : l->known.data});
    l->m.book_successors = buf_slice(&list);
    return l->n > 0;
}

static bool reversed(struct lie *l)
{
    for (size_t i = 0; i < l->n / 2; i++) {
        struct proto_object o = l->objects[i];
        l->objects[i] = l->objects[l->n - 1 - i];
        l->objects[l->n - 1 - i] = o;
    }
    return l->n > 1;
}

static bool other_kinds(struct lie *l)
{
    for (size_t i = 0; i < l->n; i++)
        l->objects[i].mod = l->objects[i].data.n ? PROTO_MOD_DELETED : PROTO_MOD_CREATED;
    return l->n > 0;
}

static bool nothing_changed(struct lie *l)
{
    l->objects[l->n++] =
        (struct proto_object){.key = hash256_slice(&l->known.key), .data = l->known.data};
    return l->known.data.n > 0;
}

static const struct hash256 nowhere = {{[0 ... 31] = 0x77}};

static bool deleted_what_is_not_there(struct lie *l)
{
    l->objects[l->n++] = (struct proto_object){.key = hash256_slice(&nowhere)};
    return true;
}

/* --- refused --- */

static bool doubled(struct lie *l)
{
    l->objects[l->n] = l->objects[l->n / 2];
    return l->n++ > 0;
}

static bool doubled_with_other_data(struct lie *l)
{
    l->objects[l->n] = l->objects[0];
    l->objects[l->n].data = l->known.data;
    return l->n++ > 0;
}

static struct proto_object *deleted(struct lie *l, bool want)
{
    for (size_t i = 0; i < l->n; i++)
        if ((l->objects[i].data.n == 0) == want)
            return &l->objects[i];
    return NULL;
}

static bool deleted_but_there(struct lie *l)
{
    struct proto_object *o = deleted(l, true);
    if (o)
        o->data = l->known.data;
    return o != NULL;
}

static bool there_but_deleted(struct lie *l)
{
    struct proto_object *o = deleted(l, false);
    if (o)
        o->data = SLICE_EMPTY;
    return o != NULL;
}

static bool left_out(struct lie *l)
{
    l->objects[0] = l->objects[l->n - 1];
    return l->n-- > 0;
}

static bool one_too_many(struct lie *l)
{
    l->objects[l->n++] =
        (struct proto_object){.key = hash256_slice(&nowhere), .data = l->known.data};
    return l->known.data.n > 0;
}

static bool another_state(struct lie *l)
{
    l->objects[l->n++] = (struct proto_object){.key = hash256_slice(&l->known.key)};
    return l->known.data.n > 0;
}

static bool short_key(struct lie *l)
{
    l->objects[0].key.n--;
    return l->n > 0;
}

static bool no_difference(struct lie *l)
{
    l->m.objects_included = false;
    return true;
}

static bool (*const harmless[])(struct lie *) = {
    neighbours, books, reversed, other_kinds, nothing_changed, deleted_what_is_not_there};
static bool (*const harmful[])(struct lie *) = {
    doubled,      doubled_with_other_data, deleted_but_there, there_but_deleted, left_out,
    one_too_many, another_state,           short_key,         no_difference};

/* --- telling it --- */

static void read_reply(struct lie *l, const struct fetch_reply *reply)
{
    l->m = reply->ledger;
    l->m.book_successors = SLICE_EMPTY;
    l->n = 0;
    struct cursor c = cursor_of(reply->ledger.objects);
    for (struct proto_object o; proto_next_object(&c, &o);) {
        ASSERT(l->n + 2 < MAX_OBJECTS);
        l->objects[l->n++] = o;
    }
}

static struct fetch_reply *tell(struct lie *l)
{
    struct buf list = {0};
    struct fetch_reply *reply = xcalloc(1, sizeof *reply);
    for (size_t i = 0; i < l->n; i++)
        proto_put_object(&list, &l->objects[i]);
    l->m.objects = buf_slice(&list);
    l->m.has_objects = true;
    proto_put_ledger(&reply->bytes, &l->m);
    buf_deinit(&list);
    ASSERT_OK(proto_read_ledger(buf_slice(&reply->bytes), &reply->ledger));
    return reply;
}

static err take(struct recorded_history *h, struct fetch_reply *reply)
{
    struct decode_ledger *d = NULL;
    struct apply *batch = NULL;
    const char *what;
    TRY(decode_ledger(reply, true, &d, &what));
    ASSERT_OK(apply_begin(h->ledgers, &batch));
    err e = apply_add(batch, &d->ledger);
    if (e.code)
        apply_abort(batch);
    else
        ASSERT_OK(apply_commit(batch));
    decode_ledger_free(d);
    return e;
}

/* An object that stands in the state, of the ledger before, that `l` does not change. */
static void find_known(struct lie *l, struct store *s, uint32_t seq)
{
    struct store_object page[64];
    size_t n = 0;
    ASSERT_OK(store_page(s, seq, &HASH256_ZERO, 64, true, l->a, page, &n));
    l->known = (struct store_object){0};
    for (size_t i = 0; i < n; i++) {
        bool changed = false;
        for (size_t k = 0; k < l->n; k++)
            changed |= slice_eq(l->objects[k].key, hash256_slice(&page[i].key));
        if (!changed)
            l->known = page[i];
    }
}

static void has_no_version(struct store *s, uint32_t seq, const struct hash256 *key)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice data;
    uint32_t found = 0;
    ASSERT_OK(store_objects_get(s, seq, key, 1, a, &data, &found));
    ASSERT(found != seq);
}

static unsigned told[ARRAY_LEN(harmful) + ARRAY_LEN(harmless)];

static void one_ledger(struct recorded_history *h, struct lie *l, struct fetch_reply *reply,
                       uint32_t seq)
{
    read_reply(l, reply);
    find_known(l, h->store, seq - 1);
    for (size_t i = 0; i < ARRAY_LEN(harmful); i++) {
        read_reply(l, reply);
        if (l->n == 0 || !harmful[i](l))
            continue;
        ASSERT_INT(ERR_VERIFY, take(h, tell(l)).code);
        told[i]++;
    }
    read_reply(l, reply);
    size_t i = seq % ARRAY_LEN(harmless);
    told[ARRAY_LEN(harmful) + i] += harmless[i](l);
    ASSERT_OK(take(h, tell(l)));
    has_no_version(h->store, seq, &l->known.key);
    has_no_version(h->store, seq, &nowhere);
}

static void say(void *arg, const char *line, bool mended)
{
    (void)arg, (void)mended;
    test_fail(__FILE__, __LINE__, "%s", line);
}

TEST(what_no_hash_of_a_reply_covers_is_not_believed)
{
    struct recorded_history h;
    struct lie *l = xcalloc(1, sizeof *l);
    struct check_result r;
    l->a = arena_new(0);
    recorded_history_open(&h);
    recorded_history_load(&h);
    struct recording rec = recording_open("ledgers-early");
    for (uint32_t seq = 4; seq <= LAST; seq++) {
        struct fetch_reply *reply = recording_next(&rec, false);
        one_ledger(&h, l, reply, seq);
        fetch_reply_free(reply);
    }
    free(rec.bytes);
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        ASSERT(told[i] > 0);
    ledgers_close(h.ledgers);
    ASSERT_OK(check_run(&(struct check_opts){.store = h.store, .state_every = 10, .say = say}, &r));
    ASSERT_INT(0, r.n_wrong);
    store_close(h.store);
    arena_free(l->a);
    free(l);
}

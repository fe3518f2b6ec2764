/* SPDX-License-Identifier: Apache-2.0 */
/* Objects made from metadata: each object of the recorded history, and a history that has lost
 * some. */
#include "etl/check.h"
#include "etl/decode.h"
#include "recorded_history.h"
#include "xrpl/keylet.h"
#include "xrpl/txmeta_image.h"

#include <search.h>

/* --- all objects of the recorded history --- */

#define WORDS 256

struct image_count {
    unsigned n_right, n_wrong, n_none, n_follow_wrong;
};

struct images {
    struct arena *mem;
    void *objects; /* tree of struct store_object */
    struct image_count after, before;
    unsigned n_directories;
};

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static struct slice known(struct images *m, const struct hash256 *key)
{
    struct store_object **o = tfind(key, &m->objects, by_key);
    return o ? (*o)->data : SLICE_EMPTY;
}

static void learn(struct images *m, const struct store_object *o)
{
    struct store_object *copy = arena_new_of(m->mem, struct store_object);
    copy->key = o->key;
    struct store_object *held = *(struct store_object **)tsearch(copy, &m->objects, by_key);
    held->data = arena_dup(m->mem, o->data);
}

static void count(struct image_count *c, enum txmeta_image sure, struct slice image,
                  struct slice must)
{
    if (sure == TXMETA_IMAGE_NONE)
        c->n_none++;
    else if (slice_eq(image, must))
        c->n_right++;
    else
        c->n_wrong++;
    c->n_follow_wrong += sure == TXMETA_IMAGE_FOLLOWS && !slice_eq(image, must);
}

static enum txmeta_image lesser(enum txmeta_image a, enum txmeta_image b)
{
    return a < b ? a : b;
}

struct word {
    struct txmeta_node node;
    struct hash256 tx;
};

static size_t words_of(const struct decode_ledger *d, const struct hash256 *key,
                       struct word ret[WORDS])
{
    size_t n = 0;
    struct txmeta_node node;
    for (size_t t = 0; t < d->ledger.n_txs; t++)
        for (struct txmeta_iter it = txmeta_iter_of(d->ledger.txs[t].meta);
             txmeta_next(&it, &node);)
            if (hash256_eq(&node.key, key) && n < WORDS)
                ret[n++] = (struct word){node, d->ledger.tx_hashes[t]};
    return n;
}

static void make_one(struct images *m, const struct decode_ledger *d, const struct store_object *o,
                     struct word words[WORDS])
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice was = known(m, &o->key), image = was;
    enum txmeta_image sure = TXMETA_IMAGE_FOLLOWS;
    size_t n = words_of(d, &o->key, words);
    if (n == 0)
        return;
    if (words[0].node.entry_type == ENTRY_DirectoryNode) {
        m->n_directories++;
        return;
    }
    for (size_t i = 0; i < n; i++)
        sure = lesser(sure, txmeta_image_after(&words[i].node, &words[i].tx, d->ledger.header.seq,
                                               image, a, &image));
    count(&m->after, sure, image, o->data);
    image = o->data;
    sure = TXMETA_IMAGE_FOLLOWS;
    for (size_t i = n; i-- > 0;)
        sure = lesser(sure, txmeta_image_before(&words[i].node, image, a, &image));
    count(&m->before, sure, image, was);
}

static void make_all(struct images *m, const char *kind)
{
    struct recording r = recording_open(kind);
    struct word *words = xmalloc(WORDS * sizeof *words);
    const char *what;
    for (struct fetch_reply *reply; (reply = recording_next(&r, false)) != NULL;) {
        struct decode_ledger *d = NULL;
        ASSERT_OK(decode_ledger(reply, true, &d, &what));
        for (size_t i = 0; i < d->ledger.n_objects; i++)
            make_one(m, d, &d->ledger.objects[i], words);
        for (size_t i = 0; i < d->ledger.n_objects; i++)
            learn(m, &d->ledger.objects[i]);
        decode_ledger_free(d);
    }
    free(words);
}

static void nothing(void *p)
{
    (void)p;
}

TEST(nearly_all_objects_of_the_recorded_history_follow_from_its_metadata)
{
    struct images m = {.mem = arena_new(0)};
    struct recording r = recording_open("state-3");
    for (struct fetch_reply *reply; (reply = recording_next(&r, true)) != NULL;) {
        struct decode_page *p = NULL;
        ASSERT_OK(decode_page(reply, NULL, NULL, &p));
        for (size_t i = 0; i < p->n_objects; i++)
            learn(&m, &p->objects[i]);
        decode_page_free(p);
    }
    make_all(&m, "ledgers-early");
    make_all(&m, "ledgers");
    printf(
        "after: %u right, %u wrong, %u none; before: %u right, %u wrong, %u none; %u directories\n",
        m.after.n_right, m.after.n_wrong, m.after.n_none, m.before.n_right, m.before.n_wrong,
        m.before.n_none, m.n_directories);
    ASSERT(m.after.n_right > 13280);
    ASSERT(m.after.n_wrong < 10);
    ASSERT_INT(0, m.after.n_none);
    ASSERT_INT(0, m.after.n_follow_wrong);
    ASSERT(m.before.n_right > 13220);
    ASSERT(m.before.n_wrong < 72);
    ASSERT_INT(0, m.before.n_none);
    ASSERT_INT(0, m.before.n_follow_wrong);
    tdestroy(m.objects, nothing);
    arena_free(m.mem);
}

/* --- a history that has lost some, and nobody who has them --- */

#define LOSSES 40
#define LAST 80 /* ledger looked at */

static void say(void *arg, const char *line, bool mended)
{
    (void)arg, (void)line, (void)mended;
}

static struct check_result check(struct store *s, bool repair)
{
    struct check_opts opts = {
        .store = s, .repair = repair, .to = LAST, .state_every = CHECK_STATE_NEWEST, .say = say};
    struct check_result r;
    ASSERT_OK(check_run(&opts, &r));
    return r;
}

/* The object's own version of the ledger: its type, or 0 if it has none. */
static uint16_t type_at(struct store *s, uint32_t seq, const struct hash256 *key)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice data;
    uint32_t found;
    ASSERT_OK(store_objects_get(s, seq, key, 1, a, &data, &found));
    return found == seq && data.n ? sto_entry_type(data) : 0;
}

static void lose(struct store *s, uint32_t at, const struct hash256 *key)
{
    ASSERT_OK(store_repair(
        s, &(struct store_repair){.at = at, .drop_objects = key, .n_drop_objects = 1}));
}

/* Versions, here and there, and some of the list of recent ledgers one after the other. */
static size_t lose_versions(struct store *s)
{
    struct hash256 recent = keylet_hashes_recent();
    size_t n = 0;
    for (uint32_t seq = 10; seq < LAST - 2; seq++) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct hash256 *keys;
        size_t n_keys;
        ASSERT_OK(store_diff(s, seq, a, &keys, &n_keys));
        for (size_t i = seq % 7; i < n_keys && n < LOSSES; i += 17) {
            uint16_t type = type_at(s, seq, &keys[i]);
            if (type == 0 || type == ENTRY_DirectoryNode || type == ENTRY_FeeSettings)
                continue;
            lose(s, seq, &keys[i]);
            n++;
        }
        if (seq >= 40 && seq < 50)
            lose(s, seq, &recent);
    }
    return n + 10;
}

TEST(check_makes_lost_versions_anew_without_any_help)
{
    struct recorded_history h;
    recorded_history_open(&h);
    recorded_history_load(&h);
    recorded_history_apply(&h, "ledgers-early");
    ledgers_close(h.ledgers);
    size_t n = lose_versions(h.store);
    struct check_result r = check(h.store, false);
    ASSERT(r.n_wrong >= n);
    r = check(h.store, true);
    ASSERT_INT(r.n_wrong, r.n_mended);
    ASSERT(r.n_mended >= n);
    r = check(h.store, false);
    ASSERT_INT(0, r.n_wrong);
    store_close(h.store);
}

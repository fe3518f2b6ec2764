/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "chain.h"
#include "ledger/walk.h"
#include "store/memory.h"
#include "test.h"
#include "xrpl/keylet.h"

#define N_OFFERS 700

/* A ledger with one owner: a directory with gaps between its page numbers and pages of all sizes
 * (some empty), a book whose qualities have one or more pages, NFT pages. The same entries stand in
 * directory and book. */
struct world {
    struct chain chain;
    struct account owner, other, fourth;
    struct hash256 root, book;
    struct hash256 entries[N_OFFERS]; /* in directory order */
    uint64_t page_of[N_OFFERS];
    struct hash256 offers[N_OFFERS]; /* in the book's order */
    struct hash256 nfts[10];         /* from the highest page down */
    struct hash256 lost[4];          /* of `fourth`, likewise */
    struct store_object *objects;
    size_t n;
};

static void add(struct world *w, struct hash256 key, struct slice data)
{
    w->objects[w->n++] = (struct store_object){key, arena_dup(w->chain.arena, data)};
}

static void add_page(struct world *w, struct hash256 key, uint64_t next, const struct hash256 *keys,
                     size_t n)
{
    struct buf b = {0};
    buf_put(&b, "\x11\x00\x64\x22\0\0\0\0", 8);
    if (next) {
        buf_put_u8(&b, 0x31);
        buf_put_be64(&b, next);
    }
    buf_put(&b, "\x01\x13", 2);
    size_t bytes = n * 32; /* length prefix: one byte, or two above 192 */
    if (bytes > 192) {
        buf_put_u8(&b, (uint8_t)(193 + ((bytes - 193) >> 8)));
        buf_put_u8(&b, (uint8_t)((bytes - 193) & 255));
    } else {
        buf_put_u8(&b, (uint8_t)bytes);
    }
    if (n)
        buf_put(&b, keys, bytes);
    add(w, key, slice_of(b.p, b.n));
    buf_deinit(&b);
}

static void add_owner_dir(struct world *w)
{
    uint64_t page = 0;
    size_t at = 0;
    while (at < N_OFFERS) {
        size_t n = MIN((size_t)chain_random(&w->chain, 33), (size_t)(N_OFFERS - at));
        uint64_t next = at + n == N_OFFERS ? 0 : page + 1 + (chain_random(&w->chain, 4) == 0) * 9;
        add_page(w, keylet_dir_page(&w->root, page), next, w->entries + at, n);
        for (size_t end = at + n; at < end; at++)
            w->page_of[at] = page;
        page = next;
    }
}

static void add_book(struct world *w)
{
    uint64_t quality = 0;
    for (size_t at = 0; at < N_OFFERS;) {
        quality += 1 + chain_random(&w->chain, 1000);
        if (at == 0)
            quality = 0xFFFFFFFFFF000000u - 5000000; /* near the top: the bound counts */
        struct hash256 dir = keylet_book_quality(&w->book, quality);
        uint64_t page = 0;
        do {
            size_t n = MIN((size_t)1 + (size_t)chain_random(&w->chain, 32), N_OFFERS - at);
            uint64_t next = at + n < N_OFFERS && chain_random(&w->chain, 2) ? page + 1 : 0;
            add_page(w, keylet_dir_page(&dir, page), next, w->offers + at, n);
            at += n;
            page = next;
        } while (page);
    }
    struct hash256 beyond = keylet_book_end(&w->book); /* first key of another book */
    add_page(w, beyond, 0, w->offers, 1);
}

static void add_nfts(struct world *w)
{
    for (size_t i = 0; i < ARRAY_LEN(w->nfts); i++) {
        uint8_t low[12];
        memset(low, 0xFF - (int)i, sizeof low);
        w->nfts[i] = keylet_nft_page(&w->owner, low);
    }
    for (size_t i = 0; i < ARRAY_LEN(w->nfts); i++) {
        struct buf b = {0};
        buf_put(&b, "\x11\x00\x50\x22\0\0\0\0", 8);
        if (i + 1 < ARRAY_LEN(w->nfts)) {
            buf_put(&b, "\x50\x1A", 2);
            buf_put(&b, w->nfts[i + 1].b, 32);
        }
        add(w, w->nfts[i], slice_of(b.p, b.n));
        buf_deinit(&b);
    }
}

/* Pages of an account, none of which stands at the highest place. */
static void add_lost_nfts(struct world *w)
{
    memset(w->fourth.b, 0x5D, 20);
    for (size_t i = 0; i < ARRAY_LEN(w->lost); i++) {
        uint8_t low[12];
        memset(low, 0xE0 - (int)i, sizeof low);
        w->lost[i] = keylet_nft_page(&w->fourth, low);
    }
    for (size_t i = 0; i < ARRAY_LEN(w->lost); i++) {
        struct buf b = {0};
        buf_put(&b, "\x11\x00\x50\x22\0\0\0\0", 8);
        if (i + 1 < ARRAY_LEN(w->lost)) {
            buf_put(&b, "\x50\x1A", 2);
            buf_put(&b, w->lost[i + 1].b, 32);
        }
        add(w, w->lost[i], slice_of(b.p, b.n));
        buf_deinit(&b);
    }
}

static void world_init(struct world *w, uint64_t seed)
{
    *w = (struct world){.n = 0};
    chain_init(&w->chain, seed, 50, 0);
    memset(w->owner.b, 0x5A, 20);
    memset(w->other.b, 0x5B, 20);
    w->root = keylet_owner_dir(&w->owner);
    struct asset xrp = {.kind = ASSET_XRP}, usd = {.kind = ASSET_IOU, .issuer = w->owner};
    usd.currency.b[12] = 'U';
    w->book = keylet_book(&usd, &xrp, NULL);
    w->objects = arena_array(w->chain.arena, struct store_object, 8 * N_OFFERS);
    for (uint32_t i = 0; i < N_OFFERS; i++) {
        w->entries[i] = keylet_offer(&w->owner, i);
        w->offers[N_OFFERS - 1 - i] = w->entries[i];
        uint8_t data[12] = "\x11\x00\x6F\x22";
        memcpy(data + 8, &i, 4);
        add(w, w->entries[i], slice_of(data, 8));
    }
    add_owner_dir(w);
    add_book(w);
    add_nfts(w);
    add_lost_nfts(w);
    chain_set(&w->chain, w->objects, w->n);
}

/* The world at its first ledger: read from the mirror, from the mirror and the undo window, or from
 * the history. */
enum mode { NEWEST, RECENT, OLD, N_MODES };

struct open {
    struct world w;
    struct store *store;
    struct ledgers *ledgers;
    struct view *view;
    struct arena *arena;
};

static void open_at(struct open *o, uint64_t seed, enum mode mode)
{
    static unsigned n_opened;
    char name[16];
    snprintf(name, sizeof name, "m%u", ++n_opened);
    world_init(&o->w, seed);
    o->store = memory_new();
    o->ledgers = chain_open(o->store, name);
    chain_load(&o->w.chain, o->ledgers, 4);
    if (mode != NEWEST) {
        chain_extend(&o->w.chain, 900); /* most of the world is gone afterwards */
        chain_apply(&o->w.chain, o->ledgers, 51, 1);
    }
    if (mode == OLD) {
        ledgers_close(o->ledgers);
        o->ledgers = chain_open(o->store, name);
    }
    o->view = NULL;
    ASSERT_OK(view_open(o->ledgers, 50, &o->view));
    ASSERT(view_is_old(o->view) == (mode == OLD));
    o->arena = arena_new(0);
}

static void close_all(struct open *o)
{
    view_close(o->view);
    ledgers_close(o->ledgers);
    store_close(o->store);
    arena_free(o->arena);
    chain_deinit(&o->w.chain);
}

static void same_object(struct open *o, const struct hash256 *key, struct slice object)
{
    const struct store_object *want = chain_find(chain_at(&o->w.chain, 50), key);
    ASSERT(want && slice_eq(want->data, object));
}

/* One walk; its keys must be `want`, from there on. Returns how many it gave. */
static size_t walk_some(struct open *o, struct walk_dir *walk, const struct hash256 *want)
{
    size_t n = 0;
    while (walk->end == WALK_GOING) {
        struct walk_batch b;
        ASSERT_OK(walk_dir_next(walk, o->arena, &b));
        for (size_t i = 0; i < b.n; i++, n++) {
            ASSERT(hash256_eq(&want[n], &b.keys[i]));
            same_object(o, &b.keys[i], b.objects[i]);
        }
    }
    return n;
}

static void directory_in_pieces(enum mode mode)
{
    static struct open o;
    open_at(&o, 3 + (uint64_t)mode, mode);
    for (int round = 0; round < 20; round++) {
        struct walk_mark mark, *after = NULL;
        size_t at = 0;
        for (;;) {
            uint32_t limit = 1 + (uint32_t)chain_random(&o.w.chain, round < 10 ? 50 : 800);
            struct walk_dir walk = walk_dir_of(o.view, &o.w.root, limit, after);
            size_t n = walk_some(&o, &walk, o.w.entries + at);
            at += n;
            if (walk.end == WALK_DONE)
                break;
            ASSERT_INT(WALK_FULL, walk.end);
            ASSERT_INT(limit, n);
            mark = walk.last;
            after = &mark;
            ASSERT(hash256_eq(&mark.key, &o.w.entries[at - 1]));
            ASSERT_INT(o.w.page_of[at - 1], mark.page);
        }
        ASSERT_INT(N_OFFERS, at);
        arena_clear(o.arena);
    }
    close_all(&o);
}

TEST(pieces_of_any_size_make_up_the_newest_directory)
{
    directory_in_pieces(NEWEST);
}
TEST(pieces_of_any_size_make_up_a_recent_directory)
{
    directory_in_pieces(RECENT);
}
TEST(pieces_of_any_size_make_up_an_old_directory)
{
    directory_in_pieces(OLD);
}

TEST(a_limit_that_ends_the_directory_leaves_no_mark)
{
    for (enum mode mode = 0; mode < N_MODES; mode++) {
        static struct open o;
        open_at(&o, 9, mode);
        struct walk_dir walk = walk_dir_of(o.view, &o.w.root, N_OFFERS, NULL);
        ASSERT_INT(N_OFFERS, walk_some(&o, &walk, o.w.entries));
        ASSERT_INT(WALK_DONE, walk.end);
        struct walk_mark mark = walk.last; /* as it was given before */
        walk = walk_dir_of(o.view, &o.w.root, N_OFFERS, &mark);
        ASSERT_INT(0, walk_some(&o, &walk, NULL));
        ASSERT_INT(WALK_DONE, walk.end);
        close_all(&o);
    }
}

TEST(forged_marks_are_told)
{
    for (enum mode mode = 0; mode < N_MODES; mode++) {
        static struct open o;
        open_at(&o, 10, mode);
        size_t last = N_OFFERS - 1;
        const struct walk_mark forged[] = {
            {o.w.entries[0], 1u << 30},       /* no such page */
            {o.w.entries[last], 0},           /* on another page */
            {o.w.root, 0},                    /* no entry at all */
            {o.w.nfts[0], UINT32_MAX},        /* */
            {o.w.entries[0], UINT64_MAX},     /* numbers around the top */
            {o.w.entries[0], UINT64_MAX - 3}, /* */
        };
        for (size_t i = 0; i < ARRAY_LEN(forged); i++) {
            struct walk_dir walk = walk_dir_of(o.view, &o.w.root, 10, &forged[i]);
            ASSERT_INT(0, walk_some(&o, &walk, NULL));
            ASSERT_INT(WALK_BAD_MARK, walk.end);
        }
        /* a key of zeros means the begin, whatever the page */
        struct walk_mark zero = {HASH256_ZERO, 77};
        struct walk_dir walk = walk_dir_of(o.view, &o.w.root, 10, &zero);
        ASSERT_INT(10, walk_some(&o, &walk, o.w.entries));
        ASSERT_INT(o.w.page_of[9], walk.last.page);
        close_all(&o);
    }
}

TEST(an_account_without_directory_has_no_entries)
{
    static struct open o;
    open_at(&o, 11, NEWEST);
    struct hash256 root = keylet_owner_dir(&o.w.other);
    struct walk_dir walk = walk_dir_of(o.view, &root, 10, NULL);
    ASSERT_INT(0, walk_some(&o, &walk, NULL));
    ASSERT_INT(WALK_DONE, walk.end);
    struct walk_mark mark = {o.w.entries[0], 0};
    walk = walk_dir_of(o.view, &root, 10, &mark);
    ASSERT_INT(0, walk_some(&o, &walk, NULL));
    ASSERT_INT(WALK_BAD_MARK, walk.end);
    close_all(&o);
}

TEST(keys_alone_are_the_page_s_own_bytes)
{
    static struct open o;
    open_at(&o, 12, NEWEST);
    struct walk_dir walk = walk_dir_of(o.view, &o.w.root, 0, NULL);
    size_t n = 0;
    while (walk.end == WALK_GOING) {
        struct walk_batch b;
        ASSERT_OK(walk_dir_keys(&walk, o.arena, &b));
        ASSERT(b.objects == NULL);
        for (size_t i = 0; i < b.n; i++)
            ASSERT(hash256_eq(&o.w.entries[n++], &b.keys[i]));
    }
    ASSERT_INT(N_OFFERS, n);
    ASSERT_INT(0, arena_used(o.arena));
    close_all(&o);
}

TEST(a_book_is_walked_from_its_best_quality_to_its_bound)
{
    for (enum mode mode = 0; mode < N_MODES; mode++) {
        static struct open o;
        open_at(&o, 20 + (uint64_t)mode, mode);
        for (int round = 0; round < 12; round++) {
            uint32_t limit = round == 0 ? 0 : 1 + (uint32_t)chain_random(&o.w.chain, 900);
            struct walk_book walk = walk_book_of(o.view, &o.w.book, limit);
            size_t n = 0;
            while (walk.end == WALK_GOING) {
                struct walk_batch b;
                ASSERT_OK(walk_book_next(&walk, o.arena, &b));
                for (size_t i = 0; i < b.n; i++, n++) {
                    ASSERT(hash256_eq(&o.w.offers[n], &b.keys[i]));
                    same_object(&o, &b.keys[i], b.objects[i]);
                }
            }
            bool full = limit && limit <= N_OFFERS;
            ASSERT_INT(full ? limit : N_OFFERS, n);
            ASSERT_INT(full ? WALK_FULL : WALK_DONE, walk.end);
            arena_clear(o.arena);
        }
        close_all(&o);
    }
}

TEST(nft_pages_are_walked_downwards_from_any_of_them)
{
    for (enum mode mode = 0; mode < N_MODES; mode++) {
        static struct open o;
        open_at(&o, 30, mode);
        for (size_t from = 0; from <= ARRAY_LEN(o.w.nfts); from++) {
            size_t at = from ? from - 1 : 0;
            struct walk_nft walk = walk_nft_of(o.view, &o.w.owner, from ? &o.w.nfts[at] : NULL);
            struct hash256 key;
            struct slice page;
            while (walk.end == WALK_GOING) {
                ASSERT_OK(walk_nft_next(&walk, o.arena, &key, &page));
                ASSERT(hash256_eq(&o.w.nfts[at++], &key));
                same_object(&o, &key, page);
                ASSERT(at == ARRAY_LEN(o.w.nfts) ? hash256_is_zero(&walk.next)
                                                 : hash256_eq(&o.w.nfts[at], &walk.next));
            }
            ASSERT_INT(WALK_DONE, walk.end);
            ASSERT_INT(ARRAY_LEN(o.w.nfts), at);
        }
        close_all(&o);
    }
}

/* Ledgers that an old fault of rippled left behind. */
TEST(nft_pages_are_found_though_the_highest_place_is_empty)
{
    for (enum mode mode = 0; mode < N_MODES; mode++) {
        static struct open o;
        open_at(&o, 33, mode);
        struct walk_nft walk = walk_nft_of(o.view, &o.w.fourth, NULL);
        for (size_t i = 0; i < ARRAY_LEN(o.w.lost); i++) {
            struct hash256 key, token, of;
            struct slice page, found;
            ASSERT_INT(WALK_GOING, walk.end);
            ASSERT_OK(walk_nft_next(&walk, o.arena, &key, &page));
            ASSERT(hash256_eq(&o.w.lost[i], &key));
            same_object(&o, &key, page);
            token = key; /* its last token: right below the key */
            memset(token.b, 7, 20);
            token = keylet_decrement(&token);
            ASSERT_OK(walk_nft_page_of(o.view, &o.w.fourth, &token, o.arena, &of, &found));
            ASSERT(hash256_eq(&key, &of) && slice_eq(page, found));
            token = keylet_increment(&token); /* belongs to the page above */
            ASSERT_OK(walk_nft_page_of(o.view, &o.w.fourth, &token, o.arena, &of, &found));
            ASSERT(i == 0 ? found.n == 0 : hash256_eq(&o.w.lost[i - 1], &of));
        }
        ASSERT_INT(WALK_DONE, walk.end);
        close_all(&o);
    }
}

TEST(what_is_no_nft_page_is_told)
{
    static struct open o;
    open_at(&o, 31, NEWEST);
    struct hash256 key, absent = keylet_nft_page_min(&o.w.owner);
    struct slice page;
    struct walk_nft walk = walk_nft_of(o.view, &o.w.other, NULL);
    ASSERT_OK(walk_nft_next(&walk, o.arena, &key, &page));
    ASSERT_INT(WALK_DONE, walk.end);
    ASSERT_INT(0, page.n);
    const struct hash256 *forged[] = {&absent, &o.w.root, &o.w.entries[3]};
    for (size_t i = 0; i < ARRAY_LEN(forged); i++) {
        walk = walk_nft_of(o.view, &o.w.owner, forged[i]);
        ASSERT_OK(walk_nft_next(&walk, o.arena, &key, &page));
        ASSERT_INT(WALK_BAD_MARK, walk.end);
        ASSERT_INT(0, page.n);
    }
    close_all(&o);
}

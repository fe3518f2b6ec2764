/* SPDX-License-Identifier: Apache-2.0 */
/* What the check_*.c files share. */
#pragma once
#include "etl/check.h"
#include "xrpl/txmeta.h"

struct check_put;
struct check_root;

/* What the metadata of a ledger says in the end of an object. */
struct check_named {
    struct txmeta_node node;
    size_t order;
    bool existed; /* before the ledger */
};

#define CHECK_SAID 1024

/* At what it looks, beside headers and transactions. */
struct check_look {
    bool hashes, rows, objects, list;
};

struct check {
    const struct check_opts *opts;
    struct check_result result;
    struct store *s;
    struct arena *arena; /* of one ledger */
    uint32_t first, last;
    bool has_previous;
    struct ledger_header previous, header;
    struct store_tx *txs; /* of the ledger, with hashes */
    size_t n_txs;
    struct store_range lack[STORE_N_INDEXES]; /* first 0: nothing */
    struct hash256 *said;                     /* CHECK_SAID rows of indexes that were named last */
    size_t n_said;
    int64_t start_ns;
    uint64_t n_operations;
    bool was_fetched; /* `fetched` has been asked for: */
    bool is_fetched;
    struct store_ledger fetched; /* the ledger as others have it */
    struct check_put *put;       /* objects that no root has proven yet */
    size_t n_put, cap_put;
    struct check_root *root; /* what is kept between states; NULL: nothing yet */
    uint32_t *later;         /* ledgers whose state is to be looked at */
    size_t n_later, cap_later;
    uint32_t at, position; /* the ledger looked at; where to go on if it is stopped now */
    bool stopped;          /* progress has said so */
    struct check_look look;
    unsigned list_bits; /* keys are some 2^bits apart (check_links.c); 0: nothing learned */
    bool must_end;      /* and is not asked any more */
    bool put_off;       /* a row could not be written just now */
    bool io_is_damage;  /* a place of the disk cannot be read, again and again */
};

/* An object that was put, and what stood there. */
struct check_put {
    struct hash256 key;
    uint32_t seq; /* the ledger whose root must prove it */
    uint32_t at;  /* where it was put: the same, or 0 */
    bool over;    /* over `before`, an allocated copy; else over nothing */
    bool done;    /* proven, or taken out */
    bool unsaid;  /* not among what was mended */
    struct slice before;
};

/* Something is wrong. Counts and says it; `mended` tells whether it was put right. */
void check_say(struct check *c, bool mended, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An error of a read: OK if it is about damage, which has been said then (`*ret_damaged`). */
ERR check_read(struct check *c, err e, const char *what, bool *ret_damaged);
bool check_is_damage(const struct check *c, err e);
/* Do a part that can be begun again until it succeeds: a database that does not answer, or a disk
 * that cannot be read, is waited for. Errors: as check_run, ERR_CANCELLED (stopped). */
ERR check_patiently(struct check *c, err (*part)(struct check *c, uint32_t seq), uint32_t seq);
/* Now and then in what takes long. ERR_CANCELLED: it shall stop. */
ERR check_go_on(struct check *c);
/* Rows of c's ledger put right, if repairs are asked for: whether it is so now. */
bool check_mend(struct check *c, const struct store_repair *rows);
/* Is the object, or list of keys, of this key one to look at? */
bool check_looks_at(const struct check *c, const struct hash256 *key);
/* Is this one of the ledgers whose whole state is asked for? */
bool check_wants_state(const struct check *c, uint32_t seq);
/* Before n operations: keeps to the bound. */
void check_pace(struct check *c, uint64_t n);

/* The ledger as others have it; NULL: nobody gives it. */
const struct store_ledger *check_mend_fetched(struct check *c, uint32_t seq);
/* With the help of others (check_mend.c), if repairs are asked for: whether it is so now. */
bool check_mend_header(struct check *c, uint32_t seq);
bool check_mend_txs(struct check *c);
/* `node`: what the metadata says of the object; NULL: nothing names it. */
bool check_mend_object(struct check *c, const struct hash256 *key, const struct txmeta_node *node);
/* The objects that c's ledger changed, as sources have them, where the history has them otherwise.
 * *ret: there were some. */
ERR check_mend_changes(struct check *c, bool *ret);
/* The object existed before this ledger, but no version of it is left. */
bool check_mend_base(struct check *c, const struct hash256 *key);
/* Objects that a state which is whole still has, and this ledger's does not. *ret_n: mended. */
ERR check_mend_state(struct check *c, size_t *ret_n);
/* Look at the ledger's state when all ledgers have been mended: what it lacks may be found later.
 */
void check_prove_later(struct check *c, uint32_t seq);
/* After all ledgers: their states; what was put is proven by the roots of the ledgers' whole
 * states, or taken out again. */
ERR check_prove_all(struct check *c);
/* Whatever is not proven in the end is taken out. */
void check_prove_forget(struct check *c);
/* What the metadata of c's ledger gives of an object stands so in it: fields, and who touched it.
 */
bool check_agrees(const struct check *c, const struct txmeta_node *node, struct slice object);

/* The parts. Errors: as check_run. */
ERR check_header(struct check *c, uint32_t seq, bool *ret_usable);
ERR check_txs(struct check *c, bool *ret_usable);
ERR check_rows(struct check *c);
ERR check_objects(struct check *c);
ERR check_state(struct check *c);
/* After everything else of a repair: the list of keys where ledger `seq` changed it. */
ERR check_changed_list(struct check *c, uint32_t seq);
/* The list of keys where the ledger's changes are in it: `named` as check_objects has it. */
ERR check_links(struct check *c, const struct check_named *named, size_t n);

#define CHECK_ROOT_TEXT 120
/* *ret: the whole state of c's ledger has the header's root; else `text` says what is wrong, or is
 * empty: it has been said. `list`: each of its keys leads to the next. Errors: as check_run. */
ERR check_root(struct check *c, bool list, bool *ret, char text[CHECK_ROOT_TEXT]);
/* A version of this object has been put, or taken away. */
void check_root_touch(struct check *c, const struct hash256 *key);
void check_root_free(struct check *c);
/* At c's ledger the list of keys goes from `key` to `next` (all FF: the end): mended if not. */
ERR check_successor(struct check *c, const struct hash256 *key, const struct hash256 *next);

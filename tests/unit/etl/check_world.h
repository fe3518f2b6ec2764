/* SPDX-License-Identifier: Apache-2.0 */
/* A history of three ledgers in memory, 10 to 12, right in every respect, for tests that spoil it.
 */
#pragma once
#include "etl/check.h"
#include "test.h"

#define CHECK_WORLD_N                                                                              \
    4 /* keys of objects, ascending; which exist: 10: 0 1 2; 11: 0 2 3; 12: 0 2 3 */

struct check_world {
    struct store *s;
    struct arena *arena;
    struct hash256 keys[CHECK_WORLD_N];
    struct store_tx tx; /* of ledger 11: modifies 0, deletes 1, creates 3 */
    struct ledger_header headers[3];
    char said[2000]; /* lines of the last check */
};

struct check_world *check_world_new(void);
/* In a store that is empty; it is closed with the world. */
struct check_world *check_world_new_in(struct store *s);
void check_world_free(struct check_world *w);
/* Bytes of object i with this sequence number. */
struct slice check_world_object(struct check_world *w, size_t i, uint32_t sequence);
/* For check_opts: `arg` is the world. */
void check_world_say(void *arg, const char *line, bool mended);
/* Check as the options say, of this world; what is found stands in `said`. */
struct check_result check_world_check(struct check_world *w, struct check_opts opts);
/* All, states too. */
struct check_result check_world_run(struct check_world *w, bool repair);
/* One thing is found, whose line contains `what`; it is mended, if it can be, and then all is
 * right. */
void check_world_expect(struct check_world *w, const char *what, bool mendable);

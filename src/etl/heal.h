/* SPDX-License-Identifier: Apache-2.0 */
/* A history mended with what sources and the state mirror have. What a disk has damaged is mended
 * in a copy, which takes the history's place only if everything in it is right; a history that is
 * somebody else's files, or has no damaged files, is mended in place. */
#pragma once
#include "etl/check.h"

struct core;
struct ledgers;
struct sources;

struct heal_opts {
    struct check_opts check; /* its `help` is ours */
    struct core *home;       /* where the sources live; NULL: none are asked */
    struct sources *sources;
    struct ledgers *ledgers; /* whose mirror may help; NULL: none */
    /* Of a copy, look only at what its files have lost: the rest was right before. */
    bool only_lost;
};

/* Runs on a plain thread, not one of a core. Nobody else writes meanwhile: what tries is refused
 * (ERR_BUSY). *ret_copied: it was a copy that was mended, and what `ret` says of it counts only if
 * *ret_taken. Errors: as check_run, and store_salvage. */
ERR heal_run(const struct heal_opts *opts, struct check_result *ret, bool *ret_copied,
             bool *ret_taken);

/* SPDX-License-Identifier: Apache-2.0 */
/* What is known in memory of objects: for a key, what was under it until some ledger. The state at
 * ledger S is the mirror's file, of whatever ledger it is, corrected by the oldest version that
 * holds beyond S. Two things need that: the file is newer than S (the undo window: undo.h), or its
 * object is older than S, since it has not been written yet (waiting.h).
 *
 * One writer (the apply thread); readers of any core read without locks, by key or in key order. A
 * reader is pinned while it reads: what was visible when it pinned stays allocated until it unpins.
 * Who pins before it opens a snapshot of the file finds what that snapshot lacks. */
#pragma once
#include "base/hash.h"
#include "base/slice.h"
#include "ledger/epochs.h"

struct versions;
struct version;
struct versions_key; /* a key with versions */

/* Until a ledger to come: this is the newest version, and the file may not have it. */
#define VERSIONS_WAITING UINT32_MAX

struct versions *versions_new(uint32_t n_slots);     /* reading threads */
struct versions *versions_free(struct versions *vs); /* nobody is pinned; accepts NULL */
/* Where readers pin, and whose collect frees what is not looked at any more. */
struct epochs *versions_epochs(struct versions *vs);

/* --- writer --- */

/* Under `key` there was this before ledger `until`: visible at once. An absent object has no bytes;
 * they are copied. */
struct version *versions_add(struct versions *vs, const struct hash256 *key, uint32_t until,
                             struct slice object);
/* It holds until another ledger: to VERSIONS_WAITING, or from it. The order of the key's versions
 * stays as it is. */
void versions_hold(struct versions *vs, struct version *v, uint32_t until);
/* Not to be found any more; its memory stays for those who are pinned. */
void versions_remove(struct versions *vs, struct version *v);
/* The newest version of a key, if it waits; NULL: none does. */
struct version *versions_waiting(const struct versions *vs, const struct hash256 *key);
struct version *versions_waiting_at(const struct versions_key *k);

const struct hash256 *versions_key_of(const struct version *v);
struct slice versions_object(const struct version *v);
/* It waits, or did so. */
bool versions_has_waited(const struct version *v);
/* Its part of versions_waiting_bytes, while it waits. */
uint64_t versions_bytes_of(const struct version *v);

/* --- readers --- */

/* Is there a version of this key? NULL: none. Cheap then. Pinned, like what follows. */
const struct versions_key *versions_find(const struct versions *vs, const struct hash256 *key);
/* Key with versions at or after `key`; NULL: none. */
const struct versions_key *versions_seek(const struct versions *vs, const struct hash256 *key);
/* The last one before `key`. */
const struct versions_key *versions_seek_before(const struct versions *vs,
                                                const struct hash256 *key);
const struct versions_key *versions_next(const struct versions_key *k);
const struct hash256 *versions_key(const struct versions_key *k);
/* What was under this key at ledger `seq` (*ret empty: nothing). False: the file has it. Valid
 * while pinned. */
bool versions_at(const struct versions_key *k, uint32_t seq, struct slice *ret);

uint64_t versions_bytes(const struct versions *vs);         /* any thread; of all, */
uint64_t versions_waiting_bytes(const struct versions *vs); /* of those that wait */

/* SPDX-License-Identifier: Apache-2.0 */
/* Stores for tests. */
#pragma once
#include "store/rocks_impl.h"
#include "unit/store/model.h"
#include "unit/test.h"

#include <sys/types.h>

/* A store on disk at `path`. */
struct store *fixture_open(const char *path);
/* A fresh one below the test's directory at each call. */
struct store *fixture_open_new(void);
/* The model's ledgers, n after the first, in memory. */
struct store *fixture_memory(uint64_t seed, uint32_t n);
/* Path of the only table file of a family. */
void fixture_file_of(struct store *s, enum rocks_cf cf, char path[600]);
/* Change a bit of a file. */
void fixture_flip(const char *path, off_t at);
/* A store in the test's directory with the model's ledgers, 20 after the first, and a block of
 * objects that cannot be read. */
struct store *fixture_bad_block(struct model *m);

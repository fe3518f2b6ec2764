/* SPDX-License-Identifier: Apache-2.0 */
/* Stores for tests. */
#pragma once
#include "store/rocks.h"
#include "unit/store/model.h"
#include "unit/test.h"

/* A store on disk at `path`. */
struct store *fixture_open(const char *path);
/* A fresh one below the test's directory at each call. */
struct store *fixture_open_new(void);
/* The model's ledgers, n after the first, in memory. */
struct store *fixture_memory(uint64_t seed, uint32_t n);

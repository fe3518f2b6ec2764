/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: Clio's keys and meanings (config_keys.def), read once at start, then never
 * changed. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct config;

enum config_key {
#define KEY(id, path, type, def, constraint, effect, text) CONFIG_##id,
#include "app/config_keys.def"
#undef KEY
    CONFIG_N_KEYS
};

/* Everything at its default, as when there is no file (listens on 127.0.0.1:51233, reads from a
 * rippled on 127.0.0.1). */
struct config *config_new_default(void);
/* Read a file. Every problem found is added to `ret_problems`, a line each: file:line: key: what is
 * wrong, what is allowed, the nearest valid key. Errors: ERR_IO (no such file), ERR_INVALID
 * (problems). */
ERR config_load(const char *path, struct buf *ret_problems, struct config **ret);
/* For commands: the same, or the defaults if path is NULL; what is wrong goes to standard error,
 * and NULL comes back. */
struct config *config_load_or_say(const char *path);
/* The same from text (`name` stands for the file in messages). */
ERR config_parse(const char *name, struct slice text, struct buf *ret_problems,
                 struct config **ret);
struct config *config_free(struct config *c);

/* Whether the key has a value, from the file or by default. */
bool config_has(const struct config *c, enum config_key key);
/* Whether the file gave it. */
bool config_given(const struct config *c, enum config_key key);

/* Values of scalar keys: the file's, else the default, else 0 / NULL. Strings live as long as the
 * config. */
int64_t config_int(const struct config *c, enum config_key key);
double config_double(const struct config *c, enum config_key key);
bool config_bool(const struct config *c, enum config_key key);
const char *config_str(const struct config *c, enum config_key key);

/* Keys below an array ("[]" in the path): elements, and the value in element i (NULL or 0 where it
 * is not given). */
uint32_t config_count(const struct config *c, enum config_key key);
const char *config_str_at(const struct config *c, enum config_key key, uint32_t i);
int64_t config_int_at(const struct config *c, enum config_key key, uint32_t i);
bool config_bool_at(const struct config *c, enum config_key key, uint32_t i, bool otherwise);
bool config_has_at(const struct config *c, enum config_key key, uint32_t i);

/* Lines for the log at start: keys that the file gives and that have no effect, and why. */
void config_no_effect(const struct config *c, struct buf *out);
/* All keys as Markdown (docs/config.md is this text). */
void config_describe(struct buf *out);

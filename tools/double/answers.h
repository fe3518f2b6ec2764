/* SPDX-License-Identifier: Apache-2.0 */
/* What the recorded rippled answered to API requests: found again by command and parameters, in any
 * order of members. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

struct answers;

struct answers *answers_new(void);
struct answers *answers_free(struct answers *a);
/* Take in DIR/rpc.jsonl or rpc.jsonl.zst, if it is there. */
ERR answers_load(struct answers *a, const char *dir);
/* The recorded result object (with `status`) for these parameters, less command, method and id;
 * NULL if there is none. */
const struct json *answers_find(const struct answers *a, struct slice command,
                                const struct json *params);

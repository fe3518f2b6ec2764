/* SPDX-License-Identifier: Apache-2.0 */
/* Cases picked from recordings by tools/pick-xrpl-goldens: JSON lines in tests/data/xrpl, or in the
 * directory that KLEIO_XRPL_GOLDENS names. */
#pragma once
#include "base/arena.h"
#include "json/json.h"

/* Call fn for every line of the file; the arena is cleared between lines. Returns the number of
 * lines. */
size_t golden_each(const char *file, void (*fn)(const struct json *line, struct arena *a));
/* Bytes of a member that holds hex; fails the test if it does not. */
struct slice golden_hex(const struct json *line, const char *member, struct arena *a);

/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a text that is not going to be parsed: takes no memory, and no more time than its first
 * bytes cost. */
#pragma once
#include "base/slice.h"

/* The source text of the scalar member `key` of the object that `text` begins with, if it stands
 * whole within the first max_bytes and is well-formed by itself; else SLICE_EMPTY. The rest of the
 * text may be anything. Keys are compared as written (no escapes). */
struct slice json_peek(struct slice text, const char *key, size_t max_bytes);

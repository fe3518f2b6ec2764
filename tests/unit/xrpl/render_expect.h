/* SPDX-License-Identifier: Apache-2.0 */
/* Objects in hex, and the JSON that they must give. */
#pragma once
#include "xrpl/render.h"

/* What was rendered last. */
extern struct buf render_out;
/* A writer to it, emptied. */
struct jw render_fresh(void);
/* Render the object that the digits are. */
ERR render_hex(const char *hex);
void render_expect(const char *hex, const char *json);
/* The same for bytes that are reported as damaged. */
void render_expect_damaged(const char *hex, const char *json);

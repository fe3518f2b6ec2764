/* SPDX-License-Identifier: Apache-2.0 */
/* A compressed message (permessage-deflate, RFC 7692) on its way to what it was, step by step: a
 * thousand bytes may be a million, or take as long. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct ws_unpack;

/* Begin with a message, whose memory is taken over, to be at most max_bytes; text must be UTF-8.
 * *spare is used if there is one, and becomes NULL. */
struct ws_unpack *ws_unpack_begin(struct ws_unpack **spare, struct buf *packed, size_t max_bytes,
                                  bool is_text);
/* Some 50 us of it, at most. Errors: ERR_LIMIT, ERR_PARSE (the text is the reason for the peer). */
ERR ws_unpack_step(struct ws_unpack *u, bool *ret_done);
/* When done: the message, valid until ws_unpack_end. */
struct slice ws_unpack_plain(const struct ws_unpack *u);
bool ws_unpack_is_text(const struct ws_unpack *u);
/* Give it back, as the next spare if there is none. Accepts NULL, returns NULL. */
struct ws_unpack *ws_unpack_end(struct ws_unpack *u, struct ws_unpack **spare);
struct ws_unpack *ws_unpack_free(struct ws_unpack *u); /* accepts NULL, returns NULL */

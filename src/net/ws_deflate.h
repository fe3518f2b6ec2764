/* SPDX-License-Identifier: Apache-2.0 */
/* permessage-deflate (RFC 7692), the server's side. Negotiated always without context takeover, so
 * a connection costs no memory for it: messages of all connections of a core pass through one
 * codec, and a message pushed to many is packed once. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct ws_deflate;

/* What was agreed with a client. */
struct ws_deflate_terms {
    uint8_t window_bits; /* of what we send: 9..15; 0 = no compression */
};

/* A codec, for one core. */
struct ws_deflate *ws_deflate_new(void);
struct ws_deflate *ws_deflate_free(struct ws_deflate *d); /* accepts NULL, returns NULL */

/* Choose from a client's offers, the value of Sec-WebSocket-Extensions (RFC 7692, 7.1): the first
 * whose terms we can keep. False when there is none. */
bool ws_deflate_negotiate(struct slice offers, struct ws_deflate_terms *ret);
/* Append the header line that accepts. */
void ws_deflate_accept(const struct ws_deflate_terms *terms, struct buf *out);

/* Is a message of this size packed at all? Small ones gain nothing, large ones would hold the core.
 */
bool ws_deflate_worth(size_t n);
/* Pack a message into d's own buffer; *ret is valid until the next call. False when it would not
 * become smaller. */
bool ws_deflate_pack(struct ws_deflate *d, const struct ws_deflate_terms *terms, struct slice plain,
                     struct slice *ret);
/* Unpack likewise, to at most max_bytes. Errors: ERR_LIMIT, ERR_PARSE. */
ERR ws_deflate_unpack(struct ws_deflate *d, struct slice packed, size_t max_bytes,
                      struct slice *ret);
/* Let go of memory that a large message needed. */
void ws_deflate_trim(struct ws_deflate *d);

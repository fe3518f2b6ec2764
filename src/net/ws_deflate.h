/* SPDX-License-Identifier: Apache-2.0 */
/* permessage-deflate (RFC 7692), the server's side. Negotiated always without context takeover, so
 * a connection costs no memory for it: messages of all connections of a core are packed by one
 * codec, and a message pushed to many is packed once. Unpacking: ws_unpack.h. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct ws_deflate;
struct ws_unpack;

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
/* The spare one of ws_unpack.h. */
struct ws_unpack **ws_deflate_spare(struct ws_deflate *d);

/* SPDX-License-Identifier: Apache-2.0 */
/* What a proxy says of its client: the header Forwarded (RFC 7239), or X-Forwarded-For. Pure. */
#pragma once
#include "web/address.h"

/* The address in `for` of the last element: what the nearest proxy has added itself, everything
 * before it anybody may have written. `value` is all lines of the header, joined with commas. False
 * when the value is not well-formed, or when its last element names no address (unknown, hidden, no
 * `for`, two of them). */
bool forwarded_client(struct slice value, char out[ADDRESS_BYTES]);
/* The same for the last item of X-Forwarded-For. */
bool forwarded_x_client(struct slice value, char out[ADDRESS_BYTES]);

/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as text, in one form each: the key of limits, of whitelists and of who is admin. */
#pragma once
#include "base/slice.h"

#define ADDRESS_BYTES 48 /* the longest with its NUL */

/* The canonical form of an IPv4 or IPv6 address (RFC 5952; mapped IPv4 as IPv4; a zone is dropped).
 * False when the text is no address; `out` is untouched then. */
bool address_canonical(struct slice text, char out[ADDRESS_BYTES]);
/* The same with what may stand around it in headers: "1.2.3.4:80", "[::1]", "[::1]:80". */
bool address_of_node(struct slice text, char out[ADDRESS_BYTES]);
/* What limits are kept by: an IPv4 address as it is; of an IPv6 address its /64 ("2001:db8::/64"),
 * for that is what a subscriber gets at least, and can choose addresses of (RFC 6177). `ip` is
 * canonical; anything else is taken as it is, cut to fit. */
void address_limits_key(const char *ip, char out[ADDRESS_BYTES]);
/* Of this machine alone (a canonical address). */
bool address_is_loopback(const char *ip);

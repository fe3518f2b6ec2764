/* SPDX-License-Identifier: Apache-2.0 */
/* The share of a core's time that a client is given: clients of one address have one together
 * (ready.h). */
#pragma once
#include <stdint.h>
#include <sys/socket.h>

#define SHARE_N 2048
#define SHARE_OWN 0 /* of what no client began: connections to sources */

/* Of an IPv4 address, or of the 64 bits of an IPv6 one that name a network: never SHARE_OWN. Which
 * addresses meet in one share differs from process to process. */
uint16_t share_of(const struct sockaddr *addr);

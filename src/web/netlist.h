/* SPDX-License-Identifier: Apache-2.0 */
/* A list of addresses and networks: "10.0.0.1", "10.0.0.0/8", "::1", "fe80::/10". Built at start,
 * then read only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct netlist;

struct netlist *netlist_new(void);
struct netlist *netlist_free(struct netlist *l); /* accepts NULL, returns NULL */
/* False when the text is neither an address nor a network. */
bool netlist_add(struct netlist *l, const char *text);
/* Is the address (text) in the list? Mapped IPv4 ("::ffff:10.0.0.1") counts as IPv4. */
bool netlist_has(const struct netlist *l, const char *ip);
size_t netlist_count(const struct netlist *l);

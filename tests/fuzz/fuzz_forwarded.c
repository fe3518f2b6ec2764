/* SPDX-License-Identifier: Apache-2.0 */
/* What clients and proxies write about addresses: whatever comes, the result is an address in its
 * one form, or nothing. */
#include "base/mem.h"
#include "fuzz.h"
#include "web/forwarded.h"
#include "web/netlist.h"

#include <stdlib.h>

static void expect_canonical(const char *ip)
{
    char again[ADDRESS_BYTES];
    if (!address_canonical(slice_str(ip), again) || strcmp(ip, again) != 0)
        abort();
    if (!address_of_node(slice_str(ip), again) || strcmp(ip, again) != 0)
        abort();
}

static void add_to_list(struct slice text)
{
    struct netlist *l = netlist_new();
    char *copy = xstrndup((const char *)text.p, text.n);
    if (netlist_add(l, copy) != (netlist_count(l) == 1))
        abort();
    (void)netlist_has(l, "10.1.2.3");
    if (netlist_has(l, copy) && !strchr(copy, ':') && strchr(copy, '/'))
        abort(); /* a network is no address */
    free(copy);
    netlist_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    char ip[ADDRESS_BYTES];
    struct slice text = slice_of(p, n);
    if (forwarded_client(text, ip))
        expect_canonical(ip);
    if (forwarded_x_client(text, ip))
        expect_canonical(ip);
    if (address_of_node(text, ip))
        expect_canonical(ip);
    add_to_list(text);
    return 0;
}

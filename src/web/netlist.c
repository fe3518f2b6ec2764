/* SPDX-License-Identifier: Apache-2.0 */
#include "web/netlist.h"

#include "base/mem.h"
#include "base/slice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

/* Everything is held as IPv6; IPv4 in its mapped form. */
struct net {
    uint8_t addr[16];
    uint32_t bits;
};

struct netlist {
    struct net *nets;
    size_t n;
};

struct netlist *netlist_new(void)
{
    return xcalloc(1, sizeof(struct netlist));
}

struct netlist *netlist_free(struct netlist *l)
{
    if (l) {
        free(l->nets);
        free(l);
    }
    return NULL;
}

static bool parse_ip(const char *text, uint8_t out[16], bool *ret_is_v4)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    *ret_is_v4 = strchr(text, ':') == NULL;
    if (!*ret_is_v4)
        return inet_pton(AF_INET6, text, out) == 1;
    memcpy(out, mapped, 12);
    return inet_pton(AF_INET, text, out + 12) == 1;
}

bool netlist_add(struct netlist *l, const char *text)
{
    char ip[64];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof ip)
        return false;
    memcpy(ip, text, n);
    ip[n] = 0;
    struct net net;
    bool is_v4;
    if (!parse_ip(ip, net.addr, &is_v4))
        return false;
    uint32_t max = is_v4 ? 32 : 128;
    char *end = "";
    unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : max;
    if (*end != 0 || bits > max || (slash && (slash[1] < '0' || slash[1] > '9')))
        return false;
    net.bits = (uint32_t)bits + 128 - max;
    l->nets = xrealloc(l->nets, sizeof *l->nets * (l->n + 1));
    l->nets[l->n++] = net;
    return true;
}

static bool matches(const struct net *net, const uint8_t addr[16])
{
    size_t whole = net->bits / 8, rest = net->bits % 8;
    if (memcmp(net->addr, addr, whole) != 0)
        return false;
    return rest == 0 || (net->addr[whole] ^ addr[whole]) >> (8 - rest) == 0;
}

bool netlist_has(const struct netlist *l, const char *ip)
{
    uint8_t addr[16];
    bool is_v4;
    if (l->n == 0 || !parse_ip(ip, addr, &is_v4))
        return false;
    for (size_t i = 0; i < l->n; i++)
        if (matches(&l->nets[i], addr))
            return true;
    return false;
}

size_t netlist_count(const struct netlist *l)
{
    return l->n;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "app/config_check.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_SECONDS 100000000 /* three years; in nanoseconds it is far from an overflow */

const char *config_check_type_name(enum config_type type)
{
    static const char *const names[] = {"?", "string", "integer", "number", "boolean"};
    return names[type];
}

static bool type_fits(enum config_type type, const struct json *v)
{
    switch (type) {
    case CONFIG_TYPE_STRING: return v->type == JSON_STRING;
    case CONFIG_TYPE_INT: return v->type == JSON_INT;
    case CONFIG_TYPE_DOUBLE: return v->type == JSON_INT || v->type == JSON_DOUBLE;
    case CONFIG_TYPE_BOOL: return v->type == JSON_BOOL;
    }
    return false;
}

static bool is_ip(const char *s)
{
    struct in6_addr addr;
    return inet_pton(AF_INET, s, &addr) == 1 || inet_pton(AF_INET6, s, &addr) == 1;
}

/* Host names as RFC 1123 has them: labels of letters, digits and inner hyphens. */
static bool is_host(const char *s)
{
    if (is_ip(s))
        return true;
    size_t n = strlen(s);
    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool edge = i == 0 || i + 1 == n || s[i - 1] == '.' || s[i + 1] == '.';
        if (!isalnum((unsigned char)s[i]) && (edge || (s[i] != '-' && s[i] != '.')))
            return false;
    }
    return true;
}

static bool is_network(const char *s)
{
    const char *slash = strchr(s, '/');
    if (slash == NULL)
        return is_host(s);
    char ip[64], *end;
    snprintf(ip, sizeof ip, "%.*s", (int)(slash - s), s);
    unsigned long bits = strtoul(slash + 1, &end, 10);
    return is_ip(ip) && isdigit((unsigned char)slash[1]) && *end == 0 &&
           bits <= (strchr(ip, ':') ? 128 : 32);
}

static bool is_port_string(const char *s)
{
    char *end;
    unsigned long port = strtoul(s, &end, 10);
    return isdigit((unsigned char)s[0]) && *end == 0 && port >= 1 && port <= 65535;
}

static bool is_method(const char *s)
{
    for (const char *p = s; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '_')
            return false;
    return s[0] != 0;
}

static bool is_secret(const char *s)
{
    return s[0] != 0;
}

/* scheme://host[:port], as browsers send it: without a path. */
static bool is_origin(const char *s)
{
    const char *at = strstr(s, "://");
    if (strcmp(s, "*") == 0)
        return true;
    if (at == NULL || at == s || at[3] == 0 || strlen(s) > 256)
        return false;
    for (const char *p = s; *p; p++)
        if (isupper((unsigned char)*p) || !isgraph((unsigned char)*p) || (*p == '/' && p > at + 2))
            return false;
    return true;
}

static bool in_words(const char *words, const char *s)
{
    size_t n = strlen(s);
    for (const char *p = words; n && (p = strstr(p, s)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == 0))
            return true;
    return false;
}

static bool string_fits(const char *constraint, const char *s)
{
    static const struct {
        const char *name;
        bool (*check)(const char *s);
    } checks[] = {{"ip", is_ip},           {"host", is_host},
                  {"network", is_network}, {"portstring", is_port_string},
                  {"method", is_method},   {"secret", is_secret},
                  {"origin", is_origin}};
    if (strncmp(constraint, "enum ", 5) == 0)
        return in_words(constraint + 5, s);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (strcmp(constraint, checks[i].name) == 0)
            return checks[i].check(s);
    return true;
}

static bool constraint_fits(const struct config_key_info *key, const struct json *v)
{
    long long low, high;
    if (v->type == JSON_STRING) {
        if (memchr(v->s.p, 0, v->s.n) != NULL || v->s.n > 4000)
            return false;
        char *s = xstrndup((const char *)v->s.p, v->s.n);
        bool fits = string_fits(key->constraint, s);
        free(s);
        return fits;
    }
    if (sscanf(key->constraint, "int %lld %lld", &low, &high) == 2)
        return v->i >= low && v->i <= high;
    double d = v->type == JSON_INT ? (double)v->i : v->d;
    if (strcmp(key->constraint, "seconds") == 0)
        return d >= 0 && d <= MAX_SECONDS;
    if (strcmp(key->constraint, "percent") == 0)
        return d >= 0 && d <= 100;
    return true;
}

void config_check_allowed(const struct config_key_info *key, char *out, size_t n)
{
    long long low, high;
    const char *c = key->constraint;
    if (strncmp(c, "enum ", 5) == 0)
        snprintf(out, n, "one of: %s", c + 5);
    else if (sscanf(c, "int %lld %lld", &low, &high) == 2)
        snprintf(out, n, "%lld to %lld", low, high);
    else if (strcmp(c, "seconds") == 0)
        snprintf(out, n, "0 to %d", MAX_SECONDS);
    else if (strcmp(c, "percent") == 0)
        snprintf(out, n, "0 to 100");
    else if (strcmp(c, "ip") == 0)
        snprintf(out, n, "an IPv4 or IPv6 address");
    else if (strcmp(c, "host") == 0)
        snprintf(out, n, "an address or host name");
    else if (strcmp(c, "network") == 0)
        snprintf(out, n, "an address, a network (10.0.0.0/8) or a host name");
    else if (strcmp(c, "portstring") == 0)
        snprintf(out, n, "a port number in quotes, \"1\" to \"65535\"");
    else if (strcmp(c, "method") == 0)
        snprintf(out, n, "the name of a method");
    else if (strcmp(c, "secret") == 0)
        snprintf(out, n, "any but an empty one");
    else if (strcmp(c, "origin") == 0)
        snprintf(out, n, "*, or an origin in lower case without a path (https://a.example:8080)");
    else
        snprintf(out, n, "any");
}

bool config_check_value(const struct config_key_info *key, const struct json *v, char *why,
                        size_t n)
{
    char allowed[160];
    config_check_allowed(key, allowed, sizeof allowed);
    if (type_fits(key->type, v) && constraint_fits(key, v))
        return true;
    int shown = (int)MIN(v->raw.n, (size_t)40);
    const char *type = config_check_type_name(key->type);
    snprintf(why, n, "must be a%s %s, %s; found %.*s", type[0] == 'i' ? "n" : "", type, allowed,
             shown, (const char *)v->raw.p);
    return false;
}

#define PATH_MAX_BYTES 128

/* Levenshtein distance of two short texts. */
static size_t distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b), row[PATH_MAX_BYTES + 1];
    if (na > PATH_MAX_BYTES || nb > PATH_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t up = row[j], change = diagonal + (a[i - 1] != b[j - 1]);
            size_t skip = MIN(up, row[j - 1]) + 1;
            row[j] = MIN(change, skip);
            diagonal = up;
        }
    }
    return row[nb];
}

const char *config_check_nearest(const char *path, const struct config_key_info *keys, size_t n)
{
    size_t best = SIZE_MAX, at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(path, keys[i].path);
        if (d < best)
            best = d, at = i;
    }
    return best <= 3 + strlen(path) / 3 ? keys[at].path : NULL;
}

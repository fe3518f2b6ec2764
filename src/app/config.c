/* SPDX-License-Identifier: Apache-2.0 */
#include "app/config.h"

#include "app/config_check.h"
#include "base/arena.h"
#include "base/mem.h"
#include "json/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BYTES ((size_t)1 << 20) /* of a file */

struct values {
    const struct json *
        *items; /* one for a scalar key, one per element below an array; NULL = not given */
    uint32_t n;
};

struct config {
    struct arena *arena;
    struct values values[CONFIG_N_KEYS];
    const struct json *defaults[CONFIG_N_KEYS]; /* NULL = none */
};

/* State of one reading. */
struct reader {
    struct config *config;
    const char *name;
    struct slice text;
    struct buf *problems;
};

static const struct config_key_info keys[CONFIG_N_KEYS] = {
#define KEY(id, path, type, def, constraint, effect, text)                                         \
    [CONFIG_##id] = {path, CONFIG_TYPE_##type, def, constraint, effect, text},
#include "app/config_keys.def"
#undef KEY
};

static uint32_t line_of(const struct reader *r, const uint8_t *at)
{
    uint32_t line = 1;
    for (const uint8_t *p = r->text.p; p < at && p < r->text.p + r->text.n; p++)
        line += *p == '\n';
    return line;
}

static void problem(struct reader *r, const uint8_t *at, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void problem(struct reader *r, const uint8_t *at, const char *key, const char *fmt, ...)
{
    buf_printf(r->problems, "%s:%u: ", r->name, line_of(r, at));
    if (key[0])
        buf_printf(r->problems, "%s: ", key);
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(r->problems, fmt, ap);
    va_end(ap);
    buf_put_u8(r->problems, '\n');
}

static int key_find(const char *path)
{
    for (int i = 0; i < CONFIG_N_KEYS; i++)
        if (strcmp(keys[i].path, path) == 0)
            return i;
    return -1;
}

static bool is_prefix(const char *path)
{
    size_t n = strlen(path);
    for (int i = 0; i < CONFIG_N_KEYS; i++)
        if (strncmp(keys[i].path, path, n) == 0 && keys[i].path[n] == '.')
            return true;
    return false;
}

/* Room for the value of element `at` of a key. */
static const struct json **value_slot(struct config *c, int key, uint32_t at)
{
    struct values *v = &c->values[key];
    if (at >= v->n) {
        v->items = xrealloc(v->items, sizeof *v->items * (at + 1));
        for (uint32_t i = v->n; i <= at; i++)
            v->items[i] = NULL;
        v->n = at + 1;
    }
    return &v->items[at];
}

static void put_leaf(struct reader *r, const char *path, uint32_t at, const struct json *v)
{
    int key = key_find(path);
    char why[256];
    if (key < 0) {
        const char *near = config_check_nearest(path, keys, CONFIG_N_KEYS);
        problem(r, v->raw.p, path, "unknown key%s%s%s", near ? "; did you mean " : "",
                near ? near : "", near ? "?" : "");
    } else {
        if (*value_slot(r->config, key, at)) /* "a": {"b": ...} and "a.b": ... */
            problem(r, v->raw.p, path, "is given twice");
        *value_slot(r->config, key, at) = v; /* also a wrong one: it is not missing */
        if (!config_check_value(&keys[key], v, why, sizeof why))
            problem(r, v->raw.p, path, "%s", why);
    }
}

/* Arrays stand at one place of a path only, so one element number is enough. Depth is bounded by
 * the JSON reader. */
static void put_value(struct reader *r, const char *path, uint32_t at, const struct json *v)
{
    char sub[256];
    const char *dot = path[0] ? "." : "";
    if (v->type == JSON_OBJECT && (path[0] == 0 || is_prefix(path))) {
        for (uint32_t i = 0; i < v->n; i++) {
            snprintf(sub, sizeof sub, "%s%s%.*s", path, dot, SLICE_FMT(v->members[i].key));
            put_value(r, sub, at, &v->members[i].value);
        }
        return;
    }
    snprintf(sub, sizeof sub, "%s.[]", path);
    if (v->type == JSON_ARRAY && (key_find(sub) >= 0 || is_prefix(sub))) {
        for (uint32_t i = 0; i < v->n; i++)
            put_value(r, sub, i, &v->items[i]);
        return;
    }
    put_leaf(r, path, at, v);
}

static bool same_array(const char *a, const char *b)
{
    const char *end = strstr(a, ".[].");
    return end && strncmp(a, b, (size_t)(end - a) + 4) == 0;
}

/* Elements of the array that a key stands in: the longest of its siblings. */
static uint32_t array_length(const struct config *c, int key)
{
    uint32_t n = c->values[key].n;
    for (int i = 0; i < CONFIG_N_KEYS; i++)
        if (same_array(keys[key].path, keys[i].path))
            n = MAX(n, c->values[i].n);
    return n;
}

static void check_required(struct reader *r)
{
    for (int i = 0; i < CONFIG_N_KEYS; i++) {
        if (strcmp(keys[i].def, "!") != 0)
            continue;
        bool in_array = strstr(keys[i].path, "[]") != NULL;
        uint32_t n = in_array ? array_length(r->config, i) : 1;
        for (uint32_t at = 0; at < n; at++)
            if (*value_slot(r->config, i, at) == NULL)
                problem(r, r->text.p + r->text.n, keys[i].path, "is required%s",
                        in_array ? " in every element" : "");
    }
}

static void check_together(struct reader *r)
{
    struct config *c = r->config;
    const uint8_t *end = r->text.p + r->text.n;
    if (config_given(c, CONFIG_SSL_CERT) != config_given(c, CONFIG_SSL_KEY))
        problem(r, end, "ssl_cert_file", "must be given together with ssl_key_file");
    if (config_given(c, CONFIG_LOCAL_ADMIN)) {
        if (config_bool(c, CONFIG_LOCAL_ADMIN) && config_given(c, CONFIG_ADMIN_PASSWORD))
            problem(r, end, "server.local_admin",
                    "cannot be true together with server.admin_password");
        if (!config_bool(c, CONFIG_LOCAL_ADMIN) && !config_given(c, CONFIG_ADMIN_PASSWORD))
            problem(r, end, "server.local_admin", "can be false only with server.admin_password");
    }
    if (config_int(c, CONFIG_API_MIN) > config_int(c, CONFIG_API_MAX) ||
        config_int(c, CONFIG_API_DEFAULT) < config_int(c, CONFIG_API_MIN) ||
        config_int(c, CONFIG_API_DEFAULT) > config_int(c, CONFIG_API_MAX))
        problem(r, end, "api_version", "min <= default <= max must hold");
    if (config_given(c, CONFIG_FINISH_SEQUENCE) && config_given(c, CONFIG_START_SEQUENCE) &&
        config_int(c, CONFIG_FINISH_SEQUENCE) < config_int(c, CONFIG_START_SEQUENCE))
        problem(r, end, "finish_sequence", "must not be below start_sequence");
    for (uint32_t i = 0; i < array_length(c, CONFIG_SOURCE_IP); i++)
        if (!config_has_at(c, CONFIG_SOURCE_IP, i) || !config_has_at(c, CONFIG_SOURCE_WS_PORT, i) ||
            !config_has_at(c, CONFIG_SOURCE_GRPC_PORT, i))
            problem(r, end, "etl_sources", "element %u needs ip, ws_port and grpc_port", i);
}

static const struct json *parse_default(struct arena *a, const char *text)
{
    struct json *v = arena_new_of(a, struct json);
    err e = json_parse(slice_str(text), NULL, a, v, NULL);
    return e.code ? NULL : v;
}

static struct config *config_new(void)
{
    struct config *c = xcalloc(1, sizeof *c);
    c->arena = arena_new(0);
    for (int i = 0; i < CONFIG_N_KEYS; i++)
        if (keys[i].def[0] && keys[i].def[0] != '!')
            c->defaults[i] = parse_default(c->arena, keys[i].def);
    return c;
}

struct config *config_free(struct config *c)
{
    if (c) {
        for (int i = 0; i < CONFIG_N_KEYS; i++)
            free(c->values[i].items);
        arena_free(c->arena);
        free(c);
    }
    return NULL;
}

static void config_freep(struct config **c)
{
    *c = config_free(*c);
}

struct config *config_new_default(void)
{
    static const char text[] =
        "{\"server\":{\"ip\":\"127.0.0.1\",\"port\":51233},\"log\":{\"enable_console\":true},"
        "\"etl_sources\":[{\"ip\":\"127.0.0.1\",\"ws_port\":\"6005\",\"grpc_port\":\"50051\"}]}";
    struct buf problems = {0};
    struct config *c = NULL;
    err e = config_parse("default", slice_str(text), &problems, &c);
    buf_deinit(&problems);
    return e.code ? NULL : c;
}

/* Some editors put one before the text. */
static struct slice without_bom(struct slice text)
{
    bool has_bom = text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0;
    return has_bom ? slice_from(text, 3) : text;
}

err config_parse(const char *name, struct slice text, struct buf *ret_problems, struct config **ret)
{
    CLEANUP(config_freep) struct config *c = config_new();
    struct slice own = arena_dup(c->arena, text); /* values point into it */
    struct reader r = {c, name, own, ret_problems};
    struct json *root = arena_new_of(c->arena, struct json);
    size_t before = ret_problems->n, at = 0;
    struct json_opts opts = {.allow_comments = true, .unique_keys = true};
    struct slice json = without_bom(own);
    err e = json_parse(json, &opts, c->arena, root, &at);
    if (e.code) {
        problem(&r, json.p + at, "", "not valid JSON: %s", err_text());
    } else if (root->type != JSON_OBJECT) {
        problem(&r, own.p, "", "must be a JSON object");
    } else {
        put_value(&r, "", 0, root);
        check_required(&r);
        check_together(&r);
    }
    if (ret_problems->n != before)
        return FAIL(ERR_INVALID, "config: %s has errors", name);
    *ret = TAKE_PTR(c);
    return OK;
}

err config_load(const char *path, struct buf *ret_problems, struct config **ret)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return FAIL(ERR_IO, "config: %s: %s", path, strerror(errno));
    struct buf text = {0};
    size_t n;
    while (text.n <= MAX_BYTES && (n = fread(buf_reserve(&text, 4096), 1, 4096, f)) > 0)
        buf_advance(&text, n);
    bool bad = ferror(f);
    fclose(f);
    err e = bad                  ? FAIL(ERR_IO, "config: %s cannot be read", path)
            : text.n > MAX_BYTES ? FAIL(ERR_LIMIT, "config: %s is larger than 1 MiB", path)
                                 : config_parse(path, buf_slice(&text), ret_problems, ret);
    buf_deinit(&text);
    return e;
}

static const struct json *value_get(const struct config *c, enum config_key key)
{
    const struct values *v = &c->values[key];
    return v->n && v->items[0] ? v->items[0] : c->defaults[key];
}

bool config_given(const struct config *c, enum config_key key)
{
    return c->values[key].n && c->values[key].items[0];
}

bool config_has(const struct config *c, enum config_key key)
{
    return value_get(c, key) != NULL;
}

int64_t config_int(const struct config *c, enum config_key key)
{
    const struct json *v = value_get(c, key);
    return json_is(v, JSON_INT) ? v->i : 0;
}

double config_double(const struct config *c, enum config_key key)
{
    const struct json *v = value_get(c, key);
    return json_is(v, JSON_INT) ? (double)v->i : json_is(v, JSON_DOUBLE) ? v->d : 0;
}

bool config_bool(const struct config *c, enum config_key key)
{
    const struct json *v = value_get(c, key);
    return json_is(v, JSON_BOOL) && v->b;
}

static const char *text_of(const struct config *c, const struct json *v)
{
    return json_is(v, JSON_STRING) ? arena_strdup(c->arena, v->s) : NULL;
}

const char *config_str(const struct config *c, enum config_key key)
{
    return text_of(c, value_get(c, key));
}

uint32_t config_count(const struct config *c, enum config_key key)
{
    return array_length(c, key);
}

static const struct json *value_at(const struct config *c, enum config_key key, uint32_t i)
{
    return i < c->values[key].n ? c->values[key].items[i] : NULL;
}

bool config_has_at(const struct config *c, enum config_key key, uint32_t i)
{
    return value_at(c, key, i) != NULL;
}

const char *config_str_at(const struct config *c, enum config_key key, uint32_t i)
{
    return text_of(c, value_at(c, key, i));
}

int64_t config_int_at(const struct config *c, enum config_key key, uint32_t i)
{
    const struct json *v = value_at(c, key, i);
    return json_is(v, JSON_INT) ? v->i : 0;
}

bool config_bool_at(const struct config *c, enum config_key key, uint32_t i, bool otherwise)
{
    const struct json *v = value_at(c, key, i);
    return json_is(v, JSON_BOOL) ? v->b : otherwise;
}

void config_no_effect(const struct config *c, struct buf *out)
{
    for (int i = 0; i < CONFIG_N_KEYS; i++)
        if (keys[i].effect[0] && c->values[i].n)
            buf_printf(out, "config: %s has no effect: %s\n", keys[i].path, keys[i].effect);
}

void config_describe(struct buf *out)
{
    buf_put_str(
        out, "# Configuration\n\n"
             "JSON with comments; Clio's keys and meanings. Unknown keys are errors. `[]` stands "
             "for the elements of an "
             "array.\nThis page is what `kleio --config-description FILE` writes; a test keeps the "
             "two equal.\n\n"
             "| key | type | default | allowed | meaning | effect |\n|---|---|---|---|---|---|\n");
    for (int i = 0; i < CONFIG_N_KEYS; i++) {
        char allowed[160];
        config_check_allowed(&keys[i], allowed, sizeof allowed);
        const char *def = keys[i].def[0] == '!' ? "required" : keys[i].def;
        buf_printf(out, "| `%s` | %s | %s | %s | %s | %s%s |\n", keys[i].path,
                   config_check_type_name(keys[i].type), def, allowed, keys[i].text,
                   keys[i].effect[0] ? "accepted, no effect, because " : "yes", keys[i].effect);
    }
}

struct config *config_load_or_say(const char *path)
{
    struct buf problems = {0};
    struct config *config = NULL;
    if (path == NULL)
        return config_new_default();
    err e = config_load(path, &problems, &config);
    if (e.code && problems.n)
        fprintf(stderr, "Issues found in provided config '%s':\n%.*s", path, (int)problems.n,
                problems.p);
    else if (e.code)
        fprintf(stderr, "kleio: %s\n", err_text());
    buf_deinit(&problems);
    return config;
}

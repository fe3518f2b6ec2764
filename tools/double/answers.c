/* SPDX-License-Identifier: Apache-2.0 */
#include "double/answers.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "double/world.h"
#include "json/jw.h"

#include <stdlib.h>

struct answers {
    struct arena *arena;
    struct table *by_request; /* SHA-256 of command and sorted parameters -> result */
};

struct answers *answers_new(void)
{
    struct answers *a = xcalloc(1, sizeof *a);
    a->arena = arena_new(0);
    a->by_request = table_new(32);
    return a;
}

struct answers *answers_free(struct answers *a)
{
    if (a) {
        table_free(a->by_request);
        arena_free(a->arena);
        free(a);
    }
    return NULL;
}

static bool is_envelope(struct slice key)
{
    return slice_is(key, "command") || slice_is(key, "method") || slice_is(key, "id");
}

static int by_name(const void *a, const void *b)
{
    const struct json_member *const *x = a, *const *y = b;
    return slice_cmp((*x)->key, (*y)->key);
}

/* Members sorted, so that equal values have equal texts. Depth is bounded by the reader. */
static void put_sorted(struct jw *w, const struct json *v, bool top)
{
    if (v->type == JSON_OBJECT) {
        const struct json_member **order = xcalloc(v->n, sizeof *order);
        for (uint32_t i = 0; i < v->n; i++)
            order[i] = &v->members[i];
        qsort(order, v->n, sizeof *order, by_name);
        jw_obj_begin(w);
        for (uint32_t i = 0; i < v->n; i++) {
            if (top && is_envelope(order[i]->key))
                continue;
            jw_key_escaped(w, order[i]->key);
            put_sorted(w, &order[i]->value, false);
        }
        jw_obj_end(w);
        free(order);
    } else if (v->type == JSON_ARRAY) {
        jw_arr_begin(w);
        for (uint32_t i = 0; i < v->n; i++)
            put_sorted(w, &v->items[i], false);
        jw_arr_end(w);
    } else {
        jw_value(w, v);
    }
}

static struct hash256 request_key(struct slice command, const struct json *params)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    struct jw w = jw_to(&text);
    jw_str(&w, command);
    w.comma = false;
    put_sorted(&w, params, true);
    return hash_sha256(buf_slice(&text));
}

static void take_line(struct answers *a, const struct json *line)
{
    static const struct json empty = {.type = JSON_OBJECT};
    const struct json *request = json_get(line, "request"), *response = json_get(line, "response");
    bool is_ws = json_is_string(json_get(line, "transport"), "ws");
    const struct json *command = json_get(request, "command"), *params = request,
                      *result = response;
    if (command == NULL)
        command = json_get(request, "method");
    if (!is_ws) {
        const struct json *list = json_get(request, "params");
        params = json_is(list, JSON_ARRAY) && list->n ? &list->items[0] : &empty;
        result = json_get(response, "result");
    } else if (json_get(response, "result")) {
        result = json_get(response, "result");
    }
    if (!json_is(command, JSON_STRING) || !json_is(params, JSON_OBJECT) ||
        !json_is(result, JSON_OBJECT))
        return;
    struct hash256 key = request_key(command->s, params);
    if (is_ws || table_get(a->by_request, key.b) == NULL)
        table_put(a->by_request, key.b, (void *)result);
}

err answers_load(struct answers *a, const char *dir)
{
    struct slice text;
    err e = world_read(dir, "rpc.jsonl", a->arena, &text);
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    while (text.n) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        struct json *line = arena_new_of(a->arena, struct json);
        if (n) {
            TRY(json_parse(slice_of(text.p, n), &(struct json_opts){.max_depth = 64}, a->arena,
                           line, NULL));
            take_line(a, line);
        }
        text = slice_from(text, n + 1);
    }
    return OK;
}

const struct json *answers_find(const struct answers *a, struct slice command,
                                const struct json *params)
{
    struct hash256 key = request_key(command, params);
    return table_get(a->by_request, key.b);
}

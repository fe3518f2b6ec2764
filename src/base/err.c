/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static __thread struct err_slot own_slot;
static __thread struct err_slot *current_slot;

static const struct {
    const char *name;
    const char *text;
    enum err_class class;
} err_table[ERR_N_CODES] = {
    [0] = {"OK", "success", ERR_CLASS_NONE},
#define X(name, class, text) [ERR_##name] = {#name, text, ERR_CLASS_##class},
#include "base/err.def"
#undef X
};

static struct err_slot *slot_get(void)
{
    return current_slot ? current_slot : &own_slot;
}

static int code_index(err e)
{
    return e.code >= 0 && e.code < ERR_N_CODES ? e.code : ERR_INTERNAL;
}

void err_slot_set(struct err_slot *slot)
{
    current_slot = slot;
}

err err_fail(int code, const char *fmt, ...)
{
    char text[sizeof own_slot.text]; /* the arguments may point into the slot (wrapping a text) */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    snprintf(slot_get()->text, sizeof text, "%s", text);
    return (err){code};
}

err err_plain(int code)
{
    err e = {code};
    const char *text = err_describe(e);
    memcpy(slot_get()->text, text, strlen(text) + 1);
    return e;
}

const char *err_text(void)
{
    return slot_get()->text;
}

const char *err_describe(err e)
{
    return err_table[code_index(e)].text;
}

const char *err_name(err e)
{
    return err_table[code_index(e)].name;
}

enum err_class err_class(err e)
{
    return err_table[code_index(e)].class;
}

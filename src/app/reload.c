/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_GENERAL
#include "app/reload.h"

#include "base/log.h"

#include <assert.h>

void reload_add(struct reload *r, const char *what, err (*fn)(void *arg), void *arg)
{
    assert(r->n < RELOAD_MAX);
    r->hooks[r->n].what = what;
    r->hooks[r->n].fn = fn;
    r->hooks[r->n++].arg = arg;
}

void reload_run(const struct reload *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        err e = r->hooks[i].fn(r->hooks[i].arg);
        if (e.code)
            LOG_ERROR("reload: %s: %s, the old ones stay", r->hooks[i].what, err_text());
        else
            LOG_INFO("reload: %s", r->hooks[i].what);
    }
}

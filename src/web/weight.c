/* SPDX-License-Identifier: Apache-2.0 */
#include "web/weight.h"

#include "base/mem.h"
#include "base/table.h"
#include "rpc/rpc_request.h"
#include "web/web_core.h"

#define METHOD_BYTES 40

/* Names are fixed-size keys, padded; a longer one cannot be configured. */
static bool method_key(struct slice name, char key[METHOD_BYTES])
{
    if (name.n > METHOD_BYTES)
        return false;
    memset(key, 0, METHOD_BYTES);
    if (name.n)
        memcpy(key, name.p, name.n);
    return true;
}

void weight_init(struct web *web)
{
    char key[METHOD_BYTES];
    if (web->opts.n_weights == 0)
        return;
    web->weights = table_new(METHOD_BYTES);
    for (uint32_t i = 0; i < web->opts.n_weights; i++)
        if (method_key(slice_str(web->weight_list[i].method), key))
            table_put(web->weights, key, &web->weight_list[i]);
}

void weight_deinit(struct web *web)
{
    web->weights = table_free(web->weights);
}

static uint32_t pick(const struct web_weight *w, const struct json *params)
{
    const struct json *index = json_get(params, "ledger_index");
    if (json_is_string(index, "current") && w->weight_current >= 0)
        return (uint32_t)w->weight_current;
    if (json_is_string(index, "validated") && w->weight_validated >= 0)
        return (uint32_t)w->weight_validated;
    return w->weight;
}

uint32_t weight_of(const struct web *web, const struct rpc_request *q)
{
    char key[METHOD_BYTES];
    if (!method_key(rpc_request_command(q), key))
        return web->opts.default_weight;
    const struct web_weight *w = table_get(web->weights, key);
    return w ? pick(w, rpc_request_params(q)) : web->opts.default_weight;
}

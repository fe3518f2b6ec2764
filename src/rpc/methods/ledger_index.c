/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_index: the newest ledger that had closed at a moment (rpc-b A.1). */
#include "rpc/method.h"
#include "rt/clock.h"
#include "store/store.h"
#include "xrpl/render.h"

#include <time.h>

struct args {
    struct param_text date;
    int64_t date_s; /* since 1970 */
};

/* As the reference reads it, by strptime; but nothing may follow. */
static err check_date(struct call *c, const struct param *p, const struct json *v)
{
    struct args *args = c->args;
    struct tm tm = {0};
    const char *rest = strptime(arena_strdup(c->arena, v->s), "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (!rest || *rest)
        return rpc_error(c, RPC_INVALID_PARAMS, NULL);
    args->date_s = timegm(&tm);
    return OK;
}

static const struct param params[] = {
    PARAM_STRING("date", struct args, date, .check = check_date,
                 .doc = "The moment, as 2024-01-31T12:00:00Z; without it the newest ledger"),
    PARAM_END,
};

static int64_t closed_s(const struct ledger_header *h)
{
    return (int64_t)h->close_time + CLOCK_LEDGER_EPOCH_S;
}

/* First ledger of [low, high] that closed after the moment; high + 1 when none did. */
static err first_after(struct call *c, int64_t date_s, uint32_t low, uint32_t high, uint32_t *ret)
{
    struct store *store = ledgers_store(c->ledgers);
    uint32_t end = high + 1;
    while (low < end) {
        struct ledger_header h;
        uint32_t middle = low + (end - low) / 2;
        TRY(store_header_get(store, middle, &h));
        if (closed_s(&h) > date_s)
            end = middle;
        else
            low = middle + 1;
    }
    *ret = low;
    return OK;
}

static err find(struct call *c, const struct args *args, uint32_t *ret)
{
    uint32_t first, last, after;
    struct ledger_header oldest;
    if (!ledgers_range(c->ledgers, &first, &last))
        return rpc_error(c, RPC_NOT_READY, NULL);
    *ret = last;
    if (!args->date.set)
        return OK;
    TRY(store_header_get(ledgers_store(c->ledgers), first, &oldest));
    if (args->date_s < closed_s(&oldest))
        return rpc_error(c, RPC_LGR_NOT_FOUND, "ledgerNotInRange");
    TRY(first_after(c, args->date_s, first, last, &after));
    *ret = after - 1;
    return OK;
}

static err run(struct call *c)
{
    uint32_t seq = 0;
    char text[RENDER_TIME_MAX];
    TRY(find(c, c->args, &seq));
    TRY(call_open_seq(c, seq));
    size_t n = render_time_iso(view_header(c->view)->close_time, text);
    jw_key(c->w, "closed");
    jw_ascii(c->w, text, n);
    call_put_ledger(c);
    return OK;
}

const struct method ledger_index_method = {
    .name = "ledger_index",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The newest ledger that had closed at a moment.",
};

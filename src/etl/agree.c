/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/agree.h"

#include "base/mem.h"
#include "rippled/fetch.h"
#include "rippled/sources.h"
#include "xrpl/digest.h"

#include <stdio.h>

/* One more source's word; the sources not asked yet are those not in *asked. */
static YIELDS err ask_one(struct sources *s, uint32_t seq, const struct hash256 *hash,
                          fetch_mask *asked, fetch_mask *with, fetch_mask *against)
{
    CLEANUP(fetch_reply_freep) struct fetch_reply *reply = NULL;
    fetch_mask left = fetch_holders(s, seq) & ~*asked;
    fetch_mask one = left & -left;
    struct ledger_header header;
    if (!one)
        return FAIL(ERR_BUSY, "too few sources hold it");
    *asked |= one;
    err e = fetch_header(s, seq, ~one, &reply);
    if (e.code == ERR_CANCELLED)
        return e;
    if (err_failed(e)) /* it has no word in this */
        return OK;
    if (!digest_header_decode(reply->ledger.header, &header))
        return OK;
    header.hash = digest_ledger(&header);
    *(hash256_eq(&header.hash, hash) ? with : against) |= one;
    return OK;
}

static const char *names(const struct sources *s, fetch_mask mask, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (uint32_t i = 0; i < sources_count(s) && n < size; i++)
        if (mask & FETCH_MASK(i))
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", sources_name(s, i));
    return out;
}

YIELDS ERR agree_on(struct sources *s, uint32_t n, uint32_t source, uint32_t seq,
                    const struct hash256 *hash)
{
    fetch_mask with, against;
    sources_count_votes(s, seq, hash, &with, &against);
    with |= FETCH_MASK(source);
    fetch_mask asked = with | against;
    err e = OK;
    while ((uint32_t)__builtin_popcountll(with) < n && !err_failed(e))
        e = ask_one(s, seq, hash, &asked, &with, &against);
    if (!err_failed(e) || e.code == ERR_CANCELLED)
        return e;
    char a[200], b[200];
    if (against)
        return FAIL(ERR_VERIFY, "ledger %u: sources disagree: %s have this one, %s another", seq,
                    names(s, with, a, sizeof a), names(s, against, b, sizeof b));
    return FAIL(ERR_BUSY, "ledger %u: only %s have it, %u sources must agree", seq,
                names(s, with, a, sizeof a), n);
}

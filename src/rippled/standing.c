/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "rippled/standing.h"

#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "rippled/choice.h"
#include "rippled/source.h"
#include "rt/clock.h"

#define DOUBT_FIRST_NS (60 * CLOCK_S)
#define DOUBT_MAX_NS (3600 * CLOCK_S)

void standing_reported(struct standing *s, uint32_t seq, const struct hash256 *hash)
{
    struct standing_report *r = NULL;
    for (uint32_t i = 0; i < STANDING_REPORTS && !r; i++)
        if (s->reports[i].seq == seq)
            r = &s->reports[i];
    if (!r)
        r = &s->reports[s->next++ % STANDING_REPORTS];
    *r = (struct standing_report){seq, *hash};
}

void standing_doubt(struct standing *s, uint32_t seq)
{
    s->doubt_from = seq;
    s->doubt_until_ns =
        clock_now_ns() + choice_backoff(++s->n_doubts, DOUBT_FIRST_NS, DOUBT_MAX_NS);
}

bool standing_believed(const struct standing *s, uint32_t seq)
{
    return s->doubt_from == 0 || seq < s->doubt_from || clock_now_ns() >= s->doubt_until_ns;
}

uint32_t standing_newest(const struct standing *s)
{
    return standing_believed(s, s->newest) ? s->newest : s->doubt_from - 1;
}

bool standing_hash_of(const struct standing *s, uint32_t seq, struct hash256 *ret)
{
    for (uint32_t i = 0; i < STANDING_REPORTS; i++)
        if (seq && s->reports[i].seq == seq) {
            *ret = s->reports[i].hash;
            return true;
        }
    return false;
}

static void tell_astray(struct source *s, uint32_t seq, const struct hash256 *theirs,
                        const struct hash256 *ours)
{
    char a[65] = "", b[65] = "";
    hex_encode(hash256_slice(theirs), a);
    hex_encode(hash256_slice(ours), b);
    LOG_ERROR(
        "rippled: source %s is on another chain: its ledger %u is %s, ours is %s: it is not "
        "used. If the chain was begun anew, stop this server and run `kleio --reset`; if not, "
        "look after that source",
        s->name, seq, a, b);
}

/* The newest of its ledgers that we hold, too, says it. */
static YIELDS void judge_chain(struct source *s)
{
    const struct sources_ledgers *ours = &s->all->ledgers;
    struct standing_report newest = {0};
    uint32_t tip = ours->newest(ours->arg);
    for (uint32_t i = 0; i < STANDING_REPORTS; i++)
        if (s->standing.reports[i].seq <= tip && s->standing.reports[i].seq > newest.seq)
            newest = s->standing.reports[i];
    struct hash256 hash;
    if (newest.seq == 0 || !ours->hash_at(ours->arg, newest.seq, &hash))
        return;
    bool astray = !hash256_eq(&hash, &newest.hash);
    if (astray == atomic_exchange(&s->astray, astray))
        return;
    if (astray)
        tell_astray(s, newest.seq, &newest.hash, &hash);
    else
        LOG_INFO("rippled: source %s is on our chain again", s->name);
    source_standing_changed(s);
}

static void judge_height(struct source *s)
{
    const struct sources_ledgers *ours = &s->all->ledgers;
    uint32_t newest = standing_newest(&s->standing), other = atomic_load(&s->all->newest);
    uint32_t tip = ours->newest ? ours->newest(ours->arg) : 0;
    bool behind = newest && (uint64_t)newest + STANDING_BEHIND < MAX(other, tip);
    if (behind == atomic_exchange(&s->behind, behind))
        return;
    if (behind)
        LOG_WARN(
            "rippled: source %s is behind: it is at ledger %u, the newest known is %u: nothing "
            "is forwarded to it",
            s->name, newest, MAX(other, tip));
    else
        LOG_INFO("rippled: source %s is no longer behind", s->name);
    source_standing_changed(s);
}

YIELDS void standing_judge(struct source *s)
{
    if (s->all->ledgers.newest)
        judge_chain(s);
    judge_height(s);
}

void standing_reset(struct source *s)
{
    s->standing = (struct standing){0};
    atomic_store(&s->astray, false);
    atomic_store(&s->behind, false);
    source_standing_changed(s);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the feed has on each core: its fibers, its mail, and a look at connections that lag. */
#define LOG_CHANNEL LOG_CHANNEL_SUBSCRIPTIONS
#include "feed/feed_impl.h"

#include "base/log.h"

#include <assert.h>

#define CODE_POLICY 1008
/* Above the bound of memory, whoever has not read for so long goes, and can come back. */
#define PATIENCE_NS (10 * CLOCK_S)
/* Drained: so little waits that more may be sent. */
#define LOW_BYTES ((size_t)64 << 10)

static bool has_drained(const struct feed_sub *s, int64_t now)
{
    const struct feed_opts *o = &s->fc->feed->opts;
    struct feed_queue q = s->sink->ops->queued(s->sink);
    return now >= s->wait_until_ns && q.n_msgs <= o->max_queue_msgs / 4 && q.n_bytes <= LOW_BYTES;
}

static bool is_too_much(const struct feed_sub *s, int64_t now)
{
    const struct feed *f = s->fc->feed;
    return now - s->behind_since_ns > PATIENCE_NS &&
           atomic_load_explicit(&f->msg_bytes, memory_order_relaxed) >
               (int64_t)f->opts.max_memory_bytes;
}

/* Connections that were full. */
static void look_at_waiting(struct timer *timer)
{
    struct feed_core *fc = container_of(timer, struct feed_core, poll);
    int64_t now = clock_now_ns(), slowest = 0;
    LIST_EACH(it, &fc->waiting)
    {
        struct feed_sub *s = LIST_ENTRY(it, struct feed_sub, link);
        if (has_drained(s, now)) {
            feed_sub_drained(s);
        } else if (is_too_much(s, now)) {
            counter_inc(fc->feed->n_dropped);
            feed_sub_end(s, CODE_POLICY, "Too slow: no memory for more messages.");
            break; /* what it was next to may have gone with it */
        } else if (slowest == 0 || s->behind_since_ns < slowest) {
            slowest = s->behind_since_ns;
        }
    }
    atomic_store_explicit(&fc->slowest_since_ns, slowest, memory_order_relaxed);
    if (!list_empty(&fc->waiting))
        timer_start(&fc->poll, now + FEED_POLL_NS);
}

static void on_mail(struct core_mail *mail)
{
    struct feed_core *fc = container_of(mail, struct feed_core, mail);
    atomic_store(&fc->mail_sent, false); /* before looking: what comes from here on is told anew */
    fiber_cond_signal(&fc->news);
}

void feed_core_init(struct feed_core *fc, struct feed *f, struct core *core)
{
    fc->feed = f;
    fc->core = core;
    fc->mail.run = on_mail;
    fc->newest = atomic_load(&f->published);
    list_init(&fc->todo);
    list_init(&fc->ready);
    list_init(&fc->waiting);
    list_init(&fc->relayed);
    fiber_cond_init(&fc->news);
    fiber_cond_init(&fc->relay_news);
    fiber_group_init(&fc->fibers);
    timer_init(&fc->poll, look_at_waiting);
    feed_topic_init_core(fc);
}

void feed_core_deinit(struct feed_core *fc)
{
    feed_relay_drop(fc);
    feed_topic_deinit_core(fc);
}

struct feed_core *feed_core_here(struct feed *f)
{
    struct feed_core *fc = &f->cores[core_index(core_current())];
    assert(fc->core == core_current());
    return fc;
}

err feed_core_start(void *arg)
{
    struct feed_core *fc = feed_core_here(arg);
    fc->running = true;
    fiber_group_spawn(&fc->fibers, "feed: live", feed_live_run, fc);
    fiber_group_spawn(&fc->fibers, "feed: relay", feed_relay_run, fc);
    return OK;
}

YIELDS err feed_core_stop(void *arg)
{
    struct feed_core *fc = feed_core_here(arg);
    fc->running = false;
    timer_stop(&fc->poll);
    fiber_group_cancel(&fc->fibers);
    return OK;
}

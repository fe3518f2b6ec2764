/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fiber_cond.h"

#include <assert.h>

void fiber_mutex_init(struct fiber_mutex *m)
{
    m->owner = NULL;
    fiber_cond_init(&m->cond);
}

err fiber_mutex_lock(struct fiber_mutex *m, int64_t deadline_ns)
{
    struct fiber *self = fiber_current();
    assert(self && m->owner != self);
    if (m->owner) {
        TRY(fiber_cond_wait(&m->cond, deadline_ns)); /* unlock has made us the owner */
        assert(m->owner == self);
        return OK;
    }
    if (fiber_cancelled())
        return err_plain(ERR_CANCELLED);
    m->owner = self;
    return OK;
}

void fiber_mutex_unlock(struct fiber_mutex *m)
{
    assert(m->owner == fiber_current());
    m->owner = fiber_cond_take(&m->cond);
}

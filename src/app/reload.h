/* SPDX-License-Identifier: Apache-2.0 */
/* What is read again on SIGHUP: the parts say so themselves when they start. */
#pragma once
#include "base/err.h"

#include <stdint.h>

#define RELOAD_MAX 8

struct reload {
    struct {
        const char *what;
        err (*fn)(void *arg);
        void *arg;
    } hooks[RELOAD_MAX];
    uint32_t n;
};

/* `what` is a literal for the log ("TLS certificates"). fn runs on a fiber of core 0, may wait, and
 * on an error leaves everything as it was. */
void reload_add(struct reload *r, const char *what, err (*fn)(void *arg), void *arg);
/* Run all, in the order they were added; each success and each failure is a line of the log. */
YIELDS void reload_run(const struct reload *r);

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/method.h"

static err run(struct call *c)
{
    return OK;
}

const struct method ping_method = {
    .name = "ping",
    .flags = METHOD_NO_LEDGER,
    .run = run,
    .doc = "Answers with an empty result.",
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/method.h"

#include <sys/random.h>

static err run(struct call *c)
{
    struct hash256 h;
    if (getrandom(h.b, sizeof h.b, 0) != sizeof h.b)
        return FAIL(ERR_IO, "rpc: no random bytes from the system");
    call_put_hash(c, "random", &h);
    return OK;
}

const struct method random_method = {
    .name = "random",
    .flags = METHOD_NO_LEDGER,
    .run = run,
    .doc = "256 bits from a cryptographic generator.",
};

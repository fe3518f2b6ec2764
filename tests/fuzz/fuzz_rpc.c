/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a client sends gets a reply: one JSON object, or a line of text with status 400 over
 * HTTP. The first byte chooses transport and role, the rest is the request. */
#include "fixtures.h"
#include "fuzz.h"

#include "small_world.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct small_world *world;
    if (!world)
        world = small_world_new();
    if (n == 0)
        return 0;
    struct rpc_request q = {.transport = p[0] & 1 ? RPC_WS : RPC_HTTP, .is_admin = (p[0] & 2) != 0};
    struct arena *a = arena_new(1 << 20);
    struct buf out = {0};
    rpc_request_parse(&q, slice_of(p + 1, n - 1), a);
    int status = 0;
    const char *type = NULL;
    if (err_failed(rpc_handle(world->server, &q, a, &out, &status, &type)))
        abort();
    bool is_text = q.transport == RPC_HTTP && strcmp(type, "application/json") != 0;
    if (is_text && status != 400)
        abort();
    if (!is_text)
        fixtures_expect_object(buf_slice(&out));
    buf_deinit(&out);
    arena_free(a);
    return 0;
}

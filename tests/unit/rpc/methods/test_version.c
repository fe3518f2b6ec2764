/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_ledger.h"
#include "test.h"

TEST(version_tells_the_configured_range)
{
    struct rpc_server_opts opts = {
        .ledgers = fake_ledgers_new(1, 2), .api_min = 1, .api_max = 2, .api_default = 2};
    struct client c = fake_client(rpc_server_new(&opts), RPC_HTTP);
    ASSERT_AT("{\"first\":1,\"last\":2,\"good\":2}", client_ask(&c, "{\"method\":\"version\"}"),
              "result.version");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The permanent WebSocket connection to one source: checks its network, subscribes to its streams,
 * notes which ledgers it holds, and connects again when it is lost (etl-db 2.2, rpc-b D.9). Private
 * to src/rippled. */
#pragma once
#include "base/err.h"
#include "base/slice.h"

struct arena;
struct source;

/* Fiber main of a source's link; `arg` is a struct source *. Ends when the fiber is cancelled. */
YIELDS void link_run(void *arg);

/* Note what one message of the subscription says (also the reply to subscribe, and to
 * server_definitions) and relay it if that is due. `scratch` is cleared. Errors: ERR_PARSE (not a
 * JSON object), ERR_STATUS (an error message). */
YIELDS ERR link_take_message(struct source *s, struct slice text, struct arena *scratch);
/* The network id in a reply to server_info. False when it is not one; an absent id is 0, Mainnet.
 */
bool link_network_of(struct slice text, struct arena *scratch, uint32_t *ret);
/* Does a reply to server_info have what rippled shows to its admins only? */
bool link_is_for_admin(struct slice text, struct arena *scratch);
/* The version in it, "" when it does not say; cut to fit. */
void link_version_of(struct slice text, struct arena *scratch, char *ret, size_t size);

/* SPDX-License-Identifier: Apache-2.0 */
/* How much a request counts against a client's limit, when methods have weights of their own. */
#pragma once
#include "base/slice.h"

struct web;

/* Index the configured weights (web->weight_list). */
void weight_init(struct web *web);
void weight_deinit(struct web *web);

/* Weight of the request in `text` (HTTP body or WebSocket message); the default for what cannot be
 * read. */
uint32_t weight_of(const struct web *web, struct slice text);

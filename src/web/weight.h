/* SPDX-License-Identifier: Apache-2.0 */
/* How much a request counts against a client's limit, when methods have weights of their own. */
#pragma once
#include <stdint.h>

struct rpc_request;
struct web;

/* Index the configured weights (web->weight_list). */
void weight_init(struct web *web);
void weight_deinit(struct web *web);

/* Weight of a parsed request; the default for what could not be read. */
uint32_t weight_of(const struct web *web, const struct rpc_request *q);

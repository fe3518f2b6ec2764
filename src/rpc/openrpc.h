/* SPDX-License-Identifier: Apache-2.0 */
/* The API as an OpenRPC document, made of the registry and the parameter tables, so that it cannot
 * say anything but what the server does. */
#pragma once
#include "base/buf.h"

/* Append the document (JSON). `version`: of the program. */
void openrpc_put(struct buf *out, const char *version);

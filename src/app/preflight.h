/* SPDX-License-Identifier: Apache-2.0 */
/* What a start with this configuration would refuse, as far as it can be told without starting:
 * `kleio --verify`. */
#pragma once
#include "app/config.h"

/* A line for each problem is appended to ret_problems. True when there is none. Looks names up, and
 * makes nothing. */
bool preflight_check(const struct config *c, struct buf *ret_problems);

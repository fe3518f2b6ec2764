/* SPDX-License-Identifier: Apache-2.0 */
/* Objects made from what the history itself says of them: its metadata (xrpl/txmeta_image.h), other
 * versions, and headers. */
#pragma once
#include "etl/check_impl.h"
#include "xrpl/txmeta_image.h"

/* The object after c's ledger, whose transactions have been read. *ret in c's arena. */
enum txmeta_image check_image_after(struct check *c, const struct hash256 *key, struct slice *ret);
/* The object before it. */
enum txmeta_image check_image_before(struct check *c, const struct hash256 *key, struct slice *ret);

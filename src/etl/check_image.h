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

/* `keys` are what the ledger changed, as the history has it: the list of recent hashes, which
 * changes in every ledger and is in no metadata, must be among them. */
ERR check_image_unnamed(struct check *c, const struct hash256 *keys, size_t n);

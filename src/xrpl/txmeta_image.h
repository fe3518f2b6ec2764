/* SPDX-License-Identifier: Apache-2.0 */
/* An object made from what metadata says of it. A modified node has all fields that the object has
 * afterwards, and the old values of those that changed; a deleted one what it had at last; a
 * created one those fields that are not at their default. What metadata never names (the keys in a
 * directory) is taken from another version of the object, or the object cannot be made.
 *
 * Metadata is covered by the ledger's hash, but not everything follows from it: a field that a
 * transaction has added looks like one that was there before. What is made here is proven by the
 * state's root, or it is nothing. */
#pragma once
#include "xrpl/txmeta.h"

enum txmeta_image {
    TXMETA_IMAGE_NONE,   /* it does not follow */
    TXMETA_IMAGE_LIKELY, /* something had to be assumed */
    TXMETA_IMAGE_FOLLOWS /* as far as this version knows the protocol */
};

/* As transaction `tx` of ledger `seq` left the object. `before`: what it was; empty: nothing, or
 * not known. *ret in `a`; empty: it was deleted. */
enum txmeta_image txmeta_image_after(const struct txmeta_node *node, const struct hash256 *tx,
                                     uint32_t seq, struct slice before, struct arena *a,
                                     struct slice *ret);

/* As the transaction found the object. `after`: what it left; empty: nothing, or not known. */
enum txmeta_image txmeta_image_before(const struct txmeta_node *node, struct slice after,
                                      struct arena *a, struct slice *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of txmeta only. */
#pragma once
#include "base/buf.h"
#include "xrpl/txmeta.h"

/* Next node of this kind (TXMETA_NONE = any) and type of entry. */
bool txmeta_next_of(struct txmeta_iter *it, enum txmeta_kind kind, uint16_t entry_type,
                    struct txmeta_node *ret);
/* ERR_LIMIT, with its text. */
ERR txmeta_over_budget(void);
/* Drop repetitions among n sorted items of `size` bytes; returns how many are left. */
size_t txmeta_unique(void *items, size_t n, size_t size);

/* The token that an NFTokenMint made, and who has it; false when it cannot be told. */
bool txmeta_minted_token(struct slice meta, struct hash256 *ret, struct account *ret_owner);
/* Append the tokens of all deleted offers to `ids`, sort, and drop repetitions; returns how many.
 */
size_t txmeta_tokens_of_deleted_offers(struct slice meta, struct buf *ids);

/* SPDX-License-Identifier: Apache-2.0 */
/* Base58 with checksum, in the XRP Ledger's alphabet: type byte, payload, first 4 bytes of the
 * double SHA-256 of both. */
#pragma once
#include "base/slice.h"

enum base58_type {
    BASE58_ACCOUNT = 0,         /* payload 20: "r..." */
    BASE58_NODE_PUBLIC = 28,    /* payload 33: "n..." */
    BASE58_ACCOUNT_PUBLIC = 35, /* payload 33: "a..." */
};

#define BASE58_PAYLOAD_MAX 33
#define BASE58_TEXT_MAX 56 /* of the longest payload, with NUL */

/* Text of a payload of 1..33 bytes, NUL-terminated; returns its length. */
size_t base58_encode(enum base58_type type, struct slice payload, char out[BASE58_TEXT_MAX]);
/* The payload of exactly n bytes (n <= 33); false when the text is anything else (alphabet, length,
 * type, checksum). */
bool base58_decode(struct slice text, enum base58_type type, uint8_t *payload, size_t n);

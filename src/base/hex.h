/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text. Output is upper case unless the name says otherwise. */
#pragma once
#include "base/slice.h"

/* Write 2 * in.n digits to out (no NUL). */
void hex_encode(struct slice in, char *out);
void hex_encode_lower(struct slice in, char *out);

/* Value of a digit, or -1. */
int hex_digit(uint8_t c);

/* Exactly 2 * n digits of either case into n bytes; false when the text is anything else. */
bool hex_decode(struct slice text, uint8_t *out, size_t n);
